"""Data files of the package; read them through `zhiheng.catalog.embedded`."""

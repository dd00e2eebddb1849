"""Names of simulated quantities in the IAMC scenario format."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.loading import Entry, EntryStatus, read_toml


class _Variable(Entry):
    id: str
    name: str
    status: EntryStatus


class _Quantile(Entry):
    id: str
    suffix: str


class _File(Entry):
    variable: tuple[_Variable, ...]
    quantile: tuple[_Quantile, ...]


@cache
def _read() -> _File:
    return read_toml("iamc.toml", _File)


def variable_name(variable: str) -> str:
    """The name of a variable; its own one, capitalised, where the format has none."""
    known = {v.id: v.name for v in _read().variable}
    return known.get(variable, variable.replace("_", " ").title())


def quantiles() -> dict[str, str]:
    """Columns of a table of paths, and what is put behind the name of the variable."""
    return {q.id: q.suffix for q in _read().quantile}

"""Imports without end until it is killed; prints the id of each version once it exists."""

from __future__ import annotations

import sys
from pathlib import Path

from zhiheng.sources.tables import parse
from zhiheng.store.store import Store

folder, name, imports = sys.argv[1:]
store = Store(Path(folder))
for i in range(int(imports)):
    lines = [f"北京,{1950 + t},a_{name},{i + t},s,{1950 + i}" for t in range(50)]
    text = "region,year,series,value,source,vintage\n" + "\n".join(lines)
    print(store.add(parse(text.encode(), f"{name}-{i}.csv")).id, flush=True)  # noqa: T201

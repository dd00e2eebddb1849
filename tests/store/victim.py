"""Imports without end until it is killed; prints the id of each version once it exists.

It reads lines of folder, name and number of imports, and forks for each, so that a test of many
kills pays for the start of Python once. Nothing has used a thread before the fork.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas  # noqa: F401  pyarrow imports it at the first array, too late after a fork

from zhiheng.sources.tables import parse
from zhiheng.store.store import Store


def work(folder: str, name: str, imports: str) -> None:
    """Import again and again."""
    print(f"pid {os.getpid()}", flush=True)  # noqa: T201
    store = Store(Path(folder))
    for i in range(int(imports)):
        lines = [f"北京,{1950 + t},a_{name},{i + t},s,{1950 + i}" for t in range(50)]
        text = "region,year,series,value,source,vintage\n" + "\n".join(lines)
        print(store.add(parse(text.encode(), f"{name}-{i}.csv")).id, flush=True)  # noqa: T201


parse(b"region,year,series,value\n11,2020,a,1\n", "warm.csv")  # reads the catalog before the fork
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        work(*line.rstrip("\n").split("\t"))
        os._exit(0)
    os.waitpid(child, 0)
    print("end", flush=True)  # noqa: T201

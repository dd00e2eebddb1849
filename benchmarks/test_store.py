"""The store at size: 50 M customs records, a panel of 31 × 20 × 40, an import of 500,000 cells.

Set ZHIHENG_ROWS for another number of records. The peer is pandas on the same files; where
its frame would not fit it gets a tenth of the rows, and the line printed says so. Each engine
runs in a process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from zhiheng.sources.observations import Observations
from zhiheng.store import customs
from zhiheng.store.store import Store

ROWS = int(os.environ.get("ZHIHENG_ROWS", "50000000"))
MOST_SECONDS, MOST_GIGABYTES = 6.0, 2.0
PANDAS_BYTES_PER_ROW = 400
"""Seen at the peak of a group-by on text columns; decides how much pandas is given."""


def tell(*words: object) -> None:
    """Print a figure beside the table of pytest-benchmark; shown with ``-s``."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


CHILD = """
import json, resource, sys, time
from pathlib import Path
engine, question, folder, limit = sys.argv[1:]
files = sorted(Path(folder).glob("*.parquet"))[: int(limit)]
if engine == "duckdb":
    from zhiheng.store import customs_queries as q
    from zhiheng.store.engines import DuckEngine
    from zhiheng.catalog.green_goods import green_codes
    duck = DuckEngine(memory="1500MB")
    start = time.perf_counter()
    table = duck.read(files)
    asked = {"emissions": lambda: q.emissions(table), "top": lambda: q.top_products(table),
             "green": lambda: q.green_share(table, green_codes())}[question]()
    rows = len(duck.run(asked))
else:
    import pandas as pd
    start = time.perf_counter()
    df = pd.concat([pd.read_parquet(f, columns=["region", "sector", "year", "quantity",
                    "emission_factor"]) for f in files])
    df["e"] = df.quantity * df.emission_factor
    rows = len(df.groupby(["region", "sector", "year"])["e"].sum())
took = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps({"seconds": round(took, 2), "gigabytes": round(peak, 2), "rows": rows,
                  "processor": round(used.ru_utime + used.ru_stime, 2)}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = os.environ.get("ZHIHENG_CUSTOMS")
    if place:
        return Path(place)
    made = tmp_path_factory.mktemp("records")
    customs.write(made, ROWS)
    return made


def ask(engine: str, question: str, folder: Path, files: int = 10**6) -> dict[str, float]:
    words = [sys.executable, "-c", CHILD, engine, question, str(folder), str(files)]
    found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    tell(engine, question, found)
    return found


def test_emissions_of_all_records(folder: Path) -> None:
    found = ask("duckdb", "emissions", folder)
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    whole = free > ROWS * PANDAS_BYTES_PER_ROW
    files = 10**6 if whole else max(1, ROWS // customs.PER_FILE // 10)
    peer = ask("pandas", "emissions", folder, files)
    tell("pandas had", "all rows" if whole else f"{files} files of {customs.PER_FILE} rows only")
    assert peer["rows"] > 0
    assert found["seconds"] <= MOST_SECONDS
    assert found["gigabytes"] <= MOST_GIGABYTES


@pytest.mark.parametrize("question", ["green", "top"])
def test_other_questions(folder: Path, question: str) -> None:
    assert ask("duckdb", question, folder)["gigabytes"] <= MOST_GIGABYTES


def cube(entities: int, periods: int, series: int) -> Observations:
    e, t, s = (a.ravel() for a in np.indices((entities, periods, series)))
    n = len(e)

    def words(form: str, codes: np.ndarray) -> np.ndarray:
        return np.array([form.format(c) for c in codes.tolist()], dtype=object)

    return Observations(
        entity=words("{:06d}", e), period=2000 + t, series=words("s{}", s),
        value=np.random.default_rng(1).random(n), unit=np.full(n, "CNY", dtype=object),
        status=np.zeros(n, dtype=np.int8), source=np.full(n, "a", dtype=object),
        vintage=np.full(n, "", dtype=object), file=np.full(n, "f#1", dtype=object),
        cell=words("D{}", np.arange(n)), level="", labels={},
    )  # fmt: skip


@pytest.mark.parametrize("state", ["first", "again"])
def test_a_panel_is_served(benchmark, tmp_path: Path, state: str) -> None:
    """``first``: files opened and connected, this panel never asked for; ``again``: kept."""
    made = Store(tmp_path)
    made.add(cube(31, 20, 40))
    names = [f"s{i}" for i in range(40)]

    def serve() -> None:
        if state == "first":
            made._panels.clear()
        assert made.panel(names).values.shape == (31, 20, 40)

    serve()
    benchmark.pedantic(serve, rounds=20, iterations=1)


def test_an_import_of_half_a_million_cells(tmp_path: Path) -> None:
    observations = cube(100, 50, 100)
    start = time.perf_counter()
    Store(tmp_path).add(observations)
    took = time.perf_counter() - start
    tell(f"500,000 cells imported in {took:.2f} s")
    assert took <= 10

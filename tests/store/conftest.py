"""A store in each engine: the same tests run on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import sharing
from postgres_fixtures import postgres_address, postgres_server  # noqa: F401  fixtures

from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store.platform import Platform
from zhiheng.store.store import Store, open_store

ENGINES = [
    "duckdb",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("spark", marks=pytest.mark.spark),
]
NewStore = Callable[[], Store]


Row = tuple[str, int, str, float, str, str]


def observations(rows: Sequence[Row], *, unit: str = "CNY", name: str = "f") -> Observations:
    """Rows of entity, period, series, value, source, vintage."""
    e, t, s, v, source, vintage = (np.array(c, dtype=object) for c in zip(*rows, strict=True))
    n = len(rows)
    return Observations(
        entity=e, period=t.astype(np.int64), series=s, value=v.astype(np.float64),
        unit=np.full(n, unit, dtype=object), status=np.zeros(n, dtype=np.int8), source=source,
        vintage=vintage, file=np.full(n, f"{name}#1", dtype=object),
        cell=np.array([f"D{i + 2}" for i in range(n)], dtype=object), level="province", labels={},
    )  # fmt: skip


@pytest.fixture
def rows() -> Callable[..., Observations]:
    """Make observations from rows of entity, period, series, value, source, vintage."""
    return observations


@pytest.fixture(params=ENGINES)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewStore]:
    """Make empty stores in one engine; PostgreSQL has room for one a test."""
    with contextlib.ExitStack() as opened:

        def make() -> Store:
            return opened.enter_context(open_store(place(), engine=engine))

        def place() -> Path | str:
            return address or tmp_path / uuid.uuid4().hex

        engine = "spark" if request.param == "spark" else "duckdb"
        address = ""
        if request.param == "postgres":
            address = request.getfixturevalue("postgres_address")
        if request.param == "spark":
            pytest.importorskip("pyspark")
        yield make


# --------------------------------------------------------------------- shared platforms

PLACES = ["folder", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=PLACES)
def platform(request, tmp_path):
    address = (
        tmp_path / "platform"
        if request.param == "folder"
        else request.getfixturevalue("postgres_address")
    )
    made = Platform.open(address)
    made.bootstrap("root", "hash")
    yield made
    made.close()


@pytest.fixture
def shared(platform):
    """Hebei keeps a dataset of two series; Bank and Firm are others."""
    people = {name: sharing.admin_of(platform, name) for name in ("hebei", "bank", "firm")}
    steward = people["hebei"]["steward"]
    platform.add_dataset(steward, "energy", Text("能源", "Energy"), "CC BY 4.0")
    platform.import_(steward, "energy", sharing.rows(), note="first")
    return platform, people

"""Customs-scale records: equal from a seed, and equal answers on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zhiheng.catalog.green_goods import green_codes, green_goods
from zhiheng.core.errors import ZhihengError
from zhiheng.store import customs, customs_queries
from zhiheng.store.engines import DuckEngine, SparkEngine

ROWS = 60_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customs, "GROUP", 10_000)
        patch.setattr(customs, "PER_FILE", 30_000)
        return customs.write(tmp_path_factory.mktemp("customs"), ROWS, seed=3)


@pytest.fixture(
    params=[
        "duckdb",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("spark", marks=pytest.mark.spark),
    ]
)
def records(
    request: pytest.FixtureRequest, files: tuple[Path, ...]
) -> Iterator[tuple[ir.Table, Callable[[ir.Table], Any]]]:
    if request.param == "postgres":
        address = request.getfixturevalue("postgres_address")
        connection = ibis.connect(address)
        table = pa.concat_tables([pq.read_table(f) for f in files])
        connection.create_table("customs", table)
        yield connection.table("customs"), lambda q: q.to_pyarrow()
        connection.disconnect()
        return
    engine = SparkEngine() if request.param == "spark" else DuckEngine()
    yield engine.read(files), engine.run


def frame(files: tuple[Path, ...]) -> Any:
    return pa.concat_tables([pq.read_table(f) for f in files]).to_pandas()


def test_the_answers_are_those_of_pandas(
    records: tuple[ir.Table, Callable[[ir.Table], Any]], files: tuple[Path, ...]
) -> None:
    table, run = records
    df = frame(files)
    got = run(customs_queries.emissions(table)).to_pandas()
    want = (
        df.assign(e=df.quantity * df.emission_factor)
        .groupby(["region", "sector", "year"]).agg(e=("e", "sum"), n=("e", "size")).reset_index()
    )  # fmt: skip
    assert got.records.tolist() == want.n.tolist()
    # Engines add in different orders; each sum has a relative error of a few units of 1e-16.
    np.testing.assert_allclose(got.emissions, want.e, rtol=1e-12)
    got = run(customs_queries.green_share(table, green_codes())).to_pandas()
    df["green"] = df.value.where(df.hs6.isin(green_codes()), 0.0)
    want = df.groupby(["region", "year"])[["green", "value"]].sum().reset_index()
    np.testing.assert_allclose(got.share, want.green / want.value, rtol=1e-12)
    got = run(customs_queries.top_products(table, 3)).to_pandas()
    want = df.groupby(["region", "hs6"]).agg(value=("value", "sum"), p=("partner", "nunique"))
    want = want.reset_index().sort_values(["region", "value"], ascending=[True, False])
    want = want.groupby("region").head(3)
    assert got.hs6.tolist() == want.hs6.tolist()
    assert got.partners.tolist() == want.p.tolist()
    np.testing.assert_allclose(got.value, want.value, rtol=1e-12)


def test_records_come_from_the_seed(tmp_path: Path) -> None:
    made = [
        customs.write(tmp_path / n, 2_000, seed=s)[0] for n, s in (("a", 1), ("b", 1), ("c", 2))
    ]
    a, b, c = (pq.read_table(p) for p in made)
    assert a.equals(b)
    assert not a.equals(c)
    assert set(a["region"].unique().to_pylist()) <= {f"{i}0000" for i in range(11, 66)}
    assert 0 < sum(code in green_codes() for code in a["hs6"].to_pylist()) < 2_000


@pytest.mark.parametrize(("rows", "code"), [(0, "S606"), (10, "S605")])
def test_bad_requests_are_refused(tmp_path: Path, rows: int, code: str) -> None:
    if rows:
        (tmp_path / "x.parquet").touch()
    with pytest.raises(ZhihengError) as caught:
        customs.write(tmp_path, rows)
    assert caught.value.code == code


def test_the_list_of_green_goods() -> None:
    assert len(green_goods()) == 248
    assert len(green_codes("apec")) == sum(g.apec for g in green_goods())
    assert green_codes("apec") < green_codes()

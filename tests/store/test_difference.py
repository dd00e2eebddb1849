"""Differences between versions and the way back to cells, equal on every engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.store import archive
from zhiheng.store.store import Store

NewStore = Callable[[], Store]


@pytest.fixture
def three(new_store: NewStore, rows: Callable[..., object]) -> Store:
    made = new_store()
    made.add(
        rows([("110000", 2020, "a", 1.0, "s", "2021"), ("110000", 2021, "a", 2.0, "s", "2022")])
    )
    made.add(rows([("110000", 2020, "a", 1.5, "s", "2023"),
                   ("120000", 2020, "b", 4.0, "s", "2021")],
                  name="g"))  # fmt: skip
    made.add(replace(rows([("110000", 24240, "a", 9.0, "s", "2021")], name="h"), frequency="M"))
    return made


def test_added_removed_and_changed_cells_carry_both_values(three: Store) -> None:
    found = three.diff("1", "2")
    seen = {
        (r["series"], r["entity"], r["change"], r["value_before"], r["value_after"],
         r["vintage_before"], r["vintage_after"])
        for r in found.cells.to_pylist()
    }  # fmt: skip
    assert seen == {
        ("a", "110000", "changed", 1.0, 1.5, "2021", "2023"),
        ("b", "120000", "added", None, 4.0, None, "2021"),
    }
    assert found.series == {
        "a": {"added": 0, "removed": 0, "changed": 1},
        "b": {"added": 1, "removed": 0, "changed": 0},
    }
    back = three.diff("2", "1")
    assert back.series["b"]["removed"] == 1
    assert len(three.diff("2", "2")) == 0
    monthly = three.diff("2").cells.to_pylist()
    assert [(r["frequency"], r["change"]) for r in monthly] == [("M", "added")]


def test_a_reader_sees_the_differences_of_its_rows(three: Store) -> None:
    mine = three.seen_by(lambda t: t.series == "b")
    assert set(mine.diff("1", "2").series) == {"b"}


def test_differences_against_brute_force(new_store: NewStore, rows: Callable[..., object]) -> None:
    random = Random(7)
    made, state, versions = new_store(), {}, [{}]
    for step in range(3):
        batch = []
        for cell in random.sample([(e, t) for e in ("110000", "120000") for t in range(5)], 4):
            value = random.choice([1.0, 2.0])
            batch.append((cell[0], 2000 + cell[1], "x", value, "s", f"{2010 + step}"))
            state = {**state, cell: (value, f"{2010 + step}")}
        made.add(rows(batch, name=f"f{step}"))
        versions.append(state)
    for a in (1, 2, 3):
        for b in (1, 2, 3):
            old, new = versions[a], versions[b]
            wanted = {
                (*k, old.get(k, (None,))[0], new.get(k, (None,))[0])
                for k in old.keys() | new.keys()
                if old.get(k) != new.get(k)
            }
            got = {
                (r["entity"], r["period"] - 2000, r["value_before"], r["value_after"])
                for r in made.diff(str(a), str(b)).cells.to_pylist()
            }
            assert got == wanted, (a, b)


def test_an_indicator_leads_back_to_cells(new_store: NewStore, rows: Callable[..., object]) -> None:
    made = new_store()
    made.add(
        rows([("110000", 2020, "gdp_current", 10.0, "s", ""), ("110000", 2020, "rd", 2.0, "s", "")])
    )
    found = made.lineage("rd / gdp_current + population", entities=["110000"])
    assert found.series == ("gdp_current", "population", "rd")
    assert found.missing == ("population",)
    assert found.cells["cell"].to_pylist() == ["D2", "D3"]
    assert found.tree.splitlines()[0] == "+"


def test_time_travel_by_id_number_and_date(
    tmp_path: Path, rows: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Store(tmp_path)
    for day in ("2026-01-05T08:00:00Z", "2026-02-01T00:00:00Z"):
        monkeypatch.setattr(archive, "now", lambda day=day: day)
        made.add(rows([("110000", 2020, "a", 1.0, "s", day[:10])], name=day))
    first, second = made.versions()
    for wanted, version in {
        first.id: first, "1": first, "000002": second, "2026-01": first, "2026-01-31": first,
        "2026-01-05T08:00": first, "2026-02-01": second, "": second, "2030-01-01": second,
    }.items():  # fmt: skip
        assert made.version(wanted) == version, wanted
    for wanted, code in {"2026-01-04": "S602", "9": "S511"}.items():
        with pytest.raises(ZhihengError) as caught:
            made.version(wanted)
        assert caught.value.code == code
    assert np.isfinite(made.panel(["a"], version="2026-01").values).all()

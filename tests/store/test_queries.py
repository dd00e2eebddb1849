"""The queries of the store, with equal results on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.sources.observations import FIELDS, Observations
from zhiheng.store.findings import Finding
from zhiheng.store.store import Store

NewStore = Callable[[], Store]
Rows = Callable[..., Observations]
Row = tuple[str, int, str, float, str, str]


A: list[Row] = [
    ("110000", 2020, "gdp_current", 1.0, "nbs", "2021"),
    ("110000", 2021, "gdp_current", 2.0, "nbs", "2022"),
    ("120000", 2020, "gdp_current", 0.1 + 0.2, "nbs", "2021"),
    ("110000", 2020, "population", 5.0, "nbs", "2021"),
]
B: list[Row] = [
    ("110000", 2020, "gdp_current", 1.5, "nbs", "2024"),
    ("110000", 2022, "gdp_current", 3.0, "nbs", "2024"),
]
C: list[Row] = [("110000", 2020, "gdp_current", 9.0, "other", "2021")]


@pytest.fixture
def store(new_store: NewStore, rows: Rows) -> Store:
    made = new_store()
    made.add(rows(A), note="a", licence="CC BY 4.0", steward="统计局")
    made.add(rows(B, name="g"), note="b")
    return made


def test_a_panel_takes_the_last_vintage_and_says_so(store: Store) -> None:
    panel = store.panel(["gdp_current"])
    np.testing.assert_array_equal(
        panel.array("gdp_current"), [[1.5, 2.0, 3.0], [0.1 + 0.2, np.nan, np.nan]]
    )
    assert [s.name for s in panel.steps] == ["vintage", "observations"]
    assert panel.origins[panel.origin[0, 0, 0]].vintage == "2024"


@pytest.mark.parametrize(
    ("vintage", "value"), [("first", 1.0), ("2021", 1.0), ("2023-05", 1.0), ("2024", 1.5)]
)
def test_a_panel_as_it_was_known_then(store: Store, vintage: str, value: float) -> None:
    assert store.panel(["gdp_current"], vintage=vintage).array("gdp_current")[0, 0] == value


def test_revisions_show_both_ends(store: Store) -> None:
    found = store.revisions().to_pylist()
    assert len(found) == 1
    assert found[0] == {
        "entity": "110000", "period": 2020, "series": "gdp_current", "source": "nbs",
        "unit": "CNY", "releases": 2, "first_vintage": "2021", "first_value": 1.0,
        "last_vintage": "2024", "last_value": 1.5, "revision": 0.5, "relative": 0.5,
    }  # fmt: skip


def test_vintages_are_listed(store: Store) -> None:
    rows = [(r["series"], r["vintage"], r["values"]) for r in store.vintages().to_pylist()]
    assert rows == [
        ("gdp_current", "2021", 2),
        ("gdp_current", "2022", 1),
        ("gdp_current", "2024", 2),
        ("population", "2021", 1),
    ]


def test_vintages_without_a_date_need_an_order(new_store: NewStore, rows: Rows) -> None:
    made = new_store()
    made.add(rows([("110000", 2020, "x", 1.0, "s", "初步核算")]))
    made.add(rows([("110000", 2020, "x", 2.0, "s", "最终核实")]))
    with pytest.raises(ZhihengError) as caught:
        made.panel(["x"])
    assert caught.value.code == "S593"
    order = ["初步核算", "最终核实"]
    assert made.panel(["x"], order=order).array("x")[0, 0] == 2.0
    assert made.panel(["x"], order=order, vintage="first").array("x")[0, 0] == 1.0
    with pytest.raises(ZhihengError) as caught:
        made.panel(["x"], order=["初步核算"])
    assert caught.value.code == "S594"


def test_the_loser_is_kept_and_listed(store: Store, rows: Rows) -> None:
    store.add(rows(C, name="h"))
    with pytest.raises(ZhihengError) as caught:
        store.panel(["gdp_current"])
    assert caught.value.code == "D102"
    assert store.panel(["gdp_current"], prefer=["other", "nbs"]).array("gdp_current")[0, 0] == 9.0
    lost = store.set_aside(["gdp_current"], ["other", "nbs"]).to_pylist()
    assert [(r["source"], r["value"], r["winner"], r["kept"]) for r in lost] == [
        ("nbs", 1.5, "other", 9.0)
    ]


def test_the_inventory_counts(store: Store) -> None:
    rows = store.inventory().to_pylist()
    assert [(r["series"], r["first"], r["last"], r["entities"], r["values"]) for r in rows] == [
        ("gdp_current", 2020, 2022, 2, 5),
        ("population", 2020, 2020, 1, 1),
    ]
    assert {(r["level"], r["frequency"]) for r in rows} == {("province", "A")}


def test_findings_are_a_layer(store: Store) -> None:
    reason = Text("逐年等差", "exactly linear")
    cell = ("110000", 2021, "gdp_current", "nbs", "2022")
    store.annotate([Finding(*cell, Status.INTERPOLATED, reason, "linear", "2026-01-01T00:00:00Z")])
    gap = ("120000", 2020, "gdp_current", "nbs", "2021")
    store.annotate([Finding(*gap, Status.ABSENT, Text("零代缺", "zero for gap"), "zeros")])
    plain = store.panel(["gdp_current"])
    assert (plain.status_of("gdp_current") <= Status.OBSERVED).all()
    seen = store.panel(["gdp_current"], statuses="apply")
    assert seen.status_of("gdp_current")[0].tolist() == [0, Status.INTERPOLATED, 0]
    assert seen.entities == ("110000",)
    assert ("findings", "1 values count as gaps") in [(s.name, s.detail) for s in seen.steps]
    assert store.findings()[0].reason == reason
    store.annotate([Finding(*cell, Status.OBSERVED, Text("已核", "checked"), "张三")])
    again = store.panel(["gdp_current"], statuses="apply")
    assert again.status_of("gdp_current")[0].tolist() == [0, 0, 0]


def test_a_finding_needs_a_cell_and_a_name(store: Store) -> None:
    cell = ("110000", 1999, "gdp_current", "nbs", "2022")
    for finding in (
        Finding(*cell, Status.IMPUTED, Text("补", "filled"), "someone"),
        Finding("110000", *A[1][1:3], "nbs", "2022", Status.IMPUTED, Text("补", "filled"), " "),
    ):
        with pytest.raises(ZhihengError) as caught:
            store.annotate([finding])
        assert caught.value.code == "S595"


def test_a_row_filter_stands_before_every_read(store: Store) -> None:
    store.annotate(
        [Finding("120000", 2020, "gdp_current", "nbs", "2021", Status.IMPUTED,
                 Text("补", "filled"), "x")]
    )  # fmt: skip
    mine = store.seen_by(lambda t: (t.entity == "110000") & (t.series == "gdp_current"))
    assert mine.panel(["gdp_current"]).entities == ("110000",)
    assert mine.inventory().to_pylist()[0]["values"] == 4
    assert len(mine.inventory()) == 1
    assert mine.findings() == ()
    assert set(mine.observations().entity) == {"110000"}
    assert {r["series"] for r in mine.vintages().to_pylist()} == {"gdp_current"}
    assert not hasattr(mine, "add")
    with pytest.raises(ZhihengError) as caught:
        mine.panel(["population"])
    assert caught.value.code == "S512"
    assert "population" not in str(caught.value.fix)
    narrower = mine.seen_by(lambda t: t.period == 2021)
    assert narrower.panel(["gdp_current"]).periods == (2021,)


def test_what_went_in_comes_out(store: Store, rows: Rows) -> None:
    found = store.observations(version="1")
    wanted = rows(sorted(A, key=lambda r: (r[0], r[1], r[2])))
    for name in FIELDS[:-1]:
        assert list(getattr(found, name)) == list(getattr(wanted, name)), name
    assert found.level == "province"
    entry = store.version("1").files[0]
    assert (entry.licence, entry.steward) == ("CC BY 4.0", "统计局")


def test_two_frequencies_are_not_mixed(store: Store, rows: Rows) -> None:
    store.add(replace(rows([("110000", 24240, "gdp_current", 1.0, "nbs", "2021")]),
                      frequency="M"))  # fmt: skip
    with pytest.raises(ZhihengError) as caught:
        store.panel(["gdp_current"])
    assert caught.value.code == "S592"
    assert store.panel(["gdp_current"], frequency="M").frequency == "M"
    assert store.panel(["population"]).periods == (2020,)
    assert {r["frequency"] for r in store.inventory().to_pylist()} == {"A", "M"}


def test_names_of_the_users_own_are_kept(new_store: NewStore, rows: Rows) -> None:
    made = new_store()
    own = {"F1": Text("甲厂", "Works One")}
    made.add(replace(rows([("F1", 2020, "x", 1.0, "s", "")]), level="", labels=own,
                     notes=(Text("规则", "rule"),)))  # fmt: skip
    assert made.panel(["x"]).name("F1") == own["F1"]
    assert made.panel(["x"]).level == ""
    assert made.observations().notes == (Text("规则", "rule"),)


def test_whoever_expected_another_version_writes_nothing(store: Store, rows: Rows) -> None:
    first, second = store.versions()
    with pytest.raises(ZhihengError) as caught:
        store.add(rows(C), expect=first.id)
    assert caught.value.code == "S590"
    assert store.versions() == [first, second]
    assert store.add(rows(C), expect=second.id).parent == second.id


@pytest.mark.slow
def test_a_hundred_readers_at_once_read_the_same(store: Store) -> None:
    def read(i: int) -> list[float | None]:
        panel = store.panel(["gdp_current"], last=2021 + i % 2, first=2020 - i)
        return panel.array("gdp_current")[0, :2].tolist()

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(read, range(100)))
    assert found == [[1.5, 2.0]] * 100


def test_a_later_import_is_seen_at_once_and_the_old_version_stays(store: Store, rows: Rows) -> None:
    head = store.version().id
    old = store.panel(["gdp_current"])
    store.add(rows([("110000", 2023, "gdp_current", 7.0, "nbs", "2024")], name="z"))
    assert store.panel(["gdp_current"]).periods == (2020, 2021, 2022, 2023)
    assert store.panel(["gdp_current"], version=head) is old

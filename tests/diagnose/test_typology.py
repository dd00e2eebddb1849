"""Stages, peers and partners: counted by hand, rules as stated, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods


def panel_of(**series):
    first = next(iter(series.values()))
    return Panel.of(
        {name: np.asarray(v, dtype=float) for name, v in series.items()},
        entities=[f"e{i:02d}" for i in range(len(first))],
        periods=range(2010, 2010 + len(first[0])),
        units={},
    )


def typology(panel, **options):
    return methods["typology"](panel, variable="y", **{"draws": 100, **options})


def row(result, table, *key):
    found = result.tables[table]
    return found.row(found.find(*key))


SIX = [
    [0, 0, 0, 0],  # low throughout
    [0, 1, 0, 1],
    [1, 1, 1, 2],
    [1, 2, 2, 2],
    [2, 2, 2, 2],
    [2, 1, 2, 2],
]


def test_stages_runs_and_odds_equal_what_one_counts():
    found = typology(panel_of(y=SIX), cuts=[0.5, 1.5])
    last = found.tables["stages"].columns
    assert last["stage"].tolist() == [1, 2, 3, 3, 3, 3]
    assert last["run"].tolist() == [4, 1, 1, 3, 4, 2]
    assert last["rises"].tolist() == [0, 2, 1, 1, 0, 1]
    assert last["falls"].tolist() == [0, 1, 0, 0, 0, 1]
    assert last["stuck"].tolist() == [1, 0, 0, 0, 0, 0]
    low, middle, high = (row(found, "stage_odds", "fixed", k) for k in (1, 2, 3))
    assert (low["n"], low["entities"]) == (5, 2)
    assert (middle["n"], high["n"]) == (6, 7)
    np.testing.assert_allclose([low["leave"], low["up"], low["down"]], [2 / 5, 2 / 5, 0])
    np.testing.assert_allclose([middle["up"], middle["down"]], [3 / 6, 1 / 6])
    np.testing.assert_allclose(high["down"], 1 / 7)
    np.testing.assert_allclose(last["leave"][0], 2 / 5)


def test_a_value_on_a_cut_belongs_to_the_lower_stage():
    found = typology(panel_of(y=SIX), cuts=[1, 1.5])
    assert found.tables["stages"].columns["stage"].tolist() == [1, 1, 3, 3, 3, 3]


def test_common_growth_moves_stages_under_pooled_cuts_only():
    base = np.arange(12.0)[:, None]
    found = typology(panel_of(y=base + 8 * np.arange(5.0)))
    pooled, yearly = (row(found, "stage_odds", rule, 1) for rule in ("pooled", "per_period"))
    assert pooled["leave"] > 0.2
    assert yearly["leave"] == 0
    assert yearly["ci_high"] > 0


def test_a_peer_is_ahead_and_nearest_and_a_partner_is_strong_where_one_is_weak():
    y = [[1, 1], [2, 2], [3, 3], [4, 4]]
    a = [[0, 0], [0, 9], [0, 1], [0, 8]]
    b = [[0, 9], [0, 0], [0, 8], [0, 1]]
    found = typology(panel_of(y=y, a=a, b=b), compare={"a": "more", "b": "more"}, peers=1, recent=2)
    peers = dict(
        zip(
            found.tables["peers"].columns["entity"],
            found.tables["peers"].columns["peer"],
            strict=True,
        )
    )
    assert peers == {"e00": "e02", "e01": "e03", "e02": "e03"}, "the highest has none"
    partner = row(found, "partners", "e00", 1)
    assert partner["partner"] == "e01"
    assert partner["where_en"] == "a"
    assert partner["mutual"] > 0


def test_less_turns_a_column_round():
    a, y = [[0, 5], [0, 1], [0, 3]], [[1, 1], [2, 2], [3, 3]]
    one = typology(panel_of(y=y, a=a), compare={"a": "more"}, recent=2).tables["partners"]
    two = typology(panel_of(y=y, a=np.negative(a)), compare={"a": "less"}, recent=2)
    for name, values in one.columns.items():
        np.testing.assert_array_equal(values, two.tables["partners"].columns[name])


def test_without_columns_to_compare_by_no_peers_are_named_and_it_is_said():
    found = typology(panel_of(y=SIX), cuts=[0.5, 1.5])
    assert "peers" not in found.tables
    assert any("compare" in note.text.zh for note in found.notes)


def test_the_strategy_is_quoted_with_its_source_and_marked_as_an_analogy():
    found = typology(panel_of(y=SIX), cuts=[0.5, 1.5])
    low = row(found, "strategies", 1)
    assert low["quotation_zh"] == "拓宽贸易渠道强化韧性抵抗与适应能力"
    assert "五(二)" in low["source_zh"]
    assert "M782" in {note.code for note in found.notes}


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M780", {"cuts": [2, 1]}),
        ("M604", {"cuts": ["a", "b"]}),
        ("M780", {"recent": 9}),
        ("M780", {"lag": 7}),
        ("M780", {"draws": 0}),
        ("M781", {"compare": {"y": "up"}}),
        ("M781", {"compare": {"flat": "more"}}),
        ("M783", {"strategy": "trade"}),
        ("M820", {"lag": 0}),
    ],
)
def test_options_that_say_nothing_are_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        typology(panel_of(y=SIX, flat=np.ones((6, 4))), **options)
    assert caught.value.code == code


def test_one_period_is_refused():
    with pytest.raises(ZhihengError) as caught:
        typology(panel_of(y=[[1], [2], [3]]))
    assert caught.value.code == "M770"

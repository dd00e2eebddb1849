"""Weights side by side as a method: what it prints, what it joins, what it refuses."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from index_cases import columns, made, panel_of, system_file

from zhiheng.core.errors import ZhihengError
from zhiheng.core.wire import dumps
from zhiheng.kernels.effective import effective_weights
from zhiheng.measure import index_weights_input
from zhiheng.measure.index import index
from zhiheng.measure.index_weights import index_weights
from zhiheng.measure.index_weights_input import COMPARED
from zhiheng.measure.weighing import JUDGED, Way

# Sums of a few numbers of at most one.
CLOSE = 1e-12
PAIRS = {"x0": [1, 3, "1/2"], "x1": ["1/3", 1, "1/4"], "x2": [2, 4, 1]}
CIRCLE = {"x0": [1, 3, "1/3"], "x1": ["1/3", 1, 3], "x2": [3, "1/3", 1]}
ENDS = {
    "best_to_others": {"x0": 1, "x1": 8, "x2": 2},
    "others_to_worst": {"x0": 8, "x1": 1, "x2": 4},
}
NEEDS = {"given": {"given": {"x0": 3, "x1": 1, "x2": 1}}, "bwm": {"judgement": ENDS}}
NEEDS |= {way: {"judgement": PAIRS} for way in ("ahp", "ahp_geometric")}


def run(panel=None, **options):
    given = made() if panel is None else panel
    return index_weights(given, columns=columns(given), **options)


def refused(code, panel=None, **options):
    with pytest.raises(ZhihengError) as caught:
        run(panel, **options)
    assert caught.value.code == code
    assert caught.value.evidence
    return caught.value


@pytest.mark.parametrize("way", [w for w in get_args(Way) if w != "equal_by_group"])
def test_every_method_gives_shares_with_checks_that_hold(way):
    # wide values with one common driver, so that every rule has an answer
    rng = np.random.default_rng(4)
    panel = panel_of(rng.lognormal(size=(9, 4, 1)) * rng.lognormal(sigma=0.5, size=(9, 4, 3)))
    found = run(panel, method=way, **NEEDS.get(way, {}))
    table = found.table("weights")
    assert table["weight"].sum() == pytest.approx(1, abs=CLOSE)
    assert (table["weight"] >= 0).all()
    assert (table["lowest"] <= table["weight"] + CLOSE).all()
    assert (table["highest"] >= table["weight"] - CLOSE).all()
    assert all(check.passed for check in found.checks)
    assert dumps(found) == dumps(run(panel, method=way, **NEEDS.get(way, {})))


@pytest.mark.parametrize("way", ["critic", "cv", "pca", "scatter_degree", "optimised", "game"])
def test_an_index_takes_the_same_weights_by_name(way):
    panel = made((9, 3, 4))
    scores = index(panel, columns=columns(panel), weights=way, draws=0)
    ours = index_weights(panel, columns=columns(panel), method=way)
    np.testing.assert_allclose(
        scores.table("weights")["nominal"], ours.table("weights")["weight"], atol=CLOSE
    )


def test_all_methods_stand_side_by_side_and_agree_with_themselves():
    found = run(method="critic")
    table = found.table("comparison")
    for way in COMPARED:
        if way != "equal_by_group":
            assert f"weight_{way}" in table
    np.testing.assert_array_equal(table["weight"], table["weight_critic"])
    own = found.table("agreement").set_index("method").loc["critic"]
    assert own["weight_correlation"] == pytest.approx(1)
    assert own["score_correlation"] == pytest.approx(1)
    assert own["largest_move"] == 0


def test_a_method_without_weights_here_says_why_and_is_empty():
    found = run(method="critic", normalise="zscore")
    row = found.table("agreement").set_index("method").loc["entropy"]
    assert row["reason_zh"]
    assert np.isnan(row["score_correlation"])
    assert found.table("comparison")["weight_entropy"].isna().all()


def test_groups_of_a_system_weigh_alike(tmp_path):
    panel = made((7, 3, 3))
    found = index_weights(panel, system=system_file(tmp_path), method="equal_by_group")
    assert found.table("weights")["weight"].tolist() == pytest.approx([0.25, 0.25, 0.5])
    given = index_weights(panel, system=system_file(tmp_path), method="given")
    assert given.table("weights")["weight"].tolist() == pytest.approx([0.2, 0.3, 0.5])


def test_entropy_per_period_has_a_table_of_its_own():
    found = run(method="entropy_per_period")
    by_period = found.table("weights_by_period").groupby("period")["weight"].sum()
    np.testing.assert_allclose(by_period, 1, atol=CLOSE)


def test_targets_are_met_in_the_variance_of_the_score():
    panel = made((9, 3, 3))
    found = run(panel, method="optimised", targets={"x0": 2, "x1": 1, "x2": 1})
    table = found.table("weights")
    z = np.stack([panel.array(s) for s in panel.series], axis=-1)
    low, high = z.min(axis=(0, 1)), z.max(axis=(0, 1))
    terms = table["weight"].to_numpy() * (z - low) / (high - low)
    np.testing.assert_allclose(effective_weights(terms).pooled, [0.5, 0.25, 0.25], atol=1e-10)


def test_benefit_of_the_doubt_shows_the_weights_of_every_unit():
    panel = made((7, 4, 3))
    found = run(panel, method="bod")
    weights, scores = found.table("unit_weights"), found.table("unit_scores")
    assert len(weights) == 7 * 4 * 3
    shares = weights.groupby(["entity", "period"])["share"].sum(min_count=1).dropna()
    np.testing.assert_allclose(shares, 1, atol=1e-9)
    assert scores["score"].between(0, 1 + 1e-9).all()
    assert scores["score"].max() == pytest.approx(1)


def test_contradictory_pairs_are_flagged_with_the_worst_of_them():
    found = run(method="ahp", judgement=CIRCLE)
    assert "M697" in {note.code for note in found.notes}
    table = found.table("consistency")
    assert table["consistency_ratio"][0] > 0.1
    assert not table["consistent"][0]
    sound = run(method="ahp", judgement=PAIRS)
    assert "M697" not in {note.code for note in sound.notes}
    pairs = sound.table("comparisons")
    np.testing.assert_allclose(
        np.log(pairs["comparison"] / pairs["implied"]), pairs["log_gap"], atol=CLOSE
    )


def test_several_experts_are_joined_and_each_is_shown(tmp_path):
    head = ",x0,x1,x2\n"
    (tmp_path / "a.csv").write_text(head + "x0,,3,1/2\nx1,,,1/4\nx2,,,\n", "utf-8")
    (tmp_path / "b.csv").write_text(head + "x0,,2,1\nx1,,,1/3\nx2,,,\n", "utf-8")
    both = f"{tmp_path / 'a.csv'};{tmp_path / 'b.csv'}"
    found = run(method="ahp", judgement=both)
    assert len(found.table("consistency")) == 3
    ratio = found.table("comparisons")["comparison"]
    np.testing.assert_allclose(ratio, [np.sqrt(6), np.sqrt(0.5), np.sqrt(1 / 12)])


def test_a_game_shows_its_members_and_their_coefficients():
    found = run(method="game", members=["ahp", "entropy", "cv"], judgement=PAIRS)
    members = found.table("members")
    assert members["method"].tolist() == ["ahp", "entropy", "cv"]
    assert members["share"].sum() == pytest.approx(1, abs=CLOSE)
    rows = found.table("member_weights").pivot(index="method", columns="indicator", values="weight")
    mixed = members.set_index("method")["share"] @ rows.loc[members["method"]]
    np.testing.assert_allclose(found.table("weights")["weight"], mixed, atol=CLOSE)
    assert "consistency" in found.tables


def test_one_period_works():
    assert len(run(made((8, 1, 3)), method="scatter_degree").table("weights")) == 3


def test_a_constant_indicator_is_named_and_weighs_nothing():
    x = np.random.default_rng(1).lognormal(size=(6, 2, 3))
    x[..., 1] = 2.0
    found = run(panel_of(x), method="critic")
    assert "M698" in {note.code for note in found.notes}
    assert found.table("weights")["weight"][1] == 0


def test_inputs_that_are_missing_or_ignored_are_refused():
    for way in JUDGED:
        refused("M690", method=way)
    refused("M690", judgement=PAIRS)
    refused("M690", members=["cv", "critic"])
    refused("M690", targets={"x0": 1})
    refused("M690", given={"x0": 1})
    refused("M690", method="game", members=["cv"])
    refused("M690", method="game", members=["cv", "cv"])
    refused("M690", method="game", members=["ahp", "bwm"], judgement=PAIRS)
    with pytest.raises(ZhihengError) as caught:
        run(method="game", members=["cv", "critc"])
    assert caught.value.code == "M690"
    assert "critic" in caught.value.fix.en
    refused("M624", method="given", given={"x0": 1})
    refused("M693", method="ahp", judgement={"a": [1, 2], "b": ["1/2", 1]})


def test_targets_that_do_not_match_are_refused():
    refused("M696", method="optimised", targets={"x0": 1})
    refused("M696", method="optimised", targets={"x0": 1, "x1": -1, "x2": 1})
    refused("M696", method="optimised", targets={"x0": 0, "x1": 0, "x2": 0})
    x = np.random.default_rng(1).lognormal(size=(6, 2, 3))
    x[..., 1] = 2.0
    refused("M696", panel_of(x), method="optimised", targets={"x0": 1, "x1": 1, "x2": 1})


@pytest.mark.parametrize(
    ("way", "normalise"),
    [
        ("entropy", "zscore"), ("cv", "zscore"), ("bod", "zscore"), ("game", "zscore"),
        ("equal_by_group", "global"),
    ],
)  # fmt: skip
def test_data_that_a_method_cannot_weigh_are_refused(way, normalise):
    refused("M694", method=way, normalise=normalise)


def test_gaps_are_filled_only_by_a_declared_rule_and_counted():
    x = np.random.default_rng(3).lognormal(size=(7, 3, 3))
    x[0, 1, 2] = np.nan
    refused("M622", panel_of(x))
    found = run(panel_of(x), missing="interpolate")
    assert any("1 of 63 cells" in note.text.en for note in found.notes)


def test_searching_rules_wait_to_be_asked_for_on_large_panels(monkeypatch):
    monkeypatch.setattr(index_weights_input, "MOST_CELLS", 10)
    found = run(method="cv").table("comparison")
    assert found[["weight_bod", "weight_projection_pursuit"]].isna().all().all()
    assert found["weight_critic"].notna().all()
    asked = run(method="bod")
    assert asked.table("comparison")["weight_bod"].sum() == pytest.approx(1)

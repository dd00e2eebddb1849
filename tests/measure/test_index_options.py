"""Options of the index beyond the classical three steps."""

from __future__ import annotations

import numpy as np
import pytest
from index_cases import ITEMS, columns, made, panel_of, refused, run, system_file

from zhiheng.core.panel import Panel
from zhiheng.measure.index import index

CLOSE = 1e-12


def table(panel, name, **options):
    return run(panel, draws=0, **options).table(name)


# ------------------------------------------------------------------- normalisation


def test_a_fixed_base_leaves_old_scores_alone_when_a_period_is_added():
    panel = made()
    before = panel.select(periods=panel.periods[:-1])
    how = {"normalise": "fixed_base", "weights": "equal"}
    one, two = (table(p, "scores", **how) for p in (before, panel))
    both = one.merge(two, on=["entity", "period"])
    assert np.allclose(both.score_x, both.score_y, atol=CLOSE)
    moved = table(panel, "scores", weights="equal").merge(
        table(before, "scores", weights="equal"), on=["entity", "period"]
    )
    assert not np.allclose(moved.score_x, moved.score_y, atol=1e-6), "pooled bounds do move"


def test_goalposts_are_met_at_their_ends_and_cells_beyond_them_are_counted():
    panel = panel_of(np.array([[[0.0, 9.0]], [[5.0, 5.0]], [[12.0, 1.0]]]))
    found = run(
        panel, ["more", "less"], draws=0, normalise="goalposts", weights="equal",
        bounds={"x0": "0:10", "x1": [1, 9]},
    )  # fmt: skip
    assert found.table("scores").score.tolist() == pytest.approx([0.0, 0.5, 1.0], abs=CLOSE)
    assert any("1 cells lie beyond" in note.text.en for note in found.notes)


def test_the_distance_to_a_target_is_one_where_it_is_met():
    panel = panel_of(np.array([[[2.0]], [[6.0]], [[10.0]], [[20.0]]]))
    found = table(panel, "scores", normalise="target", weights="equal", bounds={"x0": 10})
    assert found.score.tolist() == pytest.approx([0.0, 0.5, 1.0, 1.0], abs=CLOSE)


def test_percentile_ranks_share_ties():
    panel = panel_of(np.array([[[1.0]], [[2.0]], [[2.0]], [[8.0]]]))
    found = table(panel, "scores", normalise="rank", weights="equal")
    assert found.score.tolist() == pytest.approx([0, 0.5, 0.5, 1], abs=CLOSE)


def test_an_ideal_value_and_an_ideal_interval_are_best_where_they_are_met():
    panel = panel_of(np.array([[[1.0, 0.1]], [[3.0, 0.5]], [[4.0, 0.7]]]))
    found = run(panel, ["near:3", "within:0.4:0.6"], draws=0, weights="equal")
    assert found.table("scores").score.tolist() == pytest.approx(
        [0.0, 1.0, (0.5 + 2 / 3) / 2], abs=CLOSE
    )
    assert found.table("weights").direction_en[0] == "best at 3"


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("M611", {"bounds": {"x0": "0:1"}}),
        ("M611", {"normalise": "goalposts", "bounds": {"x0": "0:1", "x1": "0:1"}}),
        ("M611", {"normalise": "goalposts", "bounds": dict.fromkeys(("x0", "x1", "x2"), "1:0")}),
        ("M611", {"normalise": "target", "bounds": dict.fromkeys(("x0", "x1", "x2"), "a")}),
        ("M613", {"normalise": "fixed_base", "base": 1900}),
        ("M612", {"levels": ["additive", "geometric"]}),
        ("M614", {"within": "zones4"}),
        ("M614", {"missing": "group_mean"}),
    ],
)
def test_options_that_do_not_fit_are_refused(code, how):
    error = refused(code, made(), columns=columns(made()), draws=0, **how)
    assert error.evidence
    assert error.exit_code == 2


@pytest.mark.parametrize("direction", ["near", "near:x", "within:2:1", "within:1", "best"])
def test_a_direction_that_cannot_be_read_is_refused(direction):
    error = refused("M621", made(), columns={"x0": "more", "x1": direction})
    assert [row["indicator"] for row in error.evidence] == ["x1"]


# ------------------------------------------------------------------------ missing


def gappy():
    values = np.random.default_rng(2).lognormal(size=(6, 3, 2))
    values[2, 1, 0] = np.nan
    return panel_of(values)


def test_filled_cells_are_marked_through_to_the_score():
    panel = gappy()
    refused("M622", panel, columns=columns(panel))
    found = run(panel, draws=0, missing="period_mean", weights="equal")
    soft = found.table("scores").set_index(["entity", "period"]).soft_share
    assert soft[("r2", 2002)] == pytest.approx(0.5, abs=CLOSE)
    assert soft.drop(("r2", 2002)).eq(0).all()
    assert any(note.code == "M618" and "1 of 36" in note.text.en for note in found.notes)


def test_a_rule_that_cannot_reach_a_gap_leaves_it_refused():
    values = np.random.default_rng(2).lognormal(size=(6, 3, 2))
    values[2, 0, 0] = np.nan
    error = refused("M622", panel_of(values), columns={"x0": "more", "x1": "more"}, missing="carry")
    assert len(error.evidence) == 1


# -------------------------------------------------------------------- aggregation


def test_levels_have_rules_of_their_own(tmp_path):
    panel = made()
    found = index(
        panel, system=system_file(tmp_path), weights="given", levels=["additive", "geometric"],
        draws=0,
    )  # fmt: skip
    groups = found.table("groups").pivot(index=["entity", "period"], columns="group")["score"]
    shift = 0.01
    moved = {g: shift + (1 - shift) * groups[g] for g in ("one", "two")}
    expected = moved["one"] ** 0.5 * moved["two"] ** 0.5
    scores = found.table("scores").set_index(["entity", "period"]).score
    assert np.allclose(scores.sort_index(), expected.sort_index(), atol=CLOSE)


@pytest.mark.parametrize(
    "how",
    [
        {"aggregation": "harmonic"},
        {"aggregation": "generalised", "power": 0.3},
        {"aggregation": "mazziotta_pareto"},
        {"aggregation": "vikor"},
        {"aggregation": "copeland"},
        {"treatment": "box_cox"},
        {"treatment": "log"},
        {"normalise": "rank_per_period"},
    ],
)
def test_every_rule_gives_finite_scores_ranks_and_intervals(how):
    found = run(made(), weights="equal", draws=40, **how)
    scores = found.table("scores")
    assert np.isfinite(scores.score).all()
    assert (scores.rank_low <= scores.rank_high).all()
    assert all(check.passed for check in found.checks)


def test_a_generalised_mean_of_order_one_is_the_weighted_sum_but_for_the_shift():
    one = table(made(), "scores", weights="equal")
    two = table(made(), "scores", weights="equal", aggregation="generalised", power=1.0)
    assert np.allclose(0.01 + 0.99 * one.score, two.score, atol=CLOSE)


# -------------------------------------------------------------------------- audit


def test_what_the_last_period_changed_adds_up():
    found = table(made(), "period_added", weights="entropy")
    assert np.allclose(found.by_data + found.by_method, found.change, atol=CLOSE)
    assert np.abs(found.by_method).max() > 1e-6


def test_with_bounds_of_a_fixed_base_and_equal_weights_every_change_is_data():
    found = table(made(), "period_added", weights="equal", normalise="fixed_base")
    assert np.allclose(found.by_method, 0.0, atol=CLOSE)


def test_indicators_on_the_same_series_weigh_as_one(tmp_path):
    items = [
        dict(ITEMS[0], id="a", expression="x0 / x1", weight=0.3),
        dict(ITEMS[0], id="b", expression="x0 / x1 * 2", weight=0.4),
        dict(ITEMS[2], id="c", expression="x2", weight=0.3),
    ]
    found = index(
        made(),
        system=system_file(tmp_path, items),
        weights="given",
        draws=0,
        recipes="weights_only",
    )
    row = found.table("dominance").iloc[0]
    assert row.basis == "x0+x1"
    assert row["items"] == 2
    assert row.nominal == pytest.approx(0.7, abs=CLOSE)
    text = next(note for note in found.notes if note.code == "M616")
    assert text.level == "caution"
    assert "70.0%" in text.text.en


def test_twins_are_called_redundant_and_opposites_opposed():
    x = np.random.default_rng(3).normal(size=(20, 2, 3)) + 5
    x[:, :, 1] = x[:, :, 0] * 2
    x[:, :, 2] = -x[:, :, 0] + 20
    found = table(panel_of(x), "coherence", weights="equal").set_index(["indicator", "against"])
    assert found.flag[("x0", "x1")] == "redundant"
    assert found.flag[("x0", "x2")] == "opposed"


def test_pairs_of_the_pairwise_table_exhaust_the_draws_but_for_ties():
    found = run(made(), draws=200).table("pairwise").set_index(["entity", "other"]).probability
    for (a, b), share in found.items():
        assert share + found[(b, a)] <= 1 + CLOSE


def test_one_period_gives_every_table_but_that_of_the_last_change():
    values = np.random.default_rng(5).lognormal(size=(8, 1, 3))
    found = run(panel_of(values), draws=50)
    assert "period_added" not in found.tables
    assert {"scores", "coherence", "dominance", "sensitivity", "pairwise"} <= set(found.tables)


def test_a_level_without_catalogue_is_borne():
    panel = Panel.of(
        {"a": np.array([[1.0], [2.0]]), "b": np.array([[3.0], [1.0]])},
        entities=["p", "q"], periods=[1], units={},
    )  # fmt: skip
    assert len(index(panel, columns={"a": "more", "b": "less"}, draws=20).table("scores")) == 2

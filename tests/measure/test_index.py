"""The index method: laws and tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from index_cases import BOOK, columns, made, panel_of, refused, run, system_file

from zhiheng.measure.index import index

# Sums of a few dozen products.
CLOSE = 1e-12
# Scores nearer than this may change places when every value is rescaled.
NEAR = 1e-9

positive = arrays(np.float64, (5, 3, 3), elements=st.floats(0.015625, 1024, width=32), unique=True)
recipe = st.sampled_from(
    [
        {"normalise": n, "weights": w, "aggregation": a}
        for n in ("global", "per_period", "zscore")
        for w in ("equal", "entropy", "entropy_per_period")
        for a in ("additive", "geometric", "topsis")
        if n != "zscore" or (w == "equal" and a != "geometric")
    ]
)
few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# ------------------------------------------------------------------------------ laws


@few
@given(positive, recipe)
def test_a_negated_series_with_the_other_direction_leaves_scores_alone(x, how):
    flipped = x * [1.0, -1.0, 1.0]
    one = run(panel_of(x), ["more", "less", "more"], **how).table("scores")
    two = run(panel_of(flipped), ["more", "more", "more"], **how).table("scores")
    for column in ("score", "rank", "rank_low", "rank_high"):
        assert np.array_equal(one[column], two[column])


@few
@given(positive, recipe, arrays(np.float64, (3,), elements=st.floats(1e-3, 1e3)))
def test_units_do_not_matter_to_ranks(x, how, factor):
    one = run(panel_of(x), draws=0, **how).table("scores")
    two = run(panel_of(x * factor), draws=0, **how).table("scores")
    assert np.allclose(one.score, two.score, atol=NEAR)
    for period in set(one.period):
        scores, ranks = one.score[one.period == period], two["rank"][two.period == period]
        clear = np.abs(scores.to_numpy()[:, None] - scores.to_numpy()) > NEAR
        above = scores.to_numpy()[:, None] > scores.to_numpy()
        assert (~clear | (above == (ranks.to_numpy()[:, None] < ranks.to_numpy()))).all()


@few
@given(positive, recipe, st.permutations(range(5)))
def test_the_order_of_rows_does_not_matter(x, how, order):
    panel = panel_of(x)
    turned = panel.select(entities=[panel.entities[i] for i in order])
    one = run(panel, **how).table("scores").set_index(["entity", "period"]).sort_index()
    two = run(turned, **how).table("scores").set_index(["entity", "period"]).sort_index()
    assert np.allclose(one.score, two.score, atol=CLOSE)
    assert np.array_equal(one["rank"], two["rank"])


@few
@given(positive, recipe)
def test_every_identity_holds_and_intervals_lie_among_the_ranks(x, how):
    found = run(panel_of(x), **how)
    assert all(check.passed for check in found.checks)
    weights, scores = found.table("weights"), found.table("scores")
    assert abs(weights.nominal.sum() - 1) < CLOSE
    assert (scores.rank_low <= scores.rank_high).all()
    assert scores.rank_low.min() >= 1
    assert scores.rank_high.max() <= 5
    if how["aggregation"] != "topsis":
        assert abs(weights.effective.sum() - 1) < NEAR


@few
@given(positive, recipe)
def test_one_recipe_with_fixed_weights_has_no_interval(tmp_path, x, how):
    book = tmp_path / "book.toml"
    book.write_text(BOOK.format(concentration="inf"), "utf-8")
    scores = run(panel_of(x), recipes=str(book), **how).table("scores")
    assert np.array_equal(scores.rank_low, scores["rank"])
    assert np.array_equal(scores.rank_high, scores["rank"])


@few
@given(positive, st.integers(0, 4), st.integers(0, 2))
def test_a_better_value_inside_the_bounds_raises_the_score_and_no_other(x, e, k):
    top = x[..., k].max(axis=(0, 1))
    better = x.copy()
    better[e, 1, k] += (top - better[e, 1, k]) / 2
    if x[e, 1, k] == x[..., k].min():
        return  # the bound itself would move
    one, two = (
        run(panel_of(v), weights="equal", draws=0).table("scores").score.to_numpy().reshape(5, 3)
        for v in (x, better)
    )
    assert two[e, 1] >= one[e, 1]
    rest = np.ones((5, 3), dtype=bool)
    rest[e, 1] = False
    assert np.allclose(one[rest], two[rest], atol=CLOSE)


# ---------------------------------------------------------------------------- tables


def test_scores_are_entity_by_period_with_names():
    found = run(made()).table("scores")
    assert list(found.columns) == [
        "entity", "name", "name_zh", "name_en", "period", "score", "rank", "rank_low", "rank_high",
        "soft_share",
    ]  # fmt: skip
    assert len(found) == 28
    assert found.groupby("period")["rank"].min().eq(1).all()
    assert found["rank_low"].dtype.kind == "i"


def test_contributions_sum_to_the_score():
    found = run(made())
    total = found.table("contributions").groupby(["entity", "period"]).contribution.sum()
    scores = found.table("scores").set_index(["entity", "period"]).score
    assert np.allclose(total.sort_index(), scores.sort_index(), atol=CLOSE)


def test_a_system_has_groups_whose_scores_and_rest_rebuild_the_index(tmp_path):
    found = index(made(), system=system_file(tmp_path), weights="given", draws=50)
    groups = found.table("groups").pivot(index=["entity", "period"], columns="group")
    scores = found.table("scores").set_index(["entity", "period"]).score.sort_index()
    both = groups["score"]["one"] * 0.5 + groups["score"]["two"] * 0.5
    assert np.allclose(both.sort_index(), scores, atol=CLOSE)
    assert np.allclose(groups["rest"]["one"], groups["score"]["two"], atol=CLOSE)
    weights = found.table("weights").set_index("indicator")
    assert weights.nominal.tolist() == pytest.approx([0.2, 0.3, 0.5], abs=CLOSE)
    assert weights.group_title_zh.tolist() == ["第一组", "第一组", "第二组"]
    assert set(found.series) == {"x0", "x1", "x2"}


def test_equal_by_group_needs_groups_and_is_said_to_be_left_out_without():
    found = run(made()).table("recipes")
    left = found[found.weights == "equal_by_group"]
    assert not left.admissible.any()
    assert left.reason_en.str.contains("groups").any()
    refused("M623", made(), columns=columns(made()), weights="equal_by_group")


def test_recipes_say_what_is_drawn_and_why_the_rest_is_not(tmp_path):
    found = index(made(), system=system_file(tmp_path), draws=500)
    table = found.table("recipes")
    assert table.admissible.sum() == 66
    assert len(table) == 90
    assert table.drawn.sum() == 500
    assert (table.drawn[~table.admissible] == 0).all()
    assert table.chosen.sum() == 1
    assert (table.reason_zh.str.len() > 0).all()
    text = " ".join(note.text.en for note in found.notes)
    assert "66 admissible recipes" in text
    assert "not sampling intervals" in text
    assert "500 draws" in text
    assert "alpha = 200" in text
    assert "24 are invalid" in text


def test_recipes_that_coincide_are_drawn_once():
    one_period = run(made((6, 1, 3))).table("recipes")
    kept = one_period[one_period.admissible]
    assert not (kept.normalise == "per_period").any()
    assert (one_period.reason_en.str.contains("the same as")).any()


def test_the_call_s_own_choice_joins_the_list():
    panel = made()
    weights = {"x0": 3, "x1": 1, "x2": 1}
    table = run(panel, weights="given", given=weights).table("recipes")
    assert table.weights[table.admissible].eq("given").any()
    assert table.weights[table.admissible].eq("entropy").any()


def test_weights_only_keeps_the_recipe():
    table = run(made(), recipes="weights_only").table("recipes")
    assert len(table) == 1
    assert table.drawn.tolist() == [60]


def test_no_draws_no_intervals():
    found = run(made(), draws=0)
    assert found.table("scores").rank_low.isna().all()
    assert "not sampling" not in " ".join(note.text.en for note in found.notes)


def test_the_same_seed_gives_the_same_tables():
    one, two, other = (run(made(), seed=s).table("scores") for s in (4, 4, 5))
    assert one.equals(two)
    assert not one.equals(other)


def test_entropy_by_period_shows_its_weights_by_period():
    found = run(made(), weights="entropy_per_period")
    table = found.table("weights_by_period")
    assert np.allclose(table.groupby("period").nominal.sum(), 1, atol=CLOSE)
    mean = table.groupby("indicator").nominal.mean()
    assert np.allclose(mean, found.table("weights").nominal, atol=CLOSE)
    assert any(note.level == "caution" and "within a period only" in note.text.en
               for note in found.notes)  # fmt: skip


def test_topsis_has_neither_contributions_nor_effective_weights():
    found = run(made(), aggregation="topsis")
    assert "contributions" not in found.tables
    assert "effective" not in found.table("weights").columns
    assert found.table("weights").first_order.between(0, 1).all()
    assert [figure.name for figure in found.figures] == ["ranking", "order", "steps"]


def test_figures_name_tables_and_columns_that_exist(tmp_path):
    panel = panel_of(np.random.default_rng(1).lognormal(size=(5, 3, 3)), level="province")
    found = index(panel, system=system_file(tmp_path), draws=50)
    assert [f.name for f in found.figures] == ["ranking", "map", "weights", "order", "steps"]
    for figure in found.figures:
        names = found.tables[figure.table].columns
        words = [v for k, v in figure.encodings.items() if k not in ("where", "nodes", "sort_by")]
        assert set(words) <= set(names)


def test_obstacle_degrees_sum_to_one_and_gaps_are_in_natural_units():
    panel = made()
    found = index(panel, columns=columns(panel, ["more", "less", "more"]), weights="equal", draws=0)
    table = found.table("obstacles")
    assert np.allclose(table.groupby(["entity", "period"]).obstacle.sum(), 1.0, atol=CLOSE)
    one = table[(table.period == panel.periods[0]) & (table.indicator == "x1")]
    behind = panel.array("x1")[:, 0] - np.median(panel.array("x1")[:, 0])
    assert np.allclose(one.gap_to_median, behind, atol=CLOSE), "less is better: above is behind"


def test_the_order_agrees_with_the_ranks_of_every_central_draw():
    found = run(made(), draws=300)
    pairs, order = found.table("partial_order"), found.table("order").set_index("entity")
    assert (pairs.probability >= 0.95).all()
    for entity, row in order.iterrows():
        assert row.surely_above == (pairs.worse == entity).sum()
        assert row.surely_below == (pairs.better == entity).sum()
        assert row.surely_above + row.surely_below + row.incomparable == len(order) - 1
    last = found.table("scores").query("period == period.max()").set_index("entity")
    assert (order.surely_above < last.rank_high).all()


def test_one_fixed_recipe_orders_everybody(tmp_path):
    book = tmp_path / "book.toml"
    book.write_text(BOOK.format(concentration="inf"), "utf-8")
    order = run(made(), recipes=str(book)).table("order")
    assert (order.incomparable == 0).all()
    assert sorted(order.level) == list(range(1, len(order) + 1))

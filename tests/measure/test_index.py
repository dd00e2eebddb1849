"""The index method: laws, tables, notes, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.index import index

# Sums of a few dozen products.
CLOSE = 1e-12
# Scores nearer than this may change places when every value is rescaled.
NEAR = 1e-9

SYSTEM = """
id = "made"
level = "province"
title = { zh = "自拟体系", en = "made-up system" }
citation = "none"
used = [2000, 2001]
weight_method = "given"
status = "verified"
[[group]]
id = "one"
title = { zh = "第一组", en = "first group" }
[[group]]
id = "two"
title = { zh = "第二组", en = "second group" }
"""
ITEM = """
[[indicator]]
id = "{id}"
title = {{ zh = "指标{id}", en = "item {id}" }}
expression = "{expression}"
unit = "1"
direction = "{direction}"
group = "{group}"
weight = {weight}
source = {{ zh = "自拟", en = "made up" }}
status = "verified"
"""
ITEMS = (
    {"id": "a", "expression": "x0 / x1", "direction": "more", "group": "one", "weight": 0.2},
    {"id": "b", "expression": "x1", "direction": "less", "group": "one", "weight": 0.3},
    {"id": "c", "expression": "x2", "direction": "more", "group": "two", "weight": 0.5},
)
BOOK = """
id = "one"
title = {{ zh = "单一", en = "single" }}
concentration = {concentration}
geometric_shift = 0.01
"""


def panel_of(values, units=None, **more):
    e, p, k = values.shape
    return Panel.of(
        {f"x{i}": values[:, :, i] for i in range(k)},
        entities=[f"r{i}" for i in range(e)],
        periods=range(2001, 2001 + p),
        units=units or {},
        **more,
    )


def made(shape=(7, 4, 3), seed=1):
    return panel_of(np.random.default_rng(seed).lognormal(size=shape))


def columns(panel, directions="more"):
    words = [directions] * len(panel.series) if isinstance(directions, str) else directions
    return dict(zip(panel.series, words, strict=True))


def run(panel, directions="more", **options):
    return index(panel, columns=columns(panel, directions), **({"draws": 60} | options))


def system_file(tmp_path, items=ITEMS):
    path = tmp_path / "made.toml"
    path.write_text(SYSTEM + "".join(ITEM.format(**item) for item in items), "utf-8")
    return str(path)


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        index(panel, **options)
    assert caught.value.code == code
    return caught.value


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
    assert table.admissible.sum() == 25
    assert len(table) == 36
    assert table.drawn.sum() == 500
    assert (table.drawn[~table.admissible] == 0).all()
    assert table.chosen.sum() == 1
    assert (table.reason_zh.str.len() > 0).all()
    text = " ".join(note.text.en for note in found.notes)
    assert "25 admissible recipes" in text
    assert "not sampling intervals" in text
    assert "500 draws" in text
    assert "alpha = 200" in text
    assert "11 are invalid" in text


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
    assert found.table("weights").effective.isna().all()
    assert [figure.name for figure in found.figures] == ["ranking"]


def test_figures_name_tables_and_columns_that_exist(tmp_path):
    panel = panel_of(np.random.default_rng(1).lognormal(size=(5, 3, 3)), level="province")
    found = index(panel, system=system_file(tmp_path), draws=50)
    assert [f.name for f in found.figures] == ["ranking", "map", "weights"]
    for figure in found.figures:
        names = found.tables[figure.table].columns
        words = [v for k, v in figure.encodings.items() if k != "where"]
        assert set(words) <= set(names)


# ------------------------------------------------------------- rules and refusals


def test_a_constant_column_is_named_and_weighs_nothing():
    values = np.random.default_rng(1).lognormal(size=(6, 3, 3))
    values[..., 1] = 4.2
    found = run(panel_of(values))
    weights = found.table("weights").set_index("indicator")
    assert weights.nominal["x1"] == 0
    assert bool(weights.constant["x1"])
    table = found.table("indicators")
    assert (table.normalised[table.indicator == "x1"] == 0).all()
    assert any(note.code == "M630" and "x1" in note.text.zh for note in found.notes)


def test_missing_cells_are_named_and_not_filled():
    values = np.random.default_rng(1).lognormal(size=(6, 3, 3))
    values[2, 1, 0] = np.nan
    error = refused("M622", panel_of(values), columns=columns(made()))
    assert [row["entity"] for row in error.evidence] == ["r2"]
    assert [row["period"] for row in error.evidence] == [2002]
    assert [row["indicator"] for row in error.evidence] == ["x0"]


def test_a_cell_divided_by_zero_is_a_missing_cell():
    values = np.random.default_rng(1).lognormal(size=(6, 3, 2))
    values[0, 0, 1] = 0.0
    refused("M622", panel_of(values), columns={"x0 / x1": "more"})


def test_system_or_columns_but_not_both():
    refused("M620", made())
    refused("M620", made(), system="nqpf-triple-open", columns={"x0": "more"})
    refused("M620", made(), columns={})


def test_directions_are_more_or_less():
    error = refused("M621", made(), columns={"x0": "more", "x1": "up"})
    assert error.evidence == ({"indicator": "x1", "direction": "up"},)


def test_items_that_the_data_cannot_compute_are_listed_together(tmp_path):
    lacking = [{**ITEMS[0], "expression": "x0 / y"}, {**ITEMS[1], "expression": "w"}, ITEMS[2]]
    error = refused("M625", made(), system=system_file(tmp_path, lacking))
    assert [row["indicator"] for row in error.evidence] == ["a", "b"]
    assert [row["series"] for row in error.evidence] == ["y", "w"]


def test_an_unknown_column_is_named_with_the_nearest():
    refused("X304", made(), columns={"x9": "more"})


@pytest.mark.parametrize(
    "options",
    [
        {"normalise": "zscore", "weights": "entropy"},
        {"normalise": "zscore", "weights": "equal", "aggregation": "geometric"},
    ],
)
def test_recipes_that_are_not_defined_are_refused(options):
    refused("M623", made(), columns=columns(made()), **options)


def test_a_recipe_that_the_book_calls_invalid_is_computed_with_a_caution():
    found = run(made(), normalise="per_period", weights="entropy")
    assert any(note.code == "M632" for note in found.notes)
    table = found.table("recipes")
    assert not table.admissible[table.chosen].any()


def test_nothing_that_varies_is_refused():
    still = panel_of(np.ones((4, 3, 2)))
    refused("M623", still, columns=columns(still))
    values = np.random.default_rng(1).lognormal(size=(4, 3, 2))
    values[:, 1] = 2.0
    one_still_period = panel_of(values)
    assert run(one_still_period).table("recipes").admissible.any()
    refused("M623", one_still_period, columns=columns(one_still_period), normalise="per_period")


@pytest.mark.parametrize(
    "given_",
    [{"x0": 1}, {"x0": 1, "x1": 1, "x2": -1}, {"x0": 0, "x1": 0, "x2": 0},
     {"x0": 1, "x1": 1, "x2": 1, "x3": 1}, {"x0": 1, "x1": 1, "x2": float("nan")}, None],
)  # fmt: skip
def test_given_weights_must_match(given_):
    refused("M624", made(), columns=columns(made()), weights="given", given=given_)


def test_weights_without_saying_given_are_refused():
    refused("M624", made(), columns=columns(made()), given={"x0": 1, "x1": 1, "x2": 1})


def test_values_of_different_units_are_not_added_as_they_are():
    values = np.random.default_rng(1).lognormal(size=(4, 3, 2))
    panel = panel_of(values, units={"x0": "CNY", "x1": "person"})
    refused("M627", panel, columns=columns(panel), normalise="none", weights="equal")
    assert len(run(panel, weights="equal").table("scores")) == 12


def test_one_entity_cannot_be_ranked():
    one = made((1, 4, 2))
    refused("M626", one, columns=columns(one))


def test_draws_are_not_negative():
    refused("M628", made(), columns=columns(made()), draws=-1)


def test_an_unknown_recipe_book_is_named():
    refused("C460", made(), columns=columns(made()), recipes="defualt")


def test_a_recipe_book_with_an_unknown_method_is_refused(tmp_path):
    book = tmp_path / "book.toml"
    book.write_text(
        BOOK.format(concentration=100.0)
        + '[[alternative]]\nstep = "weights"\nid = "critic"\n'
        + 'title = { zh = "甲", en = "a" }\n',
        "utf-8",
    )
    refused("C461", made(), columns=columns(made()), recipes=str(book))


def test_every_refusal_speaks_both_languages():
    error = refused("M624", made(), columns=columns(made()), weights="given")
    assert "处理" in error.message("zh")
    assert "Fix" in error.message("en")

"""LMDI-I and II, additive and multiplicative: stored answers, laws, limits, plain loops."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.lmdi import log_mean
from zhiheng.kernels.lmdi_forms import (
    attribution,
    chained,
    chained_attribution,
    decompose,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "lmdi"
METHODS, FORMS = ("lmdi1", "lmdi2"), ("additive", "multiplicative")
MODELS = [(m, f) for m in METHODS for f in FORMS]
every_model = pytest.mark.parametrize(("method", "form"), MODELS)

unhurried = settings(deadline=None)  # how fast the machine is proves nothing

# The bound that the method promises, relative to the largest of |change|, start and end.
CLOSURE = 1e-10
# Fifty-digit answers against double precision.
ROUNDING = 1e-12
# Limits of the maker have been extrapolated from zeros replaced by 1e-3200000.
LIMIT = 1e-12
# The published indices have ten digits; those of the two sectors seven.
PUBLISHED, PUBLISHED_TWO = 5e-9, 1e-6

some = arrays(np.float64, (2, 4, 3), elements=st.floats(1e-2, 1e2))  # end, part, factor
with_zeros = arrays(np.float64, (2, 4, 3), elements=st.one_of(st.just(0.0), st.floats(1e-2, 1e2)))


def run(x, method, form):
    v = x.prod(axis=-1)
    return decompose(v[0], v[1], x[0], x[1], method=method, form=form)


def mean_of(a, b):
    """The logarithmic mean of two numbers, as a script writes it."""
    return a if a == b else (a - b) / math.log(a / b)


def attributed(x, method):
    v, found = x.prod(axis=-1), run(x, method, "multiplicative")
    return found, attribution(found, v[0], v[1], x[0], x[1], method=method)


# ------------------------------------------------------------------ stored answers


def stored(name):
    return json.loads((REFERENCE / name).read_text("utf-8"))


def states(case):
    """The stored inputs of a case, [period, part, factor]."""
    with (REFERENCE / "input.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["case"] == case]
    periods = sorted({int(row["period"]) for row in rows})
    return np.array(
        [[[float(r[k]) for k in ("x1", "x2", "x3")] for r in rows if int(r["period"]) == p]
         for p in periods]
    )  # fmt: skip


@pytest.mark.parametrize("case", ["chained", "two_sectors", "unchanged"])
@every_model
def test_equals_the_formula_with_fifty_digits(case, method, form):
    x = states(case)
    for step, want in enumerate(stored("forms.json")[case]):
        found = run(x[step : step + 2], method, form)
        np.testing.assert_allclose(
            found.effects, want[f"{method} {form}"], rtol=ROUNDING, atol=1e-13
        )
        if form == "additive":
            np.testing.assert_allclose(
                found.parts, want[f"{method} parts"], rtol=ROUNDING, atol=1e-13
            )


@pytest.mark.parametrize("case", ["chained", "two_sectors", "unchanged"])
@pytest.mark.parametrize("method", METHODS)
def test_contributions_equal_the_formula_with_fifty_digits(case, method):
    x = states(case)
    for step, want in enumerate(stored("forms.json")[case]):
        _, found = attributed(x[step : step + 2], method)
        np.testing.assert_allclose(found, want[f"{method} attribution"], rtol=1e-11, atol=1e-13)


@every_model
def test_parts_that_appear_and_vanish_take_the_limits_of_ever_smaller_numbers(method, form):
    x = np.array(stored("forms.json")["zeros input"]).transpose(1, 0, 2)
    want = stored("forms.json")["zeros"][0]
    found = run(x, method, form)
    np.testing.assert_allclose(found.effects, want[f"{method} {form}"], rtol=LIMIT, atol=LIMIT)
    if form == "additive":
        np.testing.assert_allclose(found.parts, want[f"{method} parts"], rtol=LIMIT, atol=LIMIT)
    else:
        _, given_ = attributed(x, method)
        np.testing.assert_allclose(given_, want[f"{method} attribution"], rtol=LIMIT, atol=LIMIT)


def test_indices_equal_the_published_vectors():
    x = states("chained")
    for step, want in enumerate(stored("published_indices.json")["chained"].values()):
        found = run(x[step : step + 2], "lmdi1", "multiplicative")
        np.testing.assert_allclose(found.effects, want, rtol=0, atol=PUBLISHED)


@every_model
def test_the_two_sectors_equal_the_published_table(method, form):
    want = stored("published_forms.json")[f"{method} {form}"]
    found = run(states("two_sectors"), method, form)
    np.testing.assert_allclose(found.effects, want, rtol=0, atol=PUBLISHED_TWO)


def test_an_activity_that_all_parts_share_has_its_own_ratio_as_index_in_lmdi2_only():
    x = states("two_sectors")
    assert run(x, "lmdi2", "multiplicative").effects[0] == pytest.approx(80 / 50, rel=1e-15)
    assert run(x, "lmdi1", "multiplicative").effects[0] != pytest.approx(80 / 50, rel=1e-3)


@pytest.mark.parametrize(
    ("file", "key", "case"),
    [
        ("O-V02_lmdi1_multiplicative_chained", "D", "chained"),
        ("O-V04_lmdi_ang_two_sector", "LMDI_I_add", "lmdi1 additive"),
        ("O-V04_lmdi_ang_two_sector", "LMDI_I_mul", "lmdi1 multiplicative"),
        ("O-V04_lmdi_ang_two_sector", "LMDI_II_add", "lmdi2 additive"),
        ("O-V04_lmdi_ang_two_sector", "LMDI_II_mul", "lmdi2 multiplicative"),
    ],
)
def test_the_retyped_answers_equal_the_shared_ones(shared, file, key, case):
    given_ = json.loads((shared / "reference" / "outlook" / f"{file}.json").read_text("utf-8"))
    here = stored("published_forms.json") | {
        k: [*v.values()] for k, v in stored("published_indices.json").items()
    }
    np.testing.assert_array_equal(here[case], given_["expected"][key])


# ------------------------------------------------------------------ laws


@every_model
@unhurried
@given(x=some)
def test_effects_close(method, form, x):
    found = run(x, method, form)
    assert abs(found.residual) <= CLOSURE
    ratio = x[1].prod(-1).sum() / x[0].prod(-1).sum()
    whole = found.effects.sum() if form == "additive" else found.effects.prod()
    want = x[1].prod(-1).sum() - x[0].prod(-1).sum() if form == "additive" else ratio
    size = max(x[0].prod(-1).sum(), x[1].prod(-1).sum()) if form == "additive" else ratio
    assert abs(whole - want) <= CLOSURE * size


@every_model
@unhurried
@given(x=with_zeros)
def test_effects_close_through_zeros_or_are_not_defined(method, form, x):
    v = x.prod(axis=-1)
    found = run(x, method, form)
    ends, both = v.sum(axis=-1), (v > 0).all(axis=0).any()
    if (ends > 0).all() and (both or method == "lmdi1"):
        assert abs(found.residual) <= CLOSURE
    elif form == "multiplicative":
        assert np.isnan(found.effects).all()
    elif method == "lmdi1":
        assert abs(found.residual) <= CLOSURE
    assert np.isnan(found.effects).all() or np.isfinite(found.effects).all()


@every_model
@unhurried
@given(x=some, factor=st.floats(1e-3, 1e3))
def test_units_do_not_matter(method, form, x, factor):
    scaled = x * np.array([factor, 1.0, 1 / 7])
    one, two = run(x, method, form).effects, run(scaled, method, form).effects
    size = max(1.0, x.prod(-1).sum(-1).max()) if form == "additive" else 1.0
    np.testing.assert_allclose(
        two / (factor / 7 if form == "additive" else 1.0), one, rtol=1e-7, atol=1e-9 * size
    )


@every_model
@unhurried
@given(x=with_zeros)
def test_the_order_of_parts_and_factors_does_not_matter(method, form, x):
    one, two = run(x, method, form).effects, run(x[:, ::-1, ::-1], method, form).effects
    np.testing.assert_allclose(two[::-1], one, rtol=1e-9, atol=1e-9 * max(1.0, x.prod(-1).max()))


@every_model
@unhurried
@given(x=some)
def test_running_time_backwards_turns_signs_or_inverts_indices(method, form, x):
    one, two = run(x, method, form).effects, run(x[::-1], method, form).effects
    back = -two if form == "additive" else 1 / two
    np.testing.assert_allclose(back, one, rtol=1e-9, atol=1e-9 * x.prod(-1).max())


@pytest.mark.parametrize("method", METHODS)
@unhurried
@given(x=some)
def test_indices_are_exponentials_of_additive_effects_over_the_log_mean(method, x):
    v0, v1 = x.prod(-1).sum(-1)
    assume(abs(v1 - v0) > 1e-6 * v1)
    mean = (v1 - v0) / math.log(v1 / v0)
    added, indices = (run(x, method, form).effects for form in FORMS)
    np.testing.assert_allclose(np.exp(added / mean), indices, rtol=1e-8)


@unhurried
@given(x=arrays(np.float64, (2, 6, 3), elements=st.floats(1e-2, 1e2)))
def test_lmdi1_of_groups_adds_and_combines_to_lmdi1_of_the_whole(x):
    groups = [slice(0, 2), slice(2, 6)]
    inner = [run(x[:, g], "lmdi1", "additive").effects for g in groups]
    whole = run(x, "lmdi1", "additive").effects
    np.testing.assert_allclose(sum(inner), whole, rtol=1e-9, atol=1e-9 * x.prod(-1).max())
    logs = [np.log(run(x[:, g], "lmdi1", "multiplicative").effects) for g in groups]
    totals = [x[:, g].prod(-1).sum(-1) for g in groups]
    scale = log_mean(*x.prod(-1).sum(-1))
    joint = sum(log_mean(*t) / scale * log for t, log in zip(totals, logs, strict=True))
    np.testing.assert_allclose(np.exp(joint), run(x, "lmdi1", "multiplicative").effects, rtol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@unhurried
@given(x=with_zeros)
def test_contributions_sum_to_the_index_less_one(method, x):
    found, given_ = attributed(x, method)
    assume(np.isfinite(found.effects).all())
    size = np.maximum(1.0, found.effects)
    np.testing.assert_allclose(given_.sum(axis=0) / size, (found.effects - 1) / size, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_contributions_of_a_chain_sum_to_the_chained_index_less_one(method):
    x = np.random.default_rng(0).lognormal(size=(6, 5, 3))
    steps = [attributed(x[t : t + 2], method) for t in range(5)]
    indices = np.stack([found.effects for found, _ in steps])
    parts = np.stack([given_ for _, given_ in steps])
    joint = chained_attribution(parts, indices[:, None, :], axis=0)
    whole = chained(indices, axis=0, form="multiplicative")
    np.testing.assert_allclose(joint.sum(axis=0), whole - 1, rtol=1e-11)
    ratio = x[-1].prod(-1).sum() / x[0].prod(-1).sum()
    assert whole.prod() == pytest.approx(ratio, rel=1e-12)


@unhurried
@given(x=some)
def test_weights_of_lmdi2_sum_to_one_and_those_of_lmdi1_to_one_at_most(x):
    assert run(x, "lmdi2", "additive").weights.sum() == pytest.approx(1, rel=1e-12)
    assert run(x, "lmdi1", "additive").weights.sum() <= 1 + 1e-9


# ------------------------------------------------------------------ where forms end


@pytest.mark.parametrize("method", METHODS)
def test_an_index_is_not_defined_for_a_total_that_starts_at_zero(method):
    x = np.array([[[0.0, 2.0]], [[3.0, 2.0]]])
    assert np.isnan(run(x, method, "multiplicative").effects).all()
    np.testing.assert_array_equal(run(x, method, "additive").effects, [6.0, 0.0])


def test_lmdi2_has_no_limit_where_no_part_is_positive_at_both_ends_and_lmdi1_has():
    x = np.array([[[0.0, 2.0], [3.0, 2.0]], [[4.0, 2.0], [0.0, 2.0]]])
    for form in FORMS:
        assert np.isnan(run(x, "lmdi2", form).effects).all()
    np.testing.assert_array_equal(run(x, "lmdi1", "additive").effects, [2.0, 0.0])
    np.testing.assert_allclose(run(x, "lmdi1", "multiplicative").effects, [8 / 6, 1.0])


def zero_cases():
    with (REFERENCE / "zeros.csv").open() as lines:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]


@pytest.mark.parametrize("row", zero_cases(), ids=lambda row: f"case {row['case']:.0f}")
@every_model
def test_the_eight_cases_have_their_limits_in_every_form(row, method, form):
    """One part with the zero beside one that stays at 50, so that all forms are defined."""
    start, end = np.array([row["v0"], 50.0]), np.array([row["v1"], 50.0])
    x0, x1 = np.array([[row["x0"]], [50.0]]), np.array([[row["x1"]], [50.0]])
    found = decompose(start, end, x0, x1, method=method, form=form)
    mean, want = mean_of(end.sum(), start.sum()), 0.0
    if method == "lmdi1":
        want = row["effect"] / mean
    elif row["effect"]:
        share0, share1 = start / start.sum(), end / end.sum()
        moved = share1[0] if row["effect"] > 0 else -share0[0]
        want = moved / mean_of(share1[1], share0[1])
    log = found.effects[0] / mean if form == "additive" else math.log(found.effects[0])
    assert log == pytest.approx(want, rel=1e-12, abs=1e-14)


# ------------------------------------------------------------------ plain loops


@pytest.mark.parametrize("method", METHODS)
def test_equals_a_plain_loop_over_parts_and_factors(method):
    x = np.random.default_rng(3).lognormal(size=(2, 7, 4))
    v = x.prod(-1)
    totals = v.sum(-1)
    share = v / totals[:, None]

    raw = [mean_of(share[1, i], share[0, i]) for i in range(7)]
    for k in range(4):
        log = 0.0
        for i in range(7):
            weight = (
                mean_of(v[1, i], v[0, i]) / mean_of(*totals)
                if method == "lmdi1"
                else raw[i] / sum(raw)
            )
            log += weight * math.log(x[1, i, k] / x[0, i, k])
        assert run(x, method, "multiplicative").effects[k] == pytest.approx(
            math.exp(log), rel=1e-12
        )
        assert run(x, method, "additive").effects[k] == pytest.approx(
            log * mean_of(*totals), rel=1e-11
        )


def test_many_comparisons_at_once_equal_one_after_the_other():
    x = np.random.default_rng(4).lognormal(size=(2, 3, 5, 7, 4))
    v = x.prod(-1)
    for method, form in MODELS:
        found = decompose(v[0], v[1], x[0], x[1], method=method, form=form).effects
        for a in range(3):
            for b in range(5):
                one = run(x[:, a, b], method, form).effects
                np.testing.assert_allclose(found[a, b], one, rtol=1e-13)

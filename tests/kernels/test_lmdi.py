"""Laws of the decomposition, its limits at zero, and published answers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.lmdi import effects, log_mean, log_ratio
from zhiheng.kernels.lmdi_forms import decompose

REFERENCE = Path(__file__).parents[1] / "reference" / "lmdi"

unhurried = settings(deadline=None)  # how fast the machine is proves nothing

# The bound that the method promises, relative to the largest of |change|, start and end.
CLOSURE = 1e-10
# Sixty-digit answers against double precision.
ROUNDING = 1e-12
# The published vectors have ten significant digits, those of the two sectors eight.
PUBLISHED = 5e-7

positive = st.floats(1e-6, 1e6)
factors = arrays(np.float64, (3, 4, 3), elements=positive)
with_zeros = arrays(np.float64, (3, 4, 3), elements=st.one_of(st.just(0.0), st.floats(1e-3, 1e3)))


def of(x, *, chain=True):
    """Steps of single entities, [entity, step(, factor)]."""
    ends = np.array([*range(x.shape[1])] if chain else [0, x.shape[1] - 1])
    y, total = x[:, :, None], x.prod(axis=-1)[..., None]
    before, after = ends[:-1], ends[1:]
    return decompose(
        total[:, before], total[:, after], y[:, before], y[:, after],
        method="lmdi1", form="additive",
    )  # fmt: skip


# ------------------------------------------------------------------ the logarithmic mean


@unhurried
@given(positive, positive)
def test_the_log_mean_lies_between_the_geometric_and_the_arithmetic(a, b):
    mean = float(log_mean(np.array(a), np.array(b)))
    slack = 1e-12 * max(a, b)
    assert np.sqrt(a * b) - slack <= mean <= (a + b) / 2 + slack


@unhurried
@given(positive, positive, positive)
def test_the_log_mean_is_symmetric_and_homogeneous(a, b, factor):
    mean = log_mean(np.array(a), np.array(b))
    assert log_mean(np.array(b), np.array(a)) == mean
    scaled = log_mean(np.array(factor * a), np.array(factor * b))
    assert scaled == pytest.approx(factor * mean, rel=1e-10)


@unhurried
@given(st.floats(1e-300, 1e300))
def test_the_log_mean_of_a_number_with_itself_is_exactly_that_number(a):
    assert log_mean(np.array(a), np.array(a)) == a


@unhurried
@given(st.floats(0, 1e300))
def test_the_log_mean_with_zero_is_exactly_zero(a):
    assert log_mean(np.array(a), np.array(0.0)) == 0
    assert log_mean(np.array(0.0), np.array(a)) == 0


@pytest.mark.parametrize("step", [1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_the_log_mean_of_near_numbers_keeps_its_digits(step):
    # L(a, a(1+u)) = a (1 + u/2 - u^2/12 + ...); the next term is below rounding for these u.
    b = 1.0 + step
    u = b - 1.0
    series = 1 + u / 2 - u**2 / 12 + u**3 / 24
    assert float(log_mean(np.array(1.0), np.array(b))) == pytest.approx(series, rel=1e-13)


@unhurried
@given(positive, positive)
def test_the_log_ratio_changes_its_sign_with_its_order(a, b):
    assert log_ratio(np.array(a), np.array(b)) == -log_ratio(np.array(b), np.array(a))


# ------------------------------------------------------------------ the decomposition


@unhurried
@given(factors)
def test_effects_sum_to_the_change(x):
    found = of(x)
    assert np.abs(found.residual).max() <= CLOSURE


@unhurried
@given(with_zeros)
def test_effects_sum_to_the_change_through_zeros(x):
    found = of(x)
    assert np.abs(found.residual).max() <= CLOSURE
    assert np.isfinite(found.effects).all()


@unhurried
@given(factors)
def test_steps_of_a_chain_sum_to_the_whole_change(x):
    total = x.prod(axis=-1)
    found = of(x)
    np.testing.assert_allclose(
        found.effects.sum(axis=(1, 2)), total[:, -1] - total[:, 0],
        rtol=0, atol=CLOSURE * total.max(),
    )  # fmt: skip


@unhurried
@given(factors, st.booleans())
def test_running_time_backwards_changes_the_sign(x, chain):
    forward, back = of(x, chain=chain), of(x[:, ::-1], chain=chain)
    np.testing.assert_array_equal(back.effects[:, ::-1], -forward.effects)


@unhurried
@given(with_zeros)
def test_running_time_backwards_changes_the_sign_through_zeros(x):
    np.testing.assert_array_equal(of(x[:, ::-1]).effects[:, ::-1], -of(x).effects)


@unhurried
@given(factors)
def test_the_order_of_factors_and_entities_does_not_matter(x):
    found, mixed = of(x).effects, of(x[::-1, :, ::-1]).effects
    scale = x.prod(axis=-1).max()
    np.testing.assert_allclose(mixed[::-1, :, ::-1], found, rtol=1e-9, atol=1e-12 * scale)


@unhurried
@given(factors, positive)
def test_the_unit_of_a_factor_does_not_matter_to_shares(x, factor):
    scaled = x * np.array([factor, 1.0, 1.0])
    effects_, other = of(x).effects, of(scaled).effects
    bound = 1e-9 * x.prod(axis=-1).max()
    np.testing.assert_allclose(other / factor, effects_, rtol=1e-7, atol=bound)


def test_a_factor_that_stands_still_has_no_effect():
    x = np.random.default_rng(0).lognormal(size=(5, 6, 3))
    x[..., 1] = 4.0
    assert (of(x).effects[..., 1] == 0).all()


def test_only_the_ends_count_without_chaining():
    x = np.random.default_rng(0).lognormal(size=(5, 6, 3))
    found = of(x, chain=False)
    np.testing.assert_array_equal(found.effects, of(x[:, [0, -1]]).effects)
    assert found.effects.shape == (5, 1, 3)


def test_factors_that_leave_zero_together_share_the_change():
    # each replaced by the same small number, they have equal terms in the limit
    found = effects(
        np.array(0.0), np.array(30.0), np.array([0.0, 0.0, 7.0]), np.array([2.0, 3.0, 5.0])
    )
    np.testing.assert_array_equal(found, [15.0, 15.0, 0.0])


# ------------------------------------------------------------------ published answers


def stored(name):
    return json.loads((REFERENCE / name).read_text("utf-8"))


def table(case):
    """Factors of a stored case, [sector, period, factor], and its periods."""
    with (REFERENCE / "input.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["case"] == case]
    sectors = sorted({row["sector"] for row in rows})
    periods = sorted({int(row["period"]) for row in rows})
    x = np.empty((len(sectors), len(periods), 3))
    for row in rows:
        cell = sectors.index(row["sector"]), periods.index(int(row["period"]))
        x[cell] = [float(row[k]) for k in ("x1", "x2", "x3")]
    return x, periods


@pytest.mark.parametrize("case", stored("expected.json"))
def test_equals_the_formula_with_sixty_digits(case):
    x, periods = table(case)
    found = of(x).effects
    for step, period in enumerate(periods[1:]):
        want = stored("expected.json")[case][str(period)]
        np.testing.assert_allclose(found[:, step], want, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("case", stored("published.json"))
def test_equals_the_published_vectors(case):
    x, periods = table(case)
    found, published = of(x).effects, stored("published.json")[case]
    for step, period in enumerate(periods[1:]):
        want = published[str(period)]
        np.testing.assert_allclose(found[:, step].sum(axis=0), want, rtol=0, atol=PUBLISHED)
    if "sectors 1972" in published:
        np.testing.assert_allclose(found[:, 0], published["sectors 1972"], rtol=0, atol=PUBLISHED)


def zero_cases():
    with (REFERENCE / "zeros.csv").open() as lines:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]


@pytest.mark.parametrize("row", zero_cases(), ids=lambda row: f"case {row['case']:.0f}")
def test_the_eight_cases_with_zeros_are_exact(row):
    x0, x1 = np.array([row["x0"]]), np.array([row["x1"]])
    found = effects(np.array(row["v0"]), np.array(row["v1"]), x0, x1)
    assert found[0] == row["effect"]


@pytest.mark.parametrize(
    ("file", "case"),
    [
        ("O-V01_lmdi1_additive_chained", "chained"),
        ("O-V05_lmdi_unchanged_sector", "unchanged"),
        ("O-V04_lmdi_ang_two_sector", "two_sectors"),
    ],
)
def test_the_retyped_tables_equal_the_shared_ones(shared, file, case):
    given_ = json.loads((shared / "reference" / "outlook" / f"{file}.json").read_text("utf-8"))
    inputs = given_["input"]
    states = [*inputs["X"].values()] if "X" in inputs else [inputs["X0"], inputs["XT"]]
    x, _ = table(case)
    np.testing.assert_array_equal(x, np.array(states, dtype=float).transpose(1, 0, 2))


def test_the_retyped_zeros_equal_the_shared_ones(shared):
    file = shared / "reference" / "outlook" / "O-V03_lmdi_zero_limits.json"
    given_ = json.loads(file.read_text("utf-8"))
    rows = zero_cases()
    np.testing.assert_array_equal(
        [[r["v0"], r["v1"], r["x0"], r["x1"]] for r in rows], given_["input"]["rows"]
    )
    np.testing.assert_array_equal([r["effect"] for r in rows], given_["expected"]["term"])

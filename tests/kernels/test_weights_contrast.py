"""CRITIC, coefficient of variation and entropy: other programs, published cases, laws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.weights import weigh
from zhiheng.kernels.weights_contrast import correlations, critic, cv

REFERENCE = Path(__file__).parents[1] / "reference" / "index_weights"
STORED = json.loads((REFERENCE / "expected_programs.json").read_text("utf-8"))
# Double-precision sums in another order.
PROGRAM = 1e-12
# Published with eight digits.
PRINTED = 5e-9

positive = arrays(
    np.float64, (6, 2, 4), elements=st.floats(0.5, 100, allow_nan=False, width=32)
).map(lambda x: x + np.arange(48).reshape(x.shape) % 7)


def scaled(x, how="global", direction=None):
    cube = np.asarray(x, dtype=float)
    cube = cube[:, None] if cube.ndim == 2 else cube
    return normalise(cube, np.ones(cube.shape[2]) if direction is None else direction, how)


def case(shared, name):
    file = shared / "reference" / "cases.json"
    return next(c for c in json.loads(file.read_text("utf-8")) if c["id"] == name)


@pytest.mark.parametrize(
    ("stored", "way", "how"),
    [
        ("critic", "critic", "global"),
        ("critic_spearman", "critic_spearman", "global"),
        ("entropy_raw", "entropy", "none"),
        ("cv_raw", "cv", "none"),
    ],
)
def test_equals_other_programs(stored, way, how):
    ours = weigh(scaled(STORED["matrix"], how), way)[0]
    assert STORED[stored]
    for program, theirs in STORED[stored].items():
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=PROGRAM, err_msg=program)


def test_critic_equals_the_published_case_with_both_correlations(shared):
    found = case(shared, "V30")
    z = scaled(found["data"])
    for how, column in (("pearson", "w"), ("spearman", "spearman")):
        theirs = found["expected"][column]
        np.testing.assert_allclose(critic(z, how).weights[0], theirs, rtol=0, atol=PRINTED)


def test_entropy_equals_the_published_case_on_raw_and_on_min_max_values(shared):
    found = case(shared, "V31")
    for how, column in (("none", "entropy_raw"), ("global", "entropy_minmax_0ln0")):
        ours = weigh(scaled(found["data"], how), "entropy")[0]
        np.testing.assert_allclose(ours, found["expected"][column], rtol=0, atol=PRINTED)


def test_entropy_with_a_declared_shift_equals_the_published_case(shared):
    found = case(shared, "V31")
    z = scaled(found["data"]).values[:, 0]
    # R mathmodels moves min-max values to [.002, .998]; nine digits are printed
    ours = weigh(scaled(0.002 + 0.996 * z, "none"), "entropy")[0]
    theirs = found["expected"]["entropy_minmax_eps.002 (R mathmodels)"]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=PRINTED)


def test_entropy_equals_the_case_worked_by_hand(shared):
    found = case(shared, "V37")
    ours = weigh(scaled(found["data"], direction=np.array([1.0, -1.0])), "entropy")[0]
    np.testing.assert_allclose(ours, found["expected"]["weights"], rtol=0, atol=PROGRAM)


def test_critic_is_its_definition_in_loops():
    z = scaled(STORED["matrix"]).values[:, 0]
    n, k = z.shape
    amount = []
    for a in range(k):
        conflict = 0.0
        for b in range(k):
            da, db = z[:, a] - z[:, a].mean(), z[:, b] - z[:, b].mean()
            conflict += 1 - (da @ db) / np.sqrt((da @ da) * (db @ db))
        amount.append(z[:, a].std() * conflict)
    ours = critic(scaled(STORED["matrix"]))
    np.testing.assert_allclose(ours.weights[0], np.array(amount) / sum(amount), atol=PROGRAM)
    np.testing.assert_allclose(ours.contrast * ours.conflict, amount, atol=PROGRAM)


@given(positive, st.sampled_from(["critic", "critic_spearman", "cv"]))
def test_weights_are_shares_and_do_not_depend_on_order(x, way):
    rows, columns = np.arange(6)[::-1], np.array([2, 0, 3, 1])
    w = weigh(scaled(x), way)[0]
    assert (w >= 0).all()
    assert w.sum() == pytest.approx(1, abs=PROGRAM)
    moved = weigh(scaled(x[rows][:, ::-1][..., columns]), way)[0]
    np.testing.assert_allclose(moved, w[columns], rtol=0, atol=1e-9)


@given(positive, st.floats(1e-3, 1e3), st.sampled_from(["critic", "critic_spearman", "cv"]))
def test_units_do_not_matter(x, factor, way):
    y = x * np.array([factor, 1, 1 / factor, 7])
    # min-max values of rescaled columns differ in the last bits; ratios of small spreads amplify
    np.testing.assert_allclose(weigh(scaled(y), way), weigh(scaled(x), way), atol=1e-8)


@given(positive, st.sampled_from(["critic", "critic_spearman", "cv"]))
def test_an_indicator_and_its_negative_with_the_other_direction_weigh_the_same(x, way):
    sign = np.array([1.0, -1.0, 1.0, -1.0])
    np.testing.assert_array_equal(
        weigh(scaled(x), way), weigh(scaled(x * sign, direction=sign), way)
    )


def test_a_constant_column_has_weight_zero_and_changes_nothing():
    x = np.array(STORED["matrix"])
    y = np.insert(x, 2, 3.0, axis=1)
    for way in ("critic", "critic_spearman", "cv"):
        w = weigh(scaled(y), way)[0]
        assert w[2] == 0
        np.testing.assert_allclose(np.delete(w, 2), weigh(scaled(x), way)[0], atol=PROGRAM)


def test_a_copy_of_an_indicator_lowers_its_conflict():
    x = np.array(STORED["matrix"])[:, :3]
    before = critic(scaled(x)).conflict
    after = critic(scaled(np.column_stack([x, x[:, 0]]))).conflict
    assert after[0] / after[1] < before[0] / before[1]


def test_one_varying_indicator_has_all_the_weight_and_full_agreement_has_none():
    x = np.column_stack([np.arange(5.0), np.ones(5)])
    assert critic(scaled(x)).weights.tolist() == [[1.0, 0.0]]
    alike = np.column_stack([np.arange(5.0), 2 * np.arange(5.0)])
    assert np.isnan(critic(scaled(alike)).weights).all()


def test_a_mean_of_zero_has_no_coefficient_of_variation():
    assert np.isnan(cv(scaled(STORED["matrix"], "zscore")).weights).all()


def test_correlations_are_those_of_numpy_and_exact_on_the_diagonal():
    x = np.array(STORED["matrix"])
    r = correlations(x)
    np.testing.assert_allclose(r, np.corrcoef(x.T), atol=PROGRAM)
    assert (np.diag(r) == 1).all()
    assert (r == r.T).all()

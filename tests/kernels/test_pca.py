"""Principal components: R psych, factor_analyzer, closed forms, laws."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.kernels import pca as module
from zhiheng.kernels.normalise import normalise
from zhiheng.kernels.pca import collinear, components, parallel, pca_weights, suitability
from zhiheng.kernels.weights_contrast import correlations

REFERENCE = Path(__file__).parents[1] / "reference" / "pca"
# Fifteen digits stored; two eigenvector routines.
PROGRAM = 1e-12
# A tail of 5e-48: the relative error of chi2 is multiplied by half its value.
TAIL = 1e-9


def crime():
    with (REFERENCE / "input.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    names = [n for n in rows[0] if n not in ("state", "year")]
    return names, np.array([[float(r[n]) for n in names] for r in rows])


def stored():
    found = {}
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["what"], {})[row["row"], int(row["column"])] = float(row["value"])
    return found


def test_eigenvalues_and_loadings_are_those_of_psych():
    names, x = crime()
    expected, found = stored(), components(correlations(x))
    theirs = [expected["eigenvalue"]["", i + 1] for i in range(7)]
    np.testing.assert_allclose(found.eigenvalues, theirs, rtol=0, atol=PROGRAM)
    assert found.kept == 2
    for (name, column), value in expected["loading"].items():
        assert found.loadings[names.index(name), column - 1] == pytest.approx(value, abs=PROGRAM)
    communality = (found.loadings[:, :2] ** 2).sum(axis=1)
    theirs = [expected["communality"][n, 0] for n in names]
    np.testing.assert_allclose(communality, theirs, rtol=0, atol=PROGRAM)


def test_kmo_and_bartlett_are_those_of_psych_and_of_factor_analyzer():
    names, x = crime()
    found = suitability(correlations(x), len(x))
    r = stored()
    other = json.loads((REFERENCE / "expected_factor_analyzer.json").read_text("utf-8"))
    for kmo, chi2, p in (
        (r["kmo"]["", 0], r["chi2"]["", 0], r["p"]["", 0]),
        (other["kmo"], other["chi2"], other["p"]),
    ):
        assert found.kmo == pytest.approx(kmo, abs=PROGRAM)
        assert found.chi2 == pytest.approx(chi2, rel=PROGRAM)
        assert found.p == pytest.approx(p, rel=TAIL)
    assert found.df == r["df"]["", 0]
    for source in ({n: r["adequacy"][n, 0] for n in names}, other["adequacy"]):
        theirs = [source[n] for n in names]
        np.testing.assert_allclose(found.adequacy, theirs, rtol=0, atol=PROGRAM)


@given(st.floats(-0.95, 0.95))
def test_two_indicators_have_eigenvalues_one_plus_and_minus_their_correlation(r):
    found = components(np.array([[1, r], [r, 1]]))
    np.testing.assert_allclose(found.eigenvalues, [1 + abs(r), 1 - abs(r)], atol=PROGRAM)
    assert found.explained.sum() == pytest.approx(1, abs=PROGRAM)


def test_the_three_rules_of_weights_are_their_formulas():
    _, x = crime()
    z = normalise(x[:, None], np.array([-1, -1, 1, -1, -1, 1, 1.0]), "global")
    found = components(correlations(z.values[:, 0]))
    value, v = found.eigenvalues[:2], found.vectors[:, :2]
    squared = (value * v**2).sum(axis=1) / value.sum()
    np.testing.assert_allclose(pca_weights(z, "pca").weights[0], squared, atol=PROGRAM)
    np.testing.assert_allclose(
        pca_weights(z, "pca").weights[0], (found.loadings[:, :2] ** 2).sum(axis=1) / value.sum(),
        atol=PROGRAM,
    )  # fmt: skip
    np.testing.assert_allclose(pca_weights(z, "pca_first").weights[0], v[:, 0] ** 2, atol=PROGRAM)
    composite = pca_weights(z, "pca_composite")
    np.testing.assert_allclose(composite.coefficients, v @ value / value.sum(), atol=PROGRAM)
    if (composite.coefficients >= 0).all():
        whole = composite.coefficients / composite.coefficients.sum()
        np.testing.assert_allclose(composite.weights[0], whole, atol=PROGRAM)
    else:
        assert np.isnan(composite.weights).all()


@given(st.integers(0, 200), st.sampled_from(["pca", "pca_first"]))
def test_weights_are_shares_whatever_units_directions_and_order(seed, rule):
    x = np.random.default_rng(seed).lognormal(size=(9, 2, 4))
    sign, columns = np.array([1.0, -1, 1, -1]), np.array([2, 0, 3, 1])
    w = pca_weights(normalise(x, sign, "global"), rule).weights[0]
    assert (w >= 0).all()
    assert w.sum() == pytest.approx(1, abs=PROGRAM)
    other = pca_weights(normalise(x * np.array([1e3, 1, 7, 1e-4]), sign, "zscore"), rule).weights[0]
    # near a double eigenvalue an eigenvector turns with the last bits
    np.testing.assert_allclose(other, w, atol=1e-6)
    moved = pca_weights(normalise(x[::-1][..., columns], sign[columns], "global"), rule).weights[0]
    np.testing.assert_allclose(moved, w[columns], atol=1e-6)


def test_a_constant_column_has_weight_zero():
    x = np.random.default_rng(0).lognormal(size=(9, 1, 4))
    x[..., 2] = 5.0
    for rule in ("pca", "pca_first"):
        assert pca_weights(normalise(x, np.ones(4), "global"), rule).weights[0, 2] == 0


def test_indicators_bound_by_a_linear_relation_are_named_and_others_are_not():
    x = np.random.default_rng(1).normal(size=(30, 4))
    x = np.column_stack([x, x[:, 0] - 2 * x[:, 2]])
    assert collinear(correlations(x)).tolist() == [True, False, True, False, True]
    assert not collinear(correlations(x[:, :4])).any()


def test_parallel_analysis_in_blocks_is_the_same_to_the_bit(monkeypatch):
    whole = parallel(25, 3, draws=40, seed=3, level=0.95)
    monkeypatch.setattr(module, "BLOCK", 25 * 3 * 7)
    np.testing.assert_array_equal(parallel(25, 3, draws=40, seed=3, level=0.95), whole)


def test_parallel_analysis_is_the_quantile_of_eigenvalues_of_random_data():
    draws = np.random.default_rng(3).standard_normal((40, 25, 3))
    values = [np.sort(np.linalg.eigvals(np.corrcoef(d.T)))[::-1] for d in draws]
    ours = parallel(25, 3, draws=40, seed=3, level=0.95)
    np.testing.assert_allclose(ours, np.quantile(values, 0.95, axis=0), atol=PROGRAM)
    assert (np.diff(ours) < 0).all()

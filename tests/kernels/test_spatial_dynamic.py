"""Lags in time: the bias and its closed form, dense twins, and what simulations say of both."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from spatial_cases import helmert, links_of, ring

from zhiheng.kernels.spatial_dynamic import dynamic_model, modulus, past_of, score_bias, whole
from zhiheng.kernels.spatial_long_run import Carried, long_run_effects
from zhiheng.kernels.spatial_ml import frame, inverse
from zhiheng.kernels.spatial_spectrum import spectrum

# A general optimiser stops where the likelihood no longer moves: the square root of rounding.
OPTIMISER = 5e-6
seeds = st.integers(0, 2**32 - 1)
RHO, TAU, ETA, BETA, THETA = 0.3, 0.4, 0.1, 1.0, 0.5


def paths(w, rng, periods, *, errors=None, burn=40, twoway=True):
    """An outcome from its stationary law, and its regressor: shapes (n, periods + 1)."""
    n = len(w)
    multiplier = np.linalg.inv(np.eye(n) - RHO * w)
    carry = multiplier @ (TAU * np.eye(n) + ETA * w)
    total = periods + 1 + burn
    x = rng.normal(size=(n, total))
    mean = BETA * x + THETA * w @ x + rng.normal(size=(n, 1))
    mean = mean + twoway * rng.normal(size=(1, total))
    shocks = multiplier @ (mean + rng.normal(size=(n, total)))
    y = np.zeros((n, total))
    for t in range(1, total):
        y[:, t] = carry @ y[:, t - 1] + shocks[:, t]
    return y[:, burn:], x[:, burn:]


def fitted(w, y, x, effects, *, dynamic="both", corrected=True):
    s = spectrum(links_of(w))
    f = frame(s, y.shape[1] - 1, effects, correction="lee_yu")
    late = x[:, 1:, None]
    design = np.concatenate([past_of(y, f, dynamic), late, s.lag(late)], axis=-1)
    f = whole(f, y.shape[1] - 1)
    return dynamic_model(y[:, 1:], design, f, dynamic, lagged=True, corrected=corrected), f, design


@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize("directed", [False, True])
def test_the_maximum_and_its_correction_equal_a_dense_search_and_dense_traces(effects, directed):
    rng = np.random.default_rng(4)
    w = ring(12, rng, directed=directed)
    y, x = paths(w, rng, 8)
    d, _, design = fitted(w, y, x, effects)
    turn = helmert(12) if effects == "twoway" else np.eye(12)
    small = turn.T @ w @ turn
    n, periods = len(small), 8

    def gone(z):
        z = np.tensordot(turn.T, z, axes=1)
        return z - z.mean(axis=1, keepdims=True)

    ty, tx = gone(y[:, 1:]), gone(design)

    def height(p):
        a = np.eye(n) - p[0] * small
        rest = a @ ty - tx @ p[1:-1]
        size = -n * periods / 2 * np.log(2 * np.pi * p[-1]) - (rest**2).sum() / (2 * p[-1])
        return size + periods * np.linalg.slogdet(a)[1]

    start = np.concatenate([[d.plain.rho + 0.03], d.plain.beta + 0.05, [d.plain.sigma2 * 1.1]])
    found = optimize.minimize(lambda p: -height(p), start, tol=1e-13)
    at = np.concatenate([[d.plain.rho], d.plain.beta, [d.plain.sigma2]])
    assert -found.fun == pytest.approx(d.plain.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(found.x, at, atol=OPTIMISER)

    rho, tau, eta, sigma2 = at[0], at[1], at[2], at[-1]
    multiplier = np.linalg.inv(np.eye(n) - rho * small)
    g = small @ multiplier
    carry = multiplier @ (tau * np.eye(n) + eta * small)
    long = np.linalg.inv(np.eye(n) - carry) @ multiplier
    bias = np.zeros(len(at))
    bias[1], bias[2] = np.trace(long), np.trace(small @ long)
    bias[0] = tau * np.trace(g @ long) + eta * np.trace(g @ small @ long) + np.trace(g)
    bias[-1] = n / (2 * sigma2)
    columns, mean = tx.reshape(-1, tx.shape[-1]), (g @ (tx @ at[1:-1])).ravel()
    information = np.zeros((len(at), len(at)))
    information[1:-1, 1:-1] = columns.T @ columns / sigma2
    information[0, 1:-1] = information[1:-1, 0] = columns.T @ mean / sigma2
    information[0, 0] = mean @ mean / sigma2 + periods * (np.trace(g @ g) + (g**2).sum())
    information[0, -1] = information[-1, 0] = periods * np.trace(g) / sigma2
    information[-1, -1] = n * periods / (2 * sigma2**2)
    expected = at + np.linalg.solve(information, bias)
    got = np.concatenate([[d.fit.rho], d.fit.beta, [d.fit.sigma2]])
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-10)


@given(seeds, st.booleans(), st.sampled_from(["time", "space", "both"]))
@settings(max_examples=15)
def test_the_bias_of_the_score_is_the_limit_of_its_exact_mean(seed, directed, dynamic):
    """Demeaning leaves ``-sum_h (1 - (h + 1) / T) A^h`` in the mean of every lag, exactly."""
    rng = np.random.default_rng(seed)
    w = ring(10, rng, directed=directed)
    y, x = paths(w, rng, 8)
    d, f, _ = fitted(w, y, x, "entity", dynamic=dynamic, corrected=False)
    tau, eta, rho = d.tau, d.eta, d.plain.rho
    if modulus(rho, tau, eta, f.spectrum) > 0.9:
        return
    multiplier = np.linalg.inv(np.eye(10) - rho * w)
    g = w @ multiplier
    carry = multiplier @ (tau * np.eye(10) + eta * w)
    length, power, left = 20000, np.eye(10), np.zeros((10, 10))
    for h in range(400):
        left += (1 - (h + 1) / length) * power @ multiplier
        power = power @ carry
    lags = {"time": [left], "space": [w @ left], "both": [left, w @ left]}[dynamic]
    expected = [np.trace(g @ (tau * np.eye(10) + eta * w) @ left + g)]
    expected += [np.trace(lag) for lag in lags]
    got = score_bias(d.plain, f, dynamic)[: 1 + len(lags)] * 10
    # what is left is of the order of the number of steps in `length`
    np.testing.assert_allclose(got, expected, rtol=5e-3, atol=5e-3)


@given(seeds, st.booleans())
@settings(max_examples=15)
def test_long_run_effects_equal_the_full_matrix_and_their_errors_its_derivatives(seed, directed):
    rng = np.random.default_rng(seed)
    w = ring(12, rng, directed=directed)
    s = spectrum(links_of(w))
    beta, theta = rng.normal(size=2), rng.normal(size=2)
    carried = Carried(*rng.uniform(-0.3, 0.3, size=3))

    def dense(p):
        long = np.linalg.inv((1 - p[1]) * np.eye(12) - (p[0] + p[2]) * w)
        every = [long @ (p[3 + j] * np.eye(12) + p[5 + j] * w) for j in range(2)]
        direct = np.array([np.trace(m) / 12 for m in every])
        total = np.array([m.sum() / 12 for m in every])
        return np.stack([direct, total - direct, total])

    half = rng.normal(size=(7, 7)) / 50
    covariance = half @ half.T
    found = long_run_effects(carried, beta, theta, covariance, s, draws=0, seed=1, level=0.05)
    p = np.concatenate([[carried.rho, carried.tau, carried.eta], beta, theta])
    np.testing.assert_allclose(found.estimate, dense(p), rtol=1e-7, atol=1e-9)
    step = 1e-6
    slopes = np.stack([(dense(p + h) - dense(p - h)) / (2 * step) for h in step * np.eye(7)], -1)
    expected = np.sqrt(np.einsum("ikp,pq,ikq->ik", slopes, covariance, slopes))
    np.testing.assert_allclose(found.delta_error, expected, rtol=1e-6)


def test_draws_without_a_long_run_are_left_out():
    w = ring(12, np.random.default_rng(1))
    covariance = np.diag([0.01, 0.2, 0.01, 0.1, 0.1]) ** 2
    found = long_run_effects(
        Carried(0.2, 0.6, 0.0), np.array([1.0]), np.array([0.3]), covariance,
        spectrum(links_of(w)), draws=500, seed=2, level=0.1,
    )  # fmt: skip
    assert 20 < found.discarded < 300
    assert (found.low < found.estimate).all()


def test_stability_is_that_of_the_matrix_that_carries_the_outcome():
    w = ring(12, np.random.default_rng(3), directed=True)
    s = spectrum(links_of(w))
    dense = np.linalg.inv(np.eye(12) - 0.3 * w) @ (0.4 * np.eye(12) + 0.2 * w)
    expected = np.abs(np.linalg.eigvals(dense)).max()
    assert modulus(0.3, 0.4, 0.2, s) == pytest.approx(expected, rel=1e-9)
    assert modulus(1.2, 0.1, 0.0, s) == np.inf


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["entity", "twoway"])
def test_corrected_lags_lose_their_bias_and_intervals_cover_the_truth(effects):
    """30 units, 20 periods, 2,500 panels; uncorrected beside. Printed with `pytest -s`."""
    rng = np.random.default_rng(20261126)
    w = ring(30, rng)
    s = spectrum(links_of(w))
    truth = np.array([RHO, TAU, ETA, BETA, THETA])
    every = np.linalg.inv((1 - TAU) * np.eye(30) - (RHO + ETA) * w) @ (
        BETA * np.eye(30) + THETA * w
    )
    direct = np.trace(every) / 30
    lasting = np.array([direct, every.sum() / 30 - direct, every.sum() / 30])
    gaps, plain, covered, uncovered, long, drawn = [], [], [], [], [], []
    for _ in range(2500):
        y, x = paths(w, rng, 20, twoway=effects == "twoway")
        d, *_ = fitted(w, y, x, effects)
        for fit, gap, hit in ((d.fit, gaps, covered), (d.plain, plain, uncovered)):
            gap.append(np.concatenate([[fit.rho], fit.beta]) - truth)
            hit.append(np.abs(gap[-1]) < 1.96 * np.sqrt(np.diag(fit.covariance)))
        later = long_run_effects(
            Carried(d.fit.rho, d.tau, d.eta), d.fit.beta[2:3], d.fit.beta[3:], d.fit.covariance, s,
            draws=1000, seed=1, level=0.05,
        )  # fmt: skip
        long.append(np.abs(later.estimate[:, 0] - lasting) < 1.96 * later.delta_error[:, 0])
        drawn.append((later.low[:, 0] <= lasting) & (lasting <= later.high[:, 0]))
    bias, before = np.mean(gaps, axis=0), np.mean(plain, axis=0)
    shares, shares_before = np.mean(covered, axis=0), np.mean(uncovered, axis=0)
    sys.stdout.write(f"\n{effects}: bias {bias.round(4)}, uncorrected {before.round(4)}\n")
    sys.stdout.write(f"coverage {shares.round(3)}, uncorrected {shares_before.round(3)}\n")
    sys.stdout.write(f"long-run effects: delta {np.mean(long, axis=0).round(3)}\n")
    sys.stdout.write(f"draws {np.mean(drawn, axis=0).round(3)}\n")
    assert abs(bias[1]) < 0.005
    assert abs(before[1]) > 0.03
    assert ((shares > 0.93) & (shares < 0.97)).all()
    assert shares_before[1] < 0.85
    # near a sum of one long-run effects have no good interval; that of draws falls short less
    assert (np.mean(drawn, axis=0) > 0.9).all()


def test_a_correction_is_the_inverse_information_times_the_bias():
    rng = np.random.default_rng(9)
    w = ring(14, rng)
    y, x = paths(w, rng, 10)
    d, f, _ = fitted(w, y, x, "entity", dynamic="time")
    step = inverse(d.plain.information) @ score_bias(d.plain, f, "time") * 14
    assert d.fit.beta[0] - d.plain.beta[0] == pytest.approx(step[1], rel=1e-10)
    assert d.fit.beta[0] > d.plain.beta[0]
    assert d.fit.sigma2 > d.plain.sigma2

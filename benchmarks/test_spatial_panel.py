"""The two-way Durbin model with errors of its effects, 1,600 units by 20 periods; spreg beside it.

Eigenvalues are timed by themselves: they are computed once for a set of weights.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from zhiheng.kernels.links import Links
from zhiheng.kernels.spatial_dynamic import dynamic_model, past_of, whole
from zhiheng.kernels.spatial_effects import spatial_effects
from zhiheng.kernels.spatial_long_run import Carried, long_run_effects
from zhiheng.kernels.spatial_ml import frame, lag_model
from zhiheng.kernels.spatial_random import random_model
from zhiheng.kernels.spatial_spectrum import spectrum

SIDE, PERIODS, TERMS = 40, 20, 5


def lattice():
    weights = pytest.importorskip("libpysal.weights", reason="libpysal is not installed")
    w = weights.lat2W(SIDE, SIDE)
    w.transform = "r"
    sparse = w.sparse.tocsr()
    sparse.sort_indices()
    starts, columns = sparse.indptr.astype(np.int64), sparse.indices.astype(np.int64)
    return w, Links(starts, columns, sparse.data.copy())


def made(s):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(s.n, PERIODS, TERMS))
    y = x.sum(-1) + 0.3 * s.lag(x).sum(-1) + rng.normal(size=(s.n, 1))
    y = y + rng.normal(size=(s.n, PERIODS))
    return y + 0.3 * s.lag(y), x


def fit_with_effects(y, x, s):
    design = np.concatenate([x, s.lag(x)], axis=-1)
    fit = lag_model(y, design, frame(s, PERIODS, "twoway", correction="lee_yu"))
    own, lags = fit.beta[:TERMS], fit.beta[TERMS:]
    return fit, spatial_effects(
        fit.rho, own, lags, fit.covariance, s, draws=1000, seed=1, level=0.05
    )


def test_zhiheng_eigenvalues_once(benchmark):
    benchmark.pedantic(spectrum, args=(lattice()[1],), rounds=2, iterations=1)


def test_zhiheng(benchmark):
    s = spectrum(lattice()[1])
    y, x = made(s)
    benchmark.pedantic(fit_with_effects, args=(y, x, s), rounds=5, iterations=1, warmup_rounds=1)


@pytest.mark.filterwarnings("ignore")
def test_spreg_entity_effects_coefficients_only(benchmark):
    panel = pytest.importorskip("spreg.panel", reason="spreg is not installed")
    w, links = lattice()
    s = spectrum(links)
    y, x = made(s)
    flat = y.T.reshape(-1, 1), x.transpose(1, 0, 2).reshape(-1, TERMS)

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return panel.ML_LagFE(*flat, w, slx_lags=1)

    theirs = benchmark.pedantic(run, rounds=1, iterations=1)
    design = np.concatenate([x, s.lag(x)], axis=-1)
    ours = lag_model(y, design, frame(s, PERIODS, "entity"))
    assert float(theirs.rho) == pytest.approx(ours.rho, abs=1e-5)


def test_zhiheng_lags_in_time(benchmark):
    """Both lags in time, bias removed, long-run effects with 1,000 draws."""
    s = spectrum(lattice()[1])
    y, x = made(s)
    f = whole(frame(s, PERIODS - 1, "twoway", correction="lee_yu"), PERIODS - 1)

    def run():
        late = x[:, 1:]
        design = np.concatenate([past_of(y, f, "both"), late, s.lag(late)], axis=-1)
        d = dynamic_model(y[:, 1:], design, f, "both", lagged=True, corrected=True)
        carried = Carried(d.fit.rho, d.tau, d.eta)
        own, lags = d.fit.beta[2 : 2 + TERMS], d.fit.beta[2 + TERMS :]
        return long_run_effects(
            carried, own, lags, d.fit.covariance, s, draws=1000, seed=1, level=0.05
        )

    benchmark.pedantic(run, rounds=3, iterations=1, warmup_rounds=1)


def test_zhiheng_random_effects(benchmark):
    s = spectrum(lattice()[1])
    y, x = made(s)
    design = np.concatenate([np.ones((*y.shape, 1)), x, s.lag(x)], axis=-1)
    f = frame(s, PERIODS, "random")
    benchmark.pedantic(random_model, args=(y, design, f, "lag"), rounds=2, iterations=1)

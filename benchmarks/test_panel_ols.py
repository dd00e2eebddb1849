"""Two-way effects with clustered errors on 10,000 entities by 20 periods, six regressors.

Peers run in the same session where they are installed, on the same data.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from zhiheng.kernels.few_clusters import bell_mccaffrey, wild_bootstrap
from zhiheng.kernels.influence import leave_one_out
from zhiheng.kernels.panel_ols import absorber, covariance, factor, panel_ols

LARGE, SMALL = (10_000, 20, 6), (30, 11, 4)


def made(shape, *, holes=False):
    rng = np.random.default_rng(0)
    e, p, k = shape
    x = rng.normal(size=shape)
    y = x.sum(axis=-1) + rng.normal(size=(e, 1)) + rng.normal(size=(e, p))
    mask = rng.random((e, p)) > 0.1 if holes else np.ones((e, p), dtype=bool)
    return y * mask, x * mask[..., None], mask


def frame(shape):
    y, x, _ = made(shape)
    e, p, k = shape
    i, t = np.divmod(np.arange(e * p), p)
    columns = {f"x{j}": x[..., j].ravel() for j in range(k)}
    return pd.DataFrame({"i": i, "t": t, "y": y.ravel(), **columns})


def fit_and_errors(y, x, mask):
    fit = panel_ols(y, x, absorber(mask, "twoway"))
    return fit, covariance(fit) * factor(fit, "stata")


@pytest.mark.parametrize("holes", [False, True], ids=["balanced", "unbalanced"])
def test_zhiheng(benchmark, holes):
    benchmark(fit_and_errors, *made(LARGE, holes=holes))


def test_linearmodels(benchmark):
    panel = pytest.importorskip("linearmodels.panel", reason="linearmodels is not installed")
    data = frame(LARGE).set_index(["i", "t"])
    x = data.drop(columns="y")

    def run():
        model = panel.PanelOLS(data.y, x, entity_effects=True, time_effects=True)
        return model.fit(cov_type="clustered", cluster_entity=True).std_errors

    benchmark.pedantic(run, rounds=2, iterations=1)


def test_pyfixest(benchmark):
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is not installed")
    data = frame(LARGE)
    formula = "y ~ " + " + ".join(f"x{j}" for j in range(LARGE[2])) + " | t + i"
    pyfixest.feols(formula, data, vcov={"CRV1": "i"})  # compiles
    benchmark.pedantic(
        lambda: pyfixest.feols(formula, data, vcov={"CRV1": "i"}).se(), rounds=3, iterations=1
    )


def test_cr2_of_ten_thousand_clusters(benchmark):
    fit, _ = fit_and_errors(*made(LARGE))
    benchmark.pedantic(bell_mccaffrey, args=(fit,), rounds=2, iterations=1)


def test_leaving_out_each_of_thirty(benchmark):
    fit, _ = fit_and_errors(*made(SMALL))
    benchmark(leave_one_out, fit, 0, small_sample="stata")


def test_wild_bootstrap_of_thirty(benchmark):
    fit, _ = fit_and_errors(*made(SMALL))
    benchmark(wild_bootstrap, fit, draws=9999, weights="rademacher", seed=1)

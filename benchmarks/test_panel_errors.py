"""Two-way effects with Driscoll-Kraay errors on 10,000 entities by 20 periods, six regressors.

The target is a tenth of a second. Peers run in the same session where they are installed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from zhiheng.kernels.panel_covariance import driscoll_kraay, kernel_factor
from zhiheng.kernels.panel_ols import absorber, panel_ols

SHAPE, LAG = (10_000, 20, 6), 2


def made():
    rng = np.random.default_rng(0)
    e, p, k = SHAPE
    x = rng.normal(size=SHAPE)
    y = x.sum(axis=-1) + rng.normal(size=(e, 1)) + rng.normal(size=(e, p))
    return y, x, np.ones((e, p), dtype=bool)


def frame():
    y, x, _ = made()
    e, p, k = SHAPE
    i, t = np.divmod(np.arange(e * p), p)
    columns = {f"x{j}": x[..., j].ravel() for j in range(k)}
    return pd.DataFrame({"i": i, "t": t, "y": y.ravel(), **columns})


def test_zhiheng(benchmark):
    y, x, mask = made()

    def run():
        fit = panel_ols(y, x, absorber(mask, "twoway"))
        return driscoll_kraay(fit, np.arange(SHAPE[1]), LAG) * kernel_factor(fit, "fixest")

    benchmark(run)


def test_linearmodels(benchmark):
    panel = pytest.importorskip("linearmodels.panel", reason="linearmodels is not installed")
    data = frame().set_index(["i", "t"])
    x = data.drop(columns="y")

    def run():
        model = panel.PanelOLS(data.y, x, entity_effects=True, time_effects=True)
        return model.fit(cov_type="kernel", bandwidth=LAG).std_errors

    benchmark.pedantic(run, rounds=2, iterations=1)


def test_pyfixest(benchmark):
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is not installed")
    data = frame()
    formula = "y ~ " + " + ".join(f"x{j}" for j in range(SHAPE[2])) + " | t + i"
    options = {"time_id": "t", "panel_id": "i", "lag": LAG}

    def run():
        return pyfixest.feols(formula, data, vcov="DK", vcov_kwargs=options).se()

    run()  # compiles
    benchmark.pedantic(run, rounds=3, iterations=1)

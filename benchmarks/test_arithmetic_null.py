"""999 permutations of entity paths: 30 provinces by 11 years, and 2,800 counties by 15.

The peer is the loop that an applied paper would write: one regression per draw, with
statsmodels on columns whose effects are already out.
"""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.kernels.arithmetic_null import permuted_orders, permuted_t, pieces
from zhiheng.kernels.panel_ols import absorber

PROVINCES, COUNTIES, DRAWS = (30, 11), (2_800, 15), 999


def made(shape):
    rng = np.random.default_rng(0)
    y, shared, rest = np.cumsum(rng.normal(size=(3, *shape)), axis=2)
    logs, controls = np.cumsum(rng.normal(size=(2, *shape, 2)), axis=2)
    parts = pieces(y, shared, rest, logs, controls, absorber(np.ones(shape, bool), "twoway"))
    cluster = np.arange(shape[0])
    return parts, permuted_orders(cluster, permutations=DRAWS, seed=1), cluster


@pytest.mark.parametrize("each", [False, True], ids=["once", "each"])
@pytest.mark.parametrize("shape", [PROVINCES, COUNTIES], ids=["provinces", "counties"])
def test_zhiheng(benchmark, shape, each):
    parts, orders, cluster = made(shape)
    benchmark.pedantic(
        lambda: permuted_t(parts, orders, cluster=cluster, each=each), rounds=3, iterations=1
    )


def test_loop_of_statsmodels(benchmark):
    sm = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    parts, orders, cluster = made(PROVINCES)
    groups = np.repeat(cluster, PROVINCES[1])
    controls = parts.controls.reshape(len(groups), -1)

    def run():
        out = []
        for order in orders:
            x = (parts.shared + parts.linked + parts.own[order]).ravel()
            model = sm.OLS(parts.y.ravel(), np.column_stack([x, controls]))
            options = {"groups": groups, "use_correction": False}
            out.append(model.fit(cov_type="cluster", cov_kwds=options).tvalues[0])
        return np.array(out)

    found = benchmark.pedantic(run, rounds=1, iterations=1)
    np.testing.assert_allclose(permuted_t(parts, orders, cluster=cluster), found, rtol=1e-8)

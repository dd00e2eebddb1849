"""Undesirable SBM of 600 and 3,000 units, beside a loop of HiGHS and, where installed, DEAPack."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import linprog

from zhiheng.kernels.dea import Quantities
from zhiheng.kernels.dea_radial import radial
from zhiheng.kernels.dea_sbm import sbm, super_sbm

# HiGHS solves to 1e-7 by default.
PEER = 1e-7


def made(n):
    """Three inputs, one desirable and two undesirable outputs; about a tenth is efficient."""
    rng = np.random.default_rng(0)
    x = rng.lognormal([3.0, 2.0, 2.5], 0.8, (n, 3))
    y = np.prod(x ** np.array([0.4, 0.35, 0.25]), axis=1) * np.exp(-np.abs(rng.normal(0, 0.35, n)))
    b = x[:, 2:] ** np.array([0.8, 0.6]) * np.exp(rng.normal(0.3, 0.35, (n, 2)))
    return Quantities(x, y[:, None], b)


def loop_of_highs(q):
    """The same programmes one at a time."""
    n, m, width = len(q), q.x.shape[1], len(q.sign)
    out = np.empty(n)
    share = 1.0 / (width - m)
    for o in range(n):
        own = q.stacked[o]
        a = np.zeros((1 + width, n + width + 1))
        a[0, -1] = 1.0
        a[0, n + m : n + width] = share / own[m:]
        a[1:, :n], a[1:, n : n + width], a[1:, -1] = q.stacked.T, np.diag(q.sign), -own
        cost = np.zeros(n + width + 1)
        cost[n : n + m], cost[-1] = -1.0 / (m * own[:m]), 1.0
        out[o] = linprog(cost, A_eq=a, b_eq=np.eye(1 + width)[0], method="highs").fun
    return out


@pytest.mark.parametrize(("n", "limit"), [(600, 0.03), (3000, 0.3)])
@pytest.mark.parametrize("returns", ["crs", "vrs"])
def test_zhiheng(benchmark, n, limit, returns):
    q = made(n)
    sbm(q, returns=returns)  # compile, or read the compiled
    found = benchmark.pedantic(sbm, args=(q,), kwargs={"returns": returns}, rounds=5, iterations=1)
    assert (found.solver == 0).all()
    assert benchmark.stats["min"] <= limit


def test_zhiheng_super_efficiency(benchmark):
    q = made(600)
    super_sbm(q)
    benchmark.pedantic(super_sbm, args=(q,), rounds=5, iterations=1)


def test_zhiheng_radial_with_slacks(benchmark):
    q = made(600)
    q = Quantities.of(q.x, q.y)
    radial(q)
    benchmark.pedantic(radial, args=(q,), rounds=5, iterations=1)


@pytest.mark.parametrize("step", ["compile", "read"])
def test_first_call_of_a_process(benchmark, step, tmp_path_factory):
    """Once on a machine the kernels are compiled, then each process reads what was compiled."""
    folder = tmp_path_factory.getbasetemp() / "compiled"
    code = "import numpy as np; from zhiheng.kernels.dea import Quantities; "
    code += "from zhiheng.kernels.dea_sbm import sbm; sbm(Quantities(*np.ones((3, 4, 1))))"
    env = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    call = [sys.executable, "-c", code]
    benchmark.pedantic(subprocess.run, args=(call,), kwargs={"env": env, "check": True}, rounds=1)
    assert any(folder.rglob("*.nbi")), step


def test_loop_of_highs(benchmark):
    q = made(600)
    found = benchmark.pedantic(loop_of_highs, args=(q,), rounds=1, iterations=1)
    np.testing.assert_allclose(found, sbm(q).score, rtol=0, atol=PEER)


def test_deapack(benchmark):
    """DEAPack 2.0.1 (GPL-3) where it is installed; no dependency of ours."""
    deapack = pytest.importorskip("deapack", reason="DEAPack is not installed")
    pandas = pytest.importorskip("pandas")
    q = made(600)
    names = ["k", "l", "e", "y", "c", "w"]
    frame = pandas.DataFrame(q.stacked, columns=names).assign(unit=range(600))
    roles = {"inputs": names[:3], "outputs": names[3:4], "bad_outputs": names[4:]}
    data = deapack.DEAData.from_frame(frame, dmu="unit", **roles)
    model = deapack.UndesirableSBM(returns_to_scale="crs")
    found = benchmark.pedantic(model.fit, args=(data,), rounds=1, iterations=1)
    np.testing.assert_allclose(found.summary_frame["score"], sbm(q).score, rtol=0, atol=PEER)

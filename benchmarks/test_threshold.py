"""One threshold on 565 firms by 14 periods, 393 candidates, 300 draws of the bootstrap.

The size of the published application; the peer runs on the same data in the same session.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from zhiheng.kernels.threshold import Design, candidates, threshold_stages

SHAPE, CONTROLS = (565, 14), 5


def made():
    rng = np.random.default_rng(0)
    x, q = rng.normal(size=SHAPE), rng.uniform(size=SHAPE)
    controls = rng.normal(size=(*SHAPE, CONTROLS))
    return Design(x * (1 + (q > 0.5)) + rng.normal(size=SHAPE), x, q, controls)


@pytest.mark.parametrize("draws", [0, 300, 3000])
def test_zhiheng(benchmark, draws):
    design = made()
    grid = candidates(design.q, grid=400, trim=0.01)
    options = {"number": 1, "draws": draws, "trim": 0.01, "least": 10, "seed": 1}
    benchmark.pedantic(threshold_stages, args=(design, grid), kwargs=options, rounds=3)


def test_pyxthreg_with_a_sixth_of_the_draws(benchmark):
    pyxthreg = pytest.importorskip("pyxthreg.estimator", reason="pyxthreg is not installed")
    design = made()
    data = pd.DataFrame({"id": np.repeat(range(565), 14), "year": np.tile(range(14), 565)})
    data["y"], data["x"], data["q"] = design.y.ravel(), design.x.ravel(), design.q.ravel()
    names = [f"z{j}" for j in range(CONTROLS)]
    data[names] = design.controls.reshape(-1, CONTROLS)
    kind = next(v for v in vars(pyxthreg).values() if isinstance(v, type) and hasattr(v, "fit"))
    model = kind(data, dep="y", rx=["x"], qx="q", indep=names)
    options = {"thnum": 1, "trim": 0.01, "grid": 393, "bs": 50, "nobslog": True}
    benchmark.pedantic(model.fit, kwargs=options, rounds=1)

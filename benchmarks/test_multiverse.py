"""Ten thousand specifications on 30 entities by 12 periods, with and without the joint test.

The peer is `panel_ols` of this package, one regression at a time, on a fiftieth of them.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from zhiheng.kernels.multiverse import block, joint_test, signs
from zhiheng.kernels.panel_ols import absorber, covariance, factor, panel_ols

ENTITIES, PERIODS, TREATMENTS, CONTROLS, BLOCKS = 30, 12, 66, 3, 152
SPECIFICATIONS = TREATMENTS * BLOCKS


def made():
    rng = np.random.default_rng(0)
    shape = (ENTITIES, PERIODS, 1 + TREATMENTS + CONTROLS)
    z = rng.normal(size=shape).cumsum(axis=1)
    return z[..., :1], z[..., 1 : 1 + TREATMENTS], z[..., 1 + TREATMENTS :]


def estimated():
    """Blocks that differ in the first period, the effects and the number of controls."""
    y, x, c = made()
    found = []
    for n in range(BLOCKS):
        mask = np.ones((ENTITIES, PERIODS), dtype=bool)
        mask[:, : n % 4] = False
        absorb = absorber(mask, "twoway", trends=n % 2 == 0)
        z = absorb.remove(np.concatenate([y, x, c[..., : n % 4]], axis=-1) * mask[..., None])
        found.append(
            block(z[..., :1], z[..., 1 : 1 + TREATMENTS], z[..., 1 + TREATMENTS :], absorb)
        )
    return found


def jointly(draws):
    found = estimated()
    limit = np.full(SPECIFICATIONS, stats.t.ppf(0.975, ENTITIES - 1))
    every = np.ones((1, SPECIFICATIONS), dtype=bool)
    drawn = signs(ENTITIES, draws, np.arange(ENTITIES), 1)
    return joint_test(found, every, limit, drawn, direction=-1)


def one_by_one(count):
    y, x, c = made()
    absorb = absorber(np.ones((ENTITIES, PERIODS), dtype=bool), "twoway")
    for i in range(count):
        columns = np.concatenate([x[..., i % TREATMENTS, None], c], axis=-1)
        fit = panel_ols(y[..., 0], columns, absorb)
        np.sqrt(np.diag(covariance(fit)) * factor(fit, "stata"))


def test_ten_thousand_specifications(benchmark):
    assert SPECIFICATIONS >= 10_000
    benchmark(estimated)


def test_ten_thousand_specifications_and_their_joint_test(benchmark):
    found = benchmark.pedantic(jointly, args=(999,), rounds=2)
    assert found.p_value.shape == (1, 3)


def test_single_regressions_two_hundred(benchmark):
    benchmark(one_by_one, SPECIFICATIONS // 50)

"""LMDI of 31 provinces, 20 years, 45 sectors, five factors: every form, against plain loops.

The plain loop is what a script does.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from zhiheng.carbon.lmdi import lmdi as method
from zhiheng.core.panel import Panel
from zhiheng.kernels.lmdi_forms import decompose

LARGE, PROVINCES = (10_000, 20, 5), (31 * 45, 20, 5)
NATION = (31, 45, 20, 5)
MODELS = [(m, f) for m in ("lmdi1", "lmdi2") for f in ("additive", "multiplicative")]


def made(shape):
    x = np.exp(np.random.default_rng(0).normal(size=shape) * 0.1)
    return x.prod(axis=-1), x


def plain_loop(total, x):
    """What a script does: one logarithm at a time, without the limits."""
    entities, periods, factors = x.shape
    out = np.zeros(factors)
    for e in range(entities):
        for t in range(1, periods):
            a, b = float(total[e, t]), float(total[e, t - 1])
            weight = a if a == b else (a - b) / math.log(a / b)
            for f in range(factors):
                out[f] += weight * math.log(x[e, t, f] / x[e, t - 1, f])
    return out


def steps(shape=NATION):
    """Both ends of every step of every province, [province, step, sector(, factor)]."""
    v, x = made(shape)
    v, x = v.transpose(0, 2, 1), x.transpose(0, 2, 1, 3)
    return [np.ascontiguousarray(a) for a in (v[:, :-1], v[:, 1:], x[:, :-1], x[:, 1:])]


def one_by_one(total, x):
    """Every row a total of its own."""
    v, y = total[..., None], x[:, :, None]
    return decompose(v[:, :-1], v[:, 1:], y[:, :-1], y[:, 1:], method="lmdi1", form="additive")


def test_zhiheng(benchmark):
    benchmark.pedantic(one_by_one, args=made(LARGE), rounds=5, iterations=1)


def test_zhiheng_on_provinces_by_sectors(benchmark):
    benchmark(one_by_one, *made(PROVINCES))


@pytest.mark.parametrize(("kind", "form"), MODELS)
def test_zhiheng_in_every_form(benchmark, kind, form):
    ends = steps()
    benchmark(decompose, *ends, method=kind, form=form)


def test_zhiheng_from_the_panel_to_the_tables(benchmark):
    """Reading the identity, checking it, every table and figure; 92 series by name."""
    rng = np.random.default_rng(0)
    series = {"population": rng.lognormal(size=(31, 20)), "va": rng.lognormal(size=(31, 20))}
    for s in range(45):
        for family in ("va", "energy", "co2"):
            series[f"{family}.s{s}"] = rng.lognormal(size=(31, 20))
    units = {"population": "person", "va": "CNY_2020", "energy": "tce", "co2": "t_CO2"}
    panel = Panel.of(
        series, entities=[f"p{i}" for i in range(31)], periods=range(2000, 2020),
        units={name: units[name.split(".")[0]] for name in series},
    )  # fmt: skip
    identity = (
        "co2: population * va/population * va[sector]/va * energy[sector]/va[sector]"
        " * co2[sector]/energy[sector]"
    )
    benchmark(method, panel, identity=identity)


def test_plain_loop_on_provinces_by_sectors(benchmark):
    total, x = made(PROVINCES)
    found = benchmark.pedantic(plain_loop, args=(total, x), rounds=1, iterations=1)
    np.testing.assert_allclose(found, one_by_one(total, x).effects.sum(axis=(0, 1)), rtol=1e-9)

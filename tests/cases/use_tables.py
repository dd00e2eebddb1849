"""Small input-output tables, and what a refusal of one must hold."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.embodied import embodied
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

SECTORS = ("a", "b", "c")


def table(seed=0, periods=(2015, 2020), *, imports=False, unit="CNY_2020", **cells):
    """A balanced table of three sectors; `cells` overrides ``row__column`` of the last period."""
    rng = np.random.default_rng(seed)
    n, codes = len(SECTORS), (*SECTORS, "TC", "EX", "GO")
    rows = SECTORS + tuple(f"{s}.imports" for s in SECTORS if imports) + ("TVA",)
    values = np.full((len(rows), len(periods), len(codes)), np.nan)
    co2 = np.full((len(rows), len(periods)), np.nan)
    for t in range(len(periods)):
        z, y = rng.gamma(1.0, 20.0, (n, n)), rng.gamma(2.0, 60.0, (n, 2))
        x = z.sum(axis=1) + y.sum(axis=1)
        m = rng.gamma(1.0, 4.0, (n, n)) if imports else np.zeros((n, n))
        values[:n, t, :n], values[:n, t, n : n + 2], values[:n, t, -1] = z, y, x
        if imports:
            values[n : 2 * n, t, :n] = m
            values[n : 2 * n, t, n : n + 2] = rng.gamma(1.0, 6.0, (n, 2))
        values[-1, t, :n] = x - z.sum(axis=0) - m.sum(axis=0)
        co2[:n, t] = rng.gamma(1.0, 50.0, n)
    for name, value in cells.items():
        row, _, column = name.partition("__")
        if column == "co2":
            co2[rows.index(row), -1] = value
        else:
            values[rows.index(row), -1, codes.index(column)] = value
    held = {f"use.{c}": values[:, :, k] for k, c in enumerate(codes)} | {"co2": co2}
    units = dict.fromkeys(held, unit) | {"co2": "t_CO2"}
    return Panel.of(held, entities=rows, periods=periods, units=units)


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        embodied(panel, **{"satellite": "co2"} | options)
    assert caught.value.code == code
    assert caught.value.evidence
    return caught.value

"""The system of firms, from a panel of firms to scores by its printed weights."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.series import all_series
from zhiheng.catalog.systems import base_series, load_system
from zhiheng.core.panel import Panel
from zhiheng.measure.index import index

FIRMS, YEARS = 9, 3
ROUNDING = 1e-12  # eleven products of doubles of order one


def _panel() -> Panel:
    generator = np.random.default_rng(46)
    names = [(s.name, s.unit) for s in all_series("firm")]
    return Panel.of(
        {name: generator.uniform(1, 9, (FIRMS, YEARS)) for name, _ in names},
        entities=[f"firm {n}" for n in range(FIRMS)],
        periods=[2020, 2021, 2022],
        units=dict(names),
        level="firm",
    )


def test_a_panel_of_firms_is_scored_by_the_printed_weights() -> None:
    panel = _panel()
    value = {s: panel.array(s) for s in panel.series}
    revenue, assets = value["operating_revenue"], value["total_assets"]
    outlays = sum(
        value[s]
        for s in (
            "operating_cash_outflow",
            "depreciation_expense",
            "amortisation_expense",
            "impairment_losses",
        )
    )
    made = outlays - value["cash_paid_for_goods"] - value["cash_paid_to_employees"]
    items = [
        (28, value["rd_salaries"] / revenue),
        (4, value["rd_staff"] / value["employees"]),
        (3, value["educated_staff"] / value["employees"]),
        (2, value["fixed_assets"] / assets),
        (1, made / outlays),
        (27, value["rd_depreciation"] / revenue),
        (2, value["rd_leases"] / revenue),
        (28, value["rd_direct_input"] / revenue),
        (3, value["intangible_assets"] / assets),
        (1, revenue / value["average_total_assets"]),
        (1, value["owners_equity"] / assets),
    ]
    wanted = sum(w / 100 * (x - x.min()) / (x.max() - x.min()) for w, x in items)
    found = index(panel, system="nqpf-firm", weights="given", draws=0)
    scores = found.table("scores").pivot(index="entity", columns="period", values="score")
    assert scores.loc[list(panel.entities)].to_numpy() == pytest.approx(wanted, abs=ROUNDING)


def test_every_series_of_firms_is_an_ingredient_of_the_system() -> None:
    used = {name for i in load_system("nqpf-firm").indicators for name in base_series(i)}
    assert used == {s.name for s in all_series("firm")}

"""Gases other than CO2, and the one set of warming potentials that they are added in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_input import Line, address
from zhiheng.carbon.inventory_units import in_unit, missing_value, not_convertible, own_values
from zhiheng.catalog.carriers import sector
from zhiheng.catalog.dated_factors import chosen
from zhiheng.catalog.factors import gwp, half_width, non_co2, pfc_slopes, potentials
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.source_streams import pfc_slope

if TYPE_CHECKING:
    from zhiheng.carbon.inventory_factors import Choices, Emission, Used

Array = NDArray[np.float64]
CATEGORIES = ("energy", "manufacturing", "commercial", "residential")


def in_co2e(panel: Panel, line: Line, how: Choices, used: Used) -> tuple[Array, str, str]:
    """Tonnes of CO2 equivalent of a line of gas, the gas, and where the factor comes from.

    Raises
    ------
    ZhihengError
        M925 it is stated in another set of warming potentials, or in none that is named.
    """
    unit, amount = panel.units[line.series], panel.array(line.series)
    if unit == "t_CO2":
        return amount, "CO2", ""
    if unit == "t_CO2e":
        _refuse_mixed(panel, line, how)
        return amount, "CO2e", f"stated in {how.gwp}"
    if line.kind == "emission" and line.stated and unit == "t":
        # published inventories (CEADs) give tonnes of CO2
        return amount, "CO2", ""
    gases = {g.gas for g in potentials()}
    if line.carrier not in gases:
        raise not_convertible(panel, line.series, unit, "t_CO2")
    row = gwp(line.carrier, set=how.gwp)
    used.rows[row.id] = row
    return in_unit(panel, line, "t") * row.value, line.carrier, row.id


def _refuse_mixed(panel: Panel, line: Line, how: Choices) -> None:
    given = how.stated_gwp
    stated = given.get(line.series, "") if isinstance(given, Mapping) else given
    if str(stated).lower() == how.gwp:
        return
    raise ZhihengError(
        "M925",
        Text(
            "{s} 已折成二氧化碳当量（{g}），与本清单的 {w} 不是同一套增温潜势。",
            "{s} is CO2 equivalent already (in {g}), which is not the set of this inventory, {w}.",
        ).format(s=line.series, g=stated or "?", w=how.gwp),
        evidence=[
            {
                "series": line.series,
                "cell": address(panel, line.series, 0, 0),
                "stated in": stated or "?",
                "inventory in": how.gwp,
            }
        ],
        fix=Text(
            "给出各气体的吨数（gas.部门.CH4），由一套 gwp 折算；或用 stated_gwp 写明它所用的一套，"
            "并让 gwp 与之相同。",
            "Give tonnes of each gas (gas.SECTOR.CH4), to be converted in one set; or name the set "
            "it is in with stated_gwp, and use that one for gwp.",
        ),
    )


def add_combustion_gases(burnt: Emission, how: Choices, used: Used) -> list[Emission]:
    """CH4 and N2O of a burnt fuel, by the category of its sector."""
    from dataclasses import replace

    category = how.categories.get(burnt.line.sector) or sector(burnt.line.sector).category
    if category not in CATEGORIES:
        raise ZhihengError(
            "M933",
            Text(
                "部门“{s}”没有说明按哪一类算 CH4 与 N2O。",
                'It is not said which category of CH4 and N2O factors "{s}" takes.',
            ).format(s=burnt.line.sector),
            evidence=[{"series": burnt.line.series, "sector": burnt.line.sector}],
            fix=Text(
                "写明 categories，如 {s}=manufacturing；可用：{c}。",
                "Say it in categories, as in {s}=manufacturing; there are: {c}.",
            ).format(s=burnt.line.sector, c=", ".join(CATEGORIES)),
        )
    if np.isnan(burnt.energy).all() and np.isfinite(burnt.co2e).any():
        raise missing_value([{"series": burnt.line.series, "factor": burnt.factor}])
    found: list[Emission] = []
    for gas in ("CH4", "N2O"):
        rows = [
            r
            for r in non_co2()
            if r.category == category and r.fuel == burnt.line.carrier and r.gas == gas
        ]
        if not rows:
            continue
        row = chosen(rows, year=None, allow_recalled=how.allow_recalled)
        potential = gwp(gas, set=how.gwp)
        used.rows[row.id] = row
        used.rows[potential.id] = potential
        # kg/TJ of GJ: a millionth of a tonne per GJ
        amount = burnt.energy * row.kg_per_tj * 1e-6 * potential.value
        width = half_width(f"non_co2.{gas}", allow_recalled=how.allow_recalled)
        found.append(
            replace(
                burnt, gas=gas, scope="1", co2e=amount, energy=np.full(amount.shape, np.nan),
                factor=row.id, width=np.nan if width is None else width,
            )
        )  # fmt: skip
    return found


def perfluorocarbons(panel: Panel, line: Line, how: Choices, used: Used) -> list[Emission]:
    """CF4 and C2F6 of primary aluminium by the slope of the cell technology.

    Anode-effect minutes per cell and day come from ``anode_effect.SECTOR`` (unit 1).
    """
    from zhiheng.carbon.inventory_factors import Emission

    minutes = f"anode_effect.{line.sector}"
    if minutes not in panel.series:
        raise missing_value([{"series": line.series, "needs": minutes}])
    row = pfc_slopes()[line.carrier]
    metal, effect = in_unit(panel, line, "t"), own_values(panel, minutes, line, "1")
    made = pfc_slope(metal, effect, np.ones_like(effect), row.slope, row.c2f6_share)
    used.rows[row.id] = row
    found: list[Emission] = []
    nothing = np.full(metal.shape, np.nan)
    for gas, amount in (("CF4", made.cf4), ("C2F6", made.c2f6)):
        potential = gwp(gas, set=how.gwp)
        used.rows[potential.id] = potential
        found.append(Emission(line, gas, "1", amount * potential.value, nothing, row.id))
    return found

"""Multipliers and demand of every period of a table, ready to be put into result tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import use_table_refusals as refusals
from zhiheng.carbon.satellite import Emissions, read_emissions
from zhiheng.carbon.use_table import Layout, UseTable, read_table
from zhiheng.catalog.units import unit_of
from zhiheng.core.panel import Panel
from zhiheng.kernels.input_output import (
    SURE,
    Leontief,
    coefficients,
    factorise,
    multipliers,
    spectral_radius,
)

Array = NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
"""Points of the distribution over recipes that are printed as its ends."""


@dataclass(frozen=True, slots=True)
class Year:
    """One period.

    Attributes
    ----------
    model : Leontief
        Of home deliveries.
    home : ndarray, shape (n, q)
        Emissions at home per unit of final demand for home products, by recipe.
    world : ndarray, shape (n, q)
        The same when imported inputs are made with home technology; equal to `home` where
        the table has no imports.
    """

    table: UseTable
    emissions: Emissions
    model: Leontief
    home: Array
    world: Array

    @property
    def intensity(self) -> Array:
        """Emissions per unit of output (n, q); zero where there is no output."""
        return per_output(self.emissions.by_sector, self.table.output)

    @property
    def exports(self) -> Array:
        """Exports of home products (n,); zeros where the table has no such column."""
        k = self.table.layout.exports
        return self.table.demand[:, k] if k >= 0 else np.zeros(len(self.table.output))

    @property
    def reexports(self) -> Array:
        """Imported products that are exported again (n,)."""
        k = self.table.layout.exports
        return self.table.imported_demand[:, k] if k >= 0 else np.zeros(len(self.table.output))


@dataclass(frozen=True, slots=True)
class Units:
    """How amounts are printed: unit and number of canonical units in one.

    Attributes
    ----------
    emission, money, multiplier : (str, float)
    """

    emission: tuple[str, float]
    money: tuple[str, float]
    multiplier: tuple[str, float]


def years(panel: Panel, layout: Layout, satellite: str, *, proportional: bool) -> list[Year]:
    """Solve every period.

    Raises
    ------
    ZhihengError
        M960, M961, M967, M968 of the table; M962 it is not productive; M961, M964, C447,
        C449 of the satellite.
    """
    found: list[Year] = []
    for period in panel.periods:
        table = read_table(panel, layout, period, proportional=proportional)
        emissions = read_emissions(table, satellite)
        refusals.refuse_emissions_without_output(
            panel, layout.sectors, table.output, emissions.by_sector, period
        )
        intensity = per_output(emissions.by_sector, table.output)
        model = _model(table, table.home())
        home = multipliers(model, intensity)
        world = home
        if table.kind != "closed":
            world = multipliers(_model(table, table.total()), intensity)
        found.append(Year(table, emissions, model, home, world))
    return found


def per_output(amount: Array, output: Array) -> Array:
    """Rows divided by output; zero where there is no output."""
    out = np.zeros_like(amount)
    size = output[:, None]
    return np.divide(amount, size, out=out, where=np.broadcast_to(size != 0, amount.shape))


def spread(values: Array) -> tuple[Array, Array, Array]:
    """Default, lower and upper end over the last axis, that of the recipes.

    The ends are the 5 % and 95 % points, widened to the default where it lies outside.
    """
    low, high = np.quantile(values, [LOW, HIGH], axis=-1)
    default = values[..., 0]
    return default, np.minimum(low, default), np.maximum(high, default)


def ranks(values: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Ranks, the largest first, ties alike, of the default recipe and the ends over all (n,)."""
    columns = [np.searchsorted(np.sort(-v), -v) + 1 for v in values.T]
    place = np.column_stack(columns)
    low = np.quantile(place, LOW, axis=1, method="inverted_cdf")
    high = np.quantile(place, HIGH, axis=1, method="inverted_cdf")
    default = place[:, 0].astype(np.int64)
    return (
        default,
        np.minimum(low.astype(np.int64), default),
        np.maximum(high.astype(np.int64), default),
    )


def units(panel: Panel, emissions: Emissions, layout: Layout) -> Units:
    """Tonnes of CO2 are printed as Mt, yuan as 100M CNY, multipliers per 10k CNY."""
    money = panel.units["use." + layout.sectors[0]]
    sent = _in(emissions.unit, ("Mt CO2",))
    paid = _in(money, ("100M CNY",))
    small = _in(money, ("10k CNY",))
    return Units(sent, paid, (f"{emissions.unit}/{small[0]}", 1.0 / small[1]))


def _in(unit: str, wanted: Sequence[str]) -> tuple[str, float]:
    """The wanted written unit when it has the same canonical one; else the unit itself."""
    for written in wanted:
        canonical, factor = unit_of(written)
        if canonical == unit:
            return written, factor
    return unit, 1.0


def _model(table: UseTable, deliveries: Array) -> Leontief:
    """Factorised in place; a table that is not productive is refused with its radius."""
    model = factorise(deliveries, table.output, overwrite=True)
    if model.productive:
        return model
    radius = spectral_radius(coefficients(table.home(), table.output))
    if radius < SURE:
        radius = spectral_radius(coefficients(table.total(), table.output))
    raise refusals.not_productive(table.period, radius, model.column_sum)

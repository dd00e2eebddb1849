"""Final energy by sector and carrier in tonnes of coal equivalent, from fuels or a balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.simulate_refusals import foreign_unit, no_series, unknown_sector
from zhiheng.catalog.factors import factor_constants
from zhiheng.catalog.series import fuels
from zhiheng.catalog.simulator import SECTORS, carriers, sectors, uses
from zhiheng.core.panel import Panel

Array = NDArray[np.float64]
CARRIERS = tuple(c.carrier for c in carriers())
PREFIX = "energy."
_CONVERTED = ("electricity", "heat")


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy of a panel.

    Attributes
    ----------
    carriers : ndarray, shape (A, P, F), tce
    start : ndarray, shape (A, S, F), tce, in the last year
    factor : ndarray, shape (A, P, F - 2), t CO2 per tce of what is burnt
    efficiency : ndarray, shape (S, F)
    branch : ndarray of int, shape (S,)
    household, potential : ndarray, shape (S,)
    industry : int
    sectors : tuple of str
    balance : bool
        Whether the panel said by sector.
    series : tuple of str
    """

    carriers: Array
    start: Array
    factor: Array
    efficiency: Array
    branch: NDArray[np.intp]
    household: Array
    potential: Array
    industry: int
    sectors: tuple[str, ...]
    balance: bool
    series: tuple[str, ...]


def read_energy(panel: Panel) -> Energy:
    """Read a balance where the panel has one, otherwise final consumption by fuel.

    Raises
    ------
    ZhihengError
        M982 series that are missing, M987 a unit or fuel that cannot be converted, M988 a
        sector of the balance that is not known.
    """
    dotted = [s for s in panel.series if s.startswith(PREFIX) and s.count(".") == 2]
    if dotted:
        rows = [(name, *name.split(".")[1:]) for name in dotted]
        known = [s.sector for s in sectors()]
        strange = sorted({sector for _, sector, _ in rows if sector not in known})
        if strange:
            raise unknown_sector(strange, known)
        return _gather(panel, [(n, f, _only(s)) for n, s, f in rows], balance=True)
    wanted = {name: f"final_{name}" for name in uses()}
    missing = [series for series in wanted.values() if series not in panel.series]
    if missing:
        raise no_series(missing)
    return _gather(panel, [(n, f, uses()[f].spread) for f, n in wanted.items()], balance=False)


def _only(sector: str) -> tuple[float, ...]:
    return tuple(float(s == sector) for s in SECTORS)


def _gather(
    panel: Panel, rows: list[tuple[str, str, tuple[float, ...]]], *, balance: bool
) -> Energy:
    areas, years = len(panel.entities), len(panel.periods)
    energy = np.zeros((areas, years, len(SECTORS), len(CARRIERS)))
    carbon = np.zeros((areas, years, len(CARRIERS)))
    for series, fuel, spread in rows:
        if fuel not in uses():
            raise foreign_unit(series, panel.units[series], list(uses()))
        tce, per_tce = _converted(panel, series, fuel)
        place = CARRIERS.index(uses()[fuel].carrier)
        energy[..., place] += tce[..., None] * np.array(spread)
        carbon[..., place] += tce * per_tce
    total = energy.sum(axis=2)
    series = tuple(sorted(series for series, _, _ in rows))
    direct = len(CARRIERS) - len(_CONVERTED)
    mean = carbon[..., :direct].sum((0, 1)) / np.maximum(total[..., :direct].sum((0, 1)), 1e-300)
    some = total[..., :direct] > 0
    factor = np.where(some, carbon[..., :direct] / np.where(some, total[..., :direct], 1.0), mean)
    return described(total, energy[:, -1], factor, balance=balance, series=series)


def described(
    carriers: Array, start: Array, factor: Array, *, balance: bool, series: tuple[str, ...]
) -> Energy:
    """Energy with what the catalog knows of its sectors."""
    entries = {s.sector: s for s in sectors()}
    return Energy(
        carriers=carriers,
        start=start,
        factor=factor,
        efficiency=np.array(
            [[entries[s].efficiency(c) for c in CARRIERS] for s in SECTORS], dtype=np.float64
        ),
        branch=np.array(
            [("primary", "secondary", "tertiary").index(entries[s].branch) for s in SECTORS],
            dtype=np.intp,
        ),
        household=np.array([entries[s].household for s in SECTORS]),
        potential=np.array([entries[s].potential for s in SECTORS]),
        industry=SECTORS.index("industry"),
        sectors=SECTORS,
        balance=balance,
        series=series,
    )


def _converted(panel: Panel, series: str, fuel: str) -> tuple[Array, float]:
    """Values in tce, and t CO2 per tce (zero for electricity and heat)."""
    unit, values = panel.units[series], panel.array(series)
    per_tce = factor_constants()["tce"].value  # GJ
    known = {f.fuel: f for f in fuels()}
    gj = {"J": 1e-9, "kWh": factor_constants()["kwh"].value, "tce": per_tce}
    entry = known.get(fuel)
    if entry is not None and entry.unit == f"t_CO2/{unit}":
        gj[unit] = entry.ncv_gj / entry.per
    if unit not in gj:
        raise foreign_unit(series, unit, list(gj))
    carbon = 0.0 if entry is None else entry.value / (entry.ncv_gj / entry.per) * per_tce
    return values * gj[unit] / per_tce, carbon

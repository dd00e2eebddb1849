"""What `monitor` reads: a stream, who each device belongs to, and the factor of what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_names import carrier_id
from zhiheng.carbon.monitor_refusals import (
    address_in,
    missing_readings,
    negative_flows,
    refuse_sparse,
    runs_back,
    unfit,
)
from zhiheng.catalog.factors import factor_constants, grid_factor
from zhiheng.catalog.series import fuels
from zhiheng.catalog.units import unit_system
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.periods import label
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.kernels.readings import Flows, flows

Array = NDArray[np.float64]
Kind = Literal["flow", "register", "level"]
GapRule = Literal["refuse", "count"]

GRID, HEAT, MEASURED = "electricity", "heat", "co2"
BOUGHT = (GRID, HEAT)
"""Carriers whose emissions arise elsewhere: scope 2."""
HOLDERS = ("government", "firm", "household")


@dataclass(frozen=True, slots=True)
class Device:
    """One meter: its sector, what it counts, and who holds it."""

    entity: str
    sector: str
    carrier: str
    holder: str

    @property
    def scope(self) -> str:
        """``scope2`` for what is bought as electricity or heat, ``scope1`` otherwise."""
        return "scope2" if self.carrier in BOUGHT else "scope1"


@dataclass(frozen=True, slots=True)
class Factor:
    """Tonnes of CO2 per unit of a reading, in each calendar year, with source and status."""

    carrier: str
    unit: str
    by_year: Mapping[int, float]
    sources: Mapping[int, str]
    statuses: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Stream:
    """Readings with their calendar.

    Attributes
    ----------
    panel : Panel
        Devices sorted by name.
    own : tuple of str
        The series that each device's readings stand in.
    values : ndarray, shape (devices, periods)
        What was read; a register's flows for ``register``.
    raw : ndarray, same shape
        The readings themselves.
    starts : list of datetime
        Local start of every period.
    year, month, day : ndarray of int, shape (periods,)
        Local calendar: year, months since year 0, days since 1970.
    """

    panel: Panel
    own: tuple[str, ...]
    kind: Kind
    values: Array
    raw: Array
    booked: Flows | None
    year: NDArray[np.int64]
    month: NDArray[np.int64]
    day: NDArray[np.int64]
    devices: tuple[Device, ...]

    def unit(self, e: int) -> str:
        """The unit of a device's readings."""
        return self.panel.units[self.own[e]]

    def when(self, place: int) -> str:
        """The label of a period."""
        return label(self.panel.frequency, self.panel.periods[0] + place)


def read_stream(
    panel: Panel,
    series: str | None,
    devices: Mapping[str, str],
    *,
    kind: Kind,
    utc_offset: float,
    gaps: GapRule,
) -> Stream:
    """Read one series of a panel as a stream without holes in time.

    Raises
    ------
    ZhihengError
        M800 gaps, M936 a negative flow, M950 devices, M951 a register that runs back, M952
        a frequency or unit that does not fit.
    """
    if panel.frequency not in ("M", "D", "H"):
        raise unfit(
            Text("要月、日或小时的读数。", "Readings by month, day or hour are needed."),
            [{"frequency": panel.frequency}],
        )
    ordered = panel.select(entities=sorted(panel.entities), series=[series] if series else None)
    known = _devices(ordered, devices)
    own = _own_series(ordered)
    listed = np.stack([ordered.array(n)[e] for e, n in enumerate(own)])
    raw = _dense(ordered, listed)
    refuse_sparse(ordered, raw)
    if gaps == "refuse" and not np.isfinite(raw).all():
        raise missing_readings(ordered, own, listed)
    booked = flows(raw) if kind == "register" else None
    if booked is not None and booked.back.any():
        raise runs_back(ordered, own, raw, booked)
    values = raw if booked is None else booked.flow
    if kind == "flow" and (listed < 0).any():
        raise negative_flows(ordered, own, listed)
    year, month, day = _calendar(ordered, utc_offset)
    return Stream(ordered, own, kind, values, raw, booked, year, month, day, known)


def _own_series(panel: Panel) -> tuple[str, ...]:
    """The one series in which each device has readings."""
    some = np.asarray(np.isfinite(panel.values).any(axis=1), dtype=np.bool_)
    wrong: list[Row] = [
        {"device": e, "series": ", ".join(n for n, s in zip(panel.series, row, strict=True) if s)}
        for e, row in zip(panel.entities, some, strict=True)
        if row.sum() != 1
    ]
    if wrong:
        raise ZhihengError(
            "M950",
            Text(
                "有 {n} 个设备的读数不在唯一的一个序列里。",
                "{n} devices have no series of readings, or several.",
            ).format(n=len(wrong)),
            evidence=wrong,
            fix=Text(
                "用 series= 指明看哪一个；没有读数的设备去掉。",
                "Name the one with series=; leave out devices without readings.",
            ),
        )
    return tuple(panel.series[i] for i in some.argmax(axis=1))


def _dense(panel: Panel, values: Array) -> Array:
    """Every period from the first to the last; those the panel does not list are missing."""
    first, last = panel.periods[0], panel.periods[-1]
    out = np.full((len(panel.entities), last - first + 1), np.nan)
    out[:, np.array(panel.periods) - first] = values
    return out


def _calendar(panel: Panel, utc_offset: float) -> tuple[NDArray[np.int64], ...]:
    ordinals = np.arange(panel.periods[0], panel.periods[-1] + 1)
    if panel.frequency == "M":
        day = np.array([(datetime(o // 12, o % 12 + 1, 1, tzinfo=UTC) - _EPOCH).days
                        for o in ordinals.tolist()], dtype=np.int64)  # fmt: skip
    elif panel.frequency == "D":
        day = ordinals.astype(np.int64)
    else:
        day = np.floor((ordinals + utc_offset) / 24).astype(np.int64)
    dates = day.astype("datetime64[D]")
    month = dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return month // 12, month, day


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def opening(stream: Stream, place: int) -> bool:
    """Whether a period is the first one of its year (the first day of it, for hours)."""
    year = int(stream.year[place])
    if stream.panel.frequency == "M":
        return int(stream.month[place]) == year * 12
    return int(stream.day[place]) == (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).days


def days_of_year(year: int) -> int:
    """365 or 366."""
    return (datetime(year + 1, 1, 1, tzinfo=UTC) - datetime(year, 1, 1, tzinfo=UTC)) // timedelta(1)


def _devices(panel: Panel, written: Mapping[str, str]) -> tuple[Device, ...]:
    """``sector/carrier`` or ``sector/carrier/holder`` of every device."""
    wrong: list[Row] = [
        {"device": k, "known": ", ".join(panel.entities[:8])}
        for k in written
        if k not in panel.entities
    ]
    out: list[Device] = []
    for entity in panel.entities:
        parts = [p.strip() for p in str(written.get(entity, "")).split("/")]
        if (
            len(parts) not in (2, 3)
            or not all(parts)
            or (len(parts) == 3 and parts[2] not in HOLDERS)
        ):
            wrong.append({"device": entity, "written": written.get(entity, "")})
            continue
        holder = parts[2] if len(parts) == 3 else "firm"
        out.append(Device(entity, parts[0], _carrier(parts[1]), holder))
    if wrong:
        raise ZhihengError(
            "M950",
            Text("有 {n} 个设备没有说清归属。", "{n} devices are not said to belong.").format(
                n=len(wrong)
            ),
            evidence=wrong,
            fix=Text(
                "每个设备写成“部门/能源”或“部门/能源/持有者”，"
                "持有者为 government、firm 或 household，如 m1=industry/natural_gas/firm。",
                "Write sector/carrier or sector/carrier/holder for each device; the holder is "
                "government, firm or household: m1=industry/natural_gas/firm.",
            ),
        )
    return tuple(out)


def _carrier(written: str) -> str:
    return MEASURED if written == MEASURED else carrier_id(written)


def read_factors_of(
    stream: Stream, *, grid: float | None, grid_source: str, grid_area: str, grid_year: int | None
) -> tuple[Factor, ...]:
    """The factor of every device, from the catalog or from the option `grid`.

    Raises
    ------
    ZhihengError
        C440–C444 no factor, or none that is valid in the years of the data; M950 a carrier
        that is not known, M952 a unit that is not the factor's.
    """
    years = sorted(set(stream.year.tolist()))
    known = {f.fuel: f for f in fuels()}
    out: dict[str, Factor] = {}

    def same(carrier: str, unit: str, value: float, source: str, status: str) -> Factor:
        every = dict.fromkeys
        return Factor(
            carrier, unit, every(years, value), every(years, source), every(years, status)
        )

    for carrier in dict.fromkeys(d.carrier for d in stream.devices):
        if stream.kind == "level" or carrier == MEASURED:
            unit = "" if stream.kind == "level" else "t_CO2"
            out[carrier] = same(carrier, unit, 1.0, "", "measured")
        elif carrier == GRID and grid is not None:
            out[carrier] = same(carrier, "kWh", grid / 1000, grid_source, "given")
        elif carrier == GRID:
            rows = {y: grid_factor(grid_area, year=grid_year or y) for y in years}
            out[carrier] = Factor(
                carrier, "kWh", {y: r.value / 1000 for y, r in rows.items()},
                {y: r.source for y, r in rows.items()}, {y: r.status for y, r in rows.items()},
            )  # fmt: skip
        elif carrier == HEAT:
            row = factor_constants()["heat"]
            out[carrier] = same(carrier, "J", row.value / 1e9, row.source, row.status)
        elif carrier in known:
            fuel = known[carrier]
            unit = fuel.unit.removeprefix("t_CO2/")
            out[carrier] = same(carrier, unit, fuel.value, fuel.source, fuel.status)
        else:
            choices = [*known, GRID, HEAT, MEASURED]
            raise unknown_name("M950", carrier, choices, kind=Text("能源", "carrier"))
    _refuse_units(stream, out)
    return tuple(out[d.carrier] for d in stream.devices)


def _refuse_units(stream: Stream, factors: Mapping[str, Factor]) -> None:
    system = unit_system()
    wrong: list[Row] = []
    for e, device in enumerate(stream.devices):
        needed, unit = factors[device.carrier].unit, stream.unit(e)
        if needed and (unit == UNSTATED or system.canonical(unit) != system.canonical(needed)):
            wrong.append({"device": device.entity, "carrier": device.carrier, "unit": unit,
                          "needed": needed})  # fmt: skip
    if wrong:
        what = Text("读数的单位不是因子的单位。", "Readings are not in the unit of the factor.")
        raise unfit(what, wrong)


def address(stream: Stream, e: int, t: int) -> str:
    """Where a reading of a stream was read, if that is recorded."""
    return address_in(stream.panel, stream.own[e], e, t)

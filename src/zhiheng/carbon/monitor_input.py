"""What `monitor` reads: a stream, who each device belongs to, and the factor of what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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
    """Tonnes of CO2 per unit of a reading, in each calendar year."""

    carrier: str
    unit: str
    by_year: Mapping[int, float]
    source: str
    status: str


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
        raise _unfit(
            Text("要月、日或小时的读数。", "Readings by month, day or hour are needed."),
            [{"frequency": panel.frequency}],
        )
    ordered = panel.select(entities=sorted(panel.entities), series=[series] if series else None)
    known = _devices(ordered, devices)
    own = _own_series(ordered)
    listed = np.stack([ordered.array(n)[e] for e, n in enumerate(own)])
    raw = _dense(ordered, listed)
    if gaps == "refuse" and not np.isfinite(raw).all():
        raise _gaps(ordered, own, listed)
    booked = flows(raw) if kind == "register" else None
    if booked is not None and booked.back.any():
        raise _runs_back(ordered, own, raw, booked)
    values = raw if booked is None else booked.flow
    if kind == "flow" and (listed < 0).any():
        raise _negative(ordered, own, listed)
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
        parts = [p.strip() for p in written.get(entity, "").split("/")]
        if (
            len(parts) not in (2, 3)
            or not all(parts)
            or (len(parts) == 3 and parts[2] not in HOLDERS)
        ):
            wrong.append({"device": entity, "written": written.get(entity, "")})
            continue
        out.append(Device(entity, parts[0], parts[1], parts[2] if len(parts) == 3 else "firm"))
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
    for carrier in dict.fromkeys(d.carrier for d in stream.devices):
        if stream.kind == "level" or carrier == MEASURED:
            unit = "" if stream.kind == "level" else "t_CO2"
            out[carrier] = Factor(carrier, unit, dict.fromkeys(years, 1.0), "", "measured")
        elif carrier == GRID and grid is not None:
            out[carrier] = Factor(carrier, "kWh", dict.fromkeys(years, grid / 1000), grid_source,
                                  "given")  # fmt: skip
        elif carrier == GRID:
            rows = {y: grid_factor(grid_area, year=grid_year or y) for y in years}
            out[carrier] = Factor(carrier, "kWh", {y: r.value / 1000 for y, r in rows.items()},
                                  "; ".join(dict.fromkeys(r.source for r in rows.values())),
                                  rows[years[-1]].status)  # fmt: skip
        elif carrier == HEAT:
            row = factor_constants()["heat"]
            out[carrier] = Factor(carrier, "J", dict.fromkeys(years, row.value / 1e9), row.source,
                                  row.status)  # fmt: skip
        elif carrier in known:
            fuel = known[carrier]
            unit, value = fuel.unit.removeprefix("t_CO2/"), dict.fromkeys(years, fuel.value)
            out[carrier] = Factor(carrier, unit, value, fuel.source, fuel.status)
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
        raise _unfit(what, wrong)


def _unfit(what: Text, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M952",
        what,
        evidence=rows,
        fix=Text(
            "气以立方米、固体与油以吨、电以千瓦时、热以焦耳计，频率为月、日或小时。",
            "Give gas in m^3, solids and oil in t, electricity in kWh, heat in J, by month, day or "
            "hour.",
        ),
    )


def _address(panel: Panel, name: str, e: int, t: int) -> str:
    """Where a reading was read, if that is recorded."""
    period = panel.periods[0] + t
    if period not in panel.periods:
        return ""
    row = int(panel.origin[e, panel.periods.index(period), panel.series.index(name)])
    return f"{panel.origins[row].file}!{panel.origins[row].cell}" if row >= 0 else ""


def address(stream: Stream, e: int, t: int) -> str:
    """Where a reading of a stream was read, if that is recorded."""
    return _address(stream.panel, stream.own[e], e, t)


def _runs_back(panel: Panel, own: tuple[str, ...], raw: Array, booked: Flows) -> ZhihengError:
    rows: list[Row] = []
    for e, t in zip(*np.nonzero(booked.back), strict=True):
        b = int(booked.before[e, t])
        rows.append(
            {
                "device": panel.entities[e],
                "before": label(panel.frequency, panel.periods[0] + b),
                "reading before": float(raw[e, b]),
                "cell before": _address(panel, own[e], int(e), b),
                "after": label(panel.frequency, panel.periods[0] + int(t)),
                "reading after": float(raw[e, t]),
                "cell after": _address(panel, own[e], int(e), int(t)),
            }
        )
    return ZhihengError(
        "M951",
        Text(
            "有 {n} 处表底数倒退：后一次读数小于前一次。",
            "Registers run back in {n} places: a later reading is below an earlier one.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "查清是换表、清零还是时间错了；换表则把新表作为另一个设备。",
            "Find out whether the meter was replaced, reset or its clock set back; a new meter is "
            "another device.",
        ),
    )


def _gaps(panel: Panel, own: tuple[str, ...], listed: Array) -> ZhihengError:
    rows: list[Row] = [
        {
            "device": panel.entities[e],
            "when": label(panel.frequency, panel.periods[t]),
            "series": own[e],
        }
        for e, t in zip(*np.nonzero(~np.isfinite(listed)), strict=True)
    ]
    if not rows:  # whole periods are not in the panel
        ends = panel.periods[0], panel.periods[-1]
        rows = [
            {
                "first": ends[0],
                "last": ends[1],
                "missing": ends[1] - ends[0] + 1 - len(panel.periods),
            }
        ]
    return ZhihengError(
        "M800",
        Text("{n} 个读数缺失。", "{n} readings are missing.").format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "补上读数；或写明 gaps=count：缺的不计入账，另行列出并在年度估计里单独推算。",
            "Supply them; or say gaps=count: they are left out of the accounts, listed, and "
            "estimated apart in the nowcast of the year.",
        ),
    )


def _negative(panel: Panel, own: tuple[str, ...], listed: Array) -> ZhihengError:
    first = panel.periods[0]
    rows: list[Row] = [
        {
            "device": panel.entities[e],
            "when": label(panel.frequency, panel.periods[t]),
            "value": float(listed[e, t]),
            "cell": _address(panel, own[e], int(e), panel.periods[t] - first),
        }
        for e, t in zip(*np.nonzero(listed < 0), strict=True)
    ]
    return ZhihengError(
        "M936",
        Text("有 {n} 个读数为负。", "{n} readings are negative.").format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "流量不能为负：查表的方向；上网电量作为另一个设备。",
            "A flow is not negative: check the direction of the meter; power fed in is a device "
            "of its own.",
        ),
    )

"""Refusals of `monitor`, with the cells that they are about."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.periods import label
from zhiheng.core.text import Text
from zhiheng.kernels.readings import Flows, usual_spacing

Array = NDArray[np.float64]


def refuse_sparse(panel: Panel, raw: Array) -> None:
    """Daily readings in an hourly panel would look like a stream with 96 % of it missing."""
    apart = usual_spacing(raw)
    rows: list[Row] = [
        {"device": e, "periods between readings": int(k), "frequency": panel.frequency}
        for e, k in zip(panel.entities, apart.tolist(), strict=True)
        if k > 1
    ]
    if rows:
        raise ZhihengError(
            "M952",
            Text(
                "有 {n} 个设备的读数比数据的频率稀。",
                "{n} devices are read less often than the frequency of the data.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "按读数的间隔读入：每天一读用 frequency=D；间隔不同的设备分开看。",
                "Read the file at the interval of its readings: frequency=D for one a day; look at "
                "devices of other intervals apart.",
            ),
        )


def refuse_finer(by: str, frequency: str) -> None:
    """Accounts by hour cannot come from daily readings (M952)."""
    order, spoken = ["H", "D", "M"], ["hour", "day", "month"]
    own = order.index(frequency)
    if by in spoken[:own]:
        raise ZhihengError(
            "M952",
            Text("账目的时段比读数的频率细。", "Accounts are finer than the readings."),
            evidence=[{"by": by, "frequency": frequency}],
            fix=Text("用 by={b} 或更粗的时段。", "Say by={b} or a longer period.").format(
                b=spoken[own]
            ),
        )


def unfit(what: Text, rows: list[Row]) -> ZhihengError:
    """Readings that do not fit the factor or the method (M952)."""
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


def address_in(panel: Panel, name: str, e: int, t: int) -> str:
    """Where a reading was read, if that is recorded."""
    period = panel.periods[0] + t
    if period not in panel.periods:
        return ""
    row = int(panel.origin[e, panel.periods.index(period), panel.series.index(name)])
    return f"{panel.origins[row].file}!{panel.origins[row].cell}" if row >= 0 else ""


def runs_back(panel: Panel, own: tuple[str, ...], raw: Array, booked: Flows) -> ZhihengError:
    """A counter that falls, with both readings (M951)."""
    rows: list[Row] = []
    for e, t in zip(*np.nonzero(booked.back), strict=True):
        b = int(booked.before[e, t])
        rows.append(
            {
                "device": panel.entities[e],
                "before": label(panel.frequency, panel.periods[0] + b),
                "reading before": float(raw[e, b]),
                "cell before": address_in(panel, own[e], int(e), b),
                "after": label(panel.frequency, panel.periods[0] + int(t)),
                "reading after": float(raw[e, t]),
                "cell after": address_in(panel, own[e], int(e), int(t)),
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


def missing_readings(panel: Panel, own: tuple[str, ...], listed: Array) -> ZhihengError:
    """Readings that are missing (M800)."""
    rows: list[Row] = [
        {
            "device": panel.entities[e],
            "when": label(panel.frequency, panel.periods[t]),
            "series": own[e],
        }
        for e, t in zip(*np.nonzero(~np.isfinite(listed)), strict=True)
    ]
    count = len(rows)
    for before, after in pairwise(panel.periods):  # whole periods that the panel leaves out
        if after - before > 1:
            rows.append(
                {
                    "device": ", ".join(panel.entities),
                    "when": label(panel.frequency, before + 1),
                    "until": label(panel.frequency, after - 1),
                    "missing": after - before - 1,
                }
            )
            count += (after - before - 1) * len(panel.entities)
    return ZhihengError(
        "M800",
        Text("{n} 个读数缺失。", "{n} readings are missing.").format(n=count),
        evidence=rows,
        fix=Text(
            "补上读数；或写明 gaps=count：缺的不计入账，另行列出并在年度估计里单独推算。",
            "Supply them; or say gaps=count: they are left out of the accounts, listed, and "
            "estimated apart in the nowcast of the year.",
        ),
    )


def negative_flows(panel: Panel, own: tuple[str, ...], listed: Array) -> ZhihengError:
    """Flows below zero (M936)."""
    first = panel.periods[0]
    rows: list[Row] = [
        {
            "device": panel.entities[e],
            "when": label(panel.frequency, panel.periods[t]),
            "value": float(listed[e, t]),
            "cell": address_in(panel, own[e], int(e), panel.periods[t] - first),
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

"""What the simulator refuses, with the cells that show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text


def no_series(missing: Sequence[str]) -> ZhihengError:
    """M982: a series that the model cannot do without."""
    return ZhihengError(
        "M982",
        Text("缺少 {n} 个序列，模拟无从起步。", "{n} series are missing to start from.").format(
            n=len(missing)
        ),
        evidence=[{"series": name} for name in missing],
        fix=Text(
            "补上所列序列：省份要 va_* 与 final_*（或 energy.部门.燃料），"
            "经济体要 co2_* 与用电；不能用别的口径代替。",
            "Add those listed: provinces need va_* and final_* (or energy.SECTOR.FUEL), economies "
            "co2_* and electricity; another account cannot stand in.",
        ),
    )


def gaps_in(panel: Panel, names: Sequence[str], gap: NDArray[np.bool_]) -> ZhihengError:
    """M983: cells without a value, named one by one where the panel has the series."""
    inside = [n for n in names if n in panel.series]
    rows = [
        row
        for name in inside
        for row in panel.cells(np.isnan(panel.array(name))[:, :, None], series=[name])
    ]
    return ZhihengError(
        "M983",
        Text(
            "起始年或之前几年有 {n} 个地区年份的数据不全。",
            "Data of {n} region-years at the start or shortly before are incomplete.",
        ).format(n=int(gap.sum())),
        evidence=rows or panel.cells(gap),
        fix=Text(
            "换 start 或地区；或写明 gaps=drop，不完整的地区整个不参与并被列出。",
            "Choose another start or other regions; or say gaps=drop: incomplete regions are left "
            "out whole and listed.",
        ),
    )


def negative_values(
    panel: Panel, bad: NDArray[np.bool_], *, names: Sequence[str], unit: str = ""
) -> ZhihengError:
    """M984: negative energy, or people and output that are not positive; `bad` is [A, P, names]."""
    rows = panel.cells(bad, series=names)
    rows = rows or [{"series": name, "unit": panel.units[name], "wanted": unit} for name in names]
    return ZhihengError(
        "M984",
        Text(
            "能源、碳汇或过程排放为负（或缺失、单位不对），或人口、产出不为正。",
            "Energy, sinks or process emissions are negative, missing or in another unit, or "
            "people or output are not positive.",
        ),
        evidence=rows,
        fix=Text(
            "在来源里改正；碳汇写成正的吸收量。",
            "Mend the source; write sinks as positive removals.",
        ),
    )


def short_history(panel: Panel, year: int, years: Sequence[int]) -> ZhihengError:
    """M985: too few years before the start."""
    return ZhihengError(
        "M985",
        Text(
            "起始年 {y} 之前的年份不够，趋势无从估计。",
            "There are too few years before the start {y} to take a drift from.",
        ).format(y=year),
        evidence=[
            {
                "start": year,
                "years in use": ", ".join(map(str, years)) or "-",
                "panel": f"{panel.periods[0]}-{panel.periods[-1]}",
            }
        ],
        fix=Text(
            "窗口至少包括起始年和之前五年，并且不早于电网因子的第一年。",
            "Give the start and at least five years before it, none before the first grid factor.",
        ),
    )


def current_money(unit: str, wanted: str) -> ZhihengError:
    """M986: output that is not at the price level of the priors."""
    return ZhihengError(
        "M986",
        Text(
            "产出的单位是 {u}，不是 {w}：现价与可比价不能混用。",
            "Output is in {u}, not in {w}: current and constant prices do not mix.",
        ).format(u=unit, w=wanted),
        evidence=[{"series": "gdp_real", "unit": unit, "wanted": wanted}],
        fix=Text(
            "用平减后的 2020 年价产出作 gdp_real。",
            "Give output deflated to prices of 2020 as gdp_real.",
        ),
    )


def foreign_unit(series: str, unit: str, known: Sequence[str]) -> ZhihengError:
    """M987: energy in a unit, or of a fuel, that cannot be turned into coal equivalent."""
    return ZhihengError(
        "M987",
        Text("“{s}”不能折算成标准煤。", '"{s}" cannot be turned into coal equivalent.').format(
            s=series
        ),
        evidence=[{"series": series, "unit": unit, "known": ", ".join(known)}],
        fix=Text(
            "改用已知的燃料名与单位：tce、J、kWh，或该燃料热值的单位。",
            "Use a known fuel and unit: tce, J, kWh, or the unit of the fuel's heating value.",
        ),
    )


def unknown_sector(strange: Sequence[str], known: Sequence[str]) -> ZhihengError:
    """M988: a sector of the balance that the catalog does not describe."""
    return ZhihengError(
        "M988",
        Text("平衡表里有不认识的部门。", "The balance has sectors that are not known."),
        evidence=[{"sector": s, "known": ", ".join(known)} for s in strange],
        fix=Text(
            "先把部门归并到已知部门，再模拟。", "Merge sectors into the known ones, then simulate."
        ),
    )


def out_of_range(rows: Sequence[dict[str, object]]) -> ZhihengError:
    """M989: draws, horizon or threshold that cannot be used."""
    return ZhihengError(
        "M989",
        Text("选项超出范围。", "An option is out of range."),
        evidence=rows,
        fix=Text("改到所示范围之内。", "Bring it into the range shown."),
    )


def early_lever(lever: str, start: int, end: int | None, first: int, last: int) -> ZhihengError:
    """M990: a lever that acts before the first simulated year or after the horizon."""
    return ZhihengError(
        "M990",
        Text("杠杆的年份不在模拟期内。", "A lever acts outside of the simulated years."),
        evidence=[{"lever": lever, "start": start, "end": end, "first": first, "last": last}],
        fix=Text(
            "起年不早于第一个模拟年，且在终年之前。",
            "Start it no earlier than the first simulated year and before the horizon.",
        ),
    )


def open_sectors(
    panel: Panel, wrong: NDArray[np.bool_], gap: NDArray[np.float64], total: NDArray[np.float64]
) -> ZhihengError:
    """C459: the sectors of an economy do not add up to its total."""
    return ZhihengError(
        "C459",
        Text(
            "{n} 个经济体年份的分部门 CO2 与总量 co2 相差太大。",
            "In {n} economy-years CO2 by sector is too far from the total co2.",
        ).format(n=int(wrong.sum())),
        evidence=[
            {
                "entity": panel.entities[a],
                "period": panel.periods[t],
                "total_t_CO2": float(total[a, t]),
                "total_minus_sectors_t_CO2": float(gap[a, t]),
            }
            for a, t in np.argwhere(wrong)
        ],
        fix=Text(
            "各部门与总量取同一版本、同一口径（领土排放，不含土地利用）。",
            "Take sectors and total from one release and one boundary (territorial, without "
            "land use).",
        ),
    )

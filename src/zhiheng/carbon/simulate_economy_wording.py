"""What is said beside a simulation of economies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.carbon.simulate_economy import generation_factor, has_layout, heat_part, sink_years
from zhiheng.carbon.simulate_start import Start
from zhiheng.catalog.factors import factor_constants
from zhiheng.catalog.simulator import facts, priors
from zhiheng.core.result import Note
from zhiheng.core.text import Text

PRIMARY = "energy_use_per_capita"
HOME = "CHN"
"""The economy whose prices and costs the priors are."""
_FEW = 6
_GJ = 1e9


def boundary() -> Note:
    """The account that the paths are on."""
    return Note(
        Text(
            "口径：经济体的领土 CO2 总量，不含土地利用，与 EDGAR 一致：终端燃烧，"
            "加电力与热力行业（随用电用热计），加过程排放（工业过程、逸散与总量中未分部门的部分）。不与分省的"
            "终端能源消费口径相比或相加。总额是碳捕集之后、碳汇之前的数。",
            "Boundary: territorial CO2 of economies without land use, as in EDGAR: "
            "combustion in final use, power and heat plant (counted with the use of electricity "
            "and heat), and process emissions (industrial processes, fugitive CO2 and what the "
            "total holds beyond its sectors). Not to be compared with, or added to, the final-use "
            "account of provinces. Gross means after capture and before sinks.",
        )
    )


def data(start: Start) -> list[Note]:
    """What is observed, what is laid out, and what money means."""
    said = [_layout(start), _power(start), _sinks(start), _money(start), _priors()]
    return [*_known(start), *_later(start), *said]


def _known(start: Start) -> list[Note]:
    """Years after the start whose totals every draw passes through."""
    if not start.known.shape[1]:
        return []
    change = start.known[:, -1].sum(axis=-1) - start.levels[:, -1].sum(axis=-1)
    shown = _each(start, [f" {v:+.1%}" for v in np.expm1(change)])
    return [
        Note(
            Text(
                "起始年是 {s}（电力等明细到此为止）；人口、产出与排放总量已知到 {t}，"
                "每次抽样都经过这些观测值，不确定性从 {t} 年起算。{t} 年排放相对 {s} 年：{v}。",
                "The start is {s}, where detail such as electricity ends; population, output and "
                "total emissions are known up to {t}: every draw passes through them, and "
                "uncertainty begins in {t}. Emissions of {t} relative to {s}: {v}.",
            ).format(s=start.year, t=start.seen, v=shown),
        )
    ]


def _each(start: Start, said: Sequence[str]) -> Text:
    """The first economies by name, each with what is said of it."""
    named = [(start.panel.name(e), s) for e, s in zip(start.panel.entities, said, strict=True)]
    return Text(
        "；".join(f"{n.zh}{s}" for n, s in named[:_FEW]),
        "; ".join(f"{n.en}{s}" for n, s in named[:_FEW]),
    )


def _later(start: Start) -> list[Note]:
    """Years that are observed already and that the draws do not know."""
    if not start.later:
        return []
    first = dict(zip(start.panel.entities, start.history[:, -1], strict=True))
    late = start.later[:_FEW]
    name = start.panel.name
    shown = Text(
        "；".join(f"{name(e).zh} {y} 年 {v / first[e] - 1:+.1%}" for e, y, v in late),
        "; ".join(f"{name(e).en} {y}: {v / first[e] - 1:+.1%}" for e, y, v in late),
    )
    return [
        Note(
            Text(
                "{t} 年之后已有观测的总量没有用上（指定了起始年，或各经济体不齐）："
                "{v}（相对 {s} 年）。总量已升过的，早先达峰的抽样已被否定，达峰概率因此偏高。",
                "Totals observed after {t} are not used (a start was asked for, or not all "
                "economies have them): {v} (relative to {s}). Where a total has risen since, draws "
                "that peak before are refuted already, so that odds of a peak are too high.",
            ).format(s=start.year, t=start.seen, v=shown),
            level="caution",
            code="M991",
        )
    ]


def _layout(start: Start) -> Note:
    own = [e for e in start.panel.entities if has_layout(e)]
    text = Text(
        "分部门 CO2 是观测值，分燃料能耗不在数据里：按目录里各部门的燃料构成与原煤、柴油、天然气的"
        "排放因子折回能量（用自己的构成的经济体 {o} 个，用通用构成的 {g} 个），都只凭记忆，"
        "误差随机抽取，各部门 CO2 保持不变。部门内燃料构成的历史变化看不到。",
        "CO2 by sector is observed, energy by fuel is not in the data: energy is CO2 over the "
        "factors of raw coal, diesel and natural gas, by a catalogued mix of fuels in each sector "
        "(economies with a mix of their own: {o}, with the general one: {g}), all recalled, with "
        "drawn errors that keep the CO2 of each sector. Past changes of the mix within sectors are "
        "not seen.",
    ).format(o=len(own), g=len(start.panel.entities) - len(own))
    if PRIMARY in start.panel.series:
        supply = start.panel.array(PRIMARY)[:, -1] * start.state.population
        found = start.state.energy.sum(axis=(1, 2)) * factor_constants()["tce"].value * _GJ
        part = found / supply
        if np.isfinite(part).any():
            low, high = float(np.nanmin(part)), float(np.nanmax(part))
            text = Text(
                "{t}如此得到的终端能耗是一次能源供应的 {p}（供核对）。",
                "{t} Final energy so found is {p} of primary supply (a check).",
            ).format(t=text, p=f"{low:.0%}" if low == high else f"{low:.0%}–{high:.0%}")
    return Note(text, level="caution", code="M991")


def _power(start: Start) -> Note:
    made = generation_factor(start)
    clean = 1.0 - start.state.emission_factor[:, -2] / start.state.fossil_factor[:, 0]
    shown = _each(start, [f" {f:.3f} kg/kWh, {c:.0%}" for f, c in zip(made, clean, strict=True)])
    text = Text(
        "电网因子由电力行业 CO2 除以发电量（用电量除以一减线损）得到，"
        "非化石电力占比由煤电占比与煤电、气电的因子推得：{s}；与官方电网因子口径不同。",
        "The grid factor is the CO2 of the power industry over generation (use over one minus "
        "losses); the non-fossil part of power follows from the share of coal and the factors of "
        "coal and gas power: {s}. It is not an official grid factor.",
    ).format(s=shown)
    without = [e for e in start.panel.entities if heat_part(e) == 0.0]
    if not without:
        return Note(text)
    return Note(
        Text(
            "{t}{n} 个经济体没有供热部分的数据，电力与热力行业的 CO2 全部算给用电：集中供热多的地方"
            "电网因子偏高，电气化的效果偏小。",
            "{t} For {n} economies the part for heat is not known and all CO2 of power and heat "
            "plant is counted to electricity: where district heat is common the factor is too "
            "high and electrification looks too weak.",
        ).format(t=text, n=len(without)),
        level="caution",
        code="M991",
    )


def _sinks(start: Start) -> Note:
    years = sink_years(start.panel)
    none = [e for e, y in zip(start.panel.entities, years, strict=True) if y is None]
    early = [
        f"{e} {y}"
        for e, y in zip(start.panel.entities, years, strict=True)
        if y is not None and y != start.year
    ]
    sink = float(start.state.sink.sum())
    text = Text(
        "碳汇取土地利用的 CO2 净清除（合计每年 {s:.2f} 亿吨），没有不确定性可抽；净排放的是排放源，"
        "不在口径内，碳汇记零。",
        "Sinks are the net removals of CO2 by land use ({m:,.0f} million t a year in sum), without "
        "drawn uncertainty; where land is a source it is outside of the boundary and the sink is "
        "zero.",
    ).format(s=sink / 1e8, m=sink / 1e6)
    if early:
        text = Text(
            "{t}起始年没有数的取此前最近一年：{e}。",
            "{t} Without a value in the start year the last one before it is taken: {e}.",
        ).format(t=text, e=", ".join(early))
    if none:
        text = Text("{t}没有数而记零的：{n}。", "{t} None known, counted as zero: {n}.").format(
            t=text, n=", ".join(none)
        )
    if early or none:
        return Note(text, level="caution", code="M991")
    return Note(text)


def _money(start: Start) -> Note:
    rate = facts()["usd_2015"]
    text = Text(
        "杠杆、价格与收支都以 2020 年价人民币计；产出（2015 年美元）按 {r:.4g} 折算（汇率的来源"
        "见目录，平减指数取自数据），只影响产出、单位产出排放与研发投入的金额。",
        "Levers, prices and money are in yuan at prices of 2020; output (dollars of 2015) is "
        "converted at {r:.4g} (exchange rate as sourced in the catalog, deflator from the data), "
        "which moves output, emissions per output and the budget of research only.",
    ).format(r=rate.value)
    if set(start.panel.entities) <= {HOME}:
        return Note(text)
    return Note(
        Text(
            "{t}能源价格、成本与用户分担都是中国的先验：别的经济体的金额与杠杆强度只是量级。",
            "{t} Energy prices, costs and who pays are priors of China: for other economies money "
            "and the strength of levers are orders of magnitude.",
        ).format(t=text),
        level="caution",
        code="M991",
    )


def _priors() -> Note:
    recalled = [p for p in priors().values() if p.status == "recalled"]
    return Note(
        Text(
            "{n} 个先验里 {r} 个只是记忆所及、未核对来源。",
            "{r} of {n} priors are recalled, not checked against a source.",
        ).format(n=len(priors()), r=len(recalled)),
        level="caution",
        code="M991",
    )

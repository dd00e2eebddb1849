"""What is said beside a simulation, and its figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.carbon import simulate_economy_wording as economies
from zhiheng.carbon.simulate_draws import HINDCAST, Case
from zhiheng.carbon.simulate_tables import MARKED, TOTAL, Named
from zhiheng.catalog.levers import Scenario, Schedule, levers
from zhiheng.catalog.peaking import peaking
from zhiheng.catalog.simulator import facts, priors, uses
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.simulator_outlook import REACH
from zhiheng.kernels.simulator_records import Paths


def record(case: Case) -> Text:
    """The hindcast in one line, printed beside every fan."""
    found = case.countries.skill
    place = case.countries.entities.index("CHN")
    return Text(
        "按 {n} 个国家校准；回测 {h} 年：ln 排放平均绝对误差 {o:.3f}（半漂移 {d:.3f}，不变 "
        "{c:.3f}），"
        "九成区间实际覆盖 {k:.0%}；中国一国误差 {cn:.3f}（半漂移 {cd:.3f}）",
        "Calibrated on {n} countries; hindcast {h} years on: mean absolute error of ln emissions "
        "{o:.3f} (half drift {d:.3f}, no change {c:.3f}), nine-tenths intervals covered {k:.0%}; "
        "China alone {cn:.3f} (half drift {cd:.3f})",
    ).format(
        n=len(case.countries.entities),
        h=HINDCAST,
        o=float(found.mae["outlook"][-1]),
        d=float(found.mae["half_drift"][-1]),
        c=float(found.mae["constant"][-1]),
        k=float(found.coverage[1].mean()),
        cn=float(found.by_entity["outlook"][place]),
        cd=float(found.by_entity["half_drift"][place]),
    )


def notes(
    case: Case,
    paths: Paths,
    odds: Table,
    used: Sequence[Schedule],
    asked: Scenario | None,
    neutral: float,
) -> list[Note]:
    """Boundary, record, odds, and what to mind."""
    account = economies.boundary() if case.start.territorial else _boundary(case)
    out = [account, Note(record(case)), _odds(case, odds, neutral), _fan(case)]
    out += _skill(case)
    out += economies.data(case.start) if case.start.territorial else _data(case)
    out += _left_out(case)
    if asked is not None:
        out.append(
            Note(
                Text("情景“{t}”（{c}）：{n}", "Scenario “{t}” ({c}): {n}").format(
                    t=asked.title, c=" < ".join(asked.chain), n=asked.note
                )
            )
        )
    out += _levers(case, paths, used)
    return out


def _boundary(case: Case) -> Note:
    process = (
        Text("加数据里的过程排放", "plus the process emissions of the panel")
        if case.start.own_process
        else Text("不含工业过程排放（数据里没有）", "without process emissions (not in the panel)")
    )
    return Note(
        Text(
            "口径：终端能源消费的燃烧排放，加外购电力与热力的排放，{p}；不是领土排放，也不与 EDGAR "
            "或 CEADs 总量相比。总额是碳捕集之后、碳汇之前的数。",
            "Boundary: combustion in final use plus bought electricity and heat, {p}; these are no "
            "territorial emissions and not to be compared with EDGAR or CEADs totals. Gross means "
            "after capture and before sinks.",
        ).format(p=process)
    )


def _odds(case: Case, odds: Table, neutral: float) -> Note:
    entity = str(odds.columns["entity"][0])
    said: list[float] = []
    for event, year in (("peak_by", MARKED[0]), ("neutral_in", MARKED[1])):
        at = min(max(year, case.years[0]), case.years[-1])
        row = odds.find(entity, event, at)
        said.append(float(odds.columns["probability"][row]))
    name = Text(str(odds.columns["name_zh"][0]), str(odds.columns["name_en"][0]))
    return Note(
        Text(
            "{e}：不晚于 {a} 年达峰的概率 {p:.1%}（到 {z} 年的整条路径上最高一年不晚于它，"
            "并列取先），"
            "{b} 年{m}的概率 {q:.1%}。",
            "{e}: probability of a peak by {a} {p:.1%} (the highest year of the whole path to {z} "
            "is no later; of equal ones the first), of {m} in {b} {q:.1%}.",
        ).format(
            e=name, a=min(MARKED[0], case.years[-1]), b=min(MARKED[1], case.years[-1]),
            z=case.years[-1], p=said[0], q=said[1], m=_neutral(neutral),
        )
    )  # fmt: skip


def _neutral(part: float) -> Text:
    """What counts as neutral."""
    if part == 0.0:
        return Text("净排放归零", "net zero emissions")
    return Text(
        "净排放不高于起始排放 {m:.0%} ", "net emissions at or below {m:.0%} of the start"
    ).format(m=part)


def _fan(case: Case) -> Note:
    ahead = case.years[-1] - case.start.seen
    reach = case.countries.pool.errors.reach
    far = Text(
        "{r} 年以后的宽度由前面的增长外推。",
        "Beyond {r} years the width is extrapolated from its growth before.",
    ).format(r=min(reach, REACH))
    text = Text(
        "无杠杆的路径是衰减并收缩的惯性（人口、人均产出、单位产出排放各自衰减），不含任何新政策；"
        "宽度取各国往期误差的合并分位数。产业、能源品种与电源的细节在每次抽样里配平到这条路径。",
        "Without levers paths are damped and shrunk inertia of population, output per head and "
        "emissions per output, with no new policy; their width is that of the pooled past errors "
        "of countries. Detail of sectors, carriers and plant is scaled to that path in every draw.",
    )
    if len(case.start.panel.entities) > 1:
        joint = Text(
            "各地区共用一部分冲击，使合计的不确定性与其自身历史相称；"
            "某地区单独模拟时抽样不同，各年宽度不变。",
            "Regions share a part of their shocks, so that their sum is as uncertain as its own "
            "history; a region simulated alone has other draws of the same width in every year.",
        )
        text = Text("{t}{j}", "{t} {j}").format(t=text, j=joint)
    if ahead > reach:
        text = Text("{t}{f}", "{t} {f}").format(t=text, f=far)
    return Note(text, level="caution" if ahead > reach else "note", code="M991")


def _skill(case: Case) -> list[Note]:
    """Blocks the odds where the outlook fails its own acceptance test in this run."""
    found, gates = case.countries.skill, peaking().gates
    worse = float(found.mae["outlook"][-1] - found.mae["half_drift"][-1])
    covered = float(found.coverage[1].mean())
    low, high = gates.coverage
    if worse <= gates.worse and low <= covered <= high:
        return []
    return [
        Note(
            Text(
                "回测没有通过：误差比半漂移大 {w:+.3f}，九成区间覆盖 {c:.0%}；"
                "概率不能作为结论的依据。",
                "The hindcast fails: error over half drift {w:+.3f}, nine-tenths coverage {c:.0%}; "
                "no claim may rest on the odds.",
            ).format(w=worse, c=covered),
            level="blocks",
            code="M992",
        )
    ]


def _data(case: Case) -> list[Note]:
    start = case.start
    out: list[Note] = []
    if not start.energy.balance:
        out.append(
            Note(
                Text(
                    "分省分部门能耗没有公布：各燃料按目录里的全国份额分到部门（{n} 种燃料，"
                    "其中 {r} 种凭记忆），"
                    "误差随机抽取，各燃料总量不变。给出 energy.部门.燃料 序列即按其所给。",
                    "Use by sector is not published by province: fuels are spread by catalogued "
                    "national shares ({n} fuels, {r} of them recalled) with drawn errors, totals "
                    "of fuels kept. Series energy.SECTOR.FUEL are used as they are.",
                ).format(n=len(uses()), r=sum(u.status == "recalled" for u in uses().values())),
                level="caution",
                code="M991",
            )
        )
    recalled = [p.id for p in priors().values() if p.status == "recalled"]
    out.append(
        Note(
            Text(
                "{n} 个先验里 {r} 个只是记忆所及或判断，未核对来源；"
                "{a} 至 {b} 年之间未公布的电网因子按等速内插，只用于估计近年趋势。",
                "{r} of {n} priors are recalled or judged, not checked against a source; "
                "unpublished grid factors between {a} and {b} are interpolated at constant growth, "
                "for recent drifts only.",
            ).format(n=len(priors()), r=len(recalled), a=start.first, b=start.year),
            level="caution",
            code="M991",
        )
    )
    if not start.own_sink:
        sink = facts()["sink_national"].value
        out.append(
            Note(
                Text(
                    "碳汇取全国森林生物量清查值每年 {s:.2f} 亿吨 CO2 并抽取其不确定性，"
                    "按起始排放分摊到地区（同等努力口径）：各省自己的碳汇没有公布。",
                    "Sinks are the national inventory of forest biomass, {m:,.0f} million t CO2 a "
                    "year with drawn uncertainty, apportioned to emissions at the start (equal "
                    "effort): removals by province are not published.",
                ).format(s=sink / 1e8, m=sink / 1e6)
            )
        )
    out.append(
        Note(
            Text(
                "2022 年全国能源消费中煤炭占 {c:.1%}、非化石占 {n:.1%}（一次能源口径，仅供对照）。",
                "In 2022 coal was {c:.1%} and non-fossil energy {n:.1%} of China's energy "
                "consumption (primary energy, for comparison only).",
            ).format(c=facts()["coal_share"].value, n=facts()["non_fossil_share"].value)
        )
    )
    return out


def _left_out(case: Case) -> list[Note]:
    start = case.start
    if not start.left_out:
        return []
    return [
        Note(
            Text(
                "按 gaps=drop，{n} 个不完整的地区没有参与：{s}。",
                "With gaps=drop, {n} incomplete regions take no part: {s}.",
            ).format(n=len(start.left_out), s=", ".join(start.left_out)),
            level="caution",
            code="M991",
        )
    ]


def _levers(case: Case, paths: Paths, used: Sequence[Schedule]) -> list[Note]:
    out: list[Note] = []
    for s in used:
        lever = levers()[s.lever]
        out.append(
            Note(
                Text("{t}：{q}。{n}。", "{t}: {q}. {n}.").format(
                    t=lever.title, q=lever.equation, n=_sentence(lever.note)
                ),
                level="caution" if lever.grade in ("weak", "assumed") else "note",
                code="M991" if lever.grade in ("weak", "assumed") else "",
            )
        )
        if lever.condition is not None:
            out.append(
                Note(Text("{t}：{c}。", "{t}: {c}.").format(t=lever.title, c=lever.condition))
            )
    if used:
        out += _risen(case, paths)
        higher = np.any(
            paths.net.sum(axis=1) > case.baseline.net.sum(axis=1) * (1 + 1e-12), axis=1
        ).mean()
        out.append(
            Note(
                Text(
                    "与无杠杆相比，{r:.0%} 的抽样里至少有一年净排放更高。"
                    "单个杠杆的效应是它独自实施时的，"
                    "彼此有重叠，相加不等于合计。成本以 2020 年价计，不贴现；"
                    "节能带来的支出减少计作收益，"
                    "因涨价而放弃的用能按需求曲线下的面积计作损失。",
                    "In {r:.0%} of draws net emissions are higher than without levers in at least "
                    "one year. Effects of levers are those of each alone; they overlap and do not "
                    "add up. Costs are in prices of 2020 and not discounted; energy "
                    "saved counts as a gain, energy forgone because of prices as a loss, by the "
                    "area under the demand curve.",
                ).format(r=float(higher))
            )
        )
    return out


def _sentence(text: Text) -> Text:
    return Text(text.zh, text.en[0].upper() + text.en[1:])


def _risen(case: Case, paths: Paths) -> list[Note]:
    """Regions whose last year has higher net emissions with levers in most draws."""
    worse = (paths.net[..., -1] > case.baseline.net[..., -1] * (1 + 1e-12)).mean(axis=0) > 0.5
    panel = case.start.panel
    names = [panel.name(e) for e, w in zip(panel.entities, worse, strict=True) if w]
    if not names:
        return []
    return [
        Note(
            Text(
                "{n} 个地区在多数抽样里终年净排放反而更高：{s}。",
                "In {n} regions net emissions of the last year are higher with levers in most "
                "draws: {s}.",
            ).format(
                n=len(names),
                s=Text("、".join(n.zh for n in names), ", ".join(n.en for n in names)),
            ),
            level="caution",
            code="M991",
        )
    ]


def figures(case: Case, who: Named, shown: int, *, levered: bool) -> tuple[Figure, ...]:
    """Fan, odds, board of levers, wedge, money."""
    summed = TOTAL in who.entities
    subject = Text("各地区合计", "sum of the regions") if summed else who.names[0]
    if not summed and shown > 1:
        subject = Text("排放最大的 {n} 个地区", "the {n} largest regions").format(n=shown)
    out = [
        Figure(
            "fan",
            "fan",
            "fan",
            Text("排放路径：{s}，{l}", "Paths of emissions: {s}, {l}").format(
                s=subject,
                l=Text("有无杠杆", "with and without levers")
                if levered
                else Text("不加杠杆", "without levers"),
            ),
            Text(
                "中线、五成区间与九成区间；虚线是 2030 与 2060 年。{r}。",
                "Middle, one-half and nine-tenths intervals; dashed lines mark 2030 and 2060. {r}.",
            ).format(r=record(case)),
            {
                "x": "period", "low": "low", "inner_low": "inner_low", "middle": "middle",
                "inner_high": "inner_high", "high": "high", "observed": "past",
                "rule": "marked", "colour": "scenario", "panel": "entity",
            },
        ),
        Figure(
            "levers",
            "lever_board",
            "levers",
            Text("杠杆一览", "Board of levers"),
            Text(
                "每行一个杠杆：所设水平在其范围内的位置、独自实施时到终年的累计净排放变化、证据等级。",
                "One lever a row: its level within its range, the change of cumulative net "
                "emissions when it acts alone, and the grade of evidence.",
            ),
            {
                "label": "lever", "level": "level_set", "low": "lever_low",
                "high": "lever_high", "effect": "effect_alone", "grade": "evidence",
                "effect_unit": "t_CO2", "effect_title": "effect_alone",
            },
        ),
    ]  # fmt: skip
    if levered:
        out.append(
            Figure(
                "wedge",
                "wedge",
                "wedge",
                Text("从无杠杆到有杠杆：谁减了多少", "From no lever to all: who takes off what"),
                Text(
                    "净排放的均值；各杠杆独自实施的减量有重叠，重叠按大小分摊，使各块恰好填满两条路径之间。",
                    "Mean net emissions; what levers take off alone overlaps, and the overlap is "
                    "shared in proportion, so that the areas fill the distance exactly.",
                ),
                {"x": "period", "value": "value", "colour": "part_of_path"},
            )
        )
    return tuple(out)

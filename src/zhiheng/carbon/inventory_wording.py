"""What is said beside an inventory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.carbon.inventory_checks import TRANSFORMATION
from zhiheng.carbon.inventory_factors import Choices, Emission, Used
from zhiheng.carbon.inventory_input import Line
from zhiheng.carbon.inventory_tables import factor_name
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.periods import label
from zhiheng.core.result import Note
from zhiheng.core.text import LANGS, Text
from zhiheng.kernels.inventory import Balance

DIFFERENCE = 0.05
"""Above this share of supply, a statistical difference is remarked upon."""

_MOST = 8


def notes(
    panel: Panel,
    found: Sequence[Emission],
    used: Used,
    how: Choices,
    *,
    left_out: Sequence[str],
    lines: Sequence[Line],
    own: tuple[Sequence[str], Sequence[str]],
) -> list[Note]:
    """Rules that applied and what to mind."""
    out = [_how(how), _scopes(found, how)]
    if left_out:
        out.append(_note("M930", _LEFT_OUT, series=_titles(panel, left_out)))
    if used.uncounted:
        out.append(_note("M931", _UNCOUNTED, series=_titles(panel, used.uncounted)))
    if used.spare:
        caution = how.indirect == "market"
        out.append(_note("", _SPARE, series=_titles(panel, used.spare), caution=caution))
    out += [
        _note("", text, series=_titles(panel, names), caution=text is _UNUSED)
        for text, names in zip((_OWN, _UNUSED), own, strict=True)
        if names
    ]
    out += _rows(panel, used, lines)
    out += _factors(used)
    if how.level != "region" and _generates(lines):
        out.append(Note(_OWN_POWER, level="caution"))
    if any(one.scope == "land" for one in found):
        out.append(Note(_LAND))
    if any(one.scope == "biogenic" for one in found):
        out.append(Note(_BIOGENIC))
    return out


def _rows(panel: Panel, used: Used, lines: Sequence[Line]) -> list[Note]:
    """What was deducted, and the rows that only serve as checks."""
    out: list[Note] = []
    deducted = {part for part, _ in used.netted}
    if deducted:
        pairs = [
            Text("{w}（减去{p}）", "{w} less {p}").format(w=panel.title(whole), p=panel.title(part))
            for part, whole in used.netted
        ]
        out.append(_note("", _NETTED, series=pairs))
    whole = [x.series for x in lines if x.sector == TRANSFORMATION and x.series in deducted]
    if whole:
        out.append(_note("", _POWER_TOO, series=_titles(panel, whole), caution=True))
    aside = [x.series for x in lines if not x.counted and x.kind not in ("other", "aggregate")]
    aside = [s for s in aside if s not in deducted]
    if aside:
        out.append(_note("", _ASIDE, series=_titles(panel, aside)))
    return out


def _generates(lines: Sequence[Line]) -> bool:
    """Whether fuel is burnt for power or heat beside power or heat that is bought."""
    fuel = any(x.kind == "fuel" and x.role == "plant" for x in lines)
    return fuel and any(x.kind in ("electricity", "heat") for x in lines)


def uncertainty_notes(
    found: Sequence[Emission], used: Used, *, activity: float | None
) -> list[Note]:
    """Which intervals are not in the half-width."""
    out: list[Note] = []
    names = {r.id: factor_name(r) for r in used.rows.values()}
    bare = {one.factor for one in found if np.isnan(one.width) and one.scope in "12"}
    unknown = [names.get(f, Text.same(f)) for f in sorted(bare - {""})]
    if activity is None:
        out.append(
            Note(
                Text(
                    "半宽只含因子的不确定性，活动数据按准确值对待；"
                    "有把握时用 activity_uncertainty 给出。",
                    "Half-widths hold the uncertainty of factors only, activities are taken as "
                    "exact; give activity_uncertainty where it is known.",
                ),
                code="M932",
            )
        )
    if unknown:
        out.append(_note("M932", _NO_WIDTH, series=unknown))
    return out


def balance_notes(panel: Panel, found: dict[str, tuple[Balance, str]]) -> list[Note]:
    """Carriers whose supply and use differ by more than a twentieth, where they do most."""
    open_: list[str] = []
    for carrier, (one, unit) in found.items():
        off = np.nan_to_num(np.abs(one.relative))
        e, p = np.unravel_index(int(off.argmax()), off.shape)
        if off[e, p] > DIFFERENCE:
            when = label(panel.frequency, panel.periods[p])
            open_.append(
                f"{carrier} {one.difference[e, p]:,.4g} {unit}, {off[e, p]:.1%} "
                f"({panel.entities[e]} {when})"
            )
    return [_note("M929", _OPEN, series=open_, caution=True)] if open_ else []


def flow_notes(panel: Panel, series: Sequence[str]) -> list[Note]:
    """Carriers that are not in the flows, because an entity lacks them."""
    return [_note("", _NO_FLOW, series=_titles(panel, series))] if series else []


def _titles(panel: Panel, series: Sequence[str]) -> list[Text]:
    return [panel.title(name) for name in series]


def _how(how: Choices) -> Note:
    sets = Text(*(
        ", ".join(
            f"{k}={v}" if k != "default" else option_word("fuel_factors", v)[lang]
            for k, v in how.factors.items()
        )
        for lang in LANGS
    ))  # fmt: skip
    return Note(
        Text(
            "排放 = 活动量 × 低位热值 × 含碳量 × 氧化率 × 44/12；燃料因子集：{s}；"
            "其他气体按 {g} 的百年增温潜势折算。",
            "Emission = activity × net calorific value × carbon content × oxidation × 44/12; set "
            "of fuel factors: {s}; other gases by the hundred-year potentials of {g}.",
        ).format(s=sets, g=how.gwp.upper())
    )


def _scopes(found: Sequence[Emission], how: Choices) -> Note:
    gases = ", ".join(dict.fromkeys(one.gas for one in found))
    return Note(
        Text(
            "层级：{l}；含气体：{g}；直接排放（范围一）与购入电力热力（范围二）分列，不相加；"
            "“各地区各期的排放”表里的半宽与区间是范围一的。",
            "Level: {l}; gases: {g}; direct emissions (scope 1) and purchased electricity and heat "
            "(scope 2) stand apart and are not added up; half-widths and intervals of emissions "
            "by entity and period are those of scope 1.",
        ).format(l=Text(*_LEVELS[how.level]), g=gases)
    )


def _factors(used: Used) -> list[Note]:
    out: list[Note] = []
    weak = {
        "proxy": [factor_name(r) for r in used.rows.values() if r.status == "proxy"],
        "recalled": [factor_name(r) for r in used.rows.values() if r.status == "recalled"],
    }
    if weak["proxy"]:
        out.append(_note("M928", _PROXY, series=weak["proxy"], caution=True))
    if weak["recalled"]:
        out.append(_note("M928", _RECALLED, series=weak["recalled"], caution=True))
    remarks = [(factor_name(r), r.note) for r in used.rows.values() if r.note is not None]
    if remarks:
        zh = "；".join(f"{k.zh}：{n.zh}" for k, n in remarks)
        en = "; ".join(f"{k.en}: {n.en}" for k, n in remarks)
        out.append(Note(Text(f"关于因子：{zh}。", f"On the factors: {en}.")))
    announced = dict.fromkeys(
        f"{r.id} ({r.valid_from}): {a}"
        for r in used.rows.values()
        if (a := str(getattr(r, "announcement", "")))
    )
    if announced:
        out.append(_note("", _ANNOUNCED, series=list(announced)))
    return out


def _note(code: str, text: Text, *, series: Sequence[str | Text], caution: bool = False) -> Note:
    named = [Text.same(one) if isinstance(one, str) else one for one in series[:_MOST]]
    more = len(series) > _MOST
    shown = Text(
        "、".join(n.zh for n in named) + ("等" if more else ""),
        ", ".join(n.en for n in named) + (" and others" if more else ""),
    )
    filled = text.format(n=len(series), s=shown)
    return Note(filled, level="caution" if caution else "note", code=code)


_LEVELS = {
    "region": ("地区", "region"),
    "enterprise": ("企业", "enterprise"),
    "facility": ("设施", "facility"),
}
_LEFT_OUT = Text(
    "另一口径或合计的 {n} 个序列没有进入清单：{s}。",
    "Series of another basis or of totals that are not in the inventory ({n}): {s}.",
)
_UNCOUNTED = Text(
    "购入的电力、热力不在这里计排放，它们的燃料由生产者计：{s}；"
    "要看间接排放，用 indirect=location 或 market。",
    "Purchased electricity and heat carry no emission here, their fuels are counted where they are "
    "generated: {s}; for indirect emissions use indirect=location or market.",
)
_POWER_TOO = Text(
    "加工转换投入整个扣除了：{s}。其中若含火力发电与供热，那部分燃料实际烧掉了却没有计；"
    "请分列 energy.coking、energy.refining 等，发电供热不扣。",
    "All input to transformation is deducted: {s}. If it holds thermal power and heat, their fuel "
    "is burnt and yet not counted; give energy.coking, energy.refining and so on apart, without "
    "power and heat.",
)
_SPARE = Text(
    "绿电没有扣除：按所在地计排放时不扣，或它的部门没有购入的电量：{s}。",
    "Green electricity is not deducted, since emissions go by place or its sector buys none: {s}.",
)
_OWN = Text(
    "用了 {n} 个自有因子：{s}；表 factors 里的数值是目录的缺省值，其中一部分被它们替代。",
    "{n} own factors are used: {s}; values in the table factors are the defaults of the catalog, "
    "of which these replace a part.",
)
_UNUSED = Text(
    "自有因子没有用上，因为没有它的活动，或已给出 ef：{s}。",
    "Own factors are not used, as they have no activity, or an ef is given: {s}.",
)
_NETTED = Text(
    "从合计或购入量里扣除：{s}。",
    "Deducted from totals or from what was bought: {s}.",
)
_ASIDE = Text(
    "供应、转换、损失、原料用途与公布的合计行不计排放，只用于核对：{s}。",
    "Rows of supply, conversion, losses, feedstock and published totals emit nothing here and "
    "serve as checks: {s}.",
)
_OWN_POWER = Text(
    "有自备发电或供热的燃料：购入的电力、热力里不应含自发自用的部分，否则算了两遍。",
    "Fuel is burnt for own power or heat: what is bought must not hold what was generated from "
    "it, or it counts twice.",
)
_LAND = Text(
    "土地利用与碳汇单独成列，不从排放里扣除。",
    "Land use and sinks stand in a column of their own and are not deducted from emissions.",
)
_BIOGENIC = Text(
    "生物质的二氧化碳单独列出，不进入范围一。",
    "CO2 of biomass is shown apart and is not in scope 1.",
)
_PROXY = Text(
    "借自相近燃料的因子（{n} 个）：{s}。",
    "Factors borrowed from a similar fuel ({n}): {s}.",
)
_RECALLED = Text(
    "按 allow_recalled=true 用了 {n} 个只凭记忆的因子：{s}。",
    "With allow_recalled=true, {n} factors were used that are only recalled: {s}.",
)
_ANNOUNCED = Text("电网因子出自：{s}。", "Grid factors are from: {s}.")
_NO_WIDTH = Text(
    "{n} 个因子没有可用的不确定性区间，按零计入：{s}。",
    "{n} factors have no interval that may be used and count as exact: {s}.",
)
_NO_FLOW = Text(
    "末期有地区缺值的 {n} 个序列不进入能源流向：{s}。",
    "Series that an entity lacks in the last period and that are not in the energy flows ({n}): "
    "{s}.",
)
_OPEN = Text(
    "能源平衡的统计差额超过供应量的二十分之一：{s}。",
    "The statistical difference of the energy balance exceeds a twentieth of supply: {s}.",
)

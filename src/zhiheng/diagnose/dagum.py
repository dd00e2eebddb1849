"""Disparity by groups: the Gini coefficient and its parts after Dagum."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import Groups, read_groups
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import dagum_change
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.diagnose.variable import Gaps, Variable, read_variable
from zhiheng.kernels.dagum import Dagum
from zhiheng.kernels.dagum import dagum as decompose

# The parts are sums of at most n^2 positive terms of at most one: rounding stays far below.
ROUNDING = 1e-12


@method(zh="Dagum 基尼系数分解：组内、组间净值与超变密度", example="regions")
def dagum(
    panel: Panel,
    *,
    variable: str,
    groups: str | Mapping[str, str],
    change_from: int | None = None,
    change_to: int | None = None,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
    gaps: Gaps = "refuse",
) -> Result:
    """Decompose the Gini coefficient by groups: within, net between, transvariation.

    Use it to see whether disparity lies inside groups or between them when the
    groups overlap. It needs values that cannot be negative, with a true zero:
    not growth rates, not logs, not z-scores. On a min-max index the zero is
    arbitrary, so levels compare only under one and the same scaling.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression; values of zero or more.
    groups : str or mapping
        A catalogued grouping such as ``zones4``, or a mapping of entity to group.
    change_from, change_to : int
        The two periods whose change is split up; first and last by default.
    draws : int
        Resamples of entities with all their periods, within groups; 0 for no intervals.
    seed : int
        Seed of the resamples.
    level : float
        One minus the coverage of the intervals.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropped ones are left out of their period.

    Raises
    ------
    ZhihengError
        M800 gaps, M810 entities without a group, M811 groups that cannot be read,
        M812 negative values, M813 a period without a positive value, M820 an option
        out of range, M847 an unknown period.

    References
    ----------
    Dagum (1997) Empirical Economics 22(4): 515-531; Jenkins and Van Kerm (2006) Oxford
    Economic Papers 58(3): 531-548.
    """
    check_numbers(draws=draws, level=level)
    data = read_variable(panel, variable, gaps=gaps)
    _check(panel, data, variable)
    named = read_groups(panel, groups)
    filled = np.where(data.mask, data.values, 0.0)
    found = decompose(filled, named.number, len(named.ids), data.mask)
    tables = {
        "decomposition": _decomposition(panel, found),
        "pairs": _pairs(panel, found, named),
        "within_groups": _within(panel, found, named),
    }
    given = dagum_change.prepare(
        panel, (filled, data.mask), named, (draws, seed, level), (change_from, change_to)
    )
    tables |= dagum_change.tables(given, found)
    notes = (*data.notes, *_notes(panel, found, named), *dagum_change.notes(given))
    checks = (*_checks(found), *dagum_change.checks(tables))
    return Result(tables, (_figure(),), notes, checks, data.series)


def _check(panel: Panel, data: Variable, variable: str) -> None:
    negative = data.mask & (data.values < 0)
    if negative.any():
        raise ZhihengError(
            "M812",
            Text(
                "“{x}”有负值，基尼系数没有上限，分解无意义。",
                '"{x}" has negative values: the Gini coefficient is then unbounded and its parts '
                "have no meaning.",
            ).format(x=variable),
            evidence=panel.cells(negative, data.values),
            fix=Text(
                "换成不为负的变量，如水平值或人均量。",
                "Use a variable that cannot be negative, such as a level or an amount per head.",
            ),
        )
    total = np.where(data.mask, data.values, 0.0).sum(axis=0)
    empty = np.flatnonzero(~(total > 0))
    if len(empty):
        rows: list[Row] = [
            {"period": panel.periods[t], "observed": int(data.mask[:, t].sum())} for t in empty
        ]
        raise ZhihengError(
            "M813",
            Text(
                "有的时期没有一个正值，均值为零，基尼系数没有定义。",
                "Some periods have no positive value: the mean is zero and the Gini coefficient "
                "undefined.",
            ),
            evidence=rows,
            fix=Text("把这些时期从窗口里去掉。", "Leave these periods out of the window."),
        )


def _decomposition(panel: Panel, found: Dagum) -> Table:
    return Table.of(
        ("period",),
        period=np.array(panel.periods, dtype=np.int64),
        n=found.count,
        gini=found.gini,
        within=found.within,
        between=found.between,
        transvariation=found.transvariation,
        gross_between=found.gross_between,
        share_within=_share(found.within, found.gini),
        share_between=_share(found.between, found.gini),
        share_transvariation=_share(found.transvariation, found.gini),
    )


def _pairs(panel: Panel, found: Dagum, named: Groups) -> Table:
    a, b = found.first, found.second
    shape = found.pair_net.shape
    return Table.of(
        ("period", "group_a", "group_b"),
        period=np.repeat(np.array(panel.periods, dtype=np.int64), shape[1]),
        **_titled("group_a", named, np.tile(a, shape[0])),
        **_titled("group_b", named, np.tile(b, shape[0])),
        mean_a=found.mean[:, a].ravel(),
        mean_b=found.mean[:, b].ravel(),
        gini_between=found.pair_gini.ravel(),
        distance=found.pair_distance.ravel(),
        gross_between=found.pair_gross.ravel(),
        net=found.pair_net.ravel(),
        transvariation=found.pair_transvariation.ravel(),
    )


def _within(panel: Panel, found: Dagum, named: Groups) -> Table:
    periods, groups = found.size.shape
    total = (found.size * found.mean).sum(axis=1, keepdims=True)
    return Table.of(
        ("period", "group"),
        period=np.repeat(np.array(panel.periods, dtype=np.int64), groups),
        **_titled("group", named, np.tile(np.arange(groups), periods)),
        n=found.size.ravel(),
        mean=np.where(found.size > 0, found.mean, np.nan).ravel(),
        gini=found.group_gini.ravel(),
        population_share=(found.size / found.count[:, None]).ravel(),
        value_share=(found.size * found.mean / total).ravel(),
        contribution=found.group_within.ravel(),
        share=_share(found.group_within, found.gini[:, None]).ravel(),
    )


def _titled(column: str, named: Groups, position: NDArray[np.intp]) -> dict[str, list[str]]:
    return {
        column: [named.ids[i] for i in position],
        f"{column}_title_zh": [named.titles[i].zh for i in position],
        f"{column}_title_en": [named.titles[i].en for i in position],
    }


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the Gini; NaN in a period in which all values are equal."""
    out = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    return np.divide(part, whole, out=out, where=whole > 0)


def _checks(found: Dagum) -> tuple[Check, ...]:
    parts = found.within + found.between + found.transvariation
    gross = found.within + found.gross_between
    return (
        Check(
            Text(
                "组内、组间净值、超变密度之和等于基尼系数",
                "the three parts sum to the Gini coefficient",
            ),
            float(np.abs(parts - found.gini).max()),
            ROUNDING,
        ),
        Check(
            Text(
                "组内与组间总值之和等于基尼系数",
                "within and gross between sum to the Gini coefficient",
            ),
            float(np.abs(gross - found.gini).max()),
            ROUNDING,
        ),
    )


def _notes(panel: Panel, found: Dagum, named: Groups) -> list[Note]:
    notes = [
        Note(
            Text(
                "各地区权重相同。超变密度衡量组与组的交叠，由正差直接求和得到，不是余数。",
                "Every entity counts the same. Transvariation measures how groups overlap; it is "
                "summed from positive differences and is no remainder.",
            )
        )
    ]
    single = _listed(panel, named, found.size == 1)
    if single:
        notes.append(
            Note(
                Text(
                    "只有一个地区的组，组内差距记为零：{s}。",
                    "A group of one entity has no disparity inside it and counts as zero: {s}.",
                ).format(s=single),
                code="M814",
            )
        )
    zero = _listed(panel, named, (found.size > 0) & (found.mean == 0))
    if zero:
        notes.append(
            Note(
                Text(
                    "均值为零的组，组内基尼系数没有定义，对总体的贡献为零：{s}。",
                    "A group whose mean is zero has no Gini of its own and contributes zero: {s}.",
                ).format(s=zero),
                code="M816",
            )
        )
    empty = _listed(panel, named, found.size == 0)
    if empty:
        notes.append(
            Note(
                Text(
                    "没有观测值的组不参与当期分解：{s}。",
                    "A group without an observation takes no part in its period: {s}.",
                ).format(s=empty),
                level="caution",
                code="M815",
            )
        )
    return notes


def _listed(panel: Panel, named: Groups, hit: NDArray[np.bool_]) -> Text | None:
    """The groups that are hit, with their periods unless it is all of them."""
    parts: list[Text] = []
    for j in np.flatnonzero(hit.any(axis=0)):
        title = named.titles[j]
        if hit[:, j].all():
            parts.append(title)
            continue
        when = ", ".join(str(panel.periods[t]) for t in np.flatnonzero(hit[:, j]))
        parts.append(Text(f"{title.zh}（{when}）", f"{title.en} ({when})"))
    if not parts:
        return None
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def _figure() -> Figure:
    return Figure(
        "contributions",
        "stack",
        "decomposition",
        Text(
            "差距从哪里来：基尼系数的三个部分", "Where disparity comes from: the parts of the Gini"
        ),
        Text(
            "每根柱子是一个时期，三段之和就是折线上的基尼系数；组间净值段越长，差距越是组与组之间的差距。",
            "Each bar is a period and its three parts add up to the Gini on the line; the longer "
            "the net between part, the more disparity is one between groups.",
        ),
        {"x": "period", "parts": ["between", "within", "transvariation"], "line": "gini"},
    )

"""Why embodied carbon changed: structural decomposition between the first and the last table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import embodied_demand as meant
from zhiheng.carbon.embodied_wording import CLOSURE, DETERMINANTS, change_notes
from zhiheng.carbon.embodied_years import Units, Year
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.result import Check, Note, Table
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.kernels.structural_decomposition import State, decompose, logarithmic, state

Array = NDArray[np.float64]
CANCELLED = 1e-12
"""A sum below this share of the sizes of its parts is zero but for rounding."""


def changes(
    solved: Sequence[Year], shown: Units, *, demand: str, how: str, deflator: str
) -> tuple[dict[str, Table], list[Check], list[Note]]:
    """Effects of intensity, structure, mix, composition and level.

    Raises
    ------
    ZhihengError
        M965 prices, M966 fewer than two periods, a demand that sums to zero or logarithms
        that do not exist.
    """
    if len(solved) < 2:
        raise _one_period(solved)
    first, last = solved[0], solved[-1]
    prices0, prices1, used = meant.price_levels(first, last, deflator)
    _refuse_empty(solved, demand)
    start, end = _state(first, demand, prices0), _state(last, demand, prices1)
    found = decompose(start, end)
    if how == "lmdi":
        logs = logarithmic(start, end)
        if logs.turned.any():
            raise _turned(first, logs.turned, demand)
        if logs.emitters.any():
            raise _turned_emitters(first, logs.emitters)
        effect = logs.effects
    else:
        effect = found.average if how == "average" else found.polar.mean(axis=0)
    ends = found.polar if how == "polar" else np.array([found.low, found.high])
    total = found.end - found.start
    scale = shown.emission[1]
    tables = {
        "effects": Table.of(
            ("determinant",),
            determinant=list(DETERMINANTS),
            determinant_title_zh=[t.zh for t in DETERMINANTS.values()],
            determinant_title_en=[t.en for t in DETERMINANTS.values()],
            effect=effect / scale,
            effect_low=ends.min(axis=0) / scale,
            effect_high=ends.max(axis=0) / scale,
            share=effect / total if total else np.full(len(effect), np.nan),
            relative_effect=effect / found.start if found.start else np.full(len(effect), np.nan),
            unit=[shown.emission[0]] * len(effect),
        ),
        "change": Table.of(
            (),
            period_from=[first.table.period],
            period=[last.table.period],
            start=[found.start / scale],
            end=[found.end / scale],
            change=[total / scale],
            relative_change=[total / found.start if found.start else np.nan],
            unit=[shown.emission[0]],
        ),
    }
    size = max(abs(found.start), abs(found.end), 1e-300)
    checks = [
        Check(
            Text("五项效应之和等于总变化", "the five effects sum to the change"),
            float(abs(effect.sum() - total) / size),
            CLOSURE,
        )
    ]
    notes = change_notes(
        meant.title(last, demand), how=how, deflator=used, current=deflator == "none",
        own=bool(deflator) and used is None and deflator != "none",
        unstated=not deflator and shown.money[0] == UNSTATED,
    )  # fmt: skip
    return tables, checks, notes


def _state(y: Year, demand: str, prices: Array) -> State:
    """Determinants at the prices of the last period: every row is divided by its price."""
    output = y.table.output / prices
    intensity = np.divide(
        y.emissions.by_sector[:, 0], output, out=np.zeros(len(output)), where=output != 0
    )
    return state(
        intensity,
        y.table.home() / prices[:, None],
        output,
        meant.chosen(y, demand) / prices[:, None],
    )


def _one_period(solved: Sequence[Year]) -> ZhihengError:
    return ZhihengError(
        "M966",
        Text(
            "只有一张表，没有变化可以分解。", "There is one table only, so no change to decompose."
        ),
        evidence=[{"period": y.table.period} for y in solved],
        fix=Text("选两个年份以上：--window 2012-2020。", "Choose two years: --window 2012-2020."),
    )


def _refuse_empty(solved: Sequence[Year], demand: str) -> None:
    """Raise M966 where a demand sums to zero: it has no level, and no mix of products."""
    rows: list[Row] = []
    for y in (solved[0], solved[-1]):
        cells = meant.chosen(y, demand)
        layout = y.table.layout
        names = (demand,) if demand in layout.demand else layout.demand
        sums, sizes = cells.sum(axis=0), np.abs(cells).sum(axis=0)
        # a sum of products that cancels leaves rounding of its parts
        none = (sizes > 0) & (np.abs(sums) <= CANCELLED * sizes)
        rows += [
            {"period": y.table.period, "demand": names[k], "sum": float(sums[k]),
             "sum_of_sizes": float(sizes[k])}
            for k in np.flatnonzero(none)
        ]  # fmt: skip
        whole, size = float(sums.sum()), float(sizes.sum())
        if not rows and abs(whole) <= CANCELLED * size:
            rows.append(
                {"period": y.table.period, "demand": demand, "sum": whole, "sum_of_sizes": size}
            )
    if rows:
        raise ZhihengError(
            "M966",
            Text(
                "有的最终需求合计为零，没有总量，也就没有产品构成可分解。",
                "A final demand sums to zero: it has no level and no mix of products.",
            ),
            evidence=rows,
            fix=Text(
                "换一个需求；或把正负相抵的列并入别的列。",
                "Choose another demand, or merge a column whose cells cancel into another one.",
            ),
        )


def _turned_emitters(y: Year, emitters: NDArray[np.bool_]) -> ZhihengError:
    layout = y.table.layout
    return ZhihengError(
        "M966",
        Text(
            "{n} 个部门的排放（或经由负的中间投入的排放）由正变负或由负变正，对数平均没有定义。",
            "Emissions of {n} sectors (or what negative deliveries carry of them) turn their "
            "sign, so that logarithmic means do not exist.",
        ).format(n=int(emitters.sum())),
        evidence=[
            {"sector": layout.sectors[i], "name": y.table.panel.name(layout.sectors[i])}
            for i in np.flatnonzero(emitters)[:20]
        ],
        fix=Text(
            "用 change=average；碳汇与排放分开分解。",
            "Use change=average; decompose sinks and emissions apart.",
        ),
    )


def _turned(y: Year, turned: NDArray[np.bool_], demand: str) -> ZhihengError:
    layout = y.table.layout
    names = layout.demand if demand not in layout.demand else (demand,)
    return ZhihengError(
        "M966",
        Text(
            "{n} 格最终需求由正变负或由负变正，对数平均没有定义。",
            "{n} cells of final demand turn their sign, so that logarithmic means do not exist.",
        ).format(n=int(turned.sum())),
        evidence=[
            {
                "sector": layout.sectors[i],
                "name": y.table.panel.name(layout.sectors[i]),
                "demand": names[k],
            }
            for i, k in zip(*np.nonzero(turned), strict=True)
        ][:20],
        fix=Text(
            "用 change=average；或只看不变号的需求，如 demand=EX。",
            "Use change=average, or a demand without such cells, such as demand=EX.",
        ),
    )

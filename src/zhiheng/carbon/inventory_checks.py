"""What must not be counted twice: totals with parts, carbon along conversions, power and heat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from zhiheng.carbon.inventory_input import Line, address
from zhiheng.catalog.carriers import carriers, sector
from zhiheng.catalog.factors import processes
from zhiheng.catalog.series import series as catalogued
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Pair = tuple[Line, Line]
ENERGY = ("fuel", "electricity", "green_electricity", "heat")


def refuse_double_counting(
    panel: Panel, lines: Sequence[Line], *, level: str, indirect: str
) -> None:
    """Refuse an inventory that counts an amount twice, with both addresses.

    Raises
    ------
    ZhihengError
        M920 one activity twice or a total with its parts, M921 carbon counted in a fuel and
        again in what is made from it, M922 electricity or heat with the fuels it is made from.
    """
    counted = [line for line in lines if line.counted]
    _refuse("M920", panel, _same(counted))
    _refuse("M920", panel, _totals(counted))
    netted = {line.carrier for line in lines if _takes_carbon(line)}
    _refuse("M921", panel, _conversions(counted, netted))
    _refuse("M921", panel, _reductants(counted))
    if level == "region" and indirect != "none":
        _refuse("M922", panel, _generated(counted))


def _takes_carbon(line: Line) -> bool:
    return line.kind == "transformation" or (line.stated and line.role == "transformation")


def netted_lines(lines: Sequence[Line], line: Line) -> list[Line]:
    """The rows of the balance that are deducted from a total of the same carrier."""
    if not line.total or line.kind != "fuel":
        return []
    return [
        other
        for other in lines
        if other.carrier == line.carrier
        and not other.counted
        and (_takes_carbon(other) or other.role == "non_energy")
    ]


def _same(lines: Sequence[Line]) -> Iterator[Pair]:
    for one, other in combinations(lines, 2):
        if (one.kind, one.sector, one.carrier) == (other.kind, other.sector, other.carrier):
            yield one, other


def _totals(lines: Sequence[Line]) -> Iterator[Pair]:
    for one in lines:
        for other in lines:
            if one is other:
                continue
            same = one.carrier == other.carrier and one.kind == other.kind
            summed = one.total and not other.total and one.kind in (*ENERGY, "process", "gas")
            if (same and summed) or _contains(one.series, other.series):
                yield one, other


@cache
def _contains(total: str, part: str) -> bool:
    """Whether the catalog says that a series was added up from another one."""
    known, piece = catalogued(total, "province"), catalogued(part, "province")
    if known is not None and part in known.derived_from:
        return True
    return piece is not None and total in piece.subset_of and known is not None


def _conversions(lines: Sequence[Line], netted: set[str]) -> Iterator[Pair]:
    fuels = [line for line in lines if line.kind == "fuel"]
    for one in fuels:
        for other in fuels:
            if one is other or one.carrier not in carriers()[other.carrier].made_from:
                continue
            whole = one.total and one.basis != "final" and one.carrier not in netted
            converted = one.role == "transformation" and other.carrier in sector(one.sector).makes
            if whole or converted:
                yield one, other


def _reductants(lines: Sequence[Line]) -> Iterator[Pair]:
    """Process factors that hold the carbon of a fuel which is counted as burnt too."""
    covers = {p.id: p.covers for p in processes()}
    for one in lines:
        if one.kind != "process":
            continue
        for other in lines:
            near = other.total or other.sector in ("final_use", one.sector)
            if other.kind == "fuel" and near and other.carrier in covers.get(one.carrier, ()):
                yield other, one


def _generated(lines: Sequence[Line]) -> Iterator[Pair]:
    """Electricity or heat beside the fuel of its own plants, inside one region."""
    for one in lines:
        if one.kind not in ("fuel",):
            continue
        for other in lines:
            if other.kind not in ("electricity", "heat"):
                continue
            plant = one.role == "plant" and other.carrier in sector(one.sector).makes
            if plant or (one.total and one.basis != "final"):
                yield one, other


def _refuse(code: str, panel: Panel, pairs: Iterator[Pair]) -> None:
    rows = [row for one, other in pairs if (row := _row(panel, one, other)) is not None]
    if rows:
        raise ZhihengError(code, _WHAT[code], evidence=rows, fix=_FIX[code])


def _row(panel: Panel, one: Line, other: Line) -> Row | None:
    """Both addresses at the first cell where both are there; None where they never meet."""
    a, b = panel.array(one.series), panel.array(other.series)
    both = np.argwhere((a > 0) & (b > 0))
    if not len(both):
        return None
    e, p = (int(i) for i in both[0])
    return {
        "one": one.series,
        "other": other.series,
        "one cell": address(panel, one.series, e, p),
        "other cell": address(panel, other.series, e, p),
        "entity": panel.entities[e],
        "period": panel.periods[p],
        "one value": float(a[e, p]),
        "other value": float(b[e, p]),
        "unit": f"{panel.units[one.series]}, {panel.units[other.series]}",
        "cells": len(both),
    }


_WHAT = {
    "M920": Text(
        "同一活动给了两次，或合计与它的组成部分同在清单里。",
        "An activity is given twice, or a total stands beside its parts.",
    ),
    "M921": Text(
        "同一份碳既算在投入里，又算在由它制成的产品里（煤与焦炭、原油与油品、还原剂与冶炼过程）。",
        "The same carbon is counted in an input and again in what is made from it (coal and coke, "
        "crude and oil products, a reductant and the process that it serves).",
    ),
    "M922": Text(
        "本地区的电力或热力与发电供热的燃料同时计排放，重复计算。",
        "Electricity or heat of the region is counted beside the fuel that generated it.",
    ),
}
_FIX = {
    "M920": Text(
        "只留一边：目录数据用 basis=final 或 basis=consumption；自己的数据去掉合计列，"
        "或在 activities 里只列各部分。",
        "Keep one side: basis=final or basis=consumption for catalogued data; for your own drop "
        "the total, or list the parts only in activities.",
    ),
    "M921": Text(
        "给出加工转换投入（energy.coking.raw_coal 等），它会从合计里扣除；或改用终端消费口径。",
        "Give the input to transformation, such as energy.coking.raw_coal, which is then deducted "
        "from the total; or use final consumption.",
    ),
    "M922": Text(
        "地区清单按燃料计，indirect=none；要看用电的间接排放，只取终端消费的燃料（basis=final）。",
        "Count a region by its fuels with indirect=none; for the indirect emissions of users take "
        "the fuels of final use only (basis=final).",
    ),
}

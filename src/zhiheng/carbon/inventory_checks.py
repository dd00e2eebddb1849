"""What must not be counted twice: totals with parts, carbon along conversions, power and heat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations, permutations

import numpy as np

from zhiheng.carbon.inventory_input import Line, address
from zhiheng.catalog.carriers import carriers, sector
from zhiheng.catalog.factors import processes
from zhiheng.catalog.series import series as catalogued
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Pair = tuple[Line, Line]
PROCESSES = "processes"
"""The sector of processes that are not told apart: they may be those of any industry."""
TRANSFORMATION = "transformation_input"
"""The sum of the rows of transformation, which in Chinese balances holds power and heat too."""
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
    _refuse("M920", panel, _published(counted))
    _refuse("M920", panel, _deducted(lines))
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
    for group in _by(lines, lambda x: (_what(x), x.sector, x.carrier)):
        yield from combinations(group, 2)


def _what(line: Line) -> str:
    """The kind of a line; tonnes of a gas and its CO2 equivalent are of one kind."""
    return "gas" if line.kind == "emission" and not line.stated else line.kind


def _totals(lines: Sequence[Line]) -> Iterator[Pair]:
    for group in _by(lines, lambda x: (_what(x), x.carrier)):
        for one in group:
            yield from ((one, other) for other in group if _sums(one, other))
    named = [line for line in lines if catalogued(line.series, "province") is not None]
    yield from ((a, b) for a, b in permutations(named, 2) if _contains(a.series, b.series))


def _sums(one: Line, other: Line) -> bool:
    """Whether the sector of one line holds that of another: all, final use, or industry."""
    if _what(one) not in (*ENERGY, "process", "gas"):
        return False
    return _holds(one, other)


def _holds(one: Line, other: Line) -> bool:
    if one.total:  # of two totals the first by name
        return not other.total or one.sector < other.sector
    if one.sector == "final_use":
        return other.role == "use" and other.sector != "final_use"
    return sector(other.sector).within == one.sector


def _deducted(lines: Sequence[Line]) -> Iterator[Pair]:
    """Input to transformation twice, or beside its parts: it would be deducted twice."""
    for group in _by([x for x in lines if _takes_carbon(x)], lambda x: x.carrier):
        for one, other in combinations(group, 2):
            if one.sector == other.sector or TRANSFORMATION in (one.sector, other.sector):
                yield one, other


def _published(lines: Sequence[Line]) -> Iterator[Pair]:
    """Stated emissions of a fuel, or of processes, beside what they come from."""
    for group in _by(lines, lambda x: "process" if x.kind == "process" else x.carrier):
        stated = [x for x in group if x.kind == "emission" and x.stated]
        for one in (x for x in group if x.kind in ("fuel", "process")):
            for other in stated:
                if one.sector == other.sector or _holds(one, other) or _holds(other, one):
                    yield one, other


def _by(lines: Sequence[Line], key: Callable[[Line], object]) -> list[list[Line]]:
    groups: dict[object, list[Line]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return list(groups.values())


@cache
def _contains(total: str, part: str) -> bool:
    """Whether the catalog says that a series was added up from another one."""
    known, piece = catalogued(total, "province"), catalogued(part, "province")
    if known is not None and part in known.derived_from:
        return True
    return piece is not None and total in piece.subset_of and known is not None


def _conversions(lines: Sequence[Line], netted: set[str]) -> Iterator[Pair]:
    fuels = [line for line in lines if line.kind == "fuel"]
    for one in (x for x in fuels if x.total or x.role == "transformation"):
        for other in fuels:
            if one is other or one.carrier not in carriers()[other.carrier].made_from:
                continue
            whole = one.total and one.basis != "final" and one.carrier not in netted
            converted = one.role == "transformation" and other.carrier in sector(one.sector).makes
            if whole or converted:
                yield one, other


def _reductants(lines: Sequence[Line]) -> Iterator[Pair]:
    """Process factors that hold the carbon of a fuel, or of another process, counted too."""
    covers = {p.id: p.covers for p in processes()}
    for one in lines:
        if one.kind != "process":
            continue
        for other in lines:
            if other.carrier in covers.get(one.carrier, ()) and _near(one, other):
                yield other, one


def _near(process: Line, other: Line) -> bool:
    """Whether a fuel or a process may be that of a process: its sector, or one that holds it."""
    if process.sector == other.sector or _holds(process, other) or _holds(other, process):
        return True
    if other.kind == "fuel" and other.sector == "industry":
        return True
    return PROCESSES in (process.sector, other.sector) and (
        other.kind == "process" or sector(other.sector).within == "industry"
    )


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
        "同一份碳既算在投入里，又算在由它制成的产品里（煤与焦炭、原油与油品、还原剂或碳酸盐与用它的过程）。",
        "The same carbon is counted in an input and again in what is made from it (coal and coke, "
        "crude and oil products, a reductant or a carbonate and the process that it serves).",
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
        "给出加工转换投入（energy.coking.raw_coal 等），它会从合计里扣除；或改用终端消费口径；"
        "过程只留一种算法，另有去处的（如外销的生铁）写成另一部门。",
        "Give the input to transformation, such as energy.coking.raw_coal, which is then deducted "
        "from the total; or use final consumption. Keep one way of a process, and name another "
        "sector for what goes elsewhere, such as pig iron that is sold.",
    ),
    "M922": Text(
        "地区清单按燃料计，indirect=none；要看用电的间接排放，只取终端消费的燃料（basis=final）。",
        "Count a region by its fuels with indirect=none; for the indirect emissions of users take "
        "the fuels of final use only (basis=final).",
    ),
}

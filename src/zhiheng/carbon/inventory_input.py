"""Which series of a panel are activities, of what kind, and where each number stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.inventory_names import carrier_id, known_carriers, sector_id
from zhiheng.catalog.carriers import Role, activity_names, carriers, sector
from zhiheng.catalog.factors import pfc_slopes, potentials, processes
from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Array = NDArray[np.float64]
Kind = Literal[
    "fuel", "electricity", "green_electricity", "heat", "process", "gas", "emission", "land",
    "scope3", "other", "aggregate", "transformation",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "fuel", "electricity", "green_electricity", "heat", "process", "gas", "emission", "land",
    "scope3", "transformation",
)  # fmt: skip
"""Kinds that a mapping may name."""

PREFIXES = ("activity", "energy", "meter", "process", "gas", "co2", "land", "scope3")
"""First parts of dotted names that are lines of an inventory."""

PUBLISHED = ("scope_1_total",)
"""Columns of a published inventory that add its other columns up."""

_UNTOLD = {"activity": "total", "energy": "total", "process": "processes", "gas": "unallocated"}
"""Where a line belongs whose name has no sector."""

_SET_ASIDE: tuple[Role, ...] = ("supply", "output", "losses", "non_energy", "difference")


@dataclass(frozen=True, slots=True)
class Line:
    """One activity of the inventory.

    Attributes
    ----------
    series : str
        The series of the panel.
    kind : str
    sector : str
        Of use, or the row of the balance.
    carrier : str
        The fuel, process or gas.
    basis : {"", "final", "consumption", "total"}
        Of a catalogued series: final use, or consumption with input to transformation.
    stated : bool
        Whether it stands in a balance or a published inventory, whose totals are rows too.
    """

    series: str
    kind: Kind
    sector: str
    carrier: str
    basis: str = ""
    stated: bool = False

    @property
    def role(self) -> Role:
        """What the sector is in an energy balance."""
        return sector(self.sector).role

    @property
    def total(self) -> bool:
        """Whether it is a sum over sectors."""
        return self.role == "total"

    @property
    def counted(self) -> bool:
        """Whether it emits here, and is no row of supply, conversion or a published sum."""
        if self.kind in ("transformation", "other"):
            return False
        if self.kind == "emission" and self.stated:
            return not self.total and self.carrier not in PUBLISHED
        if self.role in _SET_ASIDE:
            return False
        return not (self.stated and self.role == "transformation")


def read_lines(
    panel: Panel, activities: Sequence[str] | Mapping[str, str] | None, *, basis: str
) -> tuple[Line, ...]:
    """The activities of a panel, recognised by name or declared.

    Parameters
    ----------
    panel : Panel
    activities : list of series, or mapping of series to ``kind:sector:carrier``, optional
    basis : {"", "final", "consumption"}
        Which catalogued series to take where the panel holds both.

    Raises
    ------
    ZhihengError
        M924 nothing is recognised or a name cannot be read, D107 a series is not there.
    """
    if isinstance(activities, Mapping):
        lines = [_declared(panel, name, str(meaning)) for name, meaning in activities.items()]
        return tuple(lines)
    if isinstance(activities, str):
        activities = [part.strip() for part in activities.split(",")]
    chosen = list(activities) if activities is not None else list(panel.series)
    for name in chosen:
        panel.array(name)
    found = [line for name in chosen if (line := _recognised(panel, name)) is not None]
    if activities is not None and len(found) < len(chosen):
        known = {line.series for line in found}
        raise unreadable([_unread(name) for name in chosen if name not in known])
    if basis:
        wanted = (basis, "")
        found = [line for line in found if line.basis in wanted]
    if not any(line.counted and line.kind != "green_electricity" for line in found):
        raise unreadable([_unread(name) for name in chosen])
    return tuple(found)


def _unread(name: str) -> Row:
    """A series that is no activity; one that is called as a fuel is told its name."""
    what = carrier_id(name)
    known = what in carriers()
    return {"series": name, "name it": f"activity.SECTOR.{what}"} if known else {"series": name}


def _recognised(panel: Panel, name: str) -> Line | None:
    known = activity_names().get(name)
    if known is not None:
        return Line(name, known.kind, known.sector, known.carrier, known.basis)
    parts = name.split(".")
    if parts[0] not in PREFIXES or len(parts) not in (2, 3):
        return None
    place, what = (parts[1], parts[2]) if len(parts) == 3 else ("", parts[1])
    if parts[0] == "land":
        return Line(name, "land", place or what, what if place else "CO2")
    if parts[0] == "scope3":
        return Line(name, "scope3", place or what, what)
    place, what = sector_id(place), carrier_id(what)
    if parts[0] == "co2":
        return Line(name, "emission", place or "combustion", what, stated=True)
    kind = _kind_of(panel, name, what)
    place = place or _UNTOLD.get(parts[0], "combustion")
    return Line(name, kind, place, what, stated=parts[0] == "energy")


def _kind_of(panel: Panel, name: str, what: str) -> Kind:
    if what in carriers():
        group = carriers()[what].group
        if group == "electricity":
            return "green_electricity" if what == "green_electricity" else "electricity"
        if what == "other_energy":
            return "other"
        return "heat" if group == "heat" else "fuel"
    if what in {p.id for p in processes()} or what in pfc_slopes():
        return "process"
    if what in {g.gas for g in potentials()}:
        return "emission" if panel.units[name] in ("t_CO2", "t_CO2e") else "gas"
    near = ", ".join(nearest(what, known_carriers()))
    raise unreadable([{"series": name, "unknown": what, "nearest": near}])


def _declared(panel: Panel, name: str, meaning: str) -> Line:
    panel.array(name)
    parts = [part.strip() for part in meaning.split(":")]
    if len(parts) == 2:
        parts = [parts[0], "combustion", parts[1]]
    if len(parts) != 3 or parts[0] not in KINDS:
        raise unreadable([{"series": name, "given": meaning, "kinds": ", ".join(KINDS)}])
    kind, place, what = _literal(parts[0]), sector_id(parts[1]), carrier_id(parts[2])
    if kind not in ("emission", "land", "scope3"):
        kind = _agreeing(panel, name, kind, what)
    known = activity_names().get(name)
    line = Line(name, kind, place, what, known.basis if known else "")
    return replace(line, stated=kind == "transformation")


def _agreeing(panel: Panel, name: str, said: Kind, what: str) -> Kind:
    """The kind that was said, where it is that of the carrier; a gas may be in t_CO2e."""
    real = _kind_of(panel, name, what)
    if said == "gas" and real in ("gas", "emission"):
        return real
    if real != ("fuel" if said == "transformation" else said):
        raise unreadable([{"series": name, "given": f"{said}: {what}", "kind": real}])
    return said


def _literal(kind: str) -> Kind:
    return next(k for k in KINDS if k == kind)


def unreadable(rows: list[Row]) -> ZhihengError:
    """The error of series that say no activity."""
    return ZhihengError(
        "M924",
        Text(
            "有序列认不出是哪种活动，或没有任何活动数据。",
            "Some series are not recognised as activities, or there is no activity at all.",
        ),
        evidence=rows,
        fix=Text(
            "把列命名为 activity.部门.燃料（如 activity.industry.diesel），或用 activities 逐列写明"
            " kind:sector:carrier，如 coal=fuel:industry:raw_coal。",
            "Name columns activity.SECTOR.FUEL, as in activity.industry.diesel, or say "
            "kind:sector:carrier for each in activities, as in coal=fuel:industry:raw_coal.",
        ),
    )


def address(panel: Panel, series: str, e: int, p: int) -> str:
    """Where a value was read: sheet!cell, or its coordinates in the panel."""
    row = int(panel.origin[e, p, panel.series.index(series)])
    cell = panel.origins[row].cell if row >= 0 else ""
    return cell or f"{series}[{panel.entities[e]}, {panel.periods[p]}]"


def cells(panel: Panel, series: str, marked: NDArray[np.bool_], **more: str) -> list[Row]:
    """The marked cells of a series as evidence rows with their addresses."""
    values = panel.array(series)
    return [
        {
            "series": series,
            "entity": panel.entities[e],
            "name": panel.name(panel.entities[e]),
            "period": panel.periods[p],
            "value": float(values[e, p]),
            "cell": address(panel, series, int(e), int(p)),
            **more,
        }
        for e, p in zip(*np.nonzero(marked), strict=True)
    ]


def refuse_gaps(panel: Panel, lines: Sequence[Line], *, keep: bool) -> None:
    """Raise M800 for cells of activities without a value; infinity is never one."""
    rows: list[Row] = []
    for line in lines:
        values = panel.array(line.series)
        rows += cells(panel, line.series, np.isinf(values) if keep else ~np.isfinite(values))
    if rows:
        raise ZhihengError(
            "M800",
            Text(
                "清单用到的序列有 {n} 个缺口。", "The series of the inventory have {n} gaps."
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "换一个窗口或地区范围；或写明 gaps=keep，缺的行和它所在的合计都留空，不作填补。",
                "Choose other periods or entities; or say gaps=keep: such lines and the sums over "
                "them stay empty, nothing is filled.",
            ),
        )


def refuse_negative(panel: Panel, lines: Sequence[Line]) -> None:
    """Raise M927 for negative activities; sinks and decreases of stocks may be negative."""
    signed = ("land", "statistical_difference", "stock_change")
    rows = [
        row
        for line in lines
        if line.kind not in ("land",) and line.sector not in signed
        for row in cells(panel, line.series, panel.array(line.series) < 0)
    ]
    if rows:
        raise negative(rows)


def negative(rows: list[Row]) -> ZhihengError:
    """The error of negative energy or activity."""
    return ZhihengError(
        "M927",
        Text(
            "有 {n} 个活动量为负，或扣除后为负。",
            "{n} activities are negative, or become so when something is deducted.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "核对所示单元格；碳汇写作 land.类别，库存变化写作 energy.stock_change.燃料，"
            "外售电力不从购入里扣。",
            "Check the cells shown; sinks are named land.CATEGORY, stock changes "
            "energy.stock_change.FUEL, and power sold is not deducted from power bought.",
        ),
    )

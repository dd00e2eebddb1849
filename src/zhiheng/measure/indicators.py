"""The indicators of an index, read from a panel by system or by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.regions import grouping
from zhiheng.catalog.scope import scope
from zhiheng.catalog.systems import load_system
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Evaluated, evaluate, needs
from zhiheng.core.panel import Panel, Status
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.kernels.impute import fill

SIGN = {"more": 1.0, "less": -1.0}
ABSENT_SERIES = "X304"
INDEX = "index"
"""The root of every tree."""
Missing = Literal["refuse", "period_mean", "period_median", "group_mean", "carry", "interpolate"]
FIRM = (Status.OBSERVED, Status.REVISED)
"""Statuses of values that somebody measured and published."""


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator before it is computed; `weight` only where the system gives one.

    `direction` is ``more``, ``less``, ``near:IDEAL`` or ``within:LOW:HIGH``.
    """

    id: str
    title: Text
    expression: str
    direction: str
    group: str = ""
    weight: float | None = None
    operator: Text | None = None
    scale: str = ""

    @property
    def distance(self) -> tuple[float, float] | None:
        """The interval in which a value is best, for directions of that kind."""
        kind, *ends = self.direction.split(":")
        if kind not in IDEAL or len(ends) != IDEAL[kind]:
            return None
        try:
            low, high = float(ends[0]), float(ends[-1])
        except ValueError:
            return None
        return (low, high) if np.isfinite([low, high]).all() and low <= high else None


IDEAL = {"near": 1, "within": 2}
"""Directions with an ideal value or interval, and how many numbers they take."""


@dataclass(frozen=True, slots=True)
class Indicators:
    """Indicators on the panel's grid, every cell with a value.

    Attributes
    ----------
    items : tuple of Item
    values : ndarray, shape (entities, periods, items)
    units : tuple of str
        Unit of each item's value.
    group_titles : mapping of str to Text
        In the order of the system; empty where columns were given.
    series : tuple of str
        The base series that the items stand on.
    soft : ndarray of bool, same shape as values
        Cells that nobody observed: filled here, or estimated, interpolated or imputed
        before.
    filled : ndarray of bool, same shape
        Cells filled by the rule of this call.
    tree : tuple of ndarray of int
        For each level from the items up, the position of each node's parent; the last
        leads to the index.
    nodes : tuple of tuple of str
        The groups that each level leads to, in order; the last holds the index alone.
    inside : mapping of str to tuple of str
        For each group the items under it.
    """

    items: tuple[Item, ...]
    values: NDArray[np.float64]
    units: tuple[str, ...]
    group_titles: Mapping[str, Text] = field(default_factory=dict[str, Text])
    series: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    soft: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=bool))
    filled: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=bool))
    tree: tuple[NDArray[np.intp], ...] = ()
    nodes: tuple[tuple[str, ...], ...] = ()
    inside: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the items, in order."""
        return tuple(item.id for item in self.items)

    @property
    def groups(self) -> tuple[str, ...]:
        """Group of each item; empty when no groups are declared."""
        return tuple(item.group for item in self.items) if self.group_titles else ()

    def oriented(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and directions; for an ideal, the distance from it, less being better."""
        values = self.values.copy()
        sign = np.array([SIGN.get(item.direction, -1.0) for item in self.items])
        for k, item in enumerate(self.items):
            ends = item.distance
            if ends is not None:
                x = self.values[:, :, k]
                values[:, :, k] = np.maximum(np.maximum(ends[0] - x, x - ends[1]), 0.0)
        return values, sign


def read_indicators(
    panel: Panel,
    *,
    system: str | None,
    columns: Mapping[str, str] | None,
    missing: Missing = "refuse",
    within: str | None = None,
) -> Indicators:
    """Compute the items of a catalogued system, or the given columns.

    Gaps are refused, or filled by the one rule that the call declares; `within` names
    the grouping of entities for ``group_mean``.

    Raises
    ------
    ZhihengError
        M620 not exactly one of `system` and `columns`, M621 a direction that is
        cannot be read, M622 missing cells, M625 items that the panel
        cannot compute, M626 nothing to compare, M614 a grouping that is missing or
        has no use.
    """
    if (system is None) == (columns is None):
        raise _one_of_two()
    level, groups = panel.level, dict[str, Text]()
    tree: tuple[NDArray[np.intp], ...] = ()
    nodes: tuple[tuple[str, ...], ...] = ((INDEX,),)
    inside: dict[str, tuple[str, ...]] = {}
    if system is not None:
        found = load_system(system)
        level = panel.level or found.level
        groups = {group.id: group.title for group in found.groups}
        items = tuple(
            Item(
                i.id, i.title, i.expression, i.direction, i.group, i.weight, i.operator, i.scale
            )
            for i in found.indicators
        )  # fmt: skip
        tree = tuple(np.array(one.parents, dtype=np.intp) for one in found.tree)
        nodes = (*(one.ids for one in found.tree[1:]), (INDEX,))
        paths = {i.id: found.path(i.group) for i in found.indicators}
        inside = {g: tuple(i for i, path in paths.items() if g in path) for g in groups}
    else:
        items = _columns(columns)
        tree = (np.zeros(len(items), dtype=np.intp),)
    values = _evaluate(panel, items, level)
    cube = np.stack([one.values for one in values], axis=-1)
    gaps = np.isnan(cube)
    cube = _fill(panel, cube, missing, within)
    _refuse_gaps(panel, items, cube)
    if len(panel.entities) < 2:
        raise _nothing_to_compare(panel)
    status = np.stack([np.broadcast_to(one.status, gaps.shape[:2]) for one in values], axis=-1)
    return Indicators(
        items,
        cube,
        tuple(one.unit for one in values),
        groups,
        _series(items, level),
        tuple({note.text.en: note for one in values for note in one.notes}.values()),
        soft=gaps | ~np.isin(status, FIRM),
        filled=gaps,
        tree=tree,
        nodes=nodes,
        inside=inside,
    )


def _series(items: tuple[Item, ...], level: str) -> tuple[str, ...]:
    return tuple(sorted({n for item in items for n in needs(item.expression, scope(level))}))


def _fill(
    panel: Panel, cube: NDArray[np.float64], missing: Missing, within: str | None
) -> NDArray[np.float64]:
    """Gaps filled by the declared rule; what the rule does not reach stays a gap."""
    if (missing == "group_mean") != (within is not None):
        raise ZhihengError(
            "M614",
            Text(
                "用 missing=group_mean 填补要说明分组，其他规则不要分组。",
                "missing=group_mean needs a grouping, and no other rule takes one.",
            ),
            evidence=[{"missing": missing, "within": within or ""}],
            fix=Text("例如 within=zones4。", "For example within=zones4."),
        )
    if missing == "refuse":
        return cube
    number = None
    if within is not None:
        group_of = grouping(within).group_of
        names = sorted(set(group_of.values()))
        # an entity outside the grouping has nobody to be filled from
        number = np.array(
            [names.index(group_of[e]) if e in group_of else len(names) for e in panel.entities]
        )
    return fill(cube, missing, groups=number)


def refuse_mixed_units(data: Indicators) -> None:
    """Raise M627 when values that are to be combined as they are have different units."""
    if len(set(data.units)) > 1:
        raise ZhihengError(
            "M627",
            Text(
                "不做标准化时，各指标的单位必须相同。",
                "Without normalisation all indicators must have one unit.",
            ),
            evidence=[
                {"indicator": name, "unit": unit}
                for name, unit in zip(data.ids, data.units, strict=True)
            ],
            fix=Text(
                "选一种标准化，或先换算到同一单位。",
                "Choose a normalisation, or convert to one unit first.",
            ),
        )


def unstated_units(data: Indicators) -> bool:
    """Whether nobody said what unit the values have."""
    return UNSTATED in data.units


def _columns(columns: object) -> tuple[Item, ...]:
    if not isinstance(columns, Mapping) or not columns:
        raise _one_of_two()
    items = tuple(Item(str(k), Text.same(str(k)), str(k), str(v)) for k, v in columns.items())
    wrong = [i for i in items if i.direction not in SIGN and i.distance is None]
    if wrong:
        raise ZhihengError(
            "M621",
            Text(
                "指标方向只能是 more、less、near:理想值 或 within:下限:上限。",
                "A direction is more, less, near:IDEAL or within:LOW:HIGH.",
            ),
            evidence=[{"indicator": i.id, "direction": i.direction} for i in wrong],
            fix=Text(
                "越大越好写 more，越小越好写 less；适中为好写 near:0.5 或 within:0.4:0.6。",
                "Write more where more is better, less where less is better, near:0.5 or "
                "within:0.4:0.6 where the middle is best.",
            ),
        )
    return items


def _evaluate(panel: Panel, items: tuple[Item, ...], level: str) -> list[Evaluated]:
    """Values of all items; those that cannot be computed are refused together."""
    found: list[Evaluated] = []
    rows: list[Row] = []
    last: ZhihengError | None = None
    for item in items:
        if not item.expression:
            rows.append({"indicator": item.id, "needs": item.operator or ""})
            continue
        try:
            found.append(evaluate(item.expression, panel, scope(level)))
        except ZhihengError as error:
            if error.code != ABSENT_SERIES:
                raise
            last = error
            absent = needs(item.expression, scope(level)) - set(panel.series)
            rows.append({"indicator": item.id, "series": ", ".join(sorted(absent))})
    if len(rows) == 1 == len(items) and last is not None:
        raise last
    if rows:
        raise ZhihengError(
            "M625",
            Text(
                "{n} 项指标在这份数据上算不出来（共 {k} 项）。",
                "{n} of {k} indicators cannot be computed from these data.",
            ).format(n=len(rows), k=len(items)),
            evidence=rows,
            fix=Text(
                "补上所缺序列，或换一个数据能够支撑的指标体系；缺项不会被近似。",
                "Supply the series, or use a system that the data carry; nothing is approximated.",
            ),
        ) from last
    return found


def _refuse_gaps(panel: Panel, items: tuple[Item, ...], cube: NDArray[np.float64]) -> None:
    missing = ~np.isfinite(cube)
    rows = panel.cells(missing, indicator=[item.id for item in items])
    if rows:
        raise ZhihengError(
            "M622",
            Text(
                "{n} 个单元格没有数值；指数不会替您填补，也不会悄悄少算一项。",
                "{n} cells have no value; an index fills nothing and leaves no item out by itself.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "去掉这些地区、时期或指标，或用 missing= 声明一种填补规则"
                "（填补的格子会一直标到得分）。",
                "Leave out these entities, periods or indicators, or declare a rule with missing= "
                "(filled cells stay marked through to the score).",
            ),
        )


def _one_of_two() -> ZhihengError:
    return ZhihengError(
        "M620",
        Text(
            "指数需要 system（指标体系）或 columns（列与方向）二者之一。",
            "An index needs either a system or columns with directions.",
        ),
        fix=Text(
            "例如 system=nqpf-triple-open，或 columns=x1=more,x2=less。",
            "For example system=nqpf-triple-open, or columns=x1=more,x2=less.",
        ),
    )


def _nothing_to_compare(panel: Panel) -> ZhihengError:
    return ZhihengError(
        "M626",
        Text("指数比较地区，至少要有两个。", "An index compares entities; it needs at least two."),
        evidence=[{"entity": e, "name": panel.name(e)} for e in panel.entities],
        fix=Text("加入更多地区。", "Add entities."),
    )

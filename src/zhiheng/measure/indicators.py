"""The indicators of an index, read from a panel by system or by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.catalog.systems import load_system
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Evaluated, evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED

SIGN = {"more": 1.0, "less": -1.0}
ABSENT_SERIES = "X304"


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator before it is computed; `weight` only where the system gives one."""

    id: str
    title: Text
    expression: str
    direction: str
    group: str = ""
    weight: float | None = None
    operator: Text | None = None


@dataclass(frozen=True, slots=True)
class Indicators:
    """Indicators on the panel's grid, every cell observed.

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
    """

    items: tuple[Item, ...]
    values: NDArray[np.float64]
    units: tuple[str, ...]
    group_titles: Mapping[str, Text] = field(default_factory=dict[str, Text])
    series: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the items, in order."""
        return tuple(item.id for item in self.items)

    @property
    def groups(self) -> tuple[str, ...]:
        """Group of each item; empty when no groups are declared."""
        return tuple(item.group for item in self.items) if self.group_titles else ()

    @property
    def direction(self) -> NDArray[np.float64]:
        """1 where more is better, -1 where less is better."""
        return np.array([SIGN[item.direction] for item in self.items])


def read_indicators(
    panel: Panel, *, system: str | None, columns: Mapping[str, str] | None
) -> Indicators:
    """Compute the items of a catalogued system, or the given columns.

    Raises
    ------
    ZhihengError
        M620 not exactly one of `system` and `columns`, M621 a direction that is
        neither more nor less, M622 missing cells, M625 items that the panel
        cannot compute, M626 nothing to compare.
    """
    if (system is None) == (columns is None):
        raise _one_of_two()
    level, groups = panel.level, dict[str, Text]()
    if system is not None:
        found = load_system(system)
        level = panel.level or found.level
        groups = {group.id: group.title for group in found.groups}
        items = tuple(
            Item(i.id, i.title, i.expression, i.direction, i.group, i.weight, i.operator)
            for i in found.indicators
        )
    else:
        items = _columns(columns)
    values = _evaluate(panel, items, level)
    _refuse_gaps(panel, items, values)
    if len(panel.entities) < 2:
        raise _nothing_to_compare(panel)
    cube = np.stack([one.values for one in values], axis=-1)
    series = sorted({name for item in items for name in needs(item.expression, scope(level))})
    notes = {note.text.en: note for one in values for note in one.notes}
    return Indicators(
        items, cube, tuple(one.unit for one in values), groups, tuple(series), tuple(notes.values())
    )


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
    wrong = [(str(k), v) for k, v in columns.items() if v not in SIGN]
    if wrong:
        raise ZhihengError(
            "M621",
            Text("指标方向只能是 more 或 less。", "A direction is more or less."),
            evidence=[{"indicator": name, "direction": value} for name, value in wrong],
            fix=Text(
                "越大越好写 more，越小越好写 less。",
                "Write more where more is better, less where less is better.",
            ),
        )
    return tuple(Item(str(k), Text.same(str(k)), str(k), str(v)) for k, v in columns.items())


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


def _refuse_gaps(panel: Panel, items: tuple[Item, ...], values: list[Evaluated]) -> None:
    missing = ~np.isfinite(np.stack([one.values for one in values], axis=-1))
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
                "去掉这些地区、时期或指标，或先明确地填补（填补会留下标记）。",
                "Leave out these entities, periods or indicators, or impute them explicitly first "
                "(imputed cells stay marked).",
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

"""Observations: one value each, with unit, source, vintage, status and the cell it stood in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Frequency, Origin, Panel, Status, Step
from zhiheng.core.text import Text

FIELDS = (
    "entity",
    "period",
    "series",
    "value",
    "unit",
    "status",
    "source",
    "vintage",
    "file",
    "cell",
)
"""The columns of the observations table, in every engine."""


@dataclass(frozen=True, slots=True)
class Observations:
    """Aligned columns, one row for each observed value; a gap is the absence of a row.

    Parameters
    ----------
    entity, series, unit, source, vintage, file, cell : ndarray of str
    period : ndarray of int
    value : ndarray of float, finite
    status : ndarray of `Status` codes
    level : str
        ``province``, ``economy``, or empty for labels of the user's own.
    labels : mapping of entity to Text
    notes : tuple of Text
        Rules that the parser applied.
    frequency : {"A", "Q", "M", "D", "H"}
        What `period` counts; for annual data it is the year.
    """

    entity: NDArray[Any]
    period: NDArray[np.int64]
    series: NDArray[Any]
    value: NDArray[np.float64]
    unit: NDArray[Any]
    status: NDArray[np.int8]
    source: NDArray[Any]
    vintage: NDArray[Any]
    file: NDArray[Any]
    cell: NDArray[Any]
    level: str
    labels: Mapping[str, Text]
    notes: tuple[Text, ...] = ()
    frequency: Frequency = "A"

    def __len__(self) -> int:
        return len(self.value)

    def panel(self, *, prefer: Sequence[str] = (), order: Sequence[str] = ()) -> Panel:
        """Pivot to a panel.

        Parameters
        ----------
        prefer : sequence of source ids, best first
            Decides between two values for one cell; without it they are an error.
        order : sequence of series
            The series wanted, in order; by default all in order of appearance.

        Raises
        ------
        ZhihengError
            D102 two values for one cell, D109 two units in one series, D106 no rows.
        """
        if not len(self):
            raise ZhihengError(
                "D106",
                Text("没有可用的观测。", "There are no observations."),
                fix=Text("检查文件和筛选条件。", "Check the file and the selection."),
            )
        entities, e = _index(self.entity)
        names, s = _index(self.series, order)
        times, t = np.unique(self.period, return_inverse=True)
        units = self._units(names)
        shape = (len(entities), len(times), len(names))
        flat = np.ravel_multi_index((e, t, s), shape)
        keep = self._winners(flat, prefer)
        values, status = np.full(shape, np.nan), np.full(shape, Status.ABSENT, dtype=np.int8)
        origin = np.full(shape, -1, dtype=np.int32)
        values.flat[flat[keep]] = self.value[keep]
        status.flat[flat[keep]] = self.status[keep]
        origin.flat[flat[keep]] = np.arange(len(keep), dtype=np.int32)
        lost = len(self) - len(keep)
        steps = [Step("observations", f"{len(self)} rows")]
        if lost:
            steps.append(Step("prefer", f"{', '.join(prefer)}: {lost} values set aside"))
        return Panel(
            values=values,
            entities=tuple(entities),
            periods=tuple(int(p) for p in times),
            series=tuple(names),
            units=units,
            status=status,
            origin=origin,
            labels={k: self.labels[k] for k in entities if k in self.labels},
            origins=_Addresses(tuple(c[keep] for c in self._addresses())),
            level=self.level,
            frequency=self.frequency,
            steps=tuple(steps),
        )

    def _addresses(self) -> tuple[NDArray[Any], ...]:
        return self.file, self.cell, self.source, self.vintage

    def _units(self, names: Sequence[str]) -> dict[str, str]:
        units: dict[str, str] = {}
        rows: list[Row] = []
        pairs = dict.fromkeys(zip(self.series.tolist(), self.unit.tolist(), strict=True))
        by_name: dict[str, set[str]] = {}
        for name, unit in pairs:  # once over the rows, not once for each series
            by_name.setdefault(name, set()).add(str(unit))
        for name in names:
            found = sorted(by_name[name])
            units[name] = found[0]
            if len(found) > 1:
                rows.append({"series": name, "units": ", ".join(found)})
        if rows:
            raise ZhihengError(
                "D109",
                Text("同一序列有两种单位。", "One series has two units."),
                evidence=rows,
                fix=Text(
                    "统一单位或价格基期后再读。", "Bring the series to one unit or price basis."
                ),
            )
        return units

    def _winners(self, flat: NDArray[np.intp], prefer: Sequence[str]) -> NDArray[np.intp]:
        if len(np.unique(flat)) == len(flat):
            return np.arange(len(flat), dtype=np.intp)
        rank = {name: i for i, name in enumerate(prefer)}
        place = np.array([rank.get(str(v), len(rank)) for v in self.source])
        order = np.lexsort((np.arange(len(flat)), place, flat))
        first = np.ones(len(order), dtype=bool)
        first[1:] = flat[order[1:]] != flat[order[:-1]]
        tied = ~first
        tied[1:] &= place[order[1:]] == place[order[:-1]]
        if tied.any():
            raise self._two_values(order, np.flatnonzero(tied))
        return np.sort(order[first])

    def _two_values(self, order: NDArray[np.intp], tied: NDArray[np.intp]) -> ZhihengError:
        pairs = [i for k in tied.tolist() for i in (order[k - 1], order[k])]
        rows: list[Row] = [
            {
                "cell": f"{self.file[i]}!{self.cell[i]}",
                "entity": self.entity[i],
                "period": int(self.period[i]),
                "series": self.series[i],
                "value": float(self.value[i]),
                "source": self.source[i],
            }
            for i in pairs
        ]
        return ZhihengError(
            "D102",
            Text("同一格有两个值。", "Two values are given for one cell."),
            evidence=rows,
            fix=Text(
                "留下一个，或声明来源优先次序 prefer=…；不会替您取平均。",
                "Keep one, or rank sources with prefer=…; values are never averaged.",
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Addresses(Sequence[Origin]):
    """Origins made when they are looked at: most of a large panel's never are."""

    columns: tuple[NDArray[Any], ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, index: int) -> Origin: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Origin, ...]: ...
    def __getitem__(self, index: int | slice) -> Origin | tuple[Origin, ...]:
        if isinstance(index, slice):
            return tuple(map(Origin, *(c[index].tolist() for c in self.columns)))
        return Origin(*(str(c[index]) for c in self.columns))

    def __iter__(self) -> Iterator[Origin]:
        return iter(self[:])


def _index(values: NDArray[Any], order: Sequence[str] = ()) -> tuple[list[str], NDArray[np.intp]]:
    names = list(order) or list(dict.fromkeys(values.tolist()))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[v] for v in values], dtype=np.intp)

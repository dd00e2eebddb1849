"""The one type in: entities × periods × series, with units and a history of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.hashing import digest
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED

if TYPE_CHECKING:
    import pandas as pd

Frequency = Literal["A", "Q", "M", "D", "H"]
Floats = NDArray[np.float64]


class Status(IntEnum):
    """How a value came to be; ordered, so that a result takes the weakest of its inputs."""

    ABSENT = -1
    OBSERVED = 0
    REVISED = 1
    ESTIMATED = 2
    INTERPOLATED = 3
    IMPUTED = 4


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was read: file (with hash), sheet!cell or series, source, vintage."""

    file: str
    cell: str
    source: str
    vintage: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a panel, with its parameters."""

    name: str
    detail: str


@dataclass(frozen=True, eq=False)
class Panel:
    """Values by entity, period and series; a gap is NaN and stays NaN.

    Every method takes a panel and nothing else. A panel is immutable: `select`
    and `with_series` return new ones and record the step.

    Parameters
    ----------
    values : ndarray, shape (entities, periods, series)
        float64; NaN means not observed.
    entities : tuple of str
        Catalog codes, or the labels that the user gave.
    periods : tuple of int
        Ascending ordinals of `frequency`; for annual data the year.
    series : tuple of str
    units : mapping of str to str
        Canonical unit of each series.
    labels, titles : mappings of str to Text
        Names of entities and of series; those without one are shown as they are.
    status, origin : ndarray, same shape
        `Status` codes, and rows of `origins` (−1 where none is recorded).
    """

    values: Floats
    entities: tuple[str, ...]
    periods: tuple[int, ...]
    series: tuple[str, ...]
    units: Mapping[str, str]
    status: NDArray[np.int8]
    origin: NDArray[np.int32]
    labels: Mapping[str, Text] = field(default_factory=dict[str, Text])
    origins: Sequence[Origin] = ()
    titles: Mapping[str, Text] = field(default_factory=dict[str, Text])
    definitions: Mapping[str, str] = field(default_factory=dict[str, str])
    frequency: Frequency = "A"
    level: str = ""
    steps: tuple[Step, ...] = ()

    @staticmethod
    def of(
        values: Mapping[str, Floats],
        *,
        entities: Sequence[str],
        periods: Sequence[int],
        units: Mapping[str, str],
        **more: Any,
    ) -> Panel:
        """Make a panel from one [entity, period] array per series; values count as observed."""
        cube = np.stack([np.asarray(v, dtype=np.float64) for v in values.values()], axis=-1)
        return Panel(
            values=cube,
            entities=tuple(entities),
            periods=tuple(int(p) for p in periods),
            series=tuple(values),
            units={name: units.get(name, UNSTATED) for name in values},
            status=np.where(np.isnan(cube), Status.ABSENT, Status.OBSERVED).astype(np.int8),
            origin=np.full(cube.shape, -1, dtype=np.int32),
            **more,
        )

    @staticmethod
    def from_frame(
        df: pd.DataFrame,
        *,
        entity: str,
        period: str,
        units: Mapping[str, str] | None = None,
    ) -> Panel:
        """Read a pandas frame with one row per entity and period and one column per series.

        Parameters
        ----------
        df : DataFrame
            Every column besides `entity` and `period` is a series and must be numeric.
        entity, period : str
            The two identifying columns; periods are whole numbers (years).
        units : mapping, optional
            Canonical unit of each series. A series without one is `unstated`: it
            can be scored and ranked, but not added to another in an expression.

        Raises
        ------
        ZhihengError
            D101 a column is missing, D102 two rows for one cell, D103 text in a
            number cell, D104 a period that is no whole number, D106 no row or series.
        """
        from zhiheng.core.frames import read_wide

        return read_wide(df, entity=entity, period=period, units=units or {})

    def __post_init__(self) -> None:
        shape = (len(self.entities), len(self.periods), len(self.series))
        for name in ("values", "status", "origin"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {shape}")
        if list(self.periods) != sorted(set(self.periods)):
            raise ValueError("periods must be ascending and distinct")
        for array in (self.values, self.status, self.origin):
            array.setflags(write=False)

    # ------------------------------------------------------------------ reading

    def array(self, name: str) -> Floats:
        """One series as an array [entity, period]."""
        return self.values[:, :, self._index(name)]

    def status_of(self, name: str) -> NDArray[np.int8]:
        """The statuses of one series, [entity, period]."""
        return self.status[:, :, self._index(name)]

    def name(self, entity: str) -> Text:
        """The name of an entity; its code where the catalog has none."""
        return self.labels.get(entity) or Text.same(entity)

    def title(self, series: str) -> Text:
        """The name of a series or expression; the text itself where nobody named it."""
        return self.titles.get(series) or Text.same(series)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of values, statuses, axes and units: equal panels, equal fingerprints."""
        units = [self.units[name] for name in self.series]
        axes = [list(self.entities), list(self.periods), list(self.series), units]
        return digest(axes, self.frequency, self.values + 0.0, self.status)

    def gaps(self, names: Sequence[str]) -> list[Row]:
        """The cells without a value in the named series, as evidence rows."""
        values = np.stack([self.array(name) for name in names], axis=-1)
        return self.cells(np.isnan(values), series=names)

    def cells(
        self,
        marked: NDArray[np.bool_],
        values: Floats | None = None,
        **columns: Sequence[str],
    ) -> list[Row]:
        """The marked cells as evidence rows of an error: entity, name, period, value, cell.

        The cell of a sheet is named where the value of a stored series was read from one.

        Parameters
        ----------
        marked : ndarray of bool, shape (entities, periods) or (entities, periods, k)
        values : ndarray, same shape, optional
            Shown when given.
        columns : one sequence of k names, for the third axis
            Its keyword is the name of the column, such as ``variable=[…]``.
        """
        rows: list[Row] = []
        for place in zip(*np.nonzero(marked), strict=True):
            entity = self.entities[place[0]]
            row: dict[str, object] = {
                "entity": entity,
                "name": self.name(entity),
                "period": self.periods[place[1]],
            }
            named = {column: names[int(place[2])] for column, names in columns.items()}
            row |= named if values is None else {**named, "value": float(values[place])}
            for name in named.values():
                row |= self.address(int(place[0]), int(place[1]), name)
            rows.append(row)
        return rows

    def address(self, entity: int, period: int, series: str) -> Row:
        """``{"cell": "Sheet1!C4"}`` where a stored value was read from there; else nothing."""
        if series not in self.series:
            return {}
        row = int(self.origin[entity, period, self.series.index(series)])
        return {"cell": self.origins[row].cell} if row >= 0 else {}

    def frame(self) -> pd.DataFrame:
        """The panel as a pandas frame, one row per entity and period."""
        import pandas as pd

        index = pd.MultiIndex.from_product(
            [self.entities, self.periods], names=["entity", "period"]
        )
        flat = self.values.reshape(-1, len(self.series))
        return pd.DataFrame(flat, index=index, columns=list(self.series)).reset_index()

    def _index(self, name: str) -> int:
        if name not in self.series:
            raise unknown_name("D107", name, self.series, kind=Text("序列", "series"))
        return self.series.index(name)

    # ----------------------------------------------------------------- changing

    def select(
        self,
        *,
        entities: Sequence[str] | None = None,
        periods: Sequence[int] | None = None,
        series: Sequence[str] | None = None,
        where: Callable[[str], bool] | None = None,
    ) -> Panel:
        """Keep some entities, periods or series, in the order given; `where` filters entities."""
        wanted = list(self.entities if entities is None else entities)
        wanted = [e for e in wanted if where is None or where(e)]
        e = self._positions(wanted, self.entities, Text("地区", "entity"))
        p = self._positions(sorted(periods or self.periods), self.periods, Text("时期", "period"))
        s = self._positions(series or self.series, self.series, Text("序列", "series"))
        names = tuple(self.series[i] for i in s)
        cut = np.ix_(e, p, s)
        return replace(
            self,
            values=self.values[cut],
            status=self.status[cut],
            origin=self.origin[cut],
            entities=tuple(wanted),
            periods=tuple(self.periods[i] for i in p),
            series=names,
            units={name: self.units[name] for name in names},
            definitions={k: v for k, v in self.definitions.items() if k in names},
            steps=(*self.steps, Step("select", f"{len(e)} x {len(p)} x {len(s)}")),
        )

    def with_series(
        self,
        name: str,
        values: Floats,
        *,
        unit: str,
        definition: str = "",
        title: Text | None = None,
        status: NDArray[np.int8] | None = None,
    ) -> Panel:
        """Add one computed series; a name that exists is refused (D105)."""
        if name in self.series:
            raise series_exists(name)
        column = np.asarray(values, dtype=np.float64)[:, :, None]
        code = np.where(np.isnan(column), Status.ABSENT, Status.OBSERVED).astype(np.int8)
        if status is not None:
            code = np.where(np.isnan(column), Status.ABSENT, status[:, :, None]).astype(np.int8)
        return replace(
            self,
            values=np.concatenate([self.values, column], axis=2),
            status=np.concatenate([self.status, code], axis=2),
            origin=np.concatenate([self.origin, np.full(column.shape, -1, dtype=np.int32)], axis=2),
            series=(*self.series, name),
            units={**self.units, name: unit},
            definitions={**self.definitions, name: definition} if definition else self.definitions,
            titles={**self.titles, name: title} if title else self.titles,
            steps=(*self.steps, Step("with_series", f"{name} = {definition or '?'}")),
        )

    def join(self, other: Panel) -> Panel:
        """Add the series of another panel, matched by entity and period.

        Raises
        ------
        ZhihengError
            D105 a series exists in both, D107 an entity or period is only in `other`,
            D111 the two have different frequencies.
        """
        if other.frequency != self.frequency:
            raise ZhihengError(
                "D111",
                Text("两份数据频率不同。", "The two panels have different frequencies."),
                evidence=[{"one": self.frequency, "other": other.frequency}],
                fix=Text("先换成同一频率。", "Bring both to one frequency first."),
            )
        for name in other.series:
            if name in self.series:
                raise series_exists(name)
        e = self._positions(other.entities, self.entities, Text("地区", "entity"))
        p = self._positions(other.periods, self.periods, Text("时期", "period"))
        shape = (*self.values.shape[:2], len(other.series))
        parts = (np.full(shape, np.nan), np.full(shape, Status.ABSENT), np.full(shape, -1))
        shift = np.where(other.origin >= 0, other.origin + len(self.origins), -1)
        for part, found in zip(parts, (other.values, other.status, shift), strict=True):
            part[np.ix_(e, p)] = found
        both = [np.concatenate(pair, axis=2) for pair in zip(self._arrays(), parts, strict=True)]
        return replace(
            self,
            values=both[0],
            status=both[1].astype(np.int8),
            origin=both[2].astype(np.int32),
            series=(*self.series, *other.series),
            units={**self.units, **other.units},
            titles={**self.titles, **other.titles},
            definitions={**self.definitions, **other.definitions},
            origins=(*self.origins, *other.origins),
            steps=(*self.steps, Step("join", ", ".join(other.series))),
        )

    def _arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        return self.values, self.status, self.origin

    def _positions(self, wanted: Sequence[Any], known: Sequence[Any], kind: Text) -> list[int]:
        where = {value: i for i, value in enumerate(known)}
        for value in wanted:
            if value not in where:
                raise unknown_name("D107", str(value), [str(k) for k in known], kind=kind)
        return [where[value] for value in wanted]


def series_exists(name: str) -> ZhihengError:
    """The error of adding a series under a name that is taken."""
    return ZhihengError(
        "D105",
        Text("序列“{n}”已经存在。", 'The series "{n}" exists already.').format(n=name),
        fix=Text("换一个名称。", "Choose another name."),
    )

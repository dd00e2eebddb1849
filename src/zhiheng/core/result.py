"""The one type out: named tables, figures as specs, notes, checks, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text

if TYPE_CHECKING:
    import pandas as pd

Cell = float | int | str | bool | None
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Key = tuple[Cell, ...]
Level = Literal["note", "caution", "blocks"]


@dataclass(frozen=True, slots=True)
class Table:
    """A named table: aligned columns, and which of them identify a row.

    Labels and number formats of columns are catalog data (``columns.toml``);
    the table holds values only.

    Parameters
    ----------
    keys : tuple of str
        The columns that together identify a row, in order.
    columns : mapping of str to ndarray
        All columns, keys first, of equal length. Text columns have dtype object.
    """

    keys: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        sizes = {name: len(values) for name, values in self.columns.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"columns of unequal length: {sizes}")
        missing = [key for key in self.keys if key not in self.columns]
        if missing:
            raise ValueError(f"key columns are missing: {missing}")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @staticmethod
    def of(keys: Sequence[str], **columns: Any) -> Table:
        """Make a table; sequences become arrays, text becomes dtype object."""
        return Table(tuple(keys), {name: _array(values) for name, values in columns.items()})

    def row(self, index: int) -> dict[str, Cell]:
        """Row number `index` as plain Python values."""
        return {name: _plain(values[index]) for name, values in self.columns.items()}

    def key(self, index: int) -> Key:
        """The key of row number `index`."""
        return tuple(_plain(self.columns[name][index]) for name in self.keys)

    def find(self, *key: Cell) -> int:
        """The number of the row with this key; raises `KeyError` when there is none."""
        hit = np.ones(len(self), dtype=bool)
        for name, value in zip(self.keys, key, strict=True):
            column = self.columns[name]
            if value is None and column.dtype.kind == "f":  # an empty key, as `key` gives it
                hit &= np.isnan(column)
            else:
                hit &= column == value
        rows = np.flatnonzero(hit)
        if len(rows) != 1:
            raise KeyError(f"{len(rows)} rows have the key {key} in {self.keys}")
        return int(rows[0])

    def where(self, **equal: Cell) -> Table:
        """The rows in which each named column equals the given value."""
        hit = np.ones(len(self), dtype=bool)
        for name, value in equal.items():
            hit &= self.columns[name] == value
        return self.take(np.flatnonzero(hit))

    def take(self, rows: NDArray[np.intp]) -> Table:
        """The given rows, in the given order."""
        return Table(self.keys, {name: values[rows] for name, values in self.columns.items()})


def _array(values: Any) -> NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values
    items = list(values)
    if any(isinstance(v, str) for v in items) or all(v is None for v in items):
        out = np.empty(len(items), dtype=object)
        out[:] = items
        return out
    return np.asarray(items)


def _plain(value: Any) -> Cell:
    item = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(item, float) and np.isnan(item) else item


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that belongs to the numbers: a rule applied, a caution, a refusal.

    `level` ``blocks`` means that no claim may rest on this result.
    """

    text: Text
    level: Level = "note"
    code: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """An identity that the result was tested against, with its worst residual."""

    name: Text
    residual: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the residual is within the tolerance; NaN never passes."""
        return bool(abs(self.residual) <= self.tolerance)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as data: what is drawn, from which table, how columns are encoded.

    `kind` names a builder in :mod:`zhiheng.core.figures`; `encodings` are its
    keyword arguments: column names, orders, reference lines. JSON values only.
    """

    name: str
    kind: str
    table: str
    title: Text
    reading: Text
    encodings: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Result:
    """What a method found.

    A method fills tables, figures, notes and checks; the registry adds the
    method's name, the parameters in force and the fingerprint of the input.
    """

    tables: Mapping[str, Table]
    figures: tuple[Figure, ...] = ()
    notes: tuple[Note, ...] = ()
    checks: tuple[Check, ...] = ()
    series: tuple[str, ...] = ()
    method: str = ""
    params: Mapping[str, Json] = field(default_factory=dict[str, Json])
    inputs: str = ""

    def table(self, name: str) -> pd.DataFrame:
        """One table as a pandas frame; an unknown name lists those that exist.

        Beside ``name_zh`` and ``name_en`` the frame has ``name``, the Chinese one.
        """
        import pandas as pd

        if name not in self.tables:
            raise unknown_name("M601", name, self.tables, kind=Text("结果表", "result table"))
        frame = pd.DataFrame(dict(self.tables[name].columns))
        if "name_zh" in frame and "name" not in frame:
            frame.insert(list(frame.columns).index("name_zh"), "name", frame["name_zh"])
        return frame

    @property
    def blocked(self) -> bool:
        """Whether a note forbids resting a claim on this result."""
        return any(note.level == "blocks" for note in self.notes)

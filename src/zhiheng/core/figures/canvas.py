"""What every kind of figure shares: the canvas, the rows of its table, the pieces of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from zhiheng.core.errors import ZhihengError
from zhiheng.core.figures.layout import decimals
from zhiheng.core.figures.theme import Theme
from zhiheng.core.result import Cell, Figure, Json, Table
from zhiheng.core.text import Lang, Text

Spec = dict[str, Any]
Row = dict[str, Cell]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
NARROW = 520
"""Below this width (px) labels go above their row instead of beside it."""

MINUS = "−"


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a unit on a tile map, with the words that fit into it."""

    row: int
    column: int
    label: Text
    short: Text


@dataclass(frozen=True, slots=True)
class Canvas:
    """For whom and how wide a figure is drawn.

    Attributes
    ----------
    lang : {"zh", "en"}
    width : int
        Whole width in px, words included.
    theme : Theme
    names : mapping of str to Text
        Printed words for codes and column names; an unknown one is printed as it stands.
    tiles : mapping of code to Tile
        Places on the tile map.
    """

    lang: Lang
    width: int
    theme: Theme
    names: Mapping[str, Text]
    tiles: Mapping[str, Tile]

    @property
    def narrow(self) -> bool:
        """Whether this is a phone's width."""
        return self.width < NARROW

    def name(self, code: str) -> str:
        """The printed word for a code or a column name."""
        found = self.names.get(code)
        return found[self.lang] if found else code

    def word(self, row: Row, column: str) -> str:
        """The printed word of a cell: the row's own name or title, its state, else by name.

        A state, such as the ``moderate`` of a column ``evidence``, is named ``evidence:moderate``.
        """
        value = row.get(column)
        if value is None:
            return ""
        for own in _own_words(column, self.lang):
            if row.get(own):
                return str(row[own])
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        state = self.names.get(f"{column}:{value}")
        return state[self.lang] if state else self.name(str(value))


def _own_words(column: str, lang: Lang) -> tuple[str, ...]:
    pair = (f"{column}_title_{lang}", f"{column}_{lang}")
    if column in ("entity", "region"):
        return (*pair, f"name_{lang}")
    return (*pair, f"title_{lang}") if column in ("indicator", "term", "factor", "series") else pair


class Source:
    """The rows and encodings of one figure; a wrong column name is an error with the known ones.

    Parameters
    ----------
    figure : Figure
    tables : mapping of str to Table
        Tables of the result that the figure belongs to.
    """

    def __init__(self, figure: Figure, tables: Mapping[str, Table]) -> None:
        self.figure = figure
        self.tables = tables
        self.rows = self._rows()

    def column(self, role: str, default: str) -> str:
        """The column in a role; it must exist."""
        name = str(self.figure.encodings.get(role, default))
        plain = name.removesuffix("_title")
        columns = self.tables[self.figure.table].columns
        if name not in columns and plain in columns and f"{name}_zh" in columns:
            return plain  # the words of a row are found by the name of the code beside them
        self._known(name, role)
        return name

    def maybe(self, role: str, default: str = "") -> str:
        """The column in an optional role, or an empty string."""
        name = self.figure.encodings.get(role, default)
        columns = self.tables[self.figure.table].columns
        return name if isinstance(name, str) and name in columns else ""

    def columns(self, role: str) -> list[str]:
        """Columns that are drawn side by side."""
        names = self.figure.encodings.get(role)
        out = [str(name) for name in names] if isinstance(names, list) else []
        for name in out:
            self._known(name, role)
        return out

    def option(self, name: str, default: Json = None) -> Json:
        """An encoding that is no column: a format, an order, a reference value."""
        return self.figure.encodings.get(name, default)

    def unit(self) -> str:
        """The unit of the values: an encoding, or a column with one unit for all rows."""
        found = {str(row["unit"]) for row in self.rows if row.get("unit")}
        given = self.figure.encodings.get("unit")
        return str(given) if given else (found.pop() if len(found) == 1 else "")

    def numbers(self, column: str) -> list[float]:
        """The finite values of a column."""
        return [v for row in self.rows if (v := number(row, column)) is not None]

    def _rows(self) -> list[Row]:
        if self.figure.table not in self.tables:
            raise _fault(self.figure, self.figure.table, list(self.tables))
        table = self.tables[self.figure.table]
        where = self.figure.encodings.get("where")
        rows = [table.row(i) for i in range(len(table))]
        for column, wanted in (where if isinstance(where, dict) else {}).items():
            self._known(column, "where")
            value = _chosen(rows, column, wanted)
            rows = [row for row in rows if row[column] == value]
        return rows

    def _known(self, column: str, role: str) -> None:
        columns = self.tables[self.figure.table].columns
        if column not in columns:
            raise _fault(self.figure, f"{role}={column}", list(columns))


def _chosen(rows: Sequence[Row], column: str, wanted: Json) -> Cell:
    values = [v for row in rows if (v := row[column]) is not None]
    if wanted == "last" and values:
        return max(values)  # pyright: ignore[reportArgumentType,reportCallIssue]
    if wanted == "first" and values:
        return min(values)  # pyright: ignore[reportArgumentType,reportCallIssue]
    return wanted if not isinstance(wanted, list | dict) else None


def _fault(figure: Figure, name: str, known: list[str]) -> ZhihengError:
    return ZhihengError(
        "R810",
        Text(
            "图“{f}”引用了结果里没有的“{n}”。",
            'Figure "{f}" refers to "{n}", which its result does not hold.',
        ).format(f=figure.name, n=name),
        evidence=[{"figure": figure.name, "kind": figure.kind, "known": ", ".join(known)}],
        fix=Text("改用现有的表或列。", "Use an existing table or column."),
        exit_code=3,
    )


def number(row: Row, column: str) -> float | None:
    """A cell as a finite number, or None."""
    value = row.get(column) if column else None
    if value is None or isinstance(value, str):
        return None
    found = float(value)
    return found if isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Magnitude:
    """The power of ten that large numbers of a figure are printed in, with its word."""

    divisor: float
    word: str

    def form(self, given: str) -> str:
        """The number format: two decimals when scaled, else as given."""
        return ",.2f" if self.word else given


_MAGNITUDES: Mapping[Lang, tuple[tuple[float, str], ...]] = {
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
    "en": ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")),
}
_PLAIN_UP_TO = 99_999.5  # larger numbers are scaled; years and small counts stay as they are


def magnitude(values: Sequence[float], lang: Lang) -> Magnitude:
    """The largest customary unit of which the values hold one or more."""
    most = max((abs(v) for v in values), default=0.0)
    if most < _PLAIN_UP_TO:
        return Magnitude(1.0, "")
    return next(Magnitude(size, word) for size, word in _MAGNITUDES[lang] if most >= size)


def measured(canvas: Canvas, name: str, scale: Magnitude, unit: str) -> str:
    """An axis title: what is measured, and in which unit and power of ten."""
    known = canvas.names.get(f"unit:{unit}")
    unit = "" if unit in ("", "1") else known[canvas.lang] if known else unit
    joint = "" if canvas.lang == "zh" else " "
    inside = joint.join(word for word in (scale.word, unit) if word).replace("CO2", "CO₂")
    brackets = "（{}）" if canvas.lang == "zh" else " ({})"
    return name + brackets.format(inside) if inside and name else name or inside


def printed(value: float | None, form: str) -> str:
    """A number as text with a true minus sign."""
    return "" if value is None else format(value, form).replace("-", MINUS)


def tick(value: float, step: float, *, share: bool = False) -> str:
    """A value on an axis, with the digits that multiples of the step need; a share in percent."""
    digits = decimals(step)
    form = f".{max(digits - 2, 0)}%" if share else f",.{digits}f"
    return printed(0.0 if abs(value) < step * 1e-6 else value, form)


def spec_of(figure: Figure, canvas: Canvas, layers: list[Spec], *, box: Box) -> Spec:
    """The whole spec: layers in a plot of fixed size with fixed margins."""
    theme = canvas.theme
    description = f"{figure.title[canvas.lang]}. {figure.reading[canvas.lang]}"
    axis = {
        "labelColor": theme.colour["muted"], "titleColor": theme.colour["muted"],
        "labelFontSize": theme.small, "titleFontSize": theme.small, "titleFontWeight": "normal",
        "gridColor": theme.colour["rule"], "domain": False, "ticks": False, "labelPadding": 6,
        "titlePadding": 8, "labelFlush": False,
    }  # fmt: skip
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": box.width,
        "height": box.height,
        "padding": {"left": box.left, "right": box.right, "top": box.top, "bottom": box.bottom},
        "autosize": {"type": "none"},
        "background": theme.colour["paper"],
        "config": {
            "font": theme.family,
            "view": {"stroke": None},
            "axis": axis,
            "text": {"color": theme.colour["ink"], "fontSize": theme.label},
        },
        "layer": layers,
    }


@dataclass(frozen=True, slots=True)
class Box:
    """The plot and its margins, px."""

    left: int
    right: int
    top: int
    bottom: int
    width: int
    height: int


def layer(mark: Spec, values: list[Spec], encoding: Spec) -> Spec:
    """One layer with its own data."""
    return {"data": {"values": values}, "mark": {"tooltip": None, **mark}, "encoding": encoding}


def px(channel_field: str) -> Spec:
    """A position given in px of the plot, without a scale."""
    return {"field": channel_field, "type": "quantitative", "scale": None, "axis": None}


def paint(channel_field: str) -> Spec:
    """A colour given as such, without a scale or a legend."""
    return {"field": channel_field, "type": "nominal", "scale": None, "legend": None}


def words(values: list[Spec], *, align: str, size: int, **mark: Any) -> Spec:
    """A layer of texts at px positions: fields x, y, text."""
    values = [{**v, "text": str(v["text"]).replace("CO2", "CO₂")} for v in values]
    style = {"type": "text", "align": align, "baseline": "middle", "fontSize": size, **mark}
    encoding: Spec = {"x": px("x"), "y": px("y"), "text": {"field": "text", "type": "nominal"}}
    if values and "colour" in values[0]:
        encoding["color"] = paint("colour")
    return layer(style, values, encoding)

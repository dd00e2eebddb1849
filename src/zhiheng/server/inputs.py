"""What a method runs on when it is called over HTTP: a dataset, or data in the request."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

import numpy as np
from pydantic import Field, StrictInt

from zhiheng.catalog.embedded import dataset as embedded_dataset
from zhiheng.catalog.embedded import datasets as embedded_datasets
from zhiheng.catalog.regions import labels_of
from zhiheng.core import wire
from zhiheng.core.errors import Row
from zhiheng.core.panel import Panel, Status
from zhiheng.core.registry import MethodInfo, Option
from zhiheng.core.result import Result
from zhiheng.core.units import UNSTATED
from zhiheng.server import refusals
from zhiheng.server.problems import json_bytes, plain
from zhiheng.server.shapes import Answer, BothForm, Form, Name, Names, Period
from zhiheng.sources.tables import parse

MOST_CELLS = 2_000_000
MOST_ITEMS = 5_000
MOST_DEPTH = 4
UNCAPPED = frozenset(
    {"seed", "base", "change_from", "change_to", "year", "start", "latest", "grid_year", "budget"}
)
"""Numbers that name something and cost nothing: a seed, a year, tonnes to share."""
REPEATS = frozenset({"draws", "bias_draws", "bootstrap", "permutations", "placebo"})
"""Whole numbers that cost time in proportion; all others (bins, lags, points) may cost memory
by their square and are held to `MOST_SIZE`, classes to `MOST_CLASSES`."""
MOST_SIZE = 400
MOST_YEAR = 2100
"""Of a whole number that is a year by default, such as the horizon of a simulation."""
MOST_NUMBER = 1e9
MOST_CLASSES = 100
SCALARS = (str, int, float, bool)
Statuses = Literal[-1, 0, 1, 2, 3, 4]
Cells = list[list[list[float | None]]]


class SeriesForm(Form):
    """A series of a panel that comes with the request."""

    name: Name
    unit: Annotated[str, Field(max_length=80)] = UNSTATED
    title: BothForm | None = None


class EntityForm(Form):
    """An entity of a panel that comes with the request."""

    id: Name
    name: BothForm | None = None


class PanelForm(Form):
    """A panel in the form in which ``GET /datasets/{id}/panel`` gives it.

    `values` has the shape entities × periods × series, with null for gaps. `fingerprint` and
    `steps` may stay in and are not read.
    """

    entities: Annotated[tuple[EntityForm, ...], Field(min_length=1, max_length=100_000)]
    periods: Annotated[tuple[Period, ...], Field(min_length=1, max_length=10_000)]
    series: Annotated[tuple[SeriesForm, ...], Field(min_length=1, max_length=2_000)]
    values: Cells
    status: list[list[list[Statuses]]] | None = None
    frequency: Literal["A", "Q", "M", "D", "H"] = "A"
    level: Annotated[str, Field(max_length=40)] | None = None
    fingerprint: str = ""
    steps: list[str] = []


class SelectionForm(Form):
    """Which part of the input is meant, and which reading of a dataset."""

    entities: Names = ()
    without: Names = ()
    first: Period | None = None
    last: Period | None = None
    version: Annotated[str, Field(max_length=80)] = ""
    level: Annotated[str, Field(max_length=40)] | None = None
    frequency: Literal["", "A", "Q", "M", "D", "H"] = ""
    vintage: Annotated[str, Field(max_length=200)] = "latest"
    prefer: Names = ()
    statuses: Literal["ignore", "apply"] = "ignore"


class MethodForm(Form):
    """A call of a method: one input, a selection, options."""

    dataset: Name | None = None
    series: Names = ()
    panel: PanelForm | None = None
    csv: Annotated[str, Field(max_length=8_000_000)] | None = None
    embedded: Literal["provinces", "world", "gdi2016"] | None = None
    selection: SelectionForm = SelectionForm()
    options: dict[str, Any] = {}
    wait: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] | None = None
    why: Annotated[str, Field(max_length=500)] = ""


class ResultAnswer(Answer):
    """What a method found; `blocked` says that no claim may rest on it, as exit code 1 does."""

    method: str
    params: dict[str, Any]
    inputs: str
    series: list[str]
    tables: dict[str, Any]
    figures: list[Any]
    notes: list[Any]
    checks: list[Any]
    blocked: bool
    exit_code: StrictInt


def input_of(form: MethodForm) -> str:
    """Which input a call gives (A149 unless it is exactly one)."""
    given = [n for n in ("dataset", "panel", "csv", "embedded") if getattr(form, n) is not None]
    if len(given) != 1:
        raise refusals.one_input(given)
    return given[0]


def panel_of(form: MethodForm) -> Panel:
    """The panel of a call whose data come with it, cut to the selection."""
    if form.csv is not None:
        found = parse(form.csv.encode("utf-8", "replace"), "csv", own_labels=True).panel()
    elif form.embedded is not None:
        known = {d.name for d in embedded_datasets()}
        found = embedded_dataset(form.embedded if form.embedded in known else "provinces")
    else:
        assert form.panel is not None
        found = _of_form(form.panel)
    return _cut(found, form)


def _cut(panel: Panel, form: MethodForm) -> Panel:
    part = form.selection
    low = panel.periods[0] if part.first is None else part.first
    high = panel.periods[-1] if part.last is None else part.last
    periods = [p for p in panel.periods if low <= p <= high]
    if not periods:
        raise refusals.invalid(
            [{"at": "selection.first, last", "problem": "no period of the data"}]
        )
    made = panel
    if form.series or part.entities or len(periods) < len(panel.periods):
        made = panel.select(
            series=form.series or None, entities=part.entities or None, periods=periods
        )
    return without(made, part.without)


def without(panel: Panel, gone: Sequence[str]) -> Panel:
    """A panel without some entities."""
    if not gone:
        return panel
    kept = tuple(e for e in panel.entities if e not in set(gone))
    if not kept:
        raise refusals.invalid([{"at": "selection.without", "problem": "nothing is left"}])
    return panel.select(entities=kept)


def _of_form(form: PanelForm) -> Panel:
    shape = (len(form.entities), len(form.periods), len(form.series))
    names = [s.name for s in form.series]
    entities = [e.id for e in form.entities]
    values = _cube(form.values, shape, "panel.values")
    wrong = {
        "panel.periods": list(form.periods) != sorted(set(form.periods)),
        "panel.series": len(set(names)) < len(names),
        "panel.entities": len(set(entities)) < len(entities),
    }
    if any(wrong.values()):
        raise refusals.invalid(
            {"at": at, "problem": "not distinct and in order"} for at, bad in wrong.items() if bad
        )
    level, labels = labels_of(entities)
    labels = {**labels, **{e.id: e.name.text() for e in form.entities if e.name}}
    status = np.where(np.isnan(values), Status.ABSENT, Status.OBSERVED).astype(np.int8)
    if form.status is not None:
        told = _cube(cast(Cells, form.status), shape, "panel.status")
        status = np.where(np.isnan(values) | (told < 0), status, told).astype(np.int8)
    return Panel(
        values=values,
        entities=tuple(entities),
        periods=form.periods,
        series=tuple(names),
        units={s.name: s.unit or UNSTATED for s in form.series},
        status=status,
        origin=np.full(shape, -1, dtype=np.int32),
        labels=labels,
        titles={s.name: s.title.text() for s in form.series if s.title},
        frequency=form.frequency,
        level=level if form.level is None else form.level,
    )


def _cube(nested: Cells, shape: tuple[int, int, int], at: str) -> np.ndarray[Any, Any]:
    fits = len(nested) == shape[0] and all(
        len(rows) == shape[1] and all(len(cells) == shape[2] for cells in rows) for rows in nested
    )
    if not fits or math.prod(shape) > MOST_CELLS:
        raise refusals.invalid([{"at": at, "problem": f"shape is not {shape}, or too large"}])
    values = np.array(nested, dtype=np.float64).reshape(shape)
    if np.isinf(values).any():
        raise refusals.invalid([{"at": at, "problem": "not finite"}])
    return values


# ----------------------------------------------------------------------------- options


def checked(info: MethodInfo, options: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Options as a method may get them: plain values of bounded size.

    Whether they are the options of the method is checked by the registry, in one wording.

    Raises
    ------
    ZhihengError
        A140 a value is nested too deep or is no plain value, A148 it is too large.
    """
    known = {o.name: o for o in info.options if o.name in options and o.name not in UNCAPPED}
    strange = [_odd(f"options.{name}", value, 0) for name, value in options.items()]
    rows = [row for found in strange for row in found]
    if rows:
        raise refusals.invalid(rows)
    limits: dict[str, float] = {
        name: MOST_NUMBER for name, o in known.items() if o.type in ("number", "name_or_number")
    }
    limits |= {name: _most_of(o, most) for name, o in known.items() if o.type == "integer"}
    large: list[Row] = [
        {"option": name, "value": options[name], "limit": limit}
        for name, limit in limits.items()
        if _above(options[name], limit)
    ]
    if large:
        raise refusals.beyond_server(large)
    return dict(options)


def _most_of(option: Option, most: int) -> int:
    if option.name in REPEATS:
        return most
    if _above(option.default, MOST_SIZE):
        return MOST_YEAR
    return min(most, MOST_CLASSES if "class" in option.name else MOST_SIZE)


def _above(value: Any, most: float) -> bool:
    return isinstance(value, (int, float)) and abs(value) > most


def _odd(at: str, value: Any, depth: int) -> list[Row]:
    if isinstance(value, Mapping):
        items = [(f"{at}.{k}"[:200], v) for k, v in cast(Mapping[str, Any], value).items()]
    elif isinstance(value, list):
        items = [(f"{at}[{i}]"[:200], v) for i, v in enumerate(cast(list[Any], value))]
    else:
        return _odd_scalar(at, value, nested=depth > 0)
    if depth >= MOST_DEPTH or len(items) > MOST_ITEMS:
        return [{"at": at, "problem": "nested too deep, or too many items"}]
    return [row for place, item in items for row in _odd(place, item, depth + 1)]


def _odd_scalar(at: str, value: Any, *, nested: bool) -> list[Row]:
    if value is None:
        return [{"at": at, "problem": "null"}] if nested else []
    if isinstance(value, float) and not math.isfinite(value):
        return [{"at": at, "problem": "not finite"}]
    if isinstance(value, int) and abs(value) >= 2**53:
        return [{"at": at, "problem": "too large for a whole number"}]
    fine = isinstance(value, SCALARS) and (not isinstance(value, str) or _clean(value))
    return [] if fine else [{"at": at, "problem": "not a plain value"}]


def _clean(text: str) -> bool:
    printable = not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in text)
    return printable and len(text) <= 10_000


def options_schema(info: MethodInfo) -> dict[str, Any]:
    """The JSON schema of the options of a method, from the registry."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {o.name: _option_schema(o) for o in info.options},
        "required": [o.name for o in info.options if o.required],
    }


_SCALAR = {"type": ["string", "number", "boolean"]}
_TYPES: Mapping[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array", "items": _SCALAR},
    "mapping": {"type": "object"},
    "name_or_mapping": {"type": ["string", "object"]},
    "list_or_mapping": {"type": ["array", "object"], "items": _SCALAR},
    "name_or_number": {"type": ["string", "number"]},
    "name_or_weights": {"type": "string"},
}


def _option_schema(option: Option) -> dict[str, Any]:
    schema = dict(_TYPES.get(option.type, {}))
    if option.choices:
        schema["enum"] = list(option.choices)
    if option.default is not None:
        schema["default"] = option.default
    return schema


def result_bytes(result: Result) -> bytes:
    """A result as JSON: what `core.wire` writes, valid to the letter, and whether it blocks."""
    document = plain(json.loads(wire.dumps(result)))
    blocked = result.blocked
    return json_bytes({**document, "blocked": blocked, "exit_code": int(blocked)})

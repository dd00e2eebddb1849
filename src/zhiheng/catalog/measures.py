"""Measures of abatement: a mapping or a file of the user's, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, cast

import pydantic
from pydantic import BeforeValidator

from zhiheng.catalog.loading import Entry, Words, parse_csv, parse_toml
from zhiheng.catalog.technologies import technology
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.local_files import local_file
from zhiheng.core.text import Text


@dataclass(frozen=True, slots=True)
class Range:
    """A number with its bounds: a triangular distribution, or a point."""

    low: float
    mode: float
    high: float


def _range(value: Any) -> Any:
    if isinstance(value, str):
        value = [part for part in value.split(";") if part.strip()]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    items = [float(v) for v in cast(list[Any], value)]
    if not all(map(isfinite, items)):
        raise ValueError(f"numbers that are finite: {items}")
    if len(items) == 1:
        return Range(items[0], items[0], items[0])
    if len(items) != 3 or not items[0] <= items[1] <= items[2]:
        raise ValueError(f"a number, or low, likely, high in this order: {items}")
    return Range(*items)


Amount = Annotated[Range, BeforeValidator(_range)]
"""A number, or ``[low, likely, high]``; in a CSV cell ``low;likely;high``."""


class Measure(Entry):
    """One measure; money is that of the table, amounts are of one unit in one year.

    Attributes
    ----------
    source : str
        Series or expression of the emissions that it acts on; empty for that of the call.
    potential : Range or None
        The part of the source that it abates when fully installed and alone.
    units : Range or None
        Instead of `potential`: how many units can be installed.
    capex : Range or None
        Of one unit; None takes that of `technology`.
    opex, saving : Range
        Yearly cost, and yearly saving besides that of `fuel_saved`.
    fuel, fuel_saved : str, Range
        A fuel priced by the call, and how much of it a unit saves.
    abatement : Range
        Tonnes a year that one unit abates.
    stock_life : float or None
        Years in which the stock turns over; None takes the life of the measure.
    start : int or None
        The last year without it.
    learning, growth : float
        Fall of capex per doubling of experience; yearly growth of experience.
    """

    id: str
    abatement: Amount
    title: Words | None = None
    title_zh: str = ""
    title_en: str = ""
    technology: str = ""
    source: str = ""
    potential: Amount | None = None
    units: Amount | None = None
    capex: Amount | None = None
    life: Amount | None = None
    opex: Amount = Range(0.0, 0.0, 0.0)
    saving: Amount = Range(0.0, 0.0, 0.0)
    fuel: str = ""
    fuel_saved: Amount = Range(0.0, 0.0, 0.0)
    stock_life: float | None = None
    start: int | None = None
    learning: float | None = None
    growth: float = 0.0

    def name(self) -> Text:
        """Its title, that of its technology, or its id."""
        if self.title is not None:
            return self.title
        if self.title_zh or self.title_en:
            return Text(self.title_zh or self.title_en, self.title_en or self.title_zh)
        return technology(self.technology).title if self.technology else Text(self.id, self.id)


class _File(Entry):
    measure: tuple[Measure, ...]


def read_measures(given: Mapping[str, Any] | str) -> tuple[Measure, ...]:
    """Measures of a mapping ``{id: fields}``, of a TOML file or of a CSV file.

    Raises
    ------
    ZhihengError
        C410/C411 a file or field that cannot be read, C467 no measures, or no such file.
    """
    if isinstance(given, str):
        return _from_file(given)
    found: list[Measure] = []
    wrong: list[Row] = []
    for name, fields in given.items():
        try:
            found.append(Measure.model_validate({"id": name, **fields}))
        except (pydantic.ValidationError, TypeError) as error:
            wrong += _wrong(str(name), error)
    if wrong:
        raise ZhihengError(
            "C411",
            Text("措施表有 {n} 个字段不对。", "{n} fields of the measures are wrong.").format(
                n=len(wrong)
            ),
            evidence=wrong,
            fix=Text(
                "按所示字段修改；不认识的字段不会被忽略。",
                "Mend the fields shown; unknown ones are not ignored.",
            ),
        )
    return _some(tuple(found), "measures")


def _wrong(name: str, error: Exception) -> list[Row]:
    if not isinstance(error, pydantic.ValidationError):
        return [{"measure": name, "field": "", "error": "fields expected, not a single value"}]
    return [
        {"measure": name, "field": ".".join(map(str, e["loc"])), "error": e["msg"]}
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _from_file(name: str) -> tuple[Measure, ...]:
    path = local_file(name)
    if path is None or path.suffix not in (".toml", ".csv"):
        raise _none(name)
    source = path.read_text("utf-8-sig")
    if path.suffix == ".csv":
        return _some(parse_csv(source, Measure, where=name), name)
    return _some(parse_toml(source, _File, where=name).measure, name)


def _some(found: tuple[Measure, ...], where: str) -> tuple[Measure, ...]:
    from zhiheng.catalog.loading import refuse_repeats

    if not found:
        raise _none(where)
    refuse_repeats([m.id for m in found], where=where, kind=Text("措施", "measure"))
    return found


def _none(where: str) -> ZhihengError:
    return ZhihengError(
        "C467",
        Text("没有找到措施：{w}。", "No measures were found: {w}.").format(w=where),
        evidence=[{"measures": where}],
        fix=Text(
            "给出映射，或一个含有措施的 .toml 或 .csv 文件。",
            "Give a mapping, or a .toml or .csv file that holds measures.",
        ),
    )

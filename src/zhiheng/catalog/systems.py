"""Index systems: indicators as expressions, with groups, directions, weights and traps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import (
    Entry,
    EntryStatus,
    Words,
    parse_toml,
    read_toml,
    refuse_dangling,
    refuse_repeats,
    stems,
)
from zhiheng.catalog.regions import Level
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text

Direction = Literal["more", "less"]
Applies = Literal["all", "coastal", "regional"]
WeightMethod = Literal["entropy", "equal", "equal_by_group", "class", "given"]


@dataclass(frozen=True, slots=True)
class SystemGroup:
    """A dimension of an index system.

    `arm` is the node of the theory graph that the group measures, empty if none.
    """

    id: str
    title: Text
    arm: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One item of an index system.

    Attributes
    ----------
    expression : str
        Over base series; empty when the item needs `operator`.
    operator : Text or None
        What the expression language cannot say; such an item is not computable.
    needs : tuple of str
        The series that `operator` works on.
    unit : str
        Canonical unit of the value.
    direction : {"more", "less"}
        Whether more of it counts as better.
    weight : float or None
        Share in the whole system; None when weights come from the data.
    green : bool
        Green content: it may share its origin with green and emission outcomes.
    stands_for : str
        The item of the published system that this one replaces.
    additional : bool
        It replaces none and says so.
    trap : Text or None
        What is known to mislead in these data.
    """

    id: str
    level: Level
    title: Text
    expression: str
    operator: Text | None
    needs: tuple[str, ...]
    unit: str
    direction: Direction
    group: str
    branch: Text | None
    weight: float | None
    weight_class: str
    applies: Applies
    stands_for: str
    additional: bool
    source: Text
    green: bool
    status: EntryStatus
    trap: Text | None

    @property
    def computable(self) -> bool:
        """Whether the shipped series of this level suffice; see `computable`."""
        return computable(self, shipped_series(self.level))


@dataclass(frozen=True)
class IndexSystem:
    """An index system.

    Attributes
    ----------
    used : tuple of int
        First and last year of the original use.
    weight_method : str
        How the publication weights its items.
    status : {"verified", "recalled"}
        Of the list of items: checked against the source, or only remembered.
    """

    id: str
    level: Level
    title: Text
    citation: str
    used: tuple[int, int]
    weight_method: WeightMethod
    status: EntryStatus
    notes: tuple[Text, ...]
    groups: tuple[SystemGroup, ...]
    indicators: tuple[Indicator, ...]

    @cached_property
    def group_weights(self) -> dict[str, float]:
        """The sum of the weights of each group that has weights."""
        found: dict[str, float] = {}
        for one in self.indicators:
            if one.weight is not None:
                found[one.group] = found.get(one.group, 0.0) + one.weight
        return found

    def group_title(self, name: str) -> Text:
        """The title of a group; the name itself for one that the system does not have."""
        return next((g.title for g in self.groups if g.id == name), Text.same(name or "-"))

    def computable(self, available: Set[str] | None = None) -> tuple[Indicator, ...]:
        """The items that `available` series suffice for; by default the shipped ones."""
        series = shipped_series(self.level) if available is None else available
        return tuple(one for one in self.indicators if computable(one, series))


class _GroupEntry(Entry):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Words
    arm: str = ""


class _IndicatorEntry(Entry):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Words
    expression: str = ""
    operator: Words | None = None
    needs: tuple[str, ...] = ()
    unit: str
    direction: Direction
    group: str
    branch: Words | None = None
    weight_class: str = Field(default="", alias="class")
    weight: float | None = Field(default=None, gt=0)
    applies: Applies = "all"
    stands_for: str = ""
    additional: bool = False
    source: Words
    green: bool = False
    status: EntryStatus
    trap: Words | None = None


class _SystemEntry(Entry):
    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    level: Level
    title: Words
    citation: str
    used: tuple[int, int]
    weight_method: WeightMethod
    class_units: Mapping[str, int] = Field(default_factory=dict)
    status: EntryStatus
    notes: tuple[Words, ...] = ()
    group: tuple[_GroupEntry, ...] = Field(min_length=1)
    indicator: tuple[_IndicatorEntry, ...] = Field(min_length=1)


@cache
def systems() -> dict[str, IndexSystem]:
    """The index systems that come with the package, by id."""
    return {name: _shipped(name) for name in stems("systems")}


def load_system(name: str) -> IndexSystem:
    """One index system, by its id or by the path of a TOML file of the same form.

    Raises
    ------
    ZhihengError
        C404 no such system; C410–C413 a file of your own is not in order; C414 an
        item has neither expression nor operator, or weights are given for some only.
    """
    if name in stems("systems"):
        return _shipped(name)
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise unknown_name("C404", name, stems("systems"), kind=Text("指标体系", "index system"))
    return _build(parse_toml(path.read_text("utf-8"), _SystemEntry, where=str(path)), str(path))


def computable(indicator: Indicator, available: Set[str]) -> bool:
    """Whether an item can be computed from the `available` base series.

    An item that needs an operator is never computable: it is not approximated.
    """
    if not indicator.expression:
        return False
    return base_series(indicator) <= available


def base_series(indicator: Indicator) -> frozenset[str]:
    """The base series that an item stands on, derived series followed to their ingredients."""
    from zhiheng.catalog.scope import scope
    from zhiheng.core.expression import needs

    if not indicator.expression:
        return frozenset(indicator.needs)
    return needs(indicator.expression, scope(indicator.level))


@cache
def shipped_series(level: str) -> frozenset[str]:
    """The base series of a level for which the package has observations."""
    from zhiheng.catalog.series import all_series

    return frozenset(
        s.name for s in all_series() if s.level == level and s.available and not s.expression
    )


@cache
def _shipped(name: str) -> IndexSystem:
    where = f"systems/{name}.toml"
    return _build(read_toml(where, _SystemEntry), where)


def _build(entry: _SystemEntry, where: str) -> IndexSystem:
    _check(entry, where)
    weights = _weights(entry)
    return IndexSystem(
        id=entry.id,
        level=entry.level,
        title=entry.title,
        citation=entry.citation,
        used=entry.used,
        weight_method=entry.weight_method,
        status=entry.status,
        notes=entry.notes,
        groups=tuple(SystemGroup(g.id, g.title, g.arm) for g in entry.group),
        indicators=tuple(_indicator(i, entry.level, weights[i.id]) for i in entry.indicator),
    )


def _indicator(entry: _IndicatorEntry, level: Level, weight: float | None) -> Indicator:
    fields = {name: getattr(entry, name) for name in type(entry).model_fields if name != "weight"}
    return Indicator(level=level, weight=weight, **fields)


def _weights(entry: _SystemEntry) -> dict[str, float | None]:
    """Given weights, or classes turned into weights; they sum to one over the whole system."""
    if entry.weight_method == "class":
        raw = {i.id: float(entry.class_units.get(i.weight_class, 0)) for i in entry.indicator}
    else:
        raw = {i.id: i.weight or 0.0 for i in entry.indicator}
    whole = sum(raw.values())
    return {name: value / whole if value and whole else None for name, value in raw.items()}


def _check(entry: _SystemEntry, where: str) -> None:
    refuse_repeats((i.id for i in entry.indicator), where=where, kind=Text("指标", "indicator"))
    refuse_repeats((g.id for g in entry.group), where=where, kind=Text("分组", "group"))
    refuse_dangling(
        ((i.id, i.group) for i in entry.indicator), (g.id for g in entry.group), where=where
    )
    classes = ((i.id, i.weight_class) for i in entry.indicator if i.weight_class)
    refuse_dangling(classes, entry.class_units, where=where)
    neither = [i.id for i in entry.indicator if not i.expression and i.operator is None]
    weighted = Counter(i.weight is not None for i in entry.indicator)
    halfway = entry.weight_method == "given" and weighted[False]
    if neither or halfway:
        problem = "neither expression nor operator" if neither else "some weights are missing"
        raise ZhihengError(
            "C414",
            Text("指标体系不完整。", "The index system is incomplete."),
            evidence=[{"file": where, "problem": problem, "indicators": ", ".join(neither)}],
            fix=Text(
                "每项写 expression 或 operator；given 权重要写全。",
                "Give each item an expression or an operator, and all weights or none.",
            ),
        )

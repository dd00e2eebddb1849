"""Index systems: indicators as expressions, with groups, directions, weights and traps."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import cache, cached_property

from zhiheng.catalog.loading import EntryStatus, parse_toml, read_toml, stems
from zhiheng.catalog.region_files import Level
from zhiheng.catalog.scales import Scale
from zhiheng.catalog.system_files import (
    Applies,
    Direction,
    IndicatorEntry,
    SystemEntry,
    WeightMethod,
    as_groups,
    check_system,
)
from zhiheng.catalog.system_groups import SystemGroup, TreeLevel, ancestors, tree_levels
from zhiheng.core.errors import unknown_name
from zhiheng.core.local_files import local_file
from zhiheng.core.text import Text

__all__ = [
    "Direction",
    "IndexSystem",
    "Indicator",
    "SystemGroup",
    "TreeLevel",
    "base_series",
    "computable",
    "load_system",
    "missing_series",
    "mixes_scales",
    "shipped_series",
    "systems",
]


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
    scale : {"intensive", "extensive"}
        A ratio, or a count or volume that grows with the size of the region.
    scale_reason : Text or None
        Why the scale is not the one that the ingredients say.
    group : str
        A leaf of the tree of groups.
    branch : Text or None
        What the publication calls the item, where it names the item and its measure apart.
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
    scale: Scale
    scale_reason: Text | None
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
    replaces : str
        The system whose items these stand for, empty if none.
    """

    id: str
    level: Level
    title: Text
    citation: str
    used: tuple[int, int]
    weight_method: WeightMethod
    status: EntryStatus
    replaces: str
    notes: tuple[Text, ...]
    groups: tuple[SystemGroup, ...]
    indicators: tuple[Indicator, ...]

    @cached_property
    def group_weights(self) -> dict[str, float]:
        """The sum of the weights inside each group that has weights, the outer ones too."""
        found: dict[str, float] = {}
        for one in self.indicators:
            if one.weight is not None:
                for name in self.path(one.group):
                    found[name] = found.get(name, 0.0) + one.weight
        return found

    @property
    def top_groups(self) -> tuple[SystemGroup, ...]:
        """The groups directly under the index: the dimensions of the publication."""
        return tuple(g for g in self.groups if not g.parent)

    @cached_property
    def tree(self) -> tuple[TreeLevel, ...]:
        """The system from the bottom up, each level with the position of its members' parents.

        The first level holds the items in their order, the last one the groups
        directly under the index, whose parent is the index (position 0). A shallow
        branch is padded: its group stands on several levels as its own only child,
        so a weighted mean of level after level is the hierarchical index.
        """
        return tree_levels(self.groups, [(i.id, i.group) for i in self.indicators])

    def path(self, group: str) -> tuple[str, ...]:
        """A group and the groups that contain it, from the inside out."""
        return ancestors(self.groups, group)

    def path_title(self, group: str) -> Text:
        """The titles from the dimension down to a group, such as ``绿色生产力 / 资源节约型``."""
        titles = [self.group_title(name) for name in reversed(self.path(group))]
        return Text(" / ".join(t.zh for t in titles), " / ".join(t.en for t in titles))

    def group_title(self, name: str) -> Text:
        """The title of a group; the name itself for one that the system does not have."""
        return next((g.title for g in self.groups if g.id == name), Text.same(name or "-"))

    def computable(self, available: Set[str] | None = None) -> tuple[Indicator, ...]:
        """The items that `available` series suffice for; by default the shipped ones."""
        series = shipped_series(self.level) if available is None else available
        return tuple(one for one in self.indicators if computable(one, series))


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
        item has neither expression nor operator, or weights are given for some only;
        C416 the groups are no tree; C417 a scale contradicts its expression.
    """
    if name in stems("systems"):
        return _shipped(name)
    path = local_file(name, suffix=".toml")
    if path is None:
        raise unknown_name("C404", name, stems("systems"), kind=Text("指标体系", "index system"))
    return _build(parse_toml(path.read_text("utf-8"), SystemEntry, where=str(path)), str(path))


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


def missing_series(indicator: Indicator) -> tuple[str, ...]:
    """The base series of an item that the package has no observations for, in order of name."""
    return tuple(sorted(base_series(indicator) - shipped_series(indicator.level)))


@cache
def shipped_series(level: str) -> frozenset[str]:
    """The base series of a level for which the package has observations."""
    from zhiheng.catalog.series import all_series

    return frozenset(
        s.name for s in all_series() if s.level == level and s.available and not s.expression
    )


def mixes_scales(system: IndexSystem) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The extensive and the intensive items of a system, in their order.

    With both kinds in one index the size of a region enters its score through the
    one and not through the other; warn when neither tuple is empty.
    """
    extensive = tuple(i.id for i in system.indicators if i.scale == "extensive")
    intensive = tuple(i.id for i in system.indicators if i.scale == "intensive")
    return extensive, intensive


@cache
def _shipped(name: str) -> IndexSystem:
    where = f"systems/{name}.toml"
    return _build(read_toml(where, SystemEntry), where)


def _build(entry: SystemEntry, where: str) -> IndexSystem:
    check_system(entry, where)
    weights = _weights(entry)
    return IndexSystem(
        id=entry.id,
        level=entry.level,
        title=entry.title,
        citation=entry.citation,
        used=entry.used,
        weight_method=entry.weight_method,
        status=entry.status,
        replaces=entry.replaces,
        notes=entry.notes,
        groups=as_groups(entry),
        indicators=tuple(_indicator(i, entry.level, weights[i.id]) for i in entry.indicator),
    )


def _indicator(entry: IndicatorEntry, level: Level, weight: float | None) -> Indicator:
    fields = {name: getattr(entry, name) for name in type(entry).model_fields if name != "weight"}
    return Indicator(level=level, weight=weight, **fields)


def _weights(entry: SystemEntry) -> dict[str, float | None]:
    """Given weights, or classes turned into weights; they sum to one over the whole system."""
    if entry.weight_method == "class":
        raw = {i.id: float(entry.class_units.get(i.weight_class, 0)) for i in entry.indicator}
    else:
        raw = {i.id: i.weight or 0.0 for i in entry.indicator}
    whole = sum(raw.values())
    return {name: value / whole if value and whole else None for name, value in raw.items()}

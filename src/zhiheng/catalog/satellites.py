"""Satellites of input–output tables: emission totals and the rules that share them out."""

from __future__ import annotations

from functools import cache
from typing import Literal

from zhiheng.catalog.loading import Entry, Words, read_toml, stems
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text


class Rule(Entry):
    """One defensible way to share a total out to sectors.

    Attributes
    ----------
    by : {"all", "purchases", "output"}
    rows : tuple of str
        The sectors whose deliveries count, for "purchases".
    sectors : tuple of str
        Who may get a share.
    without : tuple of str
        Deliveries ``row>column`` that do not count.
    households : bool
        Whether final consumption takes part.
    """

    id: str
    by: Literal["all", "purchases", "output"]
    sectors: tuple[str, ...]
    rows: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    households: bool = False
    title: Words


class Component(Entry):
    """A published total and its rules, the default first."""

    series: str
    title: Words
    rule: tuple[Rule, ...]


class Satellite(Entry):
    """Where the emissions of sectors come from.

    Either `dataset`, `entity` and components with rules, or `prefix`, `suffix` and a
    `concordance` for an inventory that lies in the same panel as the table.
    """

    id: str
    title: Words
    classification: str
    status: str
    boundary: Words
    dataset: str = ""
    entity: str = ""
    total: str = ""
    component: tuple[Component, ...] = ()
    prefix: str = ""
    suffix: str = ""
    concordance: str = ""
    share: tuple[Literal["fuels", "output"], ...] = ()
    rows: tuple[str, ...] = ()


class Deflator(Entry):
    """A price level: growth rates of a data set, chained; `unit` is the money it deflates."""

    id: str
    title: Words
    dataset: str
    entity: str
    unit: str
    growth: str
    note: Words


class _Deflators(Entry):
    deflator: tuple[Deflator, ...]


@cache
def satellites() -> dict[str, Satellite]:
    """The catalogued satellites by name."""
    return {s: read_toml(f"satellites/{s}.toml", Satellite) for s in stems("satellites")}


@cache
def deflators() -> dict[str, Deflator]:
    """The catalogued price levels by name."""
    return {d.id: d for d in read_toml("deflators.toml", _Deflators).deflator}


def satellite(name: str, others: tuple[str, ...] = ()) -> Satellite:
    """A satellite of the catalog.

    Raises
    ------
    ZhihengError
        C447 there is none of that name; `others` are named beside the known ones.
    """
    known = satellites()
    if name not in known:
        raise unknown_name("C447", name, (*known, *others), kind=Text("排放账户", "satellite"))
    return known[name]


def deflator(name: str, others: tuple[str, ...] = ()) -> Deflator:
    """A price level of the catalog.

    Raises
    ------
    ZhihengError
        C448 there is none of that name.
    """
    known = deflators()
    if name not in known:
        raise unknown_name("C448", name, (*known, *others), kind=Text("价格指数", "price level"))
    return known[name]

"""Technologies of abatement: readiness, cost, life, learning, each with source and status."""

from __future__ import annotations

from functools import cache
from typing import Literal

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml, refuse_dangling
from zhiheng.catalog.loading import refuse_repeats as refuse_repeated
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text

Quantity = Literal["capex", "opex_share", "life", "learning", "efficiency"]
Group = Literal["renewable", "storage", "heat", "transport", "efficiency", "hydrogen", "ccus"]

_FILE = "technologies.toml"


class Reference(Entry):
    """Where figures were read; `read` is the day, empty when nobody read it here."""

    id: str
    citation: str
    url: str
    read: str


class Readiness(Entry):
    """Lowest and highest level on the eleven-step scale of the International Energy Agency."""

    low: int
    high: int
    status: EntryStatus
    reference: str
    note: Words | None = None


class TechnologyFigure(Entry):
    """One number of a technology.

    Attributes
    ----------
    quantity : str
    value : float
    unit : str
        As published, such as ``EUR/kW``.
    money : str
        Price basis of a capex, such as ``EUR_2020``; empty otherwise.
    year : int
        Year of the technology that the figure describes.
    """

    quantity: Quantity
    value: float
    unit: str
    year: int
    status: EntryStatus
    reference: str
    money: str = ""
    note: Words | None = None


class Technology(Entry):
    """A technology with its figures."""

    id: str
    group: Group
    title: Words
    readiness: Readiness
    figure: tuple[TechnologyFigure, ...] = ()

    def of(self, quantity: Quantity) -> TechnologyFigure | None:
        """The figure of a quantity, or None."""
        return next((f for f in self.figure if f.quantity == quantity), None)


class _File(Entry):
    reference: tuple[Reference, ...]
    technology: tuple[Technology, ...]


@cache
def _catalogue() -> _File:
    found = read_toml(_FILE, _File)
    refuse_repeated([t.id for t in found.technology], where=_FILE, kind=Text("技术", "technology"))
    named = [(t.id, f.reference) for t in found.technology for f in (*t.figure, t.readiness)]
    refuse_dangling(named, [r.id for r in found.reference], where=_FILE)
    return found


def technologies() -> tuple[Technology, ...]:
    """All technologies, in the order of the file."""
    return _catalogue().technology


def technology(name: str) -> Technology:
    """One technology; raises C465 with the nearest names."""
    known = {t.id: t for t in technologies()}
    if name not in known:
        raise unknown_name("C465", name, known, kind=Text("技术", "technology"))
    return known[name]


def reference(name: str) -> Reference:
    """The reference of a figure."""
    return next(r for r in _catalogue().reference if r.id == name)

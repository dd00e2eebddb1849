"""Announced targets, and what governments reported on them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from zhiheng.catalog.loading import (
    Entry,
    EntryStatus,
    Words,
    read_toml,
    refuse_dangling,
    refuse_repeats,
    stems,
)
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text

FOLDER = "targets"

Kind = Literal["reduction", "share", "stock", "peak", "neutrality", "below_peak"]


class Target(Entry):
    """One announced target.

    Attributes
    ----------
    kind : str
        ``reduction`` of a ratio since `base`; ``share``, a level to be reached;
        ``stock``, an increase since `base`; ``peak``; ``neutrality``;
        ``below_peak``, a reduction from the highest level so far.
    entity : str
        The economy that announced it.
    expression : str
        In series of the catalogue; ``{emissions}`` stands for the option.
    economy : str
        What replaces it where the panel is of economies.
    value : float or None
        A change for reductions, a level for shares, an amount for stocks.
    """

    id: str
    title: Words
    kind: Kind
    expression: str
    deadline: int
    announced: str
    source: str
    status: EntryStatus
    base: int | None = None
    value: float | None = None
    note: Words | None = None
    economy: str = ""
    entity: str = ""

    def written(self, level: str, emissions: str) -> str:
        """The expression at a level of regions, with the emissions put in."""
        chosen = self.economy if level == "economy" and self.economy else self.expression
        return chosen.replace("{emissions}", f"({emissions})")


class Reported(Entry):
    """What a government reported on a target for a year."""

    target: str
    year: int
    value: float
    source: str
    status: EntryStatus


class _File(Entry):
    entity: str
    target: tuple[Target, ...]
    reported: tuple[Reported, ...] = ()


@cache
def _files() -> tuple[dict[str, Target], tuple[Reported, ...]]:
    files = [(name, read_toml(f"{FOLDER}/{name}.toml", _File)) for name in stems(FOLDER)]
    known = [t.model_copy(update={"entity": file.entity}) for _, file in files for t in file.target]
    refuse_repeats((t.id for t in known), where=FOLDER, kind=Text("目标", "target"))
    reported = [r for _, file in files for r in file.reported]
    refuse_dangling(
        ((f"{r.target} {r.year}", r.target) for r in reported),
        (t.id for t in known),
        where=FOLDER,
    )
    return {t.id: t for t in known}, tuple(reported)


def targets_of(names: Sequence[str] | None = None) -> tuple[Target, ...]:
    """The targets of these names; all of them where none is given.

    Raises
    ------
    ZhihengError
        C450 there is no such target.
    """
    known, _ = _files()
    for name in names or ():
        if name not in known:
            raise unknown_name("C450", name, known, kind=Text("目标", "target"))
    return tuple(known[n] for n in dict.fromkeys(names)) if names else tuple(known.values())


def reported_on(target: str) -> tuple[Reported, ...]:
    """What was reported on a target, by year."""
    return tuple(sorted((r for r in _files()[1] if r.target == target), key=lambda r: r.year))


def deadline_of(kind: Kind) -> int | None:
    """The year of the one target of a kind, such as ``peak``; None where there is none."""
    found = [t.deadline for t in _files()[0].values() if t.kind == kind]
    return min(found) if found else None

"""Known breaks of series: where a jump is a change of meaning, not an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.corrections import Correction, corrections
from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml
from zhiheng.catalog.regions import labels_of
from zhiheng.core.text import Text

Action = Literal["known", "mask", "repair", "status", "flag", "absent"]
Level = Literal["province", "economy", "city"]
LEVELS: Mapping[str, Level] = {
    "provinces": "province",
    "gdi2016": "province",
    "world": "economy",
}
"""The level of each embedded data set."""


class Break(Entry):
    """One known break.

    Attributes
    ----------
    series : tuple of str
        Catalog names.
    entities : tuple of str
        Codes; empty means all.
    changes : tuple of int
        The first periods of a new meaning: values before and after do not compare.
    affected : tuple of pairs of int
        First and last periods of values that mislead by themselves. Without
        `changes` and `affected` all periods are meant.
    kind : str
        Such as ``definition``, ``price_base``, ``jump``, ``fill``.
    what : Text
        The fact, in one sentence.
    action : str
        ``known``: a reader has to mind it; the others say what was done to shipped values.
    """

    series: tuple[str, ...] = Field(min_length=1)
    level: Level
    entities: tuple[str, ...] = ()
    changes: tuple[int, ...] = ()
    affected: tuple[tuple[int, int], ...] = ()
    kind: str
    what: Words
    source: str
    status: EntryStatus
    action: Action = "known"

    @property
    def span(self) -> Text:
        """Where it is, in words: entities and periods."""
        names = list(labels_of(self.entities)[1].values())
        if not names:
            return self._when()
        when = self._when()
        zh = "、".join(n.zh for n in names)
        en = ", ".join(n.en for n in names)
        return Text(f"{zh} {when.zh}", f"{en} {when.en}")

    def touches(self, periods: Sequence[int]) -> bool:
        """Whether a window holds affected values or stands on both sides of a change."""
        if not periods:
            return False
        first, last = min(periods), max(periods)
        if not self.changes and not self.affected:
            return True
        across = any(first < change <= last for change in self.changes)
        return across or any(a <= last and b >= first for a, b in self.affected)

    def _when(self) -> Text:
        spans = [str(a) if a == b else f"{a}–{b}" for a, b in self.affected]
        starts = [str(change) for change in self.changes]
        zh = ["、".join(spans)] if spans else []
        en = [", ".join(spans)] if spans else []
        if starts:
            zh.append("、".join(starts) + " 年起")
            en.append("from " + ", ".join(starts))
        return Text("，".join(zh) or "全部年份", ", ".join(en) or "all years")


class _File(Entry):
    entry: tuple[Break, ...] = Field(alias="break")


@cache
def all_breaks() -> tuple[Break, ...]:
    """Every known break: those of published series, then what was found in the shipped data."""
    published = read_toml("breaks.toml", _File).entry
    shipped = [_found(c) for c in corrections() if c.action != "exclude" and c.series != ("*",)]
    return (*published, *shipped)


def breaks(
    series: str | Iterable[str],
    periods: Sequence[int],
    level: str = "",
    *,
    shipped: bool = True,
) -> tuple[Break, ...]:
    """The known breaks that touch some series within a window.

    Parameters
    ----------
    series : str or iterable of str
        Catalog names.
    periods : sequence of int
        The periods in use.
    level : {"province", "economy", "city", ""}
        Empty looks at provinces and economies; breaks between the cities of a
        province are told only to those who ask for cities.
    shipped : bool
        Also what was found in the shipped values; say no for a user's own file.
    """
    names = {series} if isinstance(series, str) else set(series)
    levels = {level} if level else {"province", "economy"}
    return tuple(
        b
        for b in all_breaks()
        if names & set(b.series)
        and b.level in levels
        and (shipped or b.action == "known")
        and b.touches(periods)
    )


def _found(correction: Correction) -> Break:
    """A recorded correction of shipped values, as something that a reader has to know."""
    return Break(
        series=correction.series,
        level=LEVELS[correction.dataset],
        entities=correction.entities,
        affected=correction.periods,
        kind="found",
        what=correction.reason,
        source=correction.evidence,
        status="verified",
        action=correction.action if correction.action != "exclude" else "known",
    )

"""Known breaks of series: where a jump is a change of meaning, not an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml
from zhiheng.catalog.regions import Level, labels_of
from zhiheng.core.text import Text

Action = Literal["known", "exclude", "mask", "flag", "rename", "status"]


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
        First and last periods of values that mislead by themselves.
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
    """Every known break."""
    return read_toml("breaks.toml", _File).entry


def breaks(
    series: str | Iterable[str], periods: Sequence[int], level: str = ""
) -> tuple[Break, ...]:
    """The known breaks that touch some series within a window.

    Parameters
    ----------
    series : str or iterable of str
        Catalog names.
    periods : sequence of int
        The periods in use.
    level : {"province", "economy", ""}
        Empty looks at all levels.
    """
    names = {series} if isinstance(series, str) else set(series)
    return tuple(
        b
        for b in all_breaks()
        if names & set(b.series) and level in ("", b.level) and b.touches(periods)
    )

"""Factors that hold for some years: which version is valid, and what is refused.

A row that is only recalled is refused unless the caller says that it may be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

from zhiheng.catalog.loading import Entry
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text

Status = Literal["two sources", "one source", "proxy", "assumed", "recalled"]


class Dated(Entry):
    """A row that holds for some years: an open end is no bound."""

    id: str
    source: str
    status: Status
    valid_from: int | None = None
    valid_to: int | None = None
    note_zh: str = ""
    note_en: str = ""

    @property
    def note(self) -> Text | None:
        """What to know before it is used."""
        return Text(self.note_zh, self.note_en) if self.note_zh else None

    def holds(self, year: int | None) -> bool:
        """Whether the row may be used for a year."""
        if year is None:
            return True
        low = self.valid_from is None or self.valid_from <= year
        return low and (self.valid_to is None or year <= self.valid_to)


class Titled(Dated):
    """A row with a name for readers."""

    title_zh: str
    title_en: str

    @property
    def title(self) -> Text:
        """What the row is called."""
        return Text(self.title_zh, self.title_en)


D = TypeVar("D", bound=Dated)


def chosen(rows: Sequence[D], *, year: int | None, allow_recalled: bool) -> D:
    """Of the versions of one factor, the one for a year; see `factor`."""
    valid = [r for r in rows if r.holds(year)]
    if not valid:
        raise outside(rows, year)
    found = max(valid, key=lambda r: r.valid_from or 0)
    if found.status == "recalled" and not allow_recalled:
        raise recalled(found)
    return found


def outside(rows: Sequence[Dated], year: int | None) -> ZhihengError:
    """No version of a factor is valid in a year."""
    return ZhihengError(
        "C442",
        Text("{y} 年不在因子 {f} 的有效期内。", "{f} has no version that is valid in {y}.").format(
            y=year, f=rows[0].id
        ),
        evidence=_versions(rows),
        fix=Text(
            "选有效期内的年份，给出自己的因子序列，或写明用哪一年的因子（如 grid_year=2023）。",
            "Choose years that are covered, give a series of your own, or say which year's factor "
            "to use, as in grid_year=2023.",
        ),
    )


def recalled(row: Dated) -> ZhihengError:
    """A factor is only recalled."""
    return ZhihengError(
        "C443",
        Text(
            "因子 {f} 只凭记忆，没有核对过来源。",
            "The factor {f} is only recalled and was not checked against a source.",
        ).format(f=row.id),
        evidence=_versions([row]),
        fix=Text(
            "给出自己的因子序列；或写明 allow_recalled=true，结果会带上注记。",
            "Give a series of your own; or say allow_recalled=true, and the result carries a note.",
        ),
    )


def _versions(rows: Sequence[Dated]) -> list[Row]:
    return [
        {
            "factor": r.id,
            "from": "" if r.valid_from is None else r.valid_from,
            "to": "" if r.valid_to is None else r.valid_to,
            "source": r.source,
            "status": r.status,
        }
        for r in rows
    ]


def no_fuel(fuel: str, name: str, others: Sequence[Dated]) -> ZhihengError:
    """A set has no factor for a fuel; `others` are those of other sets."""
    return ZhihengError(
        "C441",
        Text("因子集 {s} 里没有 {f}。", "The set {s} has no factor for {f}.").format(
            s=name, f=fuel
        ),
        evidence=[{"factor": f.id, "status": f.status} for f in others],
        fix=Text(
            "在 factors 里给该燃料指定另一套（default={s},{f}=SET），或让本套的另一燃料代替"
            "（{f}={s}.FUEL）；或给出 ef.{f} 序列。",
            "In factors name another set for this fuel (default={s},{f}=SET), or let another fuel "
            "of this set stand in ({f}={s}.FUEL); or give a series ef.{f}.",
        ).format(s=name, f=fuel),
    )

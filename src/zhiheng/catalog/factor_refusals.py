"""Refusals of emission factors: out of date, only recalled, not in a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text


class Version(Protocol):
    """What the messages say of a factor."""

    @property
    def id(self) -> str: ...
    @property
    def valid_from(self) -> int | None: ...
    @property
    def valid_to(self) -> int | None: ...
    @property
    def source(self) -> str: ...
    @property
    def status(self) -> str: ...


def _versions(rows: Sequence[Version]) -> list[Row]:
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


def outside(rows: Sequence[Version], year: int | None) -> ZhihengError:
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


def recalled(row: Version) -> ZhihengError:
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


def no_fuel(fuel: str, name: str, others: Sequence[Version]) -> ZhihengError:
    """A set has no factor for a fuel; `others` are those of other sets."""
    return ZhihengError(
        "C441",
        Text("因子集 {s} 里没有 {f}。", "The set {s} has no factor for {f}.").format(
            s=name, f=fuel
        ),
        evidence=[{"factor": f.id, "status": f.status} for f in others],
        fix=Text(
            "用 factors 给该燃料指定另一套，如 factors=default=SET,FUEL=OTHER；"
            "或给出 ef.FUEL 序列。",
            "Name another set for this fuel, as in factors=default=SET,FUEL=OTHER, or give a "
            "series ef.FUEL.",
        ),
    )

"""Scales of named grades, such as the ten of coupling coordination."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml


class Grade(Entry):
    """One grade: its title and the least value that belongs to it."""

    title: Words
    lower: float


class GradeScale(Entry):
    """A scale of grades in rising order.

    Attributes
    ----------
    high_coupling, low_development : float
        A coupling this high at a development this low is named as a caution.
    """

    id: str
    title: Words
    citation: str
    status: EntryStatus
    high_coupling: float
    low_development: float
    grade: tuple[Grade, ...] = Field(min_length=1)

    @property
    def lowers(self) -> tuple[float, ...]:
        """The least value of each grade."""
        return tuple(one.lower for one in self.grade)


class _Scales(Entry):
    scale: tuple[GradeScale, ...]


@cache
def grade_scales() -> dict[str, GradeScale]:
    """The scales of grades that come with the package, by id."""
    return {one.id: one for one in read_toml("grades.toml", _Scales).scale}

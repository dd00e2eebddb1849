"""Tables and limits that methods of weighting are read against."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from zhiheng.catalog.loading import Entry, EntryStatus, read_toml


class RandomIndex(Entry):
    """Mean consistency index of random matrices of pairwise comparisons, by size from one."""

    citation: str
    status: EntryStatus
    value: tuple[float, ...] = Field(min_length=3)

    def of(self, items: int) -> float:
        """The random index of so many items; NaN beyond the table."""
        return self.value[items - 1] if items <= len(self.value) else float("nan")


class WeightingLimits(Entry):
    """Limits of consistency and of fitness for components.

    Attributes
    ----------
    consistency_limit : float
        A consistency ratio from here on is flagged.
    kmo_limit, bartlett_level : float
        A KMO below, or a p value above, is flagged.
    """

    consistency_limit: float = Field(gt=0)
    kmo_limit: float = Field(gt=0, lt=1)
    bartlett_level: float = Field(gt=0, lt=1)
    random_index: RandomIndex


@cache
def weighting_limits() -> WeightingLimits:
    """The limits that come with the package."""
    return read_toml("weighting.toml", WeightingLimits)

"""When the arithmetic-null test refuses: the declared limits, from ``arithmetic.toml``."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from zhiheng.catalog.loading import Entry, read_toml


class Limits(Entry):
    """The limits, each printed beside the value that is compared with it.

    Attributes
    ----------
    fewest_clusters : int
        Clusters that can trade places.
    least_own : float
        Share of the rest's variation that the shared series do not carry.
    most_of_one : float
        Share of the permuted variation that one entity may hold.
    spatial_level : float
        Smallest p value of Moran's I of the unit trends.
    """

    fewest_clusters: int = Field(gt=2)
    least_own: float = Field(gt=0, lt=1)
    most_of_one: float = Field(gt=0, le=1)
    spatial_level: float = Field(gt=0, lt=1)


class _File(Entry):
    limits: Limits


@cache
def limits() -> Limits:
    """The declared limits."""
    return read_toml("arithmetic.toml", _File).limits

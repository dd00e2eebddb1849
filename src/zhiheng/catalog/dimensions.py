"""Families of dotted series: which parts a name has, and which labels are totals."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from zhiheng.catalog.loading import Entry, read_toml

Label = tuple[str, ...]


class _Dimensions(Entry):
    totals: tuple[str, ...]
    beside: tuple[str, ...]


@cache
def _data() -> _Dimensions:
    return read_toml("dimensions.toml", _Dimensions)


def parts_of(family: str, depth: int, series: Collection[str]) -> Mapping[Label, tuple[str, ...]]:
    """The parts of a family at a depth, each with the series that add up to it.

    Parameters
    ----------
    family : str
        Such as ``co2`` of the series ``co2.SECTOR.FUEL``.
    depth : int
        1 for sectors, 2 for the parts of sectors; 0 for the whole.
    series : collection of str
        What there is.

    Returns
    -------
    mapping of label to tuple of str
        One series where it stands by itself or as a total; all its parts otherwise. Labels
        of totals are no parts.
    """
    totals, beside = set(_data().totals), set(_data().beside)
    paths = {
        tuple(name.removeprefix(family + ".").split(".")): name
        for name in series
        if name.startswith(family + ".")
    }
    found: dict[Label, list[Label]] = {}
    for path in paths:
        head = path[:depth]
        if len(head) == depth and not totals.intersection(head) and not beside.intersection(head):
            found.setdefault(head, []).append(path)
    chosen = {head: _sum_of(head, below, totals, beside) for head, below in found.items()}
    return {head: tuple(paths[p] for p in picked) for head, picked in chosen.items() if picked}


def _sum_of(
    head: Label, below: list[Label], totals: Collection[str], beside: Collection[str]
) -> list[Label]:
    """The paths that make up one part: itself, its total, or all that lies below."""
    if head in below:
        return [head]
    for path in below:
        if all(label in totals for label in path[len(head) :]):
            return [path]
    return [
        p for p in below if not any(label in totals or label in beside for label in p[len(head) :])
    ]

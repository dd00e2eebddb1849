"""What names in an expression mean: units, kinds, definitions, constants, kinships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhiheng.core.units import UnitSystem


@dataclass(frozen=True, slots=True)
class Constant:
    """A catalogued constant such as an emission factor."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The catalog as expressions see it.

    Parameters
    ----------
    units : UnitSystem
    kinds : mapping of series to ``stock``, ``flow``, ``share``, ``index``, ``count``, ``rate``
    definitions : mapping of derived series to their expression
    constants : mapping of names such as ``ef.raw_coal``
    children : mapping of a series to the series that sum up to it
    subset_of, derived_from : mappings of a series to its catalogued kin
    boundaries : mapping of a series to what its account counts, such as ``final_use``
    level : str
        The level of entities that names stand for; empty for none.
    """

    units: UnitSystem
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    definitions: Mapping[str, str] = field(default_factory=dict[str, str])
    constants: Mapping[str, Constant] = field(default_factory=dict[str, Constant])
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    subset_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    derived_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    boundaries: Mapping[str, str] = field(default_factory=dict[str, str])
    level: str = ""

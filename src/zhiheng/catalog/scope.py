"""The catalog as expressions see it: units, definitions, constants, kinships."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.series import all_series, constants
from zhiheng.catalog.units import unit_system
from zhiheng.core.expression import Scope


@cache
def scope(level: str = "") -> Scope:
    """The meaning of names for one level (``province``, ``economy``), or of none but units.

    Two levels may use one name for different series, so definitions never mix.
    """
    known = [s for s in all_series() if s.level == level]
    children: dict[str, tuple[str, ...]] = {}
    for s in known:
        if s.parent:
            children[s.parent] = (*children.get(s.parent, ()), s.name)
    return Scope(
        units=unit_system(),
        kinds={s.name: s.kind for s in known},
        definitions={s.name: s.expression for s in known if s.expression},
        constants=constants() if level else {},
        children=children,
        subset_of={s.name: s.subset_of for s in known if s.subset_of},
        derived_from={s.name: s.derived_from for s in known if s.derived_from},
        boundaries={s.name: s.boundary for s in known if s.boundary},
        level=level,
    )

"""Groups of units that share a frontier, and whether they have units enough for one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.catalog.entity_groups import Groups, read_groups
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.measure.efficiency_input import Production, least_units


def frontier_groups(panel: Panel, groups: str | Mapping[str, str]) -> Groups:
    """Assign every entity of the panel to one of two groups or more.

    Raises
    ------
    ZhihengError
        As `read_groups`; M665 where all entities are in one group.
    """
    found = read_groups(panel, groups)
    if found.number.max() == 0:
        raise ZhihengError(
            "M665",
            Text(
                "只有一个组“{g}”；它的前沿就是共同前沿，落差比恒为 1。",
                'There is one group, "{g}"; its frontier is that of all and the gap is none.',
            ).format(g=found.titles[0]),
            evidence=[{"group": found.ids[0], "n": len(panel.entities)}],
            fix=Text(
                "给出两个以上的组；或用 dea_sbm。", "Give two groups or more; or use dea_sbm."
            ),
        )
    return found


def few_units(data: Production, named: Groups, periods: int) -> Table:
    """How many observations span each frontier, and how many the rule of thumb asks for.

    ``max(m s, 3 (m + s))`` for m inputs and s outputs of either kind: Cooper, Seiford and
    Tone (2007) Data Envelopment Analysis (recalled).
    """
    have = np.bincount(named.number, minlength=len(named.ids)) * periods
    need = least_units(data)
    return Table.of(
        ("group",),
        **named.columns(np.arange(len(named.ids))),
        n=have,
        needed=np.full(len(have), need),
        enough=["yes" if n >= need else "no" for n in have],
    )

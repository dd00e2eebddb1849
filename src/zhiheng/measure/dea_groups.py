"""Groups of units that share a frontier, and whether they have units enough for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.regions import grouping
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.measure.efficiency_input import Production, least_units


@dataclass(frozen=True, slots=True)
class Groups:
    """Which group each entity of a panel belongs to.

    Attributes
    ----------
    number : ndarray, shape (entities,)
        Position of the group in `ids`.
    ids : tuple of str
    titles : tuple of Text
    """

    number: NDArray[np.intp]
    ids: tuple[str, ...]
    titles: tuple[Text, ...]

    def columns(self, number: NDArray[np.intp]) -> dict[str, list[str]]:
        """The columns of a table that name groups by their numbers."""
        return {
            "group": [self.ids[g] for g in number],
            "group_title_zh": [self.titles[g].zh for g in number],
            "group_title_en": [self.titles[g].en for g in number],
        }


def read_groups(panel: Panel, groups: str | Mapping[str, str]) -> Groups:
    """Assign every entity of the panel to one of two groups or more.

    Parameters
    ----------
    groups : str or mapping
        The id of a catalogued grouping, a mapping of entity to group, or such a mapping
        written as ``110000=north,310000=south``.

    Raises
    ------
    ZhihengError
        C403 unknown grouping, M665 a mapping that cannot be read, names an entity that the
        panel does not have, leaves one out or puts all into one group.
    """
    given = _pairs(groups) if isinstance(groups, str) and "=" in groups else groups
    if isinstance(given, str):
        known = grouping(given)
        titles = {group.id: group.name for group in known.groups}
        belongs: Mapping[str, str] = known.group_of
    else:
        belongs = _named(panel, given)
        titles = {name: Text.same(name) for name in sorted(set(belongs.values()))}
    _refuse_homeless(panel, belongs)
    ids = tuple(name for name in titles if name in {belongs[e] for e in panel.entities})
    count = len(ids)
    if count < 2:
        raise ZhihengError(
            "M665",
            Text(
                "只有一个组“{g}”；它的前沿就是共同前沿，落差比恒为 1。",
                'There is one group, "{g}"; its frontier is that of all and the gap is none.',
            ).format(g=titles[ids[0]]),
            evidence=[{"group": ids[0], "n": len(panel.entities)}],
            fix=Text(
                "给出两个以上的组；或用 dea_sbm。", "Give two groups or more; or use dea_sbm."
            ),
        )
    number = np.array([ids.index(belongs[e]) for e in panel.entities], dtype=np.intp)
    return Groups(number, ids, tuple(titles[name] for name in ids))


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


def _pairs(written: str) -> dict[str, str]:
    parts = [part.partition("=") for part in written.split(",")]
    wrong: list[Row] = [{"part": "".join(p)} for p in parts if not (p[0].strip() and p[2].strip())]
    if wrong:
        raise _unreadable(wrong)
    return {entity.strip(): group.strip() for entity, _, group in parts}


def _named(panel: Panel, given: Mapping[str, str]) -> dict[str, str]:
    wrong: list[Row] = [
        {"entity": entity, "group": group}
        for entity, group in given.items()
        if not isinstance(group, str) or not group.strip()  # pyright: ignore[reportUnnecessaryIsInstance]
    ]
    if wrong or not given:
        raise _unreadable(wrong or [{"groups": "{}"}])
    for entity in given:
        if entity not in panel.entities:
            raise unknown_name("M665", entity, panel.entities, kind=Text("地区", "entity"))
    return dict(given)


def _refuse_homeless(panel: Panel, belongs: Mapping[str, str]) -> None:
    rows: list[Row] = [
        {"entity": e, "name": panel.name(e)} for e in panel.entities if e not in belongs
    ]
    if rows:
        raise ZhihengError(
            "M665",
            Text(
                "{n} 个地区不属于任何组，没有可比的群组前沿。",
                "{n} entities belong to no group and have no group frontier to be held against.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "给这些地区指定组，或先把它们从数据里选出去。",
                "Give them a group, or select them out of the panel first.",
            ),
        )


def _unreadable(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M665",
        Text("分组读不懂。", "The groups cannot be read."),
        evidence=rows,
        fix=Text(
            "写目录里的分组名（如 zones4），或“地区=组”的对应，每个组名非空。",
            "Name a catalogued grouping such as zones4, or give entity=group pairs.",
        ),
    )

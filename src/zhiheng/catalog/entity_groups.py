"""Groups of entities: from a catalogued grouping, or from what the user gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.regions import grouping
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text


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
    """Assign every entity of the panel to one group.

    Parameters
    ----------
    panel : Panel
    groups : str or mapping
        The id of a catalogued grouping, a mapping of entity to group, or such a
        mapping written as ``110000=north,310000=south``.

    Raises
    ------
    ZhihengError
        C403 unknown grouping, M810 entities without a group, M811 a mapping that
        cannot be read or names an entity that the panel does not have.
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
    number = np.array([ids.index(belongs[e]) for e in panel.entities], dtype=np.intp)
    return Groups(number, ids, tuple(titles[name] for name in ids))


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
            raise unknown_name("M811", entity, panel.entities, kind=Text("地区", "entity"))
    return dict(given)


def _refuse_homeless(panel: Panel, belongs: Mapping[str, str]) -> None:
    rows: list[Row] = [
        {"entity": e, "name": panel.name(e)} for e in panel.entities if e not in belongs
    ]
    if rows:
        raise ZhihengError(
            "M810",
            Text("{n} 个地区不属于任何组。", "{n} entities belong to no group.").format(
                n=len(rows)
            ),
            evidence=rows,
            fix=Text(
                "给这些地区指定组，或先把它们从数据里选出去。",
                "Give them a group, or select them out of the panel first.",
            ),
        )


def _unreadable(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M811",
        Text("分组读不懂。", "The groups cannot be read."),
        evidence=rows,
        fix=Text(
            "写目录里的分组名（如 zones4），或“地区=组”的对应，每个组名非空。",
            "Name a catalogued grouping such as zones4, or give entity=group pairs.",
        ),
    )

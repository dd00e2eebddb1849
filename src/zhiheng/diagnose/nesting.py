"""Nested groups: one grouping, or several from coarse to fine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.catalog.entity_groups import Groups, read_groups
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

SIGN = "/"
"""Between the levels: ``zones3/zones4``, or ``110000=east/capital``."""


def read_nested(panel: Panel, groups: str | Mapping[str, str]) -> tuple[Groups, ...]:
    """Assign every entity to a group of each level, coarse first.

    Parameters
    ----------
    panel : Panel
    groups : str or mapping
        Catalogued groupings joined by ``/``, coarse first, or a mapping of entity to a path
        such as ``east/coast``.

    Raises
    ------
    ZhihengError
        C403 unknown grouping, M810 entities without a group, M811 a mapping that cannot be
        read, M842 groups that are not nested.
    """
    if isinstance(groups, str) and "=" not in groups:
        parts = [part.strip() for part in groups.split(SIGN)]
        levels = tuple(read_groups(panel, part) for part in parts)
    else:
        levels = _paths(panel, read_groups(panel, groups))
    for coarse, fine in zip(levels, levels[1:], strict=False):
        _refuse_straddling(panel, coarse, fine)
    return levels


def _paths(panel: Panel, finest: Groups) -> tuple[Groups, ...]:
    split = [[part.strip() for part in name.split(SIGN)] for name in finest.ids]
    depth = len(split[0])
    wrong: list[Row] = [
        {"group": name, "levels": len(parts)}
        for name, parts in zip(finest.ids, split, strict=True)
        if len(parts) != depth or not all(parts)
    ]
    if wrong:
        raise _not_nested(
            Text(
                "各地区的分组层数不同，或有空的一层。",
                "The paths of groups differ in depth or have an empty level.",
            ),
            [{"group": finest.ids[0], "levels": depth}, *wrong],
        )
    return tuple(_level(panel, finest, split, k + 1) for k in range(depth))


def _level(panel: Panel, finest: Groups, split: list[list[str]], depth: int) -> Groups:
    names = [SIGN.join(parts[:depth]) for parts in split]
    ids = tuple(sorted(set(names)))
    own = np.array([ids.index(names[g]) for g in finest.number], dtype=np.intp)
    return Groups(own, ids, tuple(Text.same(name) for name in ids))


def _refuse_straddling(panel: Panel, coarse: Groups, fine: Groups) -> None:
    rows: list[Row] = []
    for j, name in enumerate(fine.ids):
        inside = sorted({coarse.ids[c] for c in coarse.number[fine.number == j]})
        if len(inside) > 1:
            rows.append({"group": name, "lies_in": ", ".join(inside)})
    if rows:
        raise _not_nested(
            Text(
                "细的分组有跨越粗组的组，不是嵌套分组。",
                "Some finer groups straddle coarser ones: the groupings are not nested.",
            ),
            rows,
        )


def _not_nested(what: Text, rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M842",
        what,
        evidence=rows,
        fix=Text(
            "由粗到细写，且每个细组只在一个粗组之内；各地区写同样多层，如 110000=east/capital。",
            "Write groupings coarse first, each finer group inside one coarser; give every entity "
            "as many levels, as in 110000=east/capital.",
        ),
    )

"""The groups of an index system as a tree: checked, and laid out level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.text import Text


@dataclass(frozen=True, slots=True)
class SystemGroup:
    """A dimension of an index system, or a part of one.

    `arm` is the node of the theory graph that the group measures, empty if none;
    `parent` the group that it is a part of, empty directly under the index.
    """

    id: str
    title: Text
    arm: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class TreeLevel:
    """One level of an index system, counted from the items upwards.

    Attributes
    ----------
    ids : tuple of str
        Items on the lowest level, groups on the others.
    parents : tuple of int
        For each of them the position of its parent among the `ids` of the next
        level up; all zero on the last level, whose parent is the index.
    """

    ids: tuple[str, ...]
    parents: tuple[int, ...]


def ancestors(groups: Sequence[SystemGroup], name: str) -> tuple[str, ...]:
    """A group and the groups that contain it, from the inside out."""
    parent_of = {g.id: g.parent for g in groups}
    path = [name]
    while parent_of.get(path[-1]):
        path.append(parent_of[path[-1]])
    return tuple(path)


def tree_levels(
    groups: Sequence[SystemGroup], items: Sequence[tuple[str, str]]
) -> tuple[TreeLevel, ...]:
    """The levels from the items up to the groups directly under the index.

    A branch that is shallower than the deepest one is padded at its lower end: its
    last group stands on several levels, each time as the only child of itself, so
    that any weighted mean of one member passes it through unchanged. Every path
    from an item to the index therefore has the same length.

    Parameters
    ----------
    groups : sequence of SystemGroup
        A checked tree.
    items : sequence of (item, its leaf group)

    Examples
    --------
    >>> a, b = SystemGroup("a", Text.same("a"), ""), SystemGroup("b", Text.same("b"), "")
    >>> inner = SystemGroup("a1", Text.same("a1"), "", parent="a")
    >>> for level in tree_levels([a, inner, b], [("x", "a1"), ("y", "b"), ("z", "a1")]):
    ...     print(level.ids, level.parents)
    ('x', 'y', 'z') (0, 1, 0)
    ('a1', 'b') (0, 1)
    ('a', 'b') (0, 0)
    """
    order = {g.id: n for n, g in enumerate(groups)}
    leaves = sorted({group for _, group in items}, key=order.__getitem__)
    paths = {leaf: ancestors(groups, leaf) for leaf in leaves}
    depth = max(map(len, paths.values()))
    padded = {leaf: (leaf,) * (depth - len(path)) + path for leaf, path in paths.items()}
    rows = [tuple(dict.fromkeys(p[k] for p in padded.values())) for k in range(depth)]
    rows = [tuple(sorted(row, key=order.__getitem__)) for row in rows]
    found = [TreeLevel(tuple(i for i, _ in items), tuple(rows[0].index(g) for _, g in items))]
    for k, row in enumerate(rows):
        above = {p[k]: p[k + 1] if k + 1 < depth else "" for p in padded.values()}
        places = {name: n for n, name in enumerate(rows[k + 1])} if k + 1 < depth else {"": 0}
        found.append(TreeLevel(row, tuple(places[above[name]] for name in row)))
    return tuple(found)


def check_groups(
    groups: Sequence[SystemGroup], items: Sequence[tuple[str, str]], *, where: str
) -> None:
    """Refuse with C416 what is not a tree with the items in its leaves.

    That is a parent that does not exist (with the nearest names), a group inside
    itself, an item in a group that has parts, and a group without items or parts.
    """
    parent_of = {g.id: g.parent for g in groups}
    rows = [
        *_unknown_parents(parent_of),
        *({"group": g, "problem": "contains itself"} for g in parent_of if _loops(g, parent_of)),
    ]
    if not rows:
        inner = {parent for parent in parent_of.values() if parent}
        used = {group for _, group in items}
        rows += [
            {"group": group, "problem": "has parts, so it takes no items", "item": item}
            for item, group in items
            if group in inner
        ]
        rows += [
            {"group": name, "problem": "has neither items nor parts"}
            for name in parent_of
            if name not in inner | used
        ]
    if rows:
        raise _no_tree([{"file": where, **row} for row in rows])


def _unknown_parents(parent_of: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {
            "group": name,
            "problem": f'its parent "{parent}" does not exist',
            "nearest": ", ".join(nearest(parent, parent_of)) or "-",
        }
        for name, parent in parent_of.items()
        if parent and parent not in parent_of
    ]


def _loops(name: str, parent_of: Mapping[str, str]) -> bool:
    seen: set[str] = set()
    while name and name not in seen:
        seen.add(name)
        name = parent_of.get(name, "")
    return bool(name)


def _no_tree(rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "C416",
        Text("指标体系的分组不成一棵树。", "The groups of the index system are no tree."),
        evidence=rows,
        fix=Text(
            "parent 写本文件里另一个分组的 id（顶层留空）；指标只放在最下一层，"
            "每个分组都要有成员。",
            "Let parent name another group of the file, or leave it out at the top; put items "
            "into the lowest groups only, and leave no group empty.",
        ),
    )

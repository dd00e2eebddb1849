"""The form of the files on index systems, as they are written, and what is refused in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import (
    Entry,
    EntryStatus,
    Words,
    refuse_dangling,
    refuse_repeats,
    stems,
)
from zhiheng.catalog.region_files import Level
from zhiheng.catalog.scales import Scale, derived_scale
from zhiheng.catalog.system_groups import SystemGroup, check_groups
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text

Direction = Literal["more", "less"]
Applies = Literal["all", "coastal", "regional"]
WeightMethod = Literal["entropy", "equal", "equal_by_group", "class", "given"]


class GroupEntry(Entry):
    """One group; without `parent` it stands directly under the index."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Words
    arm: str = ""
    parent: str = ""


class IndicatorEntry(Entry):
    """One item; its weight is taken relative to the sum of all."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Words
    expression: str = ""
    operator: Words | None = None
    needs: tuple[str, ...] = ()
    unit: str
    direction: Direction
    scale: Scale
    scale_reason: Words | None = None
    group: str
    branch: Words | None = None
    weight_class: str = Field(default="", alias="class")
    weight: float | None = Field(default=None, gt=0)
    applies: Applies = "all"
    stands_for: str = ""
    additional: bool = False
    source: Words
    green: bool = False
    status: EntryStatus
    trap: Words | None = None


class SystemEntry(Entry):
    """One index system."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    level: Level
    title: Words
    citation: str
    used: tuple[int, int]
    weight_method: WeightMethod
    class_units: Mapping[str, int] = Field(default_factory=dict)
    status: EntryStatus
    replaces: str = ""
    notes: tuple[Words, ...] = ()
    group: tuple[GroupEntry, ...] = Field(min_length=1)
    indicator: tuple[IndicatorEntry, ...] = Field(min_length=1)


def as_groups(entry: SystemEntry) -> tuple[SystemGroup, ...]:
    """The groups without their file."""
    return tuple(SystemGroup(g.id, g.title, g.arm, g.parent) for g in entry.group)


def check_system(entry: SystemEntry, where: str) -> None:
    """Refuse a file whose fields are right one by one and wrong together.

    C412 repeated ids, C413 unknown groups and classes, C414 an incomplete item,
    C416 groups that are no tree, C417 a scale that the expression contradicts.
    """
    refuse_repeats((i.id for i in entry.indicator), where=where, kind=Text("指标", "indicator"))
    refuse_repeats((g.id for g in entry.group), where=where, kind=Text("分组", "group"))
    refuse_dangling(
        ((i.id, i.group) for i in entry.indicator), (g.id for g in entry.group), where=where
    )
    check_groups(as_groups(entry), [(i.id, i.group) for i in entry.indicator], where=where)
    _check_scales(entry, where)
    replaced = [(entry.id, entry.replaces)] if entry.replaces else []
    refuse_dangling(replaced, stems("systems"), where=where)
    classes = ((i.id, i.weight_class) for i in entry.indicator if i.weight_class)
    refuse_dangling(classes, entry.class_units, where=where)
    neither = [i.id for i in entry.indicator if not i.expression and i.operator is None]
    weighted = Counter(i.weight is not None for i in entry.indicator)
    halfway = entry.weight_method == "given" and weighted[False]
    if neither or halfway:
        problem = "neither expression nor operator" if neither else "some weights are missing"
        raise ZhihengError(
            "C414",
            Text("指标体系不完整。", "The index system is incomplete."),
            evidence=[{"file": where, "problem": problem, "indicators": ", ".join(neither)}],
            fix=Text(
                "每项写 expression 或 operator；given 权重要写全。",
                "Give each item an expression or an operator, and all weights or none.",
            ),
        )


def _check_scales(entry: SystemEntry, where: str) -> None:
    """Refuse a declared scale that the ingredients contradict, unless a reason is given."""
    rows: list[Row] = []
    for one in entry.indicator:
        derived = derived_scale(one.expression, entry.level) if one.expression else None
        if derived not in (None, one.scale) and one.scale_reason is None:
            rows.append(
                {
                    "file": where,
                    "indicator": one.id,
                    "expression": one.expression,
                    "declared": one.scale,
                    "by_its_ingredients": derived,
                }
            )
    if rows:
        raise ZhihengError(
            "C417",
            Text(
                "有 {n} 项指标标注的规模性质与表达式不符。",
                "The declared scale of {n} items contradicts their expressions.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "比值、强度写 intensive，总量、个数写 extensive；确有理由时写 scale_reason。",
                "Write intensive for ratios, extensive for counts and volumes, or give "
                "scale_reason.",
            ),
        )

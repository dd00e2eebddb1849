"""What is said of spatial weights beside any method that uses them."""

from __future__ import annotations

from zhiheng.core.panel import Panel
from zhiheng.core.result import Json, Note
from zhiheng.core.spatial import STANDARDISED, SpatialWeights
from zhiheng.core.text import Text


def reference(weights: SpatialWeights) -> dict[str, Json]:
    """The weights in force as parameters of a result: name, hash, size, standardisation."""
    return {
        **weights.reference(),
        "units": len(weights),
        "entries": len(weights.columns),
        "standardisation": weights.standardisation,
    }


def weight_notes(
    weights: SpatialWeights, panel: Panel, inside: Panel, *, whole: bool = True
) -> list[Note]:
    """Which weights, how standardised, what was linked, dropped or assumed.

    `whole` says whether the weights govern the whole result or only its spatial part.
    """
    notes = [
        Note(
            Text(
                "空间权重“{n}”：{u} 个单元、{e} 个非零元，{s}。",
                'Spatial weights "{n}": {u} units, {e} entries, {s}.',
            ).format(
                n=weights.name,
                u=len(weights),
                e=len(weights.columns),
                s=STANDARDISED[weights.standardisation],
            )
        )
    ]
    notes += [Note(text) for text in weights.notes]
    if weights.links:
        joined = Text(
            "、".join(f"{panel.name(a).zh}—{panel.name(b).zh}" for a, b in weights.links),
            ", ".join(f"{panel.name(a).en}–{panel.name(b).en}" for a, b in weights.links),
        )
        notes.append(
            Note(
                Text(
                    "不接壤而按约定算作邻接：{p}。",
                    "Neighbours by convention, without a border: {p}.",
                ).format(p=joined),
                code="M868",
            )
        )
    dropped = [e for e in panel.entities if e not in set(inside.entities)]
    if dropped:
        notes.append(_dropped(panel, dropped, whole=whole))
    if weights.directed:
        notes.append(
            Note(
                Text(
                    "空间权重有方向（不对称）：甲是乙的邻居不等于乙是甲的。",
                    "The weights are directed (asymmetric): being a neighbour is not mutual.",
                ),
                code="M871",
            )
        )
    return notes


def _dropped(panel: Panel, dropped: list[str], *, whole: bool) -> Note:
    zh, en = (", ".join(getattr(panel.name(e), lang) for e in dropped) for lang in ("zh", "en"))
    part = (
        Text("不参与任何计算", "take no part at all")
        if whole
        else Text("只不参与空间部分，其余各表仍含它们", "are left out of the spatial part only")
    )
    return Note(
        Text(
            "按 islands=drop，没有邻居的 {n} 个地区{p}：{e}。",
            "With islands=drop, {n} entities without a neighbour {p}: {e}.",
        ).format(n=len(dropped), p=part, e=Text(zh, en)),
        level="caution",
        code="M882",
    )

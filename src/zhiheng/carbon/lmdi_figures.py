"""The figures of a decomposition."""

from __future__ import annotations

from collections.abc import Mapping

from zhiheng.carbon.comparison import Plan
from zhiheng.catalog.identities import Identity
from zhiheng.core.result import Figure, Json, Table
from zhiheng.core.text import Text
from zhiheng.kernels.lmdi_forms import Form


def figures(
    identity: Identity, plan: Plan, form: Form, tables: Mapping[str, Table]
) -> tuple[Figure, ...]:
    """A waterfall or bars of the effects, and the steps or gaps."""
    if "effects" not in tables:
        return (_waterfall(identity, "sinks", {}),)
    if plan.between == "entities":
        return _gaps(identity, form)
    where: dict[str, Json] = {}
    if plan.between == "scenarios":
        where = {"where": {"scenario": plan.targets[0]}}
    main = _waterfall(identity, "effects", where) if form == "additive" else _indices(
        identity, where
    )  # fmt: skip
    out = [main]
    if form == "additive" and len(plan.last) > 1:
        out.append(_steps(identity, plan, where))
    if "sinks" in tables and form == "additive":
        out.append(_waterfall(identity, "sinks", where))
    return tuple(out)


def _waterfall(identity: Identity, table: str, where: Mapping[str, Json]) -> Figure:
    title = Text("变化由谁推动：{t}", "What drove the change: {t}")
    if where:
        title = Text("与基准情景之差由谁造成：{t}", "What makes the gap to the base: {t}")
    if table == "sinks":
        title = Text("碳汇的变化由谁推动：{t}", "What drove the change of sinks: {t}")
    return Figure(
        table,
        "waterfall",
        table,
        title.format(t=identity.title),
        Text(
            "自上而下，每一条从上一条的终点出发：向右是增加，向左是减少，最后一条是总变化。",
            "Read downwards; each bar starts where the last one ended: to the right adds, to the "
            "left takes away, and the last bar is the total change.",
        ),
        {"label": "factor", "value": "effect", **where},
    )


def _indices(identity: Identity, where: Mapping[str, Json]) -> Figure:
    return Figure(
        "effects",
        "bar",
        "effects",
        Text("各因素的指数：{t}", "Indices of the factors: {t}").format(t=identity.title),
        Text(
            "大于一的因素使总量增加，小于一的使其减少；各指数相乘等于首末之比。",
            "Factors above one raise the total, below one they lower it; the indices multiply to "
            "the ratio of both ends.",
        ),
        {
            "label": "factor", "value": "effect", "reference": 1, "format": ",.3f", **where,
        },
    )  # fmt: skip


def _steps(identity: Identity, plan: Plan, where: Mapping[str, Json]) -> Figure:
    if plan.chained:
        title = Text("逐期效应：{t}", "Effects step by step: {t}")
        reading = Text(
            "每根柱子是到该期为止一步的变化：零线以上的部分使其增加，以下的使其减少。",
            "Each bar is the step that ends in that period: parts above the zero line add to it, "
            "parts below take away.",
        )
    else:
        title = Text("各期的效应：{t}", "Effects by period: {t}")
        reading = Text(
            "每根柱子是该期与基准之差：零线以上的部分使其增加，以下的使其减少。",
            "Each bar is the gap to the base in that period: parts above the zero line add to it, "
            "parts below take away.",
        )
    return Figure(
        "by_period",
        "stack",
        "by_period",
        title.format(t=identity.title),
        reading,
        {"x": "period", "colour": "factor", "value": "effect", **where},
    )


def _gaps(identity: Identity, form: Form) -> tuple[Figure, ...]:
    """One figure for each factor: what it does in every entity against the reference."""
    more: dict[str, Json] = {"sort": "value"}
    if form == "multiplicative":
        more |= {"reference": 1, "format": ",.3f"}
    return tuple(
        Figure(
            f"effects_{i}",
            "bar",
            "effects",
            Text("与参照之差中的{f}", "{f} in the gap to the reference").format(f=factor.title),
            Text(
                "每个地区一条：向右，这个因素使它高于参照；向左，使它低于参照。",
                "One bar for each entity: to the right the factor makes it higher than the "
                "reference, to the left lower.",
            ),
            {"label": "entity", "value": "effect", "where": {"factor": factor.id}, **more},
        )
        for i, factor in enumerate(identity.factors, 1)
    )

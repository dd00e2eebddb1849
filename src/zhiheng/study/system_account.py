"""The indicators of the index system of a study: what each is, stands for, and what misleads."""

from __future__ import annotations

from zhiheng.catalog.systems import IndexSystem, Indicator, load_system
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Text

SYSTEM = "system"
"""The name under which this result stands beside those of the steps."""
NONE = Text.same("—")


def system_account(name: str) -> Result:
    """Each indicator with expression, the published item it stands for, source and trap."""
    system = load_system(name)
    items = system.indicators
    return Result(
        tables={
            "items": Table.of(
                ["indicator"],
                indicator=[i.id for i in items],
                **_pair("title", [i.title for i in items]),
                expression=[i.expression for i in items],
                **_pair("stands_for", [_stands_for(i, system) for i in items]),
                **_pair("source", [i.source for i in items]),
                **_pair("trap", [i.trap or NONE for i in items]),
            )
        },
        method=SYSTEM,
    )


def _stands_for(item: Indicator, system: IndexSystem) -> Text:
    """The title of the published item that this one replaces."""
    if item.additional:
        return Text("补充项", "additional")
    if not system.replaces:
        return NONE
    published = {i.id: i.title for i in load_system(system.replaces).indicators}
    return published.get(item.stands_for, NONE)


def _pair(name: str, texts: list[Text]) -> dict[str, list[str]]:
    return {f"{name}_zh": [t.zh for t in texts], f"{name}_en": [t.en for t in texts]}

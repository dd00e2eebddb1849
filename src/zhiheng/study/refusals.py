"""Refusals as results: what a step was asked, and why it would not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import catalogue
from zhiheng.core.result import Result, Table
from zhiheng.core.text import Text
from zhiheng.study.plan import Step

REFUSAL = "refusal"
"""The only table of a step that refused."""
REFUSALS = "refusals"
"""The name under which a run lists them all."""


def refused(step: Step, panel: Panel, error: ZhihengError) -> Result:
    """The refusal of a step that the plan lets refuse."""
    return Result(
        tables={
            REFUSAL: Table.of(
                (),
                code=[error.code],
                what_zh=[error.what.zh],
                what_en=[error.what.en],
                remedy_zh=[error.fix.zh if error.fix else "—"],
                remedy_en=[error.fix.en if error.fix else "—"],
            )
        },
        method=step.method,
        params=dict(step.options),
        inputs=panel.fingerprint,
    )


def refusal(result: Result) -> str:
    """The code of a refusal; empty where the step has answered."""
    table = result.tables.get(REFUSAL)
    return str(table.columns["code"][0]) if table is not None else ""


def refusals_account(steps: Sequence[Step], results: Mapping[str, Result]) -> Result:
    """Every step that refused, with the reason and what would help."""
    found = [step for step in steps if refusal(results[step.id])]
    tables = [results[step.id].tables[REFUSAL] for step in found]
    short = [_short(catalogue()[step.method].summary) for step in found]
    return Result(
        tables={
            REFUSALS: Table.of(
                ["step"],
                step=[step.id for step in found],
                method_title_zh=[t.zh for t in short],
                method_title_en=[t.en for t in short],
                **{
                    name: [str(t.columns[name][0]) for t in tables]
                    for name in ("code", "what_zh", "what_en", "remedy_zh", "remedy_en")
                },
            )
        },
        method=REFUSALS,
    )


def _short(summary: Text) -> Text:
    return Text(summary.zh.split("：")[0], summary.en.split(":")[0].split(",")[0])

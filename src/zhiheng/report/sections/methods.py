"""Methods with equations and references, and how to run it all again."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from zhiheng.catalog.theory import theory
from zhiheng.core.text import Text
from zhiheng.report.model import Block, Equation, Facts, Paragraph, References, Section
from zhiheng.report.sections.columns import table_block
from zhiheng.report.texts import say, words
from zhiheng.study.account import CHECKS
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence


@cache
def _equations() -> dict[str, Any]:
    source = resources.files("zhiheng.report").joinpath("text/equations.toml")
    return tomllib.loads(source.read_text("utf-8"))


def methods_section(run: StudyRun) -> Section:
    """The equations of the methods in use, their references, and the identities checked."""
    used = {result.method for result in run.results.values()}
    blocks: list[Block] = []
    references = _papers(run)
    for entry in _equations()["equation"]:
        if entry["method"] not in used:
            continue
        blocks.append(Paragraph((say(f"methods.{entry['words']}"),)))
        blocks.append(Equation(entry["latex"], entry["mathml"], Text.of(entry["where"])))
        references += [r for r in entry["references"] if r not in references]
    if len(run.results[CHECKS].tables["checks"]):
        blocks.append(
            table_block(
                run, CHECKS, "checks", caption=words("methods.checks_caption"),
                stub=["method_title", "check"], columns=["times", "residual", "tolerance"],
                long=True,
            )
        )  # fmt: skip
    blocks.append(References(tuple(references)))
    return Section("methods", words("methods.title"), tuple(blocks))


def _papers(run: StudyRun) -> list[str]:
    """The papers whose arrows this run tested, as GB/T 7714 references."""
    graph = theory()
    edges = {edge.id: edge for edge in graph.edges}
    cited = dict.fromkeys(edges[finding.edge].paper for finding in run.edges)
    papers = {paper.id: paper for paper in graph.papers}
    return [papers[name].citation.zh for name in cited]


def replication_section(run: StudyRun) -> Section:
    """Hashes and versions of this run."""
    rows = (
        (Text("数据指纹", "data fingerprint"), run.data_hash[:16]),
        (Text("计划哈希", "plan hash"), run.plan_hash[:16]),
        (Text("代码版本", "code version"), run.code_version),
        (Text("数字哈希", "number hash"), run.number_hash[:16]),
        (Text("字节哈希", "byte hash"), run.byte_hash[:16]),
        (Text("随机种子", "random seed"), str(run.plan.seed)),
    )
    facts = Facts(tuple((label, _label(value)) for label, value in rows))
    return Section(
        "replication", words("replication.title"), (Paragraph((say("replication.lead"),)), facts)
    )


def _label(value: str) -> Sentence:
    return Sentence(Text.same("{$value}"), {"value": value})

"""``ledger.json``: every number that the documents print, with what it stands on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.report.cells import regression_numbers
from zhiheng.report.figure_files import figure_blocks
from zhiheng.report.model import (
    Block,
    Document,
    Facts,
    Paragraph,
    RegressionBlock,
    TableBlock,
)
from zhiheng.study.ledger import Ledger
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Address, Number, Sentence


def ledger_json(document: Document, run: StudyRun, ledger: Ledger) -> bytes:
    """The ledger of one document as JSON text.

    Parameters
    ----------
    document : Document
        Only numbers that it prints are listed.
    run : StudyRun
    ledger : Ledger

    Raises
    ------
    ZhihengError
        R822 a number resolves to no cell; all of them are listed.
    """
    numbers = used_numbers(document, ledger)
    require_resolved(numbers, ledger)
    entries = {
        str(number.address): ledger.entry(number.address)
        | {"printed": ledger.show(number.address, number.format, "zh")}
        for number in numbers
    }
    content: dict[str, Any] = {
        "study": run.plan.id,
        "identity": identity(run),
        "entries": list(entries.values()),
        "figures": [_figure(run, step, name) for step, name in _figures(document)],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def identity(run: StudyRun) -> dict[str, str]:
    """What a run is a function of, and the two hashes of what it found."""
    return {
        "data_hash": run.data_hash,
        "plan_hash": run.plan_hash,
        "code_version": run.code_version,
        "number_hash": run.number_hash,
        "byte_hash": run.byte_hash,
    }


def used_numbers(document: Document, ledger: Ledger) -> list[Number]:
    """Every number of a document in order of appearance, with repetitions."""
    out: list[Number] = []
    for finding in document.findings:
        parts = (finding.title, finding.number, finding.interval, finding.reservation)
        out += _in_sentences(parts)
    for section in document.sections:
        for block in section.blocks:
            out += _in_block(block, ledger)
    return out


def require_resolved(numbers: Iterable[Number], ledger: Ledger) -> None:
    """Refuse a document in which a number has no cell behind it."""
    orphans: list[str] = []
    for number in numbers:
        try:
            ledger.value(number.address)
        except ZhihengError:
            orphans.append(str(number.address))
    if orphans:
        raise ZhihengError(
            "R822",
            Text(
                "文档里有 {n} 个数字查不到出处。", "{n} numbers of the document have no source."
            ).format(n=len(orphans)),
            evidence=[{"address": address} for address in dict.fromkeys(orphans)],
            fix=Text("核对步骤、表、键和列。", "Check step, table, key and column."),
            exit_code=3,
        )


def _in_block(block: Block, ledger: Ledger) -> Iterator[Number]:
    match block:
        case Paragraph():
            yield from _in_sentences(block.sentences)
        case TableBlock():
            yield from _in_table(block, ledger)
            yield from _in_sentences(block.note)
        case RegressionBlock():
            yield from regression_numbers(block, ledger)
            yield from _in_sentences(block.note)
        case Facts():
            yield from _in_sentences(sentence for _, sentence in block.rows)
        case _:
            return


def _in_table(block: TableBlock, ledger: Ledger) -> Iterator[Number]:
    table = ledger.run.results[block.step].tables[block.table]
    for row in block.rows:
        for column in block.columns:
            address = Address(block.step, block.table, table.key(row), column.column)
            yield Number(address, column.format or "s")


def _in_sentences(sentences: Iterable[Sentence]) -> Iterator[Number]:
    for sentence in sentences:
        # Both languages cite the same numbers; the sentence has checked it.
        yield from (t for t in sentence.tokens("zh") if isinstance(t, Number))


def _figures(document: Document) -> Iterator[tuple[str, str]]:
    for block in figure_blocks(document):
        yield block.step, block.figure


def _figure(run: StudyRun, step: str, name: str) -> dict[str, str]:
    from zhiheng.core.hashing import table_digest

    result = run.results[step]
    figure = next(f for f in result.figures if f.name == name)
    return {
        "step": step,
        "figure": name,
        "table": figure.table,
        "method": result.method,
        "result_hash": table_digest(result.tables)[:16],
    }

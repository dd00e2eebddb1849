"""Findings: judgements on cells, kept beside a version in a file of their own.

An observation is never rewritten. A finding names its cell and suggests a status; a reader
decides whether it wants to see the cells with these statuses or as they came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.store import schema
from zhiheng.store.archive import Incoming, now
from zhiheng.store.manifest import StoredFile


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement on one cell.

    Parameters
    ----------
    entity, period, series, source, vintage
        The key of the value that is judged.
    status : Status
        What the value should count as; `Status.ABSENT` says that it is no observation at
        all, such as a zero that stands for a gap.
    reason : Text
    by : str
        Who says so: a person, or a check by name.
    at : str
        When, UTC; the moment of storing by default.
    """

    entity: str
    period: int
    series: str
    source: str
    vintage: str
    status: Status
    reason: Text
    by: str
    at: str = ""

    @property
    def key(self) -> tuple[str, int, str, str, str]:
        """The key of the value that is judged."""
        return self.entity, self.period, self.series, self.source, self.vintage


def incoming(findings: Sequence[Finding]) -> Incoming:
    """The file that keeps some findings.

    Raises
    ------
    ZhihengError
        S595 there is none, or one has nobody behind it.
    """
    nameless = [_row(f) for f in findings if not f.by.strip()]
    if not findings or nameless:
        raise ZhihengError(
            "S595",
            Text("没有判断，或判断没有署名。", "There is no finding, or one is by nobody."),
            evidence=nameless,
            fix=Text("写明由谁或由哪项检查得出。", "Say who or which check found it."),
        )
    table = table_of(findings)
    raw = schema.parquet_bytes(table, {"findings": True})
    entry = StoredFile(
        sha256=hashlib.sha256(raw).hexdigest(),
        rows=len(table),
        origin=", ".join(sorted({f.by for f in findings})),
        content=schema.content_hash(table),
        series=tuple(sorted({f.series for f in findings})),
        sources=tuple(sorted({f.source for f in findings})),
        vintages=tuple(sorted({f.vintage for f in findings})),
    )
    return Incoming(entry, raw, table, finding=True)


def table_of(findings: Sequence[Finding]) -> Any:
    """Findings as an Arrow table in the order of files."""
    moment = now()
    rows = [
        {
            **dict(zip(("entity", "period", "series", "source", "vintage"), f.key, strict=True)),
            "status": int(f.status),
            "reason_zh": f.reason.zh,
            "reason_en": f.reason.en,
            "by": f.by,
            "at": f.at or moment,
        }
        for f in findings
    ]
    return schema.ordered(pa.Table.from_pylist(rows, schema=schema.FINDING_SCHEMA))


def of_table(table: Any) -> tuple[Finding, ...]:
    """An Arrow table as findings."""
    return tuple(
        Finding(
            r["entity"],
            r["period"],
            r["series"],
            r["source"],
            r["vintage"],
            Status(r["status"]),
            Text(r["reason_zh"], r["reason_en"]),
            r["by"],
            r["at"],
        )
        for r in table.to_pylist()
    )


def not_in_store(findings: Sequence[Finding]) -> ZhihengError:
    """The error of findings on cells that the version does not hold."""
    return ZhihengError(
        "S595",
        Text(
            "{n} 条判断所指的格不在这个版本里。", "{n} findings are on cells that are not stored."
        ).format(n=len(findings)),
        evidence=[_row(f) for f in findings],
        fix=Text(
            "核对地区、时期、序列、来源和修订版次。",
            "Check entity, period, series, source and vintage.",
        ),
    )


def _row(finding: Finding) -> Row:
    names = ("entity", "period", "series", "source", "vintage")
    return dict(zip(names, finding.key, strict=True))

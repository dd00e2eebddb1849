"""``replication.zip``: plan and data of a run, and a script that finds its numbers again."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.sources import source
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import Scope
from zhiheng.core.hashing import table_digest
from zhiheng.core.panel import Panel
from zhiheng.core.text import Lang, Text
from zhiheng.report.archive import pack
from zhiheng.report.ledger_file import identity
from zhiheng.report.lock import NUMERIC, numeric_versions
from zhiheng.report.mirror import mirror
from zhiheng.study.ledger import Ledger
from zhiheng.study.plan import Plan, parse_plan
from zhiheng.study.run import named_series, run_study
from zhiheng.study.run_types import StudyRun

_NAME = re.compile(r"[^\W\d][\w.]*")
_PLAN, _EXPECTED = "plan.toml", "expected.json"
_OBSERVATIONS, _SERIES = "data/observations.csv", "data/series.csv"
_ENTITIES, _AXES = "data/entities.csv", "data/axes.json"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether a second run found the numbers of the first, and where it did not."""

    expected: str
    found: str
    differing: tuple[str, ...]
    code_differs: bool

    @property
    def same(self) -> bool:
        """Whether the number hashes agree."""
        return self.expected == self.found

    def message(self, lang: Lang) -> str:
        """The outcome in one or two lines."""
        outcome = Text("数字哈希相同：{h}", "The number hashes agree: {h}").format(h=self.found)
        if not self.same:
            outcome = Text(
                "数字哈希不同：原为 {e}，现为 {f}。不同的步骤：{s}",
                "The number hashes differ: {e} before, {f} now. Steps that differ: {s}",
            ).format(e=self.expected, f=self.found, s=", ".join(self.differing))
        if not self.code_differs:
            return outcome[lang]
        other = Text("（代码版本与原报告不同）", " (the code version is not that of the report)")
        return outcome[lang] + other[lang]


def replication_pack(run: StudyRun, ledger_json: bytes, data: Panel) -> bytes:
    """The replication pack of a run as a zip archive.

    Parameters
    ----------
    run : StudyRun
    ledger_json : bytes
        The ledger of the report.
    data : Panel
        The data that the run was given, before entities and periods were chosen;
        the pack takes the series that the study needs, and all periods, because
        lags and chained volumes reach outside of the window.

    Raises
    ------
    ZhihengError
        R824 the plan was made in code and has no text to pack.
    """
    if not run.plan.source_text:
        raise ZhihengError(
            "R824",
            Text("计划没有原文，无法打包。", "The plan has no text that could be packed."),
            fix=Text("用 load_plan 读入计划文件。", "Read the plan from a file with load_plan."),
        )
    names = needed_series(run, data)
    subset = data.select(series=names)
    members = {
        "README.zh.md": _readme(run, "zh"),
        "README.en.md": _readme(run, "en"),
        "replicate.py": _shipped("replicate.py"),
        "requirements.txt": _requirements(),
        _PLAN: run.plan.source_text,
        _EXPECTED: _json(_expected(run)),
        _OBSERVATIONS: _csv(("entity", "period", "series", "value", "status"), _cells(subset)),
        _SERIES: _csv(_SERIES_HEAD, _series_rows(run, subset)),
        _ENTITIES: _csv(("entity", "zh", "en"), _entity_rows(subset)),
        _AXES: _json(_axes(subset)),
        "data/LICENCES.md": _licences(run, subset),
        **mirror(run),
    }
    content = {name: text.encode() for name, text in members.items()}
    return pack({**content, "ledger.json": ledger_json})


def needed_series(run: StudyRun, data: Panel) -> list[str]:
    """The series of the data that a study reaches, in the order of the data."""
    meaning = scope(run.plan.data.level)
    ledger = Ledger(run)
    words = set(named_series(run.plan, run.panel, meaning))
    for step in run.results:
        words |= set(ledger.base_series(step))
    words |= set(_words(run.plan.model_dump(mode="json", fallback=str)))
    words |= set(_words([run.panel.definitions[n] for n in run.panel.definitions]))
    reached = _close(words, meaning)
    return [name for name in data.series if name in reached]


def _words(value: object) -> Iterator[str]:
    """Every word that stands anywhere in nested options."""
    if isinstance(value, str):
        yield from _NAME.findall(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _words(key)
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)


def _close(words: Iterable[str], meaning: Scope) -> set[str]:
    """All names that the given ones are defined by, however deep."""
    reached: set[str] = set()
    rest = set(words)
    while rest:
        name = rest.pop()
        reached.add(name)
        text = meaning.definitions.get(name, "")
        parts = {*_NAME.findall(text), *meaning.children.get(name, ())}
        rest |= parts - reached
    return reached


# ------------------------------------------------------------------ what is written


def _expected(run: StudyRun) -> dict[str, Any]:
    return {
        "study": run.plan.id,
        **identity(run),
        "results": {step: table_digest(r.tables) for step, r in sorted(run.results.items())},
        "packages": numeric_versions(),
    }


def _shipped(name: str) -> str:
    return resources.files("zhiheng.report").joinpath(f"pack/{name}").read_text("utf-8")


def _readme(run: StudyRun, lang: Lang) -> str:
    return _shipped(f"README.{lang}.md").format(
        title=run.plan.title[lang], number_hash=run.number_hash, code_version=run.code_version
    )


def _requirements() -> str:
    versions = numeric_versions()
    pins = [f"{name}=={versions[name]}" for name in NUMERIC]
    return "\n".join(["zhiheng[report]", *pins, ""])


def _cells(panel: Panel) -> Iterator[tuple[object, ...]]:
    for s, name in enumerate(panel.series):
        for e, entity in enumerate(panel.entities):
            for t, period in enumerate(panel.periods):
                value = float(panel.values[e, t, s])
                if not np.isnan(value):
                    # repr keeps every bit of a float.
                    yield entity, period, name, repr(value), int(panel.status[e, t, s])


_SERIES_HEAD = ("series", "unit", "zh", "en", "publisher", "licence", "citation")


def _series_rows(run: StudyRun, panel: Panel) -> Iterator[tuple[object, ...]]:
    for name in panel.series:
        # Titles stand in result tables, so the pack has to carry those of the panel.
        title = panel.title(name)
        info = series_info(name, run.plan.data.level)
        where = source(info.source) if info else None
        terms = (where.publisher.en, where.licence, where.citation) if where else ("", "", "")
        yield name, panel.units[name], title.zh, title.en, *terms


def _entity_rows(panel: Panel) -> Iterator[tuple[object, ...]]:
    for code in panel.entities:
        name = panel.name(code)
        yield code, name.zh, name.en


def _axes(panel: Panel) -> dict[str, Any]:
    return {
        "level": panel.level,
        "frequency": panel.frequency,
        "entities": list(panel.entities),
        "periods": list(panel.periods),
        "series": list(panel.series),
        "fingerprint": panel.fingerprint,
    }


def _licences(run: StudyRun, panel: Panel) -> str:
    parts = ["# 数据来源、许可与引用 / Sources, licences and citations", ""]
    infos = [series_info(name, run.plan.data.level) for name in panel.series]
    for code in sorted({info.source for info in infos if info}):
        where = source(code)
        names = [i.name for i in infos if i and i.source == code]
        parts += [
            f"## {where.title.zh} / {where.title.en}",
            "",
            f"- 发布者 / publisher: {where.publisher.zh} / {where.publisher.en}",
            f"- 许可 / licence: {where.licence}",
            f"- 经由 / via: {where.via}",
            f"- 引用 / citation: {where.citation}",
            f"- {where.url}",
            f"- 序列 / series: {', '.join(names)}",
            "",
        ]
    return "\n".join(parts)


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


# --------------------------------------------------------------------- what is read


def replicate(folder: Path) -> Comparison:
    """Run the study of an unpacked pack again and compare it with the report.

    Parameters
    ----------
    folder : Path
        Where ``plan.toml``, ``expected.json`` and ``data/`` lie.

    Raises
    ------
    ZhihengError
        R825 the data are not those of the pack: a file was changed.
    """
    expected = json.loads((folder / _EXPECTED).read_text("utf-8"))
    plan = read_plan(folder)
    run = run_study(plan, panel=read_panel(folder))
    found = {step: table_digest(r.tables) for step, r in run.results.items()}
    before: Mapping[str, str] = expected["results"]
    differing = [s for s in sorted({*before, *found}) if before.get(s) != found.get(s)]
    return Comparison(
        expected=expected["number_hash"],
        found=run.number_hash,
        differing=tuple(differing),
        code_differs=run.code_version != expected["code_version"],
    )


def read_plan(folder: Path) -> Plan:
    """The plan of an unpacked pack."""
    return parse_plan((folder / _PLAN).read_text("utf-8"), str(folder / _PLAN))


def read_panel(folder: Path) -> Panel:
    """The data of an unpacked pack, checked against their fingerprint."""
    axes = json.loads((folder / _AXES).read_text("utf-8"))
    entities, periods, series = axes["entities"], axes["periods"], axes["series"]
    place = [{v: i for i, v in enumerate(axis)} for axis in (entities, periods, series)]
    shape = (len(entities), len(periods), len(series))
    catalogued = list(_rows(folder / _SERIES))
    values, status = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int8)
    for row in _rows(folder / _OBSERVATIONS):
        at = (place[0][row["entity"]], place[1][int(row["period"])], place[2][row["series"]])
        values[at], status[at] = float(row["value"]), int(row["status"])
    panel = Panel(
        values=values,
        entities=tuple(entities),
        periods=tuple(periods),
        series=tuple(series),
        units={row["series"]: row["unit"] for row in catalogued},
        status=status,
        origin=np.full(shape, -1, dtype=np.int32),
        titles={row["series"]: Text(row["zh"], row["en"]) for row in catalogued},
        labels={r["entity"]: Text(r["zh"], r["en"]) for r in _rows(folder / _ENTITIES)},
        frequency=axes["frequency"],
        level=axes["level"],
    )
    if panel.fingerprint != axes["fingerprint"]:
        raise ZhihengError(
            "R825",
            Text("包内数据已被改动。", "The data of the pack have been changed."),
            evidence=[{"expected": axes["fingerprint"], "found": panel.fingerprint}],
            fix=Text("重新解压复现包。", "Unpack the replication pack again."),
        )
    return panel


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)

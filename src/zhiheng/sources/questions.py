"""What a sheet leaves open, and the mapping file that remembers the answers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
from pydantic import Field

from zhiheng.catalog.loading import Entry
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text

OPEN = "?"
"""An answer that is not given yet."""
DROP, UNSTATED_WORD, OWN, GAP = "drop", "unstated", "own", "missing"


class TableAnswer(Entry):
    """What is said of one table: what its sheet does not say, or that it is left out."""

    use: bool | None = None
    series: str = ""
    period: str = ""
    entity: str = ""
    unit: str = ""


class Answers(Entry):
    """A mapping file.

    Attributes
    ----------
    source, vintage : str
        Source and vintage of every value; a source named by the sheet is kept without it.
    entity, period : str
        Region and year of tables that name none.
    own_labels : bool
        Names are labels of the user's own (firms, cities), not regions of the catalog.
    units, series, regions : mapping
        From the word in the sheet to a unit, a series name (``own``: as in the sheet), and a
        region (``drop``: leave the row out).
    columns, rows, cells : mapping
        From an address to a year or ``drop``; ``keep`` or ``drop``; a number or ``missing``.
    tables : mapping
        From the address of a table to a `TableAnswer`.
    options : mapping
        What the parser of a structured format is told, such as ``flow = "export"``.
    """

    source: str = ""
    vintage: str = ""
    entity: str = ""
    period: str = ""
    own_labels: bool = False
    units: dict[str, str] = Field(default_factory=dict)
    series: dict[str, str] = Field(default_factory=dict)
    regions: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, str | int] = Field(default_factory=dict)
    rows: dict[str, str] = Field(default_factory=dict)
    cells: dict[str, str | float | int] = Field(default_factory=dict)
    tables: dict[str, TableAnswer] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)

    def of(self, section: str, key: str, part: str = "") -> str:
        """The answer to a question, or an empty text."""
        if section == "tables":
            found = getattr(self.tables.get(key), part, None)
            word = "" if found is None else str(found)
        elif section == "own_labels":
            word = "true" if self.own_labels else ""
        else:
            word = str(getattr(self, section).get(key, ""))
        return "" if word == OPEN else word


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that the sheet does not settle.

    Attributes
    ----------
    section, key, part : str
        Where the answer stands in the mapping file: ``units."地区生产总值"``.
    text : Text
    cell : str
        Where the doubt arises.
    choices : tuple of str
        Answers that make sense, best first; others may be possible.
    answer : str
        The answer given, or empty.
    """

    section: str
    key: str
    text: Text
    cell: str
    choices: tuple[str, ...] = ()
    part: str = ""
    answer: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return not self.answer


def load_answers(path: Path) -> Answers:
    """Read a mapping file.

    Raises
    ------
    ZhihengError
        S504 no such file, S524 it is no mapping file.
    """
    if not path.is_file():
        raise ZhihengError(
            "S504",
            Text("没有文件“{f}”。", 'There is no file "{f}".').format(f=str(path)),
            fix=Text("检查路径。", "Check the path."),
        )
    return parse_answers(path.read_bytes(), path.name)


def parse_answers(raw: bytes, name: str) -> Answers:
    """The answers of a mapping file by its bytes; S524 when it is none."""
    try:
        return Answers.model_validate(tomllib.loads(raw.decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _no_map(name, [{"file": name, "error": str(error)}]) from None
    except pydantic.ValidationError as error:
        rows = [
            {"file": name, "field": ".".join(map(str, e["loc"])), "error": e["msg"]}
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise _no_map(name, rows) from None


def _no_map(name: str, rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "S524",
        Text("映射文件 {f} 读不下去。", "The mapping file {f} cannot be read.").format(f=name),
        evidence=rows,
        fix=Text(
            "按所示修改，或用 --save-map 重新写一份。",
            "Mend it as shown, or write one with --save-map.",
        ),
    )


def unanswered(questions: Iterable[Question], name: str) -> ZhihengError:
    """S525: the file cannot be used before these questions are answered."""
    rows: list[Row] = [
        {"cell": f"{name}!{q.cell}" if q.cell else name, "question": q.text,
         **({"choices": ", ".join(q.choices)} if q.choices else {})}
        for q in questions
    ]  # fmt: skip
    return ZhihengError(
        "S525",
        Text("{n} 处没有说清，需要回答。", "{n} points are not clear and need an answer.").format(
            n=len(rows)
        ),
        evidence=rows,
        fix=Text(
            "运行 zhiheng read {f} --save-map map.toml，填好后加 --map map.toml。",
            "Run zhiheng read {f} --save-map map.toml, fill it in, then add --map map.toml.",
        ).format(f=name),
    )


def write_answers(
    path: Path, questions: Sequence[Question], answers: Answers, *, file: str
) -> None:
    """Write a mapping file: the answers given, and ``?`` where one is wanted."""
    lines = [
        "# 质衡 zhiheng read：对表格的说明 / what the sheet does not say",
        f"# {file}",
        "# 把 ? 换成答案 / replace each ? by an answer",
        f"source = {_quoted(answers.source)}",
        f"vintage = {_quoted(answers.vintage)}",
        f"entity = {_quoted(answers.entity)}",
        f"period = {_quoted(answers.period)}",
        f"own_labels = {str(answers.own_labels).lower()}",
    ]
    for section in ("units", "series", "regions", "columns", "rows", "cells"):
        asked = {q.key: q for q in questions if q.section == section}
        given: Mapping[str, Any] = getattr(answers, section)
        keys = [*asked, *(k for k in given if k not in asked)]
        if keys:
            lines += ["", f"[{section}]"]
        for key in keys:
            lines += _remark(asked.get(key))
            lines.append(f"{_quoted(key)} = {_quoted(str(given.get(key, OPEN)))}")
    lines += _table_lines(questions, answers)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _table_lines(questions: Sequence[Question], answers: Answers) -> list[str]:
    asked = [q for q in questions if q.section == "tables"]
    lines: list[str] = []
    for key in dict.fromkeys([*(q.key for q in asked), *answers.tables]):
        given = answers.tables.get(key, TableAnswer()).model_dump(exclude_defaults=True)
        lines += ["", f"[tables.{_quoted(key)}]"]
        for q in [q for q in asked if q.key == key]:
            lines += _remark(q)
            if q.part == "use":
                lines.append("# use = false")
            elif q.part not in given:
                lines.append(f"{q.part} = {_quoted(OPEN)}")
        lines += [
            f"{part} = {str(v).lower() if isinstance(v, bool) else _quoted(str(v))}"
            for part, v in given.items()
        ]
    return lines


def _remark(question: Question | None) -> list[str]:
    if question is None:
        return []
    where = f"{question.cell}: " if question.cell else ""
    lines = [f"# {where}{question.text.zh} / {question.text.en}"]
    if question.choices:
        lines.append(f"#   {' | '.join(question.choices)}")
    return lines


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in escaped) + '"'

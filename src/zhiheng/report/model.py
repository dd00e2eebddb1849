"""A document as blocks, before any medium: html, docx and xlsx print the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from zhiheng.core.text import Text
from zhiheng.study.sentences import Sentence

Verdict = Literal["supported", "not_supported", "insufficient", "described"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    sentences: tuple[Sentence, ...]
    style: Literal["body", "lead", "note", "caution", "quote"] = "body"


@dataclass(frozen=True, slots=True)
class Finding:
    """One of the plain-words findings of the first screen: what, how sure, what to mind."""

    title: Sentence
    number: Sentence
    interval: Sentence
    reservation: Sentence
    verdict: Verdict
    section: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One printed column: a table column with its label and number format."""

    column: str
    label: Text
    format: str = ""


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A printed table: rows of one result table, chosen and ordered.

    `rows` are row numbers of ``results[step].tables[table]``. `stub` columns are
    keys printed as labels; `columns` are numbers, each with a ledger address.
    """

    step: str
    table: str
    caption: Text
    stub: tuple[TableColumn, ...]
    columns: tuple[TableColumn, ...]
    rows: tuple[int, ...]
    note: tuple[Sentence, ...] = ()
    long: bool = False


@dataclass(frozen=True, slots=True)
class RegressionColumn:
    """One column (1), (2), … of a regression table."""

    step: str
    heading: Text
    marks: Mapping[str, bool] = field(default_factory=dict[str, bool])


@dataclass(frozen=True, slots=True)
class RegressionBlock:
    """A regression table as journals print it: terms down, models across.

    Coefficients with stars at 1/5/10 %, clustered standard errors in
    parentheses below, then rows with 是/否 (yes/no) and fit statistics.
    """

    caption: Text
    terms: tuple[tuple[str, Text], ...]
    models: tuple[RegressionColumn, ...]
    marks: tuple[tuple[str, Text], ...]
    fit: tuple[TableColumn, ...]
    note: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure of a result, with its title and one sentence on how to read it."""

    step: str
    figure: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """A numbered equation, in LaTeX for tex and as MathML for html and docx."""

    latex: str
    mathml: str
    where: Text


@dataclass(frozen=True, slots=True)
class Facts:
    """A short two-column list: what, and its value as a sentence."""

    rows: tuple[tuple[Text, Sentence], ...]


@dataclass(frozen=True, slots=True)
class References:
    """Numbered references, in GB/T 7714 form."""

    entries: tuple[str, ...]


Block = Paragraph | TableBlock | RegressionBlock | FigureBlock | Equation | Facts | References


@dataclass(frozen=True, slots=True)
class Section:
    """A section with an anchor that findings point at."""

    id: str
    title: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report of one study."""

    title: Text
    subtitle: Text
    question: Text
    findings: tuple[Finding, ...]
    first_figures: tuple[FigureBlock, ...]
    sections: tuple[Section, ...]

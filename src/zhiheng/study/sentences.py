"""Sentences whose every number points at the cell of a result.

A template is text with references in braces::

    {index.scores[$top,$last].score:.3f}    a number of a result table
    {$top}                                  a label that the caller binds

Digits in the literal text are refused, but for the symbols of `ALLOWED`: a
number that nobody can trace must not get into a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from zhiheng.core.errors import ZhihengError
from zhiheng.core.result import Cell, Key
from zhiheng.core.text import LANGS, Lang, Text

ALLOWED = ("CO2", "SO2", "PM2.5", "R&D", "CR1", "CR2", "LMDI-I", "GB/T 2260", "UTF-8")
"""Symbols with digits that are words, not numbers."""

_FIELD = re.compile(r"\{([^{}]+)\}")
_NUMBER = re.compile(
    r"^(?P<step>[$\w-]+)\.(?P<table>\w+)\[(?P<key>[^\]]*)\]\.(?P<column>\w+):(?P<format>[^:]+)$"
)


@dataclass(frozen=True, slots=True)
class Address:
    """One number of a study: step, table, row and column."""

    step: str
    table: str
    key: Key
    column: str

    def __str__(self) -> str:
        return f"{self.step}.{self.table}[{','.join(map(str, self.key))}].{self.column}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in running text or in a table cell, and how it is printed."""

    address: Address
    format: str


@dataclass(frozen=True, slots=True)
class Label:
    """A name, period or other word that is not a finding."""

    text: Text


@dataclass(frozen=True, slots=True)
class Words:
    """Literal text."""

    text: str


Token = Number | Label | Words


@dataclass(frozen=True, slots=True)
class Sentence:
    """A bilingual template with the labels that its ``$names`` stand for.

    Parameters
    ----------
    template : Text
        Both languages refer to the same numbers; the constructor checks it.
    bind : mapping of str to str, int or Text
        Values of ``$name``: keys of rows, steps, or labels to print.
    """

    template: Text
    bind: Mapping[str, Cell | Text] = field(default_factory=dict[str, Cell | Text])

    def __post_init__(self) -> None:
        for lang in LANGS:
            _refuse_digits(self.template[lang])
        zh, en = (set(_addresses(self.tokens(lang))) for lang in LANGS)
        if zh != en:
            raise _fault(
                self.template.zh,
                Text(
                    "中英文引用的数字不同：{d}。", "The two languages cite different numbers: {d}."
                ).format(d=", ".join(sorted(zh ^ en))),
            )

    def tokens(self, lang: Lang) -> list[Token]:
        """The sentence in one language, cut into words, labels and numbers."""
        out: list[Token] = []
        at = 0
        source = self.template[lang]
        for match in _FIELD.finditer(source):
            if match.start() > at:
                out.append(Words(source[at : match.start()]))
            out.append(self._token(match[1].strip()))
            at = match.end()
        if at < len(source):
            out.append(Words(source[at:]))
        return out

    def _token(self, inside: str) -> Token:
        if re.fullmatch(r"\$\w+", inside):
            value = self._value(inside)
            return Label(value if isinstance(value, Text) else Text.same(str(value)))
        match = _NUMBER.match(inside)
        if match is None:
            raise _fault(inside, Text("读不懂的引用。", "A reference that cannot be read."))
        step = str(self._value(match["step"]))
        parts = [part.strip() for part in match["key"].split(",")] if match["key"] else []
        key = tuple(_key_part(self._value(part)) for part in parts)
        return Number(Address(step, match["table"], key, match["column"]), match["format"])

    def _value(self, word: str) -> Cell | Text:
        if not word.startswith("$"):
            return int(word) if re.fullmatch(r"\d{4}", word) else word
        if word[1:] not in self.bind:
            raise _fault(
                word, Text("模板里有未绑定的名称。", "A name in the template is not bound.")
            )
        return self.bind[word[1:]]


def _key_part(value: Cell | Text) -> Cell:
    return value.zh if isinstance(value, Text) else value


def _addresses(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if isinstance(token, Number):
            yield str(token.address)


def _refuse_digits(template: str) -> None:
    literal = _FIELD.sub("", template)
    for symbol in ALLOWED:
        literal = literal.replace(symbol, "")
    if re.search(r"\d", literal):
        raise _fault(
            template,
            Text("模板文字里有无出处的数字。", "The template holds a number without a source."),
        )


def _fault(where: str, what: Text) -> ZhihengError:
    return ZhihengError(
        "R801",
        what,
        evidence=[{"template": where}],
        fix=Text(
            "写成 {步骤.表[键].列:格式} 的引用，或绑定 $名称。",
            "Write it as a reference {step.table[key].column:format}, or bind the $name.",
        ),
        exit_code=3,
    )

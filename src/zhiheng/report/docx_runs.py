"""Runs of the Word paper: every digit in a tagged run, indices set low, fields and bookmarks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from zhiheng.core.text import Lang
from zhiheng.report.docx_styles import LABEL, NUMBER
from zhiheng.study.ledger import Ledger
from zhiheng.study.sentences import Label, Number, Sentence

_LOW = re.compile(r"(?<=CO)2|(?<=SO)2|(?<=PM)2\.5")
"""Indices of symbols that are written on the line elsewhere and set low in print."""
_ENDS = frozenset("。！？：；.!?:;")
_DIGITS = re.compile(r"\d")
_WIDE_PUNCTUATION = re.compile("[“”‘’…—·]")


def add_sentences(
    paragraph: Any, sentences: Iterable[Sentence], ledger: Ledger, lang: Lang
) -> None:
    """Append sentences, each with its full stop; English ones are set apart by a space."""
    for index, sentence in enumerate(sentences):
        if index and lang == "en":
            paragraph.add_run(" ")
        add_sentence(paragraph, sentence, ledger, lang)
        if paragraph.text.rstrip()[-1:] not in _ENDS:
            add_text(paragraph, {"zh": "。", "en": "."}[lang], lang)


def add_sentence(paragraph: Any, sentence: Sentence, ledger: Ledger, lang: Lang) -> None:
    """Append one sentence: numbers and labels in their character styles."""
    for token in sentence.tokens(lang):
        if isinstance(token, Number):
            add_number(paragraph, ledger.show(token.address, token.format, lang))
        elif isinstance(token, Label):
            add_text(paragraph, token.text[lang], lang)
        else:
            add_text(paragraph, token.text, lang)


def sentence_text(sentence: Sentence, ledger: Ledger, lang: Lang) -> str:
    """One sentence as plain text, to measure it."""
    return "".join(
        ledger.show(t.address, t.format, lang)
        if isinstance(t, Number)
        else (t.text[lang] if isinstance(t, Label) else t.text)
        for t in sentence.tokens(lang)
    )


def add_number(paragraph: Any, text: str) -> Any:
    """Append a number that the ledger knows."""
    return add_run(paragraph, text, NUMBER)


def add_run(paragraph: Any, text: str = "", style: str = "") -> Any:
    """Append a run in a character style.

    The style is set by its id: looking it up by name searches all of Word's
    styles and took two thirds of the time of a paper.
    """
    run = paragraph.add_run(text)
    if style:
        run._element.style = style
    return run


def add_text(paragraph: Any, text: str, lang: Lang, *, bold: bool | None = None) -> None:
    """Append words; digits in them are labels, and indices such as that of CO2 are set low."""
    at = 0
    for match in _LOW.finditer(text):
        _words(paragraph, text[at : match.start()], lang, bold)
        low = add_run(paragraph, match[0], LABEL)
        low.font.subscript, low.bold = True, bold
        at = match.end()
    _words(paragraph, text[at:], lang, bold)


def _words(paragraph: Any, text: str, lang: Lang, bold: bool | None) -> None:
    if not text:
        return
    run = add_run(paragraph, text, LABEL if _DIGITS.search(text) else "")
    run.bold = bold
    if lang == "zh" and _WIDE_PUNCTUATION.search(text):
        # Without the hint Word sets curly quotes and dashes in the Latin font.
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:hint"), "eastAsia")


def add_field(paragraph: Any, code: str, shown: str) -> None:
    """Append a field such as ``PAGE`` or ``SEQ Table`` with the text that it shows now."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("show", shown), ("end", "")):
        run = add_run(paragraph, "", LABEL)
        if kind == "show":
            run.text = text
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)
        else:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {text} "
            run._element.append(instruction)


def add_bookmark(paragraph: Any, name: str, number: int) -> None:
    """Mark a paragraph as the target of internal links."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    paragraph._element.append(start)
    paragraph._element.append(end)


def add_link(paragraph: Any, text: str, target: str, lang: Lang) -> None:
    """Append words that lead to a bookmark."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), target)
    before = len(paragraph.runs)
    add_text(paragraph, text, lang)
    for run in paragraph.runs[before:]:
        link.append(run._element)
    paragraph._element.append(link)

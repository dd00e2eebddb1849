"""Reading a finished Word file back: no digit may stand in it without a tag."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from zhiheng.report.docx_styles import EQUATION, LABEL, NUMBER, REFERENCE

_DIGITS = re.compile(r"\d[\d,.]*")
_AROUND = 12


def untagged_docx(content: bytes) -> list[str]:
    """Runs of digits outside the character styles for numbers and labels.

    Equations and references are exempt. An empty list means that every number
    of the document came through the ledger or was declared a label.

    Parameters
    ----------
    content : bytes
        A ``.docx`` file.

    Returns
    -------
    list of str
        Each offending run of digits with the words around it.
    """
    document = Document(io.BytesIO(content))
    tagged = {document.styles[name].style_id for name in (NUMBER, LABEL)}
    exempt = {document.styles[name].style_id for name in (EQUATION, REFERENCE)}
    found: list[str] = []
    parts = [document.element.body]
    parts += [part._element for s in document.sections for part in (s.header, s.footer)]  # pyright: ignore[reportPrivateUsage]
    for root in parts:
        for paragraph in root.iter(qn("w:p")):
            if _style(paragraph, "w:pPr", "w:pStyle") not in exempt:
                found += _loose(paragraph, tagged)
    return found


def _loose(paragraph: Any, tagged: set[str]) -> Iterator[str]:
    whole, at = "", 0
    loose: list[tuple[int, int]] = []
    for run in paragraph.iter(qn("w:r")):
        text = "".join(t.text or "" for t in run.iter(qn("w:t")))
        if _style(run, "w:rPr", "w:rStyle") not in tagged:
            loose += [(at + m.start(), at + m.end()) for m in _DIGITS.finditer(text)]
        whole, at = whole + text, at + len(text)
    for start, end in loose:
        yield whole[max(0, start - _AROUND) : end + _AROUND]


def _style(element: Any, properties: str, style: str) -> str:
    holder = element.find(qn(properties))
    named = None if holder is None else holder.find(qn(style))
    return "" if named is None else named.get(qn("w:val"), "")

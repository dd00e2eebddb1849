"""Words of the document as markup: both languages in the page, every number a button.

Numbers (`Number` tokens) become ``<button class="n" data-n="ADDRESS">`` and
open their ledger entry. Digits of labels, captions and numbering stand in
``<span class="q">``. Nothing else in the page may hold a digit; `readback`
checks that on the finished text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from zhiheng.core.result import Cell
from zhiheng.core.text import LANGS, Lang, Text
from zhiheng.study.ledger import Ledger
from zhiheng.study.sentences import ALLOWED, Address, Label, Number, Sentence

_SYMBOLS = re.compile("|".join(re.escape(s) for s in sorted(ALLOWED, key=len, reverse=True)))
_FORMULA = re.compile(r"\b(CO|SO|CH|N)(2|4)\b(?!\.)")


class Writer:
    """Turns texts and sentences into markup and remembers which numbers were printed.

    Parameters
    ----------
    ledger : Ledger
        Prints the numbers.

    Attributes
    ----------
    cited : dict of str to Address
        Addresses printed so far, in order of appearance.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.cited: dict[str, Address] = {}

    def number(self, number: Number, lang: Lang, after: str = "") -> Markup:
        """One number as a button; a missing value is a dash without one."""
        shown = self.ledger.show(number.address, number.format, lang)
        if not any(char.isdigit() for char in shown):
            return escape(shown)
        address = str(number.address)
        self.cited[address] = number.address
        return Markup('<button class="n" data-n="{}">{}</button>').format(address, shown + after)

    def sentence(self, sentence: Sentence, lang: Lang) -> Markup:
        """A sentence in one language."""
        parts: list[Markup] = []
        for token in sentence.tokens(lang):
            if isinstance(token, Number):
                parts.append(self.number(token, lang))
            elif isinstance(token, Label):
                parts.append(label(token.text[lang]))
            else:
                parts.append(literal(token.text))
        return Markup("").join(parts)

    def sentences(self, sentences: Iterable[Sentence], lang: Lang) -> Markup:
        """Sentences in a row: Chinese without a space between them."""
        joint = "" if lang == "zh" else " "
        return Markup(joint).join(_closed(self.sentence(s, lang), lang) for s in sentences)

    def both(self, sentence: Sentence) -> Markup:
        """A sentence in both languages, of which the page shows one."""
        return pair(lambda lang: self.sentence(sentence, lang))

    def cell(self, address: Address, form: str, after: str = "") -> Markup:
        """A table cell: written once where alike; 亿 and millions count differently."""
        value: Cell = self.ledger.value(address)
        if isinstance(value, str):
            return label(value)
        return pair(lambda lang: self.number(Number(address, form), lang, after))


def _closed(sentence: Markup, lang: Lang) -> Markup:
    """A sentence with its full stop, where the template leaves it out."""
    ends = sentence.rstrip()[-1:] in "。！？：；.!?:;"
    return sentence if ends else sentence + {"zh": "。", "en": "."}[lang]


def label(text: str) -> Markup:
    """A word that is no finding: tagged when it holds digits, such as a year or CO2."""
    if any(char.isdigit() for char in text):
        return Markup('<span class="q">{}</span>').format(_typeset(text))
    return escape(text)


def literal(text: str) -> Markup:
    """Words of a template: only the symbols that templates may hold are tagged."""
    out = Markup("")
    at = 0
    for match in _SYMBOLS.finditer(text):
        out += escape(text[at : match.start()])
        out += Markup('<span class="q">{}</span>').format(_typeset(match[0]))
        at = match.end()
    return out + escape(text[at:])


def _typeset(text: str) -> Markup:
    """Formulas of gases with their digits set low."""
    return Markup(_FORMULA.sub(r"\1<sub>\2</sub>", str(escape(text))))


def pair(write: Callable[[Lang], Markup]) -> Markup:
    """The same content in both languages; written once when they are alike."""
    zh, en = (write(lang) for lang in LANGS)
    if zh == en:
        return zh
    form = Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>')
    return form.format(zh, en)


def words(text: Text) -> Markup:
    """A bilingual label."""
    return pair(lambda lang: label(text[lang]))


def blocks(tag: str, write: Callable[[Lang], Markup], style: str = "") -> Markup:
    """A block element per language."""
    form = Markup('<{0} class="{1}" lang="{2}">{3}</{0}>')
    return Markup("").join(
        form.format(Markup(tag), f"{lang} {style}".strip(), _TAG[lang], write(lang))
        for lang in LANGS
    )


_TAG: dict[Lang, str] = {"zh": "zh-CN", "en": "en"}

"""Equations: presentation MathML to the mathematics of Word (OMML).

Covers what the method equations use: rows, identifiers, numbers, operators,
text, fractions, roots, indices, sums and products with limits, accents, fences
and tables. An element outside that list is an error, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.report.docx_styles import SERIF

_NARY = "∑∏∫⋃⋂"
_ENDS_OPERAND = frozenset("=≡≤≥<>≈+−-,;→")
_FENCES = {"(": ")", "[": "]", "{": "}", "|": "|", "‖": "‖", "⌈": "⌉", "⌊": "⌋"}
_INVISIBLE = "\u2061\u2062\u2063\u2064"
_ACCENTS = {
    "¯": "\u0305", "‾": "\u0305", "―": "\u0305", "_": "\u0305", "^": "\u0302", "ˆ": "\u0302",
    "~": "\u0303", "˜": "\u0303", "˙": "\u0307", "→": "\u20d7",
}  # fmt: skip

Node = Any


def equations(mathml: str, *, room: float = 34.0) -> list[Any]:
    """The lines of one MathML equation, each an ``m:oMath`` element.

    A chain of equations set apart by ``<mspace>`` is broken there where it
    would not fit on one line.

    Parameters
    ----------
    mathml : str
        A ``<math>`` element, with or without its namespace.
    room : float
        Width of a line in em.

    Raises
    ------
    ZhihengError
        R820 the text is not MathML, or uses an element that is not covered.
    """
    try:
        root = ElementTree.fromstring(mathml)
    except ElementTree.ParseError as error:
        raise _fault(str(error)) from error
    return [_m("oMath", *_row(line)) for line in _lines(_unwrap(root), room)]


def _unwrap(node: Node) -> list[Node]:
    """The members of the outermost row."""
    inner = list(node)
    if len(inner) == 1 and _tag(inner[0]) in {"mrow", "mstyle", "semantics"}:
        return _unwrap(inner[0])
    return inner


def _lines(nodes: Sequence[Node], room: float) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if _tag(node) == "mspace":
            parts.append([])
        else:
            parts[-1].append(node)
    lines = [parts[0]]
    for part in parts[1:]:
        if sum(map(_width, [*lines[-1], *part])) + 1 <= room:
            lines[-1] += [ElementTree.Element("mspace"), *part]
        else:
            lines.append(part)
    return lines


def _width(node: Node) -> float:
    """Rough width in em: fractions count their wider part, indices less than letters."""
    tag = _tag(node)
    if not len(node):
        return 0.6 * len(_text(node)) + (0.5 if _text(node) in _ENDS_OPERAND else 0.0)
    if tag == "mfrac":
        return max(_width(node[0]), _width(node[1])) + 0.2
    if tag in {"munder", "mover", "munderover"}:
        return max(_width(child) for child in node)
    if tag in {"msub", "msup", "msubsup"}:
        return _width(node[0]) + 0.7 * max(_width(child) for child in node[1:])
    return sum(map(_width, node))


def _fault(what: str) -> ZhihengError:
    return ZhihengError(
        "R820",
        Text("公式不能写成 Word 公式。", "An equation cannot be written as a Word equation."),
        evidence=[{"mathml": what}],
        fix=Text("改用列表中的 MathML 元素。", "Use the MathML elements that are covered."),
        exit_code=3,
    )


def _m(tag: str, *children: Node, **attributes: str) -> Node:
    element: Node = OxmlElement(f"m:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"m:{name}"), value)
    element.extend(children)
    return element


def _tag(node: Node) -> str:
    return str(node.tag).rpartition("}")[2]


def _text(node: Node) -> str:
    return "".join(c for c in "".join(node.itertext()).strip() if c not in _INVISIBLE)


def _row(nodes: Sequence[Node]) -> list[Node]:
    """Convert siblings; an n-ary operator takes what follows it as its operand."""
    out: list[Node] = []
    rest = list(nodes)
    while rest:
        node = rest.pop(0)
        sign, low, high = _nary(node)
        if sign:
            operand = _operand(rest)
            del rest[: len(operand)]
            out.append(_nary_element(sign, low, high, operand))
        elif (end := _closing(node, rest)) >= 0:
            out.append(_fenced(_text(node), rest[:end]))
            del rest[: end + 1]
        else:
            out += _convert(node)
    return out


def _closing(node: Node, rest: Sequence[Node]) -> int:
    """Where among the following siblings the fence closes that `node` opens; −1 if it is none."""
    left = _text(node) if _tag(node) == "mo" else ""
    right = _FENCES.get(left, "")
    depth = 1 if right else 0
    for index, other in enumerate(rest):
        word = _text(other) if _tag(other) == "mo" and depth else ""
        if word and word == right:
            depth -= 1
            if not depth:
                return index
        elif word and word == left:
            depth += 1
    return -1


def _fenced(left: str, inner: Sequence[Node]) -> Node:
    """Fences that grow with what they hold."""
    properties = _m("dPr", _m("begChr", val=left), _m("endChr", val=_FENCES[left]))
    return _m("d", properties, _m("e", *_row(inner)))


def _operand(rest: Sequence[Node]) -> list[Node]:
    """What a sum sums: everything up to the next relation, sign or comma outside of fences."""
    taken: list[Node] = []
    inside = 0
    for node in rest:
        word = _text(node) if _tag(node) == "mo" else ""
        if inside <= 0 and ((taken and word in _ENDS_OPERAND) or (word and word in ")]}")):
            break
        if not inside and (end := _closing(node, rest[len(taken) + 1 :])) >= 0:
            inside = end + 2
        inside -= inside > 0
        taken.append(node)
    return taken


def _nary(node: Node) -> tuple[str, Node | None, Node | None]:
    """The sign and limits of a sum or product; an empty sign where the node is none."""
    tag = _tag(node)
    if tag == "mo" and _text(node) in _NARY and _text(node):
        return _text(node), None, None
    if tag in {"munder", "mover", "munderover", "msub", "msup", "msubsup"}:
        sign = _text(node[0])
        if sign and sign in _NARY:
            low = node[1] if tag not in {"mover", "msup"} else None
            high = node[-1] if tag not in {"munder", "msub"} else None
            return sign, low, high
    return "", None, None


def _nary_element(sign: str, low: Node | None, high: Node | None, operand: list[Node]) -> Node:
    properties = _m(
        "naryPr",
        _m("chr", val=sign),
        _m("limLoc", val="undOvr"),
        *([] if low is not None else [_m("subHide", val="1")]),
        *([] if high is not None else [_m("supHide", val="1")]),
    )
    return _m("nary", properties, _part("sub", low), _part("sup", high), _m("e", *_row(operand)))


def _part(tag: str, node: Node | None) -> Node:
    return _m(tag, *([] if node is None else _convert(node)))


def _convert(node: Node) -> list[Node]:
    tag = _tag(node)
    if tag not in _RULES:
        raise _fault(f"<{tag}>")
    return _RULES[tag](node)


def _run(text: str, *, upright: bool) -> list[Node]:
    if not text:
        return []
    word_like = upright and len(text) > 1
    run = _m("r", _m("rPr", _m("nor") if word_like else _m("sty", val="p" if upright else "i")))
    look, fonts = OxmlElement("w:rPr"), OxmlElement("w:rFonts")
    for script, font in (("ascii", "Cambria Math"), ("hAnsi", "Cambria Math"), ("eastAsia", SERIF)):
        fonts.set(qn(f"w:{script}"), font)
    look.append(fonts)
    run.append(look)
    word = _m("t")
    word.text = text
    word.set(qn("xml:space"), "preserve")
    run.append(word)
    return [run]


def _identifier(node: Node) -> list[Node]:
    text = _text(node)
    upright = node.get("mathvariant") == "normal" or len(text) > 1
    return _run(text, upright=upright)


def _operator(node: Node) -> list[Node]:
    return _run(_text(node), upright=True)


def _words(node: Node) -> list[Node]:
    text = "".join(node.itertext())
    return _run(text, upright=True)


def _group(node: Node) -> list[Node]:
    return _row(list(node))


def _fraction(node: Node) -> list[Node]:
    return [_m("f", _part("num", node[0]), _part("den", node[1]))]


def _root(node: Node) -> list[Node]:
    hidden = _m("radPr", _m("degHide", val="1"))
    return [_m("rad", hidden, _m("deg"), _m("e", *_row(list(node))))]


def _indexed(tag: str, *parts: str) -> Callable[[Node], list[Node]]:
    def convert(node: Node) -> list[Node]:
        return [_m(tag, *(_part(p, n) for p, n in zip(("e", *parts), node, strict=True)))]

    return convert


def _over(node: Node) -> list[Node]:
    mark = _text(node[1])
    if mark in _ACCENTS:
        properties = _m("accPr", _m("chr", val=_ACCENTS[mark]))
        return [_m("acc", properties, _part("e", node[0]))]
    return [_m("limUpp", _part("e", node[0]), _part("lim", node[1]))]


def _both_limits(node: Node) -> list[Node]:
    low = _m("limLow", _part("e", node[0]), _part("lim", node[1]))
    return [_m("limUpp", _m("e", low), _part("lim", node[2]))]


def _table(node: Node) -> list[Node]:
    rows = [_m("mr", *(_part("e", cell) for cell in row)) for row in node]
    return [_m("m", *rows)]


def _space(node: Node) -> list[Node]:
    del node
    return _run("\u2002\u2002", upright=True)


def _semantics(node: Node) -> list[Node]:
    return _convert(node[0])


_RULES: dict[str, Callable[[Node], list[Node]]] = {
    "mrow": _group, "mstyle": _group, "mpadded": _group, "mtd": _group, "math": _group,
    "mi": _identifier, "mn": _operator, "mo": _operator, "mtext": _words, "mspace": _space,
    "mfrac": _fraction, "msqrt": _root, "msub": _indexed("sSub", "sub"),
    "msup": _indexed("sSup", "sup"), "msubsup": _indexed("sSubSup", "sub", "sup"),
    "munder": _indexed("limLow", "lim"), "mover": _over, "munderover": _both_limits,
    "mtable": _table, "semantics": _semantics,
}  # fmt: skip

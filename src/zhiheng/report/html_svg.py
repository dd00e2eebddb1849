"""Drawn figures made small for a page: the same picture, a third of the bytes.

vl-convert writes every mark with a class, a role and an aria label that lists
px positions. In a page those say nothing to a reader and triple its size; the
figure element carries the title and the reading instead.
"""

from __future__ import annotations

import re

_PLAIN = "class|role|aria-[a-z]+|xmlns:xlink|xmlns|version|stroke-miterlimit|font-family"
_DROPPED = re.compile(
    rf' (?:opacity="1"|stroke-width="1"|pointer-events="none"|(?:{_PLAIN})="[^"]*")'
)
_TAG = re.compile(r"<[^>]+>")
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_BACKGROUND = re.compile(
    r'<rect width="[\d.]+" height="[\d.]+" fill="#ffffff"/>|<path class="background"[^>]*/>'
)
_EMPTY = re.compile(
    r'<g(?: [^>]*)?></g>|<g(?: [^>]*)?/>|<path d=""[^>]*/>|<path d="M0,0h0v0h0Z"[^>]*/>'
)
_ID = re.compile(r'(id="|url\(#|href="#)([\w-]+)')
_NAMES = re.compile(r'font-size="(\d+)px"')


def slim(svg: str, prefix: str) -> str:
    """The SVG without what only a program reads, ids made unique by `prefix`.

    Positions keep one decimal, a tenth of a px. Text stays text.
    """
    out = _DROPPED.sub("", _BACKGROUND.sub("", svg))
    out = _TAG.sub(lambda tag: _NUMBER.sub(lambda m: _short(m[0]), tag[0]), out)
    out = _ID.sub(lambda m: f"{m[1]}{prefix}{m[2]}", out)
    out = _NAMES.sub(r'font-size="\1"', out)
    while (less := _EMPTY.sub("", out)) != out:
        out = less
    return out


def _short(number: str) -> str:
    text = f"{float(number):.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def size(svg: str) -> tuple[int, int]:
    """Width and height of an SVG in px."""
    found = re.search(r'width="(\d+)[^"]*" height="(\d+)', svg)
    if found is None:
        raise ValueError("an SVG without a size")
    return int(found[1]), int(found[2])

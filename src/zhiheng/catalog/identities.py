"""Identities for decomposition: a quantity as a product of named factors.

A name may be marked with a dimension: ``energy[sector]`` stands for the series
``energy.SECTOR`` one by one, and ``co2[sector.fuel]`` for ``co2.SECTOR.FUEL``. A single
mark at the end, as in ``co2: gdp * energy/gdp * co2/energy [sector]``, marks every name
that comes by sector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml, refuse_repeats
from zhiheng.catalog.regions import Level
from zhiheng.core.errors import VERBATIM, ZhihengError, unknown_name
from zhiheng.core.expression import parse, text
from zhiheng.core.text import Text

FILE = "identities.toml"


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of an identity; its id is its expression where nobody named it.

    In `expression` a marked name ``energy[sector]`` reads ``energy.sector``.
    """

    id: str
    title: Text
    expression: str


@dataclass(frozen=True, slots=True)
class Identity:
    """``left = factor * factor * …``, before it is known whether it holds.

    Attributes
    ----------
    id : str
        The catalogued name, or the identity as the user wrote it.
    level : str
        The level of regions that it is made for; empty for a written one.
    left : str
        The expression that is decomposed.
    note : Text or None
    source : str
        Empty for a written one.
    status : {"verified", "recalled"} or None
    dimensions : tuple of str
        Of the finest parts, such as ``("sector", "fuel")``; empty without a mark.
    marked : mapping of str to (str, int)
        The marked names as they read in expressions, with their family and depth.
    everywhere : bool
        Whether one mark at the end stands for all names that come by that dimension.
    """

    id: str
    title: Text
    level: str
    left: str
    factors: tuple[Factor, ...]
    note: Text | None = None
    source: str = ""
    status: EntryStatus | None = None
    dimensions: tuple[str, ...] = ()
    marked: Mapping[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    everywhere: bool = False


class _Factor(Entry):
    id: str
    expression: str
    title: Words


class _Identity(Entry):
    id: str
    level: Level
    left: str
    status: EntryStatus
    source: str
    title: Words
    note: Words
    factor: tuple[_Factor, ...]


class _Identities(Entry):
    identity: tuple[_Identity, ...]


@cache
def identities() -> dict[str, Identity]:
    """All catalogued identities by id."""
    entries = read_toml(FILE, _Identities).identity
    refuse_repeats((e.id for e in entries), where=FILE, kind=Text("恒等式", "identity"))
    for entry in entries:
        refuse_repeats(
            (f.id for f in entry.factor), where=f"{FILE} {entry.id}", kind=Text("因素", "factor")
        )
    return {e.id: _known(e) for e in entries}


def identity(written: str) -> Identity:
    """A catalogued identity by name, or one written out as ``left: factor * factor``.

    Factors are separated by ``*`` outside of parentheses; each is a series, a
    ratio or any other expression without such a product, and is called as written.

    Raises
    ------
    ZhihengError
        C430 an identity that cannot be read, C431 an unknown name, C434 marks that do
        not nest, X301/X302 an expression that cannot be read.

    Examples
    --------
    >>> [f.id for f in identity("co2: gdp * co2/gdp").factors]
    ['gdp', 'co2/gdp']
    """
    written = written.strip().replace("：", ":")  # as a Chinese keyboard writes it
    if ":" in written:
        return _written(written)
    known = identities()
    if _LOOKS_WRITTEN.search(written) or not written:
        raise _unreadable(written)
    if written not in known:
        raise unknown_name("C431", written, known, kind=Text("恒等式", "identity"))
    return known[written]


def _known(entry: _Identity) -> Identity:
    factors = tuple(Factor(f.id, f.title, f.expression) for f in entry.factor)
    return Identity(
        entry.id, entry.title, entry.level, entry.left, factors, entry.note, entry.source,
        entry.status,
    )  # fmt: skip


_MARK = re.compile(r"(?P<name>[^\W\d][\w.]*)\s*\[(?P<dimensions>[^\[\]]*)\]")
_LOOKS_WRITTEN = re.compile(r"[*/=\[(]")
_LAST = re.compile(r"\s*\[(?P<dimensions>[^\[\]]*)\]\s*$")


def _written(source: str) -> Identity:
    left, _, right = source.partition(":")
    last = _LAST.search(right)
    everywhere = last is not None and source.count("[") == 1
    whole = last["dimensions"] if everywhere and last is not None else ""
    right = right[: last.start()] if everywhere and last is not None else right
    marked: dict[str, tuple[str, int]] = {}
    paths = [_path(whole, source)] if everywhere else []

    def read(match: re.Match[str]) -> str:
        path = _path(match["dimensions"], source)
        paths.append(path)
        plain = ".".join((match["name"], *path))
        marked[plain] = match["name"], len(path)
        return plain

    parts = [part.strip() for part in _top_level_factors(right)]
    if not left.strip() or not all(parts):
        raise _unreadable(source)
    plain = [_MARK.sub(read, part) for part in parts]
    left_plain = _MARK.sub(read, left.strip())
    refuse_repeats([text(parse(p)) for p in plain], where=source, kind=Text("因素", "factor"))
    factors = tuple(Factor(p, Text.same(p), e) for p, e in zip(parts, plain, strict=True))
    return Identity(
        source, Text.same(source), "", left_plain, factors,
        dimensions=_finest(paths, source), marked=marked, everywhere=everywhere,
    )  # fmt: skip


def _path(written: str, source: str) -> tuple[str, ...]:
    """The dimensions of one mark: ``sector.fuel`` or ``sector, fuel``."""
    parts = tuple(p.strip() for p in re.split(r"[.,]", written))
    if not all(re.fullmatch(r"[^\W\d]\w*", p) for p in parts):
        raise _unreadable(source)
    return parts


def _finest(paths: list[tuple[str, ...]], source: str) -> tuple[str, ...]:
    """The longest path of dimensions; every other one must be its beginning."""
    longest = max(paths, key=len, default=())
    loose = sorted({".".join(p) for p in paths if p != longest[: len(p)]})
    if loose:
        raise ZhihengError(
            "C434",
            Text("方括号里的维度不能层层相套。", "The dimensions in brackets do not nest."),
            evidence=[
                {VERBATIM: source},
                *({"mark": p, "finest": ".".join(longest)} for p in loose),
            ],
            fix=Text(
                "每个标记都应是最细一层的开头，如 [sector] 与 [sector.fuel]。",
                "Every mark must be the beginning of the finest one: [sector] and [sector.fuel].",
            ),
        )
    return longest


def _top_level_factors(source: str) -> Iterator[str]:
    """Split at ``*`` outside of parentheses; ``**`` is a power, not a product."""
    depth = start = i = 0
    while i < len(source):
        if source.startswith("**", i):
            i += 2
            continue
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(source[i], 0)
        if source[i] == "*" and depth == 0:
            yield source[start:i]
            start = i + 1
        i += 1
    yield source[start:]


def _unreadable(source: str) -> ZhihengError:
    return ZhihengError(
        "C430",
        Text("恒等式读不懂。", "The identity cannot be read."),
        evidence=[{VERBATIM: source}],
        fix=Text(
            "写成“被分解量: 因素 * 因素”，如 co2: gdp * co2/gdp；或写目录里的名称，如 kaya。",
            "Write left: factor * factor, such as co2: gdp * co2/gdp; or a catalogued name such as "
            "kaya.",
        ),
    )

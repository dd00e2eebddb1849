"""Stata ``.dta`` files: labels, date formats and extended missing values kept in mind.

Units are looked for in variable labels (``GDP（亿元）``). Old files (before Stata 14)
carry Chinese in GB 18030 while the format says Latin-1; such text is repaired.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zhiheng.catalog.regions import is_region
from zhiheng.catalog.units import unit_of
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Frequency
from zhiheng.core.text import Text
from zhiheng.sources.assemble import Clock, Reading, Unknown, assemble
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import fingerprint, unreadable
from zhiheng.sources.tables import ROLES

_BRACKET = re.compile(r"[\[（(]([^\])）]+)[\])）]\s*$")
_OLD = frozenset(range(102, 116))
_FORMATS: Mapping[str, tuple[Frequency, int]] = {
    "%tq": ("Q", 4 * 1960),
    "%tm": ("M", 12 * 1960),
    "%td": ("D", -3653),  # days from 1960-01-01 to 1970-01-01
    "%d": ("D", -3653),
    "%ty": ("A", 0),
}
"""What a Stata date counts, and the ordinal of its zero."""


class _File(NamedTuple):
    """A data set as Stata keeps it: columns of numbers or text, and what is said of them."""

    columns: Mapping[str, Sequence[Any]]
    titles: Mapping[str, str]
    formats: Mapping[str, str]
    words: Mapping[str, Mapping[Any, str]]
    rows: int


def sniff(raw: bytes, name: str) -> bool:
    """Whether the bytes begin as a ``.dta`` of any version."""
    if raw.startswith(b"<stata_dta>"):
        return True
    return name.casefold().endswith(".dta") and raw[:1] != b"" and raw[0] in _OLD


def parse(
    raw: bytes,
    name: str,
    *,
    entity: str = "",
    period: str = "",
    units: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
) -> Observations:
    """Read a panel saved by Stata: one row per entity and period, a column per variable.

    Parameters
    ----------
    raw : bytes
    name : str
    entity, period : str, optional
        The identifying variables; by default recognised like those of a CSV
        (``province``, ``地区``, ``year``, …).
    units : mapping of variable to unit, optional
        Goes before the brackets of variable labels.
    unknown : {"refuse", "drop", "keep"}
        ``keep`` for firms or cities.

    Notes
    -----
    Variables of text are left out with a note, and so are ``.a`` to ``.z``, counted:
    they mean "missing for a reason", which a gap does not keep. A bracket that is no
    catalogued unit (``人口（年末）``) leaves the unit unstated, with a note.

    Raises
    ------
    ZhihengError
        S552 unreadable, D101 no entity or period variable, S550/S551 periods, C401
        unknown region, U211 ambiguous unit, S502 nothing in it.
    """
    file = _open(raw, name)
    e = entity or _role(file, "entity", name)
    p = period or _role(file, "period", name)
    for wanted in (e, p):
        if wanted not in file.columns:
            raise _no_column(name, wanted, file)
    names = _names(file, e)
    frequency, periods = _periods(file, p, name)
    stated, doubtful = _units(file, units or {})
    found: list[Reading] = []
    text: list[str] = []
    special: Counter[str] = Counter()
    for variable, values in file.columns.items():
        if variable in (e, p):
            continue
        if any(isinstance(v, str) for v in values):
            text.append(variable)
            continue
        for i, value in enumerate(values):
            number = _number(value, special)
            if number is not None and periods[i] is not None and names[i]:
                cell = f"{variable}[{i + 1}]"
                found.append(
                    Reading(names[i], periods[i] or 0, variable, number, stated[variable], cell)
                )
    return assemble(
        found, file=fingerprint(raw, name), source=name, frequency=frequency, unknown=unknown,
        notes=_notes(text, special, doubtful, file),
    )  # fmt: skip


def _open(raw: bytes, name: str) -> _File:
    from pandas.io.stata import StataReader

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # category conversions that are not asked for
            reader: Any = StataReader(
                io.BytesIO(raw), convert_dates=False, convert_categoricals=False,
                convert_missing=True,
            )  # fmt: skip
            with reader:
                frame = reader.read()
                titles, words = reader.variable_labels(), reader.value_labels()
                # pandas has no public door to formats and the names of label sets
                formats = dict(zip(frame.columns, reader._fmtlist, strict=True))  # noqa: SLF001
                sets = dict(zip(frame.columns, reader._lbllist, strict=True))  # noqa: SLF001
            columns = {str(c): frame[c].tolist() for c in frame.columns}
    except Exception as error:  # noqa: BLE001  pandas raises whatever a damaged file leads to
        raise unreadable(name, "Stata", repr(error)) from None
    old = raw[:1] != b"<" and raw[0] in _OLD
    fix = _chinese if old else str
    labelled = {c: words[s] for c, s in sets.items() if s and s in words}
    return _File(
        {fix(c): [fix(v) if isinstance(v, str) else v for v in vs] for c, vs in columns.items()},
        {fix(c): fix(t) for c, t in titles.items()},
        {fix(c): str(f) for c, f in formats.items()},
        {fix(c): {k: fix(v) for k, v in w.items()} for c, w in labelled.items()},
        len(frame),
    )


def _chinese(text: str) -> str:
    """Text that an old file calls Latin-1 while its bytes are GB 18030."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def _role(file: _File, role: str, name: str) -> str:
    lowered = {c.casefold(): c for c in file.columns}
    by_title = {t.casefold(): c for c, t in file.titles.items() if t}
    for known in (lowered, by_title):
        for word in ROLES[role]:
            if word.casefold() in known:
                return known[word.casefold()]
    raise _no_column(name, role, file)


def _names(file: _File, e: str) -> list[str]:
    words = file.words.get(e, {})
    return [_name(v, words) for v in file.columns[e]]


def _name(value: Any, words: Mapping[Any, str]) -> str:
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, (int, float)) or not np.isfinite(value):
        return ""
    if value in words:
        return words[value].strip()
    code = str(int(value)) if float(value).is_integer() else str(value)
    # 11 and 110000 are codes of provinces whatever a label set says
    return code if is_region(code) or not words else words.get(int(value), code)


def _periods(file: _File, p: str, name: str) -> tuple[Frequency, list[int | None]]:
    values = file.columns[p]
    stem = re.match(r"%-?(t?[a-z])", file.formats.get(p, ""))
    known = _FORMATS.get(f"%{stem[1]}") if stem else None
    if known is None:
        clock = Clock(name)
        read = [
            None if _missing(v) else clock.read(_name(v, file.words.get(p, {})), f"{p}[{i + 1}]")
            for i, v in enumerate(values)
        ]
        return clock.frequency or "A", read
    frequency, zero = known
    return frequency, [None if _missing(v) else int(v) + zero for v in values]


def _missing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return not isinstance(value, (int, float)) or not np.isfinite(value)


def _number(value: Any, special: Counter[str]) -> float | None:
    if isinstance(value, (int, float)):
        return float(value) if np.isfinite(value) else None
    letter = str(value)  # a StataMissingValue prints as . or .a
    if re.fullmatch(r"\.[a-z]", letter):
        special[letter] += 1
    return None


def _units(file: _File, given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    stated: dict[str, str] = {}
    doubtful: list[str] = []
    for variable in file.columns:
        match = _BRACKET.search(file.titles.get(variable, ""))
        stated[variable] = given.get(variable) or (match[1] if match else "")
        if variable in given or not match:
            continue
        try:
            unit_of(match[1])
        except ZhihengError as error:
            if error.code != "U210":
                raise
            doubtful.append(f"{variable} ({match[1]})")
            stated[variable] = ""
    return stated, doubtful


def _notes(
    text: Sequence[str], special: Counter[str], doubtful: Sequence[str], file: _File
) -> list[Text]:
    notes: list[Text] = []
    if text:
        notes.append(
            Text("文字变量未读：{v}。", "Variables of text were left out: {v}.").format(
                v=", ".join(text)
            )
        )
    if special:
        counted = ", ".join(f"{k}: {n}" for k, n in sorted(special.items()))
        notes.append(
            Text("扩展缺失值按缺失读：{c}。", "Extended missing values read as gaps: {c}.").format(
                c=counted
            )
        )
    if doubtful:
        notes.append(
            Text(
                "变量标签的括号里不是已登记的单位：{d}。",
                "Brackets of variable labels that are no catalogued unit: {d}.",
            ).format(d=", ".join(doubtful))
        )
    coded = [c for c in file.words if c not in text]
    if coded:
        notes.append(
            Text("带值标签的变量按编码读：{c}。", "Labelled variables hold codes: {c}.").format(
                c=", ".join(coded)
            )
        )
    return notes


def _no_column(name: str, wanted: str, file: _File) -> ZhihengError:
    return ZhihengError(
        "D101",
        Text("{f} 里没有地区或时期变量。", "{f} has no entity or period variable.").format(f=name),
        evidence=[{"missing": wanted, "variables": ", ".join(list(file.columns)[:20])}],
        fix=Text(
            "写明 entity=变量名, period=变量名。", "Name them: entity=VARIABLE, period=VARIABLE."
        ),
    )

"""Every kind of file that can be read, told by its content: one table, one door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zhiheng.catalog.series import series as series_info
from zhiheng.core.text import Text
from zhiheng.sources.encoding import decode
from zhiheng.sources.observations import Observations
from zhiheng.sources.questions import Answers
from zhiheng.sources.reading import Reading, SeriesReading, read_sheets
from zhiheng.sources.sheet import refuse_size
from zhiheng.sources.structured import FORMATS, Format, Sniff
from zhiheng.sources.tables import ROLES, parse
from zhiheng.sources.workbook import OLE

Parse = Callable[[bytes, str, Answers, str], Reading]
"""Bytes, file name, answers of a mapping file, name of a sheet (or empty)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    Attributes
    ----------
    name : str
    title : Text
    sniff : function of (bytes, file name)
        Whether a file is of this kind; it must be quick and never raise.
    parse : function of (bytes, file name, answers, sheet)
    """

    name: str
    title: Text
    sniff: Callable[[bytes, str], bool]
    parse: Parse


def reading_of(observations: Observations, kind: Text) -> Reading:
    """A reading of a file whose format leaves nothing open.

    Use it in the parser of a structured format, which makes observations at once.
    """
    counts = Counter(observations.series.tolist())
    first: dict[str, int] = {}
    for i, name in enumerate(observations.series.tolist()):
        first.setdefault(name, i)
    units, cells = observations.unit, observations.cell
    series = tuple(
        SeriesReading(
            word=name,
            name=name,
            mapped=series_info(name, observations.level) is not None,
            written="",
            unit=str(units[i]),
            values=counts[name],
            cell=str(cells[i]),
        )
        for name, i in first.items()
    )
    file = str(observations.file[0]) if len(observations) else ""
    return Reading(
        file=file,
        kind=kind,
        series=series,
        entities={str(e): str(e) for e in dict.fromkeys(observations.entity.tolist())},
        periods=tuple(sorted({int(p) for p in observations.period})),
        level=observations.level,
        notes=observations.notes,
        make=lambda: observations,
    )


def is_clean(raw: bytes, name: str) -> bool:
    """Whether a file is a CSV whose first line names a region and a period column."""
    if raw.startswith((b"PK", OLE)) or b"\x00" in raw[:4096]:
        return False
    try:
        line = decode(raw[:65536].split(b"\n", 1)[0], name).lower()
    except Exception:  # noqa: BLE001  a sniffer answers, it does not complain
        return False
    heads = {h.strip().strip('"') for h in line.split(",")}
    return all(heads & set(ROLES[role]) for role in ("entity", "period"))


def _sheet(raw: bytes, name: str, answers: Answers, sheet: str) -> Reading:
    return read_sheets(raw, name, answers=answers, sheet=sheet)


def _structured(form: Format) -> Kind:
    def read(raw: bytes, name: str, answers: Answers, sheet: str) -> Reading:
        del sheet
        return reading_of(form.observations(raw, name, answers), form.title)

    return Kind(form.name, form.title, _calm(form.sniff), read)


def _calm(sniff: Sniff) -> Sniff:
    """A sniffer that answers no where it cannot tell: the parser will say what is wrong."""

    def told(raw: bytes, name: str) -> bool:
        try:
            return sniff(raw, name)
        except Exception:  # noqa: BLE001  a sniffer answers, it does not complain
            return False

    return told


KINDS: tuple[Kind, ...] = (
    *(_structured(form) for form in FORMATS),
    Kind("sheet", Text("表格", "spreadsheet"), lambda raw, name: True, _sheet),
)
"""Asked in this order; the last one takes whatever is left. A new format goes before it."""


def read_any(raw: bytes, name: str, *, answers: Answers | None = None, sheet: str = "") -> Reading:
    """Read a file of any kind and say what was understood.

    Use it to show a reading before anything rests on it. For the observations alone, clean
    tables by the quick way, use `observe`.

    Parameters
    ----------
    raw : bytes
    name : str
        File name, for addresses and for telling the kind.
    answers : Answers, optional
        From a mapping file.
    sheet : str
        Of a workbook, read this sheet only.

    Raises
    ------
    ZhihengError
        S501–S527 a file that cannot be read, with the address and the way out.
    """
    refuse_size(raw, name)
    kind = next(k for k in KINDS if k.sniff(raw, name))
    return kind.parse(raw, name, answers or Answers(), sheet)


def observe(
    raw: bytes,
    name: str,
    *,
    answers: Answers | None = None,
    sheet: str = "",
    units: Mapping[str, str] | None = None,
    own_labels: bool = False,
) -> Observations:
    """The observations of a file of any kind; a clean CSV is read as it stands.

    Raises
    ------
    ZhihengError
        S525 the file leaves questions open; else as `read_any` and `tables.parse`.
    """
    if answers is None and not sheet and is_clean(raw, name):
        refuse_size(raw, name)
        return parse(raw, name, units=units, own_labels=own_labels)
    return read_any(raw, name, answers=answers, sheet=sheet).observations()

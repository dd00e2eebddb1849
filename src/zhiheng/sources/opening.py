"""Opening of bytes: text, rows of a CSV, JSON, XML, archives and workbooks, or an error.

What a user hands in may be cut off, renamed or hostile. Everything here either
returns a plain structure or raises one `ZhihengError`; sizes are bounded.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import warnings
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.encoding import decode

MOST_BYTES = 1 << 30
"""The most that an archive may hold when unpacked (1 GiB)."""

MOST_CELL = 1 << 20
"""The longest cell of a CSV that is read; a quote left open swallows the rest of a file."""

SNIFFED = 4096
"""How much of a file is looked at to recognise it."""


def fingerprint(raw: bytes, name: str) -> str:
    """File name with the first digits of its hash, as `Observations.file` keeps it."""
    return f"{name}#{hashlib.sha256(raw).hexdigest()[:12]}"


def unreadable(name: str, kind: str, why: str, *, evidence: Sequence[Row] = ()) -> ZhihengError:
    """S552: the bytes are not what their format says."""
    return ZhihengError(
        "S552",
        Text("文件 {f} 不是完好的 {k}。", "The file {f} is no sound {k}.").format(f=name, k=kind),
        evidence=[{"file": name, "reason": why[:200]}, *evidence],
        fix=Text(
            "重新下载或另存一份；截断的文件不会读一半。",
            "Download or save it again; a cut-off file is not read in part.",
        ),
    )


def lacking(name: str, kind: str, missing: Sequence[str]) -> ZhihengError:
    """S553: columns or keys that the format must have are not there."""
    return ZhihengError(
        "S553",
        Text("{f} 缺少 {k} 必有的列或键。", "{f} lacks columns or keys of {k}.").format(
            f=name, k=kind
        ),
        evidence=[{"missing": m} for m in missing],
        fix=Text(
            "确认文件的来源和格式，不要删改表头。",
            "Check publisher and format of the file; leave its headers as they are.",
        ),
    )


def csv_rows(raw: bytes, name: str, *, delimiter: str = ",") -> list[list[str]]:
    """All rows of a CSV as stripped cells; empty rows are kept so that row numbers hold.

    A row number is that of the record, which is the line where no cell spans lines.
    """
    text = decode(raw, name)
    before = csv.field_size_limit(MOST_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise unreadable(name, "CSV", str(error)) from None
    finally:
        csv.field_size_limit(before)


def head(raw: bytes) -> str:
    """The beginning of a file as text, for recognition only; never fails."""
    return raw[:SNIFFED].decode("utf-8-sig", errors="replace")


def first_row(raw: bytes) -> list[str]:
    """The first row of what may be a CSV, in either encoding; empty when it is none."""
    line = raw[:SNIFFED].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    for encoding in ("utf-8", "gb18030"):
        try:
            return [c.strip() for c in next(csv.reader([line.decode(encoding)]), [])]
        except (UnicodeDecodeError, csv.Error):
            continue
    return []


def load_json(raw: bytes, name: str) -> Any:
    """A JSON document; NaN and Infinity, which JSON has not, are refused."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise unreadable(name, "JSON", str(error)) from None


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def load_xml(raw: bytes, name: str) -> ET.Element:
    """The root of an XML document without a document type: no entity can be declared in it."""
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw or b"\x00" in raw[:64]:
        raise unreadable(name, "XML", "document type declarations and UTF-16 are not accepted")
    try:
        return ET.fromstring(raw)  # noqa: S314  entities were refused above
    except (ET.ParseError, LookupError, ValueError) as error:
        raise unreadable(name, "XML", str(error)) from None


def is_zip(raw: bytes) -> bool:
    """Whether bytes begin as a zip archive does (an xlsx is one)."""
    return raw[:4] == b"PK\x03\x04"


def unzip(raw: bytes, name: str) -> dict[str, bytes]:
    """The files of an archive by name; refused when they would be larger than `MOST_BYTES`."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _bounded(archive, name)
            return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}
    except ZhihengError:
        raise
    except Exception as error:  # noqa: BLE001  zipfile raises nine kinds for damaged archives
        raise unreadable(name, "zip", repr(error)) from None


def _bounded(archive: zipfile.ZipFile, name: str) -> None:
    size = sum(i.file_size for i in archive.infolist())
    if size > MOST_BYTES or len(archive.infolist()) > 10_000:
        raise unreadable(name, "zip", f"{size} bytes unpacked, at most {MOST_BYTES} are read")


def load_workbook(
    raw: bytes, name: str, *, most: int | None = None
) -> dict[str, list[tuple[Any, ...]]]:
    """Every sheet of an xlsx as rows of cell values, formulas by their stored results.

    With `most` only that many rows of each sheet, to recognise it.

    Rows and columns begin at A1, so that row ``r`` and column ``c`` (from 0) is
    ``column_letters(c)`` and ``r + 1``.
    """
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _bounded(archive, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that hold no values
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            return {
                sheet.title: list(sheet.iter_rows(values_only=True, max_row=most))
                for sheet in book.worksheets
            }
    except ZhihengError:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl raises whatever its parser meets
        raise unreadable(name, "xlsx", repr(error)) from None


def cell_text(value: Any) -> str:
    """A cell of a sheet as stripped text; a whole number without its ``.0``."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def places(header: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The column of each role: the first accepted word that is a header, whatever its case."""
    lowered = [h.casefold() for h in header]
    found: dict[str, int] = {}
    for role, words in wanted.items():
        hits = [lowered.index(w.casefold()) for w in words if w.casefold() in lowered]
        if hits:
            found[role] = hits[0]
    return found

"""Exports: a version as files that others read, and that we read back without any loss.

The reader here knows our own exports only, by their columns; files of others are the parsers'
business.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.sources import sources as known_sources
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store import exports_binary as binary
from zhiheng.store import exports_text as text
from zhiheng.store import files
from zhiheng.store.customs import exists
from zhiheng.store.exports_rows import COLUMNS, About, columns_of, not_ours, observations_from
from zhiheng.store.reader import Reader

SUFFIXES = {
    "csv": ".csv",
    "xlsx": ".xlsx",
    "parquet": ".parquet",
    "dta": ".dta",
    "sdmx": ".sdmx.csv",
    "iamc": ".iamc.csv",
    "datapackage": ".zip",
}
"""The forms of an export and how their files end."""

_MADE = {"period": "integer", "value": "number"}


def form_for(target: Path, form: str = "") -> str:
    """The form asked for, or the one that the end of the file name says.

    Raises
    ------
    ZhihengError
        S597 neither names a form.
    """
    if not form:
        name = target.name.lower()
        ends = sorted(SUFFIXES.items(), key=lambda pair: -len(pair[1]))
        form = next((f for f, end in ends if name.endswith(end)), target.suffix or name)
    if form not in SUFFIXES:
        raise unknown_name("S597", form, SUFFIXES, kind=Text("导出格式", "form of export"))
    return form


def export(
    reader: Reader, target: Path, *, form: str = "", force: bool = False, **selection: Any
) -> int:
    """Write what a reader sees of a version to a file; returns the number of rows.

    Parameters
    ----------
    reader : Reader
    target : Path
        The file appears whole or not at all.
    form : str
        ``csv``, ``xlsx``, ``parquet``, ``dta``, ``sdmx``, ``iamc`` or ``datapackage`` (zip);
        by default what the file name ends in.
    force : bool
        Overwrite.
    selection
        As in `Reader.observations`; all vintages by default.

    Raises
    ------
    ZhihengError
        S597 unknown form, S598 the form cannot carry a value, S605 the target exists, and those of
        `Reader.panel`.
    """
    form = form_for(target, form)
    if target.exists() and not force:
        raise exists(target)
    version = reader.version(selection.get("version", ""))
    found = reader.observations(**selection)
    licences = sorted({f.licence for f in version.files if f.licence})
    named = sorted(set(found.source.tolist()))
    files.write_whole(target, encode(found, form, About(version.id, tuple(licences), tuple(named))))
    return len(found)


def encode(observations: Observations, form: str, about: About | None = None) -> bytes:
    """Observations as the bytes of an export."""
    if not len(observations):
        raise ZhihengError(
            "D106",
            Text("没有可用的观测。", "There are no observations."),
            fix=Text("检查文件和筛选条件。", "Check the file and the selection."),
        )
    said = about or About()
    if form == "parquet":
        return binary.write_parquet(observations, said)
    columns = columns_of(observations)
    writers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: text.write_csv(columns),
        "sdmx": lambda: text.write_sdmx(columns),
        "iamc": lambda: text.write_iamc(columns),
        "xlsx": lambda: binary.write_xlsx(columns, said),
        "dta": lambda: binary.write_dta(columns, said),
        "datapackage": lambda: _package(columns, said, observations),
    }
    return writers[form]()


def decode(raw: bytes, where: str) -> Observations | None:
    """Observations from one of our exports; None when the bytes are something else.

    Raises
    ------
    ZhihengError
        S599 it is one of ours, but not whole.
    """
    if raw[:4] == b"PAR1":
        return binary.read_parquet(raw, where)
    found: Mapping[str, list[Any]] | None
    if raw[:4] == b"PK\x03\x04":
        found = _from_package(raw, where) or binary.read_xlsx(raw, where)
    elif raw[:11] == b"<stata_dta>":
        found = binary.read_dta(raw)
    else:
        form = text.form_of(raw)
        readers = {"csv": text.read_csv, "sdmx": text.read_sdmx, "iamc": text.read_iamc}
        found = readers[form](raw, where) if form else None
    return None if found is None else observations_from(found, where)


def _package(columns: Mapping[str, list[Any]], about: About, observations: Observations) -> bytes:
    """A Frictionless data package: the table, its schema, units, licences, sources."""
    table = text.write_csv(columns).removeprefix(b"\xef\xbb\xbf")
    units = dict(zip(columns["series"], columns["unit"], strict=True))
    infos = {n: series_info(n, observations.level) for n in sorted(units)}
    catalogue = {s.id: s for s in known_sources()}
    document = {
        "profile": "tabular-data-package",
        "name": "zhiheng-observations",
        "title": "Zhiheng observations",
        "version": about.version,
        "licenses": [{"name": "other", "title": n} for n in about.licences],
        "sources": [
            {"title": n}
            if n not in catalogue
            else {"title": catalogue[n].title.en, "path": catalogue[n].url or n}
            for n in about.sources
        ],
        "series": [
            {
                "name": name,
                "unit": units[name],
                "title_zh": info.title.zh if info else "",
                "title_en": info.title.en if info else "",
            }
            for name, info in infos.items()
        ],
        "resources": [
            {
                "name": "observations",
                "path": "observations.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(table),
                "hash": f"sha256:{hashlib.sha256(table).hexdigest()}",
                "schema": {
                    "fields": [{"name": c, "type": _MADE.get(c, "string")} for c in COLUMNS],
                    "primaryKey": ["entity", "period", "series", "source", "vintage"],
                    "missingValues": [],
                },
            }
        ],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            ("datapackage.json", json.dumps(document, ensure_ascii=False, indent=1).encode()),
            ("observations.csv", table),
        ):
            # A fixed date: equal content, equal bytes.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def _from_package(raw: bytes, where: str) -> dict[str, list[str]] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if set(archive.namelist()) != {"datapackage.json", "observations.csv"}:
                return None
            document = json.loads(archive.read("datapackage.json"))
            stated = document["resources"][0]
            size = archive.getinfo("observations.csv").file_size
            if size != stated["bytes"]:  # before it is unpacked: a bomb states another size
                raise not_ours(where, "bytes")
            table = archive.read("observations.csv")
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError) as error:
        raise not_ours(where, repr(error)) from error
    if stated["hash"] != f"sha256:{hashlib.sha256(table).hexdigest()}":
        raise not_ours(where, "hash")
    return text.read_csv(table, where)


def same(one: Observations, other: Observations) -> bool:
    """Whether two sets of observations hold the same rows, in whatever order."""
    from zhiheng.store.schema import content_hash, table_of

    tables: list[pa.Table] = [table_of(one), table_of(other)]
    framed = (one.level, one.frequency) == (other.level, other.frequency)
    return framed and content_hash(tables[0]) == content_hash(tables[1])

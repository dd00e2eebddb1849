"""The data sets that come with the package."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from zhiheng.catalog.loading import Entry, Words, parse_toml, read_toml
from zhiheng.catalog.regions import labels_of
from zhiheng.catalog.sectors import row_labels, use_titles
from zhiheng.catalog.series import all_series
from zhiheng.catalog.sources import source
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Origin, Panel, Status, Step
from zhiheng.core.text import Text


class Built(Entry):
    """What the build wrote down about one data file."""

    id: str
    file: str
    sha256: str
    content: str
    rows: int
    series: int
    entities: int
    first: int
    last: int
    licences: tuple[str, ...]


class Manifest(Entry):
    """The generated file ``zhiheng/data/manifest.toml``."""

    writer: str
    dataset: tuple[Built, ...]


class _About(Entry):
    id: str
    level: str
    classification: str = ""
    title: Words
    description: Words
    licence: str


class _Abouts(Entry):
    dataset: tuple[_About, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """An embedded data set: what it is, how large, under what licence."""

    name: str
    title: Text
    description: Text
    level: str
    first: int
    last: int
    entities: int
    series: int
    rows: int
    licence: str
    file: str
    sha256: str
    classification: str = ""


@cache
def manifest() -> Manifest:
    """Sizes and hashes of the data files."""
    text = resources.files("zhiheng").joinpath("data", "manifest.toml").read_text("utf-8")
    return parse_toml(text, Manifest, where="data/manifest.toml")


@cache
def datasets() -> tuple[Dataset, ...]:
    """Every embedded data set; reads no figures."""
    built = {b.id: b for b in manifest().dataset}
    return tuple(
        Dataset(
            name=about.id,
            title=about.title,
            description=about.description,
            level=about.level,
            first=built[about.id].first,
            last=built[about.id].last,
            entities=built[about.id].entities,
            series=built[about.id].series,
            rows=built[about.id].rows,
            licence=about.licence,
            file=built[about.id].file,
            sha256=built[about.id].sha256,
            classification=about.classification,
        )
        for about in read_toml("datasets.toml", _Abouts).dataset
    )


@cache
def dataset(name: str) -> Panel:
    """An embedded data set as a panel.

    Every value carries its status and an origin that names the data file with its
    hash, the series, the publisher and the day on which it was read. Periods are
    contiguous, so indices can be chained; a gap is NaN. An input–output table has
    the years for which there is one.

    Parameters
    ----------
    name : str
        ``provinces``, ``world``, ``gdi2016`` or ``io-china``; see `datasets`.

    Raises
    ------
    ZhihengError
        C421 there is no such data set, C422 the file is not the one that was built.

    Examples
    --------
    >>> dataset("gdi2016").periods
    (2016,)
    """
    known = {d.name: d for d in datasets()}
    if name not in known:
        raise unknown_name("C421", name, known, kind=Text("内置数据", "data set"))
    found = known[name]
    return (_uses if found.classification else _panel)(_read(found), found)


def _read(found: Dataset) -> Any:
    """The pyarrow table of a data file whose hash is right."""
    import pyarrow.parquet as pq

    held = resources.files("zhiheng").joinpath("data", found.file).read_bytes()
    if hashlib.sha256(held).hexdigest() != found.sha256:
        raise ZhihengError(
            "C422",
            Text(
                "数据文件 {f} 与清单不符。", "The data file {f} is not the one that was built."
            ).format(f=found.file),
            evidence=[{"file": found.file, "expected": found.sha256}],
            fix=Text("重新安装本软件包。", "Reinstall the package."),
            exit_code=3,
        )
    return pq.read_table(io.BytesIO(held))


def _panel(table: Any, found: Dataset) -> Panel:
    e, entities = _coded(table, "entity")
    s, present = _coded(table, "series")
    catalogued = {x.name: x for x in all_series(found.level)}
    names = [n for n in catalogued if n in set(present)]
    s = np.array([names.index(n) for n in present])[s]
    t = table["period"].to_numpy() - found.first
    shape = (len(entities), found.last - found.first + 1, len(names))
    values = np.full(shape, np.nan)
    status = np.full(shape, Status.ABSENT, dtype=np.int8)
    origin = np.full(shape, -1, dtype=np.int32)
    words, kinds = _coded(table, "status")
    values[e, t, s] = table["value"].to_numpy()
    status[e, t, s] = np.array([Status[k.upper()] for k in kinds], dtype=np.int8)[words]
    origin[e, t, s] = s
    return Panel(
        values=values,
        entities=tuple(entities),
        periods=tuple(range(found.first, found.last + 1)),
        series=tuple(names),
        units={n: catalogued[n].unit for n in names},
        status=status,
        origin=origin,
        labels=labels_of(entities)[1],
        titles={n: catalogued[n].title for n in names},
        origins=tuple(_origin(found, n, catalogued[n].source) for n in names),
        level=found.level,
        steps=(Step("embedded", f"{found.name} {found.sha256[:12]}"),),
    )


def _uses(table: Any, found: Dataset) -> Panel:
    """An input–output table: rows are entities, columns are series, in the order of the file."""
    e, rows = _coded(table, "entity")
    s, columns = _coded(table, "series")
    periods, t = np.unique(table["period"].to_numpy(), return_inverse=True)
    shape = (len(rows), len(periods), len(columns))
    values = np.full(shape, np.nan)
    values[e, t, s] = table["value"].to_numpy()
    held = ~np.isnan(values)
    labels, titles = row_labels(found.classification), use_titles(found.classification)
    return Panel(
        values=values,
        entities=tuple(rows),
        periods=tuple(int(p) for p in periods),
        series=tuple(columns),
        units=dict.fromkeys(columns, "CNY"),
        status=np.where(held, Status.OBSERVED, Status.ABSENT).astype(np.int8),
        origin=np.where(held, np.arange(len(columns)), -1).astype(np.int32),
        labels={r: labels[r] for r in rows},
        titles={c: titles[c] for c in columns},
        origins=tuple(_origin(found, c, "nbs_io") for c in columns),
        level=found.level,
        steps=(Step("embedded", f"{found.name} {found.sha256[:12]}"),),
    )


def _coded(table: Any, column: str) -> tuple[Any, list[str]]:
    """Codes and words of a text column."""
    held: Any = table[column].combine_chunks().dictionary_encode()
    return held.indices.to_numpy(), held.dictionary.to_pylist()


def _origin(found: Dataset, name: str, publisher: str) -> Origin:
    return Origin(
        file=f"{found.file} sha256:{found.sha256}",
        cell=f"{found.file} · {name}",
        source=publisher,
        vintage=source(publisher).read,
    )

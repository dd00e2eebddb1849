"""Build the embedded data files from the compiled source files.

Usage: ``python scripts/build_data.py FOLDER [OUT]`` where FOLDER holds
``provinces.csv.gz``, ``world.csv.gz``, ``gdi2016.csv``, the lists of series and
``io/china_*.csv``, the national input-output tables.
Units are converted in decimal arithmetic, the recorded corrections are applied
and counted, and nothing else is done. The output is the same byte for byte with
the same version of pyarrow, and the same in content with any.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from zhiheng.catalog.corrections import Compiled, Correction, compiled, corrections
from zhiheng.catalog.regions import region
from zhiheng.catalog.sectors import sectors
from zhiheng.catalog.series import all_series
from zhiheng.catalog.sources import source
from zhiheng.catalog.units import unit_of
from zhiheng.sources import input_output

KEYS = ["series", "entity", "period"]
LEVELS = {"provinces": "province", "world": "economy", "gdi2016": "province"}
TABLES = {
    "io-china": (
        "china_2012_139.csv",
        "china_2017_42.csv",
        "china_2018_42.csv",
        "china_2020_42.csv",
    ),
    "io-china-139": ("china_2012_139.csv",),
}
STRAIGHT = 1e-6
"""Relative distance from the line between both neighbours that still counts as on it."""
GEOMETRIC = 1e-5
"""The same for growth rates; the fills were rounded by the compiler."""


class BuildError(Exception):
    """The compiled files are not those that the catalog describes."""


def main(arguments: list[str] | None = None) -> int:
    """Build all data files and their manifest."""
    parser = argparse.ArgumentParser(description="Build the embedded data files.")
    parser.add_argument("folder", type=Path, help="folder of the compiled source files")
    package = Path(__file__).parents[1] / "src" / "zhiheng" / "data"
    parser.add_argument("out", type=Path, nargs="?", default=package)
    given = parser.parse_args(arguments)
    lines = build(given.folder, given.out)
    print("\n".join(lines))
    return 0


def build(folder: Path, out: Path) -> list[str]:
    """Write the parquet files and the manifest to `out`; return a line on each file."""
    entries: list[str] = []
    lines: list[str] = []
    for name in (*LEVELS, *TABLES):
        frame = prepare(name, folder)
        held = parquet(frame)
        (out / f"{name}.parquet").write_bytes(held)
        entries.append(_entry(name, frame, held))
        lines.append(
            f"{name}: {len(frame)} rows, {frame.series.nunique()} series, {len(held)} bytes"
        )
    (out / "manifest.toml").write_text(_manifest(entries), encoding="utf-8")
    return lines


def prepare(name: str, folder: Path) -> pd.DataFrame:
    """The corrected observations of one data set, sorted, with status and source."""
    if name in TABLES:
        return _tables(name, folder)
    raw = _READERS[name](folder)
    recorded = corrections(name)
    columns = compiled(name)
    _refuse_unaccounted(name, raw, columns, recorded)
    frame = _rename(raw, columns)
    frame["value"] = _converted(frame, columns)
    catalogued = {s.name: s for s in all_series(LEVELS[name])}
    frame["status"] = frame.series.map({n: s.status for n, s in catalogued.items()})
    frame["source"] = frame.series.map({n: s.source for n, s in catalogued.items()})
    frame = _corrected(frame, recorded)
    _refuse_unshippable(frame)
    return frame[[*KEYS, "value", "status", "source"]].sort_values(KEYS, ignore_index=True)


def _tables(name: str, folder: Path) -> pd.DataFrame:
    """Input-output tables in the order of their rows; 139 sectors are summed to 42 where asked."""
    frames: list[pd.DataFrame] = []
    for file in TABLES[name]:
        read = input_output.parse((folder / "io" / file).read_bytes(), file, unit="万元")
        frame = pd.DataFrame(
            {
                "series": read.series,
                "entity": read.entity,
                "period": read.period,
                "value": read.value,
                "unit": read.unit,
            }
        )
        if set(frame.unit) != {"CNY"}:
            raise BuildError(f"{file}: units {set(frame.unit)}")
        frame = frame.drop(columns="unit")
        frames.append(_summed(frame) if name == "io-china" and "_139" in file else frame)
    found = pd.concat(frames[::-1], ignore_index=True)  # the newest table gives the order
    found = found.assign(status="observed", source="nbs_io")
    _refuse_unshippable(found)
    return found[[*KEYS, "value", "status", "source"]]


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    target = {s.code: s.target for s in sectors("io139")}
    use = {f"use.{code}": f"use.{to}" for code, to in target.items()}
    moved = frame.assign(entity=frame.entity.replace(target), series=frame.series.replace(use))
    return moved.groupby(KEYS, sort=False, as_index=False).value.sum()


# ------------------------------------------------------------------------------ reading


def _read_provinces(folder: Path) -> pd.DataFrame:
    raw = _long(folder / "provinces.csv.gz", entity="region_code")
    raw["entity"] = raw.entity.str.zfill(2) + "0000"
    _refuse_changed_units("provinces", folder / "provinces_series.csv")
    return raw


def _read_world(folder: Path) -> pd.DataFrame:
    _refuse_changed_units("world", folder / "world_series.csv")
    return _long(folder / "world.csv.gz", entity="iso3")


def _read_gdi(folder: Path) -> pd.DataFrame:
    wide = pd.read_csv(folder / "gdi2016.csv", dtype=str)
    raw = wide.melt("province", var_name="original", value_name="text")
    raw["entity"] = raw.province.map({n: region(n).code for n in wide.province})
    return raw.drop(columns="province").assign(period=2016)


_READERS = {"provinces": _read_provinces, "world": _read_world, "gdi2016": _read_gdi}


def _long(path: Path, *, entity: str) -> pd.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        raw = pd.read_csv(file, dtype=str)
    raw = raw.rename(
        columns={entity: "entity", "year": "period", "series": "original", "value": "text"}
    )
    raw["period"] = raw.period.astype(int)
    return raw


def _refuse_changed_units(name: str, path: Path) -> None:
    """Stop when the list of series states another unit than was read, or forbids shipping."""
    stated = pd.read_csv(path, dtype=str).set_index("series")
    for column in compiled(name):
        if stated.unit[column.original] != column.unit_stated:
            raise BuildError(
                f"{column.original}: unit {stated.unit[column.original]!r} in the list"
            )
        if "may_ship" in stated and stated.may_ship[column.original] != "yes":
            raise BuildError(f"{column.original} may not be shipped")


def _refuse_unaccounted(
    name: str, raw: pd.DataFrame, columns: Iterable[Compiled], recorded: Iterable[Correction]
) -> None:
    """Stop when a series is neither shipped nor excluded with a reason, or an exclusion is off."""
    counts = raw.original.value_counts()
    shipped = {c.original for c in columns}
    excluded: set[str] = set()
    for c in recorded:
        if c.action != "exclude":
            continue
        excluded |= set(c.series)
        _refuse_count(c, int(counts.reindex(list(c.series), fill_value=0).sum()))
    lost = set(counts.index) ^ (shipped | excluded)
    if lost or shipped & excluded:
        raise BuildError(f"{name}: not accounted for: {sorted(lost | shipped & excluded)}")


# --------------------------------------------------------------------------- converting


def _rename(raw: pd.DataFrame, columns: Iterable[Compiled]) -> pd.DataFrame:
    names = {c.original: c.name for c in columns}
    frame = raw[raw.original.isin(names)].copy()
    frame["series"] = frame.original.map(names)
    return frame.reset_index(drop=True)


def _converted(frame: pd.DataFrame, columns: Iterable[Compiled]) -> list[float]:
    """Values in canonical units: one rounding, that of the decimal product to a float."""
    level = {s.name: s.unit for s in all_series()}
    factors: dict[str, Decimal] = {}
    for column in columns:
        unit, factor = unit_of(column.unit_read)
        known = {s.unit for s in all_series() if s.name == column.name} or {level[column.name]}
        if unit not in known:
            raise BuildError(f"{column.name}: catalogued in {known}, read in {unit}")
        factors[column.name] = Decimal(repr(factor))
    return [
        float(Decimal(text) * factors[name])
        for text, name in zip(frame.text, frame.series, strict=True)
    ]


# --------------------------------------------------------------------------- correcting


def _corrected(frame: pd.DataFrame, recorded: tuple[Correction, ...]) -> pd.DataFrame:
    """Apply masks, repairs and statuses in this order; conditions look at the compiled values."""
    before = frame.set_index(KEYS).value
    dropped = pd.Series(data=False, index=frame.index)
    for action in ("absent", "mask", "repair", "status", "flag"):
        for c in recorded:
            if c.action != action:
                continue
            chosen = selected(frame, before, c) & ~dropped
            _refuse_count(c, int(chosen.sum()))
            if action == "mask":
                dropped |= chosen
            if action == "repair" and c.value is not None:
                frame.loc[chosen, "value"] = c.value
            if c.status:
                frame.loc[chosen, "status"] = c.status
    return frame[~dropped].reset_index(drop=True)


def selected(frame: pd.DataFrame, before: pd.Series, c: Correction) -> pd.Series:
    """The rows that a correction is about."""
    chosen = pd.Series(data=True, index=frame.index)
    if c.series != ("*",):
        chosen &= frame.series.isin(c.series)
    if c.entities:
        chosen &= frame.entity.isin(c.entities)
    if c.periods:
        spans = [frame.period.between(first, last) for first, last in c.periods]
        chosen &= np.logical_or.reduce(spans)
    if c.where == "any" or not chosen.any():
        return chosen
    part = frame[chosen]
    now = part.value.to_numpy()
    earlier, later = (_shifted(part, before, k) for k in (-1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        met = {
            "zero": now == 0,
            "repeat": (now == earlier) & (now != 0),
            "equal": now == (np.nan if c.value is None else c.value),
            "linear": np.abs(now - (earlier + later) / 2) <= STRAIGHT * np.abs(now),
            "geometric": np.abs(np.log(later / now) - np.log(now / earlier)) <= GEOMETRIC,
        }[c.where]
    chosen[part.index] = met
    return chosen


def _shifted(part: pd.DataFrame, before: pd.Series, k: int) -> np.ndarray:
    keys = pd.MultiIndex.from_arrays([part.series, part.entity, part.period + k])
    return before.reindex(keys).to_numpy()


def _refuse_count(c: Correction, found: int) -> None:
    if found != c.cells:
        raise BuildError(f"correction {c.id}: {found} cells, {c.cells} recorded")


def _refuse_unshippable(frame: pd.DataFrame) -> None:
    if not np.isfinite(frame.value).all():
        raise BuildError("a value is not finite")
    if frame.duplicated(KEYS).any():
        raise BuildError("two values for one cell")
    refused = [name for name in frame.source.unique() if not source(name).may_ship]
    if refused:
        raise BuildError(f"sources that may not be shipped: {refused}")


# ------------------------------------------------------------------------------ writing


def parquet(frame: pd.DataFrame) -> bytes:
    """The bytes of a data file: no timestamps, no pandas metadata."""
    table = pa.table(
        {
            "entity": pa.array(frame.entity, pa.string()).dictionary_encode(),
            "period": pa.array(frame.period, pa.int32()),
            "series": pa.array(frame.series, pa.string()).dictionary_encode(),
            "value": pa.array(frame.value, pa.float64()),
            "status": pa.array(frame.status, pa.string()).dictionary_encode(),
            "source": pa.array(frame.source, pa.string()).dictionary_encode(),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", compression_level=19, version="2.6",
        data_page_version="1.0", write_statistics=False,
    )  # fmt: skip
    return sink.getvalue().to_pybytes()


def content(frame: pd.DataFrame) -> str:
    """A hash of the figures that does not depend on the file format."""
    text = frame.to_csv(index=False, float_format="%.17g", lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(name: str, frame: pd.DataFrame, held: bytes) -> str:
    licences = sorted({source(s).licence for s in frame.source.unique()})
    quoted = ", ".join(f'"{x}"' for x in licences)
    return "\n".join(
        [
            "[[dataset]]",
            f'id = "{name}"',
            f'file = "{name}.parquet"',
            f'sha256 = "{hashlib.sha256(held).hexdigest()}"',
            f'content = "{content(frame)}"',
            f"rows = {len(frame)}",
            f"series = {frame.series.nunique()}",
            f"entities = {frame.entity.nunique()}",
            f"first = {frame.period.min()}",
            f"last = {frame.period.max()}",
            f"licences = [{quoted}]",
        ]
    )


def _manifest(entries: list[str]) -> str:
    head = "# Written by scripts/build_data.py; do not edit.\n"
    return head + f'writer = "pyarrow {pa.__version__}"\n\n' + "\n\n".join(entries) + "\n"


if __name__ == "__main__":
    sys.exit(main())

"""The store: observations in immutable Parquet files, read through Ibis."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhiheng.catalog.regions import labels_of
from zhiheng.core.errors import unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.sources.observations import FIELDS, Observations
from zhiheng.store import manifest, queries
from zhiheng.store.manifest import StoredFile, Version

SCHEMA = pa.schema(
    [
        ("entity", pa.string()),
        ("period", pa.int64()),
        ("series", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("status", pa.int8()),
        ("source", pa.string()),
        ("vintage", pa.string()),
        ("file", pa.string()),
        ("cell", pa.string()),
    ]
)


class Store:
    """Observations on disk, versioned.

    Use it when data come from files and must stay traceable; a panel made from a
    frame needs no store. One process writes at a time.

    Parameters
    ----------
    folder : Path or str
        ``objects/`` holds the data files, ``versions/`` the manifests.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    # ------------------------------------------------------------------ writing

    def add(self, observations: Observations, *, note: str = "") -> Version:
        """Import observations as a new version; all of them or, on any failure, none.

        The pivot is tried first, so that two values for one cell or two units in
        one series are refused before a byte is written.
        """
        observations.panel()
        sha = manifest.write_object(self.folder / "objects", _parquet(observations))
        known = self.versions()
        files = (known[-1].files if known else ()) + (
            StoredFile(sha, len(observations), str(observations.file[0])),
        )
        version = Version(
            number=len(known) + 1,
            files=tuple(dict.fromkeys(files)),
            parent=known[-1].id if known else "",
            note=note,
        )
        manifest.write_manifest(self.folder / "versions", version)
        return version

    # ------------------------------------------------------------------ reading

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        return manifest.versions(self.folder / "versions")

    def panel(
        self,
        series: Sequence[str],
        *,
        entities: Sequence[str] = (),
        first: int | None = None,
        last: int | None = None,
        version: str = "",
        prefer: Sequence[str] = (),
    ) -> Panel:
        """Read a panel: the one place where a query is executed.

        Parameters
        ----------
        series : sequence of str
        entities : sequence of str, optional
            Canonical codes; all by default.
        first, last : int, optional
            Periods, both included.
        version : str, optional
            Id or number of a version; the newest by default.
        prefer : sequence of str, optional
            Sources in order of priority, for cells with two values.

        Raises
        ------
        ZhihengError
            S510/S511 no such version, S512 a series is not in the store, D102 two
            values for one cell and no priority.
        """
        chosen = manifest.pick(self.versions(), version)
        known = self._read(queries.inventory(self._table(chosen)))["series"].to_pylist()
        for name in series:
            if name not in known:
                raise unknown_name("S512", name, known, kind=Text("库中序列", "stored series"))
        wanted = queries.pick(
            self._table(chosen), series=series, entities=entities, first=first, last=last
        )
        return _observations(self._read(wanted)).panel(prefer=prefer, order=series)

    def inventory(self, version: str = "") -> Any:
        """Series, units, spans and counts of a version."""
        chosen = manifest.pick(self.versions(), version)
        return self._read(queries.inventory(self._table(chosen)))

    def _table(self, version: Version) -> ir.Table:
        paths = [str(self.folder / "objects" / f"{f.sha256}.parquet") for f in version.files]
        return ibis.duckdb.connect().read_parquet(paths)

    def _read(self, query: ir.Table) -> Any:
        """Run a query; the Arrow table that comes back has no published types."""
        return query.to_pyarrow()


def _parquet(observations: Observations) -> bytes:
    columns = {
        name: pa.array(getattr(observations, name), SCHEMA.field(name).type) for name in FIELDS
    }
    table = pa.table(columns, schema=SCHEMA).sort_by(
        [("series", "ascending"), ("entity", "ascending"), ("period", "ascending")]
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _observations(table: Any) -> Observations:
    ordered = table.sort_by(
        [(n, "ascending") for n in ("entity", "period", "series", "source", "cell")]
    )
    columns: dict[str, Any] = {}
    for name in FIELDS:
        values = ordered[name]
        text = pa.types.is_string(values.type)
        columns[name] = np.array(values.to_pylist(), dtype=object) if text else values.to_numpy()
    entities = list(dict.fromkeys(columns["entity"].tolist()))
    level, labels = labels_of(entities)
    return Observations(**columns, level=level, labels=labels)

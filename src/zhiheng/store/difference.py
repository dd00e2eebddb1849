"""What changed between two versions: cells added, removed or changed, with both values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import pyarrow as pa

from zhiheng.store import queries, vintages

if TYPE_CHECKING:
    from zhiheng.store.manifest import StoredFile
    from zhiheng.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions compared cell by cell.

    Attributes
    ----------
    before, after : str
        Ids.
    cells : pyarrow.Table
        One row for each cell that differs: entity, period, series, source, level, frequency,
        ``change`` (added, removed, changed), and value, unit, status and vintage of both sides.
    series : mapping of series to {"added", "removed", "changed"} counts
    """

    before: str
    after: str
    cells: Any
    series: Mapping[str, Mapping[str, int]]

    def __len__(self) -> int:
        return len(self.cells)


def difference(reader: Reader, before: str, after: str = "") -> Difference:
    """Compare two versions as a reader of the newest vintages sees them.

    Use it before building on a new import. It compares cells (entity, period, series,
    source): a later vintage with another value is a change, and both vintages are shown.
    Not for first against last release in one version; that is `Reader.revisions`.

    Parameters
    ----------
    before, after : str
        Id, number or date; `after` is the newest by default.
    """
    old, new = reader.version(before), reader.version(after)
    one, two = reader.groups(old), reader.groups(new)
    parts: list[Any] = []
    for key in dict.fromkeys((*one, *two)):
        left, right = one.get(key, ()), two.get(key, ())
        if left == right:
            continue
        table = reader.run(_compared(reader, left, right))
        for name, word in (("level", key[0] or ""), ("frequency", key[1])):
            table = table.append_column(name, pa.array([word] * len(table), pa.string()))
        parts.append(table)
    cells = pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({})
    return Difference(old.id, new.id, cells, _counts(cells))


def _compared(
    reader: Reader, left: tuple[StoredFile, ...], right: tuple[StoredFile, ...]
) -> ir.Table:
    tables = [_newest(reader, items) if items else None for items in (left, right)]
    known = next(t for t in tables if t is not None)
    nothing = known.filter(False)  # noqa: FBT003
    before, after = (nothing if t is None else t for t in tables)
    return queries.differences(before, after)


def _newest(reader: Reader, items: tuple[StoredFile, ...]) -> ir.Table:
    rows = reader.visible(items)
    names = sorted({n for f in items for n in f.vintages})
    if len(names) < 2 and all(f.vintages for f in items):
        return rows
    if not all(f.vintages for f in items):
        names = reader.run(queries.names(rows, "vintage"))["vintage"].to_pylist()
    return queries.released(rows, vintages.order_of(names).names)


def _counts(cells: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    if not len(cells):
        return found
    for row in cells.group_by(["series", "change"]).aggregate([([], "count_all")]).to_pylist():
        counts = found.setdefault(row["series"], {"added": 0, "removed": 0, "changed": 0})
        counts[row["change"]] = row["count_all"]
    return dict(sorted(found.items()))

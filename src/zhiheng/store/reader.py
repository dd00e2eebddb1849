"""Reading a store: every question goes through one door, where a row filter may stand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.panel import Frequency, Panel, Status, Step
from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store import findings as layer
from zhiheng.store import manifest, queries, schema, vintages
from zhiheng.store.archive import Archive
from zhiheng.store.difference import Difference, difference
from zhiheng.store.lineage import Lineage, lineage
from zhiheng.store.manifest import StoredFile, Version

RowFilter = Callable[[ir.Table], ir.BooleanValue]
"""Which rows a reader may see. It may use the columns of `schema.KEY` only, since it is
applied to observations and to findings alike."""

Statuses = Literal["ignore", "apply"]
MOST_PANELS = 32
"""Panels that a reader keeps; a version never changes, so neither does a panel of it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What part of a version is read.

    Parameters
    ----------
    series, entities : tuple of str
        All when empty.
    first, last : int, optional
        Periods, both included.
    version : str
        Id, number or date; the newest when empty.
    level, frequency : str
        Needed where the series exist in more than one.
    vintage : str
        ``latest``, ``first``, ``all``, or a vintage or date: the last one not after it.
    order : tuple of str
        Vintages from the oldest to the newest, where their names do not tell.
    """

    series: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None
    version: str = ""
    level: str | None = None
    frequency: str = ""
    vintage: str = "latest"
    order: tuple[str, ...] = ()


class Reader:
    """Reads versions; `rows` is applied in `visible`, through which every row passes."""

    def __init__(self, archive: Archive, rows: RowFilter | None = None) -> None:
        self.archive = archive
        self._rows = rows
        self._panels: dict[object, Panel] = {}
        self._open: dict[str, bool] = {}
        self._lock = threading.Lock()

    def seen_by(self, rows: RowFilter) -> Reader:
        """The same store as somebody sees it who may read some rows only; it cannot write."""
        mine = self._rows

        def both(table: ir.Table) -> ir.BooleanValue:
            return rows(table) if mine is None else mine(table) & rows(table)

        return Reader(self.archive, both)

    def close(self) -> None:
        """Close all connections; a folder has none."""
        self.archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ versions

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        return self.archive.versions()

    def version(self, wanted: str = "") -> Version:
        """The version of an id, a number or a date; the newest when empty (S510, S511, S602)."""
        return manifest.pick(self.versions(), wanted)

    # ------------------------------------------------------------------- reading

    def panel(
        self,
        series: Sequence[str],
        *,
        prefer: Sequence[str] = (),
        statuses: Statuses = "ignore",
        **selection: Any,
    ) -> Panel:
        """Read a panel.

        Parameters
        ----------
        series : sequence of str
        prefer : sequence of str, optional
            Sources in order of priority, for cells with two values; the losers stay in the
            store and are listed by `set_aside`.
        statuses : {"ignore", "apply"}
            ``apply`` shows the statuses that findings suggest. A value that a finding says
            is no observation becomes a gap, and a step of the panel says how many.
        selection
            `entities`, `first`, `last`, `version`, `level`, `frequency`, `vintage`, `order`:
            see `Selection`.

        Raises
        ------
        ZhihengError
            S510/S511/S602 no such version, S512 a series is not in the store, S592 two levels or
            frequencies, S593/S594 vintages, D102 two values for one cell and no priority.
        """
        wanted = Selection(series=tuple(series), **_tupled(selection))
        wanted = replace(wanted, version=self.version(wanted.version).id)
        key = (wanted, tuple(prefer), statuses)
        known = self._panels.get(key)
        if known is None:
            known = self._panel(wanted, prefer, statuses)
            with self._lock:  # many threads of a server read through one reader
                while len(self._panels) >= MOST_PANELS:
                    self._panels.pop(next(iter(self._panels)))
                self._panels[key] = known
        return known

    def observations(self, *, statuses: Statuses = "ignore", **selection: Any) -> Observations:
        """The rows themselves, all vintages unless `vintage` says otherwise.

        Use it to export or to look at what a panel sets aside. Parameters and errors as in
        `panel`; `series` may be left out.
        """
        wanted = Selection(**_tupled({"vintage": "all", **selection}))
        return self._observations(wanted, statuses)[0]

    def selected(self, **selection: Any) -> ir.Table:
        """The rows of a selection as an expression, all vintages; `run` executes it."""
        return self._rows_of(Selection(**_tupled({"vintage": "all", **selection})))[0]

    def rows(self, **selection: Any) -> Any:
        """The rows of a selection as an Arrow table, newest vintages unless `vintage` says so."""
        chosen = self._rows_of(Selection(**_tupled(selection)))[0]
        return schema.ordered(schema.conform(self.run(chosen)))

    def series(self, version: str = "") -> list[str]:
        """The series that this reader may see in a version."""
        found = self.version(version)
        if self._rows is None and all(f.series for f in found.files):
            return sorted({s for f in found.files for s in f.series})
        return self._distinct(self.visible(found.files), "series")

    def lineage(self, expression: str, **selection: Any) -> Lineage:
        """Follow a series or an expression down to cells; see `zhiheng.store.lineage`."""
        return lineage(self, expression, **selection)

    def inventory(self, version: str = "") -> Any:
        """Series, units, spans and counts of a version, by level and frequency."""
        parts: list[Any] = []
        for (level, frequency), items in self.groups(self.version(version)).items():
            found = self.run(queries.inventory(self.visible(items)))
            for name, word in (("level", level or ""), ("frequency", frequency)):
                found = found.append_column(name, pa.array([word] * len(found), pa.string()))
            parts.append(found)
        return pa.concat_tables(parts, promote_options="permissive")

    def diff(self, before: str, after: str = "") -> Difference:
        """What changed between two versions; see `zhiheng.store.difference`."""
        return difference(self, before, after)

    # ------------------------------------------------------------------ vintages

    def vintages(self, version: str = "") -> Any:
        """Each vintage of each series and source, with span and number of values."""
        found = self.version(version)
        return self.run(queries.vintage_inventory(self.visible(found.files)))

    def revisions(self, series: Sequence[str] = (), **selection: Any) -> Any:
        """First release against last for every cell that was revised, as an Arrow table.

        Columns: entity, period, series, source, unit, releases, vintage and value of both
        ends, revision, relative.
        """
        wanted = Selection(series=tuple(series), **_tupled({**selection, "vintage": "all"}))
        rows, order = self._ordered(wanted)
        return self.run(queries.revisions(rows, order.names))

    def set_aside(self, series: Sequence[str], prefer: Sequence[str], **selection: Any) -> Any:
        """Every value that loses to a source of higher priority, beside the winner."""
        wanted = Selection(series=tuple(series), **_tupled(selection))
        return self.run(queries.set_aside(self._rows_of(wanted)[0], prefer))

    # ------------------------------------------------------------------ findings

    def findings(self, version: str = "") -> tuple[layer.Finding, ...]:
        """All findings on a version, in the order of their cells."""
        items = self.version(version).findings
        if not items:
            return ()
        found = schema.conform(self.run(self.visible(items, findings=True)), schema.FINDING_SCHEMA)
        return layer.of_table(schema.ordered(found))

    # -------------------------------------------------------------------- inside

    def run(self, query: ir.Table) -> Any:
        """Run a query; the Arrow table that comes back has no published types."""
        return self.archive.run(query)

    def visible(self, items: Sequence[StoredFile], *, findings: bool = False) -> ir.Table:
        """The rows of some files that this reader may see: the one door to all of them."""
        table = (self.archive.findings if findings else self.archive.observations)(items)
        return table if self._rows is None else table.filter(self._rows(table))

    def _panel(self, wanted: Selection, prefer: Sequence[str], statuses: Statuses) -> Panel:
        found, steps = self._observations(wanted, statuses)
        made = found.panel(prefer=prefer, order=wanted.series)
        return replace(made, steps=(*steps, *made.steps))

    def _observations(
        self, wanted: Selection, statuses: Statuses
    ) -> tuple[Observations, tuple[Step, ...]]:
        rows, items, steps = self._rows_of(wanted)
        judged = self.version(wanted.version).findings
        if statuses == "apply" and judged:
            rows = queries.judged(rows, self.visible(judged, findings=True))
        table = schema.conform(self.run(rows))
        held = np.asarray(table["status"].to_numpy()) != Status.ABSENT
        if not held.all():
            table = table.filter(pa.array(held))
            steps = (*steps, Step("findings", f"{int((~held).sum())} values count as gaps"))
        names = ("entity", "period", "series", "source", "vintage", "file", "cell")
        return self._described(table.sort_by([(n, "ascending") for n in names]), items), steps

    def _described(self, table: Any, items: Sequence[StoredFile]) -> Observations:
        levels = {f.level for f in items} - {None}
        abouts = [self.archive.about(f) for f in items if f.labels]
        labels = {
            code: Text(name["zh"], name["en"])
            for about in abouts
            for code, name in about.get("labels", {}).items()
        }
        notes = dict.fromkeys(Text(n["zh"], n["en"]) for f in items for n in f.notes)
        return schema.observations_of(
            table,
            frequency=items[0].frequency,
            level=next(iter(levels)) if len(levels) == 1 else None,
            labels=labels,
            notes=tuple(notes),
        )

    def _rows_of(self, wanted: Selection) -> tuple[ir.Table, list[StoredFile], tuple[Step, ...]]:
        """The rows of a selection with one vintage a cell, the files, and what was done."""
        items = self._files(wanted)
        rows = self._picked(wanted, items)
        if wanted.vintage == "all":
            return rows, items, ()
        names = self._names(items, "vintages", rows)
        if len(names) == 1:
            return rows, items, ()
        order = vintages.order_of(names, wanted.order)
        self._refuse_undecided(rows, order)
        until = "" if wanted.vintage in ("latest", "first") else wanted.vintage
        until = vintages.until(order, until) if until else ""
        chosen = queries.released(rows, order.names, first=wanted.vintage == "first", until=until)
        return chosen, items, (Step("vintage", f"{wanted.vintage}: {', '.join(order.names)}"),)

    def _ordered(self, wanted: Selection) -> tuple[ir.Table, vintages.VintageOrder]:
        rows, items, _ = self._rows_of(wanted)
        order = vintages.order_of(self._names(items, "vintages", rows), wanted.order)
        self._refuse_undecided(rows, order)
        return rows, order

    def _refuse_undecided(self, rows: ir.Table, order: vintages.VintageOrder) -> None:
        if order.doubtful:
            open_ = self.run(queries.undecided(rows, order.doubtful)).to_pylist()
            if open_:
                raise vintages.undecided(open_)

    def _picked(self, wanted: Selection, items: Sequence[StoredFile]) -> ir.Table:
        return queries.pick(
            self.visible(items),
            series=wanted.series,
            entities=wanted.entities,
            first=wanted.first,
            last=wanted.last,
        )

    def _files(self, wanted: Selection) -> list[StoredFile]:
        """The files that a selection needs, all of one level and frequency."""
        version = self.version(wanted.version)
        self._refuse_unknown(wanted.series, version)
        asked = set(wanted.series)
        named = [f for f in version.files if not asked or not f.series or asked & set(f.series)]
        items = seen = self._seen(named)
        if named and not seen:
            return named[:1]  # any one: there is no row to see, and nothing to tell of which
        if wanted.frequency:
            items = [f for f in items if f.frequency == wanted.frequency]
        if wanted.level is not None:
            items = [f for f in items if f.level in (wanted.level, None)]
        kinds = {(f.level, f.frequency) for f in items if f.level is not None}
        if not items or len(kinds) > 1:
            raise _mixed(seen)
        return items

    def _seen(self, items: Sequence[StoredFile]) -> list[StoredFile]:
        """The files of which this reader sees a row; the others are as if they were not there."""
        if self._rows is None:
            return list(items)
        for item in items:
            if item.sha256 not in self._open:
                self._open[item.sha256] = len(self.run(self.visible([item]).limit(1))) > 0
        return [f for f in items if self._open[f.sha256]]

    def _refuse_unknown(self, series: Sequence[str], version: Version) -> None:
        known = self.series(version.id) if series else []
        for name in series:
            if name not in known:
                raise unknown_name("S512", name, known, kind=Text("库中序列", "stored series"))

    def _names(self, items: Sequence[StoredFile], attribute: str, rows: ir.Table) -> list[str]:
        """Distinct names in files, from the manifest where it tells and all may be seen."""
        listed = [getattr(f, attribute) for f in items]
        if self._rows is None and all(listed):
            return sorted({n for names in listed for n in names})
        return self._distinct(rows, {"vintages": "vintage", "sources": "source"}[attribute])

    def _distinct(self, rows: ir.Table, column: str) -> list[str]:
        return self.run(queries.names(rows, column))[column].to_pylist()

    def groups(
        self, version: Version
    ) -> dict[tuple[str | None, Frequency], tuple[StoredFile, ...]]:
        """Files by level and frequency: only within one do periods and entities compare."""
        found: dict[tuple[str | None, Frequency], tuple[StoredFile, ...]] = {}
        for item in version.files:
            key = (item.level, item.frequency)
            found[key] = (*found.get(key, ()), item)
        return found


def _tupled(selection: dict[str, Any]) -> dict[str, Any]:
    """Selections must be hashable, so lists become tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in selection.items()}


def _mixed(items: Sequence[StoredFile]) -> ZhihengError:
    rows = [{"origin": f.origin, "level": f.level or "", "frequency": f.frequency} for f in items]
    return ZhihengError(
        "S592",
        Text(
            "所选的数据不是恰好一个层级、一种频率。",
            "What was asked for is not of exactly one level and one frequency.",
        ),
        evidence=rows,
        fix=Text("写明 level=… 或 frequency=…。", "State level=… or frequency=…."),
    )

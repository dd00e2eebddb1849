"""Queries as functions on Ibis tables; none of them runs anything.

They keep to what DuckDB, PostgreSQL and Spark answer alike; one suite of tests runs each on
all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from zhiheng.store.schema import CELL, KEY

BEFORE_AND_AFTER = ("value", "unit", "status", "vintage")
"""What a comparison of two versions shows of both sides."""


def pick(
    observations: ir.Table,
    *,
    series: Sequence[str] = (),
    entities: Sequence[str] = (),
    first: int | None = None,
    last: int | None = None,
) -> ir.Table:
    """The rows of some series, entities and periods, both ends included; all by default."""
    found = observations
    if series:
        found = found.filter(_.series.isin(list(series)))
    if entities:
        found = found.filter(_.entity.isin(list(entities)))
    if first is not None:
        found = found.filter(_.period >= first)
    if last is not None:
        found = found.filter(_.period <= last)
    return found


def inventory(observations: ir.Table) -> ir.Table:
    """Each series with its unit, span and number of values."""
    return (
        observations.group_by([_.series, _.unit])
        .aggregate(
            first=_.period.min(), last=_.period.max(), entities=_.entity.nunique(), values=_.count()
        )
        .order_by([_.series, _.unit])
    )


def names(observations: ir.Table, column: str) -> ir.Table:
    """The distinct values of one column, in order."""
    return observations.select(column).distinct().order_by(column)


def vintage_inventory(observations: ir.Table) -> ir.Table:
    """Each vintage of each series and source with its span and number of values."""
    return (
        observations.group_by([_.series, _.source, _.vintage])
        .aggregate(first=_.period.min(), last=_.period.max(), values=_.count())
        .order_by([_.series, _.source, _.vintage])
    )


def ranked(observations: ir.Table, order: Sequence[str]) -> ir.Table:
    """Add ``release``: the place of each row's vintage in `order`, the oldest 0."""
    places = [(name, i) for i, name in enumerate(order)]
    rank = _.vintage.cases(*places, else_=-1) if places else ibis.literal(0)
    return observations.mutate(release=rank.cast("int64"))


def released(
    observations: ir.Table, order: Sequence[str], *, first: bool = False, until: str = ""
) -> ir.Table:
    """One vintage for each cell and source: the last, the first, or the last not after `until`.

    Values that share cell, source and vintage are all kept: which of them holds is no
    question of vintage, and the reader must be asked.
    """
    known = ranked(observations, order)
    if until:
        known = known.filter(_.release <= order.index(until))
    window = ibis.window(group_by=list(CELL))
    chosen = known.release.min() if first else known.release.max()
    return known.mutate(chosen=chosen.over(window)).filter(_.release == _.chosen).drop(
        "release", "chosen"
    )  # fmt: skip


def revisions(observations: ir.Table, order: Sequence[str]) -> ir.Table:
    """First release against last for every cell with more than one vintage.

    Columns: the cell, ``releases``, vintage and value of both ends, ``revision`` (last minus
    first) and ``relative`` (revision over the first; null where that is zero).
    """
    known = ranked(observations, order)
    window = ibis.window(group_by=list(CELL))
    known = known.mutate(
        low=known.release.min().over(window), high=known.release.max().over(window)
    )
    low, high = _.release == _.low, _.release == _.high
    ends = (
        known.filter(_.low < _.high)
        .group_by(list(CELL))
        .aggregate(
            unit=_.unit.max(),
            releases=_.vintage.nunique(),
            first_vintage=_.vintage.max(where=low),
            first_value=_.value.max(where=low),
            last_vintage=_.vintage.max(where=high),
            last_value=_.value.max(where=high),
        )
    )
    change = _.last_value - _.first_value
    return ends.mutate(
        revision=change, relative=change / _.first_value.nullif(0.0)
    ).order_by(list(CELL))  # fmt: skip


def undecided(observations: ir.Table, doubtful: Sequence[str]) -> ir.Table:
    """Cells of one source with several vintages, one of them `doubtful` in its order."""
    unsure = _.vintage.isin(list(doubtful)).ifelse(1, 0)
    return (
        observations.group_by(list(CELL))
        .aggregate(
            vintages=_.vintage.nunique(),
            unsure=unsure.sum(),
            one=_.vintage.min(),
            other=_.vintage.max(),
        )
        .filter((_.vintages > 1) & (_.unsure > 0))
        .drop("unsure")
        .order_by(list(CELL))
    )


def placed(observations: ir.Table, prefer: Sequence[str]) -> ir.Table:
    """Add ``place``: 0 for the value that the order of sources chooses in its cell, then 1, 2."""
    places = [(name, i) for i, name in enumerate(prefer)]
    rank = _.source.cases(*places, else_=len(prefer)) if places else ibis.literal(0)
    known = observations.mutate(priority=rank.cast("int64"))
    window = ibis.window(
        group_by=["entity", "period", "series"], order_by=["priority", "source", "value", "cell"]
    )
    return known.mutate(place=ibis.row_number().over(window).cast("int64")).drop("priority")


def set_aside(observations: ir.Table, prefer: Sequence[str]) -> ir.Table:
    """Every value that lost to a source of higher priority, beside the one that won."""
    known = placed(observations, prefer)
    cell = ["entity", "period", "series"]
    won = known.filter(_.place == 0).select(*cell, winner="source", kept="value")
    lost = known.filter(_.place > 0).drop("place")
    return lost.join(won, cell).order_by([*cell, "source", "vintage"])


def differences(before: ir.Table, after: ir.Table) -> ir.Table:
    """Cells that were added, removed or changed between two tables, with both values.

    A cell is entity, period, series and source; where one holds several values they are
    compared in order of value.
    """
    columns = [*CELL, *BEFORE_AND_AFTER]

    def side(table: ir.Table, number: int) -> ir.Table:
        window = ibis.window(group_by=list(CELL), order_by=["vintage", "value", "cell"])
        place = ibis.row_number().over(window).cast("int64")
        return table.mutate(place=place).select(*columns, "place").mutate(side=ibis.literal(number))

    both = side(before, 0).union(side(after, 1))
    old, new = _.side == 0, _.side == 1
    shown = {f"{n}_before": _[n].max(where=old) for n in BEFORE_AND_AFTER}
    shown |= {f"{n}_after": _[n].max(where=new) for n in BEFORE_AND_AFTER}
    cells = both.group_by([*CELL, "place"]).aggregate(
        held_before=old.ifelse(1, 0).sum(), held_after=new.ifelse(1, 0).sum(), **shown
    )
    same = _.held_before == _.held_after
    for name in BEFORE_AND_AFTER:
        same = same & (_[f"{name}_before"] == _[f"{name}_after"])
    change = ibis.cases(
        (_.held_before == 0, "added"), (_.held_after == 0, "removed"), else_="changed"
    )
    return (
        cells.mutate(same=same.fill_null(False))  # noqa: FBT003
        .filter(~_.same)
        .mutate(change=change)
        .drop("same", "place", "held_before", "held_after")
        .order_by(["series", "entity", "period", "source", "change", "value_after"])
    )


def by_series(changes: ir.Table) -> ir.Table:
    """Counts of added, removed and changed cells for each series."""

    def count(word: str) -> Any:
        return (_.change == word).ifelse(1, 0).sum()

    return (
        changes.group_by("series")
        .aggregate(added=count("added"), removed=count("removed"), changed=count("changed"))
        .order_by("series")
    )


def judged(observations: ir.Table, findings: ir.Table) -> ir.Table:
    """Replace each status by the one that the last finding on its cell suggests.

    Values stay as they are; only the column ``status`` differs from what was read.
    """
    window = ibis.window(
        group_by=list(KEY), order_by=[ibis.desc("at"), ibis.desc("status"), ibis.desc("by")]
    )
    last = (
        findings.mutate(turn=ibis.row_number().over(window))
        .filter(_.turn == 0)
        .select(*KEY, suggested="status")
    )
    return (
        observations.left_join(last, list(KEY))
        .mutate(status=ibis.coalesce(_.suggested, _.status).cast("int8"))
        .select(*observations.columns)
    )

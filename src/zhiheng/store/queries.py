"""Queries as functions on Ibis tables; none of them runs anything."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
from ibis import _


def pick(
    observations: ir.Table,
    *,
    series: Sequence[str],
    entities: Sequence[str] = (),
    first: int | None = None,
    last: int | None = None,
) -> ir.Table:
    """The observations of some series, entities and periods, both ends included."""
    found = observations.filter(_.series.isin(list(series)))
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

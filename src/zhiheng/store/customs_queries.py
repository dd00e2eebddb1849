"""Questions to customs records as functions on Ibis tables; the same on every engine."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir
from ibis import _


def emissions(records: ir.Table) -> ir.Table:
    """Emissions (t CO2) by region, sector and year: quantity times its factor."""
    return (
        records.group_by(["region", "sector", "year"])
        .aggregate(emissions=(_.quantity * _.emission_factor).sum(), records=_.count())
        .order_by(["region", "sector", "year"])
    )


def green_share(records: ir.Table, codes: Collection[str]) -> ir.Table:
    """Share of green goods in the value of trade by region and year.

    Parameters
    ----------
    records : Table
    codes : collection of str
        Six-digit codes in the edition of HS that the records use; see
        `zhiheng.catalog.green_goods.green_codes` (HS 2007).
    """
    green = _.hs6.isin(sorted(codes)).ifelse(_.value, 0.0)
    return (
        records.group_by(["region", "year"])
        .aggregate(green=green.sum(), total=_.value.sum())
        .mutate(share=_.green / _.total.nullif(0.0))
        .order_by(["region", "year"])
    )


def top_products(records: ir.Table, top: int = 10) -> ir.Table:
    """The products of largest value in each region, with the number of distinct partners."""
    totals = records.group_by(["region", "hs6"]).aggregate(
        value=_.value.sum(), partners=_.partner.nunique()
    )
    window = ibis.window(group_by="region", order_by=[ibis.desc("value"), "hs6"])
    ranked = totals.mutate(place=ibis.row_number().over(window).cast("int64") + 1)
    return ranked.filter(_.place <= top).order_by(["region", "place"])

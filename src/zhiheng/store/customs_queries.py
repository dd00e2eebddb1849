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
    # Products are summed first: a list of codes is then looked up once a product, not a record.
    products = records.group_by(["region", "year", "hs6"]).aggregate(value=_.value.sum())
    green = _.hs6.isin(sorted(codes)).ifelse(_.value, 0.0)
    return (
        products.group_by(["region", "year"])
        .aggregate(green=green.sum(), total=_.value.sum())
        .mutate(share=_.green / _.total.nullif(0.0))
        .order_by(["region", "year"])
    )


def top_products(records: ir.Table, top: int = 10) -> ir.Table:
    """The products of largest value in each region, with the number of distinct partners."""
    # In two steps: sums by partner first, so that distinct partners are rows to be counted.
    by_partner = records.group_by(["region", "hs6", "partner"]).aggregate(value=_.value.sum())
    totals = by_partner.group_by(["region", "hs6"]).aggregate(
        value=_.value.sum(), partners=_.count()
    )
    window = ibis.window(group_by="region", order_by=[ibis.desc("value"), "hs6"])
    ranked = totals.mutate(place=ibis.row_number().over(window).cast("int64") + 1)
    return ranked.filter(_.place <= top).order_by(["region", "place"])

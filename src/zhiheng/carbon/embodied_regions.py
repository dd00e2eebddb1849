"""Accounts of regions of a multi-regional table: by final consumer and by trade partner."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhiheng.carbon.embodied_wording import ACCOUNTS, CLOSURE
from zhiheng.carbon.embodied_years import Units, Year
from zhiheng.core.result import Check, Table
from zhiheng.core.text import Text
from zhiheng.kernels.input_output import Trade, footprints


def region_accounts(solved: Sequence[Year], shown: Units) -> tuple[Table, list[Check]]:
    """Production, consumption and balances of each region.

    ``consumption = production - exports + imports``, where exports are emitted here for the
    final demand of others. The bilateral ones (EEBT) take what crosses one border, inputs
    and final goods alike, and leave re-exported inputs with the region that they enter.
    """
    out: dict[str, list[object]] = {}
    worst, closed = 0.0, 0.0
    for y in solved:
        found = _trade(y)
        made, own = found.by_consumer.sum(axis=1), np.diag(found.by_consumer)
        used = found.by_consumer.sum(axis=0)
        sent, got = found.by_partner.sum(axis=1), found.by_partner.sum(axis=0)
        exact = _by_region(y)
        worst = max(worst, float(np.abs(made - exact).max() / max(np.abs(exact).max(), 1e-300)))
        closed = max(closed, abs(float(used.sum() - exact.sum())) / max(abs(exact.sum()), 1e-300))
        amounts = {
            "production": made,
            "exports": made - own,
            "imports": used - own,
            "consumption": used,
            "balance": made - used,
            "exports_bilateral": sent,
            "imports_bilateral": got,
            "balance_bilateral": sent - got,
        }
        for r, region in enumerate(y.table.layout.regions):
            for account, values in amounts.items():
                row = {
                    "period": y.table.period,
                    "region": region,
                    "account": account,
                    "account_title_zh": ACCOUNTS[account].zh,
                    "account_title_en": ACCOUNTS[account].en,
                    "value": float(values[r]) / shown.emission[1],
                    "share": float(values[r] / made[r]) if made[r] else np.nan,
                    "unit": shown.emission[0],
                }
                for name, cell in row.items():
                    out.setdefault(name, []).append(cell)
    return Table.of(("period", "region", "account"), **out), [
        Check(
            Text(
                "各地区为各方最终需求的排放之和等于其部门排放",
                "what a region emits for all consumers is what its sectors emit",
            ),
            worst,
            CLOSURE,
        ),
        Check(
            Text(
                "全部地区的消费端排放等于生产端排放",
                "consumption of all regions equals production of all regions",
            ),
            closed,
            CLOSURE,
        ),
    ]


def bilateral(solved: Sequence[Year], shown: Units) -> Table:
    """From the region that emits to the one that consumes, or that it sends goods to."""
    out: dict[str, list[object]] = {}
    for y in solved:
        found = _trade(y)
        regions = y.table.layout.regions
        for r, source in enumerate(regions):
            for c, target in enumerate(regions):
                row = {
                    "period": y.table.period,
                    "emitter": source,
                    "consumer": target,
                    "by_consumer": float(found.by_consumer[r, c]) / shown.emission[1],
                    "by_partner": float(found.by_partner[r, c]) / shown.emission[1],
                    "unit": shown.emission[0],
                }
                for name, cell in row.items():
                    out.setdefault(name, []).append(cell)
    return Table.of(("period", "emitter", "consumer"), **out)


def _trade(y: Year) -> Trade:
    table = y.table
    return footprints(
        y.model,
        (table.home(), table.output, table.demand),
        y.intensity[:, 0],
        table.layout.region,
        table.layout.consumer,
    )


def _by_region(y: Year) -> np.ndarray:
    return np.bincount(y.table.layout.region, weights=y.emissions.by_sector[:, 0])

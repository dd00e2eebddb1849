"""Result tables of embodied carbon of one economy: multipliers, accounts, trade, flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.embodied_wording import ACCOUNTS, CLOSURE, OTHERS
from zhiheng.carbon.embodied_years import Units, Year, ranks, spread
from zhiheng.carbon.use_table import demand_title
from zhiheng.core.result import Check, Table
from zhiheng.core.text import Text
from zhiheng.kernels.input_output import required

Array = NDArray[np.float64]
MOST_FLOWS = 9
"""Emitting sectors drawn by name; the others are one."""


def multiplier_table(solved: Sequence[Year], shown: Units) -> Table:
    """What a unit of final demand emits with all suppliers at home, by sector."""
    unit, factor = shown.multiplier
    rows: dict[str, list[NDArray[Any]]] = {}
    for y in solved:
        value, low, high = spread(y.home)
        place, first, last = ranks(y.home)
        found: dict[str, NDArray[Any]] = {
            "output": y.table.output / shown.money[1],
            "emissions": y.emissions.by_sector[:, 0] / shown.emission[1],
            "direct_intensity": y.intensity[:, 0] / factor,
            "multiplier": value / factor,
            "multiplier_low": low / factor,
            "multiplier_high": high / factor,
            "rank": place,
            "rank_low": first,
            "rank_high": last,
        }
        for name, values in found.items():
            rows.setdefault(name, []).append(values)
    n = len(solved) * len(solved[0].table.output)
    return Table.of(
        ("period", "sector"),
        **_sectors(solved),
        **{name: np.concatenate(values) for name, values in rows.items()},
        unit=[unit] * n,
        emission_unit=[shown.emission[0]] * n,
        money_unit=[shown.money[0]] * n,
    )


def accounts(solved: Sequence[Year], shown: Units) -> tuple[Table, list[Check]]:
    """Production and consumption accounts of one economy, and what they must add up to."""
    columns: dict[str, list[object]] = {}
    worst = {"demand": 0.0, "consumption": 0.0}
    for y in solved:
        found, off = _amounts(y)
        worst = {k: max(v, off[k]) for k, v in worst.items()}
        for account, amount in found.items():
            value, low, high = spread(amount / shown.emission[1])
            row = {
                "period": y.table.period,
                "account": account,
                "account_title_zh": ACCOUNTS[account].zh,
                "account_title_en": ACCOUNTS[account].en,
                "value": float(value),
                "low": float(low),
                "high": float(high),
                "share": float(amount[0] / found["production"][0])
                if found["production"][0]
                else np.nan,
                "unit": shown.emission[0],
            }
            for name, cell in row.items():
                columns.setdefault(name, []).append(cell)
    return Table.of(("period", "account"), **columns), [
        Check(
            Text(
                "各最终使用的隐含排放之和等于各部门的排放",
                "emissions embodied in final demand sum to those of the sectors",
            ),
            worst["demand"],
            CLOSURE,
        ),
        Check(
            Text(
                "消费端排放等于国内最终需求（含进口品）的完全排放",
                "production - exports + imports equals what domestic final demand embodies",
            ),
            worst["consumption"],
            CLOSURE,
        ),
    ]


def _amounts(y: Year) -> tuple[dict[str, Array], dict[str, float]]:
    """Accounts by recipe (q,), and the relative residuals of their identities."""
    table = y.table
    production = y.emissions.by_sector.sum(axis=0)
    exports = y.exports @ y.home
    domestic = (table.demand.sum(axis=1) - y.exports) @ y.home
    found = {"production": production, "exports": exports, "domestic": domestic}
    off = {"demand": _worst(exports + domestic - production, production), "consumption": 0.0}
    households = y.emissions.households
    if np.any(households):
        found["households"] = households
        found["territorial"] = production + households
    if table.kind != "closed":
        everything = y.exports + y.reexports
        reexports = everything @ y.world - exports
        imports = table.imports() @ y.world
        consumption = production - exports - reexports + imports
        bought = (table.demand + table.imported_demand).sum(axis=1) - everything
        off["consumption"] = _worst(bought @ y.world - consumption, production)
        found["imports"] = imports
        found["reexports"] = reexports
        found["consumption"] = consumption + households
        found["balance"] = exports + reexports - imports
    return found, off


def by_demand(solved: Sequence[Year], shown: Units) -> Table:
    """Emissions at home by the final use that caused them."""
    columns: dict[str, list[object]] = {}
    for y in solved:
        embodied = np.einsum("nk,nq->kq", y.table.demand, y.home) / shown.emission[1]
        total = float(y.emissions.by_sector[:, 0].sum()) / shown.emission[1]
        for k, code in enumerate(y.table.layout.demand):
            value, low, high = spread(embodied[k])
            title = demand_title(y.table.layout, code)
            spent = float(y.table.demand[:, k].sum())
            if spent == 0 and value == 0:
                continue
            row = {
                "period": y.table.period,
                "demand": code,
                "demand_title_zh": title.zh,
                "demand_title_en": title.en,
                "spent": spent / shown.money[1],
                "money_unit": shown.money[0],
                "value": float(value),
                "low": float(low),
                "high": float(high),
                "share": float(value) / total if total else np.nan,
                "unit": shown.emission[0],
            }
            for name, cell in row.items():
                columns.setdefault(name, []).append(cell)
    return Table.of(("period", "demand"), **columns)


def trade(solved: Sequence[Year], shown: Units) -> Table:
    """Carbon in exports and imports by product, with the ranks under every recipe.

    `exported` is what the product embodies, emitted at home; `emitted` is what the sector
    itself emits for the exports of all products. Imports are valued with home technology.
    """
    rows: dict[str, list[NDArray[Any]]] = {}
    scale = shown.emission[1]
    for y in solved:
        exported = y.exports[:, None] * y.home
        value, low, high = spread(exported)
        place, first, last = ranks(exported)
        emitted = y.intensity[:, 0] * required(y.model, y.exports)
        bought = y.table.imports()
        imported = bought * y.world[:, 0]
        found: dict[str, NDArray[Any]] = {
            "exports": y.exports / shown.money[1],
            "exported": value / scale,
            "exported_low": low / scale,
            "exported_high": high / scale,
            "rank": place,
            "rank_low": first,
            "rank_high": last,
            "share": _share(value, value.sum()),
            "emitted": emitted / scale,
            "imports": bought / shown.money[1],
            "imported": imported / scale,
            "trade_balance": (value - imported) / scale,
        }
        for name, values in found.items():
            rows.setdefault(name, []).append(values)
    n = len(solved) * len(solved[0].table.output)
    return Table.of(
        ("period", "sector"),
        **_sectors(solved),
        **{name: np.concatenate(values) for name, values in rows.items()},
        unit=[shown.emission[0]] * n,
        money_unit=[shown.money[0]] * n,
    )


def flows(y: Year, shown: Units) -> Table | None:
    """From emitting sectors to the final use they emit for, in the last period.

    Uses whose embodied carbon is negative for a sector (stocks run down) are left out of
    the drawing table; the accounts hold them. None where nothing is emitted.
    """
    emitted = y.intensity[:, :1] * required(y.model, y.table.demand)
    emitted = np.where(emitted > 0, emitted, 0.0) / shown.emission[1]
    order = np.argsort(-emitted.sum(axis=1), kind="stable")
    rest = order[MOST_FLOWS:]
    layout, panel = y.table.layout, y.table.panel
    groups: list[tuple[str, Text, Array]] = [
        (layout.sectors[i], panel.name(layout.sectors[i]), emitted[i]) for i in order[:MOST_FLOWS]
    ]
    if len(rest):
        groups.append(("others", OTHERS, emitted[rest].sum(axis=0)))
    out: dict[str, list[object]] = {}
    for code, name, values in groups:
        for k, target in enumerate(layout.demand):
            if values[k] <= 0:
                continue
            title = demand_title(layout, target)
            row = {
                "source": code,
                "source_title_zh": name.zh,
                "source_title_en": name.en,
                "target": target,
                "target_title_zh": title.zh,
                "target_title_en": title.en,
                "value": float(values[k]),
                "unit": shown.emission[0],
            }
            for column, cell in row.items():
                out.setdefault(column, []).append(cell)
    return Table.of(("source", "target"), **out) if out else None


def allocation(y: Year) -> Table:
    """The rules by which totals were shared out, and which are the defaults."""
    rules = y.emissions.rules
    return Table.of(
        ("series", "share_rule"),
        series=[s for _, s, _, _ in rules],
        series_title_zh=[t.zh for t, _, _, _ in rules],
        series_title_en=[t.en for t, _, _, _ in rules],
        share_rule=[r.id for _, _, r, _ in rules],
        share_rule_title_zh=[r.title.zh for _, _, r, _ in rules],
        share_rule_title_en=[r.title.en for _, _, r, _ in rules],
        is_default=[d for _, _, _, d in rules],
    )


def _sectors(solved: Sequence[Year]) -> dict[str, list[object]]:
    """Period, code and name of every sector, period after period."""
    names = [
        (y.table.period, s, y.table.panel.name(s)) for y in solved for s in y.table.layout.sectors
    ]
    return {
        "period": [p for p, _, _ in names],
        "sector": [s for _, s, _ in names],
        "sector_title_zh": [n.zh for _, _, n in names],
        "sector_title_en": [n.en for _, _, n in names],
    }


def _share(part: Array, whole: float) -> Array:
    return part / whole if whole else np.full(len(part), np.nan)


def _worst(off: Array, size: Array) -> float:
    scale = np.maximum(np.abs(size), 1e-300)
    return float((np.abs(off) / scale).max())

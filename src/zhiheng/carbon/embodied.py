"""Embodied carbon: emission multipliers, and who emits for whom, from input–output tables."""

from __future__ import annotations

from typing import Literal

from zhiheng.carbon import embodied_wording as wording
from zhiheng.carbon.embodied_change import changes
from zhiheng.carbon.embodied_demand import refuse_unknown
from zhiheng.carbon.embodied_figures import figures
from zhiheng.carbon.embodied_paths import chains, refuse_range
from zhiheng.carbon.embodied_regions import bilateral, region_accounts, traded
from zhiheng.carbon.embodied_tables import (
    accounts,
    allocation,
    by_demand,
    flows,
    multiplier_table,
    trade,
)
from zhiheng.carbon.embodied_years import units, years
from zhiheng.carbon.use_table import kinds, read_layout
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text

Change = Literal["none", "average", "polar", "lmdi"]


@method(zh="隐含碳：投入产出表的排放乘数、生产与消费核算、出口碳、结构分解与路径", example="io")
def embodied(
    table: Panel,
    *,
    satellite: str,
    imports: Literal["auto", "proportional"] = "auto",
    demand: str = "all",
    change: Change = "none",
    deflator: str = "",
    paths: int = 0,
    tolerance: float = 1e-3,
) -> Result:
    """Multipliers, accounts and trade of carbon embodied in goods, from input–output tables.

    Use it to say what a sector emits with all its suppliers, how much leaves with
    exports, and why that changed. Do not read it as what a single product emits:
    a sector is an average in money, and imports get home technology unless the
    table has several regions.

    Parameters
    ----------
    table : Panel
        Rows are entities, columns are series ``use.CODE``, one table a period; see
        ``zhiheng.data("io-china")``. Of several regions: ``REGION.SECTOR``.
    satellite : str
        Emissions by sector: a series of the panel, or ``edgar`` (national totals shared
        out to 42 sectors by rules), or ``ceads`` (an inventory in the same panel).
    imports : {"auto", "proportional"}
        Rows of imports where the table has them, else removed proportionally; or
        proportionally in every period, so that unlike tables compare.
    demand : str
        For `change` and `paths`: ``all``, a column such as ``EX``, or a sector.
    change : {"none", "average", "polar", "lmdi"}
        Decompose the change from the first to the last period: over all orders of the
        determinants, the two polar ones, or by logarithmic means.
    deflator : str
        Brings current prices to those of the last period: ``gdp``, a series of the panel
        with a price index by sector, or ``none`` to decompose at current prices.
    paths : int
        Tiers of suppliers to follow in the last period; 0 follows none.
    tolerance : float, 0 < tolerance < 1
        Chains below this share of the total are not listed nor followed.

    Raises
    ------
    ZhihengError
        U202, M960-M969 the table or the satellite, M965 prices of several years, M966 fewer than
        two periods, M970 a demand or option that cannot be met; C447-C449 the catalog.

    References
    ----------
    Miller and Blair (2009) Input-Output Analysis, 2nd ed., ch. 2, 6, 10; Peters (2008)
    Ecological Economics 65(1): 13-23; Dietzenbacher and Los (1998) Economic Systems
    Research 10(4): 307-324.
    """
    layout = read_layout(table)
    refuse_unknown(layout, demand)
    refuse_range(paths, tolerance)
    found_kinds = kinds(table, layout)
    mixed = len(set(found_kinds)) > 1
    proportional = imports == "proportional" or (mixed and change != "none")
    solved = years(table, layout, satellite, proportional=proportional)
    shown = units(table, solved[0].emissions, layout)
    multi = bool(layout.regions)
    tables: dict[str, Table] = {"multipliers": multiplier_table(solved, shown)}
    checks: list[Check] = []
    if multi:
        trades = traded(solved)
        tables["accounts"], made = region_accounts(solved, trades, shown)
        tables["bilateral"] = bilateral(solved, trades, shown)
    else:
        tables["accounts"], made = accounts(solved, shown)
        tables["by_demand"] = by_demand(solved, shown)
        if layout.exports >= 0:
            tables["trade"] = trade(solved, shown)
        if found := flows(solved[-1], shown):
            tables["flows"] = found
    checks += made
    if solved[0].emissions.rules:
        tables["allocation"] = allocation(solved[0])
    notes = wording.notes(
        solved, found_kinds, proportional=proportional, asked=imports, change=change
    )
    if change != "none":
        parts, made, more = changes(solved, shown, demand=demand, how=change, deflator=deflator)
        tables, checks, notes = tables | parts, checks + made, notes + more
    if paths:
        parts, made, more = chains(
            solved[-1], shown, demand=demand, depth=paths, tolerance=tolerance
        )
        tables, checks, notes = tables | parts, checks + made, notes + more
    checks.append(
        Check(
            Text("各行列之和与总产出之差（相对）", "row and column sums against output, relative"),
            max(y.table.residual for y in solved),
            wording.BALANCED,
        )
    )
    series = tuple(s for s in table.series if s.startswith("use.") or s == satellite)
    return Result(tables, figures(tables, solved[-1], shown), tuple(notes), tuple(checks), series)

"""What an input–output table is refused for, with the sectors and the amounts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

Array = NDArray[np.float64]
BALANCED = 1e-4
"""Sums of a published table, printed in whole units, differ from output by far less."""
SHOWN = 20


def no_table(panel: Panel) -> ZhihengError:
    """The panel has no code that heads a row and a column."""
    return ZhihengError(
        "M963",
        Text(
            "这份数据不是投入产出表：没有既是行又是列的部门代码，或没有最终使用列。",
            "This is no input-output table: no sector code heads both a row and a column, or "
            "there is no final use.",
        ),
        evidence=[{"rows": ", ".join(panel.entities[:6]), "columns": ", ".join(panel.series[:6])}],
        fix=Text(
            "用 zhiheng read 读入投入产出表，或用内置数据 io-china。",
            "Read a table with zhiheng read, or use the data set io-china.",
        ),
    )


def unknown_consumer(columns: Sequence[str], regions: Sequence[str]) -> ZhihengError:
    """A column of final demand whose region has no sectors."""
    return ZhihengError(
        "M963",
        Text(
            "最终使用列所属的地区没有部门行。",
            "Columns of final demand belong to regions without sectors.",
        ),
        evidence=[{"column": c, "regions": ", ".join(regions[:8])} for c in columns[:SHOWN]],
        fix=Text("列名写成 use.地区.项目。", "Name the columns use.REGION.CODE."),
    )


def refuse_mixed_units(panel: Panel, columns: Sequence[str]) -> None:
    """Raise U202 where columns of a table are in several units: rows could not be summed."""
    first: dict[str, str] = {}
    for name in columns:
        first.setdefault(panel.units[name], name)
    if len(first) < 2:
        return
    raise ZhihengError(
        "U202",
        Text(
            "表的各列单位不同，行不能求和。",
            "The columns of the table are in several units, so that rows cannot be summed.",
        ),
        evidence=[{"series": name, "unit": unit} for unit, name in first.items()],
        fix=Text("把全部列换成同一单位。", "Bring all columns to one unit."),
    )


def refuse_gaps(
    panel: Panel,
    rows: Sequence[str],
    columns: Sequence[str],
    z: Array,
    demand: Array,
    period: int,
) -> None:
    """Raise M968 for cells without a value."""
    if np.isfinite(z.sum()) and np.isfinite(demand.sum()):
        return
    both = ~np.isfinite(np.hstack([z, demand]))
    places: list[tuple[int, int]] = [(int(i), int(j)) for i, j in np.argwhere(both)]
    raise ZhihengError(
        "M968",
        Text("投入产出表有 {n} 个缺失的格。", "The table has {n} cells without a value.").format(
            n=len(places)
        ),
        evidence=[
            {"row": rows[i], "name": panel.name(rows[i]), "column": columns[j], "period": period}
            for i, j in places[:SHOWN]
        ],
        fix=Text(
            "补上数值；没有交易的格写 0。换用齐全的年份：--window。",
            "Give the values; a cell without a transaction is 0. Or choose complete years: "
            "--window.",
        ),
    )


def refuse_missing_rows(
    panel: Panel, sectors: Sequence[str], rows: Sequence[str], period: int
) -> None:
    """Raise M968 where some sectors have a row of imports and others none."""
    known = set(panel.entities)
    absent = [(s, row) for s, row in zip(sectors, rows, strict=True) if row not in known]
    if not absent:
        return
    raise ZhihengError(
        "M968",
        Text(
            "进口单列的表里，{n} 个部门没有进口行。",
            "Imports have rows of their own, and {n} sectors have none.",
        ).format(n=len(absent)),
        evidence=[
            {"row": row, "name": panel.name(s), "period": period} for s, row in absent[:SHOWN]
        ],
        fix=Text(
            "补上这些行；不进口的部门写 0。", "Add these rows, with 0 where nothing is imported."
        ),
    )


def refuse_emissions_without_output(
    panel: Panel, sectors: Sequence[str], output: Array, emitted: Array, period: int
) -> None:
    """Raise M961 for emissions of a sector that makes nothing: no demand could carry them."""
    bad = np.flatnonzero((output == 0) & (emitted != 0).any(axis=1))
    if not len(bad):
        return
    raise ZhihengError(
        "M961",
        Text(
            "{n} 个部门没有产出却有排放，没有最终需求能承担它们。",
            "{n} sectors have emissions without output: no final demand could carry them.",
        ).format(n=len(bad)),
        evidence=[
            {
                "sector": sectors[i],
                "name": panel.name(sectors[i]),
                "period": period,
                "output": float(output[i]),
                "emissions": float(emitted[i, 0]),
            }
            for i in bad.tolist()[:SHOWN]
        ],
        fix=Text(
            "核对产出与排放账户的部门是否一致；或把这些排放并入有产出的部门。",
            "Check that output and emissions are of the same sectors, or add these emissions to a "
            "sector that has output.",
        ),
    )


def refuse_outputs(
    panel: Panel, sectors: Sequence[str], output: Array, inputs: Array, period: int
) -> None:
    """Raise M961 for negative output, inputs without output, or no output at all."""
    bad = (output < 0) | ((output == 0) & ((inputs != 0) | (not output.any())))
    if not bad.any():
        return
    rows: list[Row] = [
        {
            "sector": sectors[i],
            "name": panel.name(sectors[i]),
            "period": period,
            "output": float(output[i]),
            "inputs": float(inputs[i]),
        }
        for i in np.flatnonzero(bad).tolist()[:SHOWN]
    ]
    raise ZhihengError(
        "M961",
        Text(
            "{n} 个部门的总产出为负，或没有产出却有投入，或全表没有产出。",
            "{n} sectors have negative output, or inputs without output, or nothing is made.",
        ).format(n=int(bad.sum())),
        evidence=rows,
        fix=Text(
            "核对总产出列；或先把这些部门并入相近部门。",
            "Check the column of output, or merge these sectors into related ones.",
        ),
    )


def refuse_unbalanced(
    panel: Panel,
    sectors: Sequence[str],
    output: Array,
    used: Array,
    paid: Array | None,
    period: int,
) -> float:
    """Raise M960 when uses or inputs do not add up to output; otherwise the worst difference."""
    size = np.maximum(np.abs(output), 1e-300)
    scale = float(np.abs(output).max(initial=0.0)) * 1e-12
    off = {"uses": used - output}
    if paid is not None:
        off["inputs"] = paid - output
    relative = {k: np.where(np.abs(v) <= scale, 0.0, np.abs(v) / size) for k, v in off.items()}
    worst = max(float(v.max(initial=0.0)) for v in relative.values())
    if worst <= BALANCED:
        return worst
    places = [(k, int(i)) for k, v in relative.items() for i in np.flatnonzero(v > BALANCED)]
    places.sort(key=lambda at: -relative[at[0]][at[1]])
    sums = {"uses": used, "inputs": paid}
    words = {
        "uses": Text("行（使用）", "row (uses)"),
        "inputs": Text("列（投入）", "column (inputs)"),
    }
    rows: list[Row] = []
    for k, i in places[:SHOWN]:
        side = sums[k]
        rows.append(
            {
                "sector": sectors[i],
                "name": panel.name(sectors[i]),
                "period": period,
                "side": words[k],
                "sum": float(side[i]) if side is not None else np.nan,
                "output": float(output[i]),
                "residual": float(off[k][i]),
            }
        )
    raise ZhihengError(
        "M960",
        Text(
            "投入产出表不平衡：{n} 个行和或列和与总产出相差超过万分之一。",
            "The table does not balance: {n} row or column sums differ from output by more than "
            "one part in ten thousand.",
        ).format(n=len(places)),
        evidence=rows,
        fix=Text(
            "核对残差所在的部门；先平衡（如 RAS）再计算，本方法不代为摊平。",
            "Check the sectors of the residuals; balance the table first (RAS, say). Nothing is "
            "spread silently.",
        ),
    )


def refuse_import_shares(
    panel: Panel,
    sectors: Sequence[str],
    home: Array,
    amounts: tuple[Array, Array],
    period: int,
) -> None:
    """Raise M967 when imports exceed domestic use, so that nothing could come from home.

    `amounts` are domestic use and imports: without the one, the other is exported again.
    """
    used, imports = amounts
    bad = (home < 0) | (home > 1 + 1e-9) | ((used == 0) & (imports != 0))
    if not bad.any():
        return
    raise ZhihengError(
        "M967",
        Text(
            "{n} 个部门的进口大于国内使用（或为负），无法按比例剔除进口。",
            "In {n} sectors imports exceed domestic use (or are negative), so that they cannot "
            "be removed proportionally.",
        ).format(n=int(bad.sum())),
        evidence=[
            {
                "sector": sectors[i],
                "name": panel.name(sectors[i]),
                "period": period,
                "used_at_home": float(used[i]),
                "imports": float(imports[i]),
            }
            for i in np.flatnonzero(bad).tolist()[:SHOWN]
        ],
        fix=Text(
            "核对进口的符号与转口；用进口单列的表，imports=auto。",
            "Check the sign of imports and re-exports; use a table with rows of imports and "
            "imports=auto.",
        ),
    )


def not_productive(period: int, radius: float, column_sum: float) -> ZhihengError:
    """The rounds of production do not converge."""
    return ZhihengError(
        "M962",
        Text(
            "{p} 年的直接消耗系数矩阵不满足生产性条件：谱半径 {r} 不小于 1，"
            "列昂惕夫逆不存在或为负。",
            "The coefficients of {p} are not productive: their spectral radius {r} is not below "
            "1, so that the Leontief inverse is negative or does not exist.",
        ).format(p=period, r=f"{radius:.4g}"),
        evidence=[{"period": period, "spectral_radius": radius, "largest_column_sum": column_sum}],
        fix=Text(
            "核对产出与中间投入的单位是否一致，产出是否遗漏。",
            "Check that output and inputs have one unit and that no output is missing.",
        ),
    )

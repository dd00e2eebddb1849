"""What convergence is computed from: positive values over several periods."""

from __future__ import annotations

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.diagnose.variable import Variable, read_variable


def refuse_short(panel: Panel, periods: int) -> None:
    """Raise M770 when there are too few periods or entities for a change to be seen."""
    if len(panel.periods) >= periods and len(panel.entities) > 1:
        return
    raise ZhihengError(
        "M770",
        Text(
            "收敛说的是变化：至少要 {m} 个时期、两个地区；现有 {p} 个时期、{e} 个地区。",
            "Convergence is about change: it takes {m} periods and two entities; there are {p} "
            "and {e}.",
        ).format(m=periods, p=len(panel.periods), e=len(panel.entities)),
        evidence=[{"periods": len(panel.periods), "entities": len(panel.entities)}],
        fix=Text("加长窗口或增加地区。", "Use a longer window or more entities."),
    )


def read_complete(panel: Panel, expression: str) -> Variable:
    """Read a variable without gaps: changes of whole entities cannot do with parts of them.

    Raises
    ------
    ZhihengError
        M800 missing cells.
    """
    data = read_variable(panel, expression, gaps="drop")
    if data.mask.all():
        return data
    rows = panel.cells(~data.mask)
    raise ZhihengError(
        "M800",
        Text(
            "“{x}”有 {n} 个单元格没有观测值。", '"{x}" has {n} cells without an observation.'
        ).format(x=expression, n=len(rows)),
        evidence=rows,
        fix=Text(
            "换一个窗口或变量，或先去掉这些地区；这里看的是每个地区的变化，缺一期就接不上。",
            "Choose another window or variable, or leave these entities out first: changes of "
            "every entity are looked at, and one missing period breaks them.",
        ),
    )


def read_positive(panel: Panel, variable: str) -> Variable:
    """Read a variable that has to be above zero in every cell.

    Raises
    ------
    ZhihengError
        M800 gaps, M771 values of zero or less.
    """
    data = read_complete(panel, variable)
    wrong = ~(data.values > 0)
    if wrong.any():
        raise ZhihengError(
            "M771",
            Text(
                "“{x}”有不大于零的值：取不了对数，也没有相对差距可言。",
                '"{x}" has values of zero or less: they have no logarithm and no relative gap.',
            ).format(x=variable),
            evidence=panel.cells(wrong, data.values),
            fix=Text(
                "换成为正的水平值；极差标准化的得分有零，可写明平移，如 0.1 + x，并报告它。",
                "Use levels above zero; min-max scores hold zeros, so write a shift such as "
                "0.1 + x and report it.",
            ),
        )
    return data

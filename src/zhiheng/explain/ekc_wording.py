"""Notes, checks and the figure of fitted curves, in both languages."""

from __future__ import annotations

import numpy as np

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text

FLAT_CHECK = Text("拐点处斜率为零", "the slope at a turning point is zero")


def terms(regressor: str, degree: int) -> tuple[str, ...]:
    """The names of the powers of the regressor."""
    base = regressor if regressor.isidentifier() or regressor.endswith(")") else f"({regressor})"
    return (regressor, *(f"{base}^{k}" for k in range(2, degree + 1)))


def notes(degree: int, level: float, shape: Table, pieces: Table) -> list[Note]:
    """How the shape was tested, what it may be called, and how sure the turning point is."""
    return [_test(degree, level), _verdict(shape), *_set(pieces), _stationary()]


def _test(degree: int, level: float) -> Note:
    if degree == 2:
        said = Text(
            "形状检验（Sasabuchi；Lind–Mehlum）：在数据下端与上端分别单侧检验斜率的符号，"
            "取较大的 p；只有两端都成立、且拐点在数据范围内，才说 U 形或倒 U 形。",
            "Shape test (Sasabuchi; Lind–Mehlum): the sign of the slope is tested one-sided at "
            "the lowest and at the highest value of the data and the larger p counts; a U or an "
            "inverted U is spoken of only if both hold and the turning point lies inside the data.",
        )
    else:
        said = Text(
            "N 形检验：在数据下端、拐折处（斜率的极值点，标准误按 delta 法）与上端，"
            "分别单侧检验斜率的符号，取最大的 p；只有三处都成立、且两个拐点都在数据范围内，"
            "才说 N 形或倒 N 形。",
            "Test of an N: the sign of the slope is tested one-sided at the lowest value, at the "
            "inflection (where the slope is extreme; delta method) and at the highest value, and "
            "the largest p counts; an N is spoken of only if all three hold and both turning "
            "points lie inside the data.",
        )
    sets = Text(
        "拐点区间有两种：delta 法对称；Fieller 集收入斜率为零不被拒绝的全部取值（水平 {a}），"
        "可以不对称，也可以没有界，以它为准。",
        "Two intervals of the turning point: the delta method's is symmetric; the Fieller set "
        "holds all values at which a slope of zero is not rejected (level {a}), may be lopsided "
        "or without bound, and is the one to go by.",
    ).format(a=f"{level:g}")
    return Note(Text("{a}{b}", "{a} {b}").format(a=said, b=sets))


def _verdict(shape: Table) -> Note:
    found = str(shape.columns["shape"][0])
    inside = int(shape.columns["turning_inside"][0])
    if found != "not_established":
        return Note(
            Text("检验确立的形状：{s}。", "The test establishes the shape: {s}.").format(
                s=option_word("shape", found)
            )
        )
    return Note(
        Text(
            "形状未确立（数据范围内的拐点：{n} 个）：两端斜率的符号没有都得到支持，"
            "或拐点在数据之外。幂次项显著不等于曲线已经拐头。",
            "No shape is established ({n} turning points inside the data): the signs of the "
            "slopes are not all supported, or a turning point lies outside the data. Significant "
            "powers do not mean that the curve has turned.",
        ).format(n=inside),
        level="caution",
        code="M733",
    )


def _set(pieces: Table) -> list[Note]:
    low, high = pieces.columns["low"], pieces.columns["high"]
    if (np.isfinite(low) & np.isfinite(high)).all():
        return []
    return [
        Note(
            Text(
                "Fieller 集没有界（空格表示无界）：在此水平上不能排除曲线没有拐点，"
                "delta 区间的精确是假象。",
                "The Fieller set has no bound (a blank is no bound): at this level it cannot be "
                "ruled out that the curve has no turning point, and the delta interval is more "
                "exact than the data.",
            ),
            level="caution",
            code="M734",
        )
    ]


def _stationary() -> Note:
    return Note(
        Text(
            "收入与排放多有趋势：有趋势的序列之间，幂次项也会“显著”；宜与双向固定效应、"
            "短窗口或一阶差分的结果对照。",
            "Income and emissions trend: between trending series powers come out “significant” "
            "too; compare with two-way effects, shorter windows or first differences.",
        )
    )


def curve_figure(regressor: str, marks: list[float]) -> Figure:
    """The fitted curve over the range of the data, with its band and turning points."""
    return Figure(
        name="curve",
        kind="curve",
        table="curve",
        title=Text("拟合曲线与拐点", "Fitted curve and turning points"),
        reading=Text(
            "曲线只画在数据范围之内，高度是与解释变量均值处之差，阴影是置信带；"
            "竖虚线是数据范围内的拐点，没有竖线就是没有在数据内拐头。",
            "The curve is drawn over the range of the data only, its height the difference from "
            "the mean of the regressor, the shade its confidence band; dashed uprights are "
            "turning points inside the data, and without one the curve does not turn there.",
        ),
        encodings={
            "x": "at",
            "value": "fitted_difference",
            "low": "ci_low",
            "high": "ci_high",
            "marks": list(marks),
            "x_name": regressor,
        },
    )

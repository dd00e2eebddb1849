"""Notes and figures of densities and of their dynamics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.diagnose.spread import Spread
from zhiheng.kernels.density import outside
from zhiheng.kernels.modality import Unimodality

Array = NDArray[np.float64]

SMALL = 50
"""Values below which the test for one mode finds a second one only if it is plain to see."""
LEAK = 0.01
"""Mass below zero of a variable that is never negative, from which on it is said."""
SURE = 0.05
"""Level at which more than one mode is spoken of."""


class Shaped(Protocol):
    """What the notes need to know of a period."""

    @property
    def values(self) -> Array: ...  # noqa: D102
    @property
    def width(self) -> float: ...  # noqa: D102
    @property
    def peaks(self) -> Array: ...  # noqa: D102
    @property
    def test(self) -> Unimodality | None: ...  # noqa: D102


def density_notes(data: Spread, *, rule: str | float, relative: bool, draws: int) -> list[Note]:
    """Kernel, bandwidth, scale and test."""
    named = (
        Text(f"给定 {rule:g}", f"given as {rule:g}")
        if not isinstance(rule, str)
        else option_word("bandwidth", rule)
    )
    said = [
        Note(
            Text("高斯核；带宽：{b}。", "Gaussian kernel; bandwidth: {b}.").format(b=named),
        )
    ]
    if relative:
        said.append(relative_note())
    if draws:
        said.append(
            Note(
                Text(
                    "单峰检验：西尔弗曼平滑自助法 {d} 次；p_silverman 偏于保守，"
                    "p_calibrated 按霍尔与约克校准、只数数据范围内的峰；"
                    "p_dip 是哈蒂根 Dip 检验（对照均匀分布），不依赖带宽。p 小才说明不止一个峰。",
                    "Test for one mode: Silverman's smoothed bootstrap, {d} draws; p_silverman is "
                    "cautious, p_calibrated follows Hall and York and counts modes within the "
                    "range of the data; p_dip is Hartigan's dip test against the uniform and needs "
                    "no bandwidth. Only a small p speaks for more than one.",
                ).format(d=draws)
            )
        )
        least = int(data.mask.sum(axis=0).min())
        if least < SMALL:
            said.append(
                Note(
                    Text(
                        "每期只有 {n} 个值：检验力弱，p 大不等于只有一个峰。",
                        "With {n} values a period the test has little power: a large p is no proof "
                        "of a single mode.",
                    ).format(n=least),
                    level="caution",
                    code="M854",
                )
            )
    return said


def axis_column(*, relative: bool) -> str:
    """The column of what a density is a density of."""
    return "relative_value" if relative else "value"


def relative_note() -> Note:
    """That values are over the mean of their period."""
    return Note(
        Text(
            "各值已除以当期各地区的简单平均：1 表示等于平均，共同增长不在其中。",
            "Values are over the plain mean of their period: 1 is the average, and common growth "
            "has dropped out.",
        )
    )


def mode_notes(when: NDArray[np.int64], shapes: Sequence[Shaped], data: Spread) -> list[Note]:
    """Peaks that are drawn but not established, and mass where there can be none."""
    said: list[Note] = []
    several = [(int(t), s) for t, s in zip(when, shapes, strict=True) if len(s.peaks) > 1]
    unsure = [t for t, s in several if s.test is not None and s.test.p_calibrated > SURE]
    if unsure:
        said.append(
            Note(
                Text(
                    "{t}：图上不止一个峰，但检验不排斥单峰，不宜据此说两极或多极分化。",
                    "{t}: more than one peak is drawn, but the test does not reject a single one; "
                    "no ground to speak of polarisation.",
                ).format(t=", ".join(map(str, unsure))),
                level="caution",
                code="M855",
            )
        )
    if data.mask.any() and float(data.values[data.mask].min()) >= 0:
        leak = max(outside(s.values, s.width, 0.0, np.inf) for s in shapes)
        if leak > LEAK:
            said.append(
                Note(
                    Text(
                        "变量不为负，密度却有至多 {m} 的质量落在零以下：靠近零的形状不可信。",
                        "The variable is never negative, yet up to {m} of a density lies below "
                        "zero: do not trust its shape near zero.",
                    ).format(m=f"{100 * leak:.1f}%"),
                    level="caution",
                    code="M856",
                )
            )
    return said


def ridgeline(*, relative: bool, unit: str) -> Figure:
    """Densities one below the other."""
    encodings: dict[str, object] = {"row": "period", "x": axis_column(relative=relative),
                                    "value": "probability_density"}  # fmt: skip
    encodings |= {"reference": 1} if relative else {"unit": unit}
    return Figure(
        "ridgeline",
        "ridgeline",
        "density",
        Text("各期的分布", "The distribution in each period"),
        Text(
            "每条山脊是一期的密度，从上到下按时间排列：右移是水平提高，变宽是差距扩大，"
            "峰数要看检验。",
            "Each ridge is the density of a period, in order of time from the top: to the right is "
            "a rise, wider is more spread; how many peaks there are is for the test to say.",
        ),
        encodings,  # pyright: ignore[reportArgumentType]
    )

"""Notes and figures of the stochastic kernel."""

from __future__ import annotations

from collections.abc import Mapping

from zhiheng.core.result import Cell, Figure, Note
from zhiheng.core.text import Text
from zhiheng.diagnose.density_wording import axis_column, relative_note
from zhiheng.diagnose.sample import bootstrap_note
from zhiheng.diagnose.spread import Spread
from zhiheng.diagnose.theil_wording import titled

__all__ = ["axis_column", "curve_titles", "figures", "notes", "titled"]

SLOW = 5.0
"""Windows that a half-life may be long before the long run is called out of sight."""


def curve_titles(first: int, last: int) -> dict[str, Text]:
    """The curves of a result with their words: two periods and the long run."""
    return {
        "first_period": Text.same(str(first)),
        "last_period": Text.same(str(last)),
        "long_run": Text("长期（遍历）", "long run (ergodic)"),
    }


def notes(
    data: Spread,
    row: Mapping[str, Cell],
    *,
    relative: bool,
    aligned: bool,
    adaptive: bool,
    half: float,
    lag: int,
    draws: int,
    level: float,
    crossing: int,
) -> list[Note]:
    """Bandwidths, what the long run is, and how far away it lies."""
    kind = Text(
        ("沿散点方向" if aligned else "上下左右对称")
        + ("、自适应（下为中位数）" if adaptive else ""),
        ("laid along the cloud of pairs" if aligned else "upright")
        + (", adaptive (medians shown)" if adaptive else ""),
    )
    said = [
        Note(
            Text(
                "高斯核，{k}，正态参照带宽：起点方向 {a:.4g}，终点方向 {b:.4g}；"
                "留在原处指变动不超过 ±{h:.4g}。",
                "Gaussian kernels, {k}, normal reference bandwidths: {a:.4g} towards the start, "
                "{b:.4g} towards the end; staying is a move of no more than ±{h:.4g}.",
            ).format(k=kind, a=row["bandwidth_start"], b=row["bandwidth_end"], h=half)
        ),
        Note(
            Text(
                "遍历密度是假定变动规律永远不变时的长期分布，不是预测。",
                "The ergodic density is the long run of an unchanging law of motion, no forecast.",
            )
        ),
    ]
    said += [relative_note()] if relative else [_level_note()]
    if draws:
        said.append(bootstrap_note(draws, level, within=False, by_t=False))
    if lag > 1:
        said.append(
            Note(
                Text(
                    "相隔 {k} 期的变动彼此重叠，不能当作独立观测。",
                    "Movements over {k} periods overlap and are not independent observations.",
                ).format(k=lag)
            )
        )
    said += _far(data, row["deviation_half_life"])
    if not crossing:
        said.append(
            Note(
                Text(
                    "在数据的中间九成范围内，期望值不与对角线相交：没有看到聚集的水平。",
                    "Within the central nine tenths of the data the expected value does not cross "
                    "the diagonal: no level is seen at which values gather.",
                )
            )
        )
    return said


def coarse_notes(step: float, move: float) -> list[Note]:
    """Moves so small that the cells of the chain blur them."""
    if step <= move:
        return []
    return [
        Note(
            Text(
                "一期的变动（标准差 {m:.3g}）比网格（{s:.3g}）还小：长期分布被网格抹平，"
                "宜加大 lag。",
                "The moves of one period (standard deviation {m:.3g}) are smaller than the cells "
                "({s:.3g}): the grid blurs the long run; use a larger lag.",
            ).format(m=move, s=step),
            level="caution",
            code="M848",
        )
    ]


def _level_note() -> Note:
    return Note(
        Text(
            "用的是水平值：共同增长使各地一起上升，遍历分布可能落在数据之外，慎读。",
            "Levels are used: with common growth all rise together, and the ergodic density may "
            "lie outside the data.",
        ),
        level="caution",
        code="M858",
    )


def _far(data: Spread, half_life: Cell) -> list[Note]:
    window = data.panel.periods[-1] - data.panel.periods[0]
    if isinstance(half_life, float) and half_life <= SLOW * window:
        return []
    return [
        Note(
            Text(
                "偏离减半的时间远长于数据的 {w} 期：长期分布主要由核的形状决定，不宜引用。",
                "Deviations halve over far more than the {w} periods of the data: the long run is "
                "made by the kernels' shape and should not be quoted.",
            ).format(w=window),
            level="caution",
            code="M859",
        )
    ]


def figures(*, relative: bool, unit: str) -> tuple[Figure, ...]:
    """The kernel with the diagonal, and the first, last and long-run densities."""
    contour: dict[str, object] = {
        "x": "from_value",
        "y": "to_value",
        "value": "probability_density",
    }
    ridge: dict[str, object] = {"row": "curve", "x": axis_column(relative=relative),
                                "value": "probability_density", "low": "ci_low", "high": "ci_high",
                                "own_scale": True}  # fmt: skip
    if relative:
        ridge["reference"] = 1
    else:
        contour["unit"] = ridge["unit"] = unit
    return (
        Figure(
            "kernel",
            "contour",
            "kernel",
            Text("从哪里到哪里：随机核", "From where to where: the stochastic kernel"),
            Text(
                "横轴是起点，纵轴是若干期之后；每一竖列是一个条件密度，越深越可能。"
                "颜色沿对角线，说明位置持续；比对角线平，说明追赶。",
                "Across is the start, upwards some periods later; each column is a conditional "
                "density, darker is likelier. Colour along the diagonal is persistence, a ridge "
                "flatter than the diagonal is catching up.",
            ),
            contour,  # pyright: ignore[reportArgumentType]
        ),
        Figure(
            "ergodic",
            "ridgeline",
            "ergodic",
            Text("首期、末期与长期的分布", "The first, the last and the long-run distribution"),
            Text(
                "各条按自己的高度画；最下一条是变动规律不变时的长期分布，橙色带是重抽地区得到的区间。",
                "Each is drawn to its own height; the lowest is the long run of an unchanging law "
                "of motion, its orange band the interval from resampled entities.",
            ),
            ridge,  # pyright: ignore[reportArgumentType]
        ),
    )

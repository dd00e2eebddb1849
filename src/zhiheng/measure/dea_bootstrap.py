"""Radial efficiency with its sampling error: bias, correction and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.smoothed_bootstrap import Bootstrapped, Side, bootstrap, worth_correcting
from zhiheng.measure.production import (
    cube_of,
    current_prices,
    in_order,
    names_of,
    read,
    refuse_draws,
    refuse_stalled,
    too_few,
)

Array = NDArray[np.float64]
LEVEL = 0.95
SHOWN = 8


@method(zh="效率的自助法：偏差修正与 95% 区间（Simar–Wilson）", example="regions")
def dea_bootstrap(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    returns: Literal["crs", "vrs"] = "vrs",
    orientation: Literal["input", "output"] = "output",
    frontier: Literal["period", "pooled"] = "period",
    draws: int = 2000,
    seed: int = 1,
    bandwidth: float | None = None,
) -> Result:
    """Say how far radial efficiency is flattered by the sample, and how sure it is.

    Use it before ranks or gaps of efficiency are read as facts: a frontier estimated from a
    sample lies inside the true one, so that scores are too high, the more so with few units
    and many variables. The homogeneous smoothed bootstrap takes inefficiency to spread alike
    for all units and the units to be a sample; for all provinces of a country the sample is
    one of possible outcomes. It has no undesirable outputs.

    Parameters
    ----------
    panel : Panel
    inputs, outputs : list of str
        Series or expressions with values above zero, in natural units.
    returns : {"crs", "vrs"}
    orientation : {"input", "output"}
    frontier : {"period", "pooled"}
        Spanned by each period alone, or by all periods together.
    draws : int
        2,000 after the authors; at least 100.
    seed : int
    bandwidth : float
        Of the smoothing, on the scale of Shephard's distance; by default Silverman's rule
        as adjusted by Daraio and Simar (2007, eq. 3.26).

    Raises
    ------
    ZhihengError
        M664 a unit without any input or output, M666 a score without a certified answer, M667
        a frontier with fewer than two inefficient units, M668 too few draws, a seed below zero
        or a bandwidth that is not above zero, and the refusals of inputs and outputs that
        `dea_radial` has.

    References
    ----------
    Simar and Wilson (1998) Management Science 44(1): 49-61; Simar and Wilson (2000) Journal
    of Applied Statistics 27(6): 779-802.
    """
    refuse_draws(draws, seed, bandwidth)
    panel = in_order(panel)
    data = read(panel, inputs, outputs, (), zeros=True)
    cube, pool = cube_of(data), frontier == "pooled"
    random = np.random.default_rng(seed)
    side = Side(orientation, returns == "vrs")
    e, t = len(panel.entities), len(panel.periods)
    found: list[Bootstrapped] = []
    for periods in [np.arange(t)] if pool else np.arange(t)[:, None]:
        units = cube.at(periods)
        one = bootstrap(
            units.x, units.y, side, draws=draws, level=LEVEL, width=bandwidth, random=random
        )
        found.append(one)
    refuse_stalled(panel, ~np.isfinite(_grid([one.d for one in found], (e, t))))
    _refuse_no_inefficiency(panel, found, pool=pool)
    refuse_stalled(panel, ~np.isfinite(_grid([one.sampled.bias for one in found], (e, t))))
    cells = _cells(found, (e, t))
    tables = {
        "scores": _scores(panel, cells),
        "frontiers": _frontiers(panel, found, pool=pool),
    }
    said = _notes(panel, cells, found, side, draws)
    size = len(panel.entities) * (len(panel.periods) if pool else 1)
    warned = [*(current_prices(panel, data) if pool else []), *too_few(data, size)]
    return Result(
        tables,
        _figures(),
        (*data.notes, *warned, *said),
        (_ordered(cells), _certified(found)),
        data.series,
    )


def _grid(values: list[Array], shape: tuple[int, int]) -> Array:
    """Values of one frontier after another as (entities, periods)."""
    return np.stack(values, axis=1).reshape(shape)


def _cells(found: list[Bootstrapped], shape: tuple[int, int]) -> dict[str, Array]:
    """Arrays (E, T) on the scale of efficiency; the bounds of an interval change places."""
    score = 1.0 / _grid([one.d for one in found], shape)
    corrected = 1.0 / _grid([one.sampled.corrected for one in found], shape)
    ratio = [worth_correcting(one.sampled.bias, one.sampled.std_error) for one in found]
    return {
        "efficiency": score,
        "corrected": corrected,
        "bias": score - corrected,
        "ci_low": 1.0 / _grid([one.sampled.high for one in found], shape),
        "ci_high": 1.0 / _grid([one.sampled.low for one in found], shape),
        "bias_ratio": _grid(ratio, shape),
    }


def _scores(panel: Panel, cells: dict[str, Array]) -> Table:
    worth = cells["bias_ratio"].ravel() > 1.0
    return Table.of(
        ("entity", "period"),
        **names_of(panel, len(panel.periods)),
        period=np.tile(np.array(panel.periods, dtype=np.int64), len(panel.entities)),
        **{name: values.ravel() for name, values in cells.items()},
        advisable=["yes" if w else "no" for w in worth],
    )


def _frontiers(panel: Panel, found: list[Bootstrapped], *, pool: bool) -> Table:
    first = np.array([panel.periods[0]] if pool else panel.periods, dtype=np.int64)
    last = np.array([panel.periods[-1]] if pool else panel.periods, dtype=np.int64)
    return Table.of(
        ("period_from", "period"),
        period_from=first,
        period=last,
        n=[len(one.d) for one in found],
        on_frontier=[int((one.d == 1.0).sum()) for one in found],
        bandwidth=[one.bandwidth for one in found],
        efficiency=[float((1.0 / one.d).mean()) for one in found],
        corrected=[float((1.0 / one.sampled.corrected).mean()) for one in found],
    )


def _refuse_no_inefficiency(panel: Panel, found: list[Bootstrapped], *, pool: bool) -> None:
    rows: list[Row] = [
        {
            "period": "all" if pool else panel.periods[k],
            "n": len(one.d),
            "inefficient": int((one.d > 1.0).sum()),
        }
        for k, one in enumerate(found)
        if not np.isfinite(one.bandwidth)
    ]
    if rows:
        raise ZhihengError(
            "M667",
            Text(
                "有 {n} 个前沿上几乎全是有效的地区；没有无效的地区，就看不出效率如何散布。",
                "On {n} frontiers nearly all units are efficient; without inefficient ones nothing "
                "shows how efficiency spreads.",
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "减少投入产出的个数，或用 frontier=pooled、returns=crs。",
                "Use fewer inputs and outputs, or frontier=pooled, or returns=crs.",
            ),
        )


def _notes(
    panel: Panel, cells: dict[str, Array], found: list[Bootstrapped], side: Side, draws: int
) -> list[Note]:
    said = [
        Note(
            Text(
                "径向效率（{o}，{r}）；同质平滑自助法，{d} 次，在 1 处反射；"
                "平均带宽 {h}（各前沿见表）。",
                "Radial efficiency ({o}, {r}); homogeneous smoothed bootstrap, {d} draws, "
                "reflected at one; mean bandwidth {h} (by frontier in the table).",
            ).format(
                o=option_word("orientation", side.orientation),
                r=option_word("returns_to_scale", "vrs" if side.variable else "crs"),
                d=draws,
                h=f"{np.mean([one.bandwidth for one in found]):.3g}",
            )
        ),
        Note(
            Text(
                "样本前沿在真前沿之内，效率因此偏高：原值落在区间之上是正常的，"
                "区间属于修正后的效率。",
                "The frontier of a sample lies inside the true one and flatters: a plain score "
                "above its interval is normal, the interval is that of efficiency itself.",
            )
        ),
    ]
    if len(panel.periods) > 1:
        said.append(_across_periods())
    poor = cells["bias_ratio"] <= 1.0
    if poor.any():
        said.append(_not_advisable(panel, poor))
    return said


def _across_periods() -> Note:
    return Note(
        Text(
            "抽取时把每个地区—时期当作独立的：同一地区各期之间的相关没有算进区间。",
            "Draws take every region and period as independent: that the periods of a region go "
            "together is not in the intervals.",
        )
    )


def _not_advisable(panel: Panel, poor: NDArray[np.bool_]) -> Note:
    places = list(zip(*np.nonzero(poor), strict=True))
    more = "…" if len(places) > SHOWN else ""
    named = [(panel.name(panel.entities[e]), panel.periods[t]) for e, t in places[:SHOWN]]
    listed = Text(
        "、".join(f"{n.zh} {t}" for n, t in named) + (more or "。"),
        ", ".join(f"{n.en} {t}" for n, t in named) + (more or "."),
    )
    return Note(
        Text(
            "有 {n} 个单元格的偏差平方不到方差的三倍：修正带来的噪声大于它去掉的偏差，"
            "宜用原值并附区间。{s}",
            "In {n} cells the squared bias is below three variances: correction would add more "
            "noise than it takes bias away; use the plain score with its interval. {s}",
        ).format(n=len(places), s=listed),
        level="caution",
        code="M678",
    )


def _figures() -> tuple[Figure, ...]:
    return (
        Figure(
            "corrected",
            "interval",
            "scores",
            Text(
                "修正后的效率与 95% 区间（最近一期）",
                "Corrected efficiency with 95% interval, last period",
            ),
            Text(
                "两条线重叠的地区，不能说谁更有效率。",
                "Of regions whose lines overlap, none can be said to be more efficient.",
            ),
            {
                "label": "entity", "value": "corrected", "low": "ci_low", "high": "ci_high",
                "sort": "-value", "where": {"period": "last"}, "reference": 1,
            },
        ),
    )  # fmt: skip


def _ordered(cells: dict[str, Array]) -> Check:
    """Bounds are in order and nothing lies outside (0, 1]."""
    beyond = [cells["ci_low"] - cells["ci_high"], cells["ci_high"] - 1.0, -cells["ci_low"]]
    return Check(
        Text("区间上下有序并在 0 与 1 之间", "intervals are in order and lie in (0, 1]"),
        float(np.maximum(np.stack(beyond), 0.0).max()),
        1e-9,
    )


def _certified(found: list[Bootstrapped]) -> Check:
    return Check(
        Text(
            "没有证书的线性规划个数（全部抽样）",
            "programmes without a certified answer, over all draws",
        ),
        float(sum(one.failed for one in found)),
        0.0,
    )

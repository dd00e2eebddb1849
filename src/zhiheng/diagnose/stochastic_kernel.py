"""Distribution dynamics: where entities go from where they are, and the long run of that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import dynamics_wording as wording
from zhiheng.diagnose.spread import Spread, out_of_range, read_spread, refuse_flat
from zhiheng.diagnose.variable import Gaps
from zhiheng.kernels.density import density
from zhiheng.kernels.markov import pairs as period_pairs
from zhiheng.kernels.resample import interval, multiplicities
from zhiheng.kernels.stochastic_kernel import (
    Pairs,
    conditional,
    crossings,
    ergodic,
    kernels_of,
    levels,
    operator,
    reach,
    slowest,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
# The grid ends four bandwidths beyond the data, where a kernel has 3e-5 of its mass left.
ROWS = 1e-4
# A stationary density of a chain of some dozens of states, solved directly.
BALANCE = 1e-8
MOST_CELLS = 240


@method(zh="随机核：条件分布、遍历分布、持续性与交叉点", example="regions")
def stochastic_kernel(
    panel: Panel,
    *,
    variable: str,
    lag: int = 1,
    relative: bool = True,
    aligned: bool = True,
    adaptive: bool = False,
    bandwidth: float = 1.0,
    band: float = 0.25,
    points: int = 60,
    draws: int = 199,
    seed: int = 1,
    level: float = 0.05,
    gaps: Gaps = "refuse",
) -> Result:
    """Estimate the distribution of a variable some periods on, given where it stands now.

    Use it to see persistence, catching up and clubs without cutting classes: mass on the
    diagonal is staying, a ridge flatter than it is catching up, two islands are two clubs.
    It assumes one law of motion for all entities and periods, without memory beyond the
    present value, and explains nothing. The ergodic density is where an unchanging law
    would lead, not a forecast.

    Parameters
    ----------
    panel : Panel
        At least two periods that lie `lag` apart.
    variable : str
        A series or an expression.
    lag : int
        Periods from start to end, counted by period, not by row.
    relative : bool
        Divide by the mean of the period first, as is usual: else common growth makes
        everybody rise and there is no long run.
    aligned : bool
        Lay the kernels along the cloud of pairs (the normal reference with its full
        covariance, as in scipy). Upright ones are wider than the moves where values
        persist, and then draw their own width.
    adaptive : bool
        Widen the kernel where pairs are rare (Abramson) instead of one bandwidth for all.
    bandwidth : float
        Factor on the normal reference bandwidths (Scott's factor ``n^(-1/6)``).
    band : float
        Half the width of what counts as staying, in standard deviations of all starts.
    points : int
        Cells of the printed kernel in each direction, 30 to 120; the chain uses finer
        ones where moves are small.
    draws : int
        Resamples of entities with all their transitions; 0 for none.
    seed : int
        Seed of the resamples.
    level : float
        One minus the coverage of the intervals.
    gaps : {"refuse", "drop"}
        What to do with missing cells; a dropped one breaks the transitions to and from it.

    Raises
    ------
    ZhihengError
        M800 gaps, M841 a mean that is not above zero, M844 an option out of range, M845 too
        few distinct values, M846 no two periods that far apart.

    References
    ----------
    Quah (1997) Journal of Economic Growth 2(1): 27-59; Johnson (2005) Economics Letters
    87(3): 411-416.
    """
    _refuse_options(lag, float(bandwidth), float(band), points, (draws, level))
    data = read_spread(panel, variable, relative=relative, gaps=gaps)
    start, end, owner = _transitions(data, lag)
    found = kernels_of(start, end, factor=float(bandwidth), aligned=aligned, adaptive=adaptive)
    edges, times = _edges(found, points)
    grid, step = 0.5 * (edges[:-1] + edges[1:]), float(edges[1] - edges[0])
    even = np.ones((1, len(start)))
    mass = conditional(found, edges, even)[0]
    chain = operator(mass)
    run = ergodic(chain, step)
    half = float(band) * float(np.std(start, ddof=1))
    weights = _weights(data, owner, draws, seed)
    at = np.quantile(start, QUANTILES)
    axis = wording.axis_column(relative=relative)
    crossing, gathers = _crossings(found, grid, even)
    tables = {
        "kernel": _kernel(found, edges, mass, times),
        "ergodic": _ergodic(data, found, (edges, run), (weights, level), axis),
        "persistence": _persistence(found, (axis, at), half, weights, level),
        "dynamics": _dynamics(data, found, chain, lag=lag, owner=owner),
    }
    if len(crossing):
        tables["crossings"] = _crossing_table(axis, crossing, gathers)
    notes = wording.notes(
        data, tables["dynamics"].row(0), relative=relative, aligned=aligned, adaptive=adaptive,
        half=half, lag=lag, draws=draws, level=level, crossing=len(crossing),
    )  # fmt: skip
    notes += wording.coarse_notes(step, _move(found))
    checks = _checks(mass, chain, run, step)
    return Result(tables, wording.figures(relative=relative, unit=data.unit),
                  (*data.notes, *notes), checks, data.series)  # fmt: skip


def _move(pairs: Pairs) -> float:
    """The standard deviation of the end given the start, of which the kernels are a part."""
    rate = float(np.median(pairs.wide)) / float(np.std(pairs.start, ddof=1))
    return float(np.median(pairs.tall)) / rate


def _edges(pairs: Pairs, points: int) -> tuple[Array, int]:
    """Edges of the cells of the chain, and how many of them make a printed one.

    Two cells or more per standard deviation of a move, within limits: a cell adds a
    twelfth of its square to the variance of each step.
    """
    (low, high), move = reach(pairs), _move(pairs)
    wanted = int(np.ceil(2 * (high - low) / (move * points))) if move > 0 else 1
    times = min(max(wanted, 1), max(1, MOST_CELLS // points))
    return np.linspace(low, high, points * times + 1), times


def _refuse_options(
    lag: int, bandwidth: float, band: float, points: int, resampling: tuple[int, float]
) -> None:
    draws, level = resampling
    wrong: list[Row] = [
        {"option": name, "value": value}
        for name, value, fits in (
            ("lag", lag, lag >= 1),
            ("bandwidth", bandwidth, bandwidth > 0 and np.isfinite(bandwidth)),
            ("band", band, band > 0 and np.isfinite(band)),
            ("points", points, 30 <= points <= 120),
            ("draws", draws, draws == 0 or draws >= 2),
            ("level", level, 0 < level < 1),
        )
        if not fits
    ]
    if wrong:
        raise out_of_range(
            wrong,
            Text(
                "滞后至少一期，带宽倍数与 band 大于零，网格 30 到 120 格，抽取零次或至少两次，"
                "level 在零与一之间。",
                "Let the lag be one or more, bandwidth and band above zero, points 30 to 120, "
                "draws none or at least two, and level between zero and one.",
            ),
        )


def _transitions(data: Spread, lag: int) -> tuple[Array, Array, Codes]:
    """Values at start and end, and the entity of each pair."""
    periods = np.array(data.panel.periods, dtype=np.int64)
    first, last = period_pairs(periods, lag)
    if not len(first):
        raise ZhihengError(
            "M846",
            Text(
                "没有相隔 {k} 期的两期，看不到变动。",
                "No two periods lie {k} apart, so that no movement is seen.",
            ).format(k=lag),
            evidence=[{"periods": ", ".join(map(str, data.panel.periods)), "lag": lag}],
            fix=Text(
                "加长窗口或换滞后期数；只有一期时用 kernel_density。",
                "Use a longer window or another lag; for a single period use kernel_density.",
            ),
        )
    used = np.unique(np.concatenate([first, last])).tolist()
    refuse_flat(data.panel, data.values, data.mask, used)
    seen = data.mask[:, first] & data.mask[:, last]
    owner = np.broadcast_to(np.arange(len(data.values))[:, None], seen.shape)[seen]
    return data.values[:, first][seen], data.values[:, last][seen], owner


def _weights(data: Spread, owner: Codes, draws: int, seed: int) -> Array | None:
    """How often each pair is drawn with its entity, shape (draws, pairs)."""
    if not draws:
        return None
    one = np.zeros(len(data.values), dtype=np.intp)
    return multiplicities(one, draws=draws, seed=seed)[:, owner]


def _kernel(pairs: Pairs, edges: Array, mass: Array, times: int) -> Table:
    """Mean density in cells of so many of the chain's in each direction.

    Only starts within the range of those seen: beyond it kernels stand for data.
    """
    size = len(mass) // times
    step = float(edges[1] - edges[0])
    shown = mass.reshape(size, times, size, times).mean(axis=(1, 3)) / step
    wide = edges[::times]
    middle = 0.5 * (wide[:-1] + wide[1:])
    seen = (middle >= pairs.start.min()) & (middle <= pairs.start.max())
    return Table.of(
        ("from_value", "to_value"),
        from_value=np.repeat(middle[seen], size),
        to_value=np.tile(middle, int(seen.sum())),
        probability_density=shown[seen].ravel(),
    )


def _ergodic(
    data: Spread, pairs: Pairs, found: tuple[Array, Array], drawn: tuple[Array | None, float],
    axis: str,
) -> Table:  # fmt: skip
    """The long-run density with its interval, beside the first and the last period."""
    (edges, run), (weights, level) = found, drawn
    grid, step = 0.5 * (edges[:-1] + edges[1:]), float(edges[1] - edges[0])
    ends = np.full((2, len(grid)), np.nan)
    if weights is not None:
        ends = interval(ergodic(operator(conditional(pairs, edges, weights)), step), level)
    h = float(np.median(pairs.wide))
    sides = [data.values[data.mask[:, t], t] for t in (0, -1)]
    curves = [density(np.sort(x), h, grid) for x in sides]
    gap = np.full(len(grid), np.nan)
    names = wording.curve_titles(data.panel.periods[0], data.panel.periods[-1])
    size = len(grid)
    return Table.of(
        ("curve", axis),
        curve=np.repeat(list(names), size).tolist(),
        curve_title_zh=np.repeat([t.zh for t in names.values()], size).tolist(),
        curve_title_en=np.repeat([t.en for t in names.values()], size).tolist(),
        **{axis: np.tile(grid, 3)},
        probability_density=np.concatenate([*curves, run]),
        ci_low=np.concatenate([gap, gap, ends[0]]),
        ci_high=np.concatenate([gap, gap, ends[1]]),
    )


def _persistence(
    pairs: Pairs, where: tuple[str, Array], half: float, weights: Array | None, level: float
) -> Table:
    axis, at = where
    even = np.ones((1, len(pairs.start)))
    one = levels(pairs, at, half, even)
    ends = np.full((2, 2, len(at)), np.nan)
    if weights is not None:
        many = levels(pairs, at, half, weights)
        ends = np.stack([interval(many.expected, level), interval(many.stay, level)])
    return Table.of(
        ("quantile",),
        quantile=np.array(QUANTILES),
        **{axis: at},
        expected_end=one.expected[0],
        expected_low=ends[0, 0],
        expected_high=ends[0, 1],
        p_down=one.down[0],
        stay=one.stay[0],
        stay_low=ends[1, 0],
        stay_high=ends[1, 1],
        p_up=one.up[0],
    )


def _crossings(pairs: Pairs, grid: Array, even: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Crossings of the diagonal within the central nine tenths of the starts."""
    low, high = np.quantile(pairs.start, [0.05, 0.95])
    fine = np.linspace(low, high, 4 * len(grid))
    return crossings(fine, levels(pairs, fine, 1.0, even).expected[0])


def _crossing_table(axis: str, place: Array, gathers: NDArray[np.bool_]) -> Table:
    kinds = ["gathers" if g else "parts" for g in gathers]
    return Table.of(
        ("number",),
        number=np.arange(1, len(place) + 1),
        **{axis: place},
        **wording.titled("crossing", "crossing", kinds, 1),
    )


def _dynamics(data: Spread, pairs: Pairs, chain: Array, *, lag: int, owner: Codes) -> Table:
    second = slowest(chain)
    life = lag * np.log(0.5) / np.log(second) if 0 < second < 1 else np.nan
    return Table.of(
        ("period_from", "period"),
        period_from=[data.panel.periods[0]],
        period=[data.panel.periods[-1]],
        n=[len(pairs.start)],
        entities=[len(np.unique(owner))],
        bandwidth_start=[float(np.median(pairs.wide))],
        bandwidth_end=[float(np.median(pairs.tall))],
        second_eigenvalue=[second],
        deviation_half_life=[life],
    )


def _checks(mass: Array, chain: Array, run: Array, step: float) -> tuple[Check, ...]:
    return (
        Check(
            Text("每个起点的条件密度积分等于一", "each conditional density integrates to one"),
            float(np.abs(mass.sum(axis=1) - 1.0).max()),
            ROWS,
        ),
        Check(
            Text("遍历密度积分等于一", "the ergodic density integrates to one"),
            float(abs(run.sum() * step - 1.0)),
            BALANCE,
        ),
        Check(
            Text("遍历密度经一步转移不变", "one step leaves the ergodic density as it is"),
            float(np.abs(run @ chain - run).max() * step),
            BALANCE,
        ),
    )

"""What goes with efficiency: truncated regression with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import Cube
from zhiheng.kernels.second_stage import (
    Production as Units,
)
from zhiheng.kernels.second_stage import (
    Regression,
    basic_interval,
    corrected_scores,
    plain_scores,
    regress,
)
from zhiheng.kernels.smoothed_bootstrap import Side
from zhiheng.measure.dea_second_stage_input import (
    Regressors,
    read_regressors,
    refuse_algorithm,
    refuse_few,
    refuse_no_maximum,
)
from zhiheng.measure.dea_second_stage_wording import figures, notes
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
# d at least one, up to the rounding of answers certified to 1e-9.
BELOW_ONE = 1e-8


@method(zh="效率影响因素：Simar–Wilson 两阶段截断回归（算法一、二）", example="regions")
def dea_second_stage(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    regressors: Sequence[str],
    returns: Literal["crs", "vrs"] = "vrs",
    orientation: Literal["input", "output"] = "output",
    frontier: Literal["period", "pooled"] = "pooled",
    algorithm: int = 1,
    draws: int = 2000,
    bias_draws: int = 100,
    seed: int = 1,
) -> Result:
    """Regress inefficiency on what may go with it, with intervals that are valid for DEA scores.

    Use it in place of a Tobit or least squares regression of scores: those take estimated,
    mutually dependent scores for data and the ones for a pile of censored values, and are
    inconsistent. It needs separability: the regressors shift efficiency and not the frontier.
    It shows association, no effect, and knows neither fixed effects of entities nor that
    periods of an entity go together: intervals are then too short.

    Parameters
    ----------
    panel : Panel
    inputs, outputs : list of str
        Series or expressions with values above zero, in natural units.
    regressors : list of str
        Series or expressions; a constant is added.
    returns : {"crs", "vrs"}
    orientation : {"input", "output"}
    frontier : {"period", "pooled"}
        Spanned by all periods together, or by each alone.
    algorithm : int
        1 regresses plain scores of inefficient units; 2 corrects scores for bias first, with
        draws from the regression itself, and is to be preferred with few units.
    draws : int
        For intervals; 2,000 after the authors, at least 100.
    bias_draws : int
        For the correction of algorithm 2; 100 after the authors.
    seed : int

    Raises
    ------
    ZhihengError
        M662 an algorithm other than 1 and 2, M664 a unit without any input or output, M666 a
        score without a certified answer, M668 too few draws, M669 gaps in regressors, M670
        regressors that are constant or collinear, M671 too few inefficient units, M672 a
        likelihood without maximum, and the refusals of inputs and outputs that `dea_radial` has.

    References
    ----------
    Simar and Wilson (2007) Journal of Econometrics 136(1): 31-64; Simar and Wilson (2011)
    Journal of Productivity Analysis 36(2): 205-218.
    """
    refuse_algorithm(algorithm)
    refuse_draws(min(draws, bias_draws) if algorithm == 2 else draws, seed)
    panel = in_order(panel)
    data = read(panel, inputs, outputs, (), zeros=True)
    z = read_regressors(panel, regressors, data.names)
    random = np.random.default_rng(seed)
    pool = frontier == "pooled"
    units = _units(cube_of(data), Side(orientation, returns == "vrs"), pool=pool)
    design = z.design
    d = plain_scores(units)
    refuse_stalled(panel, ~np.isfinite(d).reshape(len(panel.entities), len(panel.periods)))
    refuse_few(panel, int((d > 1.0).sum()), design.shape[1])
    used = d
    if algorithm == 2:
        used = corrected_scores(units, d, design, draws=bias_draws, random=random)
        refuse_no_maximum(bool(np.isfinite(used).all()), z)
    taken = used > 1.0
    found = regress(used[taken], design[taken], draws=draws, random=random)
    refuse_no_maximum(found.exists, z)
    tables = {
        "coefficients": _coefficients(panel, z, found, design[taken]),
        "scores": _scores(panel, (d, used, taken), algorithm),
        "fit": _fit(found, d, taken, draws),
    }
    size = len(panel.entities) * (len(panel.periods) if pool else 1)
    warned = [*(current_prices(panel, data) if pool else []), *too_few(data, size)]
    said = notes(panel, z, found, (algorithm, draws, bias_draws), taken)
    return Result(
        tables,
        figures(),
        (*data.notes, *z.notes, *warned, *said),
        (_bound(d),),
        tuple(sorted({*data.series, *z.series})),
    )


def _units(cube: Cube, side: Side, *, pool: bool) -> Units:
    whole = cube.at()
    e, t = cube.x.shape[:2]
    place = np.arange(e * t).reshape(e, t)
    return Units(whole.x, whole.y, [place.ravel()] if pool else list(place.T), side)


def _coefficients(panel: Panel, z: Regressors, found: Regression, design: Array) -> Table:
    low, high = basic_interval(found.estimate, found.draws, level=LEVEL)
    known = found.draws[np.isfinite(found.draws).all(axis=1)]
    spread = design.std(axis=0)
    titles = [Text("常数项", "constant"), *(panel.title(name) for name in z.names)]
    p = len(titles)
    return Table.of(
        ("term",),
        term=["constant", *z.names],
        term_title_zh=[t.zh for t in titles],
        term_title_en=[t.en for t in titles],
        kind=["constant", *["regressor"] * len(z.names)],
        estimate=found.estimate[:p],
        bootstrap_se=known[:, :p].std(axis=0, ddof=1),
        ci_low=low[:p],
        ci_high=high[:p],
        per_sd=found.estimate[:p] * spread,
        per_sd_low=low[:p] * spread,
        per_sd_high=high[:p] * spread,
        excludes_zero=[
            "yes" if a > 0 or b < 0 else "no" for a, b in zip(low[:p], high[:p], strict=True)
        ],
    )


def _scores(
    panel: Panel,
    values: tuple[Array, Array, NDArray[np.bool_]],
    algorithm: int,
) -> Table:
    e, t = len(panel.entities), len(panel.periods)
    d, used, taken = values
    more = {"corrected": 1.0 / used} if algorithm == 2 else {}
    return Table.of(
        ("entity", "period"),
        **names_of(panel, t),
        period=np.tile(np.array(panel.periods, dtype=np.int64), e),
        efficiency=1.0 / d,
        **more,
        inefficiency=used,
        in_regression=["yes" if one else "no" for one in taken],
    )


def _fit(found: Regression, d: Array, taken: NDArray[np.bool_], draws: int) -> Table:
    known = np.isfinite(found.draws).all(axis=1).sum()
    low, high = basic_interval(found.estimate, found.draws, level=LEVEL)
    return Table.of(
        ("n",),
        n=[int(taken.sum())],
        excluded=[int((~taken).sum())],
        on_frontier=[int((d == 1.0).sum())],
        sigma=[float(found.estimate[-1])],
        ci_low=[float(low[-1])],
        ci_high=[float(high[-1])],
        loglik=[found.loglik],
        draws=[draws],
        draws_without_maximum=[int(draws - known)],
    )


def _bound(d: Array) -> Check:
    return Check(
        Text("无效率（到前沿的倍数）不小于 1", "inefficiency is one or more"),
        float(np.maximum(1.0 - d, 0.0).max()),
        BELOW_ONE,
    )

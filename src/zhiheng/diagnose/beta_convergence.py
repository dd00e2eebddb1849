"""Beta convergence: whether those who start lower grow faster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.spatial import Islands
from zhiheng.catalog.spatial_notes import reference
from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose import beta_wording as wording
from zhiheng.diagnose.beta_models import Fitted, fit_models, read_model
from zhiheng.diagnose.beta_space import fit_spatial
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.kernels.convergence import corrected_slope, resamples, speed, spread, spread_draws
from zhiheng.kernels.few_clusters import bell_mccaffrey, wild_bootstrap
from zhiheng.kernels.panel_ols import Effects, covariance, factor

Array = NDArray[np.float64]
# Normal equations hold to this, as cosines.
ROUNDING = 1e-9
SIGMA_DRAWS = 1000


@method(zh="β 收敛：绝对与条件、截面、面板与空间，速度与半程", example="regions")
def beta_convergence(
    panel: Panel,
    *,
    variable: str,
    controls: Sequence[str] = (),
    effects: Effects = "twoway",
    lag: int = 1,
    spatial: str | SpatialWeights | None = None,
    islands: Islands = "refuse",
    draws: int = 9999,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Regress growth on the initial level: slope, speed of convergence, half-life.

    Use it beside `sigma_convergence`, never instead of it: a negative slope says that
    lower entities grew faster on average, which measurement error and mean reversion
    bring about as well. With fixed effects each entity approaches its own level, and in
    short panels the implied speed is overstated; the corrected figure stands beside it.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression in levels, above zero; logarithms are taken here.
    controls : list of str
        Series or expressions, taken at the start of each span of growth.
    effects : {"twoway", "entity", "period", "none"}
        Of the panel regressions.
    lag : int
        Periods over which the panel regressions take growth; with more than one, spans
        overlap and only clustering answers for it.
    spatial : str or SpatialWeights, optional
        Weights for spatial beta: a name of the catalog (``provinces``), a CSV file, or
        in Python a record of ``zhiheng.spatial``. Rows must sum to one.
    islands : {"refuse", "drop"}
        Entities without a neighbour: refuse, or leave them out of spatial beta.
    draws : int
        Draws of the wild cluster bootstrap; 0 leaves it out.
    seed : int
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M800 gaps, M770 too few periods, M771 values that are not positive, M772 fewer
        than ten entities, M773 a column without variation or tied to others, M774 an
        option at odds, M775 too few rows, M820 an option out of range, M865–M867 the weights.

    References
    ----------
    Barro and Sala-i-Martin (1992) Journal of Political Economy 100(2): 223-251; Nickell
    (1981) Econometrica 49(6): 1417-1426; Rey and Montouri (1999) Regional Studies 33(2):
    143-156; Bun and Carree (2005) Journal of Business &
    Economic Statistics 23(2): 200-210; Friedman (1992) Journal of Economic Literature
    30(4): 2129-2132; Bell and McCaffrey (2002) Survey Methodology 28(2): 169-181.
    """
    check_numbers(draws=draws, level=level, lag=lag)
    data = read_model(panel, variable, controls, effects=effects, lag=lag)
    fitted = fit_models(panel, data, effects=effects, lag=lag)
    order = np.argsort(np.array(panel.entities), kind="stable")
    wild = [_wild(one, draws, seed, order) for one in fitted]
    tables = {
        "convergence": _convergence(fitted, wild, level),
        "controls": _controls(fitted, data.controls),
        "sigma": _sigma(panel, data.log[order], seed, level),
    }
    notes = wording.notes(tables["convergence"], tables["sigma"], fitted, lag)
    params = {}
    if spatial is not None:
        space = fit_spatial(
            panel, data, spatial, effects=effects, lag=lag, islands=islands, level=level
        )
        tables["spatial"] = space.table
        notes += space.notes
        params = {"weights": reference(space.weights)}
    return Result(
        tables, wording.figures(), (*data.notes, *notes), (_normal_check(fitted),), data.series,
        params=params,
    )  # fmt: skip


def _wild(one: Fitted, draws: int, seed: int, order: NDArray[np.intp]) -> float:
    if not draws:
        return float("nan")
    found = wild_bootstrap(one.fit, draws=draws, weights="rademacher", seed=seed, order=order)
    return float(found.p_value[0])


def _convergence(fitted: Sequence[Fitted], wild: Sequence[float], level: float) -> Table:
    b = np.array([one.fit.beta[0] for one in fitted])
    few = [bell_mccaffrey(one.fit) for one in fitted]
    error = np.array([f.std_error[0] for f in few])
    df = np.array([f.df[0] for f in few])
    plain = np.array([_clustered(one) for one in fitted])
    half = np.asarray(stats.t.ppf(1 - level / 2, df))
    titles = [option_word("beta_model", one.model) for one in fitted]
    speeds = [
        _speed(one, float(e), float(h)) for one, e, h in zip(fitted, error, half, strict=True)
    ]
    return Table.of(
        ("model",),
        model=[one.model for one in fitted],
        model_title_zh=[t.zh for t in titles],
        model_title_en=[t.en for t in titles],
        n=np.array([one.fit.rows for one in fitted]),
        entities=np.array([one.fit.clusters for one in fitted]),
        span_periods=np.array([one.tau for one in fitted]),
        estimate=b,
        std_error=plain,
        std_error_cr2=error,
        df_few=df,
        p_few=2 * stats.t.sf(np.abs(b / error), df),
        p_wild=np.array(wild),
        ci_low=b - half * error,
        ci_high=b + half * error,
        **{name: np.array([s[name] for s in speeds]) for name in speeds[0]},
    )


def _clustered(one: Fitted) -> float:
    return float(np.sqrt(covariance(one.fit)[0, 0] * factor(one.fit, "stata")))


def _speed(one: Fitted, error: float, half: float) -> dict[str, float]:
    """Speed and half-life with intervals; none for the reverse regression, which has no speed."""
    names = ("theta", "theta_low", "theta_high", "half_life", "half_life_low", "half_life_high")
    names += ("theta_corrected", "half_life_corrected")
    if one.model == "reverse":
        return dict.fromkeys(names, float("nan"))
    found = speed(np.array(one.fit.beta[0]), np.array(error), one.tau)
    theta, spread_ = float(found.theta), half * float(found.theta_error)
    life, life_spread = float(found.half_life), half * float(found.half_life_error)
    bounded = theta - spread_ > 0  # else the half-life has no upper end
    mended = _corrected(one)
    values = (
        theta, theta - spread_, theta + spread_, life,
        life - life_spread if bounded else float("nan"),
        life + life_spread if bounded else float("nan"),
        mended, float(np.log(2) / mended) if mended > 0 else float("nan"),
    )  # fmt: skip
    return dict(zip(names, values, strict=True))


def _corrected(one: Fitted) -> float:
    """The speed without the bias of entity effects; NaN where there are none or none is found."""
    fit = one.fit
    if not one.biased:
        return float("nan")
    lag_squares = 1.0 / float(fit.bread[0, 0])
    rho = corrected_slope(
        1.0 + float(fit.beta[0]) * one.tau,
        int(fit.absorber.mask.sum(axis=1).max()),
        lag_squares=lag_squares,
        residual_squares=float((fit.residuals**2).sum()) * one.tau**2,
        df=fit.rows - fit.absorber.nested - fit.absorber.common,
        entities=fit.clusters,
    )
    return float(-np.log(rho) / one.tau) if rho > 0 else float("nan")


def _controls(fitted: Sequence[Fitted], names: Sequence[str]) -> Table:
    rows = [(one, j) for one in fitted for j in range(len(one.fit.beta)) if j or not names]
    rows = [(one, j) for one, j in rows if j]
    few = {one.model: bell_mccaffrey(one.fit) for one, _ in rows}
    error = np.array([few[one.model].std_error[j] for one, j in rows], dtype=np.float64)
    df = np.array([few[one.model].df[j] for one, j in rows], dtype=np.float64)
    b = np.array([one.fit.beta[j] for one, j in rows], dtype=np.float64)
    return Table.of(
        ("model", "term"),
        model=[one.model for one, _ in rows],
        term=[names[j - 1] for _, j in rows],
        estimate=b,
        std_error_cr2=error,
        df_few=df,
        p_few=2 * stats.t.sf(np.abs(b / error), df),
    )


def _sigma(panel: Panel, log: Array, seed: int, level: float) -> Table:
    """Dispersion of logarithms at both ends, and the interval of its change."""
    y = np.exp(log - log.mean())[:, [0, -1]]
    found = spread(y.T, "sd_log")
    drawn = spread_draws(y, "sd_log", resamples(len(y), SIGMA_DRAWS, seed))
    low, high = np.quantile(drawn[:, 1] - drawn[:, 0], [level / 2, 1 - level / 2])
    return Table.of(
        ("period_from", "period"),
        period_from=[panel.periods[0]],
        period=[panel.periods[-1]],
        start=[float(found[0])],
        end=[float(found[1])],
        change=[float(found[1] - found[0])],
        ci_low=[float(low)],
        ci_high=[float(high)],
    )


def _normal_check(fitted: Sequence[Fitted]) -> Check:
    worst = 0.0
    for one in fitted:
        x, u = one.fit.x, one.fit.residuals
        lengths = np.sqrt((x**2).sum(axis=(0, 1)) * (u**2).sum())
        worst = max(worst, float(np.abs(np.einsum("epk,ep->k", x, u) / lengths).max()))
    return Check(
        Text("残差与解释变量正交", "residuals are orthogonal to the regressors"), worst, ROUNDING
    )

"""Both directions at once: a panel vector autoregression with impulse responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import pvar_wording as wording
from zhiheng.explain.regression import refuse_few_clusters
from zhiheng.explain.variables import read_variables
from zhiheng.kernels import panel_var as kernel
from zhiheng.kernels.resample import interval, multiplicities

ROUNDING = 1e-9
"""Identities hold to this, relative to the size of what they add up."""


@method(zh="面板向量自回归：两个方向的检验、脉冲响应与方差分解", example="regions")
def pvar(
    panel: Panel,
    *,
    variables: Sequence[str],
    lags: int = 1,
    effects: kernel.Removal = "fod",
    period_effects: bool = True,
    horizon: int = 8,
    draws: int = 500,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Ask of two to four variables which one moves which, over time and in both directions.

    Use it where a theory is simultaneous (x promotes y and y promotes x): the table
    `direction` answers for each pair whether the past of one helps to foresee the other. That
    is precedence, not cause: a third variable may move both. Variables that trend in levels
    belong in differences or logs of ratios; with random walks the instruments are weak.

    Parameters
    ----------
    panel : Panel
        Without gaps in the variables; periods follow each other.
    variables : list of str
        Two to four series or expressions. The order matters for impulse responses: an
        earlier variable moves later ones within the period, not the other way round.
    lags : int
        At least one.
    effects : {"fod", "within"}
        How entity effects are removed: forward orthogonal deviations with the lags in levels
        as instruments, or means, which with short panels biases the coefficients (Nickell).
    period_effects : bool
        Take the mean over entities off each period.
    horizon : int
        Periods of the impulse responses.
    draws : int
        Bootstrap draws of entities with all their periods, for the bands; 0 leaves them out.
    seed : int
    level : float
        One minus the coverage of intervals.

    Raises
    ------
    ZhihengError
        M701 fewer than ten entities, M704 gaps, M903 holes in the periods, M905 options out
        of range, M906 too short a panel, M907 variables without variation or collinear.

    References
    ----------
    Holtz-Eakin, Newey and Rosen (1988); Arellano and Bover (1995); Abrigo and Love (2016).
    """
    names = (variables,) if isinstance(variables, str) else tuple(variables)
    _check_options(names, lags=lags, horizon=horizon, draws=draws, level=level)
    data = read_variables(panel, names, gaps="refuse")
    _check_shape(panel, len(names), lags, effects)
    raw = kernel.rows_of(data.values, lags, effects)
    rows = kernel.without_period_means(raw) if period_effects else raw
    flat = kernel.dependent(rows, raw)
    if flat.any():
        raise _dependent([n for n, bad in zip(names, flat, strict=True) if bad])
    found = kernel.fit(rows)
    responses = kernel.responses(found.coefficients, found.sigma, horizon)
    roots = np.linalg.eigvals(kernel.companion(found.coefficients)).astype(np.complex128)
    largest = float(np.abs(roots).max())
    bands, unstable = np.full((2, *responses.shape), np.nan), np.nan
    if draws:
        times = _drawn(panel, draws, seed)
        again = kernel.bootstrap(raw, times, period_means=period_effects)
        moduli = np.abs(np.linalg.eigvals(kernel.companion(again[0]))).max(axis=1)
        unstable = float((moduli >= 1).mean())
        # An explosive draw says nothing of a system that dies out; the share is printed.
        dies_out = (moduli < 1) | (largest >= 1)
        drawn = kernel.responses(*again, horizon)
        bands = interval(np.where(dies_out[:, None, None, None], drawn, np.nan), level)
    tables = {
        "direction": _direction(found, names, len(panel.entities)),
        "coefficients": _coefficients(found, names, len(panel.entities), level),
        "responses": _responses(responses, bands, names),
        "variance": _shares(kernel.shares(responses), names),
        "stability": _stability(roots),
        "fit": Table.of(
            (),
            n=np.array([rows.y.shape[0] * rows.y.shape[1]]),
            entities=np.array([rows.y.shape[0]]),
            periods=np.array([rows.y.shape[1]]),
            parameters=np.array([rows.x.shape[2]]),
            unstable_draws=np.array([unstable]),
        ),
    }
    checks = (_moments(rows, found), _sums(kernel.shares(responses)))
    notes = wording.notes(effects, tables["direction"], largest, level, rows.y.shape[1])
    if unstable > 0 and largest < 1:
        notes.append(wording.unstable_draws(unstable, level))
    figures = wording.figures(panel, names) if largest < 1 else ()  # else they never die out
    return Result(tables, figures, (*data.notes, *notes), checks, data.series)


def _drawn(panel: Panel, draws: int, seed: int) -> NDArray[np.float64]:
    """How often each entity is drawn, by the order of names."""
    order = np.argsort(np.array(panel.entities), kind="stable")
    times = multiplicities(np.zeros(len(order), dtype=np.intp), draws=draws, seed=seed)
    out = np.empty_like(times)
    out[:, order] = times
    return out


def _direction(found: kernel.PanelVar, names: Sequence[str], entities: int) -> Table:
    k = len(names)
    pairs = [(c, a) for c in range(k) for a in range(k) if c != a]
    tests = [kernel.direction(found, c, a, entities) for c, a in pairs]
    return Table.of(
        ("cause", "affected"),
        cause=[names[c] for c, _ in pairs],
        affected=[names[a] for _, a in pairs],
        test_statistic=np.array([t.statistic for t in tests]),
        df=np.full(len(pairs), len(found.coefficients) // k),
        p_value=np.array([t.p_value for t in tests]),
        p_few=np.array([t.p_few for t in tests]),
        lag_sum=np.array([t.total for t in tests]),
    )


def _coefficients(
    found: kernel.PanelVar, names: Sequence[str], entities: int, level: float
) -> Table:
    m, k = found.coefficients.shape
    estimate, error = found.coefficients.T.ravel(), np.sqrt(np.diag(found.covariance))
    half = stats.t.ppf(1 - level / 2, entities - 1) * error
    return Table.of(
        ("equation", "variable", "lag"),
        equation=[name for name in names for _ in range(m)],
        variable=[names[i % k] for _ in names for i in range(m)],
        lag=np.tile(np.arange(m) // k + 1, k),
        estimate=estimate,
        std_error=error,
        statistic=estimate / error,
        p_value=2 * stats.t.sf(np.abs(estimate / error), entities - 1),
        ci_low=estimate - half,
        ci_high=estimate + half,
    )


def _long(found: NDArray[np.float64], names: Sequence[str]) -> dict[str, Any]:
    """Keys of a table of one row per impulse, response and period."""
    count, k = found.shape[0], len(names)
    return {
        "impulse": [names[j] for j in range(k) for _ in range(k * count)],
        "response": [names[i] for _ in range(k) for i in range(k) for _ in range(count)],
        "horizon": np.tile(np.arange(count), k * k),
    }


def _flat(found: NDArray[np.float64]) -> NDArray[np.float64]:
    return found.transpose(2, 1, 0).ravel()


def _responses(
    found: NDArray[np.float64], bands: NDArray[np.float64], names: Sequence[str]
) -> Table:
    return Table.of(
        ("impulse", "response", "horizon"),
        **_long(found, names),
        estimate=_flat(found),
        ci_low=_flat(bands[0]),
        ci_high=_flat(bands[1]),
    )


def _shares(found: NDArray[np.float64], names: Sequence[str]) -> Table:
    return Table.of(
        ("impulse", "response", "horizon"), **_long(found, names), forecast_share=_flat(found)
    )


def _stability(roots: NDArray[np.complex128]) -> Table:
    ordered = roots[np.lexsort((roots.imag, -roots.real, -np.abs(roots).round(9)))]
    return Table.of(
        ("number",),
        number=np.arange(1, len(ordered) + 1),
        real_part=ordered.real,
        imaginary_part=ordered.imag,
        modulus=np.abs(ordered),
    )


def _moments(rows: kernel.Rows, found: kernel.PanelVar) -> Check:
    u = rows.y - rows.x @ found.coefficients
    left = np.abs(np.einsum("erm,erk->mk", rows.z, u))
    scale = np.sqrt(np.outer((rows.z**2).sum(axis=(0, 1)), (u**2).sum(axis=(0, 1))))
    return Check(wording.MOMENTS_CHECK, float((left / scale).max()), ROUNDING)


def _sums(shares: NDArray[np.float64]) -> Check:
    return Check(wording.SHARES_CHECK, float(np.abs(shares.sum(axis=-1) - 1).max()), ROUNDING)


# ------------------------------------------------------------------------- refusals


def _check_options(names: Sequence[str], *, level: float, **counts: int) -> None:
    least = {"lags": 1, "horizon": 1, "draws": 0}
    bad: list[Row] = [{"option": o, "value": v} for o, v in counts.items() if v < least[o]]
    if not 0 < level < 1:
        bad.append({"option": "level", "value": level})
    if not 2 <= len(names) <= 4 or len(set(names)) < len(names):
        bad.append({"option": "variables", "value": ", ".join(names)})
    if bad:
        raise ZhihengError(
            "M905",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=bad,
            fix=Text(
                "变量二至四个，各不相同；lags、horizon 至少为一，draws 不为负，level "
                "在零与一之间。",
                "Two to four different variables; lags and horizon at least one, draws not "
                "negative, level between zero and one.",
            ),
        )


def _check_shape(panel: Panel, variables: int, lags: int, effects: kernel.Removal) -> None:
    if np.any(np.diff(panel.periods) != 1):
        raise ZhihengError(
            "M903",
            Text("时期之间有缺年，滞后无从计算。", "Periods have holes, so lags are undefined."),
            evidence=[{"periods": ", ".join(map(str, panel.periods))}],
            fix=Text("选取连续的时期。", "Choose periods that follow each other."),
        )
    rows = len(panel.periods) - lags - (effects == "fod")
    parameters = variables * lags
    # One period more than the regressors need would leave within effects nothing to explain.
    if rows < 2 or len(panel.entities) * rows <= 2 * parameters:
        raise ZhihengError(
            "M906",
            Text(
                "扣除滞后与变换后每个地区只剩 {r} 期，不够估计每个方程 {p} 个系数。",
                "Lags and transformation leave {r} periods by entity, too few for {p} "
                "coefficients by equation.",
            ).format(r=max(rows, 0), p=parameters),
            evidence=[{"periods": len(panel.periods), "lags": lags, "left": max(rows, 0)}],
            fix=Text("减少滞后，或加长窗口。", "Use fewer lags, or a longer window."),
        )
    refuse_few_clusters(len(panel.entities))


def _dependent(names: Sequence[str]) -> ZhihengError:
    return ZhihengError(
        "M907",
        Text(
            "去掉效应后，这些变量没有变化或彼此共线。",
            "Once effects are removed these variables do not vary or are collinear.",
        ),
        evidence=[{"variable": name} for name in names],
        fix=Text("去掉其中的变量。", "Leave out a variable."),
    )

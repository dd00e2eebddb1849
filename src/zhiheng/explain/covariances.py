"""Which covariance a regression prints, checked against its model and computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.explain import covariance_wording as wording
from zhiheng.explain.regression import FEWEST_CLUSTERS
from zhiheng.kernels.panel_covariance import (
    Grouping,
    KernelFactor,
    Kind,
    all_parameters,
    classical,
    cluster_factor,
    clustered_by,
    counted,
    driscoll_kraay,
    groups,
    heteroskedastic,
    kernel_factor,
    made_positive,
    newey_west,
    usual_lag,
)
from zhiheng.kernels.panel_ols import PanelFit, SmallSample

LONG_ENOUGH = 30
"""Periods from which Driscoll-Kraay errors are printed without a caution: a rule of thumb. Their
theory lets periods grow; tests/kernels/test_panel_covariance.py shows the size with eleven."""
OVER_TIME: tuple[Kind, ...] = ("driscoll_kraay", "newey_west")


@dataclass(frozen=True, slots=True)
class Errors:
    """The kind of standard error asked for; `lag` and `factor` belong to sums over time."""

    covariance: Kind = "cluster"
    cluster: Grouping = "entity"
    small_sample: SmallSample = "stata"
    lag: int | None = None
    factor: KernelFactor | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """A covariance with its factor applied, and what t statistics are compared with."""

    covariance: NDArray[np.float64]
    df: int
    factor: float
    parameters: int
    lag: int
    repaired: bool

    @property
    def std_error(self) -> NDArray[np.float64]:
        """Standard errors; NaN where the covariance is not positive."""
        return np.sqrt(np.where(np.diag(self.covariance) > 0, np.diag(self.covariance), np.nan))

    def p_value(self, estimate: NDArray[np.float64]) -> NDArray[np.float64]:
        """Two-sided p-values of single coefficients."""
        return 2 * stats.t.sf(np.abs(estimate / self.std_error), self.df)


def check_errors(errors: Errors) -> None:
    """Refuse options of the covariance that do not go together (M709)."""
    over_time = errors.covariance in OVER_TIME
    if errors.cluster != "entity" and errors.covariance != "cluster":
        raise _refused(
            Text(
                "cluster 只对聚类协方差有意义，这里是 {c}。",
                "cluster has a meaning for clustered errors only, not for {c}.",
            ).format(c=errors.covariance),
            Text("去掉 cluster，或用 covariance=cluster。", "Drop it, or use covariance=cluster."),
        )
    if not over_time and (errors.lag is not None or errors.factor is not None):
        raise _refused(
            Text(
                "lag 与 factor 只对 driscoll_kraay 与 newey_west 有意义。",
                "lag and factor have a meaning for driscoll_kraay and newey_west only.",
            ),
            Text("去掉这两个选项。", "Leave the two options out."),
        )
    if errors.lag is not None and errors.lag < 0:
        raise _refused(
            Text("滞后期数为负。", "The lag is negative."),
            Text("lag 取零或正整数。", "Give a lag of zero or more."),
        )


def infer(fit: PanelFit, errors: Errors, periods: tuple[int, ...]) -> Inference:
    """Compute the covariance that was asked for.

    Raises
    ------
    ZhihengError
        M709 when the sample has too few periods for it.
    """
    if errors.covariance == "cluster":
        return _clustered(fit, errors)
    if errors.covariance in OVER_TIME:
        return _over_time(fit, errors, periods)
    k = all_parameters(fit)
    df = fit.rows - k
    if errors.covariance == "classical":
        return Inference(classical(fit), df, 1.0, k, 0, False)
    factor = fit.rows / df if errors.covariance == "hc1" else 1.0
    return Inference(heteroskedastic(fit) * factor, df, factor, k, 0, False)


def _clustered(fit: PanelFit, errors: Errors) -> Inference:
    grouping, kind = errors.cluster, errors.small_sample
    periods = groups(fit, "period")
    if grouping != "entity" and periods < FEWEST_CLUSTERS:
        raise _refused(
            Text(
                "按时期聚类只有 {n} 个时期，少于 {m} 个，聚类推断不可信。",
                "Clustering by period has {n} periods, fewer than {m}: it cannot be trusted.",
            ).format(n=periods, m=FEWEST_CLUSTERS),
            Text(
                "用 cluster=entity，并看少聚类 p 值。",
                "Use cluster=entity and read the few-cluster p value.",
            ),
            periods=periods,
        )
    factor = cluster_factor(fit, grouping, kind)
    v, repaired = made_positive(clustered_by(fit, grouping) * factor)
    df = groups(fit, grouping) - 1
    return Inference(v, df, factor, counted(fit, grouping, kind), 0, repaired)


def _over_time(fit: PanelFit, errors: Errors, periods: tuple[int, ...]) -> Inference:
    ordinals = np.array(periods, dtype=np.int64)
    count = groups(fit, "period")
    lag = usual_lag(count) if errors.lag is None else errors.lag
    if count < 3 or lag >= count:
        raise _refused(
            Text(
                "滞后 {lag} 期需要更多时期，样本只有 {n} 期。",
                "A lag of {lag} needs more periods than the {n} of the sample.",
            ).format(lag=lag, n=count),
            Text("缩短滞后，或按地区聚类。", "Use a shorter lag, or cluster by entity."),
            periods=count,
            lag=lag,
        )
    kernel = driscoll_kraay if errors.covariance == "driscoll_kraay" else newey_west
    factor = kernel_factor(fit, errors.factor or "fixest")
    df = count - 1 if errors.covariance == "driscoll_kraay" else groups(fit, "entity") - 1
    v = kernel(fit, ordinals, lag) * factor
    return Inference(v, df, factor, all_parameters(fit), lag, False)


def error_notes(errors: Errors, found: Inference, periods: int) -> list[Note]:
    """What the printed standard errors are, and what stands against them."""
    notes = [wording.kind(errors.covariance, errors.cluster, errors.small_sample)]
    if errors.covariance in OVER_TIME:
        notes = [wording.over_time(errors.covariance, errors.factor or "fixest", found.lag)]
    if errors.covariance == "driscoll_kraay" and periods < LONG_ENOUGH:
        notes.append(wording.short_for_driscoll_kraay(periods, LONG_ENOUGH))
    if found.repaired:
        notes.append(wording.repaired())
    return notes


def _refused(what: Text, fix: Text, **evidence: object) -> ZhihengError:
    return ZhihengError("M709", what, evidence=[evidence] if evidence else [], fix=fix)

"""The binning check of a linear interaction: slopes that assume no straight line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.explain.panel_ols import clustered
from zhiheng.explain.regression import Model
from zhiheng.explain.variables import Variables
from zhiheng.kernels.moderation import bin_columns, score_parts
from zhiheng.kernels.panel_ols import PanelFit, defects, factor, panel_ols

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """The two variables of the interaction, on the rows in use."""

    treatment: Array
    moderator: Array
    centre: float
    mask: NDArray[np.bool_]
    level: float

    @property
    def seen(self) -> Array:
        """The moderator's values in the rows in use."""
        return self.moderator[self.mask]


def bin_tables(
    data: Variables, case: Case, model: Model, bins: int, line: PanelFit
) -> tuple[Table, Table]:
    """The slope in each bin beside the line's, and whether they differ."""
    cuts = _cuts(case, bins)
    columns, medians, number = bin_columns(case.treatment, case.moderator, cuts, case.mask)
    absorb = line.absorber
    controls = data.values[..., 3:] * case.mask[..., None]
    raw = np.concatenate([columns, controls], axis=-1)
    swept = absorb.remove(raw)
    flat = defects(raw, swept, case.mask).flat
    if any(j < bins for j in flat):
        raise _thin(bins)
    keep = [j for j in range(raw.shape[-1]) if j not in flat]
    if defects(raw[..., keep], swept[..., keep], case.mask).tied:
        raise _thin(bins)
    fit = panel_ols(data.values[..., 0] * case.mask, raw[..., keep], absorb)
    at = medians - case.centre
    gap = fit.beta[:bins] - (line.beta[0] + line.beta[1] * at)
    own, straight = score_parts(fit), score_parts(line)
    parts = own[:, :bins] - (straight[:, :1] + straight[:, 1:2] * at)
    scale, df = factor(fit, model.small_sample), fit.clusters - 1
    error = np.sqrt((parts**2).sum(axis=0) * scale)
    se = clustered(fit, model.small_sample)[:bins]
    half = stats.t.ppf(1 - case.level / 2, df) * se
    inside = [case.mask & (number == j) for j in range(bins)]
    table = Table.of(
        ("number",),
        number=np.arange(1, bins + 1),
        low=np.array([case.moderator[i].min() for i in inside]),
        high=np.array([case.moderator[i].max() for i in inside]),
        moderator_value=medians,
        cells=np.array([int(i.sum()) for i in inside]),
        entities=np.array([int(i.any(axis=1).sum()) for i in inside]),
        estimate=fit.beta[:bins],
        std_error=se,
        ci_low=fit.beta[:bins] - half,
        ci_high=fit.beta[:bins] + half,
        line_estimate=line.beta[0] + line.beta[1] * at,
        difference=gap,
        p_difference=2 * stats.t.sf(np.abs(gap / error), df),
    )
    return table, _line_test(gap, parts, fit.clusters, scale)


def _cuts(case: Case, bins: int) -> Array:
    """Quantiles of the moderator; a value for each bin where it takes no more values than bins."""
    distinct = np.unique(case.seen)
    if len(distinct) == bins:
        return distinct[1:]
    cuts = np.unique(np.quantile(case.seen, np.arange(1, bins) / bins))
    if len(cuts) < bins - 1 or cuts[0] <= distinct[0]:
        raise _thin(bins)
    return cuts


def _line_test(gap: Array, parts: Array, clusters: int, scale: float) -> Table:
    """Wald test that all bins lie on the line, with the F of Hotelling's statistic."""
    bins = len(gap)
    v = parts.T @ parts * scale
    statistic = float(gap @ np.linalg.pinv(v, hermitian=True) @ gap)
    f = statistic * (clusters - bins) / (bins * (clusters - 1))
    return Table.of(
        (),
        f_statistic=np.array([f]),
        df=np.array([bins]),
        df_residual=np.array([clusters - bins]),
        p_value=np.array([float(stats.f.sf(f, bins, clusters - bins))]),
    )


def _thin(bins: int) -> ZhihengError:
    return refuse(
        Text(
            "分成 {n} 箱后，有的箱里处理变量没有可用的变化，或调节变量没有足够的取值。",
            "In {n} bins the treatment has no variation left in one of them, or the moderator "
            "takes too few values.",
        ).format(n=bins),
        Text("减少 bins，或按组比较（heterogeneity）。", "Use fewer bins, or compare groups "
             "(heterogeneity)."),
    )  # fmt: skip


def refuse(what: Text, fix: Text) -> ZhihengError:
    """A question that cannot be put (M749)."""
    return ZhihengError("M749", what, fix=fix)

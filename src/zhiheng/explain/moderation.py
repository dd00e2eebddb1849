"""How a slope depends on a moderator, and where the data support that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import moderation_wording as wording
from zhiheng.explain.moderation_bins import Case, bin_tables, refuse
from zhiheng.explain.panel_ols import clustered
from zhiheng.explain.regression import Fitted, Model, check_model, estimate
from zhiheng.explain.variables import Gaps, Variables, dropped_rows, read_variables
from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.moderation import (
    johnson_neyman,
    marginal_effect,
)
from zhiheng.kernels.panel_ols import (
    FLAT,
    Effects,
    PanelFit,
    SmallSample,
    absorber,
    covariance,
    defects,
    factor,
)

Array = NDArray[np.float64]
Interaction = Literal["product", "double_demeaned"]
PRODUCT = "treatment:moderator"
POINTS = 11
"""Values of the moderator at which the marginal effect is printed, ends included."""
ROUNDING = 1e-9


@method(zh="调节效应：边际效应、Johnson–Neyman 区间与分箱检验", example="regions")
def moderation(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    moderator: str,
    controls: Sequence[str] = (),
    interaction: Interaction = "product",
    effects: Effects = "twoway",
    small_sample: SmallSample = "stata",
    gaps: Gaps = "refuse",
    bins: int = 3,
    support: float = 0.05,
    level: float = 0.05,
) -> Result:
    """Estimate how a slope changes with a moderator, over the range that the data support.

    Use it for "the effect is stronger where … is high". The coefficient of a product
    says nothing by itself: read the marginal effect over the moderator's range, and
    the bins, which do not assume a straight line. Where few cells lie, the line is
    extrapolation. It is no design for a causal claim.

    Parameters
    ----------
    panel : Panel
    outcome, treatment, moderator : str
        Series or expressions. A moderator that the effects absorb (coastal or not) is
        allowed: its own term drops out, and a note says so.
    controls : list of str
    interaction : {"product", "double_demeaned"}
        Product of the centred variables, or of their deviations from the entity's mean.
        The second uses variation within entities only; the table `interaction` always
        shows both.
    effects, small_sample, gaps
        As in `panel_ols`.
    bins : int
        Bins of the moderator by quantiles, 2 to 5.
    support : float
        Share of cells at either end of the moderator's range that counts as thin.
    level : float
        Level of tests and intervals.

    Raises
    ------
    ZhihengError
        M749 a moderator or an option that does not allow the question, and the refusals
        of `panel_ols` (M701–M708).

    References
    ----------
    Hainmueller, Mummolo and Xu (2019) Political Analysis 27(2): 163-192; Johnson and
    Neyman (1936); Giesselmann and Schmidt-Catran (2022) Sociological Methods & Research
    51(3): 1100-1127.
    """
    others = (controls,) if isinstance(controls, str) else tuple(controls)
    _check(treatment, moderator, bins=bins, support=support, level=level)
    check_model(Model(outcome, (treatment, moderator, *others), effects))
    data = read_variables(panel, [outcome, treatment, moderator, *others], gaps=gaps)
    case = _case(data, moderator, level)
    absorbed = _absorbed(case, effects)
    terms = (treatment, PRODUCT) + (() if absorbed else (moderator,)) + others
    model = Model(outcome, terms, effects, small_sample=small_sample)
    forms: tuple[Interaction, ...] = ("product", "double_demeaned")
    if not (_has_entities(effects) and _product(case, "double_demeaned").any()):
        forms = ("product",)
    chosen = interaction if interaction in forms else "product"
    fitted: dict[Interaction, Fitted] = {
        form: _fit(panel, data, _product(case, form), model, absorbed) for form in forms
    }
    main = fitted[chosen]
    case = replace(case, mask=main.used)
    tables = {
        "coefficients": _coefficients(main.fit, model, level),
        "interaction": _forms(fitted, model, level),
        "marginal": _marginal(case, main.fit, model, chosen, support),
        "regions": _regions(case, main.fit, model, chosen),
    }
    notes = wording.notes(tables, model, absorbed=absorbed, chosen=chosen, asked=interaction)
    if chosen == "product":
        found = bin_tables(data, case, model, bins, main.fit)
        tables |= {"bins": found[0], "line": found[1]}
        notes += wording.bin_notes(found[0], found[1], level)
    if not main.used.all():
        tables["dropped"] = dropped_rows(panel, main.used)
    share = float(tables["regions"].columns["share"].sum()) - 1.0
    checks = (Check(wording.RANGE_CHECK, share, ROUNDING),)
    return Result(tables, wording.figures(), (*data.notes, *notes), checks, data.series)


def _case(data: Variables, moderator: str, level: float) -> Case:
    x, w = data.values[..., 1], data.values[..., 2]
    seen = w[data.mask]
    if len(np.unique(seen)) < 2:
        raise refuse(
            Text("调节变量 {m} 只有一个值。", "The moderator {m} has one value only.").format(
                m=moderator
            ),
            Text("换一个调节变量或样本。", "Choose another moderator or sample."),
        )
    return Case(x, w, float(seen.mean()), data.mask, level)


def _absorbed(case: Case, effects: Effects) -> bool:
    """Whether the effects leave nothing of the moderator's own term."""
    column = (case.moderator * case.mask)[..., None]
    swept = absorber(case.mask, effects).remove(column)
    return bool(defects(column, swept, case.mask).flat)


def _has_entities(effects: Effects) -> bool:
    return effects in ("twoway", "entity")


def _product(case: Case, form: Interaction) -> Array:
    """The interaction: centred at the sample's means, or at each entity's."""
    if form == "product":
        x = case.treatment - case.treatment[case.mask].mean()
        return x * (case.moderator - case.centre) * case.mask
    count = np.maximum(case.mask.sum(axis=1, keepdims=True), 1)
    parts = [v - (v * case.mask).sum(axis=1, keepdims=True) / count
             for v in (case.treatment, case.moderator)]  # fmt: skip
    size = float(np.abs(case.moderator).max())
    flat = np.abs(parts[1]) <= FLAT * size  # a constant moderator leaves rounding, not zero
    return np.where(case.mask & ~flat, parts[0] * parts[1], 0.0)


def _fit(panel: Panel, data: Variables, product: Array, model: Model, absorbed: bool) -> Fitted:
    head, tail = data.values[..., :2], data.values[..., 3 if absorbed else 2 :]
    values = np.concatenate([head, product[..., None], tail], axis=-1)
    return estimate(panel, replace(data, values=values), model)


def _coefficients(fit: PanelFit, model: Model, level: float) -> Table:
    se, df = clustered(fit, model.small_sample), fit.clusters - 1
    few = bell_mccaffrey(fit)
    half = stats.t.ppf(1 - level / 2, df) * se
    return Table.of(
        ("term",),
        term=model.regressors,
        estimate=fit.beta,
        std_error=se,
        statistic=fit.beta / se,
        p_value=2 * stats.t.sf(np.abs(fit.beta / se), df),
        ci_low=fit.beta - half,
        ci_high=fit.beta + half,
        std_error_cr2=few.std_error,
        df_few=few.df,
        p_few=2 * stats.t.sf(np.abs(fit.beta / few.std_error), few.df),
    )


def _forms(fitted: dict[Interaction, Fitted], model: Model, level: float) -> Table:
    """The interaction's coefficient in either form."""
    tables = [_coefficients(f.fit, model, level).where(term=PRODUCT) for f in fitted.values()]
    columns = {
        name: np.concatenate([t.columns[name] for t in tables])
        for name in tables[0].columns
        if name != "term"
    }
    words = [wording.FORMS[form] for form in fitted]
    return Table.of(
        ("form",),
        form=list(fitted),
        form_title_zh=[w.zh for w in words],
        form_title_en=[w.en for w in words],
        **columns,
    )


def _two(fit: PanelFit, model: Model) -> tuple[Array, Array, float]:
    """Slope and interaction, their covariance, and the critical value's degrees of freedom."""
    v = covariance(fit)[:2, :2] * factor(fit, model.small_sample)
    return fit.beta[:2], v, fit.clusters - 1


def _off(case: Case, chosen: Interaction) -> Array:
    """How far the moderator is from the point at which the treatment's own slope holds."""
    if chosen == "product":
        return case.seen - case.centre
    count = np.maximum(case.mask.sum(axis=1, keepdims=True), 1)
    mean = (case.moderator * case.mask).sum(axis=1, keepdims=True) / count
    return (case.moderator - mean)[case.mask]


def _marginal(
    case: Case, fit: PanelFit, model: Model, chosen: Interaction, support: float
) -> Table:
    """The slope over the observed range, and how many cells stand behind each value."""
    slopes, v, df = _two(fit, model)
    off = _off(case, chosen)
    shift = case.centre if chosen == "product" else 0.0
    at = np.linspace(off.min(), off.max(), POINTS)
    found = marginal_effect(slopes, v, at)
    half = stats.t.ppf(1 - case.level / 2, df) * found.std_error
    nearest = np.abs(off[:, None] - at).argmin(axis=1)
    low, high = np.quantile(off, [support, 1 - support])
    return Table.of(
        ("number",),
        number=np.arange(1, POINTS + 1),
        moderator_value=at + shift,
        moderator_value_title_zh=[f"{v:.4g}" for v in at + shift],
        moderator_value_title_en=[f"{v:.4g}" for v in at + shift],
        estimate=found.estimate,
        std_error=found.std_error,
        p_value=2 * stats.t.sf(np.abs(found.estimate / found.std_error), df),
        ci_low=found.estimate - half,
        ci_high=found.estimate + half,
        cells=np.bincount(nearest, minlength=POINTS),
        share=np.bincount(nearest, minlength=POINTS) / len(off),
        in_support=["yes" if low <= a <= high else "no" for a in at],
    )


def _regions(case: Case, fit: PanelFit, model: Model, chosen: Interaction) -> Table:
    """Parts of the observed range by what can be said of the slope's sign (Johnson–Neyman)."""
    slopes, v, df = _two(fit, model)
    off = _off(case, chosen)
    shift = case.centre if chosen == "product" else 0.0
    roots = johnson_neyman(slopes, v, float(stats.t.ppf(1 - case.level / 2, df)))
    inside = roots[(roots > off.min()) & (roots < off.max())]
    edges = np.concatenate([[off.min()], inside, [off.max()]])
    middle = (edges[:-1] + edges[1:]) / 2
    found = marginal_effect(slopes, v, middle)
    beyond = np.abs(found.estimate / found.std_error) > stats.t.ppf(1 - case.level / 2, df)
    sign = np.where(~beyond, "undecided", np.where(found.estimate > 0, "positive", "negative"))
    cells = np.bincount(np.searchsorted(inside, off, side="right"), minlength=len(middle))
    words = [wording.SIGNS[str(s)] for s in sign]
    return Table.of(
        ("number",),
        number=np.arange(1, len(edges)),
        from_value=edges[:-1] + shift,
        to_value=edges[1:] + shift,
        conclusion=[str(s) for s in sign],
        conclusion_title_zh=[w.zh for w in words],
        conclusion_title_en=[w.en for w in words],
        cells=cells,
        share=cells / len(off),
    )


def _check(treatment: str, moderator: str, *, bins: int, support: float, level: float) -> None:
    if treatment == moderator:
        raise refuse(
            Text("调节变量就是处理变量。", "The moderator is the treatment itself."),
            Text("那是平方项；换一个调节变量。", "That is a square; choose another moderator."),
        )
    if not 2 <= bins <= 5 or not 0 < level < 1 or not 0 <= support < 0.5:
        raise refuse(
            Text(
                "选项出界：bins={b}，support={s}，level={v}。",
                "Options out of range: bins={b}, support={s}, level={v}.",
            ).format(b=bins, s=support, v=level),
            Text(
                "bins 二至五，support 小于一半，level 在零与一之间。",
                "bins is two to five, support below one half, level between zero and one.",
            ),
        )

"""Weights of indicators under every method, side by side, with what each stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zhiheng.core.method import method as register
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result
from zhiheng.kernels.normalise import Scaling
from zhiheng.kernels.normalise import normalise as scale
from zhiheng.kernels.weights_contrast import Correlation
from zhiheng.measure import index_weights_tables as tables
from zhiheng.measure import index_weights_wording as wording
from zhiheng.measure.composite_input import base_position, read_bounds
from zhiheng.measure.index_weights_input import read_asked, refuse_unfit, side_by_side
from zhiheng.measure.indicators import Missing, read_indicators, refuse_mixed_units
from zhiheng.measure.weighing import ROUNDING, Way, weighed


@register(zh="指标权重：客观、主观与组合各法并列，附各自的依据与一致程度", example="regions")
def index_weights(
    panel: Panel,
    *,
    system: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Missing = "refuse",
    within: str | None = None,
    method: Way = "entropy",
    normalise: Scaling = "global",
    bounds: Mapping[str, str] | None = None,
    base: int | None = None,
    given: Mapping[str, float] | None = None,
    judgement: str | Mapping[str, object] | None = None,
    members: Sequence[str] | None = None,
    targets: Mapping[str, float] | None = None,
    correlation: Correlation = "pearson",
    seed: int = 1,
) -> Result:
    """Weigh indicators by any of the field's methods and set all of them side by side.

    Use it before an index, to see what a way of weighing rests on and how far another
    would move weights and ranks. Weights that come from data measure spread, overlap or
    shared variance, never importance: where importance is meant, use judgements, given
    weights, or ``"optimised"``.

    Parameters
    ----------
    panel : Panel
        Complete in every indicator unless `missing` declares how gaps are filled.
    system : str, optional
        An index system of the catalog, or the path of a TOML file of that form.
    columns : mapping of str to str, optional
        Instead of `system`: series or expressions, each with its direction, ``more``,
        ``less``, ``near:IDEAL`` or ``within:LOW:HIGH``.
    missing : {"refuse", "period_mean", "period_median", "group_mean", "carry", "interpolate"}
        What to do with gaps.
    within : str, optional
        The grouping of regions for ``group_mean``.
    method : str
        ``equal``, ``equal_by_group``, ``given``; from the data ``entropy`` (pooled),
        ``entropy_per_period``, ``critic``, ``critic_spearman``, ``cv`` (coefficient of
        variation), ``pca`` (squared loadings of components with eigenvalues above one),
        ``pca_first``, ``pca_composite`` (composite-score coefficients),
        ``scatter_degree``, ``projection_pursuit``, ``optimised`` (effective weights
        equal targets), ``optimised_correlation`` (shares of squared correlations),
        ``bod`` (benefit of the doubt; unit weights, here their mean); from judgements
        ``ahp``, ``ahp_geometric``, ``bwm``; and ``game``, a combination of `members`.
    normalise : str
        As in `index`. Spread, and with it entropy, cv and CRITIC, depends on it.
    bounds : mapping of indicator to ``low:high`` or target, optional
    base : int, optional
        The base period of ``fixed_base``; the first one by default.
    given : mapping of indicator to weight, optional
        For ``given``; without it the weights of the system are taken.
    judgement : str or mapping, optional
        For ``ahp`` a square CSV file of comparisons, for ``bwm`` one with the columns
        indicator, best_to_others, others_to_worst; several experts' files separated by
        semicolons are joined by geometric means. Or a mapping of the same content.
    members : list of str, optional
        For ``game``: two or more of the other methods; entropy and critic by default.
    targets : mapping of indicator to number, optional
        For ``optimised`` and ``optimised_correlation``: wanted importance, any scale.
    correlation : {"pearson", "spearman"}
        Of ``critic``.
    seed : int
        Of the starts of ``projection_pursuit``.

    Returns
    -------
    Result
        Tables ``weights``, ``comparison`` (all methods that read these data),
        ``agreement`` (rank correlations with the chosen weights, and what they do to
        ranks of additive scores in the last period); ``weights_by_period`` for entropy
        per period; ``unit_weights`` and ``unit_scores`` for bod; ``consistency`` and
        ``comparisons`` for judgements; ``members`` and ``member_weights`` for game.

    Raises
    ------
    ZhihengError
        M611 to M614, M620 to M627 as in `index`, M690 inputs that the method lacks or ignores,
        M691 judgements that cannot be read, M692 judgements that contradict their mirror
        image, M693 names that do not match, M694 data that the method cannot weigh, M696
        targets that do not match.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 6; for
    each method see the kernel of its name.
    """
    data = read_indicators(panel, system=system, columns=columns, missing=missing, within=within)
    if normalise == "none":
        refuse_mixed_units(data)
    asked = replace(
        read_asked(
            data, method, given=given, judgement=judgement, members=members, targets=targets
        ),
        correlation=correlation,
        seed=seed,
    )
    values, direction = data.oriented()
    ends = read_bounds(data, normalise, bounds)
    start = base_position(panel.periods, base)
    z = scale(values, direction, normalise, bounds=ends, base=start)
    found = weighed(z, method, data.ids, asked)
    refuse_unfit(data, z, method, asked, found)
    others = side_by_side(z, data, method, found, asked)
    made = {
        "weights": tables.weights_table(data, z, found, others),
        "comparison": tables.comparison_table(data, found, others),
        "agreement": tables.agreement_table(z, found, others),
        **found.tables,
    }
    if found.weights.shape[0] > 1:
        made["weights_by_period"] = tables.weights_by_period(panel, data, found.weights)
    if found.unit is not None:
        made["unit_weights"] = tables.unit_weights(panel, data, found.unit)
        made["unit_scores"] = tables.unit_scores(panel, found.unit)
    gap = float(abs(found.weights.sum(axis=1) - 1).max())
    notes = [*data.notes, *wording.notes(data, z, method, normalise, others)]
    return Result(
        made,
        wording.figures(len(data.ids)),
        (*notes, *found.notes),
        (Check(wording.SUM_CHECK, gap, ROUNDING), *found.checks),
        data.series,
    )

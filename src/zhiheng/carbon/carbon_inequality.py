"""Carbon inequality: Gini and Theil of emissions over people and output, by zone and factor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import carbon_inequality_wording as wording
from zhiheng.carbon.carbon_inequality_input import Amounts, read_amounts, read_chain
from zhiheng.catalog.entity_groups import Groups, read_groups
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.inequality import measures
from zhiheng.kernels.lorenz import logarithmic_shares, lorenz
from zhiheng.kernels.resample import level_interval, multiplicities
from zhiheng.kernels.theil import Nested, nested

Array = NDArray[np.float64]

MEASURES = ("gini", "theil_t", "theil_l")
PLACES = (0, 2, 3)
"""Where they stand in what `zhiheng.kernels.inequality.measures` returns."""
# Sums of a few hundred terms; the area of a curve against a double sum.
ROUNDING = 1e-10


@method(
    zh="碳不平等：人均与产出口径的碳基尼、泰尔及分区、分因素分解，洛伦兹曲线", example="regions"
)
def carbon_inequality(
    panel: Panel,
    *,
    emissions: str,
    population: str = "population",
    output: str | None = None,
    groups: str | Mapping[str, str] | None = None,
    identity: str | None = None,
    boundaries: Mapping[str, str] | None = None,
    draws: int = 399,
    seed: int = 1,
    level: float = 0.05,
    gaps: Literal["refuse", "drop"] = "refuse",
) -> Result:
    """Measure how unevenly emissions are spread over people and over output.

    Use it to say whether emissions per head differ more or less than before, and whether
    the difference lies between zones or inside them. It sees regions as if all people in
    one were alike: inequality between persons is larger. Territorial emissions per head
    are not those that people consume.

    Parameters
    ----------
    panel : Panel
    emissions : str
        A series or an expression, not negative.
    population : str
        Weighs regions; the Gini is that of emissions per head over people.
    output : str, optional
        In constant prices; adds the Gini of emissions per output over output.
    groups : str or mapping, optional
        A catalogued grouping, such as ``zones4``, or a mapping: splits Theil T and L.
    identity : str, optional
        Such as ``kaya``, with population first: which factor carries the differences.
    boundaries : mapping, optional
        Boundary of series of your own.
    draws, seed : int
        Resamples of whole regions for the intervals; 0 draws for none.
    level : float
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropping leaves the whole entity out.

    Raises
    ------
    ZhihengError
        C432 two boundaries, M800 gaps, M810/M811 groups, M843 a base not above zero, M934
        output in current prices, M936 negative emissions, M937 an option out of range, M938 an
        identity that does not fit, M945 a factor without a logarithm.

    References
    ----------
    Heil and Wodon (1997) Journal of Environment and Development 6(4): 426-452; Duro and
    Padilla (2006) Energy Economics 28(2): 170-187; Fields and Yoo (2000) Review of Income
    and Wealth 46(2): 139-159 (all recalled).
    """
    _check(level, draws)
    bases = {"population": population} | ({"output": output} if output else {})
    data = read_amounts(panel, emissions, bases, gaps=gaps, boundaries=boundaries)
    chain = None
    if identity is not None:
        chain, data = read_chain(panel, data, identity, gaps=gaps, boundaries=boundaries)
    tables = {"inequality": _inequality(data, draws, seed, level), "lorenz": _lorenz(data)}
    checks = [_area(data)]
    people = data.bases["population"]
    if groups is not None:
        named = read_groups(data.panel, groups)
        code = named.number, len(named.ids)
        heads = data.emissions / people
        found = {
            m: nested(heads, people, [code], a) for m, a in (("theil_t", 1.0), ("theil_l", 0.0))
        }
        tables["decomposition"] = _decomposition(data, found)
        tables["groups"] = _groups(data, named, found)
        off = [
            np.nanmax(np.abs(f.total - f.parts.sum(axis=1)), initial=0.0) for f in found.values()
        ]
        checks.append(Check(wording.PARTS_CHECK, float(max(off)), ROUNDING))
    if chain is not None:
        covariances, variance = logarithmic_shares(chain.factors, people)
        titles = [f.title for f in chain.identity.factors[1:]]
        ids = [f.id for f in chain.identity.factors[1:]]
        tables["by_factor"] = _by_factor(data, ids, titles, covariances, variance)
        left = float(np.abs(covariances.sum(axis=1) - variance).max())
        checks.append(Check(wording.FACTORS_CHECK, left, ROUNDING))
    notes = (
        *data.notes,
        *wording.notes(data, draws=draws, level=level, factors=chain is not None),
    )
    return Result(tables, wording.figures(tables), notes, tuple(checks), data.series)


def _periods(data: Amounts) -> NDArray[np.int64]:
    return np.array(data.panel.periods, dtype=np.int64)


def _titled(column: str, catalogue: str, values: list[str]) -> dict[str, list[str]]:
    titles = [option_word(catalogue, v) for v in values]
    return {
        column: values,
        f"{column}_title_zh": [t.zh for t in titles],
        f"{column}_title_en": [t.en for t in titles],
    }


def _inequality(data: Amounts, draws: int, seed: int, level: float) -> Table:
    entities, periods = data.emissions.shape
    weights = np.ones((1, entities))
    if draws:
        drawn = multiplicities(np.zeros(entities, dtype=np.intp), draws=draws, seed=seed)
        weights = np.concatenate([weights, drawn])
    rows: list[Array] = []
    for base in data.bases.values():  # people, and output where it is given
        found = measures(data.emissions / base, weights, base, epsilon=1.0)[..., PLACES]
        ends = np.full((2, periods, len(MEASURES)), np.nan)
        if draws:
            ends = level_interval(found[1:], found[0], level, entities - 1)
            ends = np.where(np.isfinite(found[0]), ends, np.nan)  # none of what is undefined
            ends[..., 0] = np.minimum(ends[..., 0], 1.0)  # a Gini of few regions
        rows.append(np.stack([found[0], *ends], axis=-1))
    table = np.stack(rows, axis=1)  # (P, bases, measures, 3)
    names, size = list(data.bases), len(MEASURES)
    return Table.of(
        ("period", "spread_over", "measure"),
        period=np.repeat(_periods(data), len(names) * size),
        **_titled("spread_over", "spread_over", [b for b in names for _ in MEASURES] * periods),
        **_titled("measure", "inequality_measure", [*MEASURES] * (len(names) * periods)),
        value=table[..., 0].ravel(),
        ci_low=table[..., 1].ravel(),
        ci_high=table[..., 2].ravel(),
    )


def _lorenz(data: Amounts) -> Table:
    """Curves of the first and the last period, and the line of equality."""
    straight = np.array([0.0, 1.0])
    pieces: list[tuple[str, Text, Array, Array, list[str]]] = []
    for over, base in data.bases.items():
        for t in dict.fromkeys((0, len(data.panel.periods) - 1)):
            if not data.emissions[:, t].any():
                continue  # nothing to cumulate, which a note says
            curve = lorenz(data.emissions[:, t], base[:, t])
            who = ["", *(data.panel.entities[int(e)] for e in curve.order)]
            period = Text.same(str(data.panel.periods[t]))
            pieces.append((over, period, curve.base, curve.amount, who))
        pieces.append((over, wording.EQUALITY, straight, straight, ["", ""]))
    sizes = [len(p[2]) for p in pieces]
    return Table.of(
        ("spread_over", "line", "number"),
        spread_over=[p[0] for p, n in zip(pieces, sizes, strict=True) for _ in range(n)],
        line=[p[1].en for p, n in zip(pieces, sizes, strict=True) for _ in range(n)],
        line_zh=[p[1].zh for p, n in zip(pieces, sizes, strict=True) for _ in range(n)],
        line_en=[p[1].en for p, n in zip(pieces, sizes, strict=True) for _ in range(n)],
        number=np.concatenate([np.arange(n) for n in sizes]),
        entity=[e for p in pieces for e in p[4]],
        cumulative_base=np.concatenate([p[2] for p in pieces]),
        cumulative_emissions=np.concatenate([p[3] for p in pieces]),
    )


def _area(data: Amounts) -> Check:
    """The area of every curve against the double sum over pairs."""
    worst = 0.0
    for base in data.bases.values():
        heads = data.emissions / base
        for t in np.flatnonzero(heads.any(axis=0)):
            n, y = base[:, t] / base[:, t].sum(), heads[:, t]
            pairs = n @ np.abs(y[:, None] - y[None]) @ n / (2 * (n @ y))
            worst = max(worst, abs(lorenz(data.emissions[:, t], base[:, t]).gini - float(pairs)))
    return Check(wording.AREA_CHECK, worst, ROUNDING)


def _decomposition(data: Amounts, found: Mapping[str, Nested]) -> Table:
    value = np.stack([np.column_stack([f.total, f.parts]) for f in found.values()], axis=1)
    total = np.where(value[..., :1] > 0, value[..., :1], np.nan)
    periods, parts = len(value), ["total", "between", "within"]
    return Table.of(
        ("period", "measure", "part"),
        period=np.repeat(_periods(data), len(found) * 3),
        **_titled("measure", "inequality_measure", [m for m in found for _ in parts] * periods),
        **_titled("part", "zone_part", parts * (len(found) * periods)),
        value=value.ravel(),
        share=(value / total).ravel(),
    )


def _groups(data: Amounts, named: Groups, found: Mapping[str, Nested]) -> Table:
    one, other = found["theil_t"].levels[0], found["theil_l"].levels[0]
    periods, size = one.share.shape
    return Table.of(
        ("period", "group"),
        period=np.repeat(_periods(data), size),
        **named.columns(np.tile(np.arange(size), periods)),
        people_share=one.share.ravel(),
        emissions_share=one.value_share.ravel(),
        emissions_per_head=one.mean.ravel(),
        per_head_unit=[f"{data.unit}/person"] * one.mean.size,
        inside_theil_t=one.inside.ravel(),
        inside_theil_l=other.inside.ravel(),
        contribution=one.contribution.ravel(),
    )


def _by_factor(
    data: Amounts, ids: list[str], titles: list[Text], covariances: Array, variance: Array
) -> Table:
    periods, size = covariances.shape
    whole = np.where(variance > 0, variance, np.nan)[:, None]
    return Table.of(
        ("period", "factor"),
        period=np.repeat(_periods(data), size),
        factor=ids * periods,
        factor_title_zh=[t.zh for t in titles] * periods,
        factor_title_en=[t.en for t in titles] * periods,
        covariance_of_logs=covariances.ravel(),
        share=(covariances / whole).ravel(),
        variance_of_logs=np.repeat(variance, size),
    )


def _check(level: float, draws: int) -> None:
    if not 0 < level < 1 or draws < 0:
        raise ZhihengError(
            "M937",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=[{"level": level, "draws": draws}],
            fix=Text(
                "level 在零与一之间，draws 不为负。",
                "level lies between zero and one; draws is not negative.",
            ),
        )

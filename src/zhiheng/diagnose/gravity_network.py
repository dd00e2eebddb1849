"""The network that gravity draws between places, who is central in it, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.places import places_for
from zhiheng.catalog.spatial import names as weight_names
from zhiheng.catalog.spatial import read_weights
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.neighbours import great_circle_km
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose.ranges import check_spatial_numbers, read_names
from zhiheng.diagnose.variable import read_variable
from zhiheng.kernels import qap
from zhiheng.kernels.autocorrelation import tail_p
from zhiheng.kernels.network import Network, above_row_mean, gravity, network

Array = NDArray[np.float64]

FEWEST = 5
"""Places of which a regression of relations still has cells to spare."""


@dataclass(frozen=True, slots=True)
class _Year:
    """One period: the pull, the ties it draws, and their measures."""

    period: int
    pull: Array
    found: Network


@method(zh="引力网络：修正引力、网络密度与中心度、关系数据的 QAP 检验", example="regions")
def gravity_network(
    panel: Panel,
    *,
    mass: Sequence[str],
    coordinates: str | Mapping[str, Sequence[float]],
    gradient: str | None = None,
    power: float = 2.0,
    shared: bool = True,
    explain: Sequence[str] | None = None,
    permutations: int = 999,
    seed: int = 1,
) -> Result:
    """Draw the network of modified gravity between places and say who is central in it.

    Use it to describe a structure of potential links. Gravity is assumed, not
    observed: no flow was measured, so the network restates masses and distances,
    and correlations of it with either are built in. A tie is a pull above the
    mean of its row, hence every place has ties out by construction.

    Parameters
    ----------
    panel : Panel
        One period or more; each has a network of its own. Five entities or more.
    mass : sequence of str
        Series or expressions whose geometric mean is the mass; positive.
    coordinates : str or mapping
        Entity to (longitude, latitude) in degrees, or a CSV file with columns
        entity, longitude, latitude; distances are great circles in km.
    gradient : str, optional
        A variable (output per head) whose difference divides the distance, so that
        unlike places are nearer: the economic distance of the literature.
    power : float
        Of the distance, above zero.
    shared : bool
        Multiply by ``M_i / (M_i + M_j)``, which makes the pull directed.
    explain : sequence of str, optional
        Relations that may go with the pull: variables (their absolute difference)
        or catalogued weights such as ``provinces`` (neighbours or not).
    permutations : int
        Relabellings for the p values of `explain`; 0 for none.
    seed : int

    Raises
    ------
    ZhihengError
        M800 gaps, M867 unknown weights, M869 a relation without variation, M870 an
        option out of range, M877 coordinates, M880 masses, distances or differences
        that are not positive, M881 fewer than five entities, M887 no name or one
        twice, M888 relations that are combinations of each other.

    References
    ----------
    Freeman (1979) Social Networks 1(3): 215-239; Krackhardt (1988) Social Networks
    10(4): 359-381; Dekker, Krackhardt and Snijders (2007) Psychometrika 72(4):
    563-581.
    """
    check_spatial_numbers(permutations=(permutations, 0), power=(power, 1e-6))
    ordered = panel.select(entities=sorted(panel.entities))
    _refuse_few(ordered)
    weights, series = _mass(ordered, read_names(mass, "mass"))
    away, more = _distances(ordered, coordinates, gradient)
    years = []
    for t, period in enumerate(ordered.periods):
        pull = gravity(weights[:, t], away[t], power=power, shared=shared)
        years.append(_Year(period, pull, network(above_row_mean(pull))))
    tables = {
        "network": _network(years),
        "places": _places(ordered, years),
        "ties": _ties(ordered, years[-1]),
    }
    names = read_names(explain, "explain") if explain else []
    if names:
        relations, used = _relations(ordered, names)
        more += used
        tables["relations"] = _explained(years, relations, names, permutations, seed)
    notes = _notes(bool(names), permutations, gradient)
    checks = (_identity(years),)
    found = tuple(sorted({*series, *more}))
    return Result(tables, _figures(), tuple(notes), checks, found)


def _refuse_few(panel: Panel) -> None:
    if len(panel.entities) < FEWEST:
        raise ZhihengError(
            "M881",
            Text("网络至少要 {n} 个地区。", "A network needs {n} entities.").format(n=FEWEST),
            evidence=[{"entities": len(panel.entities)}],
            fix=Text("选更多地区。", "Select more entities."),
        )


def _mass(panel: Panel, names: list[str]) -> tuple[Array, list[str]]:
    """The geometric mean of the masses, shape (entities, periods)."""
    logs: list[Array] = []
    series: list[str] = []
    for name in names:
        found = read_variable(panel, name, gaps="refuse")
        rows = panel.cells(found.values <= 0, found.values)
        if rows:
            raise _not_positive(Text("质量须为正。", "Masses must be positive."), rows)
        logs.append(np.log(found.values))
        series += found.series
    return np.exp(np.mean(logs, axis=0)), series


def _distances(
    panel: Panel, coordinates: str | Mapping[str, Sequence[float]], gradient: str | None
) -> tuple[list[Array], list[str]]:
    """Distances of each period, and the series that they stand on."""
    far = great_circle_km(places_for(panel, coordinates, globe=True))
    _refuse_zero(panel, far, None, Text("位置相同", "at the same place"))
    if gradient is None:
        return [far] * len(panel.periods), []
    found = read_variable(panel, gradient, gaps="refuse")
    out: list[Array] = []
    for period, values in zip(panel.periods, found.values.T, strict=True):
        apart = np.abs(values[:, None] - values)
        _refuse_zero(panel, apart, period, Text("梯度变量取值相同", "with the same gradient"))
        np.fill_diagonal(apart, 1.0)
        out.append(far / apart)
    return out, list(found.series)


def _refuse_zero(panel: Panel, distance: Array, period: int | None, what: Text) -> None:
    same = np.argwhere(np.triu(distance == 0, 1))
    if len(same):
        rows: list[Row] = [
            {"from": panel.entities[i], "to": panel.entities[j]}
            | ({} if period is None else {"period": period})
            for i, j in same
        ]
        raise _not_positive(
            Text("{n} 对地区{w}，引力没有定义。", "{n} pairs {w}: no gravity.").format(
                n=len(rows), w=what
            ),
            rows,
        )


def _not_positive(what: Text, rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M880",
        what,
        evidence=rows,
        fix=Text(
            "用取正值的变量；合并位置相同的地区，或换一个梯度变量。",
            "Use positive variables; merge entities at one place, or use another gradient.",
        ),
    )


def _relations(panel: Panel, names: list[str]) -> tuple[Array, list[str]]:
    """Relations that may explain the pull, shape (periods, k, n, n)."""
    layers: list[Array] = []
    series: list[str] = []
    for name in names:
        if name in weight_names():
            near = (read_weights(name).select(panel.entities).matrix > 0).astype(np.float64)
            layer = np.tile(near, (len(panel.periods), 1, 1))
        else:
            found = read_variable(panel, name, gaps="refuse")
            layer = np.abs(found.values.T[:, :, None] - found.values.T[:, None, :])
            series += found.series
        flat: list[Row] = [
            {"relation": name, "period": p}
            for p, cells in zip(panel.periods, qap.off_diagonal(layer), strict=True)
            if np.ptp(cells) == 0
        ]
        if flat:
            raise ZhihengError(
                "M869",
                Text("关系在各对之间没有差异。", "A relation is the same for all pairs."),
                evidence=flat,
                fix=Text("换一个关系。", "Use another relation."),
            )
        layers.append(layer)
    found = np.stack(layers, axis=1)
    _refuse_combinations(panel, found, names)
    return found, series


def _refuse_combinations(panel: Panel, relations: Array, names: list[str]) -> None:
    cells = qap.off_diagonal(relations)
    spread = cells - cells.mean(axis=2, keepdims=True)
    scaled = spread / np.sqrt((spread**2).sum(axis=2, keepdims=True))
    rank = np.linalg.matrix_rank(scaled, tol=1e-8)
    rows: list[Row] = [
        {"period": p, "relations": len(names), "independent": int(r)}
        for p, r in zip(panel.periods, rank, strict=True)
        if r < len(names)
    ]
    if rows:
        raise ZhihengError(
            "M888",
            Text(
                "有的关系是其他关系的线性组合，系数没有定义。",
                "Some relations are combinations of others: their coefficients are undefined.",
            ),
            evidence=rows,
            fix=Text("去掉多余的关系。", "Leave the redundant ones out."),
        )


def _network(years: list[_Year]) -> Table:
    return Table.of(
        ("period",),
        period=[y.period for y in years],
        ties=[int(y.found.out_degree.sum()) for y in years],
        density=[y.found.density for y in years],
        reciprocity=[y.found.reciprocity for y in years],
        components=[y.found.components for y in years],
    )


def _places(panel: Panel, years: list[_Year]) -> Table:
    n = len(panel.entities)
    names = [panel.name(e) for e in panel.entities] * len(years)

    def joined(part: str) -> Array:
        return np.concatenate([getattr(y.found, part) for y in years])

    return Table.of(
        ("entity", "period"),
        entity=list(panel.entities) * len(years),
        name_zh=[t.zh for t in names],
        name_en=[t.en for t in names],
        period=np.repeat([y.period for y in years], n),
        pull_out=np.concatenate([y.pull.sum(axis=1) for y in years]),
        pull_in=np.concatenate([y.pull.sum(axis=0) for y in years]),
        out_degree=joined("out_degree"),
        in_degree=joined("in_degree"),
        betweenness=joined("betweenness"),
        closeness_out=joined("closeness_out"),
        closeness_in=joined("closeness_in"),
    )


def _ties(panel: Panel, year: _Year) -> Table:
    """Who is tied to whom in the last period, with the pull."""
    rows, columns = np.nonzero(above_row_mean(year.pull))
    return Table.of(
        ("from", "to"),
        **{"from": [panel.entities[i] for i in rows]},
        to=[panel.entities[j] for j in columns],
        period=np.full(len(rows), year.period),
        pull=year.pull[rows, columns],
    )


def _explained(
    years: list[_Year], relations: Array, names: list[str], permutations: int, seed: int
) -> Table:
    """Correlation and regression of the logarithm of the pull on relations, by period."""
    rows: dict[str, list[float | str | int]] = {
        c: []
        for c in ("period", "relation", "qap_correlation", "p_correlation", "qap_coefficient",
                  "t_value", "p_permutation", "r2_relations")
    }  # fmt: skip
    for year, factors in zip(years, relations, strict=True):
        outcome = np.log(np.where(year.pull > 0, year.pull, 1.0))
        fit = qap.regression(outcome, factors)
        drawn = (
            qap.permuted_t(outcome, factors, permutations=permutations, seed=seed)
            if permutations
            else None
        )
        for k, name in enumerate(names):
            r = qap.correlation(outcome, factors[k])
            p_r = p_t = float("nan")
            if drawn is not None:
                mixed = qap.permuted_correlations(
                    outcome, factors[k], permutations=permutations, seed=seed
                )
                p_r = tail_p(r, mixed, 0.0, "two_sided")
                p_t = tail_p(float(fit.t[k + 1]), drawn[k], 0.0, "two_sided")
            cells = (year.period, name, r, p_r, float(fit.coefficient[k + 1]),
                     float(fit.t[k + 1]), p_t, fit.r2)  # fmt: skip
            for column, cell in zip(rows, cells, strict=True):
                rows[column].append(cell)
    return Table.of(("period", "relation"), **rows)


def _identity(years: list[_Year]) -> Check:
    gap = max(abs(int(y.found.out_degree.sum()) - int(y.found.in_degree.sum())) for y in years)
    return Check(Text("出度之和等于入度之和", "degrees out and in have one sum"), float(gap), 0.0)


def _notes(explained: bool, permutations: int, gradient: str | None) -> list[Note]:
    notes = [
        Note(
            Text(
                "引力是假定的，没有观测到任何流量：网络只是质量与距离的另一种写法，"
                "它与质量或距离的相关按构造就有，不能当作发现。",
                "Gravity is assumed and no flow was observed: the network restates masses and "
                "distances, and its correlation with either is built in and no finding.",
            ),
            level="caution",
            code="M886",
        ),
        Note(
            Text(
                "引力高于所在行均值的记为一条联系，因此每地必有向外的联系；"
                "介数按 (n−1)(n−2) 标准化，接近度按可达地区数折算。",
                "A tie is a pull above the mean of its row, so every place has ties out; "
                "betweenness is over (n - 1)(n - 2), closeness is scaled by the places reached.",
            )
        ),
    ]
    if gradient is not None:
        notes.append(
            Note(
                Text(
                    "距离除以“{g}”之差的绝对值：差别越大，算得越近。",
                    'Distances are divided by the absolute difference of "{g}": unlike is near.',
                ).format(g=gradient)
            )
        )
    if explained:
        notes.append(
            Note(
                Text(
                    "QAP：对引力的对数做相关与回归，p 值由同时重排行列 {r} 次得到，"
                    "回归用双重半偏置换（Dekker 等）；t 值只作置换的枢轴。",
                    "QAP on the logarithm of the pull; p values from {r} relabellings of rows and "
                    "columns together, by double semi-partialling in the regression (Dekker and "
                    "others); t values are pivots only.",
                ).format(r=permutations)
            )
        )
    return notes


def _figures() -> tuple[Figure, ...]:
    return (
        Figure(
            "degrees",
            "scatter",
            "places",
            Text("谁在网络的中心（最近一期）", "Who is central in the network, latest period"),
            Text(
                "横轴是向外的联系数，纵轴是向内的联系数；越靠上，越多地区的引力指向它。",
                "Across: ties out; up: ties in. The higher, the more places are drawn to it.",
            ),
            {
                "x": "out_degree",
                "y": "in_degree",
                "label": "entity",
                "where": {"period": "last"},
            },
        ),
    )

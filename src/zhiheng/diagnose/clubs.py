"""Convergence clubs: who moves towards whom, after Phillips and Sul."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import clubs_wording as wording
from zhiheng.diagnose.convergence_input import read_complete
from zhiheng.kernels import log_t as kernel
from zhiheng.kernels.log_t import Clubs, Hac, LogT, Rule, Settings

Array = NDArray[np.float64]
Filter = Literal["hp", "none"]
Ranking = Literal["last", "last_half"]

FEWEST_ROWS = 5
"""Rows of the log t regression: two coefficients, one autocorrelation, and two to spare."""
# Means of numbers near one.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Groups:
    """Clubs before and after neighbours were merged; the same where nothing was."""

    first: Clubs
    merged: NDArray[np.int64]


@method(zh="收敛俱乐部：log t 检验、聚类与合并、相对转移路径", example="regions")
def clubs(
    panel: Panel,
    *,
    variable: str,
    trim: float = 1 / 3,
    filter: Filter = "hp",  # noqa: A002  the word of the field
    smoothing: float = 400.0,
    rule: Rule = "ps2007",
    order: Ranking = "last",
    hac: Hac = "authors",
    merge: bool = True,
    critical: float = -1.65,
) -> Result:
    """Find clubs of entities that converge among themselves, by the log t test.

    Use it when one convergence test for all is refused and groups are not known
    beforehand. It needs trends, positive values and about ten periods or more; in
    short windows the critical value, which holds for long ones, is a convention. A
    club is a statement on relative paths and names no cause.

    Parameters
    ----------
    panel : Panel
    variable : str
        A series or an expression, usually a logarithm such as ``log(gdp / population)``.
    trim : float
        Share of first periods left out of the regression, ``round(trim T)``.
    filter : {"hp", "none"}
        Whether the trend is taken out of each series first (Hodrick and Prescott).
    smoothing : float
        Of the filter; 400 is what Phillips and Sul take for annual data.
    rule : {"ps2007", "schnurbus"}
        What is done when a grown club does not converge: raise the threshold of the
        sieve, or add one member at a time.
    order : {"last", "last_half"}
        Rank entities by the last period or by the mean of the last half.
    hac : {"authors", "andrews"}
        Long-run variance as in the authors' program, or as Andrews (1991) writes it.
    merge : bool
        Whether neighbouring clubs that converge together are joined.
    critical : float
        A group converges when t is above.

    Raises
    ------
    ZhihengError
        M800 gaps, M890 too few periods, M891 values that are not positive, M892
        entities with one and the same path, M893 an option out of range.

    References
    ----------
    Phillips and Sul (2007) Econometrica 75(6): 1771-1855; (2009) Journal of Applied
    Econometrics 24(7): 1153-1185; Schnurbus, Haupt and Meier (2017) Journal of Applied
    Econometrics 32(5): 1039-1042; Du (2017) Stata Journal 17(4): 882-900.
    """
    _check_options(trim, smoothing, critical)
    data = read_complete(panel, variable)
    _check_values(panel, data.values, trim, variable)
    x = kernel.hp_trend(data.values, smoothing) if filter == "hp" else data.values
    if not (x > 0).all():
        raise _not_positive(panel, x, variable)
    setting = Settings(trim, hac, critical)
    first = kernel.find_clubs(x, _key(x, order), setting, rule)
    found = Groups(first, kernel.merge(x, first, setting) if merge else first.club)
    tables = {
        "clubs": _clubs(panel, x, found),
        "log_t": _log_t(x, found, setting, merge=merge),
        "merging": _merging(x, found, setting),
        "club_paths": _club_paths(panel, x, found),
        "transition_paths": _paths(panel, x),
    }
    rows = len(panel.periods) - kernel.first_used(len(panel.periods), trim)
    notes = wording.notes(panel, found.first, (setting, rule, filter, smoothing), rows)
    figures = wording.figures(first.clubs > 0)
    return Result(tables, figures, (*data.notes, *notes), _checks(x, found), data.series)


def _key(x: Array, order: Ranking) -> Array:
    return x[:, -1] if order == "last" else x[:, x.shape[1] // 2 :].mean(axis=1)


def _clubs(panel: Panel, x: Array, found: Groups) -> Table:
    names = [panel.name(e) for e in panel.entities]
    h = kernel.paths(x)
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        club=found.first.club,
        club_merged=found.merged,
        core=found.first.core.astype(np.int64),
        path_first=h[:, 0],
        path_last=h[:, -1],
    )


def _log_t(x: Array, found: Groups, setting: Settings, *, merge: bool) -> Table:
    """The test of all entities, of each club, and of each club after merging."""
    sets = [("all", 0, np.ones(len(x), dtype=np.bool_))]
    sets += [("initial", k, found.first.club == k) for k in range(1, found.first.clubs + 1)]
    if merge:
        last = int(found.merged.max(initial=0))
        sets += [("merged", k, found.merged == k) for k in range(1, last + 1)]
    tested = kernel.log_t(np.stack([kernel.dispersion(x[m]) for _, _, m in sets]), setting)
    titles = [option_word("log_t_stage", stage) for stage, _, _ in sets]
    return Table.of(
        ("stage", "club"),
        stage=[stage for stage, _, _ in sets],
        stage_title_zh=[t.zh for t in titles],
        stage_title_en=[t.en for t in titles],
        club=np.array([k for _, k, _ in sets], dtype=np.int64),
        n=np.array([int(m.sum()) for _, _, m in sets], dtype=np.int64),
        **_regression(tested, setting),
    )


def _regression(tested: LogT, setting: Settings) -> dict[str, NDArray[np.float64 | np.int64]]:
    return {
        "estimate": tested.beta,
        "std_error_hac": tested.std_error,
        "statistic": tested.t,
        "p_left": np.asarray(stats.norm.cdf(tested.t)),
        "converges": (tested.t > setting.critical).astype(np.int64),
    }


def _merging(x: Array, found: Groups, setting: Settings) -> Table:
    """Each pair of neighbouring clubs, tested together as they were found."""
    number = np.arange(1, max(found.first.clubs, 1))
    club = found.first.club
    together = [kernel.dispersion(x[(club == k) | (club == k + 1)]) for k in number]
    stacked = np.stack(together) if together else np.empty((0, x.shape[1]))
    tested = kernel.log_t(stacked, setting)
    return Table.of(
        ("club", "club_next"),
        club=number,
        club_next=number + 1,
        **_regression(tested, setting),
    )


def _club_paths(panel: Panel, x: Array, found: Groups) -> Table:
    """The mean relative path of each club after merging."""
    h, p = kernel.paths(x), len(panel.periods)
    clubs_ = [k for k in range(int(found.merged.max(initial=0)) + 1) if (found.merged == k).any()]
    titles = [wording.club_title(k) for k in clubs_]
    means = np.stack([h[found.merged == k].mean(axis=0) for k in clubs_])
    return Table.of(
        ("club", "period"),
        club=np.repeat(np.array(clubs_, dtype=np.int64), p),
        club_title_zh=[t.zh for t in titles for _ in range(p)],
        club_title_en=[t.en for t in titles for _ in range(p)],
        period=np.tile(np.array(panel.periods, dtype=np.int64), len(clubs_)),
        n=np.repeat(np.array([(found.merged == k).sum() for k in clubs_]), p),
        path=means.ravel(),
    )


def _paths(panel: Panel, x: Array) -> Table:
    e, p = x.shape
    return Table.of(
        ("entity", "period"),
        entity=[code for code in panel.entities for _ in range(p)],
        period=np.tile(np.array(panel.periods, dtype=np.int64), e),
        path=kernel.paths(x).ravel(),
    )


def _checks(x: Array, found: Groups) -> tuple[Check, ...]:
    mean = float(np.abs(kernel.paths(x).mean(axis=0) - 1.0).max())
    last = found.merged.max(initial=0)
    sizes = sum(int((found.merged == k).sum()) for k in range(last + 1))
    return (
        Check(Text("相对路径每期的均值为一", "relative paths average one"), mean, ROUNDING),
        Check(
            Text(
                "每个地区恰在一个俱乐部或不在任何一个",
                "every entity is in exactly one club or in none",
            ),
            float(sizes - len(x)),
            0.0,
        ),
    )


def _check_options(trim: float, smoothing: float, critical: float) -> None:
    wrong: list[Row] = [
        {"option": name, "value": value}
        for name, value, fits in (
            ("trim", trim, 0 <= trim < 1),
            ("smoothing", smoothing, 0 < smoothing < np.inf),
            ("critical", critical, np.isfinite(critical)),
        )
        if not fits
    ]
    if wrong:
        raise ZhihengError(
            "M893",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=wrong,
            fix=Text(
                "trim 在零与一之间，smoothing 大于零，critical 是有限数（通常 -1.65）。",
                "trim from zero to below one, smoothing above zero, critical finite (usually "
                "-1.65).",
            ),
        )


def _check_values(panel: Panel, values: Array, trim: float, variable: str) -> None:
    size = len(panel.periods)
    rows = size - kernel.first_used(size, trim)
    steps = np.diff(np.array(panel.periods))
    if rows < FEWEST_ROWS or len(values) < 2 or (steps != 1).any():
        raise ZhihengError(
            "M890",
            Text(
                "log t 检验要求至少两个地区、逐期相连的时期，"
                "且去掉开头后至少剩 {m} 期；现剩 {r} 期。",
                "The log t test needs two entities, consecutive periods, and {m} of them after "
                "trimming; {r} are left.",
            ).format(m=FEWEST_ROWS, r=rows),
            evidence=[{"periods": size, "trim": trim, "left": rows, "entities": len(values)}],
            fix=Text(
                "加长窗口，或减小 trim；少数几期只作描述。",
                "Use a longer window or a smaller trim; describe a handful of periods only.",
            ),
        )
    if not (values > 0).all():
        raise _not_positive(panel, values, variable)
    _, position, times = np.unique(values, axis=0, return_index=True, return_counts=True)
    if (times > 1).any():
        same = values[position[np.flatnonzero(times > 1)[0]]]
        raise _same_path(panel, (values == same).all(axis=1))


def _not_positive(panel: Panel, values: Array, variable: str) -> ZhihengError:
    return ZhihengError(
        "M891",
        Text(
            "“{x}”（或其趋势）有不大于零的值，相对路径 h = x / 均值 没有意义。",
            '"{x}", or its trend, has values of zero or less: h = x over mean is then no relative '
            "path.",
        ).format(x=variable),
        evidence=panel.cells(~(values > 0), values),
        fix=Text(
            "换成为正的变量；取对数时先换较小的单位（如元而非万元）。",
            "Use a positive variable; before a logarithm choose a smaller unit.",
        ),
    )


def _same_path(panel: Panel, same: NDArray[np.bool_]) -> ZhihengError:
    rows: list[Row] = [
        {"entity": panel.entities[i], "name": panel.name(panel.entities[i])}
        for i in np.flatnonzero(same)
    ]
    return ZhihengError(
        "M892",
        Text(
            "有地区的数值逐期完全相同，离差为零，log t 没有定义。",
            "Some entities have the same values throughout: dispersion is zero, log t undefined.",
        ),
        evidence=rows,
        fix=Text(
            "查明是否复制的数据；只留其中一个。", "See whether data were copied; keep one of them."
        ),
    )

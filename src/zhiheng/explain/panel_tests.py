"""Tests before a panel regression: dependence, unit roots, equal slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.unit_roots import UnitRootLaw, longest_tabulated_lag, unit_root_law
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.explain import panel_tests_wording as wording
from zhiheng.explain.variables import read_variables
from zhiheng.kernels.cross_section import Dependence, dependence, slopes, within
from zhiheng.kernels.unit_roots import (
    LARGE_REJECTS,
    Moments,
    Trend,
    drawn,
    rejections,
    simulated_p,
    statistics,
)

Array = NDArray[np.float64]
# Two ways of adding the same correlations.
ROUNDING = 1e-9
FEWEST_ENTITIES = 5
"""Below this the averages over entities, on which every test here stands, mean nothing."""
FLAT = 1e-12
"""Spread relative to size below which a series counts as constant."""


@method(zh="面板检验：截面相关、单位根、斜率同质", example="regions")
def panel_tests(
    panel: Panel,
    *,
    variables: Sequence[str] = (),
    outcome: str = "",
    regressors: Sequence[str] = (),
    trend: Trend = "constant",
    adf_lags: int = 0,
    root: float = 0.9,
    draws: int = 999,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Test for dependence between entities, unit roots and, in a regression, equal slopes.

    Use it before a panel regression, to see which standard errors and which form of the
    variables are called for. With about ten periods the unit-root tests rarely reject
    anything: their power at exactly this size is computed and printed beside them, and a
    test without power is no evidence for a unit root. The null is a random walk without
    drift; series that grow want ``trend="trend"``. Whether series with unit roots share a
    long-run relation is the question of ``cointegration``.

    Parameters
    ----------
    panel : Panel
    variables : list of str
        Series or expressions to test; by default outcome and regressors.
    outcome, regressors : str, list of str
        A regression with entity effects whose residuals and slopes are tested.
    trend : {"constant", "trend"}
        Each entity's own constant, or constant and linear trend.
    adf_lags : int
        Lagged changes in every unit-root regression, 0 to 8.
    root : float
        The stationary root at which power is computed.
    draws : int
        Panels drawn for the null, and as many for power.
    seed : int
    level : float
        Level at which power is computed.

    Raises
    ------
    ZhihengError
        M704 gaps, M716 too few periods or entities, M717 options at odds, M725 a series
        that does not vary within an entity, or regressors that are tied.

    References
    ----------
    Pesaran (2004) CESifo Working Paper 1229; Breusch and Pagan (1980) Review of Economic
    Studies 47(1): 239-253; Baltagi, Feng and Kao (2012) Journal of Econometrics 170(1):
    164-177; Levin, Lin and Chu (2002) Journal of Econometrics 108(1): 1-24; Im, Pesaran
    and Shin (2003) Journal of Econometrics 115(1): 53-74; Maddala and Wu (1999) Oxford
    Bulletin of Economics and Statistics 61(S1): 631-652; Choi (2001) Journal of
    International Money and Finance 20(2): 249-272; Pesaran (2007) Journal of Applied
    Econometrics 22(2): 265-312; Pesaran and Yamagata (2008) Journal of Econometrics
    142(1): 50-93.
    """
    right = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    given = (variables,) if isinstance(variables, str) else tuple(variables)
    names = given or ((outcome, *right) if outcome else right)
    _check_options(names, outcome, right, adf_lags, (root, level, draws))
    model = (outcome, *right) if outcome else ()
    wanted = list(dict.fromkeys([*names, *model]))
    data = read_variables(panel, wanted, gaps="refuse")
    values = {name: data.values[..., j] for j, name in enumerate(wanted)}
    _check_size(panel, trend, adf_lags, len(right))
    _check_flat(panel, values)
    found = {name: dependence(values[name]) for name in names}
    tables: dict[str, Table] = {}
    if outcome:
        x = np.stack([values[name] for name in right], axis=-1)
        _check_tied(panel, x)
        found["residuals"] = dependence(within(values[outcome], x))
        tables["slopes"] = _slopes(values[outcome], x)
    size = (len(panel.entities), len(panel.periods))
    law = unit_root_law(trend, periods=size[1], lags=adf_lags)
    draw = partial(drawn, size, draws=draws, lags=adf_lags, trend=trend, law=_moments(law))
    null = draw(root=1.0, seed=seed)
    power = _power(null, draw(root=root, seed=seed + 1), level)
    roots = [
        _roots(
            panel.title(name), name, values[name], null, power, law=law, lags=adf_lags, trend=trend
        )
        for name in names
    ]
    tables = {
        "dependence": _dependence(panel, found),
        "cross_section": _cross_section(panel, found),
        "unit_roots": Table.of(("variable", "test"), **_joined(roots)),
        **tables,
    }
    worst = max((one.identity for one in found.values()), key=abs)
    check = Check(wording.SUMS_CHECK, worst, ROUNDING)
    notes = wording.notes(tables, power, (trend, adf_lags, root, level, *size))
    return Result(tables, wording.figures(), (*data.notes, *notes), (check,), data.series)


def _moments(law: UnitRootLaw) -> Moments:
    return Moments(law.mean, law.variance, law.mu, law.sigma, law.small, law.large, law.limit)


def _power(null: Mapping[str, Array], other: Mapping[str, Array], level: float) -> dict[str, float]:
    return {
        name: rejections(other[name], null[name], level=level, large=name in LARGE_REJECTS)
        for name in null
    }


def _titles(panel: Panel, names: Sequence[str]) -> dict[str, list[str]]:
    found = [
        option_word("panel_test", name) if name == "residuals" else panel.title(name)
        for name in names
    ]
    return {"variable_title_zh": [t.zh for t in found], "variable_title_en": [t.en for t in found]}


def _dependence(panel: Panel, found: Mapping[str, Dependence]) -> Table:
    return Table.of(
        ("variable",),
        variable=list(found),
        **_titles(panel, list(found)),
        mean_correlation=np.array([one.mean for one in found.values()]),
        mean_absolute_correlation=np.array([one.mean_absolute for one in found.values()]),
        pairs=np.array([one.pairs for one in found.values()]),
    )


def _cross_section(panel: Panel, found: Mapping[str, Dependence]) -> Table:
    rows: list[tuple[str, str, float, float, float]] = []
    for name, one in found.items():
        normal = [("cd", one.cd), ("scaled_lm", one.scaled)]
        if name == "residuals":
            normal.append(("corrected_lm", one.corrected))
        rows += [(name, t, v, float("nan"), 2 * float(stats.norm.sf(abs(v)))) for t, v in normal]
        p = float(stats.chi2.sf(one.lm, one.pairs))
        rows.append((name, "lm", one.lm, float(one.pairs), p))
    titles = [option_word("panel_test", test) for _, test, _, _, _ in rows]
    return Table.of(
        ("variable", "test"),
        variable=[r[0] for r in rows],
        **_titles(panel, [r[0] for r in rows]),
        test=[r[1] for r in rows],
        test_title_zh=[t.zh for t in titles],
        test_title_en=[t.en for t in titles],
        test_statistic=np.array([r[2] for r in rows]),
        degrees=np.array([r[3] for r in rows]),
        p_value=np.array([r[4] for r in rows]),
    )


def _roots(
    title: Text, name: str, y: Array, null: Mapping[str, Array], power: Mapping[str, float], *,
    law: UnitRootLaw, lags: int, trend: Trend,
) -> dict[str, list[object]]:  # fmt: skip
    one = statistics(y[None], lags=lags, trend=trend, law=_moments(law))
    tests = list(one)
    value = [float(one[test][0]) for test in tests]
    titles = [option_word("panel_test", test) for test in tests]
    return {
        "variable": [name] * len(tests),
        "variable_title_zh": [title.zh] * len(tests),
        "variable_title_en": [title.en] * len(tests),
        "test": [*tests],
        "test_title_zh": [t.zh for t in titles],
        "test_title_en": [t.en for t in titles],
        "test_statistic": [*value],
        "p_value": [_published(t, v, law, len(y)) for t, v in zip(tests, value, strict=True)],
        "p_simulated": [
            simulated_p(v, null[t], large=t in LARGE_REJECTS)
            for t, v in zip(tests, value, strict=True)
        ],
        "power": [power[test] for test in tests],
    }


def _published(test: str, value: float, law: UnitRootLaw, entities: int) -> float:
    """The p value of the published law; NaN where the table does not reach or there is none."""
    if test == "madwu":
        return float(stats.chi2.sf(value, 2 * entities))
    if test == "choi_pm":
        return float(stats.norm.sf(value))
    known = {"levinlin": law.llc_tabulated, "ips": law.ips_tabulated, "choi_z": True}
    return float(stats.norm.cdf(value)) if known.get(test, False) else float("nan")


def _joined(parts: Sequence[Mapping[str, list[object]]]) -> dict[str, object]:
    joined = {key: [v for part in parts for v in part[key]] for key in parts[0]}
    numbers = ("test_statistic", "p_value", "p_simulated", "power")
    return {k: np.array(v, dtype=np.float64) if k in numbers else v for k, v in joined.items()}


def _slopes(y: Array, x: Array) -> Table:
    found = slopes(y, x)
    tests, value = ["delta", "delta_adjusted"], np.array([found.delta, found.adjusted])
    titles = [option_word("panel_test", test) for test in tests]
    return Table.of(
        ("test",),
        test=tests,
        test_title_zh=[t.zh for t in titles],
        test_title_en=[t.en for t in titles],
        test_statistic=value,
        p_value=2 * stats.norm.sf(np.abs(value)),
    )


def _check_options(
    names: Sequence[str], outcome: str, right: Sequence[str], lags: int,
    numbers: tuple[float, float, int],
) -> None:  # fmt: skip
    root, level, draws = numbers
    longest = longest_tabulated_lag()
    checks = {
        "variables": bool(names) and len(set(names)) == len(names),
        "regressors": bool(right) == bool(outcome) and outcome not in right,
        "adf_lags": 0 <= lags <= longest,
        "root": 0 <= root < 1,
        "level": 0 < level < 1,
        "draws": draws >= 99,
    }
    bad: list[Row] = [{"option": name} for name, fine in checks.items() if not fine]
    if bad:
        raise ZhihengError(
            "M717",
            Text("选项互不相容或出界。", "Options are out of range or at odds."),
            evidence=bad,
            fix=Text(
                "给出 variables（不重复），或 outcome 与 regressors；adf_lags 在 0 到 {m} 之间；"
                "root、level 在零与一之间；draws 不少于 99。",
                "Give variables, each once, or outcome with regressors; adf_lags from 0 to {m}; "
                "root and level between zero and one; draws 99 or more.",
            ).format(m=longest),
        )


def _check_size(panel: Panel, trend: Trend, lags: int, regressors: int) -> None:
    """The longest regression is that of CIPS: its own terms and their averages over entities."""
    terms = (2 if trend == "trend" else 1) + 3 + 2 * lags
    needed = max(terms + lags + 2, regressors + 3)
    steps = np.diff(np.array(panel.periods, dtype=np.int64))
    entities, periods = len(panel.entities), len(panel.periods)
    if periods >= needed and entities >= FEWEST_ENTITIES and (steps == steps[:1]).all():
        return
    raise ZhihengError(
        "M716",
        Text(
            "{e} 个地区、{t} 期：这些检验至少要 {m} 个地区、{n} 期，且时期等距。",
            "{e} entities and {t} periods: these tests need at least {m} and {n}, and equal steps "
            "between periods.",
        ).format(e=entities, t=periods, m=FEWEST_ENTITIES, n=needed),
        evidence=[{"entities": entities, "periods": periods, "periods_needed": needed}],
        fix=Text(
            "加长窗口，减少 adf_lags，或用 trend=constant。",
            "Use a longer window, fewer adf_lags, or trend=constant.",
        ),
    )


def _check_flat(panel: Panel, values: Mapping[str, Array]) -> None:
    rows: list[Row] = []
    for name, y in values.items():
        flat = np.ptp(y, axis=1) <= FLAT * np.abs(y).max(axis=1)
        rows += [
            {"variable": name, "entity": panel.entities[i], "name": panel.name(panel.entities[i])}
            for i in np.flatnonzero(flat)
        ]
    if rows:
        raise _cannot(rows)


def _check_tied(panel: Panel, x: Array) -> None:
    x0 = x - x.mean(axis=1, keepdims=True)
    size = np.sqrt((x0**2).sum(axis=1, keepdims=True))
    least = np.linalg.svd(x0 / size, compute_uv=False)[..., -1]
    rows: list[Row] = [
        {"entity": panel.entities[i], "name": panel.name(panel.entities[i])}
        for i in np.flatnonzero(least < 1e-8)
    ]
    if rows:
        raise _cannot(rows)


def _cannot(rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M725",
        Text(
            "{n} 处：序列在地区内没有变化，或解释变量在地区内完全共线，检验算不出来。",
            "{n} places where a series does not vary within an entity, or regressors are exactly "
            "collinear there: the tests cannot be computed.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text("去掉这些变量或地区。", "Leave out these variables or entities."),
    )

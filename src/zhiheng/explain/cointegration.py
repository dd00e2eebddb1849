"""Panel cointegration: Kao, Pedroni and Westerlund, with p values for short panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.catalog.cointegration import cointegration_moments
from zhiheng.catalog.unit_roots import unit_root_law
from zhiheng.catalog.wording import option_word
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.explain import cointegration_wording as wording
from zhiheng.explain.cointegration_input import (
    FAMILIES,
    check_flat,
    check_moves,
    check_options,
    check_size,
)
from zhiheng.explain.variables import read_variables
from zhiheng.kernels.cointegration import LARGE_REJECTS, Settings
from zhiheng.kernels.cointegration_draws import (
    Family,
    bootstrap,
    cointegrated,
    law,
    measured_scale,
    statistics,
    walks,
)
from zhiheng.kernels.cross_section import Dependence, dependence
from zhiheng.kernels.error_correction import Null, null_model
from zhiheng.kernels.unit_roots import Moments, Trend, drawn, rejections, simulated_p
from zhiheng.kernels.unit_roots import statistics as root_statistics

Array = NDArray[np.float64]
ROOT_TESTS = ("ips", "cips")
# Statistics that are means over entities and not yet multiplied by the root of N.
MEANS = ("gt", "ga", "pa")
# Two ways of adding the same correlations.
ROUNDING = 1e-9


@method(zh="面板协整检验：Kao、Pedroni、Westerlund", example="regions")
def cointegration(
    panel: Panel,
    *,
    outcome: str = "",
    regressors: Sequence[str] = (),
    tests: Sequence[str] = FAMILIES,
    trend: Trend = "constant",
    lags: int = 0,
    root: float = 0.5,
    draws: int = 999,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Test whether series with unit roots share a long-run relation, for short panels too.

    Use it before a regression in levels whose variables have unit roots: without
    cointegration that regression is spurious. The null of all sixteen statistics is no
    cointegration. With about ten periods published p values are wrong in both directions;
    two others stand beside them. ``p_simulated`` draws independent random walks of this
    very size, ``p_bootstrap`` resamples the panel's own periods, all entities together
    (Westerlund's bootstrap), and holds when entities share shocks. Power at this size is
    printed: a test without power is no evidence against a relation. Do not use it for
    series whose levels are stationary; that is checked and said. Kao's tests allow one
    slope for all entities and no trend.

    Parameters
    ----------
    panel : Panel
        Balanced, at least ten entities.
    outcome, regressors : str, list of str
        Series or expressions in levels. Moments are published for up to seven regressors
        (Pedroni) and six (Westerlund); beyond, ``p_value`` is empty.
    tests : list of {"kao", "pedroni", "westerlund"}
        Families to compute. One that the panel is too short for is left out and named.
    trend : {"constant", "trend"}
        Each entity's own constant, or constant and linear trend; series that grow want the
        trend.
    lags : int
        Lagged changes in every augmented and error-correction regression, 0 to 8.
    root : float
        Root of the errors around the relation at which power is computed.
    draws : int
        Panels drawn for each null, and as many for power.
    seed : int
    level : float
        Level at which power is computed and stationary series are named.

    Raises
    ------
    ZhihengError
        M704 gaps, M910 too few entities or periods for every family, M911 options at odds,
        M912 series without variation or tied to each other. Notes: M913 series whose levels
        look stationary, M914 families left out, M915 series that grow.

    References
    ----------
    Kao (1999) Journal of Econometrics 90(1): 1-44; Pedroni (1999) Oxford Bulletin of
    Economics and Statistics 61(S1): 653-670; Pedroni (2004) Econometric Theory 20(3):
    597-625; Westerlund (2007) Oxford Bulletin of Economics and Statistics 69(6): 709-748;
    Persyn and Westerlund (2008) Stata Journal 8(2): 232-241.
    """
    right = (regressors,) if isinstance(regressors, str) else tuple(regressors)
    wanted = (tests,) if isinstance(tests, str) else tuple(tests)
    numbers = {"lags": lags, "root": root, "level": level, "draws": draws}
    check_options(outcome, right, wanted, numbers)
    names = (outcome, *right)
    data = read_variables(panel, names, gaps="refuse")
    z, periods = data.values, len(panel.periods)
    # Newey and West's rule for the Bartlett window, as in Stata's and R's programs.
    how = Settings(trend, lags, int(4 * (periods / 100) ** (2 / 9)))
    families: list[Family] = [one for one in FAMILIES if one in wanted]
    kept, lacking = check_size(panel, families, len(right), how)
    check_flat(panel, names, z)
    check_moves(panel, names, z)
    null = null_model(z, how)
    laws = _laws(z, null, kept, how, root=root, draws=draws, seed=seed)
    found = _changes(names, z, null)
    tables = {
        "tests": _tests(z, kept, how, laws, level),
        "unit_roots": _roots(panel, names, z, trend, lags, draws=draws, seed=seed),
        "dependence": _dependence(panel, found),
    }
    worst = max((one.identity for one in found.values()), key=abs)
    check = Check(wording.SUMS_CHECK, worst, ROUNDING)
    setting = wording.Setting(how, root, level, z.shape[0], periods, tuple(lacking))
    grown = () if trend == "trend" else growing(names, z, level)
    notes = wording.notes(panel, tables, setting, grown)
    return Result(tables, wording.figures(), (*data.notes, *notes), (check,), data.series)


@dataclass(frozen=True, slots=True)
class _Laws:
    simulated: Mapping[str, Array]
    resampled: Mapping[str, Array]
    alternative: Mapping[str, Array]


def _laws(
    z: Array, null: Null, kept: Sequence[Family], how: Settings, *, root: float, draws: int,
    seed: int,
) -> _Laws:  # fmt: skip
    scale, periods = measured_scale(z), z.shape[1]
    sources = (
        walks(scale, periods),
        bootstrap(null, periods),
        cointegrated(scale, periods, root),
    )
    return _Laws(
        *(
            law(one, z.size, draws=draws, seed=seed + i, how=how, families=kept)
            for i, one in enumerate(sources)
        )
    )


def _tests(z: Array, kept: Sequence[Family], how: Settings, laws: _Laws, level: float) -> Table:
    rows: list[tuple[str, str]] = []
    numbers: list[tuple[float, ...]] = []
    for family in kept:
        for test, array in statistics(z[None], how, [family]).items():
            value, large = float(array[0]), test in LARGE_REJECTS
            score = _standardised(test, value, z.shape[0], z.shape[2] - 1, how.trend)
            p = float(stats.norm.sf(score) if large else stats.norm.cdf(score))
            null = laws.simulated[test]
            rows.append((family, test))
            numbers.append((
                value, score, p, simulated_p(value, null, large=large),
                simulated_p(value, laws.resampled[test], large=large),
                rejections(laws.alternative[test], null, level=level, large=large),
            ))  # fmt: skip
    columns = np.array(numbers).T
    family_titles = [option_word("cointegration_family", family) for family, _ in rows]
    titles = [option_word("cointegration_test", test) for _, test in rows]
    return Table.of(
        ("test",),
        test=[test for _, test in rows],
        test_title_zh=[t.zh for t in titles],
        test_title_en=[t.en for t in titles],
        family=[family for family, _ in rows],
        family_title_zh=[t.zh for t in family_titles],
        family_title_en=[t.en for t in family_titles],
        **dict(
            zip(
                ("test_statistic", "z", "p_value", "p_simulated", "p_bootstrap", "power"),
                columns, strict=True,
            )
        ),
    )  # fmt: skip


def _standardised(test: str, value: float, entities: int, regressors: int, trend: str) -> float:
    """Standard normal in long panels; Kao's are so already; NaN without published moments."""
    if test.startswith("kao"):
        return value
    moments = cointegration_moments(test, trend=trend, regressors=regressors)
    if moments is None:
        return float("nan")
    mean, variance = moments
    scaled = value * np.sqrt(entities) if test in MEANS else value
    return float((scaled - mean * np.sqrt(entities)) / np.sqrt(variance))


def _roots(
    panel: Panel, names: Sequence[str], z: Array, trend: Trend, lags: int, *, draws: int, seed: int
) -> Table:
    size = (z.shape[0], z.shape[1])
    published = unit_root_law(trend, periods=size[1], lags=lags)
    moments = Moments(
        published.mean, published.variance, published.mu, published.sigma, published.small,
        published.large, published.limit,
    )  # fmt: skip
    null = drawn(size, draws=draws, root=1.0, seed=seed, lags=lags, trend=trend, law=moments)
    keys = [(name, test) for name in names for test in ROOT_TESTS]
    found = [
        root_statistics(z[None, ..., j], lags=lags, trend=trend, law=moments)
        for j in range(len(names))
    ]
    value = [float(one[test][0]) for one in found for test in ROOT_TESTS]
    tests = [option_word("panel_test", test) for _, test in keys]
    titles = [panel.title(name) for name, _ in keys]
    return Table.of(
        ("variable", "test"),
        variable=[name for name, _ in keys],
        variable_title_zh=[t.zh for t in titles],
        variable_title_en=[t.en for t in titles],
        test=[test for _, test in keys],
        test_title_zh=[t.zh for t in tests],
        test_title_en=[t.en for t in tests],
        test_statistic=np.array(value),
        p_simulated=np.array(
            [
                simulated_p(v, null[test], large=False)
                for v, (_, test) in zip(value, keys, strict=True)
            ]
        ),
    )


def _changes(names: Sequence[str], z: Array, null: Null) -> dict[str, Dependence]:
    """Dependence of changes: levels of random walks correlate even when they are independent."""
    found = {name: dependence(np.diff(z[..., j], axis=1)) for j, name in enumerate(names)}
    return {**found, "errors": dependence(null.error)}


def _dependence(panel: Panel, found: Mapping[str, Dependence]) -> Table:
    titles = [
        option_word("cointegration_test", name) if name == "errors" else panel.title(name)
        for name in found
    ]
    cd = np.array([one.cd for one in found.values()])
    return Table.of(
        ("variable",),
        variable=list(found),
        variable_title_zh=[t.zh for t in titles],
        variable_title_en=[t.en for t in titles],
        mean_correlation=np.array([one.mean for one in found.values()]),
        test_statistic=cd,
        p_value=2 * stats.norm.sf(np.abs(cd)),
    )


def growing(names: Sequence[str], z: Array, level: float) -> tuple[str, ...]:
    """Variables whose average change over entities is not zero, over the periods at hand."""
    mean = np.diff(z, axis=1).mean(axis=0)
    rows = len(mean)
    t = mean.mean(axis=0) / (mean.std(axis=0, ddof=1) / np.sqrt(rows))
    p = 2 * stats.t.sf(np.abs(t), rows - 1)
    return tuple(name for name, one in zip(names, p, strict=True) if one < level)

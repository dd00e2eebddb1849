"""Minimum detectable effects against R, and rejection rates against simulation by hand."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.panel_ols import panel_ols
from zhiheng.explain.power import power
from zhiheng.kernels.detectable import power_of, rejection, simulate
from zhiheng.kernels.few_clusters import bell_mccaffrey, cr2_weights
from zhiheng.kernels.panel_ols import absorber, covariance
from zhiheng.kernels.panel_ols import panel_ols as fit_of

REFERENCE = Path(__file__).parents[1] / "reference" / "power"

# CR2 by roots of large matrices, in R of the whole dummy design.
ROOTS = 1e-6
# Double precision over a few hundred rows.
ROUNDING = 1e-8


def grunfeld_panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]
    data = data.assign(year=data.year.astype(int))
    data = data.rename(columns={"invest": "y", "value": "a", "capital": "b"})
    return Panel.from_frame(data, entity="firm", period="year")


def produc_panel():
    data = munnell.load()
    made = data[["ST_ABB", "YR"]].copy()
    for name, source in {"y": "GSP", "a": "P_CAP", "b": "EMP"}.items():
        made[name] = np.log(data[source].astype(float))
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


PANELS = {"grunfeld": grunfeld_panel, "produc": produc_panel}


def stored():
    cases = defaultdict(dict)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]][row["term"]] = row
    return cases


@pytest.mark.parametrize("case", stored())
def test_detectable_effects_and_power_equal_r(case):
    name, effects = case.split("/")
    result = power(PANELS[name](), outcome="y", regressors=["a", "b"], effects=effects)
    table, curve = result.tables["detectable"], result.tables["curve"]
    for term, want in stored()[case].items():
        row = table.row(table.find(term))
        assert row["mde_few"] == pytest.approx(float(want["mde_few"]), rel=ROOTS)
        assert row["mde_standardised"] == pytest.approx(float(want["standardised"]), rel=ROOTS)
        for times, column in ((0.5, "half"), (1.0, "one"), (2.0, "two")):
            found = curve.row(curve.find(term, times))["power"]
            assert found == pytest.approx(float(want[column]), rel=ROOTS)


def test_the_plain_figure_is_the_one_that_the_regression_prints():
    panel = produc_panel()
    one = power(panel, outcome="y", regressors=["a"]).tables["detectable"].columns
    two = panel_ols(panel, outcome="y", regressors=["a"], draws=0).tables["coefficients"].columns
    np.testing.assert_array_equal(one["mde"], two["mde"])
    assert one["below_mde"][0] in ("yes", "no")


def test_power_equals_shares_of_draws_from_the_noncentral_t():
    rng = np.random.default_rng(1)
    df, shift = 9.0, 2.1
    t = (rng.normal(size=400_000) + shift) / np.sqrt(rng.chisquare(df, size=400_000) / df)
    from scipy import stats

    share = (np.abs(t) > stats.t.ppf(0.975, df)).mean()
    found = power_of(np.array([shift]), np.array([1.0]), np.array([df]), 0.05)
    assert found[0] == pytest.approx(share, abs=0.003)  # four standard errors of a share


@pytest.mark.parametrize("holes", [False, True])
def test_flipped_panels_equal_estimating_each_of_them(holes):
    rng = np.random.default_rng(6)
    mask = rng.random((12, 6)) > 0.1 if holes else np.ones((12, 6), dtype=bool)
    x = rng.normal(size=(12, 6, 2)) * mask[..., None]
    y = (x.sum(axis=-1) + rng.normal(size=(12, 6))) * mask
    absorb = absorber(mask, "twoway")
    fit = fit_of(y, x, absorb)
    found = simulate(fit, draws=20, seed=3, order=np.arange(12))
    root = cr2_weights(fit)[1]
    signs = 1.0 - 2.0 * np.random.default_rng(3).integers(0, 2, size=(20, 12))
    for draw in range(20):
        made = signs[draw][:, None] * (root @ fit.residuals[..., None])[..., 0]
        again = fit_of(made, x, absorb)
        np.testing.assert_allclose(found.error[draw], again.beta, atol=ROUNDING)
        plain = np.sqrt(np.diag(covariance(again)))
        np.testing.assert_allclose(found.plain[draw], plain, rtol=ROUNDING)
        few = bell_mccaffrey(again).std_error
        np.testing.assert_allclose(found.reduced[draw], few, rtol=1e-6)


def test_sizes_are_near_the_level_and_rise_to_the_power_asked_for():
    result = power(produc_panel(), outcome="y", regressors=["a"], draws=2000)
    table = result.tables["simulated"].columns
    assert (np.abs(table["size"] - 0.05) < 0.04).all()
    assert (table["power"] > 0.7).all()
    more = rejection(
        simulate(_fit(), draws=400, seed=1, order=np.arange(48)),
        np.array([10.0]),
        np.array([2.0]),
        reduced=True,
    )
    assert more[0] == 1.0


def _fit():
    panel = produc_panel()
    mask = np.ones((len(panel.entities), len(panel.periods)), dtype=bool)
    return fit_of(panel.array("y"), panel.array("a")[..., None], absorber(mask, "twoway"))


def test_the_order_of_entities_does_not_matter():
    panel = produc_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    options = {"outcome": "y", "regressors": ["a", "b"], "draws": 300}
    one, two = power(panel, **options), power(mixed, **options)
    for table in ("detectable", "curve", "simulated"):
        for name, values in one.tables[table].columns.items():
            if values.dtype.kind == "f":
                np.testing.assert_allclose(two.tables[table].columns[name], values, rtol=1e-8)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M753", {"level": 0.0}),
        ("M753", {"target": 1.0}),
        ("M753", {"target": 0.04}),
        ("M753", {"draws": 10}),
        ("M706", {"regressors": []}),
        ("M703", {"regressors": ["a", "2 * a"]}),
    ],
)
def test_what_cannot_be_computed_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        power(produc_panel(), **{"outcome": "y", "regressors": ["a"]} | options)
    assert caught.value.code == code
    assert caught.value.fix.en

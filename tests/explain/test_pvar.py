"""The panel VAR against other programs, and what it refuses."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from statsmodels.datasets import grunfeld

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.pvar import pvar

REFERENCE = Path(__file__).parents[1] / "reference" / "pvar"

# Two programs, both in double precision, on the same equations; the product of instruments and
# regressors costs two digits.
PROGRAM = 1e-8
NAMES = ["log(invest)", "log(value)"]


@pytest.fixture(scope="module")
def panel():
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"].assign(year=lambda d: d.year.astype(int))
    return Panel.from_frame(data, entity="firm", period="year")


def stored():
    found = defaultdict(dict)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            found[row["case"]][row["key"]] = float(row["value"])
    return found


def named(word):
    """``invest1`` of the stored table as a variable and its lag."""
    return f"log({word.rstrip('0123456789')})", int(word[-1]) if word[-1].isdigit() else 0


@pytest.mark.parametrize("lags", [1, 2])
@pytest.mark.parametrize("means", [False, True])
def test_coefficients_errors_tests_and_responses_equal_other_programs(panel, lags, means):
    tag = f"lags{lags}/{'means' if means else 'plain'}"
    result = pvar(panel, variables=NAMES, lags=lags, period_effects=means, horizon=6, draws=0)
    table = result.tables["coefficients"]
    assert len(table) == len(stored()[tag]) == 4 * lags
    for case, column in ((tag, "estimate"), (f"{tag}/error", "std_error")):
        for key, wanted in stored()[case].items():
            equation, term = key.split("|")
            row = table.row(table.find(named(equation)[0], *named(term)))
            np.testing.assert_allclose(row[column], wanted, rtol=PROGRAM, err_msg=key)
    direction = result.tables["direction"]
    for key, wanted in stored()[f"{tag}/wald"].items():
        row = direction.row(direction.find(*(named(w)[0] for w in key.split("|"))))
        np.testing.assert_allclose(row["test_statistic"], wanted, rtol=PROGRAM)
    responses = result.tables["responses"]
    for key, wanted in stored()[f"{tag}/response"].items():
        shock, other, h = key.split("|")
        row = responses.row(responses.find(named(shock)[0], named(other)[0], int(h)))
        np.testing.assert_allclose(row["estimate"], wanted, rtol=PROGRAM, atol=1e-12)


def test_identities_bands_and_figures(panel):
    result = pvar(panel, variables=NAMES, draws=200)
    assert all(check.passed for check in result.checks)
    c = result.tables["responses"].columns
    assert (c["ci_low"] <= c["ci_high"]).all()
    inside = (c["ci_low"] <= c["estimate"]) & (c["estimate"] <= c["ci_high"])
    assert inside.mean() > 0.8
    assert len(result.figures) == 2
    assert {f.encodings["where"]["impulse"] for f in result.figures} == set(NAMES)


def test_means_name_the_bias_and_unstable_systems_block(panel):
    within = pvar(panel, variables=NAMES, effects="within", draws=0)
    assert any("Nickell" in n.text.en and n.level == "caution" for n in within.notes)
    rng = np.random.default_rng(0)
    x = np.exp(0.3 * np.arange(8) * rng.uniform(0.5, 1.5, size=(12, 1)))
    y = x + rng.normal(size=(12, 8))
    wild = Panel.of(
        {"x": x + 0.01 * rng.normal(size=x.shape), "y": y},
        entities=[f"e{i}" for i in range(12)], periods=range(8), units={},
    )  # fmt: skip
    result = pvar(wild, variables=["x", "y"], draws=0)
    assert result.tables["stability"].columns["modulus"].max() > 1
    assert result.blocked


def test_the_order_of_variables_moves_responses_and_nothing_else(panel):
    one = pvar(panel, variables=NAMES, draws=0).tables
    two = pvar(panel, variables=NAMES[::-1], draws=0).tables
    for table in ("direction", "coefficients"):
        for i in range(len(one[table])):
            other = two[table].row(two[table].find(*one[table].key(i)))
            for column, value in one[table].row(i).items():
                if isinstance(value, float):
                    assert other[column] == pytest.approx(value, rel=1e-7), column
    first = one["responses"].row(one["responses"].find(NAMES[1], NAMES[0], 0))["estimate"]
    assert first == 0.0
    assert two["responses"].row(two["responses"].find(NAMES[1], NAMES[0], 0))["estimate"] != 0.0


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M905", {"variables": NAMES[:1]}),
        ("M905", {"variables": [NAMES[0], NAMES[0]]}),
        ("M905", {"lags": 0}),
        ("M905", {"horizon": 0}),
        ("M905", {"draws": -1}),
        ("M905", {"level": 1.0}),
        ("M906", {"lags": 18}),
        ("M907", {"variables": ["log(value)", "2 * log(value)"]}),
        ("M907", {"variables": ["log(value)", "value * 0"]}),
        ("M604", {"effects": "random"}),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_its_reason(panel, code, options):
    with pytest.raises(ZhihengError) as caught:
        pvar(panel, **{"variables": NAMES, "draws": 0, **options})
    assert caught.value.code == code
    assert caught.value.what.zh
    assert caught.value.fix.en


def test_few_entities_and_holes_are_refused(panel):
    with pytest.raises(ZhihengError, match="M701"):
        pvar(panel.select(entities=panel.entities[:9]), variables=NAMES)
    with pytest.raises(ZhihengError, match="M903"):
        pvar(panel.select(periods=[1935, 1936, 1938, 1939, 1940]), variables=NAMES)

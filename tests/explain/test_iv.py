"""Instrumental variables against other programs, their laws, and what is refused."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.datasets import munnell

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.iv import iv

REFERENCE = Path(__file__).parents[1] / "reference" / "iv"

# Two programs in double precision; R and linearmodels carry up to 64 dummies, which costs digits.
PROGRAM = 1e-8
# Statistics of two regressions, whose difference cancels digits.
STATISTIC = 1e-7
# The table of cases prints six decimals.
PRINTED = 5e-7
BASE = {"outcome": "y", "endogenous": ["lpc"], "regressors": ["lemp"]}
BASE["instruments"] = ["lpcap", "unemp"]


def produc_panel():
    data = munnell.load()
    logs = {"y": "GSP", "lpcap": "P_CAP", "lpc": "PC", "lemp": "EMP"}
    made = data[["ST_ABB", "YR"]].assign(unemp=data.UNEMP.astype(float))
    for name, source in logs.items():
        made[name] = np.log(data[source].astype(float))
    # plm numbers states by their full names, as Munnell's file is sorted
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def thinned(panel):
    """The rows that the makers leave out of their unbalanced cases."""
    i = np.arange(1, len(panel.entities) + 1)[:, None]
    t = np.arange(len(panel.periods))[None, :]
    values = {s: panel.array(s).copy() for s in panel.series}
    for array in values.values():
        array[(7 * i + 3 * t) % 11 == 0] = np.nan
    return Panel.of(values, entities=panel.entities, periods=panel.periods, units=panel.units)


def run(case, **options):
    effects, rows = case.split("/")
    panel = produc_panel()
    panel = panel if rows == "full" else thinned(panel)
    return iv(panel, **{**BASE, "effects": effects, "gaps": "drop", **options})


def stored():
    cases = defaultdict(list)
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            cases[row["case"]].append(row)
    return cases


def column(rows, name):
    return np.array([float(row[name] or "nan") for row in rows])


def row_of_tests(result, name):
    table = result.tables["tests"]
    return table.row(table.find(name))


@pytest.mark.parametrize("case", stored())
def test_estimates_errors_and_diagnostics_equal_aer(case):
    rows = stored()[case]
    kinds = {
        "classical": {"covariance": "classical"},
        "hc0": {"covariance": "hc0"},
        "cluster": {"small_sample": "none"},
    }
    for name, options in kinds.items():
        found = run(case, **options).tables["coefficients"].columns
        np.testing.assert_allclose(found["estimate"], column(rows, "estimate"), rtol=PROGRAM)
        np.testing.assert_allclose(found["std_error"], column(rows, name), rtol=PROGRAM)
    if case.startswith("none"):
        np.testing.assert_allclose(found["std_error_cr2"], column(rows, "cr2"), rtol=1e-6)
        np.testing.assert_allclose(found["df_few"], column(rows, "df_cr2"), rtol=1e-6)
    result = run(case, covariance="classical")
    strength = result.tables["strength"].row(0)
    row = {k: float(v) for k, v in rows[0].items() if k not in ("case", "term") and v}
    np.testing.assert_allclose(strength["f_partial"], row["weak_f"], rtol=STATISTIC)
    wu, sargan = row_of_tests(result, "wu_hausman"), row_of_tests(result, "sargan")
    np.testing.assert_allclose(wu["test_statistic"], row["wu_hausman"], rtol=STATISTIC)
    assert wu["df_denominator"] == row["wu_df2"]
    # AER counts every row of the dummy regression, we leave out those that the effects use up.
    inside = row["n"] if case.startswith("none") else row["wu_df2"] + 3
    expected = row["sargan"] * inside / row["n"]
    np.testing.assert_allclose(sargan["test_statistic"], expected, rtol=STATISTIC)


@pytest.mark.parametrize("case", ["none/full", "entity/thin", "twoway/full"])
def test_errors_and_hansens_j_equal_linearmodels_live(case):
    from linearmodels.iv import IV2SLS, IVGMM

    effects, rows = case.split("/")
    panel = produc_panel() if rows == "full" else thinned(produc_panel())
    frame = panel.frame().dropna().reset_index(drop=True)
    parts = [frame[["lemp"]]]
    if effects in ("entity", "twoway"):
        parts.append(pd.get_dummies(frame.entity, dtype=float))
    if effects == "twoway":
        parts.append(pd.get_dummies(frame.period, dtype=float).iloc[:, 1:].add_prefix("t"))
    if effects == "none":
        parts.append(pd.DataFrame({"const": np.ones(len(frame))}))
    exog = pd.concat(parts, axis=1)
    group = frame.entity.astype("category").cat.codes
    model = IV2SLS(frame.y, exog, frame[["lpc"]], frame[["lpcap", "unemp"]])
    fit = model.fit(cov_type="clustered", clusters=group)
    found = run(case, small_sample="none").tables["coefficients"].columns
    terms = [t for t in found["term"] if t != "const"]
    np.testing.assert_allclose(found["estimate"][:2], fit.params[terms], rtol=PROGRAM)
    np.testing.assert_allclose(found["std_error"][:2], fit.std_errors[terms], rtol=STATISTIC)
    # J with the effects projected out: 66 moments of dummies would outnumber 48 clusters.
    others = exog.drop(columns="lemp").to_numpy()
    columns = frame[["y", "lpc", "lemp", "lpcap", "unemp"]]
    swept = columns - others @ np.linalg.lstsq(others, columns, rcond=None)[0]
    gmm = IVGMM(
        swept.y,
        swept[["lemp"]],
        swept[["lpc"]],
        swept[["lpcap", "unemp"]],
        weight_type="clustered",
        clusters=group,
    ).fit(iter_limit=2)
    if effects == "none":  # the constant is a moment of ours
        gmm = IVGMM(
            frame.y,
            exog,
            frame[["lpc"]],
            frame[["lpcap", "unemp"]],
            weight_type="clustered",
            clusters=group,
        ).fit(iter_limit=2)
    found = row_of_tests(run(case), "hansen_j")
    np.testing.assert_allclose(found["test_statistic"], gmm.j_stat.stat, rtol=1e-6)


def test_published_case_v11(shared):
    cases = {c["id"]: c for c in json.loads((shared / "reference" / "cases.json").read_text())}
    data = pd.read_csv(shared / "reference" / "data" / "CigarettesSW_1995.csv")
    made = pd.DataFrame(
        {
            "state": data.state,
            "year": data.year,
            "lpacks": np.log(data.packs),
            "lrprice": np.log(data.price / data.cpi),
            "lrincome": np.log(data.income / data.population / data.cpi),
            "tdiff": (data.taxs - data.tax) / data.cpi,
            "tax_r": data.tax / data.cpi,
        }
    )
    panel = Panel.from_frame(made, entity="state", period="year")
    options = {
        "outcome": "lpacks",
        "endogenous": ["lrprice"],
        "regressors": ["lrincome"],
        "instruments": ["tdiff", "tax_r"],
        "effects": "none",
    }
    expected = cases["V11"]["expected"]
    order = ["lrprice", "lrincome", "const"]
    result = iv(panel, covariance="hc0", **options)
    found = result.tables["coefficients"].columns
    assert list(found["term"]) == order
    np.testing.assert_allclose(
        found["estimate"], [expected["coef"][t] for t in order], rtol=PRINTED
    )
    const, price, income = expected["se_HC0"]
    np.testing.assert_allclose(found["std_error"], [price, income, const], rtol=PRINTED)
    # the table of cases gives the diagnostics of AER's summary with HC0 errors
    assert result.tables["strength"].row(0)["f_robust"] == pytest.approx(
        expected["weakIV_F"], rel=PRINTED
    )
    wu = row_of_tests(result, "wu_hausman_robust")
    assert wu["test_statistic"] == pytest.approx(expected["WuHausman"], rel=PRINTED)
    assert wu["df_denominator"] == 44
    sargan = row_of_tests(result, "sargan")["test_statistic"]
    assert sargan == pytest.approx(expected["Sargan"], rel=2e-6)  # six digits are printed


def made_panel(seed, *, strength, entities=30, periods=6, count=2, tie=0.7):
    rng = np.random.default_rng(seed)
    shape = (entities, periods)
    z = rng.normal(size=(count, *shape))
    v = rng.normal(size=shape) + rng.normal(size=(entities, 1))
    u = tie * v + rng.normal(size=shape) + rng.normal(size=(entities, 1))
    d = strength * z.sum(axis=0) + v
    values = {"y": 0.5 * d + u, "d": d} | {f"z{j}": z[j] for j in range(count)}
    return Panel.of(
        values, entities=[f"e{i:02}" for i in range(entities)], periods=range(periods), units={}
    )


def test_weak_instruments_are_flagged_and_their_set_is_printed_as_it_is():
    options = {"outcome": "y", "endogenous": ["d"], "instruments": ["z0"], "effects": "entity"}
    shapes = set()
    for seed in range(40):
        result = iv(made_panel(seed, strength=0.0, count=1), **options)
        codes = {n.code for n in result.notes if n.level == "caution"}
        assert "M714" in codes
        pieces = result.tables["ar_set"].columns
        unbounded = bool(np.isinf(pieces["ci_low"]).any() or np.isinf(pieces["ci_high"]).any())
        assert ("M715" in codes) == unbounded
        shapes.add((len(pieces["ci_low"]), unbounded))
    assert (1, True) in shapes  # the whole line
    assert (2, True) in shapes  # two half-lines
    strong = iv(made_panel(1, strength=1.0, count=1), **options)
    assert not {n.code for n in strong.notes} & {"M714", "M715"}
    assert len(strong.tables["ar_set"]) == 1


def test_an_instrument_that_acts_on_the_outcome_can_empty_the_set():
    panel = made_panel(3, strength=1.0)
    panel = panel.with_series("y2", panel.array("y") + 2 * panel.array("z1"), unit="1")
    result = iv(panel, outcome="y2", endogenous=["d"], instruments=["z0", "z1"], effects="entity")
    assert len(result.tables["ar_set"]) == 0
    assert row_of_tests(result, "hansen_j")["p_value"] < 0.001
    assert any("empty" in n.text.en for n in result.notes if n.code == "M715")


def test_ends_of_the_set_are_where_the_test_rejects_at_the_level():
    panel = made_panel(5, strength=0.4)
    options = {"outcome": "y", "endogenous": ["d"], "instruments": ["z0", "z1"]}
    pieces = iv(panel, level=0.1, **options).tables["ar_set"].columns
    for i, end in enumerate(np.concatenate([pieces["ci_low"], pieces["ci_high"]])):
        moved = panel.with_series(f"m{i}", panel.array("y") - end * panel.array("d"), unit="1")
        at_end = iv(moved, **{**options, "outcome": f"m{i}"})
        assert row_of_tests(at_end, "anderson_rubin")["p_value"] == pytest.approx(0.1, rel=1e-6)


def test_as_many_instruments_as_endogenous_variables_is_the_ratio_of_two_regressions():
    panel = made_panel(8, strength=0.8, count=1)
    result = iv(panel, outcome="y", endogenous=["d"], instruments=["z0"], effects="twoway")
    top = result.tables["reduced_form"].columns["estimate"][0]
    bottom = result.tables["first_stage"].columns["estimate"][0]
    assert result.tables["coefficients"].columns["estimate"][0] == pytest.approx(top / bottom)
    strength = result.tables["strength"].row(0)
    assert strength["f_effective"] == pytest.approx(strength["f_robust"])  # one instrument
    assert strength["f_critical"] == pytest.approx(23.1085, rel=1e-4)  # published: 23.1
    assert all(check.passed for check in result.checks)


def test_several_endogenous_variables_have_conditional_f_and_no_set():
    panel = made_panel(9, strength=0.8, count=3)
    d2 = panel.array("z0") - panel.array("z1") + np.random.default_rng(1).normal(size=(30, 6))
    panel = panel.with_series("d2", d2, unit="1")
    result = iv(panel, outcome="y", endogenous=["d", "d2"], instruments=["z0", "z1", "z2"])
    assert "ar_set" not in result.tables
    strength = result.tables["strength"].columns
    assert np.isfinite(strength["f_conditional"]).all()
    assert len(result.tables["first_stage"]) == 6
    assert row_of_tests(result, "sargan")["df"] == 1


def test_order_and_units_do_not_matter():
    panel = made_panel(11, strength=0.5)
    options = {"endogenous": ["d"], "instruments": ["z0", "z1"]}
    one = iv(panel, outcome="y", **options)
    two = iv(panel.select(entities=panel.entities[::-1]), outcome="y", **options)
    three = iv(panel, outcome="1000 * y", **options)
    for table in ("coefficients", "ar_set", "tests", "strength"):
        for name, values in one.tables[table].columns.items():
            if np.asarray(values).dtype.kind == "f":
                other = two.tables[table].columns[name]
                np.testing.assert_allclose(values, other, rtol=1e-7, err_msg=name)
    np.testing.assert_allclose(
        three.tables["ar_set"].columns["ci_low"],
        1000 * one.tables["ar_set"].columns["ci_low"],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M706", {"endogenous": []}),
        ("M706", {"instruments": ["z0", "z0"]}),
        ("M706", {"level": 0.0}),
        ("M710", {"instruments": []}),
        ("M710", {"endogenous": ["d", "z1"], "instruments": ["z0"]}),
        ("M711", {"instruments": ["z0", "2 * z0"]}),
        ("M711", {"instruments": ["abs(-7) * 1"]}),
        ("M703", {"regressors": ["2 * d"]}),
        ("M711", {"regressors": ["z1"], "instruments": ["3 * z1"]}),
        ("M712", {"instruments": ["z0 / y"]}),
        ("M709", {"covariance": "hc0", "cluster": "period"}),
        ("M604", {"cluster": "two_way"}),
    ],
)
def test_what_is_not_identified_is_refused_with_its_reason(code, options):
    given = {"outcome": "y", "endogenous": ["d"], "instruments": ["z0", "z1"]} | options
    with pytest.raises(ZhihengError) as caught:
        iv(made_panel(2, strength=1.0), **given)
    assert caught.value.code == code
    assert caught.value.what.zh
    assert caught.value.fix.en
    if code in ("M711", "M712", "M710"):
        assert caught.value.evidence


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 0.05, 1.0])
def test_the_anderson_rubin_set_covers_however_weak_the_instruments(strength):
    options = {"outcome": "y", "endogenous": ["d"], "instruments": ["z0", "z1"]}
    draws, hits, wald = 400, 0, 0
    first = int(1000 * strength)  # other panels for each strength
    for seed in range(first, first + draws):
        panel = made_panel(seed, strength=strength, entities=50, tie=5.0)
        result = iv(panel, effects="entity", **options)
        pieces = result.tables["ar_set"].columns
        hits += bool(((pieces["ci_low"] <= 0.5) & (pieces["ci_high"] >= 0.5)).any())
        row = result.tables["coefficients"].row(0)
        wald += row["ci_low"] <= 0.5 <= row["ci_high"]
    assert abs(hits / draws - 0.95) < 0.035  # three standard errors of 400 draws
    if strength < 0.5:
        assert wald / draws < 0.85  # what the flag is for

"""The mirrors of single methods: R finds our numbers again; the form of Stata's commands.

Stata itself was never run here: its text is compared with what the help files of the commands
ask for, and no more.
"""

from __future__ import annotations

import csv
import io
import subprocess

import numpy as np
import pytest

from zhiheng.catalog.examples import example_panel
from zhiheng.core.panel import Panel
from zhiheng.report.mirror import EXPECTED, mirror
from zhiheng.study.plan import parse_plan
from zhiheng.study.run import run_study

# Two programs in double precision; R writes fifteen digits.
PROGRAM = 1e-9
# Weights of two-step GMM are inverted once more, and their condition is that of the moments.
WEIGHTS = 1e-7

ENTITIES, PERIODS = 24, 9
HEAD = """
id = "mirrored"
title = { zh = "样例", en = "Sample" }
subtitle = { zh = "样例研究", en = "A sample study" }
question = { zh = "有关吗？", en = "Related?" }
seed = 11
[data]
level = ""
periods = [2015, 2022]
[variables.squared]
expression = "z ^ 2"
title = { zh = "平方", en = "square" }
[report]
index = "iv-twoway"
"""
GROUPS = ", ".join(f"r{i:02d} = {'abc'[i % 3]!r}" for i in range(ENTITIES)).replace("'", '"')
IV = 'outcome = "y", endogenous = ["x"], instruments = ["z", "u"], '
GMM = 'outcome = "p", regressors = ["x", "z"], collapse = true, '
CUT = 'outcome = "y", regressor = "x", threshold = "z", controls = ["u"], bootstrap = 0, '
BENT = 'outcome = "y", regressor = "x", controls = ["z"], '
LEVELS = 'outcome = "y", regressors = ["x", "z"], draws = 100, quantiles = [0.2, 0.5, 0.9], '
SPLIT = f'outcome = "y", treatment = "x", groups = {{ {GROUPS} }}, permutations = 99, '
BEND = 'outcome = "y", treatment = "x", moderator = "u", '
PATH = 'outcome = "y", mediators = ["m", "n"], treatment = "x", controls = ["z"], draws = 100, '
SPACE = 'outcome = "y", regressors = ["x", "z"], spatial = "{w}", draws = 0, '
CASES = {
    "iv-twoway": ("iv", IV + 'effects = "twoway", regressors = ["m + 1"]'),
    "iv-gaps": ("iv", IV + 'effects = "twoway", regressors = ["g"], gaps = "drop"'),
    "iv-entity": ("iv", IV + 'effects = "entity", small_sample = "areg"'),
    "iv-period": ("iv", IV + 'effects = "period", small_sample = "cr1"'),
    "iv-none": ("iv", IV + 'effects = "none", regressors = ["m"]'),
    "iv-classical": ("iv", IV + 'covariance = "classical"'),
    "gmm-difference": ("gmm", GMM + 'gmm_lags = [2, 4], endogenous = ["x"], effects = "twoway"'),
    "gmm-one": ("gmm", GMM + 'gmm_lags = [2], predetermined = ["x"], steps = "one", '
                'effects = "individual"'),
    "gmm-lags": ("gmm", GMM + 'gmm_lags = [2, 3], lags = 2, regressor_lags = { x = 1 }, '
                 'effects = "individual"'),
    "gmm-system": ("gmm", GMM + 'gmm_lags = [2, 3], instruments = "system", '
                   'endogenous = ["x", "z"]'),
    "gmm-mixed": ("gmm", GMM + 'gmm_lags = [2, 3], instruments = "system", predetermined = ["x"]'),
    "gmm-block": ("gmm", GMM + 'gmm_lags = [2, 3], instruments = "system", h_matrix = "block"'),
    "cut": ("threshold", CUT + 'regimes = 1, effects = "entity"'),
    "cuts": ("threshold", CUT.replace("bootstrap = 0", "bootstrap = 20")
             + 'regimes = 2, effects = "twoway"'),
    "cut-1999": ("threshold", CUT + 'regimes = 1, transform = "hansen1999"'),
    "cut-1999-years": ("threshold", CUT + 'transform = "hansen1999", effects = "twoway"'),
    "bent": ("ekc", BENT + 'effects = "twoway"'),
    "bent-gaps": ("ekc", BENT.replace('"z"', '"g"') + 'effects = "entity", gaps = "drop"'),
    "cubic": ("ekc", BENT + 'effects = "none", degree = 3'),
    "levels": ("quantile_panel", LEVELS + 'effects = "entity"'),
    "levels-years": ("quantile_panel", LEVELS + 'effects = "twoway"'),
    "levels-plain": ("quantile_panel", LEVELS + 'effects = "none"'),
    "split": ("heterogeneity", SPLIT + 'controls = ["z"]'),
    "split-gaps": ("heterogeneity", SPLIT + 'controls = ["g"], gaps = "drop", effects = "entity"'),
    "bend": ("moderation", BEND + 'controls = ["z"]'),
    "bend-gaps": ("moderation", BEND + 'controls = ["g"], gaps = "drop", small_sample = "sss"'),
    "bend-within": ("moderation", BEND + 'interaction = "double_demeaned"'),
    "bend-fixed": ("moderation", BEND.replace('"u"', '"c"') + 'controls = ["z"], bins = 2'),
    "path": ("mediation", PATH + 'columns = { x = "more" }'),
    "path-serial": ("mediation", PATH + 'columns = { x = "more" }, serial = true, '
                    'effects = "entity"'),
    "path-trends": ("mediation", PATH + 'columns = { x = "more" }, trends = true'),
    "path-changes": ("mediation", PATH + 'columns = { x = "more" }, '
                     'transform = "first_difference"'),
    "random": ("panel_ols", 'outcome = "y", regressors = ["x", "z"], effects = "random", '
               'draws = 0, influence = false'),
    "between": ("panel_ols", 'outcome = "y", regressors = ["x", "g"], effects = "between", '
                'gaps = "drop", draws = 0, influence = false'),
    "years": ("panel_ols", 'outcome = "y", regressors = ["x"], covariance = "hc1", draws = 0'),
    "roots": ("panel_tests", 'outcome = "y", regressors = ["x", "z"], draws = 99'),
    "roots-trend": ("panel_tests", 'variables = ["x"], trend = "trend", draws = 99'),
    "sdm": ("spatial_panel", SPACE + 'model = "sdm"'),
    "sar-dummies": ("spatial_panel", SPACE + 'model = "sar", correction = "none"'),
    "sar-splm": ("spatial_panel", SPACE + 'model = "sar", correction = "none", '
                 'lag_order = "splm"'),
    "sem": ("spatial_panel", SPACE + 'model = "sem", effects = "entity"'),
    "sem-none": ("spatial_panel", SPACE + 'model = "sem", effects = "none"'),
    "slx": ("spatial_panel", SPACE + 'model = "slx", effects = "period"'),
    "qml": ("spatial_panel", SPACE + 'model = "sdm", covariance = "qml"'),
    "dynamic": ("spatial_panel", SPACE + 'model = "sdm", dynamic = "both"'),
    "dynamic-plain": ("spatial_panel", SPACE + 'model = "sar", dynamic = "time", '
                      'correction = "none"'),
    "space-random": ("spatial_panel", SPACE + 'model = "sdm", effects = "random"'),
    "sem-random": ("spatial_panel", SPACE + 'model = "sem", effects = "random"'),
    "sem-anselin": ("spatial_panel", SPACE + 'model = "sem", effects = "random", '
                    'random_errors = "anselin"'),
    "power": ("power", 'outcome = "y", regressors = ["x"]'),
}  # fmt: skip
WITHOUT_R = {"gmm-block", "gmm-mixed", "sem-anselin", "power"}
"""Steps for which R has no command; the text says so."""
STEP = '[[step]]\nid = "{id}"\nmethod = "{method}"\noptions = {{ {options} }}\n'


@pytest.fixture(scope="module")
def data():
    """Regions on a ring with two gaps in one variable; `p` depends on its own past."""
    rng = np.random.default_rng(5)
    shape = (ENTITIES, PERIODS)
    z, u, g, e = (rng.normal(size=shape) for _ in range(4))
    own = rng.normal(size=(ENTITIES, 1))
    x = 0.7 * z + 0.5 * u + 0.4 * e + own + rng.normal(size=shape)
    m = 0.5 * x + rng.normal(size=shape)
    n = 0.3 * x + 0.4 * m + rng.normal(size=shape)
    y = 0.3 * x - 0.1 * x**2 + 0.4 * m + 0.2 * n + own + e
    y = y + 0.3 * np.roll(y, 1, axis=0)
    p = np.zeros(shape)
    for t in range(1, PERIODS):
        p[:, t] = 0.5 * p[:, t - 1] + 0.3 * x[:, t] + 0.2 * z[:, t] + e[:, t] + own[:, 0]
    g[3, 4] = g[8, 6] = np.nan
    c = np.broadcast_to((np.arange(ENTITIES) % 2)[:, None].astype(float), shape)
    series = {"x": x, "y": y, "z": z, "u": u, "g": g, "m": m, "n": n, "p": p, "c": c}
    return Panel.of(
        series,
        entities=[f"r{i:02d}" for i in range(ENTITIES)],
        periods=range(2014, 2014 + PERIODS),
        units=dict.fromkeys(series, "1"),
    )


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    ring = tmp_path_factory.mktemp("ring") / "ring.csv"
    pairs = [f"r{i:02d},r{(i + k) % ENTITIES:02d}" for i in range(ENTITIES) for k in (1, 2)]
    ring.write_text("\n".join(["a,b", *pairs, ""]))
    steps = [
        STEP.format(id=i, method=m, options=o.replace("{w}", str(ring)))
        for i, (m, o) in CASES.items()
    ]
    return run_study(parse_plan(HEAD + "".join(steps), "mirrored"), panel=data)


@pytest.fixture(scope="module")
def files(run):
    return mirror(run)


def expected(files):
    rows = csv.DictReader(io.StringIO(files[EXPECTED]))
    return {(r["step"], r["term"]): (r["estimate"], r["std_error"]) for r in rows}


def test_every_step_is_mirrored_or_says_why_not(run, files, blocks):
    for name, mark in (("mirror.do", "*"), ("mirror.R", "#")):
        found = blocks(files[name], mark)
        assert set(found) == {step.id for step in run.plan.steps()}
        assert all(found.values())
    assert {step for step, _ in expected(files)} == set(CASES) - {"power", "sem-anselin"}


def test_the_numbers_beside_the_mirror_are_those_of_the_study(run, files):
    numbers = expected(files)
    row = run.results["sdm"].tables["coefficients"].row(3)
    assert (row["role"], row["term"]) == ("neighbours", "x")
    assert numbers["sdm", "W x"] == (repr(row["estimate"]), repr(row["std_error_ml"]))
    c = run.results["gmm-lags"].tables["coefficients"].columns
    assert [t for s, t in numbers if s == "gmm-lags"] == ["p L1", "p L2", "x", "x L1", "z"]
    assert float(numbers["gmm-lags", "x L1"][0]) == c["estimate"][3]
    assert numbers["iv-classical", "x"][1] == ""  # errors of another kind are not compared
    assert all(error == "" for (step, _), (_, error) in numbers.items() if step == "roots")


STATA = {
    "iv-twoway": "ivreghdfe y v1 (x = z u), absorb(id period) cluster(id) first",
    "iv-entity": "ivregress 2sls y i.id (x = z u), vce(cluster id) small",
    "iv-none": "ivregress 2sls y m (x = z u), vce(cluster id) small",
    "gmm-difference": "xtabond2 p L.p x z i.period, gmm(p, lag(2 4) collapse) "
    "gmm(x, lag(2 4) collapse) iv(z) iv(i.period) twostep robust h(3) noleveleq",
    "gmm-one": "xtabond2 p L.p x z, gmm(p, lag(2 .) collapse) gmm(x, lag(1 .) collapse) iv(z) "
    "robust h(3) noleveleq",
    "gmm-lags": "xtabond2 p L(1/2).p L(0/1).x z, gmm(p, lag(2 3) collapse) iv(L(0/1).x z) "
    "twostep robust h(3) noleveleq",
    "gmm-block": "xtabond2 p L.p x z i.period, gmm(p, lag(2 3) collapse) iv(x z) "
    "iv(i.period, equation(level)) twostep robust h(2)",
    "cut": "xtreg y ibn.regime_cut#c.x u, fe vce(cluster id)",
    "cuts": "xtreg y ibn.regime_cuts#c.x u i.period, fe vce(cluster id)",
    "bent": "xtreg y x x__2 z i.period, fe vce(cluster id)",
    "cubic": "regress y x x__2 x__3 z, vce(cluster id)",
    "levels": "xtqreg y x z, i(id) quantile(0.2 0.5 0.9)",
    "split": "xtreg y ibn.group1#c.x z i.period, fe vce(cluster id)",
    "bend": "xtreg y c.x##c.u z i.period, fe vce(cluster id)",
    "bend-fixed": "xtreg y c.x c.x#c.v2 z i.period, fe vce(cluster id)",
    "path-serial": "xtreg n treatment2 m z if rows__, fe vce(cluster id)",
    "bend-within": "generate byte rows__ = !missing(y, x, u)",
    "path": "generate byte rows__ = !missing(y, treatment1, m, n, z)",
    "path-changes": "regress D.m D.treatment4 D.z i.period if rows__ & L.rows__ == 1, "
    "vce(cluster id)",
    "random": "xtreg y x z, re vce(cluster id)",
    "roots": "xtunitroot llc x, lags(0)",
    "roots-trend": "xtunitroot fisher x, dfuller trend lags(0)",
    "sdm": "xsmle y x z, wmat(W) model(sdm) fe type(both, leeyu) effects nolog",
    "sar-dummies": "xsmle y x z, wmat(W) model(sar) fe type(both) effects nolog",
    "sem": "xsmle y x z, emat(W) model(sem) fe type(ind, leeyu) nolog",
    "qml": "xsmle y x z, wmat(W) model(sdm) fe type(both, leeyu) vce(robust) effects nolog",
    "dynamic": "xsmle y x z, wmat(W) model(sdm) fe type(both, leeyu) dlag(3) effects nolog",
    "space-random": "xsmle y x z, wmat(W) model(sdm) re effects nolog",
}


@pytest.mark.parametrize("step", STATA)
def test_the_command_of_stata_has_its_form(files, blocks, step):
    assert STATA[step] in blocks(files["mirror.do"], "*")[step]


def test_stata_searches_thresholds_and_tests_shapes_groups_and_margins(files, blocks):
    found = blocks(files["mirror.do"], "*")
    search = "rx(x) qx(z) thnum(2) trim(0.05 0.05) grid(400) bs(20 20)"
    assert f"xthreg y u yr__2-yr__`r(r)', {search}" in found["cuts"]
    assert "utest x x__2, fieller" in found["bent"]
    assert "nlcom -_b[x] / (2 * _b[x__2])" in found["bent"]
    assert "test 1.group1#c.x = 2.group1#c.x = 3.group1#c.x" in found["split"]
    assert "lincom 1.group1#c.x - 3.group1#c.x" in found["split"]
    assert "margins, dydx(x) at(u = (`r(min)' `r(mean)' `r(max)'))" in found["bend"]
    assert any("no command" in line for line in found["power"])


def test_the_weights_stand_in_the_order_of_their_units(files):
    rows = list(csv.reader(io.StringIO(files["data/weights.csv"])))
    assert [r[0] for r in rows[1:]] == [f"r{i:02d}" for i in range(ENTITIES)]
    matrix = np.array([[float(v) for v in r[1:]] for r in rows[1:]])
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-15)  # one rounding of each weight
    assert np.count_nonzero(matrix[0]) == 4


@pytest.fixture(scope="module")
def from_r(files, tmp_path_factory, run_mirror):
    folder = tmp_path_factory.mktemp("mirror")
    run_mirror(files, folder)
    tables = []
    for name in ("mirror_results.csv", "mirror_compared.csv"):
        with (folder / name).open() as lines:
            tables.append(list(csv.DictReader(lines)))
    return *tables, folder


@pytest.mark.slow
@pytest.mark.parametrize("step", [s for s in CASES if s not in WITHOUT_R])
def test_r_finds_the_numbers_of_the_study(files, from_r, step):
    found = {(r["step"], r["term"]): (r["estimate"], r["std_error"]) for r in from_r[0]}
    wanted = {key: value for key, value in expected(files).items() if key[0] == step}
    assert wanted
    for key, (estimate, error) in wanted.items():
        within = WEIGHTS if step.startswith("gmm") else PROGRAM
        np.testing.assert_allclose(
            float(found[key][0]), float(estimate), rtol=within, atol=PROGRAM, err_msg=str(key)
        )
        if error:
            np.testing.assert_allclose(float(found[key][1]), float(error), rtol=within)


@pytest.mark.slow
def test_the_mirror_prints_how_closely_it_agrees(from_r):
    rows = {r["step"]: r for r in from_r[1]}
    assert rows["sdm"]["numbers"] == rows["sdm"]["of"] == "11"
    assert float(rows["sdm"]["gap_estimate"]) < PROGRAM
    assert rows["gmm-block"]["numbers"] == "0"


PEER = """
if (!requireNamespace("spatialreg", quietly = TRUE)) quit(status = 9)
suppressMessages({library(spatialreg); library(spdep)})
d <- read.csv("data/mirror.csv"); d <- d[order(d$period, d$id), ]
w <- as.matrix(read.csv("data/weights.csv")[-1])
w <- mat2listw(kronecker(diag(length(unique(d$period))), w), style = "W")
e <- errorsarlm(y ~ x + z, d, w, tol.solve = 1e-14)
s <- lagsarlm(y ~ x + z + factor(period) + factor(id), d, w, tol.solve = 1e-14)
print_all <- function(step, fit, name, value, error) for (term in c(name, "x", "z"))
  cat(step, term, sprintf("%.12g", c(if (term == name) c(value, error) else
    summary(fit)$Coef[term, 1:2])), "\\n")
print_all("sem-none", e, "lambda", e$lambda, e$lambda.se)
print_all("sar-dummies", s, "rho", s$rho, s$rho.se)
"""
# spatialreg searches its parameter by `optimize`, to the root of the machine's precision.
OPTIMISER = 1e-6


@pytest.mark.slow
def test_spatialreg_finds_the_spatial_models_that_it_has(files, from_r):
    done = subprocess.run(
        ["Rscript", "-e", PEER], cwd=from_r[2], capture_output=True, text=True, check=False
    )
    if done.returncode == 9:
        pytest.skip("spatialreg is not installed")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert len(rows) == 6, done.stderr
    numbers = expected(files)
    for step, term, *found in rows:
        wanted = [float(v) for v in numbers[step, term]]
        np.testing.assert_allclose([float(v) for v in found], wanted, rtol=OPTIMISER)


APART = """
[[step]]
id = "thin"
method = "iv"
may_refuse = true
options = { outcome = "y", endogenous = ["x"], instruments = ["c"] }
"""


@pytest.mark.slow
def test_a_refusal_and_units_without_neighbours_are_said(data, tmp_path, blocks, run_mirror):
    pairs = [f"r{i:02d},r{(i + 1) % (ENTITIES - 1):02d}" for i in range(ENTITIES - 1)]
    (tmp_path / "ring.csv").write_text("\n".join(["a,b", *pairs, f"r{ENTITIES - 1:02d},else", ""]))
    (tmp_path / "near.csv").write_text("\n".join(["a,b", *pairs, "r23,r00", ""]))
    steps = [
        STEP.format(id=name, method="spatial_panel", options=SPACE.replace("{w}", str(path)) + more)
        for name, path, more in (
            ("ring", tmp_path / "ring.csv", 'islands = "drop"'),
            ("near", tmp_path / "near.csv", 'model = "sar"'),
        )
    ]
    plan = HEAD.replace("iv-twoway", "ring") + APART + "".join(steps)
    files = mirror(run_study(parse_plan(plan, "mirrored"), panel=data))
    found = blocks(files["mirror.R"], "#")
    assert found["thin"] == ["# The study refused this step; there is no estimate to find again."]
    assert "# Without neighbours and left out: r23." in found["ring"]
    assert 'drop if entity == "r23"' in blocks(files["mirror.do"], "*")["ring"]
    assert {"data/weights.csv", "data/weights2.csv"} < set(files)
    folder = tmp_path / "mirror"
    folder.mkdir()
    run_mirror(files, folder)
    with (folder / "mirror_compared.csv").open() as lines:
        rows = {r["step"]: r for r in csv.DictReader(lines)}
    assert rows["ring"]["numbers"] == rows["ring"]["of"] == "11"
    for row in rows.values():
        assert float(row["gap_estimate"]) < PROGRAM
        assert float(row["gap_std_error"]) < PROGRAM


@pytest.mark.slow
def test_arms_of_an_index_are_regressed_in_r_on_scores_of_the_table(tmp_path, run_mirror):
    forms = {"levels": "small_sample = 'areg'", "changes": "transform = 'first_difference'"}
    outcome = "outcome = 'log(co2_final_use / gdp_real)', system = 'nqpf-triple-open', "
    steps = [
        STEP.format(id=i, method="arms", options=f"{outcome}controls = ['age65_share'], {o}")
        for i, o in forms.items()
    ]
    panel = example_panel("regions")
    years = f"periods = [{panel.periods[0]}, {panel.periods[-1]}]"
    head = HEAD.replace('level = ""\nperiods = [2015, 2022]', f'level = "province"\n{years}')
    head = head.replace("z ^ 2", "age65_share ^ 2").replace("iv-twoway", "levels")
    plan = parse_plan(head + "".join(steps), "mirrored")
    files = mirror(run_study(plan, panel=panel))
    run_mirror(files, tmp_path)
    with (tmp_path / "mirror_compared.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [r["step"] for r in rows] == list(forms)
    for row in rows:
        assert row["numbers"] == row["of"] == "6"
        assert float(row["gap_estimate"]) < PROGRAM
        assert float(row["gap_std_error"]) < PROGRAM
    assert "D.arm" in files["mirror.do"]

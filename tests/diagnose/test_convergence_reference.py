"""Stored answers of R for sigma and beta."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from linearmodels.datasets import munnell
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import from_pairs
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.diagnose import beta_space
from zhiheng.kernels.spatial_ml import NoMaximum

REFERENCE = Path(__file__).parents[1] / "reference"
# R prints fifteen digits; least squares by another factorisation, relative.
SAME = 1e-8


def rows(path: str) -> list[dict[str, str]]:
    with (REFERENCE / path).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def states() -> Panel:
    data = munnell.load().rename(columns=str.lower)
    wide = {
        name: data.pivot_table(index="st_abb", columns="yr", values=name).to_numpy(dtype=float)
        for name in ("gsp", "unemp")
    }
    names = sorted(set(data["st_abb"]))
    return Panel.of(wide, entities=names, periods=sorted(set(data["yr"])), units={})


def test_growth_regressions_equal_the_stored_answers_of_r(states):
    found = methods["beta_convergence"](states, variable="gsp", controls=["unemp"], draws=0).tables[
        "convergence"
    ]
    for want in rows("beta_convergence/expected.csv"):
        line = found.row(found.find(want["model"]))
        for name in ("estimate", "std_error", "std_error_cr2", "df_few", "p_few"):
            if want[name]:
                np.testing.assert_allclose(line[name], float(want[name]), rtol=SAME, err_msg=name)


@pytest.mark.parametrize("measure", ["sd_log", "cv"])
def test_dispersion_and_its_trend_equal_the_stored_answers_of_r(states, measure):
    found = methods["sigma_convergence"](states, variable="gsp", measure=measure, draws=0)
    want = [float(row[measure]) for row in rows("sigma_convergence/expected.csv")]
    np.testing.assert_allclose(found.tables["sigma"].columns["dispersion"], want, rtol=SAME)
    line = next(r for r in rows("sigma_convergence/trend.csv") if r["measure"] == measure)
    trend = found.tables["trend"].row(0)
    for name in ("slope", "std_error_hac"):
        np.testing.assert_allclose(trend[name], float(line[name]), rtol=SAME)


def test_spatial_beta_equals_the_stored_answers_of_spatialreg(states):
    with (REFERENCE / "spatial_panel/states.csv").open(encoding="utf-8") as handle:
        links = [(row["a"], row["b"]) for row in csv.DictReader(handle)]
    near = from_pairs(links, labels=states.entities, directed=True, name="three nearest")
    found = methods["beta_convergence"](
        states, variable="gsp", controls=["unemp"], spatial=near, draws=0
    ).tables["spatial"]
    for want in rows("beta_convergence/spatial.csv"):
        line = found.row(found.find(want.pop("model")))
        for name, value in want.items():
            # R maximises by value only: half of its digits
            np.testing.assert_allclose(line[name], float(value), rtol=5e-6, err_msg=name)


def test_without_weights_there_is_no_spatial_table_and_long_lags_change_nothing_else(states):
    plain = methods["beta_convergence"](states, variable="gsp", draws=0)
    assert "spatial" not in plain.tables
    near = from_pairs(
        [(a, b) for a, b in zip(states.entities, states.entities[1:], strict=False)],
        labels=states.entities,
    )
    space = methods["beta_convergence"](states, variable="gsp", spatial=near, draws=0)
    for name, table in plain.tables.items():
        for column, values in table.columns.items():
            np.testing.assert_array_equal(values, space.tables[name].columns[column])


def test_weights_whose_rows_do_not_sum_to_one_are_refused(states):
    near = from_pairs(
        [(a, b) for a, b in zip(states.entities, states.entities[1:], strict=False)],
        labels=states.entities, standardisation="none",
    )  # fmt: skip
    with pytest.raises(ZhihengError) as caught:
        methods["beta_convergence"](states, variable="gsp", spatial=near, draws=0)
    assert caught.value.code == "M774"


def test_spatial_beta_of_the_panel_equals_the_spatial_panel_model(states):
    near = from_pairs(
        [(a, b) for a, b in zip(states.entities, states.entities[1:], strict=False)],
        labels=states.entities,
    )
    log = np.log(states.values[:, :, list(states.series).index("gsp")])
    made = Panel.of(
        {"growth": np.diff(log, axis=1), "level": log[:, :-1]},
        entities=states.entities, periods=states.periods[:-1], units={},
    )  # fmt: skip
    whole = methods["spatial_panel"](
        made, outcome="growth", regressors=["level"], spatial=near, draws=0
    )
    found = methods["beta_convergence"](states, variable="gsp", spatial=near, draws=0)
    line = found.tables["spatial"].row(found.tables["spatial"].find("panel_sdm"))
    want = whole.tables["effects"].columns["estimate"]
    kinds = [f"{kind}_effect" for kind in whole.tables["effects"].columns["effect_kind"]]
    # one kernel, two paths to it
    np.testing.assert_allclose([line[kind] for kind in kinds], want, rtol=1e-10)


def chain(entities):
    return [(a, b) for a, b in zip(entities, entities[1:], strict=False)]


def test_the_likelihood_ratio_is_against_least_squares_of_statsmodels(states):
    found = methods["beta_convergence"](
        states, variable="gsp", spatial=from_pairs(chain(states.entities)), draws=0
    ).tables["spatial"]
    log = np.log(states.values[:, :, list(states.series).index("gsp")])
    plain = sm.OLS((log[:, -1] - log[:, 0]) / 16, sm.add_constant(log[:, 0])).fit().llf
    for model, df in (("long_sar", 1), ("long_sem", 1), ("long_sdm", 2)):
        line = found.row(found.find(model))
        # differences of log likelihoods of size 150
        assert line["lr_ols"] == pytest.approx(2 * (line["loglik"] - plain), abs=1e-9)
        assert line["p_lr_ols"] == pytest.approx(stats.chi2.sf(line["lr_ols"], df), rel=1e-9)


def test_islands_leave_the_spatial_table_only_and_the_note_says_so(states):
    near = from_pairs(chain(states.entities[:-1]), labels=states.entities)
    whole = methods["beta_convergence"](
        states, variable="gsp", spatial=near, islands="drop", draws=0
    )
    assert set(whole.tables["convergence"].columns["entities"]) == {48}
    assert set(whole.tables["spatial"].columns["entities"]) == {47}
    said = next(note for note in whole.notes if note.code == "M882")
    assert "spatial part only" in said.text.en
    assert "空间部分" in said.text.zh


def test_a_likelihood_without_a_maximum_leaves_its_line_empty_and_is_named(states, monkeypatch):
    def rises(*_):
        raise NoMaximum(1.0)

    monkeypatch.setattr(beta_space, "error_model", rises)
    found = methods["beta_convergence"](
        states, variable="gsp", spatial=from_pairs(chain(states.entities)), draws=0
    )
    table = found.tables["spatial"]
    empty = np.isnan(table.columns["total_effect"])
    assert [str(m) for m in table.columns["model"][empty]] == ["long_sem"]
    said = next(note for note in found.notes if note.code == "M739")
    assert "SEM" in said.text.en
    assert "SDM" not in said.text.en

"""Stored answers of R for sigma and beta."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell

from zhiheng.core.errors import ZhihengError
from zhiheng.core.neighbours import from_pairs
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods

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

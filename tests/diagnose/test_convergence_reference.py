"""Stored answers of R for sigma and beta."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell

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

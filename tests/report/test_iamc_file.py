"""Paths written in the IAMC format are read back digit for digit."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.iamc import quantiles, variable_name
from zhiheng.cli.printing import write_result
from zhiheng.core.registry import methods
from zhiheng.core.result import Result, Table
from zhiheng.report.iamc_file import paths_of, scenario_csv
from zhiheng.sources.iamc import parse


@pytest.fixture(scope="module")
def simulated():
    panel = dataset("provinces").select(entities=["130000", "310000"], periods=range(2015, 2023))
    return methods["simulate"](panel, levers={"carbon_price": 200}, draws=20, horizon=2035)


def test_every_quantile_of_every_variable_comes_back(simulated):
    found = parse(scenario_csv(simulated), "x.csv", unknown="keep")
    given = simulated.table("paths")
    assert len(found) == len(given) * len(quantiles())
    read = {
        (str(e), str(s), int(p)): v
        for e, s, p, v in zip(found.entity, found.series, found.period, found.value, strict=True)
    }
    for column, suffix in quantiles().items():
        for row in given.to_dict("records"):
            key = row["entity"], variable_name(row["variable"]) + suffix, row["period"]
            assert read[key] == row[column]


def test_a_file_read_back_is_a_panel_of_the_same_paths(simulated):
    panel = parse(scenario_csv(simulated), "x.csv", unknown="keep").panel()
    path = simulated.table("paths").query("entity == '310000' and variable == 'emissions'")
    at = panel.entities.index("310000")
    np.testing.assert_array_equal(panel.array("Gross Emissions|CO2")[at], path["median"])
    assert panel.units["Gross Emissions|CO2"] == "t_CO2"


def test_scenarios_keep_their_names(simulated):
    first = scenario_csv(simulated).decode().splitlines()[1]
    assert first.startswith("Zhiheng,levers,")
    named = scenario_csv(simulated, scenario="policy", model="M").decode().splitlines()[1]
    assert named.startswith("M,policy,")


def test_the_command_line_writes_the_file_beside_the_tables(simulated, tmp_path):
    names = {p.name for p in write_result(simulated, tmp_path)}
    assert "simulate.paths.iamc.csv" in names
    assert (tmp_path / "simulate.paths.iamc.csv").read_bytes() == scenario_csv(simulated)
    assert "simulate.paths.iamc.csv" not in {
        p.name for p in write_result(simulated, tmp_path, "odds")
    }


def test_a_result_without_paths_has_no_such_file(tmp_path):
    other = Result({"paths": Table.of(("period",), period=[2020])}, method="x")
    assert paths_of(other) is None
    assert [p.name for p in write_result(other, tmp_path)] == ["x.paths.csv"]
    with pytest.raises(ValueError, match="no table of paths"):
        scenario_csv(other)

"""The promises that every registered method keeps, now and later."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from usual_run import usual_run

from zhiheng.catalog.columns import column, table_title
from zhiheng.catalog.examples import example_options, example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import catalogue, methods
from zhiheng.core.result import Result, Table
from zhiheng.core.wire import dumps, loads

ROOT = Path(__file__).parents[1]
EVERY = pytest.mark.parametrize("name", sorted(catalogue()))


def run(name: str, panel: Panel, **more: Any) -> Result:
    return methods[name](panel, **{**example_options(name), **more})


def rows(table: Table) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {table.key(i): table.row(i) for i in range(len(table))}


def test_the_committed_registry_is_what_the_code_registers() -> None:
    spec = importlib.util.spec_from_file_location("build", ROOT / "scripts" / "build_methods.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    committed = (ROOT / "src/zhiheng/core/methods.json").read_text("utf-8")
    assert json.loads(build.registry()) == json.loads(committed), "run scripts/build_methods.py"


@EVERY
def test_runs_on_its_example_and_says_what_it_stands_on(name: str) -> None:
    result = usual_run(name)
    assert result.tables
    assert result.method == name
    assert result.inputs
    assert result.series, "the ledger needs the series a result stands on"
    assert all(check.passed for check in result.checks)


@EVERY
def test_has_a_stored_reference_with_source_and_deviation(name: str) -> None:
    folder = ROOT / "tests" / "reference" / name
    cases = tomllib.loads((folder / "reference.toml").read_text("utf-8"))["case"]
    assert (folder / "README.md").is_file()
    assert cases
    for case in cases:
        assert case["worst"] <= case["tolerance"]


@EVERY
def test_the_same_call_gives_the_same_bytes(name: str) -> None:
    again = run(name, example_panel(catalogue()[name].example))
    assert dumps(again) == dumps(usual_run(name))


@EVERY
def test_does_not_care_about_the_order_of_entities(name: str) -> None:
    panel = example_panel(catalogue()[name].example)
    mixed = panel.select(entities=tuple(reversed(panel.entities)))
    a, b = usual_run(name), run(name, mixed)
    for table in a.tables:
        one, two = rows(a.tables[table]), rows(b.tables[table])
        assert one.keys() == two.keys(), table
        for key, row in one.items():
            for col, value in row.items():
                _same(value, two[key][col], f"{table}.{col}{key}")


def _same(one: Any, two: Any, where: str) -> None:
    if isinstance(one, float) and isinstance(two, float):
        # sums in another order differ in the last bits
        assert np.isclose(one, two, rtol=1e-8, atol=1e-10, equal_nan=True), where
    else:
        assert one == two, where


@EVERY
def test_every_column_and_table_has_a_label_in_both_languages(name: str) -> None:
    for table_name, table in usual_run(name).tables.items():
        assert table_title(name, table_name).zh
        for col in table.columns:
            assert column(col).label.en


@EVERY
def test_survives_the_wire(name: str) -> None:
    result = usual_run(name)
    assert dumps(loads(dumps(result))) == dumps(result)


@EVERY
def test_figures_name_tables_and_columns_that_exist(name: str) -> None:
    result = usual_run(name)
    assert result.figures
    for figure in result.figures:
        assert figure.table in result.tables


@EVERY
def test_an_unknown_option_is_refused_with_the_nearest(name: str) -> None:
    option = catalogue()[name].options[0].name
    with pytest.raises(ZhihengError) as caught:
        run(name, example_panel(catalogue()[name].example), **{option + "x": 1})
    assert caught.value.code == "M602"
    assert option in caught.value.fix.en


@EVERY
def test_says_which_cells_are_missing(name: str) -> None:
    panel = example_panel(catalogue()[name].example)
    with pytest.raises(ZhihengError) as caught:
        run(name, _with_gaps(panel))
    assert caught.value.evidence
    assert caught.value.exit_code == 2


def _with_gaps(panel: Panel) -> Panel:
    values = panel.values.copy()
    values[0, 1, :] = np.nan
    status = np.where(np.isnan(values), -1, panel.status).astype(np.int8)
    from dataclasses import replace

    return replace(panel, values=values, status=status)

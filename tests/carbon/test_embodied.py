"""Embodied carbon on panels: accounts that add up, the national tables, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from use_tables import SECTORS, refused, table

from zhiheng.carbon.embodied import embodied
from zhiheng.carbon.embodied_wording import CLOSURE
from zhiheng.carbon.multi_regional import table_panel
from zhiheng.catalog.embedded import dataset
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.sources import multi_regional

FOLDER = Path(__file__).parents[1] / "reference/embodied"
# two solvers in double precision
PYMRIO = 1e-9


def by(result, name, *keys):
    return result.table(name).set_index(list(keys)).value


# ------------------------------------------------------------------------------- other programs


@pytest.mark.parametrize(("k", "name"), [(0, "co2"), (1, "so2")])
def test_equals_pymrio_on_a_drawn_system(k, name):
    raw = (FOLDER / "input.csv").read_bytes()
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    result = embodied(multi_regional.parse(raw, "input.csv").panel(), satellite=name)
    found = result.table("multipliers").multiplier
    np.testing.assert_allclose(found, expected["multipliers"][k], rtol=PYMRIO)
    accounts = by(result, "accounts", "account", "region")
    for account in ("production", "consumption", "exports", "imports"):
        np.testing.assert_allclose(accounts[account], expected[account][k], rtol=PYMRIO)
    bilateral = result.table("bilateral").by_partner.to_numpy().reshape(3, 3)
    np.testing.assert_allclose(bilateral, expected["bilateral"][k], rtol=PYMRIO)
    assert all(c.passed for c in result.checks)


# ----------------------------------------------------------------------------------- identities


@pytest.mark.parametrize("imports", [False, True])
@pytest.mark.parametrize("how", ["auto", "proportional"])
def test_production_less_exports_plus_imports_is_consumption(imports, how):
    result = embodied(table(imports=imports), satellite="co2", imports=how)
    assert all(c.passed for c in result.checks)
    found = by(result, "accounts", "account", "period")
    np.testing.assert_allclose(found["exports"] + found["domestic"], found["production"])
    if imports:
        consumption = found["production"] - found["exports"] - found["reexports"] + found["imports"]
        np.testing.assert_allclose(consumption, found["consumption"])
    assert result.table("trade").exported.sum() == pytest.approx(
        result.table("trade").emitted.sum()
    )
    assert by(result, "flows", "source", "target").sum() * 1e6 == pytest.approx(
        found["production"][2020] * 1e6
    )


def test_a_world_of_regions_balances_to_zero():
    raw = (FOLDER / "input.csv").read_bytes()
    result = embodied(multi_regional.parse(raw, "input.csv").panel(), satellite="co2")
    found = by(result, "accounts", "account", "region")
    size = found["production"].sum()
    for balance in ("balance", "balance_bilateral"):
        assert found[balance].sum() == pytest.approx(0, abs=CLOSURE * size)
    assert found["balance"].abs().max() > 1


def test_the_unit_of_money_scales_multipliers_and_nothing_else():
    one = embodied(table(), satellite="co2")
    values = table().values.copy()
    values[:, :, :-1] *= 1000
    many = embodied(replace(table(), values=values), satellite="co2")
    a, b = one.table("multipliers"), many.table("multipliers")
    np.testing.assert_allclose(a.multiplier, b.multiplier * 1000)
    np.testing.assert_allclose(by(one, "accounts", "account"), by(many, "accounts", "account"))


def test_imports_in_a_column_and_rows_spread_alike_are_the_same_table():
    # split a competitive table by its own shares: both ways must then agree
    plain = table(seed=4, periods=(2020,))
    n, z = 3, plain.values[:3, 0, :3]
    y, share = plain.values[:3, 0, 3:5], np.array([0.1, 0.3, 0.2])
    total = plain.values.copy()
    home = 1.0 - share
    m = share * (z.sum(axis=1) + y[:, 0])
    x = z.sum(axis=1) + y.sum(axis=1) - m
    total[:3, 0, 5] = x
    total[-1, 0, :3] = x - z.sum(axis=0)
    units = {s: plain.units[s] for s in plain.series}
    held = {s: total[:, :, k] for k, s in enumerate(plain.series)}
    held["use.IM"] = np.append(m, np.nan)[:, None]
    competitive = Panel.of(held, entities=plain.entities, periods=(2020,), units=units)
    rows = (*SECTORS, *(f"{s}.imports" for s in SECTORS), "TVA")
    split = np.full((7, 1, 7), np.nan)
    split[:3, 0, :3], split[:3, 0, 3], split[:3, 0, 4] = home[:, None] * z, home * y[:, 0], y[:, 1]
    split[3:6, 0, :3] = share[:, None] * z
    split[3:6, 0, 3], split[3:6, 0, 4] = share * y[:, 0], 0.0
    split[:3, 0, 5], split[-1, 0, :3] = x, x - z.sum(axis=0)
    split[:3, 0, 6] = total[:3, 0, -1]
    named = {s: split[:, :, k] for k, s in enumerate(plain.series)}
    separate = Panel.of(named, entities=rows, periods=(2020,), units=units)
    a, b = (embodied(p, satellite="co2") for p in (competitive, separate))
    np.testing.assert_allclose(a.table("multipliers").multiplier, b.table("multipliers").multiplier)
    np.testing.assert_allclose(by(a, "accounts", "account"), by(b, "accounts", "account"))
    assert n == 3


# ------------------------------------------------------------------------- decomposition, paths


@pytest.mark.parametrize("how", ["average", "polar", "lmdi"])
def test_effects_sum_to_the_change(how):
    result = embodied(table(), satellite="co2", change=how)
    change = result.table("change").change[0]
    assert result.table("effects").effect.sum() == pytest.approx(change)
    assert result.table("effects").share.sum() == pytest.approx(1)


def test_prices_of_two_years_need_a_deflator():
    current = table(unit="CNY")
    assert "deflator=gdp" in refused("M965", current, change="average").fix.en
    noted = embodied(current, satellite="co2", change="average", deflator="none")
    assert "M965" in {n.code for n in noted.notes}


def test_a_uniform_rise_of_prices_is_no_effect_once_it_is_deflated():
    one = table(unit="CNY", periods=(2015,))
    values = np.concatenate([one.values, one.values], axis=1)
    values[:, 1, :-1] *= 2.0
    price = np.array([[1.0, 2.0]] * len(one.entities))
    both = Panel.of(
        {s: values[:, :, k] for k, s in enumerate(one.series)} | {"price": price},
        entities=one.entities, periods=(2015, 2020), units=one.units,
    )  # fmt: skip
    found = embodied(both, satellite="co2", change="average", deflator="price")
    assert found.table("effects").effect.abs().max() < 1e-12
    mixed = embodied(both, satellite="co2", change="average", deflator="none")
    effects = mixed.table("effects").set_index("determinant").effect
    assert effects["level"] > 0 > effects["intensity"]


def test_chains_and_remainders_sum_to_the_demand():
    result = embodied(table(), satellite="co2", paths=4, tolerance=0.01, demand="EX")
    coverage = by(result, "coverage", "part")
    assert coverage.drop("total").sum() == pytest.approx(coverage["total"])
    exports = by(result, "accounts", "account", "period")["exports"][2020]
    assert coverage["total"] == pytest.approx(exports)
    first = result.table("chains").iloc[0]
    assert first.tier == len(first.chain.split(" > ")) - 1


def test_the_sectors_parts_of_the_demand_sum_to_the_whole():
    whole = embodied(table(), satellite="co2", paths=2, demand="all")
    parts = [embodied(table(), satellite="co2", paths=2, demand=s) for s in SECTORS]
    totals = [by(r, "coverage", "part")["total"] for r in (whole, *parts)]
    assert sum(totals[1:]) == pytest.approx(totals[0])


# ------------------------------------------------------------------------------------- refusals


def test_an_unbalanced_table_is_refused_with_its_residuals():
    found = refused("M960", table(a__GO=5000.0))
    assert {r["sector"] for r in found.evidence} == {"a"}
    assert {r["side"].en for r in found.evidence} == {"row (uses)", "column (inputs)"}
    for row in found.evidence:
        assert row["residual"] == pytest.approx(row["sum"] - row["output"])


def test_a_table_in_whole_units_is_balanced_enough():
    values = table().values.copy()
    values[:, :, :-1] = np.round(values[:, :, :-1] * 1e6)
    assert embodied(replace(table(), values=values), satellite="co2").checks[-1].residual > 0


@pytest.mark.parametrize(
    ("code", "cells", "options"),
    [
        ("M961", {"b__GO": -4.0}, {}),
        ("M964", {"b__co2": np.nan}, {}),
        ("M968", {"b__a": np.nan}, {}),
        ("M968", {"b__EX": np.nan}, {}),
        ("M970", {}, {"paths": 2, "demand": "FU9"}),
        ("M970", {}, {"paths": 2, "tolerance": 2.0}),
        ("C447", {}, {"satellite": "edgr"}),
        ("C448", {}, {"change": "average", "deflator": "gpd"}),
        ("C449", {}, {"satellite": "edgar"}),
    ],
)
def test_bad_input_is_named(code, cells, options):
    with pytest.raises(ZhihengError) as caught:
        embodied(table(**cells), **{"satellite": "co2"} | options)
    assert caught.value.code == code


def test_one_table_has_no_change():
    refused("M966", table(periods=(2020,)), change="average")


def test_a_demand_that_turns_its_sign_has_no_logarithmic_decomposition():
    panel = table()
    values = panel.values.copy()
    c, go = panel.series.index("use.TC"), panel.series.index("use.GO")
    values[0, 1, go] -= values[0, 1, c] + 3.0
    values[0, 1, c] = -3.0
    values[-1, 1, 0] = values[0, 1, go] - values[:3, 1, 0].sum()
    found = refused("M966", replace(panel, values=values), change="lmdi")
    assert list(found.evidence) == [{"sector": "a", "name": panel.name("a"), "demand": "TC"}]
    assert embodied(replace(panel, values=values), satellite="co2", change="average").tables


def test_a_table_that_is_not_productive_is_refused_with_its_radius():
    z = np.array([[0.0, 120.0], [120.0, 0.0]])
    panel = table_panel(
        z, np.array([[-20.0], [-20.0]]), sectors=("a", "b"), columns=("TC",), period=2020,
        satellites={"co2": (np.ones(2), "t_CO2")},
    )  # fmt: skip
    assert refused("M962", panel).evidence[0]["spectral_radius"] == pytest.approx(1.2)


def test_imports_beyond_domestic_use_cannot_be_removed():
    panel = table_panel(
        np.array([[10.0, 5.0], [5.0, 10.0]]),
        np.array([[20.0, 50.0, 40.0], [20.0, 5.0, 1.0]]),
        sectors=("a", "b"),
        columns=("TC", "EX", "IM"),  # a: 35 used at home, 40 imported, 45 made, 50 exported
        period=2020,
        satellites={"co2": (np.ones(2), "t_CO2")},
    )
    assert refused("M967", panel).evidence[0]["sector"] == "a"


def test_a_panel_of_provinces_is_no_table():
    refused("M963", dataset("provinces"), satellite="edgar")

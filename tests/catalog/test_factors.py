"""The factor catalogue: ids, validity, statuses, conversions that lead nowhere wrong."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from zhiheng.catalog.carriers import activity_names, carriers, grid_areas, sectors
from zhiheng.catalog.factors import (
    EMBEDDED,
    factor,
    factor_rows,
    fuel_factor,
    fuel_factors,
    fuel_sets,
    grid_factor,
    grids,
    gwp,
    half_width,
    non_co2,
    process,
    processes,
)
from zhiheng.catalog.series import fuels, series
from zhiheng.core.errors import ZhihengError

REFERENCE = Path(__file__).parents[1] / "reference" / "inventory"


def code(call):
    with pytest.raises(ZhihengError) as caught:
        call()
    return caught.value.code


def test_every_version_of_a_factor_stands_once_with_a_source():
    rows = factor_rows()
    assert [k for k, n in Counter((r.id, r.valid_from) for r in rows).items() if n > 1] == []
    assert all(r.source for r in rows)


def test_versions_of_one_factor_do_not_overlap():
    found = {}
    for row in factor_rows():
        found.setdefault(row.id, []).append(row)
    for rows in found.values():
        for year in range(2010, 2031):
            assert sum(r.holds(year) for r in rows) <= 1 or len(rows) == 1, rows[0].id


def test_nothing_from_the_international_energy_agency_is_shipped():
    assert not [r.id for r in factor_rows() if "IEA" in r.source.split()]


def test_names_refer_to_carriers_that_exist():
    known = set(carriers())
    assert {f.fuel for f in fuel_factors()} <= known
    assert {n.fuel for n in non_co2()} <= known
    assert {m for c in carriers().values() for m in c.made_from} <= known
    assert {m for s in sectors().values() for m in s.makes} <= known
    assert {c for p in processes() for c in p.covers} <= known | {p.id for p in processes()}
    assert {s.within for s in sectors().values()} <= set(sectors()) | {""}
    assert {a.carrier for a in activity_names().values()} <= known
    assert all(series(name, "province") for name in activity_names())


def test_the_embedded_set_is_the_one_of_the_final_use_series():
    ours = {f.fuel: f for f in fuel_factors() if f.set == EMBEDDED}
    assert set(ours) == {f.fuel for f in fuels()}
    for fuel in fuels():
        row = ours[fuel.fuel]
        carbon = row.carbon_kg_per_gj * row.oxidation * 44 / 12 / 1000
        assert row.ncv_gj / row.per * carbon == pytest.approx(fuel.value, rel=1e-9)


def test_the_published_product_of_the_chinese_default_is_met():
    gas = fuel_factor("natural_gas", set="enterprise")
    product = gas.ncv_gj * gas.carbon_kg_per_gj * gas.oxidation * 44 / 12 / 1000
    assert product == pytest.approx(21.622, abs=5e-4)


def test_ipcc_factors_are_carbon_contents_times_44_over_12():
    text = (REFERENCE / "bonsai_carbon.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) >= 25
    for row in rows:
        ours = fuel_factor(row["fuel"], set="ipcc2006")
        expected = float(row["carbon_kg_per_gj"]) * 44 / 12
        # published to three digits; blast furnace gas differs by 0.15 %
        assert ours.co2_kg_per_gj == pytest.approx(expected, rel=0.003), row["fuel"]
        # natural gas liquids: 44.2 against 44.3
        assert ours.ncv_gj == pytest.approx(float(row["ncv_gj"]), rel=0.003), row["fuel"]


def test_the_factor_of_a_year_is_the_one_of_that_year():
    assert factor("grid.CHN.average", year=2022).value == 0.5366
    assert grid_factor("CHN", year=2023, kind="residual").value == 0.6096
    assert factor("grid.CHN.average").valid_from == 2023
    assert code(lambda: factor("grid.CHN.average", year=2010)) == "C442"


def test_what_is_only_recalled_is_refused():
    assert code(lambda: grid_factor("CHN", year=2021, kind="fossil")) == "C443"
    assert code(lambda: grid_factor("CHN", year=2021, kind="residual")) == "C443"
    assert factor("grid.CHN.average", year=2020).value == 0.581
    assert grid_factor("CHN", year=2021, kind="fossil", allow_recalled=True).value == 0.8426
    assert process("lime").value == 0.75
    assert factor("ammonia").value == 1.694
    assert half_width("grid.electricity") is None
    assert half_width("grid.electricity", allow_recalled=True) == 0.1


def test_unknown_names_are_refused_with_the_nearest():
    assert code(lambda: factor("grid.CHN.averge")) == "C440"
    assert code(lambda: fuel_factor("diesel", set="enterprize")) == "C440"
    assert code(lambda: fuel_factor("raw_coal", set="ipcc2006")) == "C441"
    assert code(lambda: grid_factor("540000", year=2022)) == "C444"
    assert code(lambda: gwp("NF3", set="sar")) == "C445"
    assert code(lambda: gwp("CO2", set="ar7")) == "C440"
    assert set(fuel_sets()) >= {EMBEDDED, "provincial_2025", "enterprise", "ipcc2006"}


def test_every_province_but_tibet_belongs_to_one_regional_grid():
    listed = [p for a in grid_areas() for p in a.provinces]
    assert len(listed) == len(set(listed)) == 30
    assert {g.area for g in grids() if g.level == "province"} == set(listed)


def test_potentials_are_those_of_their_report():
    expected = json.loads((REFERENCE / "expected.json").read_text("utf-8"))["potentials"]
    for name, gases in expected.items():
        for gas, value in gases.items():
            assert gwp(gas, set=name).value == value

"""Embodied carbon of tables that no multiplier, share or logarithm fits: named, or handled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from use_tables import refused, table

from zhiheng.carbon.embodied import embodied
from zhiheng.carbon.multi_regional import table_panel
from zhiheng.catalog.embedded import dataset
from zhiheng.core.errors import ZhihengError

# effects are sums of a few dozen products of order one
SUMMED = 1e-9


def small(z, demand, columns=("TC", "EX"), co2=(1.0, 2.0, 3.0)):
    """One table of two or three sectors from arrays."""
    return table_panel(
        np.array(z, dtype=float),
        np.array(demand, dtype=float),
        sectors=("a", "b", "c")[: len(z)],
        columns=columns,
        period=2020,
        satellites={"co2": (np.array(co2[: len(z)]), "t_CO2")},
    )


def with_demand(column, start, end):
    """Two balanced tables whose column of demand is given in both periods."""
    panel = table()
    values = panel.values.copy()
    at = {s: i for i, s in enumerate(panel.series)}
    values[:3, 0, at[f"use.{column}"]] = start
    values[:3, 1, at[f"use.{column}"]] = end
    return balanced(panel, values)


def balanced(panel, values):
    """The panel with these values, output and value added made to fit."""
    at = {s: i for i, s in enumerate(panel.series)}
    sectors = [at["use.a"], at["use.b"], at["use.c"]]
    used = [*sectors, at["use.TC"], at["use.EX"]]
    for t in range(2):
        output = values[:3, t][:, used].sum(axis=1)
        values[:3, t, at["use.GO"]] = output
        values[-1, t, sectors] = output - values[:3, t][:, sectors].sum(axis=0)
    return replace(panel, values=values)


def signed(series, start, end):
    """Two balanced tables with one cell of sector a set in both periods."""
    panel = table()
    values = panel.values.copy()
    k = panel.series.index(series)
    values[0, :, k] = (start, end)
    return balanced(panel, values)


# ---------------------------------------------------------------------- what the table cannot hold


def test_emissions_without_output_are_refused_and_not_dropped():
    found = refused(
        "M961", small([[10, 5, 0], [5, 10, 0], [0, 0, 0]], [[20, 30], [20, 50], [0, 0]])
    )
    assert found.evidence[0]["sector"] == "c"
    assert found.evidence[0]["emissions"] == 3.0


def test_a_sector_without_output_and_emissions_changes_nothing():
    z, y = [[10.0, 5.0], [5.0, 10.0]], [[20.0, 30.0], [20.0, 50.0]]
    wide = embodied(
        small(np.pad(z, ((0, 1), (0, 1))), [*y, [0, 0]], co2=(1, 2, 0)), satellite="co2"
    )
    plain = embodied(small(z, y), satellite="co2")
    one, other = (r.table("multipliers").multiplier.to_numpy() for r in (wide, plain))
    np.testing.assert_allclose(one[:2], other)
    assert one[2] == 0


def test_a_table_without_final_demand_is_singular_and_refused():
    found = refused("M962", small([[10, 5], [5, 10]], [[0, 0], [0, 0]]))
    assert found.evidence[0]["spectral_radius"] == pytest.approx(1)


def test_a_table_in_which_nothing_is_made_is_refused():
    refused("M961", small([[0, 0], [0, 0]], [[0, 0], [0, 0]]))


def test_a_satellite_of_zeros_has_zero_multipliers_and_no_flows():
    result = embodied(small([[10, 5], [5, 10]], [[20, 30], [20, 50]], co2=(0, 0)), satellite="co2")
    assert (result.table("multipliers").multiplier == 0).all()
    assert result.table("accounts").share.isna().all()
    assert "flows" not in result.tables


def test_a_sector_without_its_row_of_imports_is_named():
    panel = table(imports=True)
    found = refused("M968", panel.select(entities=[e for e in panel.entities if e != "b.imports"]))
    assert [row["row"] for row in found.evidence] == ["b.imports"]


def test_imports_that_are_only_exported_again_cannot_be_removed():
    found = refused("M967", small([[10, 5], [0, 0]], [[20, 30, 0], [0, 15, 5]], ("TC", "EX", "IM")))
    assert found.evidence[0]["sector"] == "b"
    assert found.evidence[0]["imports"] == 5.0


def test_a_final_demand_that_runs_stocks_down_is_carried_with_its_sign():
    result = embodied(
        small([[10, 5], [5, 10]], [[60, -10], [20, 5]], ("TC", "GCF")), satellite="co2"
    )
    used = result.table("by_demand").set_index("demand").value
    assert used["GCF"] == pytest.approx(3e-6 - used["TC"])
    assert all(c.residual <= c.tolerance for c in result.checks)


def test_columns_in_several_units_are_not_summed():
    panel = table()
    found = refused("U202", replace(panel, units={**panel.units, "use.b": "USD"}))
    assert {row["series"] for row in found.evidence} == {"use.a", "use.b"}


@pytest.mark.parametrize("options", [{"demand": "FU9"}, {"tolerance": 7.0}, {"paths": -1}])
def test_an_option_that_is_wrong_is_refused_also_where_nothing_is_asked_of_it(options):
    with pytest.raises(ZhihengError) as caught:
        embodied(table(), satellite="co2", **options)
    assert caught.value.code == "M970"


# ----------------------------------------------------------------------------------- decomposition


@pytest.mark.parametrize("unit", ["CNY_2020", "USD"])
def test_a_deflator_for_other_money_is_refused(unit):
    found = refused("M965", table(unit=unit), change="average", deflator="gdp")
    assert found.evidence[0] == {"deflator": "gdp", "unit": unit}


def test_a_table_without_a_unit_says_how_its_prices_are_taken():
    for unit, cautions in (("unstated", 1), ("CNY_2020", 0)):
        result = embodied(table(unit=unit), satellite="co2", change="average")
        assert sum(n.code == "M965" for n in result.notes) == cautions


@pytest.mark.parametrize("how", ["average", "polar", "lmdi"])
@pytest.mark.parametrize("end", [(10.0, -4.0, -6.0), (0.0, 0.0, 0.0)])
def test_a_demand_that_sums_to_zero_has_nothing_to_decompose(how, end):
    found = refused("M966", with_demand("EX", (50.0, 40.0, 30.0), end), change=how, demand="EX")
    assert found.evidence[0]["period"] == 2020
    assert found.evidence[0]["demand"] == "EX"


@pytest.mark.parametrize("how", ["average", "polar", "lmdi"])
def test_a_demand_that_ends_at_zero_beside_others_is_decomposed(how):
    panel = with_demand("EX", (50.0, 40.0, 30.0), 0.0)
    adds_up(embodied(panel, satellite="co2", change=how))


def test_a_column_that_cancels_within_all_demand_is_refused_too():
    panel = with_demand("EX", (50.0, 40.0, 30.0), (10.0, -4.0, -6.0))
    assert refused("M966", panel, change="average").evidence[0]["sum_of_sizes"] == 20.0


def test_the_national_errors_column_is_refused_where_it_is_empty():
    panel = dataset("io-china")
    refused("M966", panel, satellite="edgar", change="average", demand="ERR", deflator="gdp")


@pytest.mark.parametrize(
    ("series", "start", "end"),
    [("co2", -30.0, -20.0), ("use.EX", -5.0, -2.0), ("use.b", -2.0, -3.0)],
)
def test_terms_that_stay_negative_have_logarithmic_effects_that_add_up(series, start, end):
    adds_up(embodied(signed(series, start, end), satellite="co2", change="lmdi"))


def test_emissions_that_turn_into_a_sink_have_no_logarithmic_decomposition():
    panel = signed("co2", 30.0, -20.0)
    assert refused("M966", panel, change="lmdi").evidence[0]["sector"] == "a"
    adds_up(embodied(panel, satellite="co2", change="average"))


def test_deliveries_that_turn_their_sign_have_no_logarithmic_decomposition():
    panel = signed("use.b", 40.0, -40.0)
    assert refused("M966", panel, change="lmdi").evidence[0]["sector"] == "a"


def adds_up(result):
    change = result.table("change").change[0]
    assert result.table("effects").effect.sum() == pytest.approx(change, rel=SUMMED)
    assert all(c.residual <= c.tolerance for c in result.checks)

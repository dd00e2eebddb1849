"""Production decomposition on panels: sums, cautions, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.production_decomposition import production_decomposition
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

UNITS = {"co2": "t_CO2", "energy": "tce", "gdp": "CNY_2020", "labour": "person"}


def panel(units=UNITS, entities=12, periods=3, **replaced):
    rng = np.random.default_rng(0)
    shape = entities, periods
    made = {k: np.exp(0.3 * rng.normal(size=shape)) for k in UNITS}
    return Panel.of(
        made | replaced, entities=[f"r{i:02d}" for i in range(entities)],
        periods=range(2010, 2010 + periods), units=units,
    )  # fmt: skip


def run(data=None, **options):
    given = {"emissions": "co2", "energy": "energy", "output": "gdp"}
    return production_decomposition(data or panel(), **{**given, **options})


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        run(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_effects_sum_to_the_change_of_emissions():
    result = run()
    co2 = panel().array("co2")
    assert result.table("effects").effect.sum() == pytest.approx((co2[:, -1] - co2[:, 0]).sum())
    assert result.table("by_period").effect.sum() == pytest.approx((co2[:, -1] - co2[:, 0]).sum())
    assert all(check.passed for check in result.checks)


def test_ratios_multiply_to_each_units_change():
    factors = run(inputs=["labour"]).table("factors")
    product = factors.groupby(["entity", "period"]).factor_ratio.prod()
    co2 = panel().array("co2")
    np.testing.assert_allclose(product.to_numpy().reshape(12, 2), co2[:, 1:] / co2[:, :-1])


def test_potential_amounts_are_the_amount_over_its_distance():
    table = run().table("distances")
    np.testing.assert_allclose(
        table.potential_energy * table.energy_distance, panel().array("energy").ravel()
    )
    assert (table.potential_emissions <= panel().array("co2").ravel() + 1e-9).all()


def test_steps_without_an_answer_stay_empty_and_are_counted():
    gdp = panel().array("gdp").copy()
    gdp[0, 2] *= 50  # nobody of the period before comes near
    result = run(panel(gdp=gdp), frontier="adjacent")
    note = next(n for n in result.notes if n.code == "M935")
    assert "1 " in note.text.en or "steps" in note.text.en
    factors = result.table("factors")
    assert factors.factor_ratio.isna().any()
    assert all(check.passed for check in result.checks)
    assert not run(panel(gdp=gdp)).table("factors").factor_ratio.isna().any()


def test_refusals_name_what_is_wrong():
    assert refused("M934", panel(units=UNITS | {"gdp": "CNY"})).evidence[0]["unit"] == "CNY"
    zero = panel().array("co2").copy()
    zero[2, 1] = 0
    assert refused("M945", panel(co2=zero)).evidence[0]["entity"] == "r02"
    refused("M831", panel(periods=1))
    refused("C432", boundaries={"co2": "territorial", "energy": "final_use"})


def test_gaps_are_refused_or_leave_the_entity_out():
    co2 = panel().array("co2").copy()
    co2[1, 1] = np.nan
    assert refused("M800", panel(co2=co2)).evidence[0]["entity"] == "r01"
    result = run(panel(co2=co2), gaps="drop")
    assert "r01" not in set(result.table("factors").entity)
    assert "M837" in {note.code for note in result.notes}


def test_a_frontier_of_few_units_carries_a_caution():
    few = run(panel(entities=5))
    assert any("frontier" in n.text.en and n.level == "caution" for n in few.notes)


def test_where_no_step_has_an_answer_effects_are_gaps_not_zeros():
    steep = np.tile([1.0, 0.1], (12, 1))  # everybody surpasses the frontier before
    data = panel(periods=2, co2=steep, energy=steep)
    result = run(data, frontier="adjacent")
    assert result.table("effects")[["effect", "share", "mean_ratio"]].isna().all(axis=None)
    assert result.table("by_period").effect.isna().all()
    assert set(result.table("by_period").n) == {0}
    assert "M935" in {note.code for note in result.notes}


def test_further_inputs_stand_in_the_same_boundary():
    units = UNITS | {"co2_edgar": "t_CO2", "co2_ceads": "t_CO2"}
    both = {k: panel().array("co2") for k in ("co2_edgar", "co2_ceads")}
    refused("C432", panel(units=units, **both), emissions="co2_edgar", inputs=["co2_ceads"])

"""The method on panels: identities, closure, named rules, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.lmdi import CLOSURE, lmdi
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.sources.kinds import observe

KAYA = "co2: pop * gdp/pop * energy/gdp * co2/energy"
UNITS = {"pop": "person", "gdp": "CNY_2020", "energy": "tce", "co2": "t_CO2"}
ENTITIES = ("110000", "130000", "310000")


def panel(periods=5, entities=ENTITIES, **replaced):
    rng = np.random.default_rng(0)
    shape = len(entities), periods
    made = {name: np.exp(rng.normal(size=shape).cumsum(axis=1) * 0.2) for name in UNITS}
    return Panel.of(
        made | {k: np.asarray(v, dtype=float) for k, v in replaced.items()},
        entities=entities,
        periods=list(range(2010, 2010 + periods)),
        units=UNITS | {name: "1" for name in replaced if name not in UNITS},
    )


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        lmdi(*args, **options)
    assert caught.value.code == code
    return caught.value


def codes(result):
    return {note.code for note in result.notes}


def test_effects_sum_to_the_change():
    result = lmdi(panel(), identity=KAYA)
    co2 = panel().array("co2")
    total = co2[:, -1].sum() - co2[:, 0].sum()
    effects = result.table("effects")
    assert effects.effect.sum() == pytest.approx(total, abs=CLOSURE * co2.sum())
    assert effects.share.sum() == pytest.approx(1)
    assert list(effects.factor) == ["pop", "gdp/pop", "energy/gdp", "co2/energy"]
    assert all(check.passed for check in result.checks)
    assert result.table("change").change[0] == pytest.approx(total)


def test_tables_by_period_and_by_entity_sum_to_the_same_effects():
    result = lmdi(panel(), identity=KAYA)
    total = result.table("effects").set_index("factor").effect
    for table in ("by_period", "by_entity"):
        summed = result.table(table).groupby("factor").effect.sum()
        np.testing.assert_allclose(summed[total.index], total, rtol=1e-9)


def test_each_entity_closes_on_its_own():
    by_entity = lmdi(panel(), identity=KAYA).table("by_entity").groupby("entity").effect.sum()
    co2 = panel().array("co2")
    np.testing.assert_allclose(by_entity[list(ENTITIES)], co2[:, -1] - co2[:, 0], atol=CLOSURE)


def test_one_entity_has_no_table_by_entity():
    alone = panel(entities=("110000",))
    assert "by_entity" not in lmdi(alone, identity=KAYA).tables


def test_without_chaining_there_is_one_step():
    result = lmdi(panel(), identity=KAYA, chain=False)
    steps = result.table("by_period")
    assert set(steps.period_from) == {2010}
    assert set(steps.period) == {2014}
    assert [f.name for f in result.figures] == ["effects"]


def test_the_order_of_entities_does_not_matter():
    data = panel()
    mixed = data.select(entities=tuple(reversed(data.entities)))
    one, two = (lmdi(p, identity=KAYA).table("effects").effect for p in (data, mixed))
    np.testing.assert_allclose(one, two, rtol=1e-10)


def test_the_catalogued_identity_runs_on_the_embedded_provinces():
    from zhiheng.catalog.embedded import dataset

    full = dataset("provinces")
    data = full.select(
        entities=[e for e in full.entities if e != "540000"], periods=range(2013, 2023)
    )
    result = lmdi(data, identity="kaya")
    titles = result.table("effects")
    assert list(titles.factor) == ["population", "affluence", "energy_intensity", "carbon_factor"]
    assert titles.factor_title_zh[0] == "人口规模"
    assert result.table("by_entity").name_en[0] == "Beijing"
    assert set(titles.unit) == {"t_CO2"}
    assert all(check.passed for check in result.checks)


def test_an_identity_may_hold_in_the_data_only_and_is_then_marked():
    a, b = np.array([[2.0, 3.0, 5.0]]), np.array([[7.0, 1.0, 4.0]])
    data = Panel.of(
        {"a": a, "b": b, "v": a * b},
        entities=["x"], periods=[1, 2, 3], units=dict.fromkeys("abv", "1"),
    )  # fmt: skip
    result = lmdi(data, identity="v: a * b")
    assert "M834" in codes(result)
    assert "M834" not in codes(lmdi(data, identity="a * b: a * b"))


def test_an_identity_with_other_units_is_refused_even_if_its_numbers_fit():
    a, b = np.array([[2.0, 3.0]]), np.array([[7.0, 1.0]])
    data = Panel.of(
        {"a": a, "b": b, "v": a * b},
        entities=["x"], periods=[1, 2], units={"a": "person", "b": "1", "v": "tce"},
    )  # fmt: skip
    assert refused("M832", data, identity="v: a * b").evidence[0]["unit of the product"] == "person"


def test_an_identity_that_does_not_close_shows_what_remains_and_the_residual():
    error = refused("M832", panel(), identity="co2: pop * gdp/pop * co2/energy")
    assert error.evidence[0]["product / left"] == "energy^-1 * gdp"
    residuals = [abs(float(str(row["residual"]))) for row in error.evidence[1:]]
    assert residuals
    assert min(residuals) > 0


def test_derived_series_are_opened_when_that_closes_the_identity():
    data = Panel.of(
        {"population": [[1.0, 2.0]], "gdp_real": [[3.0, 5.0]]},
        entities=["110000"], periods=[1, 2],
        units={"population": "person", "gdp_real": "CNY_2020"}, level="province",
    )  # fmt: skip
    result = lmdi(data, identity="gdp_real: population * gdp_real_per_capita")
    assert "M834" not in codes(result)
    assert result.table("effects").effect.sum() == pytest.approx(2)


def priced(**units):
    data = panel()
    return Panel.of(
        {s: data.array(s) for s in data.series} | {"nominal": data.array("gdp") * 2},
        entities=data.entities, periods=data.periods, units=UNITS | {"nominal": "CNY"} | units,
    )  # fmt: skip


def test_activity_in_current_prices_is_refused_unless_it_is_meant():
    money = priced(gdp="CNY")
    rows = refused("M839", money, identity=KAYA).evidence
    assert [(r["factor"], r["series"], r["unit"]) for r in rows] == [
        ("gdp/pop", "gdp", "CNY"), ("energy/gdp", "gdp", "CNY"),
    ]  # fmt: skip
    assert "M836" in codes(lmdi(money, identity=KAYA, prices="allow"))
    assert "M836" not in codes(lmdi(panel(), identity=KAYA))


def test_real_and_nominal_output_in_one_chain_are_named():
    mixed = "co2: pop * gdp/pop * energy/nominal * co2/energy"
    rows = refused("M954", priced(), identity=mixed).evidence
    assert {(r["series"], r["unit"]) for r in rows} == {("gdp", "CNY_2020"), ("nominal", "CNY")}
    refused("M954", priced(gdp="CNY_2015", nominal="CNY_2020"), identity=mixed)
    refused("M832", priced(), identity=mixed, prices="allow")
    deflated = "co2: pop * gdp/pop * nominal/gdp * energy/nominal * co2/energy"
    refused("M954", priced(), identity=deflated)
    assert "M836" in codes(lmdi(priced(), identity=deflated, prices="allow"))


def test_a_share_in_current_prices_is_no_activity():
    ones = np.ones((3, 5))
    data = Panel.of(
        {"v": panel().array("co2"), "part": panel().array("gdp"), "whole": ones * 9},
        entities=ENTITIES, periods=range(2010, 2015),
        units={"v": "t_CO2", "part": "CNY", "whole": "CNY"},
    )  # fmt: skip
    assert lmdi(data, identity="v: part/whole * v/(part/whole)").checks[0].passed


def test_boundaries_that_do_not_go_together_are_refused():
    from zhiheng.catalog.embedded import dataset

    data = dataset("provinces").select(periods=[2020, 2021, 2022])
    chain = "population * gdp_real/population * final_energy/gdp_real"
    error = refused("C432", data, identity=f"co2_edgar: {chain} * co2_edgar/final_energy")
    assert {r["series"] for r in error.evidence} == {"co2_edgar", "final_energy"}
    say = {"co2": "territorial", "energy": "final_use"}
    refused("C432", panel(), identity=KAYA, boundaries=say)
    refused("C433", panel(), identity=KAYA, boundaries={"co2": "teritorial"})
    assert lmdi(panel(), identity=KAYA, boundaries=say | {"energy": "primary"}).checks[0].passed


def test_zeros_take_their_limits_and_say_so():
    a = np.array([[0.0, 9999.0]])
    data = Panel.of(
        {"a": a, "b": np.full((1, 2), 42 / 9999)},
        entities=["x"], periods=[1, 2], units={"a": "1", "b": "1"},
    )  # fmt: skip
    result = lmdi(data, identity="a * b: a * b")
    assert "M835" in codes(result)
    assert list(result.table("effects").effect) == [pytest.approx(42, rel=1e-14), 0.0]


def test_effects_that_nearly_cancel_are_marked():
    data = Panel.of(
        {"a": [[1.0, 2.0]], "b": [[2.0, 1.001]]},
        entities=["x"], periods=[1, 2], units={"a": "1", "b": "1"},
    )  # fmt: skip
    assert "M838" in codes(lmdi(data, identity="a * b: a * b"))


def test_gaps_are_refused_with_their_cells():
    energy = panel().array("energy").copy()
    energy[1, 2] = np.nan
    error = refused("M800", panel(energy=energy), identity=KAYA)
    assert {row["entity"] for row in error.evidence} == {"130000"}
    assert {row["period"] for row in error.evidence} == {2012}


def test_dropping_leaves_whole_entities_out_and_lists_them():
    energy = panel().array("energy").copy()
    energy[1, 2] = np.nan
    result = lmdi(panel(energy=energy), identity=KAYA, gaps="drop")
    assert set(result.table("by_entity").entity) == {"110000", "310000"}
    assert "130000" in next(n for n in result.notes if n.code == "M837").text.en
    energy[:, 0] = np.nan
    refused("M800", panel(energy=energy), identity=KAYA, gaps="drop")


def test_negative_values_are_refused_with_their_cells():
    co2 = panel().array("co2").copy()
    co2[0, 3] = -1
    error = refused("M833", panel(co2=co2), identity=KAYA)
    assert {(row["entity"], row["period"]) for row in error.evidence} == {("110000", 2013)}


def test_one_period_has_no_change_to_decompose():
    refused("M831", panel(periods=1), identity=KAYA)


def test_a_missing_series_names_the_nearest():
    error = refused("X304", panel(), identity="co2: pops * co2/pops")
    assert "pop" in error.fix.en


@pytest.mark.parametrize("base", [float("nan"), 1999, "x", 2011.5])
def test_a_base_that_is_no_period_is_refused_by_name(base):
    error = refused("C436", panel(), identity=KAYA, chain=False, base=base)
    assert str(base) in error.what.en


def test_negative_values_name_the_cell_of_the_sheet():
    rows = "地区,年份,pop,gdp,energy,co2\n北京,2010,1,2,3,4\n北京,2011,1,2,3,-4\n".encode()
    read = observe(rows, "mine.csv", own_labels=True).panel()
    error = refused("M833", read, identity=KAYA)
    assert [row.get("cell") for row in error.evidence] == ["F3", "F3"]  # co2, and co2/energy


def test_gaps_and_divisors_of_zero_name_the_series_behind_a_ratio():
    gdp, energy = panel().array("gdp").copy(), panel().array("energy").copy()
    gdp[1, 2], energy[0, 1] = np.nan, 0
    error = refused("M800", panel(gdp=gdp, energy=energy), identity=KAYA)
    assert {(r["entity"], r["period"], r["series"]) for r in error.evidence} == {
        ("130000", 2012, "gdp"), ("110000", 2011, "energy"),
    }  # fmt: skip


@pytest.mark.parametrize("stated", ["CNY", "CNY_2020"])
def test_current_prices_are_seen_where_other_units_are_not_stated(stated):
    named = Panel.of(
        {s: panel().array(s) for s in UNITS}, entities=ENTITIES, periods=range(2010, 2015),
        units={"gdp": stated},
    )  # fmt: skip
    if stated == "CNY":
        error = refused("M839", named, identity=KAYA)
        assert {row["series"] for row in error.evidence} == {"gdp"}
    else:
        assert "M836" not in codes(lmdi(named, identity=KAYA))


def test_a_chain_through_a_peak_far_above_its_ends_closes_relative_to_the_peak():
    co2 = np.array([[1e-9, 3e9, 2e9, 1e-9, 2e-9]] * 3)
    result = lmdi(panel(co2=co2), identity=KAYA)
    assert all(check.passed for check in result.checks)

"""Sectors: marks of an identity, structure, nesting, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from zhiheng.carbon.lmdi import CLOSURE, lmdi
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

FLAT = "co2: population * va/population * energy/va * co2/energy [sector]"
STRUCTURE = (
    "co2: population * va/population * va[sector]/va * energy[sector]/va[sector]"
    " * co2[sector]/energy[sector]"
)
NESTED = (
    "co2: va * va[sector]/va * energy[sector]/va[sector]"
    " * energy[sector.fuel]/energy[sector] * co2[sector.fuel]/energy[sector.fuel]"
)
UNITS = {"population": "person", "va": "CNY_2020", "energy": "tce", "co2": "t_CO2"}


def panel(sectors=("farming", "industry", "services"), fuels=(), entities=("a", "b"), **replaced):
    rng = np.random.default_rng(7)
    shape = len(entities), 4
    series = {"population": rng.lognormal(3, size=shape)}
    for s in sectors:
        series[f"va.{s}"] = rng.lognormal(2, size=shape)
        for path in [(s, f) for f in fuels] or [(s,)]:
            series[".".join(("energy", *path))] = rng.lognormal(1, size=shape)
            series[".".join(("co2", *path))] = rng.lognormal(size=shape)
    series |= {k: np.asarray(v, dtype=float) for k, v in replaced.items()}
    return Panel.of(
        series, entities=entities, periods=[2019, 2020, 2021, 2022],
        units={name: UNITS[name.split(".")[0]] for name in series},
    )  # fmt: skip


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        lmdi(*args, **options)
    assert caught.value.code == code
    return caught.value


def total(data, family="co2"):
    return sum(data.array(s) for s in data.series if s.split(".")[0] == family)


def by(result, name, *keys):
    return result.table(name).set_index([*keys, "factor"]).effect


def test_effects_of_sectors_sum_to_the_change_of_their_sum():
    data = panel()
    for identity in (FLAT, STRUCTURE):
        result = lmdi(data, identity=identity)
        co2 = total(data)
        change = co2[:, -1].sum() - co2[:, 0].sum()
        assert result.table("effects").effect.sum() == pytest.approx(change, rel=1e-12)
        assert all(check.passed for check in result.checks)
        for table in ("by_sector", "by_entity", "by_period"):
            assert result.table(table).effect.sum() == pytest.approx(change, rel=1e-12)


def test_equals_a_plain_loop_over_entities_sectors_and_steps():
    data = panel()
    want = dict.fromkeys(range(5), 0.0)
    va = total(data, "va")
    for e, s, t in itertools.product(range(2), ("farming", "industry", "services"), range(3)):
        x = [
            [data.array("population")[e, p], va[e, p] / data.array("population")[e, p],
             data.array(f"va.{s}")[e, p] / va[e, p],
             data.array(f"energy.{s}")[e, p] / data.array(f"va.{s}")[e, p],
             data.array(f"co2.{s}")[e, p] / data.array(f"energy.{s}")[e, p]]
            for p in (t, t + 1)
        ]  # fmt: skip
        a, b = (data.array(f"co2.{s}")[e, p] for p in (t, t + 1))
        for k in range(5):
            want[k] += (b - a) / math.log(b / a) * math.log(x[1][k] / x[0][k])
    found = lmdi(data, identity=STRUCTURE).table("effects").effect
    np.testing.assert_allclose(found, list(want.values()), rtol=1e-10)


def test_one_mark_at_the_end_stands_for_all_names_that_come_by_sector():
    data = panel()
    names = ("population", "va[sector]/population", "energy[sector]/va[sector]",
             "co2[sector]/energy[sector]")  # fmt: skip
    one = lmdi(data, identity=FLAT).table("effects").effect
    two = lmdi(data, identity=f"co2: {' * '.join(names)}").table("effects").effect
    np.testing.assert_array_equal(one, two)


def test_a_total_in_the_panel_goes_before_the_sum_of_its_parts():
    data = panel(va=np.full((2, 4), 100.0))
    result = lmdi(data, identity=STRUCTURE)
    flat = by(result, "by_period", "period_from", "period")
    assert flat.xs("va[sector]/va", level="factor").size == 3
    assert "va" in result.series
    # the shares do not sum to one then, yet everything closes
    assert all(check.passed for check in result.checks)


def test_a_published_total_that_differs_from_the_parts_is_said():
    data = panel()
    result = lmdi(panel(co2=total(data) * 1.05), identity=FLAT)
    assert any("4.76%" in note.text.en for note in result.notes)
    assert not any("differs" in n.text.en for n in lmdi(data, identity=FLAT).notes)


def test_an_aggregate_intensity_is_decomposed_by_structure_and_intensity():
    data = panel()
    result = lmdi(data, identity="energy/va: va[sector]/va * energy[sector]/va[sector]")
    ratio = total(data, "energy") / total(data, "va")
    assert result.table("effects").effect.sum() == pytest.approx(
        (ratio[:, -1] - ratio[:, 0]).sum(), rel=1e-12
    )


def test_nested_sectors_sum_to_their_sector_and_to_the_whole():
    data = panel(fuels=("coal", "oil"))
    result = lmdi(data, identity=NESTED)
    whole = result.table("effects").set_index("factor").effect
    for table in ("by_part", "by_sector"):
        summed = result.table(table).groupby("factor").effect.sum()
        np.testing.assert_allclose(summed[whole.index], whole, rtol=1e-10)
    part = result.table("by_part").groupby(["sector", "factor"]).effect.sum().sort_index()
    sector = result.table("by_sector").groupby(["sector", "factor"]).effect.sum().sort_index()
    np.testing.assert_allclose(part, sector, rtol=1e-9)


def test_sectors_decomposed_apart_and_summed_equal_the_whole():
    """Consistency in aggregation of LMDI-I: each sector in a panel of its own."""
    data = panel(fuels=("coal", "oil"), va=np.full((2, 4), 50.0))
    whole = lmdi(data, identity=NESTED).table("effects").effect
    parts = [
        lmdi(data, identity=NESTED, sectors=[s]).table("effects").effect
        for s in ("farming", "industry", "services")
    ]
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-9)


def test_sectors_of_a_workbook_are_read_without_its_totals():
    data = panel(
        fuels=("coal", "oil"),
        **{"co2.total.coal": np.ones((2, 4)), "co2.farming.scope_1_total": np.ones((2, 4)),
           "co2.farming.scope_2_heat": np.ones((2, 4))},
    )  # fmt: skip
    result = lmdi(data, identity=NESTED)
    assert set(result.table("by_part").part) == {"coal", "oil"}
    assert "total" not in set(result.table("by_sector").sector)
    by_sector = lmdi(data, identity="co2: va * co2[sector]/va").table("by_sector")
    farming = by_sector[by_sector.sector == "farming"].effect.sum()
    assert farming == pytest.approx(0)  # its published total stands still


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
@pytest.mark.parametrize("method", ["lmdi1", "lmdi2"])
def test_contributions_of_sectors_sum_to_the_effects(method, form):
    result = lmdi(panel(), identity=STRUCTURE, method=method, form=form)
    effects = result.table("effects").set_index("factor").effect
    for name in ("sector", "entity"):
        if (method, form) == ("lmdi1", "additive"):
            assert f"attribution_{name}" not in result.tables
            continue
        found = result.table(f"attribution_{name}").groupby("factor").attributed.sum()
        want = effects if form == "additive" else effects - 1
        np.testing.assert_allclose(found[want.index], want, rtol=1e-10, atol=1e-12)


def test_indices_of_a_chain_multiply_to_the_ratio_and_so_do_those_of_every_sector():
    data = panel()
    result = lmdi(data, identity=STRUCTURE, form="multiplicative")
    co2 = total(data).sum(axis=0)
    assert result.table("effects").effect.prod() == pytest.approx(co2[-1] / co2[0], rel=1e-12)
    steps = result.table("by_period").groupby("factor").effect.prod()
    whole = result.table("effects").set_index("factor").effect
    np.testing.assert_allclose(steps[whole.index], whole, rtol=1e-12)
    for s, product in result.table("by_sector").groupby("sector").effect.prod().items():
        own = data.array(f"co2.{s}").sum(axis=0)
        assert product == pytest.approx(own[-1] / own[0], rel=1e-12)
    assert all(check.passed for check in result.checks)


def test_the_order_of_sectors_does_not_matter():
    data = panel()
    mixed = data.select(series=tuple(reversed(data.series)))
    one, two = (lmdi(p, identity=STRUCTURE).table("by_sector") for p in (data, mixed))
    assert list(one.sector) == list(two.sector)
    np.testing.assert_allclose(one.effect, two.effect, rtol=1e-12)


def test_a_sector_that_appears_carries_its_change_by_the_factor_that_was_zero():
    zero = np.array([[0.0, 0.0, 2.0, 3.0]])
    data = panel(entities=("a",), **{"energy.services": zero, "co2.services": zero * 1.5})
    result = lmdi(data, identity=STRUCTURE)
    steps = result.table("by_sector").set_index(["sector", "factor"]).effect["services"]
    assert steps.sum() == pytest.approx(4.5, rel=1e-12)
    codes = {note.code for note in result.notes}
    assert "M835" in codes
    assert all(check.passed for check in result.checks)
    alone = lmdi(data.select(periods=[2020, 2021]), identity=STRUCTURE).table("by_sector")
    alone = alone[alone.sector == "services"].set_index("factor").effect
    assert alone["energy[sector]/va[sector]"] == pytest.approx(3.0, rel=1e-15)
    assert alone.drop("energy[sector]/va[sector]").abs().max() == 0


def test_a_gap_in_one_sector_is_named_with_its_sector():
    values = np.ones((2, 4))
    values[1, 2] = np.nan
    error = refused("M800", panel(**{"co2.industry": values}), identity=STRUCTURE)
    assert {(r["entity"], r["sector"], r["period"]) for r in error.evidence} == {
        ("b", "industry", 2021)
    }
    kept = lmdi(panel(**{"co2.industry": values}), identity=STRUCTURE, gaps="drop")
    assert kept.table("change").n[0] == 1


def test_families_that_do_not_match_are_refused_with_what_is_missing():
    data = panel()
    data = data.select(series=[s for s in data.series if s != "energy.services"])
    error = refused("M956", data, identity=STRUCTURE)
    assert error.evidence[0]["missing"] == "energy.services"
    found = lmdi(data, identity=STRUCTURE, sectors=["farming", "industry"])
    assert set(found.table("by_sector").sector) == {"farming", "industry"}


def test_a_part_that_is_the_sum_of_the_others_is_refused():
    data = panel()
    doubled = {f"{f}.everything": total(data, f) for f in ("va", "energy", "co2")}
    error = refused("M955", panel(**doubled), identity=FLAT)
    assert error.evidence[0]["sector"] == "everything"


def test_unknown_marks_and_sectors_are_refused():
    data = panel()
    refused("C435", data, identity="co2: gdp * co2[sector]/gdp * x[sector]")
    refused("C435", data, identity="population: population [sector]")
    refused("C436", data, identity=FLAT, sectors=["farmin"])
    refused("C436", data, identity=FLAT, sectors=[])
    refused("C436", data, identity=FLAT, boundaries={"coo2": "edgar"})
    refused("X304", data, identity="emissions: va * co2[sector]/va")
    refused("C434", data, identity="co2: va[region] * co2[sector.fuel]/va[region]")
    refused("C430", data, identity="co2: va * co2[ ]/va")


def test_families_with_two_units_are_refused():
    data = panel()
    units = dict(data.units) | {"energy.services": "J"}
    mixed = Panel.of(
        {s: data.array(s) for s in data.series},
        entities=data.entities, periods=data.periods, units=units,
    )  # fmt: skip
    assert {r["unit"] for r in refused("M956", mixed, identity=FLAT).evidence} == {"tce", "J"}


def test_parts_that_do_not_multiply_up_are_refused_by_their_sum():
    data = panel(va=np.full((2, 4), 9.0))
    error = refused("M832", data, identity="co2: population * va[sector]/va * energy[sector]")
    assert abs(float(str(error.evidence[0]["residual"]))) > CLOSURE


def test_sectors_of_an_identity_without_a_mark_are_refused_not_ignored():
    data = panel(co2=np.ones((2, 4)))
    error = refused("M958", data, identity="co2: population * co2/population", sectors=["industry"])
    assert error.evidence[0]["sectors"] == "industry"


def test_sectors_may_be_written_with_spaces():
    spaced = lmdi(panel(), identity=FLAT, sectors="farming, industry")
    plain = lmdi(panel(), identity=FLAT, sectors=["farming", "industry"])
    np.testing.assert_array_equal(spaced.table("effects").effect, plain.table("effects").effect)


def test_a_negative_value_of_a_sector_names_its_series():
    data = panel(**{"energy.industry": -np.ones((2, 4))})
    error = refused("M833", data, identity=FLAT)
    assert {row["series"] for row in error.evidence} == {"energy.industry"}

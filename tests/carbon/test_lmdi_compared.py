"""Entities with a reference, scenarios with a base, a base period; sinks and errors."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from zhiheng.carbon.lmdi import CLOSURE, lmdi
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

REFERENCE = Path(__file__).parents[1] / "reference" / "lmdi"
KAYA = "co2: pop * gdp/pop * energy/gdp * co2/energy"
UNITS = {
    "pop": "person", "gdp": "CNY_2020", "energy": "tce", "co2": "t_CO2", "rate": "t_CO2/CNY_2020",
}  # fmt: skip
# The published effects have six decimals, of inputs with six to ten digits.
PUBLISHED = 2e-5


def panel(entities=("a", "b", "c"), periods=3, **replaced):
    rng = np.random.default_rng(5)
    series = {
        name: rng.lognormal(2, size=(len(entities), periods)) for name in UNITS if name != "rate"
    }
    series |= {k: np.asarray(v, dtype=float) for k, v in replaced.items()}
    return Panel.of(
        series, entities=entities, periods=list(range(2020, 2020 + periods)),
        units={name: UNITS.get(name.split(".")[0], "1") for name in series},
    )  # fmt: skip


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        lmdi(*args, **options)
    assert caught.value.code == code
    return caught.value


def pivot(result, table="effects", row="entity"):
    return result.table(table).pivot(index=row, columns="factor", values="effect")


# ------------------------------------------------------------------ one base period


def image():
    with (REFERENCE / "image.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    column = {k: np.array([[float(r[k]) for r in rows]]) for k in rows[0]}
    series = {k: column[k] for k in ("P", "GDP", "FE", "PE")}
    series["FF"] = column["coal"] + column["oil"] + column["gas"]
    series["TFC"] = (column["CO2_EIP"] - column["CO2_IP"]) / 1000
    periods = [int(r["period"]) for r in rows]
    return Panel.of(series, entities=["World"], periods=periods, units={})


def test_all_six_factors_of_the_image_scenario_equal_the_published_effects():
    want = json.loads((REFERENCE / "image.json").read_text("utf-8"))
    identity = "TFC: " + " * ".join(want["factors"])
    result = lmdi(image(), identity=identity, chain=False, base=2020)
    steps = result.table("by_period")
    assert set(steps.period_from) == {2020}
    for period, effects in want["effects"].items():
        found = steps[steps.period == int(period)].effect
        np.testing.assert_allclose(found, effects, rtol=0, atol=PUBLISHED)
    np.testing.assert_array_equal(result.table("effects").effect, steps.effect[-6:])


def test_the_retyped_scenario_equals_the_shared_one(shared):
    file = shared / "reference" / "outlook" / "O-V07_kaya_image_ssp2.json"
    given = json.loads(file.read_text("utf-8"))
    with (REFERENCE / "image.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    for name in set(rows[0]) - {"period"}:
        assert [float(r[name]) for r in rows] == given["input"][name]
    here = json.loads((REFERENCE / "image.json").read_text("utf-8"))
    assert here["effects"] == given["expected"]["LMDI_Gt"]


def test_a_base_period_is_for_comparisons_that_are_not_chained():
    assert refused("M958", panel(), identity=KAYA, base=2020).evidence[0]["chain"] is True
    refused("C436", panel(), identity=KAYA, base=1999, chain=False)
    back = lmdi(panel(), identity=KAYA, base="2022", chain=False).table("by_period")
    assert set(zip(back.period_from, back.period, strict=True)) == {(2022, 2020), (2022, 2021)}


# ------------------------------------------------------------------ entities


def test_every_entity_against_the_mean_closes_and_equals_a_plain_loop():
    data = panel()
    result = lmdi(data, identity=KAYA, between="entities")
    mean = {name: data.array(name).mean(axis=0) for name in data.series}
    found = pivot(result)
    for e, entity in enumerate(data.entities):
        own = {name: data.array(name)[e, -1] for name in data.series}
        a, b = mean["co2"][-1], own["co2"]
        weight = (b - a) / math.log(b / a)
        assert found.loc[entity].sum() == pytest.approx(b - a, rel=1e-10)
        ratio = (own["energy"] / own["gdp"]) / (mean["energy"][-1] / mean["gdp"][-1])
        assert found.loc[entity, "energy/gdp"] == pytest.approx(weight * math.log(ratio), rel=1e-10)
        assert found.loc[entity, "pop"] == pytest.approx(
            weight * math.log(own["pop"] / mean["pop"][-1]), rel=1e-10
        )
    assert set(result.table("by_period").period) == set(data.periods)
    assert all(check.passed for check in result.checks)


def test_a_named_entity_as_reference_turns_its_sign_when_the_two_change_places():
    data = panel(entities=("a", "b"))
    one = pivot(lmdi(data, identity=KAYA, between="entities", base="a")).loc["b"]
    two = pivot(lmdi(data, identity=KAYA, between="entities", base="b")).loc["a"]
    np.testing.assert_allclose(one, -two, rtol=1e-12)


def test_indices_against_the_mean_multiply_to_the_ratio():
    data = panel()
    found = pivot(lmdi(data, identity=KAYA, between="entities", form="multiplicative"))
    co2 = data.array("co2")[:, -1]
    np.testing.assert_allclose(found.prod(axis=1), co2 / co2.mean(), rtol=1e-12)


def test_sectors_of_entities_are_compared_one_by_one():
    data = panel(**{f"co2.{s}": np.random.default_rng(i).lognormal(size=(3, 3))
                    for i, s in enumerate(("x", "y"))})  # fmt: skip
    data = data.select(series=[s for s in data.series if s != "co2"])
    result = lmdi(data, identity="co2: gdp * co2[sector]/gdp", between="entities", base="a")
    both = result.table("by_sector").groupby(["entity", "factor"]).effect.sum().unstack()
    np.testing.assert_allclose(both, pivot(result)[both.columns], rtol=1e-10)


def test_a_rate_that_is_no_ratio_of_amounts_has_no_mean():
    data = panel(rate=panel().array("co2") / panel().array("gdp"))
    error = refused("M958", data, identity="co2: gdp * rate", between="entities")
    assert "rate" in {row["factor"] for row in error.evidence}
    lmdi(data, identity="co2: gdp * rate", between="entities", base="a")


def test_one_entity_has_nothing_to_be_compared_with():
    refused("M831", panel(entities=("a",)), identity=KAYA, between="entities")
    refused("C436", panel(), identity=KAYA, between="entities", base="z")


def test_the_embedded_provinces_are_compared_with_their_mean():
    from zhiheng.catalog.embedded import dataset

    full = dataset("provinces")
    data = full.select(
        entities=[e for e in full.entities if e != "540000"], periods=[2020, 2021, 2022]
    )
    result = lmdi(data, identity="kaya", between="entities")
    assert len(result.table("effects")) == 30 * 4
    assert [f.kind for f in result.figures] == ["bar"] * 4


# ------------------------------------------------------------------ scenarios


def test_scenarios_are_compared_region_by_region_in_every_period():
    names = [f"{s}|{r}" for s in ("policy", "base") for r in ("n", "s")]
    data = panel(entities=names)
    result = lmdi(data, identity=KAYA, between="scenarios", base="base")
    co2 = data.array("co2")
    change = result.table("change")
    assert change.change[0] == pytest.approx(co2[:2, -1].sum() - co2[2:, -1].sum())
    assert result.table("effects").effect.sum() == pytest.approx(change.change[0], rel=1e-12)
    regions = result.table("by_entity").groupby("region").effect.sum()
    np.testing.assert_allclose(regions, co2[:2, -1] - co2[2:, -1], rtol=1e-10)
    steps = result.table("by_period").groupby("period").effect.sum()
    np.testing.assert_allclose(steps, co2[:2].sum(axis=0) - co2[2:].sum(axis=0), rtol=1e-10)


def test_scenarios_that_are_the_same_have_no_effects():
    data = panel(entities=("base",))
    twice = Panel.of(
        {s: np.repeat(data.array(s), 2, axis=0) for s in data.series},
        entities=["base", "policy"], periods=data.periods, units=UNITS,
    )  # fmt: skip
    assert (lmdi(twice, identity=KAYA, between="scenarios", base="base").table("effects").effect
            == 0).all()  # fmt: skip


def test_scenarios_need_a_base_and_the_same_regions():
    refused("M958", panel(entities=("base", "policy")), identity=KAYA, between="scenarios")
    refused("C436", panel(entities=("x", "y")), identity=KAYA, between="scenarios", base="z")
    uneven = panel(entities=("x|n", "x|s", "y|n"))
    error = refused("M958", uneven, identity=KAYA, between="scenarios", base="x")
    assert error.evidence[0]["region"] == "s"
    refused("M831", panel(entities=("x|n", "x|s")), identity=KAYA, between="scenarios", base="x")


# ------------------------------------------------------------------ sinks


def with_sink(**options):
    forest = -np.random.default_rng(9).lognormal(size=(2, 3))
    data = panel(
        entities=("a", "b"), **{"co2.industry": np.exp(-forest), "co2.forest": forest},
        area=np.full((2, 3), 2.0),
    )  # fmt: skip
    data = data.select(series=[s for s in data.series if s != "co2"])
    return data, lmdi(data, identity="co2: gdp * co2[sector]/gdp", **options)


def test_sinks_are_decomposed_apart_and_sum_with_emissions_to_the_net_change():
    data, result = with_sink(sinks="apart")
    sink, gross = data.array("co2.forest"), data.array("co2.industry")
    apart = result.table("sinks").effect.sum()
    assert apart == pytest.approx((sink[:, -1] - sink[:, 0]).sum(), rel=1e-10)
    emitted = result.table("effects").effect.sum()
    assert emitted == pytest.approx((gross[:, -1] - gross[:, 0]).sum(), rel=1e-10)
    assert result.table("sinks_change").start[0] == pytest.approx(sink[:, 0].sum())
    assert set(result.table("sinks").unit) == {"t_CO2"}
    assert set(result.table("by_sector").sector) == {"industry"}
    assert all(check.passed for check in result.checks)


def test_sinks_are_refused_unless_they_are_meant_and_net_amounts_always():
    with pytest.raises(ZhihengError) as caught:
        with_sink()
    assert caught.value.code == "M833"
    assert {row["sector"] for row in caught.value.evidence} == {"forest"}
    turning = panel(co2=[[3.0, 1.0, -1.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    refused("M833", turning, identity=KAYA, sinks="apart")


def test_an_index_of_sinks_is_that_of_their_size():
    data, result = with_sink(sinks="apart", form="multiplicative")
    size = np.abs(data.array("co2.forest")).sum(axis=0)
    assert result.table("sinks").effect.prod() == pytest.approx(size[-1] / size[0], rel=1e-12)


def test_errors_are_carried_through_sinks_too():
    _, result = with_sink(sinks="apart", uncertainty={"co2": 0.1})
    sinks, change = result.table("sinks"), result.table("sinks_change").iloc[0]
    assert (sinks.low <= sinks.effect).all()
    assert (sinks.effect <= sinks.high).all()
    assert change.change_low < change.change < change.change_high
    _, alone = with_sink(sinks="apart", sectors=["forest"], uncertainty={"co2": 0.1})
    assert {"low", "high"} <= set(alone.table("sinks").columns)


def test_sinks_that_start_at_zero_have_no_index_and_it_is_said():
    forest = [[0.0, -1.0, -2.0]] * 2
    data = panel(
        entities=("a", "b"), **{"co2.industry": np.ones((2, 3)), "co2.forest": forest}
    )  # fmt: skip
    data = data.select(series=[s for s in data.series if s != "co2"])
    result = lmdi(data, identity="co2: gdp * co2[sector]/gdp", sinks="apart", form="multiplicative")
    assert result.table("sinks").effect.isna().all()
    assert any("sinks starts or ends at zero" in note.text.en for note in result.notes)


def test_a_sink_of_one_entity_is_not_compared_with_emissions_of_another():
    mixed = panel(co2=[[-1.0] * 3, [1.0] * 3, [2.0] * 3])
    refused("M958", mixed, identity=KAYA, sinks="apart", between="entities")


def test_a_sink_that_one_entity_lacks_is_compared_with_nothing_not_with_emissions():
    sink = np.array([[-1.0, -1.0, -2.0], [0.0, 0.0, 0.0]])
    data = panel(entities=("a", "b"), **{"co2.x": np.ones((2, 3)), "co2.forest": sink})
    data = data.select(series=[s for s in data.series if s != "co2"])
    result = lmdi(
        data, identity="co2: gdp * co2[sector]/gdp", between="entities", base="a", sinks="apart"
    )
    assert result.table("effects").effect.sum() == pytest.approx(0, abs=1e-12)
    assert result.table("sinks").effect.sum() == pytest.approx(2.0)


# ------------------------------------------------------------------ forms that end


def test_a_total_that_starts_at_zero_has_effects_but_no_indices():
    data = panel(entities=("a",), co2=[[0.0, 1.0, 2.0]], energy=[[0.0, 1.0, 3.0]])
    assert lmdi(data, identity=KAYA).table("effects").effect.sum() == pytest.approx(2.0)
    error = refused("M957", data, identity=KAYA, form="multiplicative")
    assert (error.evidence[0]["from"], error.evidence[0]["start"]) == (2020, 0.0)
    alone = lmdi(data, identity=KAYA, method="lmdi2").table("effects")
    assert alone.effect.sum() == pytest.approx(2.0)


def test_an_entity_that_starts_at_zero_has_a_gap_for_an_index_of_its_own():
    zero = panel().array("co2").copy()
    energy = panel().array("energy").copy()
    zero[1, 0] = energy[1, 0] = 0.0
    result = lmdi(panel(co2=zero, energy=energy), identity=KAYA, form="multiplicative")
    own = result.table("by_entity").set_index("entity").effect
    assert own["b"].isna().all()
    assert own[["a", "c"]].notna().all()
    assert "M957" in {note.code for note in result.notes}


# ------------------------------------------------------------------ errors of the series


def test_no_error_gives_no_interval_and_a_small_one_a_narrow_interval():
    assert "low" not in lmdi(panel(), identity=KAYA).table("effects")
    widths = []
    for sd in (0.01, 0.02):
        table = lmdi(panel(), identity=KAYA, uncertainty={"co2": sd}).table("effects")
        assert ((table.low <= table.effect) & (table.effect <= table.high)).all()
        widths.append((table.high - table.low).sum())
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.1)


def test_the_interval_of_the_change_equals_the_analytical_one():
    """One entity, independent errors: the change has the sd of a difference."""
    data = panel(entities=("a",), periods=2)
    sd, (a, b) = 0.02, data.array("co2")[0]
    table = lmdi(data, identity=KAYA, uncertainty={"co2": sd}, draws=20_000).table("change")
    want = 1.6449 * sd * math.hypot(a, b)
    # Quantiles of 20,000 draws are within 2 % of those of the distribution.
    assert table.change_high[0] - table.change[0] == pytest.approx(want, rel=0.05)
    tied = lmdi(data, identity=KAYA, uncertainty={"co2": sd}, correlation=1.0, draws=20_000)
    change = tied.table("change")
    assert change.change_high[0] - change.change[0] == pytest.approx(
        1.6449 * sd * abs(b - a), rel=0.05
    )


def test_errors_come_from_the_seed_and_go_with_names():
    options = {"identity": KAYA, "uncertainty": {"co2": 0.05, "energy": 0.03}, "draws": 200}
    one = lmdi(panel(), **options, seed=1).table("effects")
    two = lmdi(panel(), **options, seed=2).table("effects")
    assert not np.array_equal(one.low, two.low)
    turned = panel().select(entities=("c", "a", "b"))
    again = lmdi(turned, **options, seed=1).table("effects")
    np.testing.assert_allclose(one.low, again.low, rtol=1e-9)


def test_a_family_gives_its_error_to_every_part():
    rng = np.random.default_rng(0)
    data = panel(
        entities=("a",), **{f"co2.{s}": rng.lognormal(size=(1, 3)) for s in ("x", "y")}
    )  # fmt: skip
    data = data.select(series=[s for s in data.series if s != "co2"])
    table = lmdi(
        data, identity="co2: gdp * co2[sector]/gdp", uncertainty={"co2": 0.1}, draws=200,
        form="multiplicative", method="lmdi2",
    ).table("effects")  # fmt: skip
    width = table.high - table.low
    assert width[0] == pytest.approx(0, abs=1e-12)  # an activity that all share
    assert width[1] > 0.05


@pytest.mark.parametrize(
    "options",
    [
        {"uncertainty": {"co": 0.1}},
        {"uncertainty": {"co2": 1.5}},
        {"uncertainty": {"co2": -0.1}},
        {"uncertainty": {"co2": 0.1}, "correlation": 2.0},
        {"uncertainty": {"co2": 0.1}, "draws": 5},
    ],
)
def test_an_uncertainty_that_cannot_be_used_is_refused(options):
    refused("M959", panel(), identity=KAYA, **options)


def test_an_uncertainty_given_as_text_is_the_same_number():
    text, number = (
        lmdi(panel(), identity=KAYA, uncertainty={"co2": sd}, draws=200) for sd in ("0.05", 0.05)
    )
    np.testing.assert_array_equal(text.table("effects").low, number.table("effects").low)
    assert [n.text for n in text.notes] == [n.text for n in number.notes]


def test_an_identity_that_holds_in_the_data_only_bears_no_errors():
    data = panel(rate=panel().array("co2") / panel().array("gdp"))
    refused("M959", data, identity="co2: gdp * rate", uncertainty={"co2": 0.1})


@pytest.mark.parametrize("method", ["lmdi1", "lmdi2"])
def test_closure_holds_in_every_form_on_the_embedded_provinces(method):
    from zhiheng.catalog.embedded import dataset

    full = dataset("provinces")
    data = full.select(
        entities=[e for e in full.entities if e != "540000"], periods=range(2013, 2023)
    )
    for form in ("additive", "multiplicative"):
        result = lmdi(data, identity="kaya", method=method, form=form)
        assert max(abs(check.residual) for check in result.checks) <= CLOSURE

"""Carbon inequality against persons, its curves, its parts, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiheng.carbon.carbon_inequality import carbon_inequality
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.kernels.inequality import measures
from zhiheng.kernels.lorenz import logarithmic_shares, lorenz
from zhiheng.kernels.resample import multiplicities

STORED = json.loads(
    (Path(__file__).parents[1] / "reference" / "carbon_inequality" / "expected.json")
    .read_text("utf-8")
)  # fmt: skip
ROUNDING = 1e-10
UNITS = {"co2": "t_CO2", "pop": "person", "gdp": "CNY_2020"}


def panel(units=UNITS, periods=3, **replaced):
    rng = np.random.default_rng(0)
    made = {k: np.exp(0.5 * rng.normal(size=(9, periods))) for k in UNITS}
    return Panel.of(
        made | replaced, entities=[f"r{i}" for i in range(9)], periods=range(2010, 2010 + periods),
        units=units,
    )  # fmt: skip


def run(data=None, **options):
    given_ = {"emissions": "co2", "population": "pop", "draws": 0}
    return carbon_inequality(data or panel(), **{**given_, **options})


def refused(code, *args, **options):
    with pytest.raises(ZhihengError) as caught:
        run(*args, **options)
    assert caught.value.code == code
    return caught.value


def test_measures_equal_the_definitions_person_by_person():
    people = np.array(STORED["people"], dtype=float)[:, None]
    data = panel(periods=1, co2=people * np.array(STORED["heads"])[:, None], pop=people)
    zones = {f"r{i}": f"z{z}" for i, z in enumerate(STORED["zone"])}
    result = run(data, groups=zones)
    table = result.table("inequality").set_index("measure").value
    for name in ("gini", "theil_t", "theil_l"):
        assert table[name] == pytest.approx(STORED[name], abs=ROUNDING)
    parts = result.table("decomposition").set_index(["measure", "part"]).value
    assert parts["theil_t", "between"] == pytest.approx(STORED["between_t"], abs=ROUNDING)
    assert parts["theil_l", "between"] == pytest.approx(STORED["between_l"], abs=ROUNDING)
    assert all(check.passed for check in result.checks)


def test_parts_sum_to_the_whole_in_every_period():
    zones = {f"r{i}": "ab"[i % 2] for i in range(9)}
    parts = (
        run(groups=zones)
        .table("decomposition")
        .pivot_table(index=["period", "measure"], columns="part", values="value")
    )
    np.testing.assert_allclose(parts.between + parts.within, parts.total, atol=ROUNDING)


def test_curves_start_at_nothing_end_at_all_and_never_cross_equality():
    curves = run(output="gdp").table("lorenz")
    assert set(curves.spread_over) == {"population", "output"}
    assert set(curves.line_zh) == {"2010", "2012", "平等线"}
    for _, one in curves.groupby(["spread_over", "line"]):
        assert tuple(one.iloc[0][["cumulative_base", "cumulative_emissions"]]) == (0.0, 0.0)
        assert one.cumulative_emissions.iloc[-1] == pytest.approx(1)
        assert (one.cumulative_emissions <= one.cumulative_base + 1e-12).all()


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_units_and_replication_do_not_matter(seed, unit):
    rng = np.random.default_rng(seed)
    c, n = rng.random(6), rng.random(6) + 0.1
    one = lorenz(c, n).gini
    assert lorenz(c * unit, n).gini == pytest.approx(one, abs=1e-12)
    assert lorenz(np.tile(c, 2), np.tile(n, 2)).gini == pytest.approx(one, abs=1e-12)


def test_equal_heads_have_no_inequality():
    n = np.array([1.0, 5.0, 2.0])
    assert lorenz(3 * n, n).gini == pytest.approx(0, abs=1e-15)


def test_factors_carry_all_of_the_variance_of_logarithms():
    rng = np.random.default_rng(2)
    factors, base = np.exp(rng.normal(size=(7, 2, 3))), rng.random((7, 2)) + 0.5
    covariances, variance = logarithmic_shares(factors, base)
    np.testing.assert_allclose(covariances.sum(axis=1), variance, rtol=1e-12)
    whole = np.log(factors.prod(axis=-1))[:, 0]
    np.testing.assert_allclose(
        variance[0], np.average((whole - np.average(whole, weights=base[:, 0])) ** 2,
                                weights=base[:, 0]),
    )  # fmt: skip


def test_a_factor_without_differences_carries_none():
    data = panel(gdp=panel().array("pop") * 3)
    table = run(data, identity="co2: pop * gdp/pop * co2/gdp").table("by_factor")
    np.testing.assert_allclose(table[table.factor == "gdp/pop"].share, 0, atol=1e-12)
    np.testing.assert_allclose(table[table.factor == "co2/gdp"].share, 1, atol=1e-12)


def test_intervals_are_seeded_and_hold_the_value():
    one, two = (run(draws=199).table("inequality") for _ in range(2))
    assert one.equals(two)
    gini = one[one.measure == "gini"]
    assert ((gini.ci_low < gini.value) & (gini.value < gini.ci_high)).all()


def test_refusals_name_their_cells():
    co2 = panel().array("co2").copy()
    co2[1, 2] = -1
    assert refused("M936", panel(co2=co2)).evidence[0]["entity"] == "r1"
    pop = panel().array("pop").copy()
    pop[4, 0] = 0
    assert refused("M843", panel(pop=pop)).evidence[0]["entity"] == "r4"
    co2[1, 2] = np.nan
    assert refused("M800", panel(co2=co2)).evidence[0]["period"] == 2012
    refused("M810", groups={"r1": "a"})
    refused("M937", level=1.0)
    refused("M938", identity="co2: gdp * co2/gdp")


def test_gaps_may_leave_the_entity_out():
    co2 = panel().array("co2").copy()
    co2[1, 2] = np.nan
    result = run(panel(co2=co2), gaps="drop")
    assert "M837" in {note.code for note in result.notes}
    assert "r1" not in set(result.table("lorenz").entity)


def test_zero_emissions_have_no_theil_l_but_a_gini():
    co2 = panel().array("co2").copy()
    co2[0] = 0
    table = run(panel(co2=co2)).table("inequality").set_index(["period", "measure"]).value
    assert np.isnan(table[2010, "theil_l"])
    assert np.isfinite(table[2010, "gini"])
    assert np.isnan(run(panel(co2=co2), draws=99).table("inequality").ci_low.iloc[2])


def test_periods_without_emissions_have_no_measure_and_it_is_said():
    co2 = panel().array("co2").copy()
    co2[:, 0] = 0
    result = run(panel(co2=co2), groups={f"r{i}": str(i % 2) for i in range(9)}, draws=99)
    table = result.table("inequality").set_index("period")
    assert table.loc[2010, ["value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert table.loc[2011].notna().all(axis=None)
    assert any("2010" in note.text.en and note.level == "caution" for note in result.notes)
    assert set(result.table("lorenz").line) == {"2012", "equality"}


def test_an_identity_leaves_out_entities_that_it_is_incomplete_for():
    gdp = panel().array("gdp").copy()
    gdp[3, 1] = np.nan
    identity = "co2: pop * gdp/pop * co2/gdp"
    data = panel(gdp=gdp)
    refused("M800", data, identity=identity)
    result = run(data, identity=identity, gaps="drop")
    assert "r3" not in set(result.table("lorenz").entity)
    assert "M837" in {note.code for note in result.notes}
    assert all(check.passed for check in result.checks)


def test_a_factor_that_is_zero_has_no_logarithm():
    co2 = panel().array("co2").copy()
    co2[2, 1] = 0
    error = refused("M945", panel(co2=co2), identity="co2: pop * gdp/pop * co2/gdp")
    assert [(r["entity"], r["period"]) for r in error.evidence] == [("r2", 2011)]


def test_output_in_current_prices_is_refused():
    refused("M934", panel(units=UNITS | {"gdp": "CNY"}), output="gdp")


def test_intervals_are_wider_than_percentiles_that_cover_too_little():
    # Percentiles of the Gini of thirty entities cover 76 % where 95 % is said.
    table = run(draws=399).table("inequality").set_index(["period", "measure"])
    heads = panel().array("co2") / panel().array("pop")
    base = panel().array("pop")
    drawn = multiplicities(np.zeros(9, dtype=int), draws=399, seed=1)
    gini = measures(heads, drawn, base, epsilon=1.0)[..., 0]
    low, high = np.quantile(gini, [0.025, 0.975], axis=0)
    one = table.xs("gini", level="measure")
    assert (one.ci_high.to_numpy() - one.ci_low.to_numpy() > high - low).all()


def test_a_gini_of_few_regions_has_no_interval_beyond_one():
    few = panel().select(entities=["r0", "r1", "r2"])
    table = run(few, draws=199).table("inequality")
    assert (table[table.measure == "gini"].ci_high <= 1).all()

"""The method on panels: overlap, turnover, merit order, money, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.carbon.macc import macc
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

ROUNDING = 1e-12
LED = {"potential": 0.1, "capex": 100, "life": 10, "saving": 25, "abatement": 5}
PUMP = {"potential": 0.5, "capex": 1000, "life": 20, "opex": 10, "saving": 60, "abatement": 8}
CCS = {"potential": 0.9, "capex": 5000, "life": 25, "opex": 200, "abatement": 12}
THREE = {"led": LED, "pump": PUMP, "ccs": CCS}


def panel(**series):
    made = series or {"co2": [[900.0, 600.0], [500.0, 400.0]]}
    return Panel.of(
        {k: np.asarray(v, float) for k, v in made.items()},
        entities=["110000", "310000"],
        periods=[2021, 2022],
        units=dict.fromkeys(made, "t_CO2"),
    )


def run(measures=None, **options):
    return macc(panel(), **{"measures": measures or THREE, "draws": 50, "year": 2072} | options)


def table(result, name="measures"):
    return result.table(name).set_index("abatement_measure")


def refused(code, measures=None, data=None, **options):
    with pytest.raises(ZhihengError) as caught:
        macc(data or panel(), **{"measures": measures or THREE, "year": 2040} | options)
    assert caught.value.code == code
    return caught.value


def codes(result):
    return {note.code for note in result.notes}


def test_without_overlap_costs_are_the_published_ones():
    found = table(run(interaction="none")).cost_per_tonne
    expected = {"led": -2.01941, "pump": 6.481526, "ccs": 55.699489}
    for name, cost in expected.items():
        assert found[name] == pytest.approx(cost, abs=3e-6)


def test_potential_never_exceeds_the_source_and_parts_sum_to_what_they_do_together():
    result = run()
    source = result.table("sources").iloc[0]
    assert source.abated == pytest.approx(1000 * (1 - 0.9 * 0.5 * 0.1), rel=ROUNDING)
    assert source.abated_plain_sum == pytest.approx(1500, rel=ROUNDING)
    assert source.abated + source.remaining == pytest.approx(1000, rel=ROUNDING)
    assert "M999" in codes(result)
    assert all(check.passed for check in result.checks)


def test_in_order_the_cheapest_acts_first_on_the_whole_source():
    overlap = table(run(interaction="order"), "overlap")
    np.testing.assert_allclose(
        overlap.loc[["led", "pump", "ccs"], "abated"], [100, 450, 405], rtol=ROUNDING
    )
    np.testing.assert_allclose(overlap.abated, overlap.abated_in_order, rtol=ROUNDING)


def test_overlap_makes_a_tonne_dearer_but_not_its_saved_energy():
    alone, beside = (table(run(interaction=i)) for i in ("none", "shapley"))
    kept = beside.abated["ccs"] / alone.abated["ccs"]
    assert beside.cost_per_tonne["ccs"] == pytest.approx(alone.cost_per_tonne["ccs"] / kept)
    kept = beside.abated["pump"] / alone.abated["pump"]
    expected = (alone.cost_per_tonne["pump"] + 60 / 8) / kept - 60 / 8
    assert beside.cost_per_tonne["pump"] == pytest.approx(expected, rel=1e-9)


def test_measures_on_separate_sources_do_not_overlap():
    data = panel(heat=[[500, 600], [500, 400]], power=[[50, 60], [50, 40]])
    measures = {"led": LED | {"source": "power"}, "pump": PUMP}
    result = macc(data, measures=measures, source="heat", year=2072, draws=20)
    assert "M999" not in codes(result)
    np.testing.assert_allclose(table(result).abated[["led", "pump"]], [10, 500], rtol=ROUNDING)


def test_no_more_is_installed_than_the_stock_turns_over():
    measures = {"pump": PUMP | {"stock_life": 40, "start": 2030}}
    result = run(measures, year=2040)
    assert table(result, "overlap").installed["pump"] == pytest.approx(10 / 40)
    assert table(result).abated["pump"] == pytest.approx(1000 * 0.5 * 10 / 40)
    steps = result.table("vintages").installed
    assert steps.iloc[-1] == pytest.approx(0.25)
    assert (np.diff(steps) <= 1 / 40 + ROUNDING).all()


def test_each_vintage_pays_the_price_of_its_year():
    rate, growth, life = 0.2, 1.0, 20  # experience doubles every year
    measures = {"pump": PUMP | {"learning": rate, "growth": growth, "opex": 0, "saving": 0}}
    result = run(measures, year=2025)
    crf = 0.08 * 1.08**life / (1.08**life - 1)
    mean = np.mean([(1 - rate) ** t for t in (1, 2, 3)])
    assert table(result).cost_per_tonne["pump"] == pytest.approx(1000 * crf * mean / 8, rel=1e-9)


def test_where_measures_pay_the_order_by_cost_per_tonne_is_shown_and_not_used():
    small = {"potential": 0.01, "capex": 10, "life": 10, "saving": 500, "abatement": 10}
    large = {"potential": 0.4, "capex": 10, "life": 10, "saving": 400, "abatement": 10}
    result = run({"small": small, "large": large})
    found = table(result)
    assert found["rank"].to_dict() == {"large": 1, "small": 2}
    assert found.rank_by_cost.to_dict() == {"small": 1, "large": 2}
    pair = result.table("reversals").iloc[0]
    assert (pair.abatement_measure, pair.better_measure) == ("small", "large")
    assert "M997" in codes(result)


def test_intervals_come_from_ranges_and_are_points_without():
    wide = run({"led": LED | {"capex": [50, 100, 250]}}, draws=2000)
    row = table(wide).loc["led"]
    assert row.cost_low < row.cost_per_tonne < row.cost_high
    assert 0 < row.probability_negative < 1
    point = run({"led": LED})
    row = table(point).loc["led"]
    assert row.cost_low == pytest.approx(row.cost_high)
    assert "M917" in codes(point)
    assert "M917" not in codes(wide)


def test_measures_that_save_one_fuel_share_its_price():
    fuel = {"fuel": "coal", "fuel_saved": 1, "saving": 0}
    measures = {n: LED | fuel | {"potential": 0.1} for n in ("a", "b")}
    result = run(measures, prices={"coal": [0, 20, 60]}, interaction="none", draws=500)
    found = table(result)
    assert found.cost_low["a"] == pytest.approx(found.cost_low["b"])
    assert found.cost_low["a"] < found.cost_high["a"]


def test_the_same_seed_gives_the_same_and_another_one_does_not():
    measures = {"led": LED | {"capex": [50, 100, 250]}}
    one, two, three = (table(run(measures, seed=s)).cost_low["led"] for s in (0, 0, 1))
    assert one == two != three


def test_cost_rises_with_the_discount_rate():
    costs = [table(run(discount=d)).cost_per_tonne.sort_index() for d in (0, 0.05, 0.1, 0.2)]
    for one, two in zip(costs, costs[1:], strict=False):
        assert (two > one).all()


def test_the_order_of_measures_and_of_entities_does_not_matter():
    data = panel()
    turned = data.select(entities=tuple(reversed(data.entities)))
    ranges = {n: m | {"capex": [m["capex"]] * 3} for n, m in THREE.items()}
    one = table(macc(data, measures=ranges, draws=5))
    two = table(macc(turned, measures=dict(reversed(ranges.items())), draws=5))
    for column in ("cost_per_tonne", "abated", "rank", "net_benefit"):
        np.testing.assert_allclose(one[column], two.loc[one.index, column], rtol=1e-12)


def test_units_of_money_scale_every_cost_alike():
    times = {n: m | {k: m[k] * 7 for k in ("capex", "opex", "saving") if k in m}
             for n, m in THREE.items()}  # fmt: skip
    one, two = table(run()), table(run(times, money="USD_2015"))
    np.testing.assert_allclose(two.cost_per_tonne, 7 * one.cost_per_tonne, rtol=1e-9)
    assert set(two.unit) == {"USD_2015/t_CO2"}


def test_units_and_potential_are_two_ways_to_say_the_same():
    counted = {n: {k: v for k, v in m.items() if k != "potential"} for n, m in THREE.items()}
    for name, m in THREE.items():
        counted[name]["units"] = m["potential"] * 1000 / m["abatement"]
    np.testing.assert_allclose(table(run(counted)).abated, table(run()).abated, rtol=1e-12)


def test_a_catalogued_technology_fills_in_and_names_its_sources():
    pv = {"technology": "solar_pv_utility", "potential": 0.2, "abatement": 0.9}
    result = run({"pv": pv}, exchange={"EUR_2020": "8"})
    figures = result.table("figures")
    assert set(figures.quantity) == {"capex", "opex_share", "life"}
    assert figures.source.str.len().min() > 10
    crf = 0.08 * 1.08**37.5 / (1.08**37.5 - 1)
    expected = 473.1156 * 8 * (crf + 0.021982) / 0.9
    assert table(result).cost_per_tonne["pv"] == pytest.approx(expected, rel=1e-9)


def test_recalled_figures_are_never_used_in_silence():
    cell = {"technology": "electrolysis_alkaline", "potential": 0.2, "abatement": 2, "growth": 0.1}
    result = run({"cell": cell}, exchange={"EUR_2020": 8})
    assert "M998" in codes(result)
    given = cell | {"learning": 0.1}
    assert "M998" not in codes(run({"cell": given}, exchange={"EUR_2020": 8}))


def test_measures_may_stand_in_a_file(tmp_path):
    text = "\n".join(
        f'[[measure]]\nid = "{n}"\n' + "\n".join(f"{k} = {v}" for k, v in m.items())
        for n, m in THREE.items()
    )
    (tmp_path / "m.toml").write_text(text)
    head = "id,potential,capex,life,opex,saving,abatement\n"
    rows = [f"{n},{m['potential']},{m['capex']},{m['life']},{m.get('opex', 0)},"
            f"{m.get('saving', 0)},{m['abatement']}" for n, m in THREE.items()]  # fmt: skip
    (tmp_path / "m.csv").write_text(head + "\n".join(rows) + "\n")
    expected = table(run())
    for name in ("m.toml", "m.csv"):
        found = table(run(str(tmp_path / name)))
        np.testing.assert_array_equal(found.cost_per_tonne, expected.cost_per_tonne)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("M993", {"life": 0}),
        ("M993", {"abatement": -1}),
        ("M993", {"units": 5}),
        ("M993", {"learning": 1.0}),
        ("M993", {"fuel": "coal", "fuel_saved": 1}),
        ("M994", {"potential": 1.2}),
        ("M994", {"potential": 0}),
        ("C411", {"capx": 5}),
        ("C411", {"capex": [3, 2, 1]}),
        ("C411", {"opex": float("nan")}),
        ("C411", {"saving": float("inf")}),
        ("C411", {"capex": "dear"}),
        ("C465", {"technology": "solar_pv_utilty"}),
    ],
)
def test_a_measure_that_cannot_be_is_refused_by_name(code, change):
    error = refused(code, {"led": LED | change})
    if code != "C465":
        assert error.evidence[0].get("measure", "led") == "led"


def test_a_capex_in_another_price_basis_is_refused_without_a_rate():
    pv = {"technology": "solar_pv_utility", "potential": 0.2, "abatement": 0.9}
    assert "EUR_2020" in refused("C466", {"pv": pv}).fix.en
    refused("M993", {"pv": pv}, exchange={"EUR_2020": "many"})


@pytest.mark.parametrize(
    "options",
    [{"discount": -0.1}, {"discount": 1.5}, {"year": 2022}, {"draws": 0}, {"change": 0.9}],
)
def test_an_option_out_of_range_is_refused(options):
    refused("M916", **options)


def test_emissions_must_be_emissions_positive_and_apart():
    energy = Panel.of({"energy": np.ones((1, 2))}, entities=["110000"], periods=[1, 2],
                      units={"energy": "tce"})  # fmt: skip
    refused("M995", data=energy, source="energy", year=9)
    refused("M995", data=panel(co2=[[1, -1], [2, 3]]))
    nested = panel(**{"co2": [[9, 9], [9, 9]], "co2.power": [[1, 1], [1, 1]]})
    refused("M996", {"a": LED, "b": PUMP | {"source": "co2.power"}}, data=nested)
    nested = panel(co2=[[9, 9], [9, 9]], co2_power=[[1, 1], [1, 1]])
    refused("M996", {"a": LED, "b": PUMP | {"source": "co2_power"}}, data=nested)
    refused("M800", data=panel(co2=[[1, np.nan], [2, 3]]))
    refused("C467", "no_such_file.toml")


def test_a_negative_price_of_fuel_is_refused():
    saver = LED | {"fuel": "coal", "fuel_saved": 1.0}
    refused("M993", {"a": saver}, prices={"coal": -5})
    refused("M993", {"a": saver}, prices={"coal": [-1, 2, 3]})


@pytest.mark.filterwarnings("error")
def test_a_measure_behind_one_that_leaves_nothing_has_no_finite_cost_and_the_checks_hold():
    whole = {"abatement": 1.0, "life": 10, "capex": 1.0, "potential": 1.0}
    later = whole | {"capex": [4.0, 5.0, 6.0]}
    found = run({"a": whole, "b": later}, interaction="order")
    rows = table(found)
    assert rows.abated["b"] == 0
    assert np.isposinf(rows[["cost_per_tonne", "cost_low", "cost_high"]].loc["b"]).all()
    assert all(c.passed for c in found.checks)


def test_an_option_that_is_none_is_an_option_not_given():
    spread = {"led": LED | {"capex": [50, 60, 90]}}
    named = macc(panel(), measures=spread, draws=20, seed=None)
    assert table(named).equals(table(macc(panel(), measures=spread, draws=20)))
    assert named.params["seed"] == 0

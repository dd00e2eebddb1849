"""A budget shared by rules: definitions, sums, agreement, and what is refused."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zhiheng.carbon.carbon_budget import carbon_budget
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.equity import equity_rules
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel

REFERENCE = Path(__file__).parents[1] / "reference" / "carbon_budget"
# Ratios of sums of a few numbers.
ROUNDING = 1e-12
BUDGET = 3000.0


def stored(**replaced):
    with (REFERENCE / "input.csv").open() as file:
        rows = list(csv.DictReader(file))
    regions = list(dict.fromkeys(r["region"] for r in rows))
    years = sorted({int(r["year"]) for r in rows})
    values = {
        name: np.array([float(r[name]) for r in rows]).reshape(len(regions), len(years))
        for name in ("co2", "population", "gdp_real")
    }
    units = {"co2": "t_CO2", "population": "person", "gdp_real": "CNY_2020"}
    return Panel.of(values | replaced, entities=regions, periods=years, units=units)


def refused(code, panel, **options):
    with pytest.raises(ZhihengError) as caught:
        carbon_budget(panel, **{"budget": BUDGET, **options})
    assert caught.value.code == code
    return caught.value


def test_shares_equal_the_definitions_in_fractions():
    found = carbon_budget(stored(), budget=BUDGET).table("allocation")
    expected = json.loads((REFERENCE / "expected.json").read_text())
    assert set(found.equity_rule) == set(expected)
    for row in found.itertuples():
        wanted = expected[row.equity_rule][row.entity]
        assert row.share == pytest.approx(wanted, abs=ROUNDING)
        assert row.allowance == pytest.approx(wanted * BUDGET, abs=1e-9)


def test_every_rule_gives_out_the_whole_budget_and_the_checks_say_so():
    result = carbon_budget(stored(), budget=BUDGET)
    summed = result.table("allocation").groupby("equity_rule").allowance.sum()
    np.testing.assert_allclose(summed, BUDGET, rtol=ROUNDING)
    assert all(c.passed for c in result.checks)


def test_years_and_pace_follow_from_the_allowance():
    result = carbon_budget(stored(), budget=BUDGET)
    keys = ["entity", "equity_rule"]
    table = result.table("allocation").merge(result.table("pace"), on=keys)
    one = table[(table.entity == "east") & (table.equity_rule == "grandfathering")].iloc[0]
    latest = stored().array("co2")[:, -1]
    assert one.years_at_present == pytest.approx(BUDGET / latest.sum())
    path = latest[2] * (1 + one.required_pace) ** np.arange(1, 5000)
    assert path.sum() == pytest.approx(one.allowance)
    assert one.zero_year == pytest.approx(2020 + 2 * BUDGET / latest.sum() + 1)


def test_rules_agree_where_regions_are_identical():
    same = {n: np.full((4, 11), v) for n, v in (("co2", 30.0), ("population", 5.0))}
    result = carbon_budget(stored(**same, gdp_real=np.full((4, 11), 9.0)), budget=BUDGET)
    np.testing.assert_allclose(result.table("allocation").share, 0.25, atol=ROUNDING)
    np.testing.assert_allclose(result.table("spread").times_apart, 1.0, atol=1e-9)


def test_the_unit_of_people_and_output_and_the_order_of_regions_do_not_matter():
    panel = stored()
    scaled = replace(panel, values=panel.values * np.array([1.0, 1e4, 1e8]))
    mixed = panel.select(entities=["west", "east", "south", "north"])
    base = carbon_budget(panel, budget=BUDGET).table("allocation")
    for other in (scaled, mixed):
        found = carbon_budget(other, budget=BUDGET).table("allocation")
        joined = base.merge(found, on=["entity", "equity_rule"])
        assert len(joined) == len(base)
        np.testing.assert_allclose(joined.share_x, joined.share_y, atol=1e-10)


def test_a_past_that_used_up_its_part_is_said():
    result = carbon_budget(stored(), budget=100.0)
    table = result.table("allocation")
    below = table[(table.equity_rule == "responsibility") & (table.share <= 0)]
    assert len(below)
    assert (below.years_at_present == 0).all()
    said = " ".join(n.text.en for n in result.notes)
    assert f"{below.entity.iloc[0]} (responsibility)" in said


def test_spread_names_the_rules_that_give_least_and_most():
    result = carbon_budget(stored(), budget=BUDGET)
    spread = result.table("spread").set_index("entity")
    table = result.table("allocation")
    for entity, group in table.groupby("entity"):
        assert spread.smallest_share[entity] == group.share.min()
        assert spread.largest_share[entity] == group.share.max()
        least = group.loc[group.share.idxmin(), "equity_rule"]
        assert spread.rule_low[entity] == least
    assert 0 <= result.params["concordance"] <= 1


def test_one_rule_is_enough_and_has_nothing_to_agree_with():
    result = carbon_budget(stored(), budget=BUDGET, rules=["per_head"], shown="per_head")
    assert "agreement" not in result.tables
    assert set(result.table("path").equity_rule) == {"per_head"}
    no_output = stored().select(series=["co2", "population"])
    assert carbon_budget(no_output, budget=BUDGET, rules=["per_head"], shown="per_head").tables


def test_runs_on_the_provinces_and_prints_the_boundary_of_its_data():
    panel = dataset("provinces").select(periods=range(2005, 2023))
    result = carbon_budget(panel, budget=8e10, emissions="co2_final_use", gaps="drop")
    assert len(result.table("spread")) == 30
    assert any(n.code == "M837" for n in result.notes)


def test_what_cannot_be_shared_is_refused():
    assert "per_head" in refused("C451", stored(), rules=["per_heads"]).fix.en
    wrong = refused("M980", stored(), budget=0.0, power=3.0, weight=2.0, horizon=0)
    assert len(wrong.evidence) == 4
    panel = stored()
    values = panel.values.copy()
    values[1, -1, 1] = np.nan
    status = np.where(np.isnan(values), -1, panel.status).astype(np.int8)
    error = refused("M800", replace(panel, values=values, status=status))
    assert error.evidence[0]["entity"] == "south"
    values = panel.values.copy()
    values[2, -1, 2] = -1.0
    assert refused("M975", replace(panel, values=values)).evidence[0]["value"] == -1.0


def test_a_budget_in_tonnes_or_in_billions_runs_and_keeps_its_checks():
    for budget in (1e-9, 1.0, 1e12, 1e18):
        result = carbon_budget(stored(), budget=budget)
        assert all(c.residual <= c.tolerance for c in result.checks)


def test_the_rule_that_is_shown_must_be_among_the_rules():
    assert refused("M980", stored(), rules=["per_head"], shown="capability").evidence
    one = carbon_budget(stored(), budget=BUDGET, rules=["per_head", "capability"])
    assert set(one.table("path").equity_rule) == {"per_head"}
    other = carbon_budget(stored(), budget=BUDGET, shown="capability")
    assert set(other.table("path").equity_rule) == {"capability"}


def test_every_rule_has_a_source_and_a_principle():
    rules = equity_rules()
    assert len(rules) == 7
    assert all(r.source and r.principle.zh for r in rules)

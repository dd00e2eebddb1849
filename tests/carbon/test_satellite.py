"""National tables with shared-out emissions: totals, rules, ranks, and an inventory beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from zhiheng.carbon.embodied import embodied
from zhiheng.carbon.satellite import with_inventory
from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.satellites import satellite, satellites
from zhiheng.catalog.sectors import concordance, sectors
from zhiheng.core.errors import ZhihengError
from zhiheng.sources import ceads

YEARS = (2012, 2017, 2018, 2020)


@pytest.fixture(scope="module")
def china():
    return embodied(dataset("io-china"), satellite="edgar")


def accounts(result):
    return result.table("accounts").set_index(["account", "period"]).value


def test_what_is_shared_out_is_what_was_published(china):
    world = dataset("world")
    e = world.entities.index("CHN")
    names = [c.series for c in satellite("edgar").component]
    for year in YEARS:
        t = world.periods.index(year)
        published = sum(world.array(n)[e, t] for n in names) / 1e6
        assert accounts(china)["territorial", year] == pytest.approx(published, rel=1e-12)
        total = world.array("co2")[e, t] / 1e6
        assert 0 < 1 - published / total < 0.003  # what the boundary says is not covered


def test_every_combination_of_rules_keeps_the_total(china):
    low, high = (
        china.table("accounts").set_index(["account", "period"])[k] for k in ("low", "high")
    )
    for year in YEARS:
        assert low["territorial", year] == pytest.approx(high["territorial", year])
        assert low["households", year] < high["households", year]


def test_national_accounts_add_up(china):
    assert all(c.passed for c in china.checks)
    found = accounts(china)
    for year in YEARS:
        traded = found["exports", year] + found["reexports", year] - found["imports", year]
        assert found["balance", year] == pytest.approx(traded)
        made = found["production", year] - traded + found["households", year]
        assert found["consumption", year] == pytest.approx(made)


def test_value_added_of_2020_is_the_published_one():
    panel = dataset("io-china")
    e, t = panel.entities.index("TVA"), panel.periods.index(2020)
    made = panel.values[e, t, [panel.series.index(f"use.{i:02d}") for i in range(1, 43)]].sum()
    assert made / 1e12 == pytest.approx(101.64, abs=0.005)


def test_electricity_has_the_largest_multiplier_under_every_rule(china):
    found = china.table("multipliers").set_index(["sector", "period"])
    for year in YEARS:
        assert tuple(found.loc[("24", year)][["rank", "rank_low", "rank_high"]]) == (1, 1, 1)
    assert (found.rank_low <= found["rank"]).all()
    assert (found["rank"] <= found.rank_high).all()
    assert (found.rank_low < found.rank_high).any()
    assert (found.multiplier_low <= found.multiplier).all()
    assert (found.multiplier <= found.multiplier_high).all()


def test_the_competitive_table_of_2012_is_the_139_sector_one_summed():
    short, long = dataset("io-china").select(periods=[2012]), dataset("io-china-139")
    for column in ("use.EX", "use.IM", "use.GO", "use.TC", "use.FU201"):
        own = [e for e in long.entities if e.isdigit()]
        one = np.nansum(
            short.array(column)[[short.entities.index(f"{i:02d}") for i in range(1, 43)]]
        )
        other = np.nansum(long.array(column)[[long.entities.index(e) for e in own]])
        assert one == pytest.approx(other, rel=1e-12)


def test_every_satellite_and_concordance_names_sectors_that_exist():
    known = {s.code for s in sectors("io42")}
    assert {s.target for s in sectors("io139")} == known
    for link in concordance("ceads_io42"):
        assert link.target in known | {"TC"}
    for found in satellites().values():
        for component in found.component:
            for rule in component.rule:
                assert set(rule.sectors) | set(rule.rows) <= known
                assert {p for pair in rule.without for p in pair.split(">")} <= known


def test_a_year_without_a_total_is_refused():
    panel = replace(dataset("io-china").select(periods=[2020]), periods=(1949,))
    with pytest.raises(ZhihengError) as caught:
        embodied(panel, satellite="edgar")
    assert caught.value.code == "M964"


def test_a_rule_without_purchases_is_refused():
    panel = dataset("io-china").select(periods=[2020])
    values = panel.values.copy()
    for row in ("02", "11", "25"):  # nobody buys fuels, and the rows still balance
        for ending in ("", ".imports"):
            e = panel.entities.index(row + ending)
            inside = [panel.series.index(f"use.{i:02d}") for i in range(1, 43)]
            values[e, 0, panel.series.index("use.FU201")] += np.nansum(values[e, 0, inside])
            values[panel.entities.index("TVA"), 0, inside] += values[e, 0, inside]
            values[e, 0, inside] = 0.0
    with pytest.raises(ZhihengError) as caught:
        embodied(replace(panel, values=values), satellite="edgar")
    assert caught.value.code == "M969"


# ------------------------------------------------------------------- beside an inventory by sector


@pytest.fixture(scope="module")
def both(shared: Path):
    files = sorted((shared / "data/raw/ceads").glob("China_CO2*.xlsx"))
    if not files:
        pytest.skip("the inventory of CEADs is not at hand")
    inventory = ceads.parse(files[0].read_bytes(), files[0].name).panel()
    panel = with_inventory(dataset("io-china"), inventory)
    return inventory, {s: embodied(panel, satellite=s) for s in ("edgar", "ceads")}


def test_the_inventory_arrives_whole(both):
    inventory, results = both
    for year in (2012, 2017, 2018):
        total = inventory.array("co2.total.scope_1_total")[0, inventory.periods.index(year)] / 1e6
        assert accounts(results["ceads"])["territorial", year] == pytest.approx(total, rel=1e-9)


def test_multipliers_of_the_rules_rank_sectors_as_an_inventory_does(both):
    _, results = both
    found = {k: r.table("multipliers").set_index(["period", "sector"]) for k, r in results.items()}
    for year in (2012, 2017, 2018):
        one, other = (found[k].loc[year].multiplier for k in ("edgar", "ceads"))
        assert spearmanr(one, other).statistic > 0.95  # measured: 0.960 to 0.971
        assert np.abs(np.log(one / other)).mean() < 0.20  # measured: 0.150 to 0.197


def test_the_default_of_industrial_combustion_is_the_rule_nearest_to_the_inventory(both):
    from zhiheng.carbon.embodied_years import years
    from zhiheng.carbon.use_table import read_layout

    inventory, _ = both
    panel = with_inventory(dataset("io-china"), inventory)
    layout = read_layout(panel)
    ways = {k: years(panel, layout, k, proportional=False) for k in ("edgar", "ceads")}
    rules = len(satellite("edgar").component[1].rule)
    for edgar, other in zip(ways["edgar"], ways["ceads"], strict=True):
        # recipes vary the first component slowest; take the defaults of all others
        step = edgar.home.shape[1] // rules
        off = [
            np.abs(np.log(edgar.home[:, k * step] / other.home[:, 0])).mean() for k in range(rules)
        ]
        assert np.argmin(off) == 0, off

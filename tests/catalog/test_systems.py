from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.scope import scope
from zhiheng.catalog.series import all_series, series
from zhiheng.catalog.systems import (
    Indicator,
    base_series,
    computable,
    load_system,
    shipped_series,
    systems,
)
from zhiheng.catalog.theory import theory
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate, needs, parse
from zhiheng.core.panel import Panel

ITEMS = [(s.id, i) for s in systems().values() for i in s.indicators]
NAMES = [f"{s}-{i.id}" for s, i in ITEMS]
WRITTEN = [(s, i) for s, i in ITEMS if i.expression]
OPEN = ("nqpf-triple-open", "nqpf-world", "green-trade-world", "trade-resilience-world")
"""Systems that the shipped data compute in full."""
SUBSTITUTES = {
    "nqpf-triple-open": "nqpf-triple",
    "green-trade-world": "green-trade-4d",
    "trade-resilience-world": "trade-resilience",
}
"""Open forms, and the systems whose items they stand for."""
GDI_UNITS = {
    "resource": 32,
    "governance": 18,
    "quality": 21,
    "ecology": 18,
    "growth": 10,
    "living": 10,
}
ROUNDING = 1e-12  # sums of at most 56 doubles


def test_the_fourteen_systems_are_there() -> None:
    sizes = {name: len(s.indicators) for name, s in systems().items()}
    assert sizes == {
        "green-development-2016": 56,
        "green-trade-4d": 17,
        "green-trade-world": 10,
        "nqpf-consensus": 21,
        "nqpf-entity-permeating": 18,
        "nqpf-firm": 11,
        "nqpf-technology-green-digital": 18,
        "nqpf-three-elements": 25,
        "nqpf-triple": 18,
        "nqpf-triple-open": 13,
        "nqpf-world": 10,
        "trade-resilience": 18,
        "trade-resilience-world": 9,
        "trade-sustainability-2013": 21,
    }


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("nqpf-technology-green-digital", {"technology": 6, "green": 6, "digital": 6}),
        ("nqpf-three-elements", {"labourers": 7, "objects": 8, "means": 10}),
        ("nqpf-consensus", {"labourers": 5, "means": 8, "objects": 8}),
        ("nqpf-triple", {"technology": 5, "factors": 7, "industry": 6}),
        ("nqpf-entity-permeating", {"entity": 8, "permeating": 10}),
        ("nqpf-firm", {"labour": 5, "tools": 6}),
        ("green-trade-4d", {"resource": 4, "environment": 4, "growth": 5, "welfare": 4}),
        ("trade-resilience", {"resistance": 7, "recovery": 5, "renewal": 6}),
        ("trade-sustainability-2013", {"economic": 14, "ecological": 5, "social": 2}),
        (
            "green-development-2016",
            {
                "resource": 14,
                "governance": 8,
                "quality": 10,
                "ecology": 10,
                "growth": 5,
                "living": 8,
                "satisfaction": 1,
            },
        ),
    ],
)
def test_each_dimension_has_as_many_items_as_published(name: str, sizes: dict[str, int]) -> None:
    system = load_system(name)
    inside = {g.id: 0 for g in system.top_groups}
    for item in system.indicators:
        inside[system.path(item.group)[-1]] += 1
    assert inside == sizes


@pytest.mark.parametrize(("system", "item"), ITEMS, ids=NAMES)
def test_every_indicator_parses(system: str, item: Indicator) -> None:
    if item.expression:
        parse(item.expression)
    else:
        assert item.operator is not None
        assert item.needs


@pytest.mark.parametrize(("system", "item"), ITEMS, ids=NAMES)
def test_every_ingredient_is_catalogued(system: str, item: Indicator) -> None:
    known = {s.name for s in all_series(item.level)}
    assert base_series(item) <= known


@pytest.mark.parametrize(("system", "item"), WRITTEN)
def test_the_unit_of_an_indicator_is_that_of_its_expression(system: str, item: Indicator) -> None:
    meaning = scope(item.level)
    names = sorted(base_series(item))
    found = [series(name, item.level) for name in names]
    panel = Panel.of(
        {name: np.full((2, 3), 7.0) for name in names},
        entities=["a", "b"],
        periods=[2019, 2020, 2021],
        units={one.name: one.unit for one in found if one is not None},
        level=item.level,
    )
    assert evaluate(item.expression, panel, meaning).unit == meaning.units.canonical(item.unit)


def test_a_missing_series_is_a_flag_and_not_an_omission() -> None:
    triple = load_system("nqpf-triple")
    can = {i.id for i in triple.computable()}
    assert can == {
        "rd_intensity",
        "invention_grants_per_person",
        "tech_market_share",
        "industrial_advancement",
    }
    assert not next(i for i in triple.indicators if i.id == "capital_misallocation").computable


def test_an_item_that_needs_an_operator_is_never_approximated() -> None:
    for _, item in ITEMS:
        if not item.expression:
            assert not computable(item, frozenset(item.needs))


@pytest.mark.parametrize("name", OPEN)
def test_the_open_systems_are_computable_in_full(name: str) -> None:
    system = load_system(name)
    assert len(system.computable()) == len(system.indicators)


def test_computable_follows_derived_series_to_their_ingredients() -> None:
    item = next(
        i
        for i in load_system("nqpf-technology-green-digital").indicators
        if i.id == "industrial_so2_intensity"
    )
    base = {"industrial_so2", "gdp_current", "gdp_index_prev_100"}
    assert base_series(item) == base
    assert computable(item, frozenset(base))
    assert not computable(item, frozenset(base - {"gdp_current"}))


@pytest.mark.parametrize("name", SUBSTITUTES)
def test_each_open_item_says_what_it_stands_for(name: str) -> None:
    assert load_system(name).replaces == SUBSTITUTES[name]
    published = {i.id: i for i in load_system(SUBSTITUTES[name]).indicators}
    replaced = [i.stands_for for i in load_system(name).indicators if i.stands_for]
    assert len(replaced) == len(set(replaced))
    for item in load_system(name).indicators:
        assert bool(item.stands_for) != item.additional
        if item.stands_for:
            assert published[item.stands_for].group == item.group
            # stand-ins that are the inverse or the complement of what they stand for
            opposite = item.id in {"unemployment", "water_productivity"}
            assert (published[item.stands_for].direction == item.direction) != opposite


def test_the_groups_of_the_open_system_are_arms_of_the_theory() -> None:
    arms = {n.id for n in theory().nodes if n.kind == "arm"}
    for name in ("nqpf-triple", "nqpf-triple-open", "nqpf-world"):
        assert {g.arm for g in load_system(name).groups} == arms


def test_weights_sum_to_one_where_there_are_any() -> None:
    for system in systems().values():
        given = [i.weight for i in system.indicators if i.weight is not None]
        assert not given or abs(sum(given) - 1.0) < ROUNDING


def test_green_development_counts_109_units_in_exact_shares() -> None:
    system = load_system("green-development-2016")
    units = {"star": 3, "diamond": 2, "triangle": 1}
    counted = dict.fromkeys(GDI_UNITS, 0)
    for item in system.indicators:
        if item.weight_class:
            counted[item.group] += units[item.weight_class]
            assert item.weight == pytest.approx(units[item.weight_class] / 109, abs=ROUNDING)
    assert counted == GDI_UNITS
    for group, n in GDI_UNITS.items():
        assert system.group_weights[group] == pytest.approx(n / 109, abs=ROUNDING)
    assert [i.id for i in system.indicators if i.weight is None] == ["public_satisfaction"]


def test_coastal_and_regional_items_are_flagged() -> None:
    items = load_system("green-development-2016").indicators
    flagged = {n + 1: i.applies for n, i in enumerate(items) if i.applies != "all"}
    assert flagged == {29: "coastal", 35: "regional", 36: "coastal", 39: "coastal", 41: "regional"}


def test_the_weights_reproduce_the_published_totals(shared: Path) -> None:
    weights = load_system("green-development-2016").group_weights
    with (shared / "data/gdi2016.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    worst = max(
        abs(sum(w * float(row[g]) for g, w in weights.items()) - float(row["gdi"])) for row in rows
    )
    assert len(rows) == 31
    assert worst <= 0.0065  # sub-indices are published with two decimals


def test_the_green_content_is_tagged() -> None:
    open_ = load_system("nqpf-triple-open").indicators
    assert not [i.id for i in open_ if i.green]
    assert [i.id for i in load_system("nqpf-triple").indicators if i.green] == [
        "high_energy_industry_share"
    ]
    digital = load_system("nqpf-technology-green-digital").indicators
    system = load_system("nqpf-technology-green-digital")
    assert {system.path(i.group)[-1] for i in digital if i.green} == {"green"}


def test_the_world_system_stands_on_no_series_known_to_be_unfit() -> None:
    unfit = {
        "rd_expenditure_share",
        "researchers_per_million",
        "patent_applications_resident",
        "secure_servers_per_million",
        "fossil_share",
        "ict_goods_export_share",
        "net_forest_depletion",
        "liner_connectivity",
        "logistics_performance",
    }
    used = {n for i in load_system("nqpf-world").indicators for n in base_series(i)}
    assert not used & unfit
    assert used <= shipped_series("economy")


def test_a_system_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "own"\nlevel = "province"\ntitle = { zh = "自定", en = "own" }\n'
        'citation = "-"\nused = [2013, 2022]\nweight_method = "given"\nstatus = "verified"\n'
        '[[group]]\nid = "a"\ntitle = { zh = "甲", en = "first" }\n'
        '[[indicator]]\nid = "x"\ntitle = { zh = "乙", en = "second" }\n'
        'expression = "software_revenue / gdp_current"\nunit = "1"\ndirection = "more"\n'
        'scale = "intensive"\ngroup = "a"\nweight = 2\n'
        'source = { zh = "丙", en = "third" }\nstatus = "verified"\n',
        encoding="utf-8",
    )
    system = load_system(str(own))
    assert system.indicators[0].weight == 1.0
    assert system.indicators[0].computable
    assert system.group_title("a").en == "first"
    broken = own.read_text("utf-8").replace('group = "a"', 'group = "b"')
    own.write_text(broken, encoding="utf-8")
    with pytest.raises(ZhihengError) as caught:
        load_system(str(own))
    assert caught.value.code == "C413"
    own.write_text(broken.replace('"b"', '"a"').replace("expression", "operater"), encoding="utf-8")
    with pytest.raises(ZhihengError) as caught:
        load_system(str(own))
    assert caught.value.code == "C411"


def test_an_item_without_expression_or_operator_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "own"\nlevel = "province"\ntitle = { zh = "自定", en = "own" }\n'
        'citation = "-"\nused = [2013, 2022]\nweight_method = "equal"\nstatus = "verified"\n'
        '[[group]]\nid = "a"\ntitle = { zh = "甲", en = "first" }\n'
        '[[indicator]]\nid = "x"\ntitle = { zh = "乙", en = "second" }\nunit = "1"\n'
        'direction = "more"\nscale = "intensive"\ngroup = "a"\n'
        'source = { zh = "丙", en = "third" }\n'
        'status = "verified"\n',
        encoding="utf-8",
    )
    with pytest.raises(ZhihengError) as caught:
        load_system(str(own))
    assert caught.value.code == "C414"


def test_an_unknown_system_is_refused_with_the_nearest() -> None:
    with pytest.raises(ZhihengError) as caught:
        load_system("nqpf-tripel")
    assert caught.value.code == "C404"
    assert "nqpf-triple" in caught.value.fix.en


def test_the_printed_weights_of_firms_sum_to_one_hundred(root: Path) -> None:
    path = root / "src/zhiheng/catalog/data/systems/nqpf-firm.toml"
    printed = [i["weight"] for i in tomllib.loads(path.read_text("utf-8"))["indicator"]]
    assert printed == [28, 4, 3, 2, 1, 27, 2, 28, 3, 1, 1]
    assert sum(printed) == 100
    weights = load_system("nqpf-firm").group_weights
    blocks = {
        "living_labour": 0.35,
        "materialised_labour": 0.03,
        "hard_technology": 0.60,
        "soft_technology": 0.02,
    }
    for block, share in blocks.items():
        assert weights[block] == pytest.approx(share, abs=ROUNDING)


def test_eighty_five_per_cent_of_the_firm_weights_are_rd_cost_over_revenue() -> None:
    items = load_system("nqpf-firm").indicators
    over_revenue = [i.weight or 0 for i in items if i.expression.endswith("/ operating_revenue")]
    assert sum(over_revenue) == pytest.approx(0.85, abs=ROUNDING)


def test_sustainable_trade_weighs_its_dimensions_50_30_20() -> None:
    weights = load_system("trade-sustainability-2013").group_weights
    published = {"economic": 0.5, "ecological": 0.3, "social": 0.2}
    for group, share in published.items():
        assert weights[group] == pytest.approx(share, abs=ROUNDING)


@pytest.mark.parametrize(
    ("name", "first", "last", "whole"),
    [("green-trade-world", 2005, 2020, 41), ("trade-resilience-world", 2006, 2020, 40)],
)
def test_the_open_systems_cover_as_many_economies_as_their_notes_say(
    name: str, first: int, last: int, whole: int
) -> None:
    panel, system = dataset("world"), load_system(name)
    years = [n for n, p in enumerate(panel.periods) if first <= int(str(p)) <= last]
    values = [evaluate(i.expression, panel, scope("economy")).values for i in system.indicators]
    complete = ~np.isnan(np.stack(values)[:, :, years]).any(axis=(0, 2))
    assert system.used == (first, last)
    assert len(years) == last - first + 1
    assert int(complete.sum()) == whole


@pytest.mark.parametrize("file", ["wanted.csv", "wanted_world.csv", "firms.csv"])
def test_series_without_data_say_so(root: Path, file: str) -> None:
    folder = root / "src/zhiheng/catalog/data/series"
    with (folder / file).open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["available"] for row in rows} == {"false"}
    assert {row["source"] for row in rows} == {"wanted"}
    assert len({row["level"] for row in rows}) == 1


def test_every_wanted_series_is_used() -> None:
    measures = [m for n in theory().nodes for m in n.measures if m.expression]
    used = {(m.level, n) for m in measures for n in needs(m.expression, scope(m.level))}
    used |= {(i.level, n) for _, i in ITEMS for n in base_series(i)}
    wanted = {(s.level, s.name) for s in all_series() if s.source == "wanted"}
    related = {(s.level, o) for s in all_series() for o in (*s.subset_of, s.parent)}
    assert wanted - used - related == set()

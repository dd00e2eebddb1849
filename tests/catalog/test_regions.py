from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.catalog.regions import (
    adjacency,
    economies,
    grouping,
    groupings,
    is_region,
    labels_of,
    provinces,
    region,
    resolve,
    spelling,
)
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text

EVERY_NAME = [(a, r.code) for r in (*provinces(), *economies()) for a in r.aliases]


def test_there_are_34_provincial_units_and_50_economies() -> None:
    assert len({r.code for r in provinces()}) == 34
    assert len({r.code for r in economies()}) == 50
    assert [r.name.zh for r in provinces() if not r.has_data] == ["台湾", "香港", "澳门"]


def test_no_name_means_two_regions() -> None:
    owners: dict[str, set[str]] = {}
    for name, code in EVERY_NAME:
        owners.setdefault(spelling(name), set()).add(code)
    assert not {name: codes for name, codes in owners.items() if len(codes) > 1}


@given(st.sampled_from(EVERY_NAME), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_spaces_and_hyphens_do_not_matter(pair: tuple[str, str], change: object) -> None:
    name, code = pair
    assert callable(change)
    assert region(f" {change(name)} ").code == code
    assert region(name.replace(" ", "-")).code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Nei Mongol", "150000"),
        ("Neimenggu", "150000"),
        ("内蒙古自治区", "150000"),
        ("Xizang", "540000"),
        ("Hong-Kong", "810000"),
        ("Macau", "820000"),
        ("CN-SN", "610000"),
        ("44", "440000"),
        ("ＧＵＡＮＧＤＯＮＧ", "440000"),
        ("Viet Nam", "VNM"),
        ("Türkiye", "TUR"),
        ("Turkey", "TUR"),
        ("Korea, Rep.", "KOR"),
        ("俄罗斯联邦", "RUS"),
    ],
)
def test_common_spellings_are_known(name: str, code: str) -> None:
    assert region(name).code == code


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ZhihengError) as caught:
        region("Guangdon")
    assert caught.value.code == "C401"
    assert "Guangdong" in caught.value.fix.en


def test_a_column_of_names_becomes_codes_in_order() -> None:
    level, codes, labels, notes = resolve(["重庆", "Nei Mongol", "重庆"])
    assert (level, codes) == ("province", ["500000", "150000", "500000"])
    assert labels["500000"] == Text("重庆", "Chongqing")
    assert "Nei Mongol = 150000" in notes[0].en
    assert resolve(["北京市", "Xizang", "11"])[3] == ()
    assert resolve([]) == ("", [], {}, ())


def test_all_unknown_names_of_a_column_are_shown_at_once() -> None:
    with pytest.raises(ZhihengError) as caught:
        resolve(["北京", "全国", "Atlantis"])
    assert [row["name"] for row in caught.value.evidence] == ["全国", "Atlantis"]


def test_two_levels_in_one_column_are_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        resolve(["广东", "JPN"])
    assert caught.value.code == "C402"


def test_codes_give_their_level_back() -> None:
    assert labels_of(["110000", "310000"])[0] == "province"
    assert labels_of(["CHN"]) == ("economy", {"CHN": Text("中国", "China")})
    assert labels_of(["firm 1"]) == ("", {})
    assert labels_of(["CHN", "firm 1"])[0] == ""
    assert is_region("shanghai")
    assert not is_region("firm 1")


def test_the_four_zones_cover_the_mainland_once() -> None:
    zones = grouping("zones4")
    assert [len(g.members) for g in zones.groups] == [10, 6, 12, 3]
    assert set(zones.group_of) == {r.code for r in provinces() if r.has_data}
    assert zones.group_of["210000"] == "northeast"
    assert [len(g.members) for g in grouping("zones3").groups] == [11, 8, 12]


def test_every_grouping_is_a_partition() -> None:
    for name, one in groupings().items():
        members = [code for g in one.groups for code in g.members]
        assert len(members) == len(set(members)), name
        assert all(g.members for g in one.groups), name
        if one.level == "economy":
            assert set(members) == {r.code for r in economies()}, name


def test_memberships_that_are_only_recalled_say_so() -> None:
    assert grouping("zones4").status == "verified"
    recalled = {name for name, one in groupings().items() if one.status == "recalled"}
    assert {"asean", "oecd", "g20", "brics", "rcep", "eu"} <= recalled


def test_an_unknown_grouping_is_refused() -> None:
    with pytest.raises(ZhihengError) as caught:
        grouping("zones5")
    assert caught.value.code == "C403"


def test_no_two_tiles_lie_on_each_other() -> None:
    places = [r.tile for r in provinces()]
    assert len(set(places)) == 34
    assert None not in places


def test_tiles_keep_north_above_south_and_west_left_of_east() -> None:
    place = {r.name.zh: r.tile or (0, 0) for r in provinces()}
    for north, south in [("黑龙江", "吉林"), ("吉林", "辽宁"), ("河北", "山东"), ("福建", "香港")]:
        assert place[north][0] < place[south][0]
    for west, east in [("新疆", "甘肃"), ("四川", "湖北"), ("湖北", "江苏"), ("福建", "台湾")]:
        assert place[west][1] < place[east][1]


def test_neighbours_are_pairs_of_known_provinces_once_each() -> None:
    codes = {r.code for r in provinces()}
    pairs = [frozenset((p.a, p.b)) for p in adjacency(links=True)]
    assert len(pairs) == len(set(pairs)) == 71
    assert all(len(pair) == 2 and pair <= codes for pair in pairs)


def test_hainan_has_a_neighbour_only_by_declaration() -> None:
    hainan = "460000"
    assert not [p for p in adjacency() if hainan in (p.a, p.b)]
    (link,) = [p for p in adjacency(links=True) if hainan in (p.a, p.b)]
    assert link.kind == "link"
    assert link.note is not None


def test_borders_are_those_of_the_source(shared: Path) -> None:
    with (shared / "data/geo/province_adjacency.csv").open(encoding="utf-8") as handle:
        given_ = {
            frozenset((row["code_a"] + "0000", row["code_b"] + "0000"))
            for row in csv.DictReader(handle)
        }
    ours = {frozenset((p.a, p.b)) for p in adjacency()}
    added = {frozenset(("440000", "810000")), frozenset(("440000", "820000"))}
    assert ours == given_ | added


def test_economies_are_those_of_the_source(shared: Path) -> None:
    with (shared / "data/world_countries.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        assert region(row["name_en"]).code == region(row["name_zh"]).code == row["iso3"]
    assert len(rows) == len(economies())

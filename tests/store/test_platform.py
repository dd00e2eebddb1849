"""Sharing between organisations: the same cases on a folder and on row-level security."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sharing import REGIONS, YEARS, code, rows

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.store.findings import Finding
from zhiheng.store.platform import Platform
from zhiheng.store.reader import Reader
from zhiheng.store.rights import Principal


def seen(platform, who, **selection):
    table, after = platform.observations(who, "energy", **selection)
    assert after == ""
    return {(r["series"], r["entity"], r["period"]) for r in table.to_pylist()}


EVERYTHING = {(s, r, y) for s in ("staff", "noise") for r in REGIONS for y in YEARS}


def test_whoever_keeps_a_dataset_sees_all_of_it(shared):
    platform, people = shared
    for who in people["hebei"].values():
        assert seen(platform, who) == EVERYTHING
        assert platform.panel(who, "energy", ["staff"]).values.shape == (4, 6, 1)


def test_without_a_grant_a_dataset_does_not_exist(shared):
    platform, people = shared
    for who in people["bank"].values():
        assert platform.datasets(who) == []
        for call in (platform.versions, platform.inventory, platform.reader, platform.dataset,
                     platform.grants, platform.observations):  # fmt: skip
            assert code(call, who, "energy") == "A103"
            there = _message(call, who, "energy").replace("energy", "x")
            assert there == _message(call, who, "nothing").replace("nothing", "x")
        assert code(platform.panel, who, "energy", ["staff"]) == "A103"
        assert code(platform.aggregate, who, "energy", ["staff"]) == "A103"
        assert code(platform.import_, who, "energy", rows()) == "A103"


def _message(call, who, name):
    with pytest.raises(ZhihengError) as caught:
        call(who, name)
    return str(caught.value)


GRANTS = {
    "all": ({}, lambda s, r, y: True),
    "one series": ({"series": ["staff"]}, lambda s, r, y: s == "staff"),
    "one region": ({"entities": ["110000"]}, lambda s, r, y: r == "110000"),
    "series in regions": (
        {"series": ["noise"], "entities": ["110000", "310000"]},
        lambda s, r, y: s == "noise" and r in ("110000", "310000"),
    ),
    "from a year": ({"first": 2018}, lambda s, r, y: y >= 2018),
    "until a year": (
        {"series": ["staff"], "last": 2016},
        lambda s, r, y: s == "staff" and y <= 2016,
    ),
    "one cell": (
        {"series": ["staff"], "entities": ["120000"], "first": 2017, "last": 2017},
        lambda s, r, y: (s, r, y) == ("staff", "120000", 2017),
    ),
    "nothing that exists": ({"series": ["none"]}, lambda s, r, y: False),
}


@pytest.mark.parametrize("name", GRANTS)
def test_a_grant_opens_exactly_its_rows(shared, name):
    platform, people = shared
    options, opens = GRANTS[name]
    platform.grant(people["hebei"]["steward"], "energy", "bank", reason="credit", **options)
    assert seen(platform, people["bank"]["reader"]) == {k for k in EVERYTHING if opens(*k)}
    assert code(platform.observations, people["firm"]["reader"], "energy") == "A103"
    names = {s for s, _, _ in EVERYTHING if any(opens(*k) for k in EVERYTHING if k[0] == s)}
    for hidden in {"staff", "noise"} - names:
        with pytest.raises(ZhihengError) as caught:
            platform.panel(people["bank"]["reader"], "energy", [hidden])
        assert caught.value.code == "S512"
        # Neither as a suggestion nor as evidence: the same is said of a name that is made up.
        with pytest.raises(ZhihengError) as other:
            platform.panel(people["bank"]["reader"], "energy", ["qqqqq"])
        assert str(caught.value).replace(hidden, "?") == str(other.value).replace("qqqqq", "?")
    if names:
        panel = platform.panel(people["bank"]["reader"], "energy", sorted(names))
        held = {(s, panel.entities[i], panel.periods[t])
                for k, s in enumerate(panel.series)
                for i, t in np.argwhere(~np.isnan(panel.values[..., k]))}  # fmt: skip
        assert held == {k for k in EVERYTHING if opens(*k)}


def test_grants_add_up_and_end_when_revoked_or_over(shared):
    platform, people = shared
    steward, bank = people["hebei"]["steward"], people["bank"]["reader"]
    one = platform.grant(steward, "energy", "bank", series=["staff"], reason="a")
    platform.grant(steward, "energy", "bank", entities=["310000"], reason="b")
    both = {k for k in EVERYTHING if k[0] == "staff" or k[1] == "310000"}
    assert seen(platform, bank) == both
    platform.revoke(steward, one.id, "over")
    assert seen(platform, bank) == {k for k in EVERYTHING if k[1] == "310000"}
    platform.grant(steward, "energy", "firm", reason="past", until="2020-01-01")
    assert code(platform.observations, people["firm"]["reader"], "energy") == "A103"
    platform.grant(steward, "energy", "*", series=["noise"], reason="open data")
    assert seen(platform, people["firm"]["reader"]) == {k for k in EVERYTHING if k[0] == "noise"}


def test_counts_vintages_versions_and_findings_are_filtered_too(shared):
    platform, people = shared
    steward, bank = people["hebei"]["steward"], people["bank"]["reader"]
    platform.annotate(steward, "energy", [
        Finding(r, 2016, "staff", "shared.csv", "", Status.IMPUTED, Text("疑", "doubt"), "check")
        for r in REGIONS
    ])  # fmt: skip
    platform.grant(steward, "energy", "bank", series=["staff"], entities=["110000"], reason="x")
    listed = platform.inventory(bank, "energy").to_pylist()
    assert [(r["series"], r["values"], r["entities"]) for r in listed] == [("staff", 6, 1)]
    reader = platform.reader(bank, "energy")
    assert {f.entity for f in reader.findings()} == {"110000"}
    assert [r["values"] for r in reader.vintages().to_pylist()] == [6]
    assert set(reader.observations().entity) == {"110000"}
    assert {v["rows"] for v in platform.versions(bank, "energy")} == {None}
    assert {v["rows"] for v in platform.versions(steward, "energy")} == {48}


def test_the_database_itself_filters_without_our_filter(shared):
    """In PostgreSQL a query without any predicate shows granted rows only."""
    platform, people = shared
    if platform.address_kind == "folder":
        pytest.skip("a folder has no rights of its own")
    platform.grant(people["hebei"]["steward"], "energy", "bank", series=["staff"],
                   entities=["110000"], first=2016, reason="x")  # fmt: skip
    store = platform.reader(people["hebei"]["reader"], "energy")
    for organisation, wanted in (("bank", 5), ("firm", 0), ("", 0), ("hebei", 48)):
        raw = platform._place.restricted(store, "energy", organisation)
        items = raw.version().files
        assert len(raw.run(raw.archive.observations(items))) == wanted
    import psycopg

    connection = platform._place._readers.here().con
    for table in ("users", "keys", "grants", "rights", "audit"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT * FROM zhiheng_platform.{table}")
        connection.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM zhiheng_ds_energy.observations")
    connection.rollback()


def test_pages_hold_every_row_once(shared):
    platform, people = shared
    found, after = [], ""
    for _ in range(20):
        page, after = platform.observations(people["hebei"]["reader"], "energy", limit=7,
                                            after=after)  # fmt: skip
        found += page.to_pylist()
        if not after:
            break
    keys = [(r["series"], r["entity"], r["period"]) for r in found]
    assert len(keys) == 48
    assert set(keys) == EVERYTHING
    for bad in ({"after": "x"}, {"limit": 0}, {"limit": 10**6}, {"after": "-1"}):
        assert code(platform.observations, people["hebei"]["reader"], "energy", **bad) == "A105"


def test_every_request_and_refusal_stands_in_the_log(shared):
    platform, people = shared
    before = platform.audit_head().n
    steward, bank = people["hebei"]["steward"], people["bank"]["reader"]
    platform.grant(steward, "energy", "bank", series=["staff"], reason="loan review")
    platform.panel(bank, "energy", ["staff"], why="credit 7")
    assert code(platform.panel, people["firm"]["reader"], "energy", ["staff"]) == "A103"
    platform.findings(bank, "energy")
    root = Principal("root", "platform", "admin")
    lines = [r for r in platform.audit(root, limit=10**6) if r["n"] > before]
    told = [(r["who"], r["action"], r["outcome"], r["why"]) for r in lines]
    assert told == [
        ("hebei_steward", "grant", "begun", "loan review"),
        ("hebei_steward", "grant", "done", "loan review"),
        ("bank_reader", "read", "done", "credit 7"),
        ("firm_reader", "read", "refused A103", ""),
        ("bank_reader", "read", "done", ""),
    ]
    assert lines[2]["what"]["cells"] == 24
    # Whoever keeps the data sees who read them; the reader sees only its own lines.
    assert "bank_reader" in {r["who"] for r in platform.audit(people["hebei"]["admin"])}
    assert {r["who"] for r in platform.audit(bank)} == {"bank_reader"}
    assert {r["organisation"] for r in platform.audit(people["firm"]["admin"])} == {"firm"}


def test_the_log_is_one_chain_under_many_writers(shared):
    from zhiheng.store.audit import verify

    platform, people = shared

    def work(i):
        platform.panel(people["hebei"]["reader"], "energy", ["staff"], why=str(i))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    lines = platform.audit_export(Principal("root", "platform", "admin")).decode().splitlines()
    report = verify(lines, platform.audit_head())
    assert report.sound
    assert report.lines == platform.audit_head().n
    whys = [json.loads(line)["why"] for line in lines]
    assert {str(i) for i in range(40)} <= set(whys)


def test_a_new_process_finds_everything_again(shared, request):
    platform, people = shared
    platform.grant(people["hebei"]["steward"], "energy", "bank", series=["staff"], reason="x")
    address = getattr(platform._place, "_folder", None) or platform._place._address
    with contextlib.closing(Platform.open(address)) as again:
        assert seen(again, people["bank"]["reader"]) == {k for k in EVERYTHING if k[0] == "staff"}
        assert code(again.bootstrap, "second", "hash") == "A104"
        assert again.check() == {"accounts": True, "audit": True}


GRANT = st.fixed_dictionaries(
    {},
    optional={
        "series": st.lists(st.sampled_from(["staff", "noise"]), max_size=2, unique=True),
        "entities": st.lists(st.sampled_from(REGIONS), max_size=3, unique=True),
        "first": st.integers(2014, 2021),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(grants=st.lists(GRANT, min_size=1, max_size=4))
def test_any_set_of_grants_opens_the_union_and_no_more(shared, grants):
    platform, people = shared
    steward = people["hebei"]["steward"]
    made = [platform.grant(steward, "energy", "bank", reason="law", **g) for g in grants]

    def opens(key):
        return any(
            (not g.series or key[0] in g.series)
            and (not g.entities or key[1] in g.entities)
            and (g.first is None or key[2] >= g.first)
            for g in made
        )

    try:
        wanted = {k for k in EVERYTHING if opens(k)}
        assert seen(platform, people["bank"]["reader"]) == wanted
        if platform.address_kind == "postgresql":
            store = platform.reader(people["hebei"]["reader"], "energy")
            raw: Reader = platform._place.restricted(store, "energy", "bank")
            found = raw.run(raw.archive.observations(raw.version().files)).to_pylist()
            assert {(r["series"], r["entity"], r["period"]) for r in found} == wanted
    finally:
        for grant in made:
            platform.revoke(steward, grant.id, "next")

"""Sharing between organisations: the same cases on a folder and on row-level security."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.sources.tables import parse
from zhiheng.store.findings import Finding
from zhiheng.store.platform import Platform
from zhiheng.store.reader import Reader
from zhiheng.store.rights import Principal

PLACES = ["folder", pytest.param("postgres", marks=pytest.mark.postgres)]
REGIONS = ("110000", "120000", "130000", "310000")
YEARS = range(2015, 2021)


def rows(series=("staff", "noise"), shift=0.0):
    lines = ["region,year,series,value,unit"]
    for s, name in enumerate(series):
        for i, region in enumerate(REGIONS):
            lines += [f"{region},{y},{name},{s * 1000 + i * 100 + y - 2000 + shift},1"
                      for y in YEARS]  # fmt: skip
    return parse("\n".join(lines).encode(), "shared.csv", units=dict.fromkeys(series, "1"))


def admin_of(platform, organisation, kind="province"):
    root = Principal("root", "platform", "admin")
    platform.add_organisation(root, organisation, Text(f"机构{organisation}", organisation), kind)
    for role in ("reader", "analyst", "steward", "admin"):
        platform.add_user(root, f"{organisation}_{role}", organisation, role, "hash")
    return {r: platform.principal(f"{organisation}_{r}") for r in
            ("reader", "analyst", "steward", "admin")}  # fmt: skip


@pytest.fixture(params=PLACES)
def platform(request, tmp_path):
    address = (
        tmp_path / "platform"
        if request.param == "folder"
        else request.getfixturevalue("postgres_address")
    )
    made = Platform.open(address)
    made.bootstrap("root", "hash")
    yield made
    made.close()


@pytest.fixture
def shared(platform):
    """Hebei keeps a dataset of two series; Bank and Firm are others."""
    people = {name: admin_of(platform, name) for name in ("hebei", "bank", "firm")}
    steward = people["hebei"]["steward"]
    platform.add_dataset(steward, "energy", Text("能源", "Energy"), "CC BY 4.0")
    platform.import_(steward, "energy", rows(), note="first")
    return platform, people


def code(call, *args, **more):
    with pytest.raises(ZhihengError) as caught:
        call(*args, **more)
    return caught.value.code


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


ROLES_MAY = {
    "add_dataset": {"steward", "admin"},
    "import": {"steward", "admin"},
    "grant": {"steward", "admin"},
    "add_user": {"admin"},
    "users": {"admin"},
}


@pytest.mark.parametrize("role", ["reader", "analyst", "steward", "admin"])
def test_what_a_role_may_do(shared, role):
    platform, people = shared
    who = people["hebei"][role]
    calls = {
        "add_dataset": lambda: platform.add_dataset(who, "more", Text("更多", "More"), "CC0"),
        "import": lambda: platform.import_(who, "energy", rows(("dust",))),
        "grant": lambda: platform.grant(who, "energy", "bank", reason="r"),
        "add_user": lambda: platform.add_user(who, "new", "hebei", "reader", "h"),
        "users": lambda: platform.users(who),
    }
    for name, call in calls.items():
        if role in ROLES_MAY[name]:
            call()
        else:
            assert code(call) == "A102", name


def test_nobody_keeps_what_belongs_to_another_organisation(shared):
    platform, people = shared
    bank = people["bank"]["admin"]
    given_ = platform.grant(people["hebei"]["steward"], "energy", "bank", reason="x")
    assert code(platform.import_, bank, "energy", rows()) == "A102"
    assert code(platform.grant, bank, "energy", "firm", reason="x") == "A102"
    assert code(platform.revoke, bank, given_.id, "x") == "A102"
    assert code(platform.set_groups, bank, "energy", {"110000": "a"}) == "A102"
    assert code(platform.add_user, bank, "spy", "hebei", "admin", "h") == "A102"
    assert code(platform.set_active, bank, "hebei_admin", active=False) == "A103"
    assert code(platform.set_password, bank, "hebei_admin", "h") == "A103"
    assert code(platform.add_organisation, bank, "fake", Text("假", "Fake"), "bank") == "A102"
    assert {u.organisation for u in platform.users(bank)} == {"bank"}
    assert code(platform.audit_export, bank) == "A102"


def test_keys_are_shown_once_and_end(shared):
    platform, people = shared
    steward = people["hebei"]["steward"]
    key, text = platform.add_key(steward, role="reader", days=1)
    assert platform.by_key(text) == Principal("hebei_steward", "hebei", "reader", key.id)
    assert text.rsplit("_", 1)[-1] not in json.dumps([str(k) for k in platform.keys(steward)])
    high, secret = platform.add_key(people["hebei"]["reader"], role="admin", days=1)
    assert platform.by_key(secret).role == "reader"  # never above the user's own
    assert code(platform.add_key, platform.by_key(text)) == "A102"
    for bad in ("", "zh__", "zh_zz_x", text[:-1], text + "x", text.replace("zh", "hz"), "a b c"):
        assert code(platform.by_key, bad) == "A101"
    assert code(platform.revoke_key, people["bank"]["admin"], key.id) == "A103"
    platform.revoke_key(steward, key.id)
    assert code(platform.by_key, text) == "A106"
    platform.set_active(people["hebei"]["admin"], "hebei_reader", active=False)
    assert code(platform.by_key, secret) == "A106"
    assert code(platform.principal, "hebei_reader") == "A106"
    assert high.user == "hebei_reader"


@pytest.mark.parametrize("bad", ["", "A", "a b", "a-b", "1a", "a" * 41, "a;drop table users", "é"])
def test_names_are_plain(shared, bad):
    platform, people = shared
    root, steward = Principal("root", "platform", "admin"), people["hebei"]["steward"]
    assert code(platform.add_organisation, root, bad, Text("名", "Name"), "bank") == "A105"
    assert code(platform.add_user, root, bad, "bank", "reader", "h") == "A105"
    assert code(platform.add_dataset, steward, bad, Text("数", "Data"), "CC0") == "A105"


@pytest.mark.parametrize("bad", [{"reason": " "}, {"level": "all"}, {"first": 3, "last": 2},
                                 {"until": "tomorrow"}, {"until": "2026-13-01"},
                                 {"series": [""]}])  # fmt: skip
def test_grants_that_cannot_stand(shared, bad):
    platform, people = shared
    options = {"reason": "r", **bad}
    assert code(platform.grant, people["hebei"]["steward"], "energy", "bank", **options) == "A105"
    assert code(platform.grant, people["hebei"]["steward"], "energy", "no", reason="r") == "A103"


def test_every_request_and_refusal_stands_in_the_log(shared):
    platform, people = shared
    before = platform.audit_head().n
    steward, bank = people["hebei"]["steward"], people["bank"]["reader"]
    platform.grant(steward, "energy", "bank", series=["staff"], reason="loan review")
    platform.panel(bank, "energy", ["staff"], why="credit 7")
    assert code(platform.panel, people["firm"]["reader"], "energy", ["staff"]) == "A103"
    root = Principal("root", "platform", "admin")
    lines = [r for r in platform.audit(root, limit=10**6) if r["n"] > before]
    told = [(r["who"], r["action"], r["outcome"], r["why"]) for r in lines]
    assert told == [
        ("hebei_steward", "grant", "begun", "loan review"),
        ("hebei_steward", "grant", "done", "loan review"),
        ("bank_reader", "read", "done", "credit 7"),
        ("firm_reader", "read", "refused A103", ""),
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


# ------------------------------------------------------------------------- micro data


def firms():
    lines = ["firm,year,series,value,unit"]
    for i in range(12):
        lines += [f"f{i:02d},{y},co2,{10 + i},1" for y in (2020, 2021)]
    return parse("\n".join(lines).encode(), "firms.csv", own_labels=True)


@pytest.fixture
def micro(shared):
    platform, people = shared
    steward = people["hebei"]["steward"]
    platform.add_dataset(steward, "firms", Text("企业", "Firms"), "restricted", micro=True)
    platform.import_(steward, "firms", firms())
    groups = {f"f{i:02d}": ("a", "a", "b", "b", "b", "b", "c", "c", "c", "c", "c", "c")[i]
              for i in range(12)}  # fmt: skip
    platform.set_groups(steward, "firms", groups)
    return platform, people


def test_micro_data_are_open_as_sums_without_small_cells(micro):
    platform, people = micro
    steward, bank = people["hebei"]["steward"], people["bank"]["reader"]
    assert code(platform.grant, steward, "firms", "*", reason="x") == "A105"
    platform.grant(steward, "firms", "bank", series=["co2"], level="group", reason="credit")
    for call in (platform.reader, platform.observations, platform.inventory):
        assert code(call, bank, "firms") == "A102"
    assert code(platform.panel, bank, "firms", ["co2"]) == "A102"
    found = platform.aggregate(bank, "firms", ["co2"]).to_pylist()
    shown = {(r["group"], r["period"]): r for r in found}
    assert shown["a", 2020]["suppressed"]
    assert shown["a", 2020]["value"] is None
    assert shown["a", 2020]["count"] is None
    # Two firms in a: one more group is held back, or the total would give a away.
    assert shown["b", 2020]["suppressed"]
    assert shown["c", 2020]["value"] == sum(range(16, 22))
    assert shown["*", 2020]["value"] == sum(range(10, 22))
    assert "f00" not in str(found)
    assert code(platform.aggregate, bank, "firms", ["co2"], how="max") == "A105"
    assert code(platform.aggregate, people["firm"]["reader"], "firms", ["co2"]) == "A103"

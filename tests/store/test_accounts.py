"""Accounts, keys, roles and micro data of a platform."""

from __future__ import annotations

import json

import pytest
from sharing import code, rows

from zhiheng.core.text import Text
from zhiheng.sources.tables import parse
from zhiheng.store.rights import Principal

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
    assert text.split("_", 2)[2] not in json.dumps([str(k) for k in platform.keys(steward)])
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

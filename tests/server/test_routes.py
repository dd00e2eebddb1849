"""Every route, in every role: who may, who may not, and what the answer looks like."""

from __future__ import annotations

import re
from typing import Any

import pytest
from server_world import API, OPEN, ROLES

from zhiheng.core.errors import ZhihengError
from zhiheng.core.local_files import no_local_files
from zhiheng.sources.tables import read_file

BOTH = {"zh": "名称", "en": "name"}
FINDING = {"entity": "110000", "period": 2016, "series": OPEN, "source": "open.csv",
           "status": "absent", "reason": BOTH}  # fmt: skip
CSV = b"region,year,series,value,unit\n110000,2022,staff,1,1\n"
ANYONE = dict.fromkeys(ROLES, 200)


def least(role: str, done: int) -> dict[str, int]:
    """Done for a role and those above; refused below."""
    start = ROLES.index(role)
    return {r: done if i >= start else 403 for i, r in enumerate(ROLES)}


Case = tuple[str, str, dict[str, Any], dict[str, int]]
CASES: tuple[Case, ...] = (
    ("GET", "/me", {}, ANYONE),
    ("GET", "/organisations", {}, ANYONE),
    ("POST", "/organisations", {"json": {"id": "new", "name": BOTH, "kind": "firm"}},
     dict.fromkeys(ROLES, 403)),
    ("GET", "/users", {}, least("admin", 200)),
    ("POST", "/users", {"json": {"name": "new", "organisation": "hebei", "role": "reader",
                                 "password": "a long enough one"}}, least("admin", 201)),
    ("PATCH", "/users/hebei_reader", {"json": {"active": True}}, least("admin", 204)),
    ("PUT", "/users/hebei_analyst/password", {"json": {"new": "a long enough one"}},
     {**least("admin", 204), "analyst": 401}),
    ("PUT", "/me/password", {"json": {"new": "a long enough one", "old": "wrong"}},
     dict.fromkeys(ROLES, 401)),
    ("GET", "/keys", {}, ANYONE),
    ("POST", "/keys", {"json": {"role": "reader"}}, dict.fromkeys(ROLES, 201)),
    ("DELETE", "/keys/nothing", {}, dict.fromkeys(ROLES, 404)),
    ("GET", "/datasets", {}, ANYONE),
    ("POST", "/datasets", {"json": {"id": "new", "title": BOTH, "licence": "CC0"}},
     least("steward", 201)),
    ("GET", "/datasets/energy", {}, ANYONE),
    ("GET", "/datasets/energy/versions", {}, ANYONE),
    ("GET", "/datasets/energy/grants", {}, ANYONE),
    ("POST", "/datasets/energy/grants", {"json": {"organisation": "firm", "reason": "x"}},
     least("steward", 201)),
    ("DELETE", "/grants/nothing", {"params": {"reason": "x"}}, dict.fromkeys(ROLES, 404)),
    ("PUT", "/datasets/energy/groups", {"json": {"groups": {"110000": "a"}}},
     least("steward", 204)),
    ("GET", "/datasets/energy/observations", {}, ANYONE),
    ("GET", "/datasets/energy/panel", {"params": {"series": OPEN}}, ANYONE),
    ("GET", "/datasets/energy/inventory", {}, ANYONE),
    ("GET", "/datasets/energy/aggregate", {"params": {"series": OPEN}}, dict.fromkeys(ROLES, 422)),
    ("GET", "/datasets/energy/findings", {}, ANYONE),
    ("POST", "/datasets/energy/findings", {"json": {"findings": [FINDING], "note": "x"}},
     least("steward", 201)),
    ("POST", "/datasets/energy/imports", {"files": {"file": ("a.csv", CSV, "text/csv")}},
     least("steward", 202)),
    ("GET", "/methods", {}, ANYONE),
    ("GET", "/methods/pca", {}, ANYONE),
    ("POST", "/methods/sigma_convergence",
     {"json": {"dataset": "energy", "series": [OPEN], "options": {"variable": OPEN}}},
     least("analyst", 200)),
    ("GET", "/jobs", {}, ANYONE),
    ("GET", "/jobs/nothing", {}, dict.fromkeys(ROLES, 404)),
    ("GET", "/jobs/nothing/result", {}, dict.fromkeys(ROLES, 404)),
    ("DELETE", "/jobs/nothing", {}, dict.fromkeys(ROLES, 404)),
    ("GET", "/audit", {}, ANYONE),
    ("GET", "/audit/export", {}, dict.fromkeys(ROLES, 403)),
    ("DELETE", "/token", {}, dict.fromkeys(ROLES, 204)),
)  # fmt: skip
PUBLIC = {("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"),
          ("POST", f"{API}/token")}  # fmt: skip


def _operations(world) -> list[tuple[str, str]]:
    paths = world.client.get(f"{API}/openapi.json").json()["paths"]
    return [(m.upper(), p) for p, operations in paths.items() for m in operations]


def test_every_route_has_a_case(standing) -> None:
    def covered(method: str, path: str) -> bool:
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$")
        return any(method == m and pattern.match(API + p) for m, p, _, _ in CASES)

    missing = [o for o in _operations(standing) if o not in PUBLIC and not covered(*o)]
    # All methods are the same route with other options.
    assert {m for m, p in missing if "/methods/" not in p} == set()


@pytest.mark.parametrize(("method", "path", "more", "expected"), CASES)
def test_who_may(world, method: str, path: str, more, expected: dict[str, int]) -> None:
    found = {}
    for role in ROLES:
        answer = world.ask(f"hebei_{role}", method, path, **more)
        found[role] = answer.status_code
        if answer.status_code in (403, 404, 422):
            assert answer.json()["code"][0] == "A"
        if answer.status_code == 201 and role != "admin":
            # What was made by a lower role is in the way of the next one.
            expected = {**expected, **{r: 409 for r in ROLES[ROLES.index(role) + 1 :]
                                       if path == "/datasets"}}  # fmt: skip
    assert found == expected


def test_without_a_sign_in_only_health_answers(standing) -> None:
    for method, path in _operations(standing):
        if (method, path) in PUBLIC:
            continue
        filled = re.sub(r"\{\w+\}", "energy", path)
        for head in ({}, {"Authorization": "Bearer nothing"}, {"Authorization": "Basic eDp5"},
                     {"Authorization": "Bearer zh_0123456789ab_secret"}):  # fmt: skip
            found = standing.client.request(method, filled, headers=head)
            assert found.status_code == 401, (method, path, head, found.text)
            assert found.json()["code"] == "A101"


def test_the_platform_keeps_accounts_and_sees_no_data(world) -> None:
    body = {"id": "new", "name": BOTH, "kind": "firm"}
    assert world.post("root", "/organisations", json=body).status_code == 201
    assert world.post("root", "/organisations", json=body).status_code == 409
    user = {
        "name": "new_admin",
        "organisation": "new",
        "role": "admin",
        "password": "x" * 4 + "yz789012",
    }
    assert world.post("root", "/users", json=user).status_code == 201
    weak = {**user, "name": "other", "password": "short"}
    assert world.post("root", "/users", json=weak).json()["code"] == "A153"
    assert world.get("root", "/datasets/energy/observations").status_code == 404
    lines = world.get("root", "/audit/export")
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    from zhiheng.store.audit import verify

    assert verify(lines.text.splitlines()).sound


# -------------------------------------------------------------------------- uploads


def imported(world, who: str, raw: bytes, **form: str) -> tuple[dict[str, Any], Any]:
    file = {"file": (form.pop("name", "more.csv"), raw, "text/csv")}
    found = world.post(who, "/datasets/energy/imports", files=file, data=form)
    assert found.status_code == 202, found.text
    job = found.json()["id"]
    world.app.state.services.jobs._jobs[job].future.result(30)
    return world.get(who, f"/jobs/{job}").json(), world.get(who, f"/jobs/{job}/result")


def test_a_file_becomes_a_version(world) -> None:
    job, result = imported(world, "hebei_steward", CSV, name="../../etc/x.csv", note="more")
    assert (job["state"], job["share"]) == ("done", 1.0)
    told = result.json()
    assert (told["rows"], told["entities"], told["periods"], told["series"]) == (1, 1, 1, 1)
    versions = world.get("hebei_reader", "/datasets/energy/versions").json()
    assert (versions[-1]["id"], versions[-1]["note"]) == (told["version"], "more")
    rows = world.get("hebei_reader", "/datasets/energy/observations", params={"first": 2022}).json()
    row = dict(zip(rows["columns"], rows["rows"][0], strict=True))
    assert (row["value"], row["file"].split("#")[0]) == (1.0, "x.csv")


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"PK\x03\x04zip", b"a,b\n1,2\n",
                                 b"region,year,series,value,unit\n110000,x,staff,1,1\n",
                                 b"region,year,series,value,unit\n110000,2016,staff,5,1\n" * 2,
                                 b"<html><table></table></html>"])  # fmt: skip
def test_a_bad_file_stores_nothing(world, raw: bytes) -> None:
    before = world.get("hebei_reader", "/datasets/energy/versions").json()
    job, result = imported(world, "hebei_steward", raw)
    if job["state"] == "done":  # a row given twice with one value is one row
        assert result.json()["rows"] <= 2
        return
    assert job["state"] == "failed"
    assert job["error"]["code"][0] in "DCUS"
    assert result.status_code == 422
    assert result.json()["code"] == job["error"]["code"]
    assert world.get("hebei_reader", "/datasets/energy/versions").json() == before


def test_two_writers_do_not_overwrite(world) -> None:
    head = world.get("hebei_reader", "/datasets/energy/versions").json()[-1]["id"]
    job, _ = imported(world, "hebei_steward", CSV, expect=head)
    assert job["state"] == "done"
    late = CSV.replace(b",1,1", b",2,1").replace(b"2022", b"2023")
    job, result = imported(world, "hebei_steward", late, expect=head)
    assert job["error"]["code"] == "S590"
    assert result.status_code == 409


def test_a_messy_sheet_is_asked_about_and_answered(world) -> None:
    raw = "表1 就业\n地区,2022年,2023年\n北京市,5,6\n注：略\n".encode()
    job, result = imported(world, "hebei_steward", raw)
    if job["state"] == "failed":
        assert job["error"]["code"] == "S525", job
        assert job["error"]["evidence"]


@pytest.mark.parametrize("answers", [b"\xff", b"x = ", b"nothing = 1"])
def test_a_mapping_file_that_is_none(world, answers: bytes) -> None:
    files = {"file": ("a.csv", CSV, "text/csv"), "map": ("map.toml", answers, "text/plain")}
    found = world.post("hebei_steward", "/datasets/energy/imports", files=files)
    assert (found.status_code, found.json()["code"]) == (422, "S524")


def test_a_mapping_file_names_no_file_of_the_server(tmp_path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("canary", "utf-8")
    assert read_file(secret) == b"canary"
    with no_local_files(), pytest.raises(ZhihengError, match="S504"):
        read_file(secret)

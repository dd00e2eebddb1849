"""Nobody sees a byte of another organisation that was not granted: in no route, form or error."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from server_world import CANARY, OPEN, SHUT

from zhiheng.sources.tables import parse

FORMATS = ("json", "csv", "arrow")
READS = ("observations", "panel", "inventory", "findings", "aggregate", "versions", "grants", "")
QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"series": OPEN},
    {"series": SHUT},
    {"series": [OPEN, SHUT]},
    {"series": "canary_private"},
    {"series": "jobs"},
    {"series": "jobs", "how": "count"},
    {"series": OPEN, "entities": "310000"},
    {"entities": ["310000", "110000"]},
    {"series": OPEN, "first": 2015, "last": 2015},
    {"series": OPEN, "version": "1"},
    {"series": SHUT, "version": "2"},
    {"series": OPEN, "version": "99"},
    {"series": OPEN, "statuses": "apply"},
    {"series": OPEN, "vintage": "all"},
    {"series": OPEN, "frequency": "M"},
    {"series": OPEN, "level": "city"},
    {"series": "x", "limit": 1, "after": "1"},
)
OUTSIDERS = tuple(f"{o}_{r}" for o in ("bank", "firm") for r in ("reader", "admin"))
"""Also high roles: a role counts in one's own organisation only."""


def canaries(raw: bytes) -> list[str]:
    text = raw.decode("utf-8", "replace")
    return re.findall(r"canary\w*|(?<![0-9a-f])867[56]\d{3}(?![0-9a-f])", text)


def numbers(raw: bytes, kind: str) -> list[float]:
    if kind != "arrow":
        return []
    found = pa.ipc.open_stream(io.BytesIO(raw)).read_all()
    columns = [c for c in found.column_names if pa.types.is_floating(found[c].type)]
    return [v for c in columns for v in found[c].to_pylist() if v is not None]


def asked(query: dict[str, Any]) -> set[str]:
    """Words of the request itself: an error may repeat them."""
    named = query.get("series", [])
    return set([named] if isinstance(named, str) else named)


def read(world, who: str, dataset: str, part: str, query: dict[str, Any], kind: str) -> Any:
    path = f"/datasets/{dataset}/{part}".rstrip("/")
    return world.get(who, path, params={**query, "format": kind})


def questions(
    world, who: str, dataset: str, every: int = 1
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every question, or one of `every`; in the other forms those that JSON has an answer to."""
    for part, query in list(itertools.product(READS, QUERIES))[::every]:
        answered = read(world, who, dataset, part, query, "json").status_code == 200
        for kind in FORMATS if answered else FORMATS[:1]:
            yield part, query, kind


# coprime to the number of queries, so that every part is asked in another way
@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("dataset", ["energy", "private", "firms"])
def test_no_read_leaks(standing, who: str, dataset: str, every: int) -> None:
    for part, query, kind in questions(standing, who, dataset, every):
        found = read(standing, who, dataset, part, query, kind)
        assert found.status_code < 500, found.text
        # A sum over groups of firms is what was granted; the cells behind it are not.
        sums = dataset == "firms" and part == "aggregate" and found.status_code == 200
        leaked = set(canaries(found.content)) - asked(query)
        assert sums or not leaked, (who, part, query, kind, leaked)
        if found.status_code == 200 and part not in ("versions", "grants", "") and not sums:
            assert all(v < CANARY // 2 for v in numbers(found.content, kind))
        assert not canaries(str(dict(found.headers)).encode()), found.headers


@pytest.mark.parametrize("who", ["firm_admin", "bank_admin"])
def test_a_dataset_without_a_grant_looks_like_none(standing, who: str) -> None:
    dataset = "private" if who == "bank_admin" else "energy"
    for part, query, kind in itertools.product(READS, QUERIES[::3], FORMATS[:2]):
        answers = [
            _without_ids(read(standing, who, name, part, query, kind), name)
            for name in (dataset, "nothing")
        ]
        assert answers[0] == answers[1], (part, query, kind)


def _without_ids(found: Any, name: str) -> Any:
    body = re.sub(r"urn:zhiheng:request:\w+", "", found.text).replace(name, "…")
    gone = ("x-request-id", "content-length")
    return found.status_code, body, {k: v for k, v in found.headers.items() if k not in gone}


def test_what_is_granted_is_seen_and_no_more(standing) -> None:
    found = standing.get("bank_reader", "/datasets/energy/observations").json()
    rows = [dict(zip(found["columns"], r, strict=True)) for r in found["rows"]]
    cells = {(r["series"], r["entity"], r["period"]) for r in rows}
    assert cells == {(OPEN, e, y) for e in ("110000", "120000") for y in range(2016, 2021)}
    assert len(rows) == 10
    own = standing.get("hebei_reader", "/datasets/energy/observations").json()
    assert len(own["rows"]) == 48


def test_counts_do_not_tell_of_hidden_rows(standing) -> None:
    found = standing.get("bank_reader", "/datasets/energy/inventory").json()
    rows = [dict(zip(found["columns"], r, strict=True)) for r in found["rows"]]
    assert [(r["series"], r["entities"], r["values"]) for r in rows] == [(OPEN, 2, 10)]
    versions = standing.get("bank_reader", "/datasets/energy/versions").json()
    assert {v["rows"] for v in versions} == {v["note"] for v in versions} == {None}
    findings = standing.get("bank_reader", "/datasets/energy/findings").json()
    assert len(findings["rows"]) == 1


def test_lists_hold_what_one_may_see(standing) -> None:
    ids = {w: [d["id"] for d in standing.get(w, "/datasets").json()] for w in
           ("bank_admin", "firm_admin", "hebei_reader", "root")}  # fmt: skip
    assert ids == {"bank_admin": ["energy", "firms"], "firm_admin": [], "root": [],
                   "hebei_reader": ["energy", "firms", "private"]}  # fmt: skip
    for who in ("bank_admin", "firm_admin"):
        names = [u["name"] for u in standing.get(who, "/users").json()]
        assert names
        assert all(n.startswith(who.split("_")[0]) for n in names)
        lines = standing.get(who, "/audit", params={"limit": 10_000}).json()
        assert {line["organisation"] for line in lines} == {who.split("_")[0]}
        assert standing.get(who, "/audit/export").status_code == 403


@pytest.mark.parametrize("who", OUTSIDERS)
def test_others_cannot_write(standing, who: str) -> None:
    both = {"zh": "无", "en": "none"}
    finding = {"entity": "110000", "period": 2016, "series": OPEN, "status": "absent",
               "reason": both}  # fmt: skip
    writes = {
        "findings": {"json": {"findings": [finding], "note": "x"}},
        "grants": {"json": {"organisation": "*", "reason": "x"}},
        "imports": {"files": {"file": ("x.csv", b"region,year,a\n", "text/csv")}},
    }
    for dataset in ("energy", "private", "firms"):
        seen = dataset != "private" and who.startswith("bank")
        for part, body in writes.items():
            found = standing.post(who, f"/datasets/{dataset}/{part}", **body)
            assert found.status_code == (403 if seen else 404), found.text
            assert not canaries(found.content)
        groups = {"groups": {"a": "b"}}
        found = standing.ask(who, "PUT", f"/datasets/{dataset}/groups", json=groups)
        assert found.status_code == (403 if seen else 404)
    grant = standing.get("hebei_admin", "/datasets/energy/grants").json()[0]["id"]
    found = standing.ask(who, "DELETE", f"/grants/{grant}", params={"reason": "x"})
    assert found.status_code in (403, 404)


def test_methods_run_on_what_one_may_see(standing) -> None:
    call = {"dataset": "energy", "series": [OPEN], "options": {"variable": OPEN}}
    mine = standing.post("hebei_analyst", "/methods/sigma_convergence", json=call)
    theirs = standing.post("bank_analyst", "/methods/sigma_convergence", json=call)
    assert mine.status_code == theirs.status_code == 200, theirs.text
    assert mine.json()["inputs"] != theirs.json()["inputs"]
    for series, dataset in (([SHUT], "energy"), ([], "private"), (["jobs"], "firms")):
        body = {**call, "dataset": dataset, "series": series}
        found = standing.post("bank_analyst", "/methods/sigma_convergence", json=body)
        assert found.status_code in (403, 404, 422)
        assert set(canaries(found.content)) <= set(series)
    assert standing.post("firm_analyst", "/methods/sigma_convergence", json=call).status_code == 404


def test_jobs_belong_to_one_user(standing) -> None:
    call = {"dataset": "energy", "series": [OPEN], "options": {"variable": OPEN}}
    assert (
        standing.post("hebei_analyst", "/methods/sigma_convergence", json=call).status_code == 200
    )
    job = standing.get("hebei_analyst", "/jobs").json()[-1]["id"]
    for who in ("hebei_admin", "bank_admin", "root"):
        for method, path in (("GET", ""), ("GET", "/result"), ("DELETE", "")):
            found = standing.ask(who, method, f"/jobs/{job}{path}")
            nothing = standing.ask(who, method, f"/jobs/nothing{path}")
            assert _without_ids(found, job) == _without_ids(nothing, "nothing")
            assert found.status_code == 404
    assert standing.get("hebei_analyst", f"/jobs/{job}/result").status_code == 200


def test_a_result_goes_with_the_right_to_its_data(world) -> None:
    call = {"dataset": "energy", "series": [OPEN], "options": {"variable": OPEN}}
    assert world.post("bank_analyst", "/methods/sigma_convergence", json=call).status_code == 200
    job = world.get("bank_analyst", "/jobs").json()[-1]["id"]
    grant = world.get("bank_analyst", "/datasets/energy/grants").json()[0]["id"]
    gone = world.ask("hebei_steward", "DELETE", f"/grants/{grant}", params={"reason": "over"})
    assert gone.status_code == 204
    assert world.get("bank_analyst", f"/jobs/{job}/result").status_code == 404


def test_a_tag_does_not_outlive_the_right(world) -> None:
    path = "/datasets/energy/panel"
    first = world.get("bank_reader", path, params={"series": OPEN})
    tag = {"If-None-Match": first.headers["etag"]}
    assert world.get("bank_reader", path, params={"series": OPEN}, headers=tag).status_code == 304
    # The same tag of the same question by somebody with other rights is another answer.
    wide = world.get("hebei_reader", path, params={"series": OPEN}, headers=tag)
    assert wide.status_code == 200
    assert wide.headers["etag"] != first.headers["etag"]
    more = {"organisation": "bank", "series": [OPEN], "reason": "more"}
    assert world.post("hebei_steward", "/datasets/energy/grants", json=more).status_code == 201
    now = world.get("bank_reader", path, params={"series": OPEN}, headers=tag)
    assert now.status_code == 200
    assert len(now.json()["entities"]) == 4


def test_a_hidden_level_is_as_if_it_were_not_there(world) -> None:
    rows = "".join(f"canary_firm_{i},2016,{OPEN},{CANARY},1\n" for i in range(3))
    raw = f"region,year,series,value,unit\n{rows}".encode()
    keeper = world.platform.principal("hebei_steward")
    found = parse(raw, "canary_county.csv", own_labels=True)
    world.platform.import_(keeper, "energy", found, note="canary_note")
    assert read(world, "hebei_reader", "energy", "panel", {"series": OPEN}, "json").is_error
    for part, query, kind in questions(world, "bank_reader", "energy", 5):
        found = read(world, "bank_reader", "energy", part, query, kind)
        assert not set(canaries(found.content)) - asked(query), (part, query, kind)
    for query in ({"series": OPEN}, {"series": OPEN, "level": "province"}):
        assert read(world, "bank_reader", "energy", "panel", query, "json").is_success
    hidden, nothing = (
        read(world, "bank_reader", "energy", "panel", {"series": OPEN, "level": level}, "json")
        for level in ("", "county")
    )
    assert _without_ids(hidden, "x") == _without_ids(nothing, "x")

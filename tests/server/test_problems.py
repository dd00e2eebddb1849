"""Errors over HTTP: one form, two languages, nothing of the inside; and what the logs hold."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from server_world import API, PASSWORD
from starlette.requests import Request

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.server import logs, problems, refusals
from zhiheng.store.platform import Platform

FIELDS = {"type", "title", "status", "detail", "instance", "code", "fix", "texts", "evidence"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def told(found, status: int, code: str) -> dict:
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"
    document = found.json()
    assert set(document) == FIELDS
    assert (document["status"], document["code"]) == (status, code)
    return document


def test_a_problem_has_the_language_asked_for_and_both(standing) -> None:
    for asked, chinese in (("zh-CN,en;q=0.5", True), ("en-GB", False), ("fr, en;q=0.3", False),
                           ("", True), ("zh;q=0.1,en;q=x,*", True)):  # fmt: skip
        head = {"Accept-Language": asked}
        found = standing.get("bank_reader", "/datasets/nothing", headers=head)
        document = told(found, 404, "A103")
        assert bool(CHINESE.search(document["detail"])) is chinese
        assert found.headers["content-language"] == ("zh" if chinese else "en")
        assert CHINESE.search(document["texts"]["zh"]["fix"])
        assert not CHINESE.search(document["texts"]["en"]["fix"])
        assert document["instance"].endswith(found.headers["x-request-id"])


def test_the_form_of_a_request_is_refused_in_the_same_form(standing) -> None:
    secret = "hunter2 hunter2"
    found = standing.post("", "/token", json={"user": 1, "password": secret, "extra": 1})
    document = told(found, 422, "A140")
    assert {"body.user", "body.extra"} <= {row["at"] for row in document["evidence"]}
    assert secret not in found.text
    found = standing.post("", "/token", content=b"{", headers={"Content-Type": "application/json"})
    told(found, 400, "A156")
    told(standing.get("bank_reader", "/datasets/x/observations", params={"limit": 0}), 422, "A140")


def test_addresses_and_methods_that_are_not_there(standing) -> None:
    told(standing.get("", "/nothing"), 404, "A150")
    found = standing.ask("", "PUT", "/me")
    told(found, 405, "A150")
    assert found.headers["allow"] == "GET"
    told(standing.get("bank_reader", "/methods/nothing"), 404, "A155")


@pytest.mark.parametrize("path", ["/datasets/%00", "/datasets/a%0Ab", "/datasets?after=%00",
                                  "/datasets?after=%ff", "/datasets?after=%C2%85"])  # fmt: skip
def test_control_characters_are_refused_at_the_door(standing, path: str) -> None:
    told(standing.client.get(API + path), 400, "A156")


def test_a_fault_of_ours_tells_its_number_and_nothing_else(standing, monkeypatch, caplog) -> None:
    def broken(*args, **more):
        raise RuntimeError(f"canary {PASSWORD}")

    monkeypatch.setattr(Platform, "versions", broken)
    with caplog.at_level(logging.INFO, logger=logs.NAME):
        found = standing.get("bank_reader", "/datasets/energy/versions")
    document = told(found, 500, "A160")
    assert "canary" not in found.text
    number = document["evidence"][0]["id"]
    assert number == found.headers["x-request-id"]
    kept = [r for r in caplog.records if getattr(r, "fields", {}).get("id") == number]
    assert "RuntimeError" in "".join(logs.JsonLines().format(r) for r in kept)


@pytest.mark.parametrize(
    ("inner", "status", "code"), [("S591", 500, "A160"), ("S600", 503, "S600")]
)
def test_inner_errors_are_not_shown(standing, monkeypatch, inner, status, code) -> None:
    def broken(*args, **more):
        raise ZhihengError(inner, Text("丢了", "gone"), fix=Text("修", "mend"),
                           evidence=[{"object": "canary"}])  # fmt: skip

    monkeypatch.setattr(Platform, "versions", broken)
    found = standing.get("bank_reader", "/datasets/energy/versions")
    assert told(found, status, code)["evidence"] == [{"id": found.headers["x-request-id"]}]
    assert "canary" not in found.text


def test_a_store_that_is_away_is_503(standing, monkeypatch) -> None:
    monkeypatch.setattr(Platform, "check", lambda self: {"accounts": True, "audit": False})
    found = standing.get("", "/health/ready")
    assert (found.status_code, found.json()["ready"]) == (503, False)
    assert standing.get("", "/health/live").json() == {"live": True}


def test_values_of_any_kind_are_valid_json() -> None:
    value = {"a": [float("nan"), float("inf"), -float("inf"), Text("甲", "a"), {1}, object]}
    found = json.loads(problems.json_bytes(problems.plain(value)))
    assert found["a"][:4] == [None, "Infinity", "-Infinity", {"zh": "甲", "en": "a"}]
    assert problems.json_bytes("\ud800") == b'"?"'


def test_every_refusal_has_a_status() -> None:
    made = [refusals.invalid([]), refusals.too_often(1), refusals.internal("x"),
            refusals.strange_host("x"), refusals.metrics_closed()]  # fmt: skip
    request = Request({"type": "http", "headers": [], "state": {"request_id": "x"}})
    statuses = [problems.response(e, request).status_code for e in made]
    assert statuses == [422, 429, 500, 421, 403]
    assert set(problems.STATUS.values()) <= set(problems.TITLES)


# --------------------------------------------------------------------------------- logs


def test_no_secret_reaches_the_logs(world) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        key = world.post("bank_reader", "/keys", json={}).json()["secret"]
        token = world.tokens["bank_reader"]
        for credential in (key, token, f"{key}x"):
            head = {"Authorization": f"Bearer {credential}", "Cookie": f"k={credential}"}
            world.get("", "/me", headers=head, params={"why": credential})
            world.get("", f"/datasets/{credential}", headers=head)
        world.post("", "/token", json={"user": "bank_reader", "password": "wrong hunter2"})
        world.post("", "/token", json={"user": 1, "password": "wrong hunter2"})
        new = {"old": PASSWORD, "new": "hunter2 hunter2 hunter2"}
        world.ask("bank_reader", "PUT", "/me/password", json=new)
        failed = RuntimeError(f"password={PASSWORD} Bearer {token} {key} postgresql://u:hunter2@h")
        logs.logger().error("fault", exc_info=failed)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    written = stream.getvalue()
    assert '"event": "request"' in written
    for secret in (key, token, PASSWORD, "hunter2", key.split("_")[-1], "Cookie", "argon2id"):
        assert secret not in written
    for line in written.splitlines():
        assert {"time", "level", "logger", "event"} <= set(json.loads(line))


def test_a_line_says_who_asked_what_and_how_long_it_took(standing, caplog) -> None:
    with caplog.at_level(logging.INFO, logger=logs.NAME):
        standing.get("bank_reader", "/datasets/energy/versions", params={"x": "canary"})
    fields = next(r.fields for r in caplog.records if r.getMessage() == "request")
    assert fields["user"] == "bank_reader"
    assert fields["route"].endswith("/datasets/{id}/versions")
    assert fields["status"] == 200
    assert fields["ms"] > 0
    assert "canary" not in str(fields)


# ------------------------------------------------------------------------------- metrics


def test_metrics_are_counted_by_template(standing) -> None:
    standing.get("bank_reader", "/datasets/energy/versions")
    text = standing.client.get("/metrics").text
    assert 'status="200"' in text
    assert "/datasets/{id}/versions" in text
    assert "energy" not in text


def test_metrics_are_not_public(standing) -> None:
    app = standing.app
    old = app.state.services.settings
    asked = standing.client.get
    try:
        assert asked("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 403
        app.state.services.settings = type(old)(local=False)
        assert asked("/metrics").status_code == 403
        app.state.services.settings = type(old)(local=False, metrics_token="tick tock")
        assert asked("/metrics", headers={"Authorization": "Bearer tick tock"}).status_code == 200
        assert asked("/metrics", headers={"Authorization": "Bearer tick"}).status_code == 403
    finally:
        app.state.services.settings = old


def test_every_answer_has_the_headers_of_safety(standing) -> None:
    for path in (f"{API}/me", f"{API}/nothing", "/health/live", f"{API}/", f"{API}/openapi.json"):
        found = standing.client.get(path).headers
        assert found["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in found["content-security-policy"]
        assert "no-store" in found["cache-control"]
        assert "server" not in found
    page = standing.client.get(f"{API}/").text
    assert not re.search(r"<script|https?://|src=", page)

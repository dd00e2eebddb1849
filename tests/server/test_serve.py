"""`zhiheng serve`: what it refuses, what it says once, and where it keeps its key."""

from __future__ import annotations

import io
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.server import serving
from zhiheng.server.demo import observations_of
from zhiheng.server.passwords import Passwords
from zhiheng.server.serving import Place, first_admin, settings_of
from zhiheng.store.platform import Platform


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_machines_are_let_in_only_when_it_is_said(host: str) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", host])
    assert isinstance(result.exception, ZhihengError)
    assert result.exception.code == "A152"
    assert not Place(host).local


def test_an_address_that_cannot_be_had() -> None:
    with Place(port=0).socket() as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ZhihengError, match="A158"):
            Place(port=port).socket()
    with pytest.raises(ZhihengError, match="A158"):
        Place("192.0.2.1", 0, remote=True).socket()
    assert Place("::1").local
    assert not Place("no address").local


def test_secrets_are_taken_out_of_the_environment(tmp_path: Path, monkeypatch) -> None:
    secrets = {"ZHIHENG_TOKEN_KEY": "k" * 40, "ZHIHENG_METRICS_TOKEN": "tick",
               "ZHIHENG_ADMIN_PASSWORD": "a long enough secret"}  # fmt: skip
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    settings = settings_of(Place(), str(tmp_path))
    platform = Platform.open(tmp_path / "platform")
    hasher = Passwords(memory=1024, rounds=1)
    assert first_admin(platform, hasher) is None
    assert hasher.fits("a long enough secret", platform.password_hash("admin"))
    assert first_admin(platform, hasher) is None
    platform.close()
    assert (settings.secret, settings.metrics_token) == (b"k" * 40, "tick")
    assert not set(secrets) & set(os.environ)
    assert "kkkk" not in repr(settings)
    assert "tick" not in repr(settings)


def test_settings_follow_from_where_it_listens(tmp_path: Path) -> None:
    here = settings_of(Place(), str(tmp_path))
    assert here.local
    assert "localhost" in here.hosts
    assert here.secret_file == tmp_path / "token.key"
    there = settings_of(Place("0.0.0.0", remote=True, names=("a.example",)), "postgresql://h/d")
    assert (there.local, there.hosts, there.secret_file) == (False, ("a.example",), None)
    # Behind a proxy on this machine everybody looks local.
    assert not settings_of(Place(proxy="127.0.0.1"), str(tmp_path)).local


def test_a_panel_survives_the_way_through_observations() -> None:
    from zhiheng.catalog.embedded import dataset

    panel = dataset("provinces")
    back = observations_of(panel).panel(order=panel.series)
    again = back.select(entities=panel.entities, periods=panel.periods)
    assert again.fingerprint == panel.fingerprint


@pytest.fixture
def running(tmp_path: Path):
    """A demonstration in a process of its own: its output so far, and its address."""
    words = [sys.executable, "-m", "zhiheng", "serve", "--demo", "--store",
             str(tmp_path / "platform"), "--port", "0", "--lang", "en"]  # fmt: skip
    said, log = tmp_path / "said", tmp_path / "log"
    with said.open("w") as out, log.open("w") as err:
        process = subprocess.Popen(words, stdout=out, stderr=err,
                                   env={**os.environ, "PYTHONUNBUFFERED": "1"})  # fmt: skip
    try:
        for _ in range(600):
            if "startup complete" in log.read_text() or process.poll() is not None:
                break
            time.sleep(0.1)
        text = said.read_text()
        yield process, text, re.search(r"http://\S+?:\d+", text)[0], log
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def test_a_demonstration_can_be_looked_at(running, tmp_path: Path) -> None:
    process, text, address, log = running
    passwords = dict(re.findall(r"^  (\w+)  (\S+)$", text, flags=re.M))
    assert set(passwords) == {"admin", "keeper", "guest"}
    key = tmp_path / "platform" / "token.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with httpx.Client(base_url=f"{address}/api/v1", timeout=30) as client:
        body = {"user": "guest", "password": passwords["guest"]}
        token = client.post("/token", json=body).json()["access_token"]
        head = {"Authorization": f"Bearer {token}"}
        found = client.get("/datasets/provinces/inventory", headers=head)
        assert len(found.json()["rows"]) == 4
        strange = client.get("/me", headers={**head, "Host": "evil.example"})
        assert strange.json()["code"] == "A157"
        assert "server" not in found.headers
        wrong = httpx.get(f"{address}/metrics")
        assert wrong.status_code == 200
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    written = log.read_text()
    assert "Traceback" not in written
    for secret in (*passwords.values(), token):
        assert secret not in written


def test_what_is_missing_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "zhiheng.server.serving")
    result = CliRunner().invoke(app, ["serve"])
    assert isinstance(result.exception, ZhihengError)
    assert result.exception.code == "S600"


def test_logs_of_the_server_are_lines_of_json() -> None:
    import json
    import logging

    stream = io.StringIO()
    loggers = [logging.getLogger(n) for n in ("zhiheng.server", "uvicorn", "uvicorn.error")]
    kept = [(one, one.handlers, one.level, one.propagate) for one in loggers]
    try:
        serving.logs.to_stream(stream)
        logging.getLogger("uvicorn.error").info("Started %s", "x")
        logging.getLogger("zhiheng.server").info("request", extra={"fields": {"status": 200}})
    finally:
        for one, handlers, level, propagate in kept:
            one.handlers, one.level, one.propagate = handlers, level, propagate
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(r["logger"], r["event"]) for r in lines] == [
        ("uvicorn.error", "Started x"), ("zhiheng.server", "request"),
    ]  # fmt: skip

"""Fetching, against a server of our own that answers in the publishers' shapes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import source_shapes as shapes
import typer.main
from click.testing import CliRunner

from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.sources import ecb, nbs_api, owid, worldbank
from zhiheng.sources.fetch.polite import Client
from zhiheng.sources.fetch.publishers import PUBLISHERS, Ask, fetch


class Publisher(ThreadingHTTPServer):
    """Answers by path; remembers requests; can be told to fail first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.failures: list[tuple[int, dict[str, str]]] = []
        self.ecb = shapes.zipped(eurofxref__csv=shapes.ECB_CSV)
        self.broken = ""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[bytes, str] | None:
        if path.startswith("/v2/country/all/indicator/"):
            return shapes.worldbank_page(int(query["page"][0]), 2), ""
        if path == "/easyquery.htm":
            national = query["dbcode"] == ["hgnd"]
            json.loads(query["dfwds"][0])
            return shapes.nbs_answer(national=national), ""
        files = {
            "/stats/eurofxref/eurofxref-hist.zip": (self.ecb, f'"{hash(self.ecb)}"'),
            "/grapher/co2.csv": (shapes.OWID_CSV, '"c"'),
            "/grapher/co2.metadata.json": (shapes.OWID_META, '"m"'),
            "/grapher/page.csv": (b"<html>not a chart</html>", ""),
        }
        return files.get(path)


class Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        self.server.seen.append((self.path, dict(self.headers.items())))
        if self.server.failures:
            code, headers = self.server.failures.pop(0)
            return self._send(code, b"", headers)
        if self.server.broken == "redirect":
            return self._send(302, b"", {"Location": "file:///etc/hostname"})
        found = self.server.answer(at.path, parse_qs(at.query))
        if found is None:
            return self._send(404, b"", {})
        body, etag = found
        if etag and self.headers.get("If-None-Match") == etag:
            return self._send(304, b"", {})
        headers = {"ETag": etag} if etag else {}
        if self.server.broken == "short":
            headers["Content-Length"] = str(len(body) + 10)
        return self._send(200, body, headers)

    def _send(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture
def server() -> Iterator[Publisher]:
    made = Publisher()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the surroundings is not asked for an address of this machine."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client(to: Path, time: Time | None = None, **more: Any) -> Client:
    time = time or Time()
    return Client(to, sleep=time.sleep, clock=lambda: time.now, **more)


def test_all_pages_are_fetched_and_parsed(server: Publisher, tmp_path: Path) -> None:
    got = fetch("worldbank", client(tmp_path), Ask(["SP.POP.TOTL"], "2000:2022", base=server.base))
    assert [g.path.name for g in got] == ["wdi-SP.POP.TOTL-p1.json", "wdi-SP.POP.TOTL-p2.json"]
    found = worldbank.parse_pages([(g.read(), g.path.name) for g in got])
    assert sorted(found.period) == [2021, 2022]
    assert "date=2000%3A2022" in server.seen[0][0]
    assert server.seen[0][1]["User-Agent"].startswith("zhiheng/")


def test_what_has_not_changed_is_not_sent_again(server: Publisher, tmp_path: Path) -> None:
    ask = Ask(base=server.base)
    first = fetch("ecb", client(tmp_path), ask)[0]
    second = fetch("ecb", client(tmp_path), ask)[0]
    assert (first.changed, second.changed) == (True, False)
    assert server.seen[1][1]["If-None-Match"] == first.receipt.etag
    assert second.receipt == first.receipt
    receipt = json.loads((tmp_path / "eurofxref-hist.zip.receipt.json").read_text())
    assert receipt["licence"] == "free with attribution"
    assert set(receipt) == {
        "url", "fetched", "etag", "last_modified", "sha256", "bytes", "source", "licence",
    }  # fmt: skip
    assert len(ecb.parse(second.read(), second.path.name)) == 6


def test_a_revision_keeps_the_first_release(server: Publisher, tmp_path: Path) -> None:
    ask = Ask(base=server.base)
    first = fetch("ecb", client(tmp_path), ask)[0]
    server.ecb = shapes.zipped(eurofxref__csv=shapes.ECB_CSV.replace(b"7.0205", b"7.0206"))
    second = fetch("ecb", client(tmp_path), ask)[0]
    assert second.changed
    kept = tmp_path / f"eurofxref-hist.{first.receipt.sha256[:12]}.zip"
    assert 7.0205 in ecb.parse(kept.read_bytes(), kept.name).value
    assert (tmp_path / f"{kept.name}.receipt.json").is_file()
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_file_is_fetched_anew(server: Publisher, tmp_path: Path) -> None:
    ask = Ask(base=server.base)
    got = fetch("ecb", client(tmp_path), ask)[0]
    got.path.write_bytes(b"damaged")
    again = fetch("ecb", client(tmp_path), ask)[0]
    assert "If-None-Match" not in server.seen[1][1]
    assert again.read() == server.ecb


def test_owid_and_nbs(server: Publisher, tmp_path: Path) -> None:
    chart, metadata = fetch("owid", client(tmp_path), Ask(["co2"], base=server.base))
    found = owid.parse(chart.read(), chart.path.name, metadata=metadata.read())
    assert set(found.unit) == {"t_CO2"}
    provinces = fetch("nbs", client(tmp_path), Ask(["A020101"], base=server.base))[0]
    assert len(nbs_api.parse(provinces.read(), provinces.path.name)) == 3
    nation = fetch(
        "nbs", client(tmp_path), Ask(["A020101"], "2010:2022", database="hgnd", base=server.base)
    )[0]
    assert set(nbs_api.parse(nation.read(), nation.path.name).entity) == {"CHN"}


def test_an_overloaded_host_is_asked_again_later(server: Publisher, tmp_path: Path) -> None:
    server.failures = [(503, {}), (429, {"Retry-After": "7"}), (500, {})]
    time = Time()
    assert fetch("ecb", client(tmp_path, time), Ask(base=server.base))[0].changed
    assert time.slept == [1.0, 7.0, 4.0]


def test_requests_to_one_host_keep_their_distance(server: Publisher, tmp_path: Path) -> None:
    time = Time()
    fetch("owid", client(tmp_path, time, pause=1.5), Ask(["co2"], base=server.base))
    assert time.slept == [1.5]


@pytest.mark.parametrize(
    ("failures", "code"), [([(403, {})], "S571"), ([(404, {})], "S571"), ([(503, {})] * 9, "S571")]
)
def test_a_refusal_is_said(
    server: Publisher, tmp_path: Path, failures: list[tuple[int, dict[str, str]]], code: str
) -> None:
    server.failures = failures
    assert _refused("ecb", Ask(base=server.base), tmp_path) == code
    assert not list(tmp_path.iterdir())


def test_a_page_of_html_is_not_kept(server: Publisher, tmp_path: Path) -> None:
    assert _refused("owid", Ask(["page"], base=server.base), tmp_path) == "S572"
    assert not list(tmp_path.iterdir())


def test_an_answer_cut_off_is_not_kept(server: Publisher, tmp_path: Path) -> None:
    server.broken = "short"
    assert _refused("ecb", Ask(base=server.base), tmp_path) == "S570"


def test_a_redirect_leaves_the_web_nowhere(server: Publisher, tmp_path: Path) -> None:
    server.broken = "redirect"
    assert _refused("ecb", Ask(base=server.base), tmp_path).startswith("S57")
    assert _refused("ecb", Ask(base="file:///etc"), tmp_path).startswith("S57")


def test_offline_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}"
    time = Time()
    with pytest.raises(ZhihengError) as caught:
        fetch("ecb", client(tmp_path, time), Ask(base=base))
    assert caught.value.code == "S570"
    assert time.slept[:4] == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("imf", Ask(["x"])),
        ("ecb", Ask(["USD"])),
        ("worldbank", Ask()),
        ("worldbank", Ask(["../../etc"])),
        ("worldbank", Ask(["SP.POP.TOTL"], "last year")),
        ("worldbank", Ask(["SP.POP.TOTL"], regions="all/../x")),
    ],
)
def test_what_cannot_be_asked_is_refused_before_asking(name: str, ask: Ask, tmp_path: Path) -> None:
    assert _refused(name, ask, tmp_path) == "S573"


def test_every_publisher_has_its_licence_in_the_catalog() -> None:
    from zhiheng.catalog.sources import source

    assert all(source(p.source).licence for p in PUBLISHERS.values())


def test_the_command(server: Publisher, tmp_path: Path) -> None:
    words = ["fetch", "ecb", "--to", str(tmp_path), "--base", server.base, "--lang", "en"]
    command = typer.main.get_command(app)
    said = [CliRunner().invoke(command, words).output for _ in range(2)]
    assert said[0].startswith("new  ")
    assert said[1].startswith("unchanged  ")
    assert "free with attribution" in said[0]


def _refused(name: str, ask: Ask, to: Path) -> str:
    with pytest.raises(ZhihengError) as caught:
        fetch(name, client(to), ask)
    return caught.value.code

"""A platform of three organisations behind the HTTP interface."""

from __future__ import annotations

import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

for _module in ("fastapi", "uvicorn", "httpx", "jwt", "argon2", "multipart", "prometheus_client"):
    pytest.importorskip(_module, reason="needs the extra `server`")

with warnings.catch_warnings():
    # Starlette would like a client that is not released under a name we pin.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from zhiheng.core.panel import Status  # noqa: E402
from zhiheng.core.text import Text  # noqa: E402
from zhiheng.server.app import create_app  # noqa: E402
from zhiheng.server.passwords import Passwords  # noqa: E402
from zhiheng.server.settings import Settings  # noqa: E402
from zhiheng.sources.tables import parse  # noqa: E402
from zhiheng.store.findings import Finding  # noqa: E402
from zhiheng.store.platform import Platform  # noqa: E402

API = "/api/v1"
PASSWORD = "a long enough secret"
REGIONS = ("110000", "120000", "130000", "310000")
YEARS = range(2015, 2021)
OPEN, SHUT = "staff", "canary_series"
FILES = {OPEN: "open.csv", SHUT: "canary_file.csv"}
CANARY = 8675309
"""Every value that the bank may not see is this and something."""
ROLES = ("reader", "analyst", "steward", "admin")
FAST = {"hash_memory": 1024, "hash_rounds": 1, "rate": 1e6, "burst": 10**6,
        "address_rate": 1e6, "address_burst": 10**6}  # fmt: skip


def table(series: str, base: float, regions=REGIONS, years=YEARS) -> str:
    lines = ["region,year,series,value,unit"]
    for i, region in enumerate(regions):
        lines += [f"{region},{y},{series},{base + i * 100 + y - 2000},1" for y in years]
    return "\n".join(lines) + "\n"


@dataclass
class World:
    """A server, and a way to speak to it as somebody."""

    platform: Platform
    app: Any
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, who: str) -> dict[str, str]:
        if not who:
            return {}
        if who not in self.tokens:
            body = {"user": who, "password": PASSWORD}
            found = self.client.post(f"{API}/token", json=body)
            assert found.status_code == 200, found.text
            self.tokens[who] = found.json()["access_token"]
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        headers = {**self.headers(who), **more.pop("headers", {})}
        address = path if path.startswith(("/health", "/metrics")) else f"{API}{path}"
        return self.client.request(method, address, headers=headers, **more)

    def get(self, who: str, path: str, **more: Any) -> Any:
        return self.ask(who, "GET", path, **more)

    def post(self, who: str, path: str, **more: Any) -> Any:
        return self.ask(who, "POST", path, **more)


def serve(platform: Platform, **options: Any) -> Iterator[World]:
    app = create_app(platform, Settings(**{**FAST, **options}))
    with TestClient(app, client=("127.0.0.1", 5000), raise_server_exceptions=False) as client:
        yield World(platform, app, client)


def people(platform: Platform, passwords: Passwords) -> None:
    root = platform.principal("root")
    known = passwords.hash(PASSWORD)
    for organisation in ("hebei", "bank", "firm"):
        name = Text(f"机构{organisation}", organisation)
        platform.add_organisation(root, organisation, name, "province")
        for role in ROLES:
            platform.add_user(root, f"{organisation}_{role}", organisation, role, known)


def datasets(platform: Platform) -> None:
    """`energy` is open to the bank in part, `firms` in sums only, `private` not at all."""
    keeper = platform.principal("hebei_steward")

    def add(id: str, *parts: tuple[str, float, str], micro: bool = False, names=REGIONS) -> None:
        platform.add_dataset(keeper, id, Text(f"数据{id}", id), "CC BY 4.0", micro=micro)
        for series, base, file in parts:
            raw = table(series, base, names).encode()
            found = parse(raw, file, own_labels=names != REGIONS)
            platform.import_(keeper, id, found, note=f"canary_note {id}")

    add("energy", (OPEN, 0, "open.csv"), (SHUT, CANARY, "canary_file.csv"))
    add("private", ("canary_private", CANARY, "canary_file.csv"))
    firms = tuple(f"canary_firm_{i}" for i in range(8))
    add("firms", ("jobs", CANARY, "canary_file.csv"), micro=True, names=firms)
    platform.set_groups(
        keeper, "firms", {f: "north" if i < 6 else "south" for i, f in enumerate(firms)}
    )
    reason = Text("canary_reason 无此值", "canary_reason no such value")
    cells = [("110000", OPEN), ("310000", OPEN), ("110000", SHUT)]
    platform.annotate(
        keeper, "energy",
        [Finding(e, 2016, s, FILES[s], "", Status.ABSENT,
                 Text("看得到", "visible") if (e, s) == ("110000", OPEN) else reason, "check")
         for e, s in cells],
        note="canary_note",
    )  # fmt: skip
    platform.grant(keeper, "energy", "bank", series=[OPEN], entities=["110000", "120000"],
                   first=2016, reason="credit")  # fmt: skip
    platform.grant(keeper, "firms", "bank", level="group", reason="credit")


def build(place: Path | str) -> Platform:
    platform = Platform.open(place)
    passwords = Passwords(memory=1024, rounds=1)
    platform.bootstrap("root", passwords.hash(PASSWORD))
    people(platform, passwords)
    datasets(platform)
    return platform


@contextmanager
def live(app: Any) -> Iterator[str]:
    """The application behind a socket of this machine; its address."""
    import uvicorn

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()

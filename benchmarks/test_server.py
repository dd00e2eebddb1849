"""Reading a shared platform over HTTP: one panel, and a hundred readers at once."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "cases"))
from server_world import API, World, build, live, serve

from zhiheng.catalog.embedded import dataset
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.server.demo import observations_of

PROVINCES, YEARS, SERIES = 31, 20, 40
READERS, EACH = 100, 5


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[World, str, list[str]]]:
    platform = build(tmp_path_factory.mktemp("server") / "platform")
    entities = dataset("provinces").entities[:PROVINCES]
    rng = np.random.default_rng(1)
    names = [f"s{i:02d}" for i in range(SERIES)]
    panel = Panel.of({n: rng.normal(1e4, 3e3, (PROVINCES, YEARS)) for n in names},
                     entities=entities, periods=range(2003, 2003 + YEARS),
                     units=dict.fromkeys(names, "1"), level="province")  # fmt: skip
    keeper = platform.principal("hebei_steward")
    platform.add_dataset(keeper, "large", Text("大", "Large"), "CC0")
    platform.import_(keeper, "large", observations_of(panel), note="benchmark")
    platform.grant(keeper, "large", "bank", reason="benchmark")
    for world in serve(platform):
        with live(world.app) as address:
            yield world, address, names
    platform.close()


def ask(client: httpx.Client, world: World, names: list[str], kind: str) -> httpx.Response:
    found = client.get(f"{API}/datasets/large/panel", params={"series": names, "format": kind},
                       headers=world.headers("bank_reader"))  # fmt: skip
    assert found.status_code == 200, found.text
    return found


@pytest.mark.parametrize("kind", ["json", "arrow", "csv"])
def test_a_panel_of_31_by_20_by_40(benchmark, served, kind: str) -> None:
    """The same question again: rows are in memory, rights and audit are not skipped."""
    world, address, names = served
    with httpx.Client(base_url=address) as client:
        found = ask(client, world, names, kind)
        if kind == "json":
            assert np.shape(found.json()["values"]) == (PROVINCES, YEARS, SERIES)
        benchmark.pedantic(lambda: ask(client, world, names, kind), rounds=50, iterations=1)


def test_a_panel_that_nobody_asked_for_before(benchmark, served) -> None:
    """From the files: a new reader, so neither panel nor body is held."""
    world, address, names = served
    parts = world.app.state.services
    with httpx.Client(base_url=address) as client:

        def forget() -> None:
            parts.pages._held.clear()
            parts.platform._readers.clear()

        benchmark.pedantic(lambda: ask(client, world, names, "json"), setup=forget, rounds=20)


def test_a_hundred_readers_at_once(benchmark, served) -> None:
    world, address, names = served
    world.headers("bank_reader")
    ready = threading.Barrier(READERS)
    kinds = ("json", "arrow", "csv")

    def reader(number: int) -> list[float]:
        times: list[float] = []
        with httpx.Client(base_url=address, timeout=60) as client:
            ready.wait(60)
            for i in range(EACH):
                start = time.perf_counter()
                ask(client, world, names, kinds[(number + i) % 3])
                times.append(time.perf_counter() - start)
        return times

    def all_of_them() -> list[float]:
        with ThreadPoolExecutor(READERS) as pool:
            return [t for times in pool.map(reader, range(READERS)) for t in times]

    times = benchmark.pedantic(all_of_them, rounds=1, iterations=1)
    benchmark.extra_info["slowest"] = max(times)
    assert len(times) == READERS * EACH

"""How much and how often: buckets, bodies, uploads, jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_world import API, FAST, PASSWORD, World, serve

from zhiheng.core.errors import ZhihengError
from zhiheng.server import limits
from zhiheng.server.jobs import Jobs
from zhiheng.server.limits import Buckets, Failures
from zhiheng.server.metrics import Metrics
from zhiheng.server.settings import Settings
from zhiheng.store.rights import Principal


@contextmanager
def served(standing, **options) -> Iterator[World]:
    """The platform of the standing world behind a server with other settings."""
    makers = serve(standing.platform, **options)
    yield next(makers)
    with pytest.raises(StopIteration):
        next(makers)


@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.5, 5), st.integers(1, 10))
def test_no_caller_gets_more_than_burst_and_rate(gaps, rate: float, burst: int) -> None:
    now = [0.0]
    buckets = Buckets(rate, burst, clock=lambda: now[0])
    taken = 0
    for gap in gaps:
        now[0] += gap
        taken += buckets.take("x") == 0
        assert taken <= burst + rate * now[0] + 1e-9
    assert buckets.take("y") == 0


def test_a_bucket_says_how_long_to_wait() -> None:
    now = [0.0]
    buckets = Buckets(2.0, 1, clock=lambda: now[0])
    assert buckets.take("x") == 0
    assert buckets.take("x") == pytest.approx(0.5)
    now[0] += 0.5
    assert buckets.wait("x") == 0
    assert buckets.take("x") == 0


def test_callers_are_forgotten_when_there_are_too_many(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 3)
    buckets, failures = Buckets(1e-9, 1), Failures(free=1)
    for name in "abcd":
        buckets.take(name)
        failures.failed(name)
    assert len(buckets._held) == len(failures._held) == 3


def test_failures_double_the_wait_and_are_forgotten() -> None:
    now = [0.0]
    failures = Failures(free=2, longest=100.0, clock=lambda: now[0])
    waits = []
    for _ in range(5):
        failures.failed("x")
        waits.append(failures.wait("x"))
    assert waits == [0, 1, 2, 4, 8]
    failures.succeeded("x")
    assert failures.wait("x") == 0
    for _ in range(99):
        failures.failed("x")
    assert failures.wait("x") == 100.0
    now[0] += 101
    failures.failed("x")
    assert failures.wait("x") == 0


def test_a_caller_is_slowed_and_others_are_not(standing) -> None:
    with served(standing, rate=0.01, burst=3) as world:
        codes = [world.get("bank_reader", "/me").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        found = world.get("bank_reader", "/me")
        assert found.json()["code"] == "A143"
        assert int(found.headers["retry-after"]) > 1
        assert world.get("bank_admin", "/me").status_code == 200


def test_an_address_may_not_guess(standing) -> None:
    with served(standing, address_rate=0.01, address_burst=3) as world:
        for _ in range(3):
            bad = world.get("", "/me", headers={"Authorization": "Bearer zh_a_b"})
            assert bad.status_code == 401
        assert world.get("", "/me", headers={"Authorization": "Bearer zh_a_b"}).status_code == 429
        body = {"user": "bank_reader", "password": PASSWORD}
        assert world.post("", "/token", json=body).status_code == 429


def test_bodies_have_a_limit_with_and_without_a_length(standing) -> None:
    with served(standing, most_body=1000, most_upload=3000) as world:
        body = {"user": "x", "password": "y" * 2000}
        assert world.post("", "/token", json=body).status_code == 413

        def parts() -> Iterator[bytes]:
            yield from [b"x" * 600] * 5

        kind = {"Content-Type": "application/json"}
        found = world.post("", "/token", content=parts(), headers=kind)
        assert found.status_code == 413
        assert found.json()["code"] == "A142"
        head = world.headers("hebei_steward")
        for size, expected in ((1500, 202), (5000, 413)):
            file = {"file": ("x.csv", b"region,year,a\n" + b"\n" * size, "text/csv")}
            found = world.client.post(f"{API}/datasets/energy/imports", files=file, headers=head)
            assert found.status_code == expected, found.text


BY = Principal("li", "hebei", "analyst")
OTHER = Principal("wang", "bank", "analyst")


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs(Settings(**{**FAST, "workers": 1, "most_jobs": 3}), Metrics())
    yield made
    made.close()


def test_an_organisation_has_a_share_of_the_queue(jobs: Jobs) -> None:
    gate = threading.Event()
    started = [jobs.start(BY, "x", lambda _: gate.wait(10) and b"{}") for _ in range(3)]
    with pytest.raises(ZhihengError, match="A146"):
        jobs.start(Principal("zhao", "hebei", "admin"), "x", lambda _: b"{}")
    theirs = jobs.start(OTHER, "x", lambda _: b"{}")
    gate.set()
    for job in [*started, theirs]:
        job.future.result(10)
    assert {j.state for j in [*started, theirs]} == {"done"}
    assert jobs.start(BY, "x", lambda _: b"{}").state in ("queued", "running", "done")


def test_jobs_are_cancelled_waiting_and_running(jobs: Jobs) -> None:
    begun, gate = threading.Event(), threading.Event()

    def work(job) -> bytes:
        begun.set()
        gate.wait(10)
        job.report("store", 0.5)
        raise AssertionError("a cancelled job went on")

    running, waiting = jobs.start(BY, "x", work), jobs.start(BY, "x", work)
    begun.wait(10)
    assert jobs.cancel(BY, waiting.id).state == "cancelled"
    jobs.cancel(BY, running.id)
    gate.set()
    running.future.result(10)
    assert running.state == "cancelled"
    assert running.result == b""
    jobs.cancel(BY, running.id)
    with pytest.raises(ZhihengError, match="A145"):
        jobs.get(BY, running.id)


def test_a_fault_in_a_job_is_ours(jobs: Jobs) -> None:
    def work(job) -> bytes:
        raise RuntimeError("canary")

    job = jobs.start(BY, "x", work)
    job.future.result(10)
    assert job.state == "failed"
    assert job.error.code == "A160"
    assert "canary" not in str(job.error)


def test_results_are_forgotten_by_age_and_by_size() -> None:
    old = Jobs(Settings(**{**FAST, "result_hours": 0.0}), Metrics())
    job = old.start(BY, "x", lambda _: b"{}")
    job.future.result(10)
    assert old.of(BY) == []
    old.close()
    full = Jobs(Settings(**{**FAST, "most_result": 25, "workers": 1}), Metrics())
    made = [full.start(BY, "x", lambda _: b"0123456789") for _ in range(3)]
    for job in made:
        job.future.result(10)
    assert [j.id for j in full.of(BY)] == [j.id for j in made[1:]]
    full.close()

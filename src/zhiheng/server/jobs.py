"""Jobs: work that may take longer than a request, with progress, limits and cancelling."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from zhiheng.core.errors import ZhihengError
from zhiheng.core.local_files import no_local_files
from zhiheng.server import refusals
from zhiheng.server.logs import logger
from zhiheng.server.metrics import Metrics
from zhiheng.server.settings import Settings
from zhiheng.store.rights import Principal

State = Literal["queued", "running", "done", "failed", "cancelled"]
OPEN: tuple[State, ...] = ("queued", "running")
STALE = 5.0
"""Seconds after which a caller with too many jobs may ask again."""


class Cancelled(Exception):
    """Raised within a job that was cancelled, at its next report of progress."""


@dataclass
class Job:
    """One piece of work.

    Attributes
    ----------
    kind : str
        ``method:index``, ``import``.
    dataset : str
        The dataset that it reads or writes; empty for data that came with the request.
    progress : tuple of str and float
        The stage, and the share that is done.
    """

    id: str
    kind: str
    by: Principal
    dataset: str
    created: str
    state: State = "queued"
    progress: tuple[str, float] = ("", 0.0)
    started: str = ""
    ended: str = ""
    result: bytes = b""
    error: ZhihengError | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: float = 0.0
    future: Future[None] | None = None

    def report(self, stage: str, share: float) -> None:
        """Say how far it is; raises `Cancelled` when nobody wants it any more."""
        if self.stop.is_set():
            raise Cancelled
        self.progress = (stage, share)


Work = Callable[[Job], bytes]


class Jobs:
    """The jobs of one server, in threads of its own process.

    A running method cannot be stopped from outside; when it is cancelled its result is
    thrown away. An import stops between its stages and leaves nothing behind.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="zhiheng-job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, by: Principal, kind: str, work: Work, *, dataset: str = "") -> Job:
        """Put work into the queue.

        Raises
        ------
        ZhihengError
            A146 the organisation has as many unfinished jobs as it may have.
        """
        job = Job(secrets.token_hex(12), kind, by, dataset, _now())
        with self._lock:
            self._forget()
            limit = self._settings.most_jobs
            if sum(j.by.organisation == by.organisation for j in self._unfinished()) >= limit:
                raise refusals.queue_full(limit, STALE)
            self._jobs[job.id] = job
            self._metrics.unfinished.set(len(self._unfinished()))
            job.future = self._pool.submit(self._run, job, work)
        return job

    def of(self, by: Principal) -> list[Job]:
        """The jobs of a user, oldest first."""
        with self._lock:
            self._forget()
            return [j for j in self._jobs.values() if _is_of(j, by)]

    def get(self, by: Principal, id: str) -> Job:
        """One job of a user (A145: also when it is somebody else's)."""
        found = {j.id: j for j in self.of(by)}.get(id)
        if found is None:
            raise refusals.unknown_job(id)
        return found

    def cancel(self, by: Principal, id: str) -> Job:
        """Cancel a job that has not ended; one that has is forgotten with its result."""
        job = self.get(by, id)
        with self._lock:
            job.stop.set()
            if job.state not in OPEN:
                self._jobs.pop(id, None)
            elif job.state == "queued":
                self._end(job, "cancelled")
        return job

    def close(self) -> None:
        """Stop; what has not begun is cancelled."""
        with self._lock:
            for job in self._unfinished():
                job.stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Work) -> None:
        with self._lock:
            if job.stop.is_set():
                if job.state == "queued":
                    self._end(job, "cancelled")
                return
            job.state, job.started = "running", _now()
        found, state = b"", "failed"
        try:
            with no_local_files():
                found = work(job)
            state = "cancelled" if job.stop.is_set() else "done"
        except Cancelled:
            state = "cancelled"
        except ZhihengError as error:
            job.error = error
        except Exception:  # our fault: the log has it, the caller gets the id
            logger().exception("fault", extra={"fields": {"id": job.id, "job": job.kind}})
            job.error = refusals.internal(job.id)
        with self._lock:
            job.result = found if state == "done" else b""
            self._end(job, state)

    def _end(self, job: Job, state: State) -> None:
        job.state, job.ended, job.over = state, _now(), time.monotonic()
        self._metrics.jobs.labels(job.kind, state).inc()
        self._metrics.unfinished.set(len(self._unfinished()))

    def _unfinished(self) -> list[Job]:
        return [j for j in self._jobs.values() if j.state in OPEN]

    def _forget(self) -> None:
        """Drop what is too old, then the oldest results until the rest fits."""
        age = time.monotonic() - self._settings.result_hours * 3600
        ended = [j for j in self._jobs.values() if j.state not in OPEN]
        held = sum(len(j.result) for j in ended)
        for job in sorted(ended, key=lambda j: j.over):
            if job.over < age or held > self._settings.most_result or len(self._jobs) > 10_000:
                held -= len(job.result)
                del self._jobs[job.id]


async def ended(job: Job, seconds: float) -> bool:
    """Wait for a job; whether it has ended."""
    if job.future is None:
        return False
    waiting = asyncio.wrap_future(job.future)
    done, _ = await asyncio.wait([waiting], timeout=seconds)
    return bool(done) or job.state not in OPEN


def describe(job: Job) -> dict[str, Any]:
    """What a caller is told of a job."""
    return {
        "id": job.id,
        "kind": job.kind,
        "dataset": job.dataset,
        "state": job.state,
        "stage": job.progress[0],
        "share": 1.0 if job.state == "done" else job.progress[1],
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
        "has_result": bool(job.result),
    }


def _is_of(job: Job, by: Principal) -> bool:
    return (job.by.user, job.by.organisation) == (by.user, by.organisation)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Drawing in several processes at once, since vl-convert draws one figure at a time in each.

The processes run a module of ours and nothing of the caller: a pool of
`multiprocessing` would import the user's main script again on macOS and Windows.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from zhiheng.report.vega import Sketch

FEWEST = 24
"""Drawings worth the start of processes, which costs about as much as eight drawings each."""
MOST = 4
"""Processes at most: with four, drawing is done before the tables are, and each takes 0.2 GB."""

Begun = Future[Sketch | None]
"""A drawing that another process makes, or None where it could not."""
Begin = Callable[[Mapping[str, Any], float | None], Begun]


def processors() -> int:
    """How many processes may draw at once on this machine: 0 where none can be started."""
    if not Path(sys.executable or "").stem.lower().startswith("python"):
        return 0  # a program with Python inside, which would start itself again
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


@contextmanager
def drawers(count: int) -> Generator[Begin]:
    """Processes that draw, ended on leaving; gives the function that begins a drawing.

    Parameters
    ----------
    count : int
        How many, at least 1.
    """
    with ExitStack() as stack:
        idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        for _ in range(count):
            idle.put(_start(stack))
        threads = ThreadPoolExecutor(count, thread_name_prefix="zhiheng-draw")
        # Left before the processes: no thread may wait for one that has been ended.
        stack.callback(threads.shutdown, cancel_futures=True)

        def one(spec: Mapping[str, Any], scale: float | None) -> Sketch | None:
            process = idle.get()
            try:
                return None if process is None else _ask(process, spec, scale)
            finally:
                idle.put(process)

        yield lambda spec, scale: threads.submit(one, spec, scale)


def _start(stack: ExitStack) -> subprocess.Popen[bytes] | None:
    """A process that draws, or None where the system allows none."""
    # What this process can import, that one can: the package may stand on a path added by hand.
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "zhiheng.report.draw_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows only
        )
    except OSError:
        return None
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process at once: whatever it still draws, nobody waits for."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was written to a process that had died
                pipe.close()
    process.wait()


def _ask(
    process: subprocess.Popen[bytes], spec: Mapping[str, Any], scale: float | None
) -> Sketch | None:
    """One drawing from a process; None where it could not draw it, or has died."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(pickle.dumps((spec, scale)))
        process.stdin.flush()
        answer = pickle.load(process.stdout)
    except (OSError, EOFError, pickle.PickleError):
        return None
    return None if answer is None else Sketch(*answer)

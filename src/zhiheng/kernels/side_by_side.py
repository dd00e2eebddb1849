"""Work cut into parts that know nothing of one another, done by as many threads as processors.

Threads change how long the parts take, and nothing else: numpy gives way to the others while it
works on large arrays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def processors() -> int:
    """How many parts can be worked on at the same time."""
    return os.cpu_count() or 1


WORTH = 500_000
"""Numbers in all items below which starting threads takes longer than it saves."""


def side_by_side(part: Callable[[T], R], items: Sequence[T], numbers: int = WORTH) -> list[R]:
    """`part` of every item, in the order of the items; `numbers` is how much there is to do."""
    workers = min(len(items), processors()) if numbers >= WORTH else 1
    if workers <= 1:
        return [part(item) for item in items]
    with ThreadPoolExecutor(workers, thread_name_prefix="zhiheng-draws") as pool:
        return list(pool.map(part, items))

"""Token buckets: how often one caller may ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CALLERS = 20_000
"""Callers remembered; the one not seen for longest is forgotten first, its bucket being full."""


class Buckets:
    """A bucket of tokens for each caller, filled at a steady rate.

    Parameters
    ----------
    rate : float
        Tokens a second.
    burst : int
        Tokens that a bucket holds.
    """

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, tokens: float = 1.0) -> float:
        """Take tokens; 0 when they were there, else the seconds until they will be."""
        with self._lock:
            now = self._clock()
            left = self._left(caller, now)
            wait = max(0.0, (tokens - left) / self._rate)
            self._keep(caller, left - tokens if wait == 0 else left, now)
            return wait

    def wait(self, caller: str) -> float:
        """The seconds until one token is there, without taking it."""
        with self._lock:
            return max(0.0, (1.0 - self._left(caller, self._clock())) / self._rate)

    def _left(self, caller: str, now: float) -> float:
        left, then = self._held.get(caller, (self._burst, now))
        return min(self._burst, left + (now - then) * self._rate)

    def _keep(self, caller: str, left: float, now: float) -> None:
        self._held[caller] = (left, now)
        self._held.move_to_end(caller)
        while len(self._held) > MOST_CALLERS:
            self._held.popitem(last=False)


class Failures:
    """Failures of sign-in: each one after the first few doubles the wait.

    Parameters
    ----------
    free : int
        Failures without a wait.
    longest : float
        Seconds; after as long without a failure a caller starts anew.
    """

    def __init__(
        self,
        free: int = 5,
        longest: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._longest, self._clock = free, longest, clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """The seconds that a caller has to wait before the next attempt."""
        with self._lock:
            count, then = self._held.get(caller, (0, 0.0))
            if count < self._free:
                return 0.0
            pause = min(self._longest, 2.0 ** min(count - self._free, 30))
            return max(0.0, then + pause - self._clock())

    def failed(self, caller: str) -> None:
        """Count one failure."""
        with self._lock:
            now = self._clock()
            count, then = self._held.get(caller, (0, now))
            self._held[caller] = (1 if now - then > self._longest else count + 1, now)
            self._held.move_to_end(caller)
            while len(self._held) > MOST_CALLERS:
                self._held.popitem(last=False)

    def succeeded(self, caller: str) -> None:
        """Forget the failures of a caller."""
        with self._lock:
            self._held.pop(caller, None)

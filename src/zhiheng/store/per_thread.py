"""One connection for each thread that lives; what threads that ended had open is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerThread(Generic[T]):
    """Opens a thing once for each thread.

    Parameters
    ----------
    open_one : function
        Opens it, in the thread that will use it.
    close_one : function
        Closes it; it may be called from another thread, never while it is in use.
    alive : function, optional
        Whether it can still be used; opened anew otherwise.
    """

    def __init__(
        self,
        open_one: Callable[[], T],
        close_one: Callable[[T], object],
        alive: Callable[[T], bool] = lambda _: True,
    ) -> None:
        self._open_one, self._close_one, self._alive = open_one, close_one, alive
        self._open: dict[threading.Thread, T] = {}
        self._lock = threading.Lock()

    def here(self) -> T:
        """The one of this thread."""
        thread = threading.current_thread()
        known = self._open.get(thread)
        if known is not None and self._alive(known):
            return known
        made = self._open_one()
        with self._lock:
            ended = [t for t in self._open if not t.is_alive()]
            for one in (*ended, *([thread] if thread in self._open else [])):
                self._close_one(self._open.pop(one))
            self._open[thread] = made
        return made

    def close(self, *, everywhere: bool = False) -> None:
        """Close the one of this thread, or all; no thread may be using them."""
        with self._lock:
            threads = list(self._open) if everywhere else [threading.current_thread()]
            for thread in threads:
                if thread in self._open:
                    self._close_one(self._open.pop(thread))

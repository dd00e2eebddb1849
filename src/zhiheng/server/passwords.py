"""Passwords: argon2id, and the same work for names that nobody has."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from zhiheng.server.refusals import weak_password

MOST_CHARACTERS = 256
AT_ONCE = 4
"""Hashes computed at a time; each takes tens of megabytes of memory."""


class Passwords:
    """Hashes and verifies passwords.

    Parameters
    ----------
    memory : int
        KiB.
    rounds : int
    least : int
        Characters that a password needs.
    """

    def __init__(self, *, memory: int = 65_536, rounds: int = 3, least: int = 12) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._room = threading.Semaphore(AT_ONCE)
        self._least = least

    def hash(self, password: str, *, user: str = "") -> str:
        """The hash of a new password.

        Raises
        ------
        ZhihengError
            A153 it is too short or too easy.
        """
        easy = len(set(password)) < 4 or (len(user) > 2 and user.casefold() in password.casefold())
        if not self._least <= len(password) <= MOST_CHARACTERS or easy:
            raise weak_password(self._least)
        with self._room:
            return self._hasher.hash(password)

    def fits(self, password: str, known: str | None) -> bool:
        """Whether a password belongs to a hash; without one it takes as long and is false."""
        with self._room:
            try:
                right = self._hasher.verify(known or self._nobody, password[:MOST_CHARACTERS])
            except (VerificationError, InvalidHashError):
                return False
        return right and known is not None

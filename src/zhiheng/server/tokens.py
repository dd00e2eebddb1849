"""Short-lived tokens for sessions by password."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt

from zhiheng.server.refusals import open_secret

ALGORITHM = "HS256"
ISSUER = "zhiheng"
AUDIENCE = "zhiheng-api"
REQUIRED = ("exp", "iat", "iss", "aud", "sub", "jti", "stamp")
LEAST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """What a token says: whose it is, since which state of the account, until when."""

    user: str
    stamp: int
    id: str
    expires: int


class Tokens:
    """Issues and reads tokens; a token names the state of the account that it was issued for.

    Parameters
    ----------
    secret : bytes
        32 bytes or more.
    minutes : int
        How long a token counts.
    """

    def __init__(self, secret: bytes, minutes: int, clock: Callable[[], float] = time.time) -> None:
        if len(secret) < LEAST_BYTES:
            raise open_secret("settings.secret")
        self._secret, self.seconds, self._clock = secret, minutes * 60, clock
        self._ended: dict[str, int] = {}
        self._lock = threading.Lock()

    def issue(self, user: str, stamp: int) -> str:
        """A token of a user who has just shown the password."""
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user,
            "iat": now,
            "exp": now + self.seconds,
            "jti": uuid.uuid4().hex,
            "stamp": stamp,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> Session | None:
        """What a token says, or nothing when it is not ours, has expired or was ended."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(REQUIRED), "verify_exp": False, "verify_iat": False},
            )
            found = Session(
                str(claims["sub"]), int(claims["stamp"]), str(claims["jti"]), int(claims["exp"])
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        # The clock is ours, so that a test can move it.
        alive = found.expires > self._clock() and found.id not in self._ended
        return found if alive else None

    def end(self, session: Session) -> None:
        """End a session before its time; the list holds what has not expired yet."""
        with self._lock:
            now = self._clock()
            kept = {k: v for k, v in self._ended.items() if v > now}
            self._ended = {**kept, session.id: session.expires}


def secret_of(given: bytes, file: Path | None) -> bytes:
    """The key of the tokens: given, kept in a file, or drawn for this run only.

    Raises
    ------
    ZhihengError
        A154 the file can be read by others, or holds less than 32 bytes.
    """
    if given or file is None:
        return given or secrets.token_bytes(LEAST_BYTES)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept(file)
    made = secrets.token_bytes(LEAST_BYTES)
    with os.fdopen(handle, "wb") as out:
        out.write(made)
    return made


def _kept(file: Path) -> bytes:
    found = file.read_bytes()
    if len(found) < LEAST_BYTES or file.stat().st_mode & 0o077:
        raise open_secret(str(file))
    return found

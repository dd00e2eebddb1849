"""A polite download: rate limit, retries, conditional requests, a cache with receipts.

Beside every file stands ``FILE.receipt.json``: address, time, ETag, SHA-256 and
licence. A file that the publisher has changed does not overwrite the one at hand: the
older one is kept under its hash, because a revision is not a correction of a mistake.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text

MOST_BYTES = 512 << 20
"""The largest answer that is taken (512 MiB)."""

_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a file came from: enough to ask for it again and to see that it is unchanged."""

    url: str
    fetched: str
    etag: str
    last_modified: str
    sha256: str
    bytes: int
    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on disk and its receipt; `changed` is false when the publisher had nothing new."""

    path: Path
    receipt: Receipt
    changed: bool

    def read(self) -> bytes:
        """The bytes of the file."""
        return self.path.read_bytes()


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS with redirects and proxies, and nothing else: no file:, ftp: or data:."""
    made = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        made.add_handler(handler)
    return made


def user_agent() -> str:
    """How requests introduce themselves."""
    try:
        number = version("zhiheng")
    except PackageNotFoundError:
        number = "0"
    return f"zhiheng/{number} (statistics client; one request at a time)"


@dataclass
class Client:
    """Downloads into one folder.

    Parameters
    ----------
    to : Path
        The folder, made when it is missing.
    pause : float
        Least seconds between two requests to one host.
    retries : int
        How often a request is repeated when the host is not reached or overloaded.
    timeout : float
        Seconds without an answer.
    sleep, clock : callable
        Of the tests.
    """

    to: Path
    pause: float = 1.0
    retries: int = 4
    timeout: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _last: dict[str, float] = field(default_factory=dict[str, float])

    def get(
        self, url: str, name: str, *, source: str, licence: str, accept: Callable[[bytes], bool]
    ) -> Fetched:
        """Bring one file up to date.

        Parameters
        ----------
        url : str
        name : str
            File name in the folder.
        source, licence : str
            For the receipt.
        accept : callable
            Whether bytes are what was asked for; a page of errors is not kept.

        Raises
        ------
        ZhihengError
            S570 the host cannot be reached, S571 it refuses, S572 it answers something
            else than was asked for.
        """
        path = self.to / name
        before = _receipt(path)
        same = before is not None and before.url == url
        headers = _conditions(before) if same and before is not None else {}
        answer = self._ask(url, headers)
        if answer is None:
            if before is None:  # 304 without a condition: the host is not to be relied on
                raise _other_answer(url, "304")
            return Fetched(path, before, changed=False)
        raw, got = answer
        if not accept(raw):
            raise _other_answer(url, raw[:80].decode("utf-8", errors="replace"))
        made = Receipt(
            url,
            datetime.now(UTC).isoformat(timespec="seconds"),
            got.get("ETag", ""),
            got.get("Last-Modified", ""),
            hashlib.sha256(raw).hexdigest(),
            len(raw),
            source,
            licence,
        )
        changed = before is None or before.sha256 != made.sha256
        self._write(path, raw, made, before if changed else None)
        return Fetched(path, made, changed)

    def _ask(self, url: str, headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]] | None:
        """Body and headers, or None where nothing has changed since the file at hand."""
        why = ""
        for attempt in range(self.retries + 1):
            self._wait(url)
            request = urllib.request.Request(  # noqa: S310  the opener knows http and https only
                url, headers={"User-Agent": user_agent(), **headers}
            )
            try:
                with _opener().open(request, timeout=self.timeout) as response:
                    return _body(response, url), dict(response.headers.items())
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 304:
                    return None
                why = f"HTTP {error.code}"
                if error.code not in _AGAIN or attempt == self.retries:
                    raise _refused(url, error.code) from None
                wait = _after(error.headers.get("Retry-After", ""), attempt)
            except (OSError, http.client.HTTPException, ValueError) as error:
                why, wait = repr(error), 2.0**attempt
            if attempt < self.retries:
                self.sleep(wait)
        raise _unreachable(url, why)

    def _wait(self, url: str) -> None:
        host = urllib.parse.urlsplit(url).netloc
        now = self.clock()
        due = self._last.get(host, now - self.pause) + self.pause
        if due > now:
            self.sleep(due - now)
        self._last[host] = max(due, now)

    def _write(self, path: Path, raw: bytes, made: Receipt, before: Receipt | None) -> None:
        self.to.mkdir(parents=True, exist_ok=True)
        if before is not None:
            kept = path.with_name(f"{path.stem}.{before.sha256[:12]}{path.suffix}")
            os.replace(path, kept)  # noqa: PTH105
            os.replace(_beside(path), _beside(kept))  # noqa: PTH105
        _replace(path, raw)
        _replace(_beside(path), json.dumps(asdict(made), indent=1, sort_keys=True).encode())


def _replace(path: Path, raw: bytes) -> None:
    """All of it or nothing: a file that is there is whole."""
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(raw)
    os.replace(draft, path)  # noqa: PTH105


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".receipt.json")


def _receipt(path: Path) -> Receipt | None:
    """The receipt of a file that still has the bytes it speaks of; None otherwise."""
    try:
        found: Any = json.loads(_beside(path).read_text("utf-8"))
        made = Receipt(**found)
        whole = hashlib.sha256(path.read_bytes()).hexdigest() == made.sha256
    except (OSError, ValueError, TypeError):
        return None
    return made if whole else None


def _conditions(before: Receipt) -> dict[str, str]:
    wanted = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
    return {k: v for k, v in wanted.items() if v}


def _body(response: Any, url: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.read(_CHUNK):
        size += len(part)
        if size > MOST_BYTES:
            raise _other_answer(url, f"> {MOST_BYTES} bytes")
        parts.append(part)
    stated = response.headers.get("Content-Length", "")
    if stated.isdigit() and int(stated) != size:
        raise http.client.IncompleteRead(b"", int(stated) - size)
    return b"".join(parts)


def _after(stated: str, attempt: int) -> float:
    """What the host asks for, up to two minutes; else 1, 2, 4, 8 … seconds."""
    return min(float(stated), 120.0) if stated.isdigit() else 2.0**attempt


def _rows(url: str, why: str) -> list[Row]:
    return [{"url": url, "reason": why[:160]}]


def _unreachable(url: str, why: str) -> ZhihengError:
    return ZhihengError(
        "S570",
        Text("连不上发布者的服务器。", "The publisher's server cannot be reached."),
        evidence=_rows(url, why),
        fix=Text(
            "检查网络或代理；也可在别处下载文件，再直接读文件。",
            "Check network and proxy; or download the file elsewhere and read it from disk.",
        ),
    )


def _refused(url: str, status: int) -> ZhihengError:
    return ZhihengError(
        "S571",
        Text("服务器拒绝：HTTP {s}。", "The server refuses: HTTP {s}.").format(s=status),
        evidence=_rows(url, f"HTTP {status}"),
        fix=Text(
            "核对代码；若是 403 或 429，过些时候再试，或在浏览器里下载。",
            "Check the code; at 403 or 429 try later, or download it in a browser.",
        ),
    )


def _other_answer(url: str, what: str) -> ZhihengError:
    return ZhihengError(
        "S572",
        Text("服务器答非所问，没有保存。", "The answer is not what was asked for; not saved."),
        evidence=_rows(url, what),
        fix=Text(
            "核对代码和参数；发布者可能改了接口。",
            "Check codes and options; the publisher may have changed the interface.",
        ),
    )

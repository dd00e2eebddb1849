"""Starting a server: the defaults are those that can hurt nobody."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import uvicorn

from zhiheng.server import logs, refusals
from zhiheng.server.app import PREFIX, create_app
from zhiheng.server.passwords import Passwords
from zhiheng.server.settings import Settings
from zhiheng.store.platform import Platform

ADMIN = "admin"
ADMIN_PASSWORD = "ZHIHENG_ADMIN_PASSWORD"  # noqa: S105  the name of a variable
TOKEN_KEY = "ZHIHENG_TOKEN_KEY"  # noqa: S105
METRICS_TOKEN = "ZHIHENG_METRICS_TOKEN"  # noqa: S105
KEY_FILE = "token.key"
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and for whom.

    Parameters
    ----------
    host, port : str, int
    remote : bool
        Whether other machines may reach it; without it only this one can.
    proxy : str
        Address of the reverse proxy whose word on the caller's address counts.
    names : sequence of str
        Host names under which it may be asked.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    remote: bool = False
    proxy: str = ""
    names: Sequence[str] = ()

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it directly."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def socket(self) -> socket.socket:
        """The socket to listen on.

        Raises
        ------
        ZhihengError
            A152 it would be open to other machines without `remote`, A158 it cannot be had.
        """
        if not self.local and not self.remote:
            raise refusals.remote_refused(self.host)
        kind = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        made = socket.socket(kind)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self.host, self.port))
        except (OSError, OverflowError) as error:
            made.close()
            raise refusals.no_socket(self.host, self.port, str(error)) from error
        return made


def settings_of(place: Place, store: str) -> Settings:
    """The settings of a server that the command line starts; secrets come from the environment.

    They are taken out of it, so that no child process inherits them.
    """
    folder = None if "://" in store else Path(store)
    names = (*place.names, *(LOCAL_NAMES if place.local else ()))
    return Settings(
        secret=os.environ.pop(TOKEN_KEY, "").encode(),
        secret_file=folder / KEY_FILE if folder else None,
        # Behind a proxy on this machine every caller looks local.
        local=place.local and not place.proxy and not place.remote,
        hosts=names if place.names or (place.local and not place.remote) else (),
        metrics_token=os.environ.pop(METRICS_TOKEN, ""),
    )


def first_admin(platform: Platform, passwords: Passwords) -> str | None:
    """Make the first account of an empty platform; the password, when one had to be drawn."""
    given = os.environ.pop(ADMIN_PASSWORD, "")
    if platform.has_users():
        return None
    drawn = given or secrets.token_urlsafe(15)
    platform.bootstrap(ADMIN, passwords.hash(drawn, user=ADMIN))
    return None if given else drawn


def passwords_of(settings: Settings) -> Passwords:
    """The hasher that a server with these settings uses."""
    return Passwords(
        memory=settings.hash_memory, rounds=settings.hash_rounds, least=settings.least_password
    )


def serve(
    platform: Platform,
    place: Place,
    settings: Settings,
    listening: socket.socket,
    log: TextIO | None = None,
) -> None:
    """Serve until the process is told to stop."""
    logs.to_stream(log or sys.stderr)
    config = uvicorn.Config(
        create_app(platform, settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(place.proxy),
        forwarded_allow_ips=place.proxy or "",
        ws="none",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def address(listening: socket.socket) -> str:
    """The address of the interface, as a user would type it."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{PREFIX}/"

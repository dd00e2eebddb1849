"""Serve a platform over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack

from rich.console import Console

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Lang, Text


def serve_platform(
    store: str,
    lang: Lang,
    *,
    host: str,
    port: int,
    remote: bool,
    proxy: str,
    names: Sequence[str],
    demo: bool,
) -> None:
    """Open or make the platform, say what must be known once, and serve until stopped.

    Raises
    ------
    ZhihengError
        S600 the extra `server` is not installed, A152 open to other machines without being
        told so, A154 the key file of tokens, A158 no such address to listen on.
    """
    try:
        from zhiheng.server.serving import (
            Place,
            address,
            first_admin,
            passwords_of,
            serve,
            settings_of,
        )
    except ModuleNotFoundError as error:
        raise _not_installed(error.name or "") from error
    from zhiheng.store.platform import Platform

    place = Place(host, port, remote, proxy, tuple(names))
    with ExitStack() as stack:
        listening = stack.enter_context(place.socket())
        where = store or "platform"
        if demo and not store:
            where = stack.enter_context(tempfile.TemporaryDirectory(prefix="zhiheng-demo-"))
        platform = Platform.open(where)
        stack.callback(platform.close)
        settings = settings_of(place, where)
        hasher = passwords_of(settings)
        fresh = not platform.has_users()
        drawn = first_admin(platform, hasher)
        told = {"admin": drawn} if drawn else {}
        if demo and fresh:
            from zhiheng.server.demo import fill

            told |= fill(platform, platform.principal("admin"), hasher)
        _say(address(listening), told, lang)
        serve(platform, place, settings, listening)


def _say(address: str, told: dict[str, str], lang: Lang) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print({"zh": f"接口：{address}", "en": f"Interface: {address}"}[lang])
    if told:
        head = Text("口令只显示这一次：", "Passwords, shown this once:")
        console.print(head[lang])
    for name, password in told.items():
        console.print(f"  {name}  {password}")


def _not_installed(module: str) -> ZhihengError:
    return ZhihengError(
        "S600",
        Text(
            "没有安装服务器所需的部分：{m}。", "What a server needs is not installed: {m}."
        ).format(m=module),
        fix=Text.same("pip install 'zhiheng[server]'"),
    )

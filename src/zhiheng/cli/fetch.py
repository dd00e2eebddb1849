"""``zhiheng fetch``: raw files from publishers, with receipts."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from zhiheng.core.text import Lang, Text
from zhiheng.sources.fetch.polite import Client
from zhiheng.sources.fetch.publishers import Ask, fetch


def fetch_files(source: str, to: Path, ask: Ask, lang: Lang) -> None:
    """Download or update, and say of each file whether it is new."""
    console = Console(soft_wrap=True, highlight=False)
    for got in fetch(source, Client(to), ask):
        state = Text("新", "new") if got.changed else Text("未变", "unchanged")
        receipt = got.receipt
        console.print(
            f"{state[lang]}  {got.path}  {receipt.bytes} B  sha256 {receipt.sha256[:12]}\n"
            f"  {receipt.licence}\n  {receipt.url}",
            markup=False,
        )

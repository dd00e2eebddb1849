"""Every text of the catalog in both languages, and really in both."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "src/zhiheng/catalog/data"
FILES = sorted(p for p in DATA.rglob("*") if p.suffix in (".toml", ".csv"))
SAME_OK = {"TOPSIS", "{region}"}
"""Proper names, symbols and places for names that are written alike in both languages."""
QUOTES_CHINESE = {"units.toml"}
"""Files whose English advice quotes what a Chinese publisher writes."""
CJK = re.compile(r"[\u4e00-\u9fff]")


def _pairs(node: Any, where: str) -> Iterator[tuple[str, str | None, str | None]]:
    if isinstance(node, dict):
        if "zh" in node or "en" in node:
            yield where, node.get("zh"), node.get("en")
        for key, value in node.items():
            yield from _pairs(value, f"{where}.{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _pairs(value, f"{where}[{i}]")


def _rows(path: Path) -> Iterator[tuple[str, str | None, str | None]]:
    with path.open(encoding="utf-8") as handle:
        for line, row in enumerate(csv.DictReader(handle), start=2):
            for name, zh in row.items():
                if name and name.endswith("_zh") and name.replace("_zh", "_en") in row:
                    en = row[name.replace("_zh", "_en")]
                    if zh or en:
                        yield f"line {line} {name}", zh, en


def _texts(path: Path) -> list[tuple[str, str | None, str | None]]:
    if path.suffix == ".csv":
        return list(_rows(path))
    return list(_pairs(tomllib.loads(path.read_text("utf-8")), path.stem))


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(DATA)) for p in FILES])
def test_no_text_lacks_a_language_or_repeats_it(path: Path) -> None:
    for where, zh, en in _texts(path):
        assert (zh or "").strip(), (where, "zh")
        assert (en or "").strip(), (where, "en")
        assert zh != en or zh in SAME_OK, (where, zh)


@pytest.mark.parametrize("path", [p for p in FILES if p.name not in QUOTES_CHINESE])
def test_the_english_is_english(path: Path) -> None:
    found = [(where, en) for where, _, en in _texts(path) if CJK.search(en or "")]
    assert not found


def test_catalog_files_name_nothing_of_the_workplace() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        assert not re.search(r"(^|[\s\"'=(])/(work|tmp|opt|home)/|\.\./shared", text), path

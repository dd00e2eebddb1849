"""Five hundred damaged or hostile files: an error with its way out, in time, and no traceback."""

from __future__ import annotations

import importlib.util
import io
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.sources.kinds import observe, read_any

_spec = importlib.util.spec_from_file_location("sheets", Path(__file__).with_name("sheets.py"))
assert _spec is not None
assert _spec.loader is not None
made: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
XLS = Path(__file__).parent / "data" / "yearbook.xls"
MOST_SECONDS = 10.0
EACH = {"some": range(3), "all": range(3, 25)}
"""Seeds of the files of each kind; there are twenty kinds."""


def _yearbook() -> bytes:
    rows, merged = made.yearbook()
    return made.book({"3-9": rows}, merged=merged)


def _part(raw: bytes, rng: random.Random, change: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content, rng) if "sheet1.xml" in part else content)
    return out.getvalue()


def _flip(raw: bytes, rng: random.Random) -> bytes:
    out = bytearray(raw)
    for _ in range(rng.randint(1, 40)):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def _cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(1, len(raw))]


def _shuffle_text(raw: bytes, rng: random.Random) -> bytes:
    words = raw.split(b",")
    for _ in range(rng.randint(1, 20)):
        i, j = rng.randrange(len(words)), rng.randrange(len(words))
        words[i], words[j] = words[j], words[i]
    return b",".join(words)


def _odd_cells(rng: random.Random) -> bytes:
    odd = ["约300", "=1+1", "#REF!", "1,5", "(3)", "∞", "1e999", "nan", "NaN", "\x07", '"', "'12",
           "２０２０", "12①", "1 2 3", "TRUE", "43831", "2020-13-45",
           "x" * 5000, "\u202e12"]  # fmt: skip
    rows = [["收入（亿元）"], ["地区", 2019, 2020, 2021]]
    rows += [[n, *(rng.choice([*odd, 1.5, 2]) for _ in range(3))] for n in made.NAMES]
    return made.csv(rows)


def _cells_xml(content: bytes, rng: random.Random) -> bytes:
    kinds = [b'<c r="B2"><f>A1*2</f></c>', b'<c r="B2" t="e"><v>#DIV/0!</v></c>',
             b'<c r="B2" t="s"><v>99999</v></c>', b'<c r="XFE2"><v>1</v></c>', b"<c><v>1</v></c>",
             b'<c r="B2" t="d"><v>2020-01-01</v></c>', b'<c r="B2" s="77"><v>43831</v></c>',
             b'<c r="B99999999"><v>1</v></c>', b'<c r="B2"><v>1e999</v></c>',
             b'<c r="B0"><v>1</v></c>']  # fmt: skip
    row = b'<row r="2">' + rng.choice(kinds) + b"</row>"
    return content.replace(b"</sheetData>", row + b"</sheetData>")


def _merges(content: bytes, rng: random.Random) -> bytes:
    areas = b"".join(
        b'<mergeCell ref="A%d:%s%d"/>'
        % (rng.randint(1, 9), rng.choice([b"E", b"ZZ", b"XFD"]), rng.choice([3, 99, 1048576]))
        for _ in range(rng.randint(1, 300))
    )
    return (
        content.split(b"<mergeCells")[0].split(b"</worksheet>")[0]
        + b"<mergeCells>"
        + areas
        + b"</mergeCells></worksheet>"
    )


def _bomb(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * rng.randint(2**20, 280 * 2**20))
    return out.getvalue()


def _entities(content: bytes, rng: random.Random) -> bytes:
    lines = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)]
    head = f"<?xml version='1.0'?><!DOCTYPE lolz [{''.join(lines)}]>".encode()
    return head + content.split(b"?>", 1)[-1].replace(
        b"</sheetData>", b"<row><c><v>&a11;</v></c></row></sheetData>"
    )


def _wide_csv(rng: random.Random) -> bytes:
    n = rng.choice([16_385, 10**5, 10**6])
    return b"a" + b"," * n + b"\n" + b"1," * rng.choice([1, n]) + b"\n"


def _page(rng: random.Random) -> bytes:
    cells = "".join(
        f"<tr><td rowspan={rng.choice([1, 2, 99999, -1])} colspan={rng.choice([1, 3, 10**9])}>"
        f"{n}<td>{i}"
        for i, n in enumerate(made.NAMES)
    )
    deep = "<table><tr><td>" * rng.choice([0, 1, 3000])
    return f"<html>{deep}<table><tr><th>地区<th>2020年{cells}".encode(
        rng.choice(["utf-8", "gb18030", "utf-16"])
    )


def _serials(rng: random.Random) -> bytes:
    days = [43831 + 365 * i for i in range(3)]
    rows = [["收入（亿元）"], ["地区", *days], *[[n, 1.5, 2.5, 3.5] for n in made.NAMES]]
    return rng.choice([made.book({"S": rows}), made.csv(rows)])


def _headers(rng: random.Random) -> bytes:
    words = [
        "地区",
        "年份",
        "指标",
        "2020年",
        "2020",
        "单位",
        "北京",
        "全国",
        "",
        "收入(亿元)",
        "收入(亿圆)",
        "x\ny",
        "注：",
        "合计",
    ]
    rows = [[rng.choice(words) for _ in range(5)] for _ in range(rng.randint(1, 4))]
    rows += [
        [
            rng.choice([n, "", "全国", "X"]),
            *(rng.choice([1, 2.5, "", "..", 2020]) for _ in range(4)),
        ]
        for n in made.NAMES
    ]
    return rng.choice([made.csv(rows), made.book({"S": rows})])


def _wrong_encoding(rng: random.Random) -> bytes:
    text = made.portal_years(encoding="utf-8").decode()
    raw = text.encode(rng.choice(["gb18030", "utf-16-be", "utf-32", "utf-8"]))
    return raw[rng.randint(0, 3) :]


def _garbage(rng: random.Random) -> bytes:
    head = rng.choice(
        [
            b"",
            b"PK\x03\x04",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"\xef\xbb\xbf",
            b"<html>",
            b"\xff\xfe",
        ]
    )
    return head + rng.randbytes(rng.randint(0, 5000))


MAKERS: dict[str, tuple[str, Any]] = {
    "cut xlsx": ("f.xlsx", lambda rng: _cut(_yearbook(), rng)),
    "flipped xlsx": ("f.xlsx", lambda rng: _flip(_yearbook(), rng)),
    "flipped sheet": ("f.xlsx", lambda rng: _part(_yearbook(), rng, _flip)),
    "cut sheet": ("f.xlsx", lambda rng: _part(_yearbook(), rng, _cut)),
    "odd cells in xml": ("f.xlsx", lambda rng: _part(_yearbook(), rng, _cells_xml)),
    "merged monsters": ("f.xlsx", lambda rng: _part(_yearbook(), rng, _merges)),
    "entities": ("f.xlsx", lambda rng: _part(_yearbook(), rng, _entities)),
    "bombs": ("f.xlsx", _bomb),
    "cut xls": ("f.xls", lambda rng: _cut(XLS.read_bytes(), rng)),
    "flipped xls": ("f.xls", lambda rng: _flip(XLS.read_bytes(), rng)),
    "pages": ("f.xls", _page),
    "flipped csv": ("f.csv", lambda rng: _flip(made.portal_years(), rng)),
    "cut csv": ("f.csv", lambda rng: _cut(made.portal_years(), rng)),
    "shuffled csv": ("f.csv", lambda rng: _shuffle_text(made.portal_series(), rng)),
    "odd cells": ("f.csv", _odd_cells),
    "wide csv": ("f.csv", _wide_csv),
    "wrong encoding": ("f.csv", _wrong_encoding),
    "serial dates": ("f.xlsx", _serials),
    "headers": ("f.csv", _headers),
    "garbage": ("f.xlsx", _garbage),
}


def _panel(raw: bytes, name: str) -> None:
    observe(raw, name).panel()


def _refusal(door: Any, raw: bytes, name: str) -> ZhihengError | None:
    try:
        door(raw, name)
    except ZhihengError as error:
        return error
    return None


@pytest.mark.parametrize("each", ["some", pytest.param("all", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", MAKERS)
def test_mutated_files(kind: str, each: str) -> None:
    name, make = MAKERS[kind]
    for seed in EACH[each]:
        raw = make(random.Random(f"{kind} {seed}"))
        start = time.perf_counter()
        for door in (read_any, _panel):
            error = _refusal(door, raw, name)
            if error is not None:
                assert error.exit_code == 2, seed
                assert error.evidence, (seed, error)
                assert error.fix.zh, seed
        assert time.perf_counter() - start < MOST_SECONDS, seed

"""Every format is recognised alone; damaged bytes give an error of ours or values."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile

import pytest
from source_shapes import Shape, shapes

from zhiheng.core.errors import ZhihengError

SHAPES = shapes()
SEEDS = 40


def _damaged(raw: bytes, seed: int) -> bytes:
    """Cut off, bits flipped, a block removed, doubled or overwritten, a type exchanged."""
    rng = random.Random(seed)
    at = rng.randrange(len(raw))
    kind = seed % 8
    if kind == 0:
        return raw[:at]
    if kind == 1:
        flipped = bytearray(raw)
        for _ in range(1 + seed % 5):
            flipped[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        return bytes(flipped)
    length = rng.randrange(1, 40)
    replaced = {
        2: b"", 3: raw[at : at + length] * 2, 4: bytes(rng.randrange(256) for _ in range(length)),
        5: b"\x00" * length, 6: b"[]{}\"',<>\n"[: length % 11],
    }  # fmt: skip
    if kind in replaced:
        return raw[:at] + replaced[kind] + raw[at + length :]
    digits = [i for i, b in enumerate(raw) if 48 <= b <= 57] or [at]
    i = rng.choice(digits)
    other = (b'"x"', b"null", b"true", b"1e400", b"-", b"NaN")[rng.randrange(6)]
    return raw[:i] + other + raw[i + 1 :]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_bytes_raise_our_error_or_are_read(name: str, seed: int) -> None:
    shape = SHAPES[name]
    raw = _damaged(shape.raw, seed)
    shape.sniff(raw, name)
    with contextlib.suppress(ZhihengError):  # any other exception fails the test
        shape.parse(raw, name)


@pytest.mark.parametrize("name", [n for n, s in SHAPES.items() if s.raw[:2] == b"PK"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_damage_inside_of_an_archive(name: str, seed: int) -> None:
    """The checksums of the archive hold, its content does not."""
    rng = random.Random(seed)
    archive = zipfile.ZipFile(io.BytesIO(SHAPES[name].raw))
    chosen = rng.choice(archive.namelist())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as changed:
        for member in archive.namelist():
            content = archive.read(member)
            changed.writestr(member, _damaged(content, seed) if member == chosen else content)
    with contextlib.suppress(ZhihengError):
        SHAPES[name].parse(out.getvalue(), name)


NOTHING = [
    b"", b"\n", b"[]", b"{}", b"[[[", b"<a/>", b"PK\x03\x04", b"a,b\n1,2\n", b"\xff\xfe\x00",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
]  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("raw", NOTHING)
def test_what_is_no_such_file_is_refused(name: str, raw: bytes) -> None:
    assert not SHAPES[name].sniff(raw, "file")
    with pytest.raises(ZhihengError):
        SHAPES[name].parse(raw, name)


@pytest.mark.parametrize("name", SHAPES)
def test_each_format_is_recognised_by_its_own_parser_only(name: str) -> None:
    shape = SHAPES[name]
    by_module: dict[str, Shape] = {s.sniff.__module__: s for s in SHAPES.values()}
    found = {m for m, s in by_module.items() if s.sniff(shape.raw, name)}
    assert found == {shape.sniff.__module__}


@pytest.mark.parametrize("name", SHAPES)
def test_every_value_has_a_file_a_cell_and_a_source(name: str) -> None:
    found = SHAPES[name].parse(SHAPES[name].raw, name)
    assert len(found)
    for column in (found.file, found.cell, found.source, found.unit, found.series, found.entity):
        assert all(isinstance(v, str) and v for v in column)


def test_a_nested_document_does_not_exhaust_the_stack() -> None:
    deep = b"[" * 100_000
    for name in ("page.json", "nbs.json", "sdmx.json", "meter.json", "comtrade.json"):
        with pytest.raises(ZhihengError):
            SHAPES[name].parse(deep, name)

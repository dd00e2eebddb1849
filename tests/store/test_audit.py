"""The audit log: whatever is done to its lines is seen by whoever verifies them."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.core.errors import ZhihengError
from zhiheng.store.audit import FolderAudit, Head, require_sound, verify


def filled(folder, count=12):
    log = FolderAudit(folder / "audit.jsonl")
    for i in range(count):
        log.append({"who": f"u{i}", "action": "read", "why": "查询"}, durable=i % 2 == 0)
    return log


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("audit")).lines()


def test_a_chain_is_sound_and_knows_its_head(tmp_path):
    log = filled(tmp_path)
    report = verify(log.lines(), log.head())
    assert report.sound
    assert report.head == log.head() == FolderAudit(tmp_path / "audit.jsonl").head()
    assert log.lines(first=3, limit=2) == log.lines()[2:4]
    require_sound(report)


def test_a_third_party_needs_no_code_of_ours(lines):
    """The rule as the documentation gives it, in seven lines of Python."""
    prev = "0" * 64
    for line in lines:
        record = json.loads(line)
        own = record.pop("hash")
        text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert record["prev"] == prev
        assert own == hashlib.sha256((prev + text).encode()).hexdigest()
        prev = own


@given(data=st.data())
def test_no_change_goes_unseen(lines, data):
    kind = data.draw(st.sampled_from(["alter", "drop", "swap", "copy", "cut", "rehash"]))
    i = data.draw(st.integers(0, len(lines) - 2))
    changed = list(lines)
    if kind == "alter":
        changed[i] = changed[i].replace('"who":"u', '"who":"v')
    elif kind == "drop":
        del changed[i]
    elif kind == "swap":
        changed[i], changed[i + 1] = changed[i + 1], changed[i]
    elif kind == "copy":
        changed.insert(i, changed[i])
    elif kind == "cut":
        changed = changed[: i + 1]
    else:  # a forger who can hash, but cannot rewrite what follows
        record = json.loads(changed[i])
        record["who"] = "forged"
        record.pop("hash")
        text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        record["hash"] = hashlib.sha256((record["prev"] + text).encode()).hexdigest()
        changed[i] = json.dumps(record, ensure_ascii=False)
    last = json.loads(lines[-1])
    assert not verify(changed, Head(last["n"], last["hash"])).sound


@pytest.mark.parametrize("junk", ["", "{", "[]", "7", '{"n": "x", "prev": "", "hash": ""}'])
def test_lines_that_are_none_are_named(lines, junk):
    report = verify([*lines[:3], junk, *lines[3:]])
    assert {"line": 4, "fault": "unreadable"} in report.faults
    with pytest.raises(ZhihengError, match="A107"):
        require_sound(report)


def test_a_broken_last_line_stops_the_log(tmp_path):
    log = filled(tmp_path, 2)
    with (tmp_path / "audit.jsonl").open("a") as handle:
        handle.write('{"n": 3, "prev"')
    with pytest.raises(ZhihengError, match="A107"):
        log.append({"who": "x"}, durable=True)


def test_an_empty_log_is_sound():
    assert verify([]).sound
    assert not verify([], Head(1, "x")).sound

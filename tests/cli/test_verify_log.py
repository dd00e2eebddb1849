"""``zhiheng data verify-log``: a third party's view of the audit log."""

from __future__ import annotations

import typer.main
from click.testing import CliRunner

from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.store.audit import FolderAudit


def run(*words):
    return CliRunner().invoke(typer.main.get_command(app), ["data", "verify-log", *words])


def log(tmp_path):
    made = FolderAudit(tmp_path / "audit.jsonl")
    for i in range(5):
        made.append({"who": f"u{i}", "action": "read"}, durable=False)
    return tmp_path / "audit.jsonl", made.head()


def test_a_whole_log_prints_its_length_and_head(tmp_path):
    path, head = log(tmp_path)
    found = run(str(path), "--head", f"{head.n}:{head.hash}")
    assert found.exit_code == 0
    assert head.hash in found.output.replace("\n", "")
    assert "5 lines" in run(str(path), "--lang", "en").output


def test_a_log_that_was_cut_or_altered_blocks(tmp_path):
    path, head = log(tmp_path)
    lines = path.read_text("utf-8").splitlines()
    for changed in (
        lines[:-1],
        [*lines[:2], *lines[3:]],
        [lines[0].replace("u0", "x0"), *lines[1:]],
    ):
        path.write_text("\n".join(changed) + "\n", "utf-8")
        error = run(str(path), "--head", f"{head.n}:{head.hash}").exception
        assert isinstance(error, ZhihengError)
        assert (error.code, error.exit_code) == ("A107", 1)


def test_a_head_that_is_none_is_bad_input(tmp_path):
    path, _ = log(tmp_path)
    error = run(str(path), "--head", "7").exception
    assert isinstance(error, ZhihengError)
    assert (error.code, error.exit_code) == ("A105", 2)

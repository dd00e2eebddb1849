"""The replication pack: a fresh process finds the same numbers, and sees when it does not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import zhiheng
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.report.lock import plan_lock
from zhiheng.report.replication import read_panel, replicate, replication_pack
from zhiheng.study.plan import parse_plan
from zhiheng.study.run import run_study

PLAN = """
id = "pack"
title = { zh = "样例", en = "Sample" }
subtitle = { zh = "样例研究", en = "A sample study" }
question = { zh = "有关吗？", en = "Related?" }
seed = 11
[data]
level = ""
periods = [2016, 2021]
[variables.growth_x]
expression = "diff(x)"
title = { zh = "增量", en = "increment" }
[[step]]
id = "levels"
method = "panel_ols"
options = { outcome = "y", regressors = ["growth_x"], draws = 99 }
[report]
index = "levels"
"""

ENTITIES = tuple(f"r{i}" for i in range(12))


@pytest.fixture(scope="module")
def data() -> Panel:
    """Twelve regions; the increment of the first year of the window needs the year before it."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(12, 7)).cumsum(axis=1)
    return Panel.of(
        {"x": x, "y": x * 0.3 + rng.normal(size=x.shape), "unused": x},
        entities=ENTITIES,
        periods=range(2015, 2022),
        units={"x": "1", "y": "1", "unused": "1"},
        titles={"x": Text("自变量", "regressor")},
        labels={e: Text(f"地区{e}", f"region {e}") for e in ENTITIES},
    )


@pytest.fixture(scope="module")
def run(data):
    return run_study(parse_plan(PLAN, "pack"), panel=data)


@pytest.fixture
def folder(run, data, tmp_path):
    with zipfile.ZipFile(io.BytesIO(replication_pack(run, b"{}", data))) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def replay(folder: Path) -> subprocess.CompletedProcess[str]:
    source = str(Path(zhiheng.__path__[0]).parent)
    return subprocess.run(
        [sys.executable, "replicate.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fresh_process_finds_the_same_number_hash(folder, run):
    done = replay(folder)
    assert done.returncode == 0, done.stderr
    assert run.number_hash in done.stdout


def test_another_plan_is_seen_by_exit_code_and_step(folder):
    plan = folder / "plan.toml"
    plan.write_text(plan.read_text("utf-8").replace('outcome = "y"', 'outcome = "x"'), "utf-8")
    done = replay(folder)
    assert done.returncode == 1, done.stderr
    assert "levels" in done.stdout


def test_changed_data_are_refused(folder):
    observations = folder / "data" / "observations.csv"
    lines = observations.read_text("utf-8").splitlines()
    lines[1] = ",".join([*lines[1].split(",")[:3], "99.0", "0"])
    observations.write_text("\n".join(lines), "utf-8")
    with pytest.raises(ZhihengError) as caught:
        replicate(folder)
    assert caught.value.code == "R825"


def test_the_pack_holds_what_the_study_needs_and_no_more(folder, data):
    panel = read_panel(folder)
    assert panel.series == ("x", "y")
    assert panel.periods == data.periods
    np.testing.assert_array_equal(panel.array("x"), data.array("x"))


def test_words_that_stand_in_tables_are_in_the_pack(folder, data):
    panel = read_panel(folder)
    assert panel.title("x") == data.title("x")
    assert [panel.name(e) for e in panel.entities] == [data.name(e) for e in data.entities]


def test_the_pack_is_explained_in_both_languages(folder, run):
    for lang in ("zh", "en"):
        text = (folder / f"README.{lang}.md").read_text("utf-8")
        assert run.number_hash in text
        assert run.plan.title[lang] in text


def test_equal_runs_give_equal_packs(run, data):
    assert replication_pack(run, b"{}", data) == replication_pack(run, b"{}", data)


def test_a_plan_without_text_cannot_be_packed(run, data):
    bare = replace(run, plan=run.plan.model_copy(update={"source_text": ""}))
    with pytest.raises(ZhihengError) as caught:
        replication_pack(bare, b"{}", data)
    assert caught.value.code == "R824"


def test_the_lock_holds_plan_hashes_and_versions(run):
    lock = tomllib.loads(plan_lock(run, {"figures/01-a.zh.svg": b"x"}).decode())
    assert lock["plan"]["text"] == PLAN
    assert lock["identity"]["number_hash"] == run.number_hash
    assert lock["identity"]["byte_hash"] == run.byte_hash
    assert lock["identity"]["code_version"] == run.code_version
    assert set(lock["packages"]) >= {"numpy", "scipy"}
    assert list(lock["files"]) == ["figures/01-a.zh.svg"]


@pytest.mark.parametrize("ending", ["'''", "'", '"quoted"', "\\ ends\n", "行尾\r\n"])
def test_a_plan_survives_the_lock_whatever_it_holds(run, ending):
    text = f"# {ending}"
    changed = replace(run, plan=run.plan.model_copy(update={"source_text": text}))
    assert tomllib.loads(plan_lock(changed, {}).decode())["plan"]["text"] == text

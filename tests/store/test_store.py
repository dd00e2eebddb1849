"""The store: all or nothing, every version readable, one query boundary."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.sources.tables import parse
from zhiheng.store import manifest
from zhiheng.store.store import Store

ONE = "region,year,series,value,unit\n北京,2020,gdp_current,1,亿元\n天津,2020,gdp_current,2,亿元\n"
TWO = "region,year,series,value,unit\n北京,2021,gdp_current,3,亿元\n北京,2020,population,5,万人\n"


def store(tmp_path: Path, *files: str) -> Store:
    made = Store(tmp_path / "store")
    for i, text in enumerate(files):
        made.add(parse(text.encode(), f"{i}.csv"))
    return made


def test_what_was_imported_comes_back_with_unit_and_cell(tmp_path: Path) -> None:
    panel = store(tmp_path, ONE, TWO).panel(["gdp_current"])
    np.testing.assert_array_equal(panel.array("gdp_current"), [[1e8, 3e8], [2e8, np.nan]])
    assert panel.units == {"gdp_current": "CNY"}
    assert panel.origins[panel.origin[0, 0, 0]].cell == "D2"


def test_an_old_version_stays_readable(tmp_path: Path) -> None:
    made = store(tmp_path, ONE, TWO)
    first, second = made.versions()
    assert made.panel(["gdp_current"], version=first.id).periods == (2020,)
    assert second.parent == first.id
    assert second.files[: len(first.files)] == first.files


def test_equal_content_makes_equal_versions(tmp_path: Path) -> None:
    a, b = store(tmp_path / "a", ONE), store(tmp_path / "b", ONE)
    assert a.versions()[0].id == b.versions()[0].id


def test_a_selection_is_made_by_entity_and_period(tmp_path: Path) -> None:
    made = store(tmp_path, ONE, TWO)
    panel = made.panel(["gdp_current"], entities=["110000"], first=2021, last=2021)
    assert (panel.entities, panel.periods) == (("110000",), (2021,))


def test_a_conflict_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = Store(tmp_path / "store")
    with pytest.raises(ZhihengError):
        made.add(parse((ONE + "北京,2020,gdp_current,9,亿元\n").encode(), "f.csv"))
    assert not (tmp_path / "store").exists()


def test_two_values_across_imports_need_a_priority(tmp_path: Path) -> None:
    other = "region,year,series,value,unit,source\n北京,2020,gdp_current,9,亿元,revised\n"
    made = store(tmp_path, ONE, other)
    with pytest.raises(ZhihengError) as caught:
        made.panel(["gdp_current"])
    assert caught.value.code == "D102"
    chosen = made.panel(["gdp_current"], prefer=["revised"])
    assert chosen.array("gdp_current")[0, 0] == 9e8


@pytest.mark.parametrize(
    ("call", "code"), [("none", "S510"), ("version", "S511"), ("series", "S512")]
)
def test_what_is_not_there_is_named(tmp_path: Path, call: str, code: str) -> None:
    made = store(tmp_path) if call == "none" else store(tmp_path, ONE)
    with pytest.raises(ZhihengError) as caught:
        made.panel(
            ["gdp" if call == "series" else "gdp_current"], version="9" if call == "version" else ""
        )
    assert caught.value.code == code


@pytest.mark.parametrize("moment", ["before_object", "after_object", "before_manifest_appears"])
def test_a_kill_between_files_leaves_the_version_before(tmp_path: Path, moment: str) -> None:
    """The child process kills itself with SIGKILL at the named moment of an import."""
    made = store(tmp_path, ONE)
    before = made.versions()
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "store"), moment, TWO],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.returncode == -9
    assert made.versions() == before
    assert made.panel(["gdp_current"]).periods == (2020,)
    made.add(parse(TWO.encode(), "1.csv"))
    assert made.panel(["gdp_current"]).periods == (2020, 2021)


KILLED = """
import os, signal, sys
from pathlib import Path
from zhiheng.sources.tables import parse
from zhiheng.store import manifest
from zhiheng.store.store import Store

folder, moment, text = sys.argv[1:]
die = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
if moment == "before_object":
    manifest.write_object = die
if moment == "after_object":
    manifest.write_manifest = die
if moment == "before_manifest_appears":
    os.link = die
Store(Path(folder)).add(parse(text.encode(), "1.csv"))
"""


def test_a_half_written_manifest_is_not_a_version(tmp_path: Path) -> None:
    made = store(tmp_path, ONE)
    (tmp_path / "store" / "versions" / ".x.json.1.part").write_text("{")
    assert len(manifest.versions(tmp_path / "store" / "versions")) == len(made.versions()) == 1

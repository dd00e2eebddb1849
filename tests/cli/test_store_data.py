"""The commands on stores, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main
from click.testing import CliRunner, Result

from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.store.store import Store

HEAD = "region,year,series,value,unit,vintage\n"
ONE = f"{HEAD}北京,2020,gdp_current,1,亿元,2021\n天津,2020,gdp_current,2,亿元,2021\n"
TWO = f"{HEAD}北京,2020,gdp_current,3,亿元,2023\n"


def call(*words: str) -> Result:
    return CliRunner().invoke(typer.main.get_command(app), ["data", *words])


def said(*words: str) -> str:
    result = call(*words)
    assert result.exception is None, result.exception
    return result.output


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    for name, text in (("1.csv", ONE), ("2.csv", TWO)):
        Path(name).write_text(text, "utf-8")
        said("import", name, "--store", "s", "--licence", "CC BY 4.0", "--steward", "统计局")
    return "s"


def test_versions_and_differences(place: str) -> None:
    assert "000002-" in said("versions", "--store", place)
    for lang, word in (("zh", "改动"), ("en", "changed")):
        out = said("diff", "1", "--store", place, "-o", "d.csv", "--lang", lang)
        assert word in out
        assert "3e+08" in out or "300000000" in out
    assert "value_before" in Path("d.csv").read_text("utf-8-sig")
    assert "no difference" in said("diff", "2", "--store", place, "--lang", "en")


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.dta", "x.zip", "x.sdmx.csv", "x.parquet"])
def test_an_export_goes_into_another_store(place: str, name: str) -> None:
    assert "3" in said("export", name, "--store", place)
    said("import", name, "--store", "t")
    one, other = Store(place).observations(), Store("t").observations()
    assert one.value.tolist() == other.value.tolist()
    assert one.cell.tolist() == other.cell.tolist()
    result = call("export", name, "--store", place)
    assert isinstance(result.exception, ZhihengError)
    assert result.exception.code == "S605"
    said("export", name, "--store", place, "--force", "--version", "1", "--series", "gdp_current")


def test_a_sound_store_and_a_damaged_one(place: str) -> None:
    assert call("verify", "--store", place).exit_code == 0
    assert "没有残留" in said("sweep", "--store", place)
    assert "nothing to mend" in said("repair", "--store", place, "--lang", "en")
    first = Store(place).versions()[1].files[1].sha256
    target = Path(place) / "objects" / f"{first}.parquet"
    target.write_bytes(target.read_bytes()[:-9])
    result = call("verify", "--store", place, "--lang", "en")
    assert (result.exit_code, "version 2" in result.output) == (1, True)
    stuck = call("repair", "--store", place)
    assert isinstance(stuck.exception, ZhihengError)
    assert stuck.exception.code == "S596"
    assert "将移到 dropped/" in said("repair", "--store", place, "--drop", "--dry-run")
    said("repair", "--store", place, "--drop")
    assert call("verify", "--store", place).exit_code == 0
    assert "将删除" in said("sweep", "--store", place).replace("残留", "")
    assert target.exists()
    said("sweep", "--store", place, "--yes")
    assert not target.exists()


def test_bad_words_are_errors_with_a_fix(place: str) -> None:
    for words, code in {
        ("versions", "--store", "nowhere"): "S510",
        ("diff", "9", "--store", place): "S511",
        ("export", "x.doc", "--store", place): "S597",
        ("repair", "--store", "postgresql://h/d"): "S607",
        ("export", "x.csv", "--store", place, "--version", "1999-01-01"): "S602",
    }.items():
        error = call(*words).exception
        assert isinstance(error, ZhihengError), words
        assert (error.code, error.exit_code) == (code, 2)


@pytest.mark.postgres
def test_an_unreachable_server_is_said_without_the_password() -> None:
    error = call("versions", "--store", "postgresql://u:s3cret@127.0.0.1:1/d").exception
    assert isinstance(error, ZhihengError)
    assert error.code == "S600"
    assert "s3cret" not in str(error)

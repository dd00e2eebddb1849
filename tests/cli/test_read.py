"""``zhiheng read``, and the same files in ``check`` and ``data import``."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main
from click.testing import CliRunner, Result

from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.kinds import KINDS, is_clean, observe, read_any, structured
from zhiheng.sources.questions import Answers
from zhiheng.sources.tables import parse
from zhiheng.store.store import Store

SHEET = """收入,,,
地区,2019年,2020年,2021年
全国,9,9,9
北京,1.5,2.5,3.5
Yunan,4.5,5.5,..
数据来源：国家统计局,,,
"""
CLEAN = "region,year,series,value,unit\n北京,2020,x,1,亿元\n天津,2020,x,2,亿元\n"


def call(*words: str) -> Result:
    return CliRunner().invoke(typer.main.get_command(app), list(words))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    path = tmp_path / "sheet.csv"
    path.write_text(SHEET, "utf-8")
    return path


def test_read_says_what_it_understood_in_both_languages(file: Path) -> None:
    zh, en = call("read", str(file)), call("read", str(file), "--lang", "en")
    assert zh.exit_code == en.exit_code == 0
    assert "要回答的问题" in zh.output
    for words in ('units."收入"', 'regions."Yunan"', "Yunnan", "A3:D5", "a total or average"):
        assert words in en.output
    assert "2 questions are open" in en.output


def test_answers_are_saved_used_and_imported(file: Path, tmp_path: Path) -> None:
    assert call("read", str(file), "--save-map", "map.toml").exit_code == 0
    text = Path("map.toml").read_text("utf-8")
    text = text.replace('"收入" = "?"', '"收入" = "亿元"').replace(
        '"Yunan" = "?"', '"Yunan" = "云南"'
    )
    Path("map.toml").write_text(text, "utf-8")
    again = call("read", str(file), "--map", "map.toml", "--store", "store", "--lang", "en")
    assert "Nothing is open" in again.output
    panel = Store(tmp_path / "store").panel(["收入"])
    assert panel.entities == ("110000", "530000")
    assert panel.array("收入")[0, 0] == 1.5e8
    checked = call("check", str(file), "--map", "map.toml", "--lang", "en")
    assert "2 entities x 3 periods x 1 series, 1 gaps" in checked.output
    assert call("data", "import", str(file), "--map", "map.toml", "--store", "two").exit_code == 0


def test_a_doubt_stops_check_and_import_and_stores_nothing(file: Path) -> None:
    for words in (
        ["check", str(file)],
        ["data", "import", str(file), "--store", "store"],
        ["read", str(file), "--store", "store"],
    ):
        error = call(*words).exception
        assert isinstance(error, ZhihengError)
        assert error.code == "S525"
        assert [str(r["cell"]) for r in error.evidence] == ["sheet.csv!B5", "sheet.csv!B4"]
    assert not any(Path("store").rglob("*.parquet"))


def test_clean_tables_take_the_quick_way_and_agree_with_the_other() -> None:
    assert is_clean(CLEAN.encode(), "f.csv")
    assert not is_clean(SHEET.encode(), "f.csv")
    assert not is_clean(b"PK\x03\x04", "f.xlsx")
    one = observe(CLEAN.encode(), "f.csv")
    two = read_any(CLEAN.encode(), "f.csv").observations()
    for name in ("entity", "period", "series", "value", "unit", "cell", "file"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist(), name


def test_a_structured_format_makes_a_reading_without_questions() -> None:
    kind = structured("tidy", Text("整洁表", "tidy table"), is_clean, parse)
    assert kind.sniff(CLEAN.encode(), "f.csv")
    reading = kind.parse(CLEAN.encode(), "f.csv", Answers(), "")
    assert not reading.open
    assert [(s.name, s.unit, s.values, s.cell) for s in reading.series] == [("x", "CNY", 2, "D2")]
    assert reading.periods == (2020,)
    assert len(reading.observations()) == 2


def test_the_last_kind_takes_what_is_left() -> None:
    assert KINDS[-1].sniff(b"anything", "x")
    assert len({k.name for k in KINDS}) == len(KINDS)

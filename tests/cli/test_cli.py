"""The command line: messages, exit codes, and the same numbers as the library."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

import zhiheng as zh
from zhiheng.cli import main
from zhiheng.core.registry import catalogue

DATA = """region,year,a,b
北京,2020,1,5
天津,2020,3,1
河北,2020,2,3
北京,2021,2,4
天津,2021,4,1
河北,2021,2,2
"""


class Said:
    """What a call printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Call the command line in this process, on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "240")

    def call(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["zhiheng", *words])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return Said(code, shown.out, shown.err)

    return call


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "mine.csv"
    path.write_text(DATA, "utf-8")
    return str(path)


def test_help_names_every_verb_and_method(say) -> None:
    said = say("--help")
    assert said.code == 0
    for word in ("run", "methods", "systems", "check", "data", *catalogue()):
        assert word.replace("_", "-") in said.out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_lists_speak_the_language_asked_for(say, lang: str) -> None:
    listed = say("methods", "--lang", lang).out
    assert [m for m in catalogue() if m not in listed] == []
    assert "13/13" in say("systems", "--lang", lang).out
    assert "provinces" in say("data", "list", "--lang", lang).out


def test_a_system_is_opened_with_what_is_computable(say) -> None:
    said = say("systems", "nqpf-triple", "--lang", "en")
    assert "The data compute 4 of 18 items" in said.out
    assert "lacks" in said.out


def test_the_list_of_systems_says_level_size_data_and_status(say, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    line = next(t for t in say("systems").out.splitlines() if "nqpf-firm" in t)
    for word in ("企业", "11", "可算 0/11", "凭记忆"):
        assert word in line
    line = next(t for t in say("systems", "--lang", "en").out.splitlines() if "nqpf-world" in t)
    for word in ("economy", "computes 10/10", "verified"):
        assert word in line


def test_an_opened_system_shows_weights_scale_and_the_groups_around_an_item(
    say, monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", "260")
    said = say("systems", "nqpf-firm", "--lang", "en").out
    line = next(t for t in said.splitlines() if "rd_salaries / operating_revenue" in t)
    for word in ("labour / living labour", "28.00%", "intensive", "lacks operating_revenue"):
        assert word in line
    assert "85 %" in said


def test_a_method_prints_what_the_library_computes(say, table: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = say("index", table, "--columns", "a=more,b=less", "--weights", "equal", "-o", str(out))
    assert said.code == 0
    text = (out / "index.scores.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    from zhiheng.cli.run_method import read_panel

    result = zh.methods["index"](
        read_panel(table), columns={"a": "more", "b": "less"}, weights="equal"
    )
    assert [float(r["score"]) for r in rows] == result.table("scores")["score"].tolist()
    assert rows[0]["name_zh"] == "北京"


def test_an_option_may_be_a_list_or_a_mapping(say, table: str) -> None:
    plain = say("pca", table, "--columns", "a,b", "--table", "loadings")
    turned = say("pca", table, "--columns", "a=more,b=less", "--table", "loadings")
    assert plain.code == turned.code == 0
    assert "-0." in plain.out
    assert "-0." not in turned.out


def test_a_method_runs_on_an_embedded_data_set(say) -> None:
    said = say("dagum", "provinces", "--variable", "urbanisation_rate", "--groups", "zones4")
    assert said.code == 2
    assert "gaps" in said.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["index", "{t}", "--columns", "a=mroe"], "M621"),
        (["index", "{t}", "--columns", "a"], "M606"),
        (["index", "{t}", "--columns", "a=more", "--weights", "entropie"], "M604"),
        (["index", "{t}"], "M620"),
        (["index", "nowhere.csv", "--columns", "a=more"], "S504"),
        (["run", "provinzes"], "P701"),
        (["systems", "nqpf-tripel"], "C404"),
        (["check", "nowhere.csv"], "S504"),
        (["data", "show", "province"], "C421"),
    ],
)
def test_bad_input_exits_with_two_and_a_message(
    say, table: str, words: list[str], code: str
) -> None:
    said = say(*(w.replace("{t}", table) for w in words))
    assert said.code == 2
    assert f"[{code}]" in said.err
    assert "Traceback" not in said.err
    assert "处理" in said.err
    assert "Fix" in said.err


def test_one_language_is_spoken_when_asked_for(say) -> None:
    said = say("check", "nowhere.csv", "--lang", "en")
    assert "Fix:" in said.err
    assert "处理" not in said.err


def test_an_unknown_region_in_a_file_is_shown_with_the_nearest(say, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(DATA.replace("河北", "河比"), "utf-8")
    said = say("check", str(path))
    assert said.code == 2
    assert "河北" in said.err


def test_a_sound_file_is_described(say, table: str) -> None:
    said = say("check", table, "--lang", "en")
    assert said.code == 0
    assert "3 entities x 2 periods x 2 series, 0 gaps" in said.out


def test_an_import_makes_a_version(say, table: str, tmp_path: Path) -> None:
    said = say("data", "import", table, "--store", str(tmp_path / "store"))
    assert said.code == 0
    assert "000001-" in said.out


def test_a_fault_of_ours_exits_with_three_and_no_traceback(say, monkeypatch) -> None:
    def broken(lang: str) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("zhiheng.cli.lists.print_methods", broken)
    said = say("methods")
    assert said.code == 3
    assert "[I901]" in said.err
    assert "Traceback" not in said.err


def test_a_window_and_entities_left_out_are_those_of_the_library(say, tmp_path: Path) -> None:
    words = ["sigma-convergence", "provinces", "--variable", "gdp_real_per_capita"]
    cut = ["--window", "2013-2022", "--without", "西藏,110000", "--table", "sigma"]
    assert say(*words, *cut, "-o", str(tmp_path)).code == 0
    with (tmp_path / "sigma_convergence.sigma.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    panel = zh.data("provinces")
    kept = [e for e in panel.entities if e not in ("540000", "110000")]
    part = panel.select(periods=range(2013, 2023), entities=tuple(kept))
    expected = zh.methods["sigma_convergence"](part, variable="gdp_real_per_capita")
    found = expected.table("sigma")
    assert [int(r["period"]) for r in rows] == found.period.tolist()
    assert [float(r["dispersion"]) for r in rows] == pytest.approx(found.dispersion.tolist())


@pytest.mark.parametrize(
    ("cut", "code"),
    [
        (["--window", "1900-1910"], "D113"),
        (["--window", "a-b"], "D113"),
        (["--without", "广西北"], "D107"),
    ],
)
def test_a_cut_that_holds_nothing_is_refused(say, cut, code) -> None:
    found = say("clubs", "provinces", "--variable", "gdp_real_per_capita", *cut)
    assert found.code == 2
    assert code in found.err + found.out


def test_commands_of_the_guides_run(say, root: Path) -> None:
    """Those on embedded data, as they stand."""
    for page in ("build-an-index.md", "diagnose-space-and-claims.md"):
        text = (root / "docs" / "how-to" / page).read_text("utf-8")
        lines = [x for x in text.splitlines() if x.startswith("zhiheng ") and " provinces" in x]
        assert lines
        for line in lines:
            if "verdicts" in line:  # tested with fewer draws elsewhere
                continue
            words = [w.strip('"') for w in line.split()[1:]]
            found = say(*words)
            assert found.code == 0, line

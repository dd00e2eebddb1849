"""Files of the field as publishers and authors left them: read, or refused with a reason.

They are used in place and never copied; without them these tests are skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.sources.questions import DROP, Answers, Question, TableAnswer
from zhiheng.sources.reading import Reading, read_sheets

NO_NAMES = "原.xlsx"
"""Sheets of bare columns of figures: nothing says which row is which region."""
EXAMPLES: tuple[tuple[str, str, str, int, str, float], ...] = (
    # file, cell, entity, period, canonical unit, value in that unit; read off by hand
    ("nbs_portal_exports/分省年度数据2023.csv", "B4", "110000", 2023, "CNY", 47353.7e8),
    ("nbs_portal_exports/分省年度数据2023.csv", "O34", "650000", 2023, "CNY/person", 75616.0),
    ("nbs_portal_exports/地区生产总值指数（近十年）.csv", "K34", "650000", 2016, "unstated", 107.7),
    ("nbs_portal_exports/社会消费品总额.csv", "C4", "110000", 2024, "unstated", 14092.4),
    ("nbs_portal_exports/居民消费价格指数.csv", "H10", "CHN", 2019, "1", 102.6),
    ("nbs_portal_exports/居民消费价格指数分省.csv", "B4", "110000", 2024, "unstated", 100.1),
    ("renjiyi/分省年度数据 (1).csv", "C5", "110000", 2024, "person", 22470.0),
    ("renjiyi/分省年度数据 (4).csv", "H6", "120000", 2019, "person", 226.5e4),
    ("renjiyi/分省年度数据 (6).csv", "P5", "110000", 2011, "person", 364568.0),
    ("renjiyi/分省年度数据.csv", "B5", "110000", 2024, "CNY", 49670.2e8),
    ("renjiyi/分省年度数据_整合.csv", "D2", "310000", 2005, "CNY", 9247.66e8),
    ("renjiyi/一般公共预算等.xls", "Sheet1!G3", "120000", 2007, "unstated", 674.33),
    ("rd_yearbook/分省年度数据.xls", "分省年度数据!T32", "650000", 2005, "unstated", 2520.5),
    ("rd_yearbook/原值.xlsx", "Sheet1!D15", "120000", 2012, "unstated", 255.86846),
    ("rd_yearbook/R&D经费（万元）.xlsx", "Sheet1!F2", "110000", 2012, "unstated", 178.883131648341),
    ("energy_final/energystruct.xlsx", "计算步骤!C4", "110000", 2003, "t", 1146.9e4),
    ("energy_final/energystruct.xlsx", "计算步骤!V603", "650000", 2022, "tce", 37.47e4),
    ("huangwt/Total carbon emissions by province.csv", "C2", "110000", 2010, "t", 13025.2e4),
    ("ceads/Emission_Inventories_for_30_Provinces_2019.xlsx", "Shanghai2019!W51", "310000", 2019,
     "t_CO2", 2.0986236072727023e6),
    ("ceads/China_CO2_Inventory_1997-2019_(IPCC_Sectoral_Emissions).xlsx", "sum!W24", "CHN", 2019,
     "unstated", 9794.756396640432),
)  # fmt: skip


def files(shared: Path) -> list[Path]:
    return sorted(p for p in (shared / "data" / "raw").rglob("*") if p.is_file())


def answered(raw: bytes, name: str) -> tuple[Reading, Answers]:
    """Answer whatever is asked in the least committal way, until nothing is open."""
    answers = (
        Answers(entity="CHN")
        if "China_CO2" in name or name == "居民消费价格指数.csv"
        else Answers()
    )
    for _ in range(12):
        reading = read_sheets(raw, name, answers=answers)
        if not reading.open:
            return reading, answers
        if any(q.section == "own_labels" for q in reading.open):
            answers = answers.model_copy(update={"own_labels": True})
        for question in reading.open:
            _answer(question, answers)
    raise AssertionError([(q.section, q.key, q.text.en) for q in reading.open][:5])


def _answer(question: Question, answers: Answers) -> None:
    section, key = question.section, question.key
    if section == "tables":
        given = answers.tables.get(key, TableAnswer()).model_dump()
        given[question.part] = {"series": f"series {key}", "unit": "unstated", "use": False}.get(
            question.part, "2020"
        )
        if question.part in ("period", "entity"):
            given["use"] = False
        answers.tables[key] = TableAnswer(**given)
    elif section != "own_labels":
        by: Mapping[str, str] = {
            "units": "unstated",
            "series": "own",
            "cells": "missing",
            "rows": DROP,
        }
        word = by.get(section, DROP)
        if section == "regions" and key in question.choices:
            word = key
        getattr(answers, section)[key] = word


@pytest.mark.slow
def test_every_file_is_read_or_refused_with_a_reason(shared: Path) -> None:
    refused: dict[str, Any] = {}
    for path in files(shared):
        try:
            reading, _ = answered(path.read_bytes(), path.name)
        except ZhihengError as error:
            refused[path.name] = error
            continue
        found = reading.observations()
        assert len(found), path.name
        assert len(found.panel().entities) > 0, path.name
    assert {e.code for e in refused.values()} == {"S527"}
    assert all(e.evidence for e in refused.values())
    assert all(n.endswith(NO_NAMES) or n == "indicator_system.xlsx" for n in refused), refused


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e[0].split('/')[1]}!{e[1]}")
def test_cells_read_by_hand(shared: Path, example: tuple[str, str, str, int, str, float]) -> None:
    file, cell, entity, period, unit, value = example
    path = shared / "data" / "raw" / file
    reading, _ = answered(path.read_bytes(), path.name)
    found = reading.observations()
    (i,) = [k for k, at in enumerate(found.cell) if at == cell]
    assert (found.entity[i], found.period[i], found.unit[i]) == (entity, period, unit)
    # relative 1e-12: one multiplication by a power of ten
    assert found.value[i] == pytest.approx(value, rel=1e-12)


@pytest.mark.slow
def test_known_faults_of_the_workbook_are_asked(shared: Path) -> None:
    (path,) = [p for p in files(shared) if "provincialGPI" in p.name]
    first = read_sheets(path.read_bytes(), path.name)
    answers = Answers()
    for question in first.open:
        _answer(question, answers)
    asked = {
        (q.section, q.key) for q in read_sheets(path.read_bytes(), path.name, answers=answers).open
    }
    assert ("regions", "Yunan") in asked
    assert any(section == "columns" for section, _ in asked)  # a year that stands twice

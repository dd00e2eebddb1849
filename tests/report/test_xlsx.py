"""The workbook: every table, readable headers, keys as text, equal bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import openpyxl
import pytest

from zhiheng.core.text import Text
from zhiheng.report.xlsx import CONTENTS, PANEL, SOURCES, number_format, render_xlsx


@dataclass(frozen=True)
class Column:
    label: Text
    unit: str
    format: str


class Labels:
    """A stand-in for the catalog's columns."""

    def column(self, name):
        form = {"score": ".3f", "p_value": "p"}.get(name, "")
        return Column(Text(f"列 {name}", f"column {name}"), "1", form)

    def table_title(self, method, table):
        return Text(f"表/{method}/{table}", f"table {method} {table}")


@pytest.fixture
def book(run):
    return openpyxl.load_workbook(io.BytesIO(render_xlsx(run, Labels())))


def test_every_result_table_has_a_sheet_and_a_line_in_the_contents(book, run):
    tables = sum(len(r.tables) for r in run.results.values())
    assert book.sheetnames[0] == CONTENTS
    assert len(book.sheetnames) == tables + 3
    listed = [row[0].value for row in book[CONTENTS].iter_rows(min_row=7)]
    assert listed == book.sheetnames[1:]


def test_sheet_names_are_valid_and_distinct(book):
    names = [n.lower() for n in book.sheetnames]
    assert len(set(names)) == len(names)
    assert all(len(n) <= 31 and not set("[]:*?/\\") & set(n) for n in names)


def test_a_region_code_stays_text_and_a_score_a_number(book):
    sheet = book[book.sheetnames[1]]
    head = [cell.value for cell in sheet[4]]
    first = [cell.value for cell in sheet[5]]
    row = dict(zip(head, first, strict=True))
    assert row["entity"] == "110000"
    assert row["score"] == pytest.approx(0.9)
    score = sheet.cell(5, head.index("score") + 1)
    assert score.number_format == "0.000"


def test_headers_are_bilingual_and_frozen(book):
    sheet = book[book.sheetnames[1]]
    assert sheet["A1"].value == "列 entity"
    assert sheet["A2"].value == "column entity"
    assert sheet.freeze_panes == "A5"


def test_the_data_are_given_with_unit_and_status_and_gaps_stay_empty(book):
    sheet = book[PANEL]
    head = [cell.value for cell in sheet[4]]
    rows = [dict(zip(head, [c.value for c in r], strict=True)) for r in sheet.iter_rows(min_row=5)]
    assert len(rows) == 18
    gaps = [r for r in rows if r["value"] is None]
    assert {r["status_en"] for r in gaps} == {"absent"}
    assert {r["unit"] for r in rows} == {"person", "CNY"}


def test_sources_name_a_licence_for_every_base_series(book):
    sheet = book[SOURCES]
    head = [cell.value for cell in sheet[4]]
    rows = [dict(zip(head, [c.value for c in r], strict=True)) for r in sheet.iter_rows(min_row=5)]
    assert {r["series"] for r in rows} == {"population", "gdp_current"}
    assert all(r["licence"] and r["publisher"] for r in rows)


def test_equal_runs_give_equal_bytes(run):
    assert render_xlsx(run, Labels()) == render_xlsx(run, Labels())


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (".3f", "0.000"), (".1%", "0.0%"), ("+.2f", "+0.00;-0.00;0.00"), ("d", "#,##0"),
        (",.0f", "#,##0"), (".2e", "0.00E+00"), ("p", "0.000"), ("", "General"), ("s", "General"),
    ],
)  # fmt: skip
def test_number_formats_are_those_of_the_documents(form, code):
    assert number_format(form) == code

"""The Word paper: three-line tables, tagged numbers, equations, equal bytes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.report.docx import render_docx
from zhiheng.report.docx_layout import SIZES, em, lay_out
from zhiheng.report.docx_math import equations
from zhiheng.report.docx_styles import MARGIN, PAGE_HEIGHT, TEXT_WIDTH
from zhiheng.report.docx_tables import INNER, OUTER
from zhiheng.report.model import Section
from zhiheng.report.readback_docx import untagged_docx
from zhiheng.report.stars import stars


def png() -> bytes:
    """A white picture of 4 x 4 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\xff" * 12 for _ in range(4))
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def write(document, run, ledger):
    def render(lang="zh", changed=None):
        figures = {("index", "ranking"): png()}
        return render_docx(changed or document, run, ledger, figures, lang=lang)

    return render


def read(content):
    return docx.Document(io.BytesIO(content))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_digit_stands_in_a_tagged_run(write, lang):
    assert untagged_docx(write(lang)) == []


def test_a_digit_without_a_tag_is_found(write):
    file = read(write())
    file.add_paragraph("一共 37 个地区")
    out = io.BytesIO()
    file.save(out)
    assert untagged_docx(out.getvalue()) == ["一共 37 个地区"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_equal_input_gives_equal_bytes(write, lang):
    assert write(lang) == write(lang)


def test_the_archive_has_no_clock_in_it(write):
    with zipfile.ZipFile(io.BytesIO(write())) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_table_has_three_rules_of_the_right_thickness(write):
    table = read(write()).tables[0]
    sizes = {
        (row, side.tag.split("}")[1]): int(side.get(qn("w:sz")))
        for row in range(len(table.rows))
        for side in table.rows[row].cells[0]._tc.iter(qn("w:top"), qn("w:bottom"))
    }
    last = len(table.rows) - 1
    assert sizes == {(0, "top"): OUTER, (0, "bottom"): INNER, (last, "bottom"): OUTER}


def test_regression_cells_have_stars_errors_marks_and_fit(write):
    rows = [[c.text for c in row.cells] for row in read(write()).tables[1].rows]
    assert rows[0] == ["", "(1)\n水平值", "(2)\n一阶差分"]
    assert rows[1] == ["指数", "\N{MINUS SIGN}0.5000***", "0.2000*"]
    assert rows[2] == ["", "(0.1000)", "(0.1000)"]
    assert rows[3] == ["不存在的项", "", ""]
    assert rows[5] == ["地区固定效应", "是", "否"]
    assert rows[6] == ["观测数", "90", "90"]


@pytest.mark.parametrize(
    ("p", "mark"), [(0.01, "***"), (0.02, "**"), (0.1, "*"), (0.11, ""), (None, "")]
)
def test_stars_follow_the_p_value(p, mark):
    assert stars(p) == mark


def test_captions_are_counted_fields(write):
    body = read(write()).element.body
    codes = [e.text.strip() for e in body.iter(qn("w:instrText"))]
    assert codes.count("SEQ 表 \\* ARABIC") == 3
    assert codes.count("SEQ 图 \\* ARABIC") == 1


def test_a_wide_table_turns_the_page_and_back(write):
    widths = [s.page_width > s.page_height for s in read(write()).sections]
    assert widths == [False, True, False]


def test_an_index_of_a_symbol_is_set_low(write):
    runs = [r for p in read(write()).paragraphs for r in p.runs if r.font.subscript]
    assert runs
    assert {r.text for r in runs} == {"2"}


def test_a_finding_leads_to_its_section(write):
    body = read(write()).element.body
    targets = {e.get(qn("w:anchor")) for e in body.iter(qn("w:hyperlink"))}
    marks = {e.get(qn("w:name")) for e in body.iter(qn("w:bookmarkStart"))}
    assert targets == {"section_data"}
    assert targets <= marks


def test_a_document_without_sections_is_still_a_document(write, document):
    content = write("en", replace(document, sections=(), findings=()))
    assert "Sample" in read(content).paragraphs[0].text


def test_sections_are_in_the_order_of_the_document(write, document):
    extra = Section("more", Text("更多", "More"), ())
    content = write("en", replace(document, sections=(*document.sections, extra)))
    headings = [p.text for p in read(content).paragraphs if p.style.name == "Heading 1"]
    assert headings == ["Data", "Wide", "More"]


def tags(line):
    return [e.tag.rpartition("}")[2] for e in line.iter() if e.tag.startswith(qn("m:e")[:-1])]


def test_a_sum_takes_what_follows_as_its_operand():
    (line,) = equations(
        "<math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>x</mi>"
        "<mo>+</mo><mn>1</mn></math>"
    )
    nary = line.find(qn("m:nary"))
    operand = "".join(nary.find(qn("m:e")).itertext())
    assert operand == "x"
    assert "".join(line.itertext()) == "inx+1"


def test_a_chain_of_equations_is_broken_where_it_does_not_fit():
    part = "<mi>abcdefghij</mi><mo>=</mo><mi>abcdefghij</mi>"
    chain = f"<math>{part}<mspace/>{part}<mspace/>{part}</math>"
    assert len(equations(chain, room=100)) == 1
    assert len(equations(chain, room=30)) == 2
    assert len(equations(chain, room=15)) == 3


def test_fences_and_roots_grow():
    (line,) = equations(
        "<math><mrow><mo>(</mo><mfrac><mi>a</mi><msqrt><mi>b</mi></msqrt></mfrac>"
        "<mo>)</mo><mo>=</mo><mi>c</mi></mrow></math>"
    )
    assert {"f", "rad"} <= set(tags(line))


@pytest.mark.parametrize("bad", ["<math><mi>x</math>", "<math><maction/></math>"])
def test_an_equation_that_cannot_be_written_is_an_error(bad):
    with pytest.raises(ZhihengError) as caught:
        equations(bad)
    assert caught.value.code == "R820"


def test_no_cell_is_narrower_than_its_number():
    heads = ["地区", *["一个相当长的列名"] * 9]
    body = [["北京", *["12345.678"] * 9]]
    found = lay_out(heads, body, 1)
    room = PAGE_HEIGHT - 2 * MARGIN if found.landscape else TEXT_WIDTH
    assert sum(found.widths) <= room + 1e-6  # cm; widths are rounded to 0.001
    points = found.size * em("12345.678") / 72 * 2.54
    assert min(found.widths[1:]) >= points
    assert found.size in SIZES


def test_a_small_table_keeps_body_type_and_upright_page():
    found = lay_out(["地区", "得分"], [["北京", "0.512"]], 1)
    assert found.size == max(SIZES)
    assert not found.landscape


def keeps(table):
    """Whether each row of a table stays with the next."""
    return [bool(row.cells[0].paragraphs[0].paragraph_format.keep_with_next) for row in table.rows]


def test_a_table_stays_together_and_with_its_note(write):
    assert all(keeps(read(write()).tables[0]))


def test_a_table_longer_than_a_page_breaks_but_not_near_its_ends(write, document, long_table):
    long = Section("long", Text("长表", "Long"), (long_table,))
    kept = keeps(read(write("zh", replace(document, sections=(long,)))).tables[0])
    assert all(kept[:4])
    assert all(kept[-3:])
    assert not any(kept[4:-3])


def test_labels_are_broken_before_the_page_is_turned():
    found = lay_out(["名称", "说明", "值"], [["短", "很长的说明" * 20, "1.0"]] * 3, 2)
    assert not found.landscape
    assert found.widths[1] > found.widths[0]

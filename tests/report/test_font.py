"""The shipped font can draw whatever the package may write."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import build_font

FONTS = Path(build_font.TARGET).parent


@pytest.fixture(scope="module")
def font() -> TTFont:
    return TTFont(build_font.TARGET)


@pytest.fixture(scope="module")
def characters(font: TTFont) -> set[str]:
    return {chr(code) for code in build_font.characters_of(font)}


def test_no_character_of_the_package_lacks_a_glyph(characters: set[str]) -> None:
    needed = build_font.characters_in_package()
    missing = {f"{c} U+{ord(c):04X}": where for c, where in needed.items() if c not in characters}
    assert not missing, "run scripts/build_font.py, or choose other characters"


def test_the_national_standard_and_the_signs_of_units_are_covered(characters: set[str]) -> None:
    signs = build_font.SIGNS + build_font.RAISED + build_font.LOWERED
    assert not (build_font.gb2312() | set(signs)) - characters


def test_figures_of_a_table_are_equally_wide(font: TTFont) -> None:
    names = build_font.characters_of(font)
    assert len({font["hmtx"][names[ord(figure)]][0] for figure in "0123456789"}) == 1


def test_the_family_has_its_own_name_and_keeps_the_licence(font: TTFont) -> None:
    names = font["name"]
    assert names.getDebugName(1) == build_font.FAMILY
    assert font["CFF "].cff.topDictIndex[0].FamilyName == build_font.FAMILY
    assert "Open Font License" in str(names.getDebugName(13))
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text("utf-8")


def test_one_file_below_the_size_that_was_agreed() -> None:
    files = sorted(path.name for path in FONTS.iterdir() if path.suffix == ".otf")
    assert files == ["ZhihengSans.otf"]
    assert build_font.TARGET.stat().st_size < 3_500_000


def test_a_drawn_figure_embeds_this_family_and_no_other() -> None:
    convert = pytest.importorskip("vl_convert")
    convert.register_font_directory(str(FONTS))
    words = "新质生产力：CO₂ 10⁻³ ≥ ‰"
    pdf = convert.vegalite_to_pdf(
        {
            "config": {"font": build_font.FAMILY},
            "data": {"values": [{"t": words}]},
            "mark": "text",
            "encoding": {"text": {"field": "t"}},
        }
    )
    assert b"ZhihengSans-Regular" in pdf
    assert pdf.count(b"/Type /Font\n") + pdf.count(b"/Type/Font\n") <= 2  # the font and its part

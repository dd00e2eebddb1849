"""Make the one font that figures and documents are drawn with.

The font is a subset of Noto Sans CJK SC (SIL Open Font License 1.1) under a name of its own:
GB 2312, Latin-1, Greek, the signs that reports use, and every character that occurs in the
package's text and data. Run it again when `tests/report/test_font.py` names a missing character.

The source has few raised and lowered figures, which units need (CO₂, 10⁻³). They are drawn here
from figures between the regular and the bold weight, made smaller, so that their strokes go with
those of the text.

Usage: python scripts/build_font.py [FOLDER_OF_NOTO_SANS_CJK]
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

from fontTools import subset
from fontTools.misc.transform import Transform
from fontTools.pens.basePen import AbstractPen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "zhiheng"
TARGET = PACKAGE / "report" / "fonts" / "ZhihengSans.otf"
SOURCE = Path("/usr/share/fonts/opentype/noto")
FACE = "Noto Sans CJK SC"
FAMILY = "Zhiheng Sans"
POSTSCRIPT = "ZhihengSans-Regular"
TEXT_FILES = (".py", ".toml", ".csv", ".json", ".html", ".js", ".css", ".md", ".txt")
SIGNS = "–—‘’“”…‰′″←↑→↓↔⇒−×÷±·≈≠≤≥∞∑∏√∂∆∈⊂∩∪∝★☆◆◇△▲▽▼□■○●◎✓§†‡¶€£¥№℃°"
RANGES = ((0x20, 0x7F), (0xA0, 0x100), (0x391, 0x3A2), (0x3A3, 0x3AA), (0x3B1, 0x3CA))

SMALL, BOLDNESS = 0.6, 0.5
"""Size of raised and lowered figures, and how far their weight lies from regular to bold."""
PLAIN = "0123456789+−()n"
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ"
LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙ"
RISE, FALL = 380, -140
SAME_AS = {"ˆ": "^", "˜": "~", "‾": "¯", "⋂": "∩", "⋃": "∪", "✗": "×"}
"""Signs that the source lacks, and the sign whose outline serves."""
CORNERS = {"⌈": (1, 1), "⌊": (1, -1), "⌉": (-1, 1), "⌋": (-1, -1)}
"""Ceiling and floor brackets: side of the stem, end of the arm."""

Draw = Callable[[AbstractPen], None]


def gb2312() -> set[str]:
    """All characters of the Chinese national standard GB 2312."""
    rows = (bytes([high, low]) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return {row.decode("gb2312", "ignore") for row in rows} - {""}


def characters_in_package(folder: Path = PACKAGE) -> dict[str, str]:
    """Each character of the package's text files with the first file that has it."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXT_FILES and "fonts" not in path.parts:
            for character in sorted(set(path.read_text("utf-8"))):
                found.setdefault(character, path.relative_to(folder).as_posix())
    return {c: where for c, where in found.items() if _is_drawn(c)}


def _is_drawn(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def wanted() -> set[str]:
    """Every character that the font shall have."""
    plain = {chr(code) for first, last in RANGES for code in range(first, last)}
    return gb2312() | plain | set(SIGNS + RAISED + LOWERED) | set(characters_in_package())


def cut(font: TTFont, characters: set[str]) -> None:
    """Reduce `font` to the given characters, without hints, and with horizontal kerning."""
    options = subset.Options()
    options.layout_features = ["kern", "ccmp", "mark", "mkmk", "halt"]
    options.hinting = False
    options.desubroutinize = False
    options.recalc_timestamp = False
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.name_languages = [0x409]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(c) for c in characters])
    cutter.subset(font)


def rename(font: TTFont) -> None:
    """Give the font its own name, as the licence asks of modified versions."""
    names = font["name"]
    version = names.getDebugName(5)
    for number, value in {
        1: FAMILY,
        2: "Regular",
        3: f"{POSTSCRIPT};subset of {FACE}",
        4: FAMILY,
        5: f"{version}; subset",
        6: POSTSCRIPT,
        7: None,
    }.items():
        names.removeNames(nameID=number)
        if value is not None:
            names.setName(value, number, 3, 1, 0x409)
    outlines = font["CFF "].cff
    outlines.fontNames = [POSTSCRIPT]
    top = outlines.topDictIndex[0]
    top.FamilyName, top.FullName = FAMILY, FAMILY
    if hasattr(top, "Notice"):
        top.Notice = names.getDebugName(0)
    font.recalcTimestamp = False


def characters_of(font: TTFont) -> dict[int, str]:
    """The glyph name of each code point."""
    return dict(font.getBestCmap() or {})


def outline(font: TTFont, character: str, transform: Transform) -> tuple[Draw, int]:
    """How to draw a character of `font` under a transform, and the width that it then has."""
    glyphs = font.getGlyphSet()
    glyph = glyphs[characters_of(font)[ord(character)]]

    def draw(pen: AbstractPen) -> None:
        glyph.draw(TransformPen(pen, transform))

    return draw, round(glyph.width * transform[0])


def between(regular: TTFont, bold: TTFont, character: str, shift: int) -> tuple[Draw, int]:
    """A small figure of a weight between two fonts whose outlines have the same points."""
    records: list[RecordingPen] = []
    widths: list[float] = []
    for font in (regular, bold):
        draw, width = outline(font, character, Transform(SMALL, 0, 0, SMALL, 0, shift))
        records.append(RecordingPen())
        draw(records[-1])
        widths.append(width)

    def draw_between(pen: AbstractPen) -> None:
        for (name, light), (_, heavy) in zip(records[0].value, records[1].value, strict=True):
            points = [
                tuple(a + BOLDNESS * (b - a) for a, b in zip(p, q, strict=True))
                for p, q in zip(light, heavy, strict=True)
            ]
            getattr(pen, name)(*points)

    return draw_between, round(widths[0] + BOLDNESS * (widths[1] - widths[0]))


def corner(font: TTFont, side: int, end: int) -> tuple[Draw, int]:
    """A square bracket of `font` with only one of its two arms."""
    glyphs = font.getGlyphSet()
    glyph = glyphs[characters_of(font)[ord("[" if side > 0 else "]")]]
    box = BoundsPen(glyphs)
    glyph.draw(box)
    left, bottom, right, top = box.bounds
    stem, arm = (right - left) * 0.38, (right - left) * 0.32
    back, front = (left, right) if side > 0 else (right, left)
    near, far = (bottom, top) if end > 0 else (top, bottom)
    inner = back + side * stem
    points = [(back, near), (back, far), (front, far), (front, far - end * arm)]
    points += [(inner, far - end * arm), (inner, near)]
    turn = points if side * end < 0 else points[::-1]

    def draw(pen: AbstractPen) -> None:
        pen.moveTo(turn[0])
        for point in turn[1:]:
            pen.lineTo(point)
        pen.closePath()

    return draw, glyph.width


def additions(regular: TTFont, bold: TTFont) -> dict[str, tuple[Draw, int]]:
    """The characters that are made here: how each is drawn, and how wide it is."""
    made: dict[str, tuple[Draw, int]] = {}
    for row, shift in ((RAISED, RISE), (LOWERED, FALL)):
        pairs = zip(row, PLAIN, strict=True)
        made |= {c: between(regular, bold, plain, shift) for c, plain in pairs}
    made |= {c: outline(regular, like, Transform()) for c, like in SAME_AS.items()}
    made |= {c: corner(regular, side, end) for c, (side, end) in CORNERS.items()}
    made["⊤"] = outline(regular, "⊥", Transform(1, 0, 0, -1, 0, 760))
    return made


def add(font: TTFont, character: str, draw: Draw, width: int) -> None:
    """Add one drawn glyph to a CID-keyed font, or draw anew the one that it has."""
    top = font["CFF "].cff.topDictIndex[0]
    number = top.FDSelect[font.getGlyphID(characters_of(font)[ord("2")])]
    private = top.FDArray[number].Private
    pen = T2CharStringPen(width - private.nominalWidthX, None)
    draw(pen)
    shape = pen.getCharString(private, top.GlobalSubrs)
    taken = set(font.getGlyphOrder())
    name = next(n for n in (f"cid{i:05d}" for i in range(1, 1 << 16)) if n not in taken)
    top.CharStrings.charStringsIndex.append(shape)
    top.CharStrings.charStrings[name] = len(top.CharStrings.charStringsIndex) - 1
    top.FDSelect.append(number)
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    top.charset = font.getGlyphOrder()
    box = BoundsPen(None)
    draw(box)
    font["hmtx"][name] = (width, round(box.bounds[0]))
    for table in font["cmap"].tables:
        table.cmap[ord(character)] = name


def face(path: Path) -> TTFont:
    """The Simplified Chinese face of a collection."""
    faces = TTCollection(path, lazy=True).fonts
    number = next(i for i, f in enumerate(faces) if f["name"].getDebugName(1) == FACE)
    return TTFont(path, fontNumber=number, recalcTimestamp=False)


def main(folder: Path) -> None:
    """Write the font and name the wanted characters that it lacks."""
    font, bold = face(folder / "NotoSansCJK-Regular.ttc"), face(folder / "NotoSansCJK-Bold.ttc")
    characters = wanted()
    cut(font, characters | set(SAME_AS.values()))
    rename(font)
    for character, (draw, width) in additions(font, bold).items():
        add(font, character, draw, width)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    font.save(TARGET)
    known = {chr(code) for code in characters_of(TTFont(TARGET))}
    print(f"{TARGET.relative_to(ROOT)}: {len(known)} characters", end=", ")
    print(f"{TARGET.stat().st_size / 1e6:.2f} MB")
    for character in sorted(characters - known):
        print(f"not in the source font: {character} U+{ord(character):04X}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE)

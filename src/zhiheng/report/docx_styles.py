"""Page, fonts and styles of the Word paper.

Sizes follow the habit of Chinese journals: body 小四 (12 pt), captions and
abstract 五号 (10.5 pt), tables and notes 小五 (9 pt), headings 黑体.
"""

from __future__ import annotations

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from zhiheng.core.text import Lang

SERIF, SANS = "宋体", "黑体"
LATIN = "Times New Roman"

NUMBER, LABEL = "ZhNumber", "ZhLabel"
"""Character styles: a number that the ledger knows; a year, name or caption number."""
EQUATION, REFERENCE = "ZhEquation", "ZhReference"
"""Paragraph styles in which digits need no tag."""

TITLE, SUBTITLE, LEAD, BODY = "Title", "Subtitle", "ZhLead", "ZhBody"
ABSTRACT, FINDING = "ZhAbstract", "ZhFinding"
CAPTION, NOTE, CAUTION, QUOTE = "Caption", "ZhNote", "ZhCaution", "ZhQuote"
CELL, PICTURE = "ZhCell", "ZhPicture"

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 21.0, 29.7, 2.5
"""A4 in centimetres."""
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN
TEXT_HEIGHT = PAGE_HEIGHT - 2 * MARGIN

_BODY_SIZE, _CAPTION_SIZE, _NOTE_SIZE = 12.0, 10.5, 9.0
_CENTRE, _LEFT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT
_BOTH = WD_ALIGN_PARAGRAPH.JUSTIFY


def prepare(document: Any, lang: Lang) -> None:
    """Set page, default fonts, styles, heading numbers and page numbers of an empty document."""
    _page(document.sections[0])
    _defaults(document, lang)
    indent = 2 if lang == "zh" else 0
    _title_styles(document)
    _text_styles(document, indent)
    _small_styles(document)
    _headings(document)
    if lang == "en":
        # Latin headings in a text face need weight; Chinese ones have 黑体.
        for name in (TITLE, "Heading 1", "Heading 2", CAPTION, FINDING):
            document.styles[name].font.bold = True
    number_headings(document, lang)
    for name in (NUMBER, LABEL):
        document.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
    _page_numbers(document.sections[0])


def fonts(style: Any, east_asian: str, latin: str = LATIN) -> None:
    """Set the fonts of a style for both scripts."""
    element = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        element.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs"):
        element.set(qn(f"w:{script}"), latin)
    element.set(qn("w:eastAsia"), east_asian)


def _page(section: Any) -> None:
    section.page_width, section.page_height = Cm(PAGE_WIDTH), Cm(PAGE_HEIGHT)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(MARGIN))
    section.header_distance = section.footer_distance = Cm(1.5)


def _defaults(document: Any, lang: Lang) -> None:
    normal = document.styles["Normal"]
    fonts(normal, SERIF)
    normal.font.size = Pt(_BODY_SIZE)
    normal.paragraph_format.widow_control = True
    properties = normal.element.get_or_add_rPr()
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)
    tongue = document.settings.element.find(qn("w:themeFontLang"))
    tongue.set(qn("w:val"), "en-GB")
    tongue.set(qn("w:eastAsia"), "zh-CN")
    document.core_properties.language = {"zh": "zh-CN", "en": "en-GB"}[lang]


def _title_styles(document: Any) -> None:
    title = _style(document, TITLE, 18, SANS, align=_CENTRE, after=6)
    title.font.bold = False
    border = title.element.pPr.find(qn("w:pBdr"))
    if border is not None:
        title.element.pPr.remove(border)
    subtitle = _style(document, SUBTITLE, _BODY_SIZE, SERIF, align=_CENTRE, after=12)
    subtitle.font.italic = False
    _spacing(subtitle, 0)


def _text_styles(document: Any, indent: int) -> None:
    body = _style(document, BODY, _BODY_SIZE, SERIF, line=1.3, align=_BOTH, after=3)
    _first_line(body, indent)
    lead = _style(document, LEAD, _BODY_SIZE, SERIF, line=1.3, align=_BOTH, after=6)
    lead.font.bold = True
    abstract = _style(document, ABSTRACT, _CAPTION_SIZE, SERIF, line=1.2, align=_BOTH, after=3)
    _sides(abstract)
    finding = _style(document, FINDING, _CAPTION_SIZE, SANS, line=1.2, before=4, after=1)
    _sides(finding)
    finding.paragraph_format.keep_with_next = True
    quote = _style(document, QUOTE, _CAPTION_SIZE, "楷体", line=1.25, align=_BOTH, after=4)
    _sides(quote)


def _small_styles(document: Any) -> None:
    caption = _style(document, CAPTION, _CAPTION_SIZE, SANS, align=_CENTRE, before=8, after=3)
    caption.font.bold = False
    _style(document, NOTE, _NOTE_SIZE, SERIF, line=1.1, align=_BOTH, before=2, after=8)
    caution = _style(document, CAUTION, _CAPTION_SIZE, SERIF, line=1.2, align=_BOTH, after=6)
    _rule_left(caution)
    _style(document, CELL, _NOTE_SIZE, SERIF, before=1, after=1)
    picture = _style(document, PICTURE, _BODY_SIZE, SERIF, align=_CENTRE, before=8)
    picture.paragraph_format.keep_with_next = True
    equation = _style(document, EQUATION, _BODY_SIZE, SERIF, before=4, after=4)
    stops = equation.paragraph_format.tab_stops
    from docx.enum.text import WD_TAB_ALIGNMENT

    stops.add_tab_stop(Cm(TEXT_WIDTH / 2), WD_TAB_ALIGNMENT.CENTER)
    stops.add_tab_stop(Cm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    reference = _style(document, REFERENCE, _CAPTION_SIZE, SERIF, line=1.15, after=2)
    reference.paragraph_format.left_indent = Cm(0.9)
    reference.paragraph_format.first_line_indent = Cm(-0.9)


def _headings(document: Any) -> None:
    for level, size, before in ((1, 14, 14), (2, 12, 10)):
        heading = _style(document, f"Heading {level}", size, SANS, before=before, after=6)
        heading.font.bold = False
        heading.paragraph_format.keep_with_next = True


def _style(
    document: Any,
    name: str,
    size: float,
    east_asian: str,
    *,
    line: float = 1.0,
    align: Any = _LEFT,
    before: float = 0,
    after: float = 0,
) -> Any:
    known = {s.name for s in document.styles}
    style = (
        document.styles[name]
        if name in known
        else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    )
    if name != "Normal":
        style.base_style = document.styles["Normal"]
    fonts(style, east_asian)
    style.font.size = Pt(size)
    style.font.color.rgb = None
    _black(style)
    form = style.paragraph_format
    form.alignment = align
    form.space_before, form.space_after = Pt(before), Pt(after)
    form.line_spacing_rule = WD_LINE_SPACING.MULTIPLE
    form.line_spacing = line
    return style


def _black(style: Any) -> None:
    """Drop the theme colour of Word's own headings and captions."""
    properties = style.element.get_or_add_rPr()
    for tag in ("w:color", "w:spacing", "w:kern"):
        for element in properties.findall(qn(tag)):
            properties.remove(element)


def _spacing(style: Any, twips: int) -> None:
    properties = style.element.get_or_add_rPr()
    for element in properties.findall(qn("w:spacing")):
        properties.remove(element)
    if twips:
        element = OxmlElement("w:spacing")
        element.set(qn("w:val"), str(twips))
        properties.append(element)


def _first_line(style: Any, characters: int) -> None:
    """Indent the first line by whole characters, as Chinese text does."""
    if not characters:
        return
    style.paragraph_format.first_line_indent = Pt(_BODY_SIZE * characters)
    indent = style.element.pPr.find(qn("w:ind"))
    indent.set(qn("w:firstLineChars"), str(100 * characters))


def _sides(style: Any) -> None:
    style.paragraph_format.left_indent = Cm(0.8)
    style.paragraph_format.right_indent = Cm(0.8)


def _rule_left(style: Any) -> None:
    """A vertical rule at the left marks a caution, also in greyscale."""
    style.paragraph_format.left_indent = Cm(0.4)
    borders = OxmlElement("w:pBdr")
    left = OxmlElement("w:left")
    for key, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", "595959")):
        left.set(qn(f"w:{key}"), value)
    borders.append(left)
    style.element.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc"
    )


def number_headings(document: Any, lang: Lang) -> None:
    """Let Word count the first-level headings: 一、 in Chinese, 1. in English."""
    numbering = document.part.numbering_part.element
    used = [int(e.get(qn("w:abstractNumId"))) for e in numbering.findall(qn("w:abstractNum"))]
    identity = str(max(used, default=0) + 1)
    form, text = {"zh": ("chineseCountingThousand", "%1、"), "en": ("decimal", "%1.")}[lang]
    abstract = _abstract_number(identity, form, text)
    first = numbering.find(qn("w:num"))
    if first is None:
        numbering.append(abstract)
    else:
        first.addprevious(abstract)
    count = numbering.add_num(int(identity))
    properties = document.styles["Heading 1"].element.get_or_add_pPr()
    link = properties.get_or_add_numPr()
    link.get_or_add_numId().val = count.numId


def _abstract_number(identity: str, form: str, text: str) -> Any:
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), identity)
    kind = OxmlElement("w:multiLevelType")
    kind.set(qn("w:val"), "multilevel")
    abstract.append(kind)
    level = OxmlElement("w:lvl")
    level.set(qn("w:ilvl"), "0")
    spaced = "nothing" if form.startswith("chinese") else "space"
    for tag, value in (
        ("start", "1"),
        ("numFmt", form),
        ("pStyle", "Heading1"),
        ("suff", spaced),
        ("lvlText", text),
        ("lvlJc", "left"),
    ):
        element = OxmlElement(f"w:{tag}")
        element.set(qn("w:val"), value)
        level.append(element)
    abstract.append(level)
    return abstract


def _page_numbers(section: Any) -> None:
    from zhiheng.report.docx_runs import add_field

    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.tab_stops.clear_all()
    add_field(paragraph, "PAGE", "1")
    for run in paragraph.runs:
        run.font.size = Pt(_NOTE_SIZE)

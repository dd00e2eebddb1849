from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.report.html import render_html
from zhiheng.report.html_ledger import as_script
from zhiheng.report.html_svg import size, slim
from zhiheng.report.html_text import label, literal
from zhiheng.report.model import Document, Paragraph, Section
from zhiheng.report.readback import refuse_orphans, untagged_html
from zhiheng.study.ledger import Ledger
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

pytest.importorskip("vl_convert", reason="needs the extra `report`")
pytest.importorskip("jinja2", reason="needs the extra `report`")


@pytest.fixture
def ledger(run: StudyRun) -> Ledger:
    return Ledger(run)


@pytest.fixture
def page(document: Document, run: StudyRun, ledger: Ledger) -> str:
    return render_html(document, run, ledger)


def embedded(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="ledger-data">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_rule_eight_no_digit_stands_untagged(page: str) -> None:
    assert untagged_html(page) == []


def test_an_orphan_number_is_found_with_its_words() -> None:
    page = '<body><p>得分 <span class="n" data-n="a">0.5</span>，高出 12.5 个点</p></body>'
    assert untagged_html(page) == [",高出 12.5 个点".replace(",", "，")]
    with pytest.raises(ZhihengError) as caught:
        refuse_orphans(page)
    assert caught.value.code == "R803"


@pytest.mark.parametrize(
    "page",
    [
        '<button class="n" data-n="a.b[c].d">7</button>',
        '<span class="q">2022</span>',
        '<figure data-ledger="index.scores"><svg><text>7</text></svg></figure>',
        "<math><mn>2</mn></math>",
        "<ol data-references><li>[1] 27(3)</li></ol>",
        "<script>var a = 7;</script><style>p { margin: 7px }</style>",
    ],
)
def test_numbers_that_can_be_traced_pass(page: str) -> None:
    assert untagged_html(page) == []


@pytest.mark.parametrize(
    "page",
    ["<p>7</p>", '<button class="n">7</button>', "<figure>7</figure>",
     '<span class="q">1</span>7', "<br>7", '<svg><path d="M0"/></svg>7'],
)  # fmt: skip
def test_numbers_that_cannot_be_traced_do_not(page: str) -> None:
    assert untagged_html(page) == ["7"]


def test_every_number_opens_an_entry(page: str) -> None:
    pressed = {a["data-n"] for _, a in Tags(page).found if "data-n" in a}
    data = embedded(page)
    assert pressed
    assert pressed == set(data["n"])
    for step, _, _, _, _, place, trees in data["n"].values():
        assert step in data["steps"]
        total, cells = data["sets"][place]
        assert len(cells) <= min(total, 50)
        assert all(t < len(data["trees"]) for t in trees)


def test_the_page_stands_alone(page: str) -> None:
    for tag, attrs in Tags(page).found:
        assert tag not in ("link", "img", "iframe"), tag
        assert "src" not in attrs
        assert (attrs.get("href") or "#").startswith("#")
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)


def test_the_page_holds_both_languages(page: str) -> None:
    assert "样例：指数与" in page
    assert "Sample: index and" in page
    for lang in ("zh", "en"):
        assert page.count(f'<svg class="{lang} ') == 2  # one for the desk, one for the phone


def test_the_default_language_is_the_one_asked_for(
    document: Document, run: StudyRun, ledger: Ledger
) -> None:
    page = render_html(document, run, ledger, lang_default="en")
    assert '<html lang="en" data-lang="en">' in page


def test_the_same_run_gives_the_same_bytes(
    document: Document, run: StudyRun, ledger: Ledger, page: str
) -> None:
    assert render_html(document, run, ledger) == page


def test_anchors_are_unique_and_links_lead_somewhere(page: str) -> None:
    tags = Tags(page).found
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = {str(a["href"])[1:] for t, a in tags if t == "a" and "href" in a}
    assert links <= set(ids)


def test_words_cannot_become_markup(document: Document, run: StudyRun, ledger: Ledger) -> None:
    sly = Text("<script>alert(9)</script>", "<b onclick=x>9</b>")
    says = Sentence(Text("见{$w}", "see {$w}"), {"w": sly})
    sections = (Section("a", sly, (Paragraph((says,)),)),)
    page = render_html(replace(document, title=sly, findings=(), sections=sections), run, ledger)
    assert "<script>alert" not in page
    assert "<b onclick" not in page


def test_data_cannot_close_its_script_element() -> None:
    text = as_script({"a": "</script><script>", "b": "\u2028"})
    assert "<" not in text
    assert json.loads(text) == {"a": "</script><script>", "b": "\u2028"}


def test_formulas_are_set_low_and_tagged() -> None:
    assert literal("CO2 少") == '<span class="q">CO<sub>2</sub></span> 少'
    assert label("SO2") == '<span class="q">SO<sub>2</sub></span>'
    assert label("PM2.5") == '<span class="q">PM2.5</span>'
    assert label("a<b") == "a&lt;b"


def test_slimming_keeps_words_and_shape() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="390" height="20" viewBox="0 0 390 20">'
        '<g class="m" role="x" aria-label="y: 1.23456"><text x="1.26789">0.12345</text></g>'
        '<g></g><clipPath id="c"/><g clip-path="url(#c)"><path d="M-0.049,1.55"/></g></svg>'
    )
    out = slim(svg, "p-")
    assert "0.12345" in out
    assert 'x="1.3"' in out
    assert 'id="p-c"' in out
    assert "url(#p-c)" in out
    assert "M0,1.6" in out or "M0,1.5" in out
    assert "aria" not in out
    assert size(out) == (390, 20)


# --- in a browser ----------------------------------------------------------------------------

FRAME = """<!doctype html><body style="margin:0">
<iframe id="f" style="border:0;width:{width}px;height:800px" src="{page}"></iframe>
<pre id="o"></pre>
<script>f.onload = () => {{ const d = f.contentDocument, w = d.documentElement;
  const out = [...d.querySelectorAll("body *")].filter(e => {{
    const r = e.getBoundingClientRect(), free = ".scroll,.formula,.bar nav,dialog";
    return r.width && r.right > w.clientWidth + 1 && !e.closest(free);
  }}).map(e => e.tagName + "." + e.className);
  const n = [...d.querySelectorAll(".sections button.n")].find(e => e.offsetParent);
  n.focus(); n.click();
  const opened = d.querySelector("dialog").open, words = d.querySelector("dialog").innerText;
  d.querySelector("dialog .close").click();
  setTimeout(() => {{ o.textContent = "RESULT" + JSON.stringify({{
    lang: w.dataset.lang, wide: w.scrollWidth, out, opened, words: words.length,
    closed: !d.querySelector("dialog").open, back: d.activeElement === n }}) + "END"; }}, 100);
}};</script>"""


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if not found:
        pytest.skip("no Chromium here")
    return found


def ask_browser(folder: Path, page: str, width: int, place: str) -> dict[str, Any]:
    path, frame = folder / "report.html", folder / "frame.html"
    path.write_text(page, "utf-8")
    frame.write_text(FRAME.format(width=width, page=path.as_uri() + place), "utf-8")
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security",
        "--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000", "--dump-dom", frame.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'RESULT(\{"lang".*?\})END', done.stdout)
    assert found is not None, done.stderr[-2000:]
    return json.loads(found[1])


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_leaves_the_screen_and_numbers_open(
    page: str, tmp_path: Path, width: int, lang: str
) -> None:
    told = ask_browser(tmp_path, page, width, f"#{lang}")
    assert told["lang"] == lang
    assert told["wide"] <= width
    assert told["out"] == []
    assert told["opened"]
    assert told["words"] > 50
    assert told["closed"]
    assert told["back"]


@pytest.mark.browser
def test_the_page_prints(page: str, tmp_path: Path) -> None:
    path, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    path.write_text(page, "utf-8")
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
        f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={paper}", path.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert paper.read_bytes().startswith(b"%PDF")

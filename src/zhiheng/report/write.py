"""Everything that a run delivers, in one folder, and never by halves."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from zhiheng.catalog import columns
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Lang, Text
from zhiheng.report.document import build_document
from zhiheng.report.docx import render_docx
from zhiheng.report.drawing import Order, drawings
from zhiheng.report.figure_files import draw_figures, file_orders
from zhiheng.report.html import render_html
from zhiheng.report.html_figures import page_orders
from zhiheng.report.ledger_file import ledger_json
from zhiheng.report.lock import plan_lock
from zhiheng.report.model import Document
from zhiheng.report.readback_docx import untagged_docx
from zhiheng.report.replication import replication_pack
from zhiheng.report.xlsx import render_xlsx
from zhiheng.study.ledger import Ledger
from zhiheng.study.run import study_panel
from zhiheng.study.run_types import StudyRun

LOCK = "plan.lock"
"""Written last: a folder without it is not a finished report."""


def write_report(
    run: StudyRun, out: Path, *, lang: Lang = "zh", data: Panel | None = None
) -> list[Path]:
    """Write the report of a run into a folder.

    All files are made before the first one is put in place, so a failure leaves
    the folder as it was. Files of an earlier report that this one does not have
    are removed; anything else in the folder is left alone.

    Parameters
    ----------
    run : StudyRun
    out : Path
        The folder; made if it does not exist.
    lang : {"zh", "en"}
        Language of the paper, and the one that the page opens in.
    data : Panel, optional
        The data that the run was given; without it the plan's data are read.

    Returns
    -------
    list of Path
        The files written, in order.

    Raises
    ------
    ZhihengError
        R803 the page or R821 the paper has a number without a tag, R822 a number
        resolves to no cell, R823 the folder cannot be written.
    """
    files = make_files(run, lang=lang, data=data or study_panel(run.plan))
    try:
        return _place(files, out)
    except OSError as error:
        raise ZhihengError(
            "R823",
            Text("写不进目录“{o}”。", 'Cannot write into "{o}".').format(o=out),
            evidence=[{"path": error.filename or str(out), "error": error.strerror or str(error)}],
            fix=Text(
                "换一个目录，或检查权限与空间。",
                "Choose another folder, or check rights and space.",
            ),
        ) from error


def make_files(run: StudyRun, *, lang: Lang, data: Panel) -> dict[str, bytes]:
    """Every file of a report by its name, the lock last."""
    document, ledger = build_document(run), Ledger(run)
    with drawings(run, _orders(document)) as drawn:
        # First what needs no figure, while other processes draw.
        entries = ledger_json(document, run, ledger)
        tables = render_xlsx(run, columns)
        figures = draw_figures(document, run, drawings=drawn)
        paper = render_docx(document, run, ledger, figures.pictures_in(lang), lang=lang)
        page = render_html(document, run, ledger, lang_default=lang, drawings=drawn)
    _refuse_orphans({"paper.docx": untagged_docx(paper)})
    files = {
        "report.html": page.encode(),
        "paper.docx": paper,
        "tables.xlsx": tables,
        **{f"figures/{name}": content for name, content in figures.files.items()},
        "ledger.json": entries,
        "replication.zip": replication_pack(run, entries, data),
    }
    return {**files, LOCK: plan_lock(run, files)}


def _orders(document: Document) -> list[Order]:
    """The drawings of a report; first those of the paper, which is printed first."""
    return [*(order for _, order in file_orders(document)), *page_orders(document)]


def _refuse_orphans(found: Mapping[str, list[str]]) -> None:
    rows = [{"file": file, "text": text} for file, texts in found.items() for text in texts]
    if rows:
        raise ZhihengError(
            "R821",
            Text(
                "文档里有 {n} 处数字没有出处。", "{n} numbers of the documents have no origin."
            ).format(n=len(rows)),
            evidence=rows,
            fix=Text(
                "写成引用，或声明为标签。", "Write them as references, or declare them as labels."
            ),
            exit_code=3,
        )


def _place(files: Mapping[str, bytes], out: Path) -> list[Path]:
    out.parent.mkdir(parents=True, exist_ok=True)
    old = _earlier(out)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as made:
        for name, content in files.items():
            path = Path(made, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        out.mkdir(exist_ok=True)
        (out / LOCK).unlink(missing_ok=True)
        for name in files:
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(made, name), target)
    for name in old - set(files):
        (out / name).unlink(missing_ok=True)
    return [out / name for name in files]


def _earlier(out: Path) -> set[str]:
    """The files of the report that stands in the folder, by its lock."""
    try:
        listed = tomllib.loads((out / LOCK).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return set()
    return {name for name in listed if _inside(name)}


def _inside(name: str) -> bool:
    """Whether a name stays below the folder: a lock edited by hand must not delete elsewhere."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts

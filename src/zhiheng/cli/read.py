"""``zhiheng read``: what a file was understood to say, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from zhiheng.core.text import Lang, Text
from zhiheng.sources.kinds import read_any
from zhiheng.sources.questions import Answers, Question, load_answers, write_answers
from zhiheng.sources.reading import Reading, SeriesReading, TableReading
from zhiheng.sources.tables import read_file

MOST_ROWS = 30
HEADS = {
    "tables": Text("表|数据区|行|列|表头行|标题|值", "table|data|down|across|header|title|values"),
    "series": Text(
        "表中名称|目录序列|表中单位|单位|值|首格",
        "in the sheet|in the catalog|unit there|unit|values|first",
    ),
    "questions": Text("位置|问题|写在|可答", "where|question|write to|answers"),
    "dropped": Text("位置|内容|为什么略去", "where|what|why left out"),
}
TITLES = {
    "tables": Text("读出的表", "Tables"),
    "series": Text("序列", "Series"),
    "questions": Text("要回答的问题", "Questions to be answered"),
    "dropped": Text("略去的", "Left out"),
}


def read_and_print(
    file: Path,
    lang: Lang,
    *,
    sheet: str = "",
    map_: Path | None = None,
    save_map: Path | None = None,
    store: Path | None = None,
) -> None:
    """Print how a file is understood; write a mapping file, or import it into a store."""
    answers = load_answers(map_) if map_ else Answers()
    reading = read_any(read_file(file), file.name, answers=answers, sheet=sheet)
    console = Console()
    _print(reading, console, lang)
    if save_map is not None:
        write_answers(save_map, reading.questions, answers, file=reading.file)
        said = {"zh": "映射文件写在 {p}", "en": "mapping file written to {p}"}[lang]
        console.print(said.format(p=save_map), markup=False)
    if store is not None:
        from zhiheng.store.store import Store

        version = Store(store).add(reading.observations(), note=file.name)
        said = {"zh": "已导入，版本 {v}", "en": "imported as version {v}"}[lang]
        console.print(said.format(v=version.id))


def _print(reading: Reading, console: Console, lang: Lang) -> None:
    console.print(_summary(reading, lang), markup=False)
    _draw("tables", [_table(t, lang) for t in reading.tables], console, lang)
    _draw("series", [_series(s) for s in reading.series], console, lang)
    _draw("dropped", [(d.where, d.word, d.reason[lang]) for d in reading.dropped], console, lang)
    for note in reading.notes:
        console.print(f"· {note[lang]}", markup=False)
    _draw("questions", [_question(q, lang) for q in reading.open], console, lang)
    if reading.open:
        said = Text(
            "有 {n} 个问题：加 --save-map map.toml 写出，填好后用 --map map.toml 再读。",
            "{n} questions are open: write them with --save-map map.toml, fill it in, read again "
            "with --map map.toml.",
        ).format(n=len(reading.open))
    else:
        said = Text("没有疑问，可以导入。", "Nothing is open; the file can be imported.")
    console.print(said[lang], markup=False)


def _summary(reading: Reading, lang: Lang) -> str:
    said = Text(
        "{f}：{k}，{t} 张表，{e} 个地区，{p}，{s} 个序列，{v} 个值",
        "{f}: {k}, {t} tables, {e} entities, {p}, {s} series, {v} values",
    )
    years = reading.periods
    span = f"{years[0]}–{years[-1]}" if years else "—"
    regions = len(set(reading.entities.values()))
    return said.format(
        f=reading.file, k=reading.kind, t=len(reading.tables), e=regions,
        p=span, s=len({s.name for s in reading.series}), v=sum(s.values for s in reading.series),
    )[lang]  # fmt: skip


def _draw(name: str, rows: Sequence[Iterable[str]], console: Console, lang: Lang) -> None:
    if not rows:
        return
    drawn = RichTable(title=TITLES[name][lang], title_justify="left")
    for head in HEADS[name][lang].split("|"):
        drawn.add_column(head, overflow="fold")
    for row in rows[:MOST_ROWS]:
        drawn.add_row(*(w.replace("[", r"\[") for w in row))
    if len(rows) > MOST_ROWS:
        more = {"zh": "…… 共 {n} 行", "en": "... {n} rows in all"}[lang]
        drawn.caption = more.format(n=len(rows))
    console.print(drawn)


def _table(t: TableReading, lang: Lang) -> tuple[str, ...]:
    heads = ", ".join(map(str, t.heads))
    return (t.address, t.cells, t.rows[lang], t.columns[lang], heads, t.title[:30], str(t.values))


def _series(s: SeriesReading) -> tuple[str, ...]:
    return (s.word, s.name if s.mapped else "—", s.written or "—", s.unit, str(s.values), s.cell)


def _question(q: Question, lang: Lang) -> tuple[str, ...]:
    key = q.section if q.section == q.key else f'{q.section}."{q.key}"'
    return (q.cell, q.text[lang], f"{key}.{q.part}" if q.part else key, " | ".join(q.choices))

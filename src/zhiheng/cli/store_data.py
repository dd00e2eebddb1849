"""What the commands on stores do and print."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Lang, Text
from zhiheng.sources.kinds import observe
from zhiheng.sources.questions import load_answers
from zhiheng.sources.tables import read_file
from zhiheng.store.archive import FolderArchive
from zhiheng.store.audit import Head, require_sound, verify
from zhiheng.store.denials import bad_value
from zhiheng.store.store import Store, open_store

MOST_ROWS = 40
CHANGES = {
    "added": Text("新增", "added"),
    "removed": Text("删去", "removed"),
    "changed": Text("改动", "changed"),
}


def import_file(
    file: Path,
    store: str,
    lang: Lang,
    *,
    map_: Path | None = None,
    note: str = "",
    licence: str = "",
    steward: str = "",
) -> None:
    """Import a data file or an export of ours, and print the version that it made."""
    from zhiheng.store.exports import decode

    raw = read_file(file)
    found = decode(raw, file.name)
    if found is None:
        found = observe(raw, file.name, answers=load_answers(map_) if map_ else None)
    with open_store(store) as opened:
        version = opened.add(found, note=note or file.name, licence=licence, steward=steward)
    _say(Text("已导入，版本 {v}", "imported as version {v}").format(v=version.id), lang)


def print_versions(store: str, lang: Lang) -> None:
    """All versions, oldest first."""
    heads = {
        "zh": ("版本", "时间 (UTC)", "文件", "观测", "判断", "说明"),
        "en": ("version", "time (UTC)", "files", "observations", "findings", "note"),
    }
    rows: list[tuple[str, ...]] = []
    with open_store(store) as opened:
        opened.version()  # an empty store is an error that says what to do
        for v in opened.versions():
            findings = sum(f.rows for f in v.findings)
            rows.append(
                (v.id, v.created, str(len(v.files)), str(v.rows), str(findings), v.note)
            )  # fmt: skip
    _print(heads[lang], rows)


def print_difference(store: str, before: str, after: str, lang: Lang, *, out: Path | None) -> None:
    """Counts by series, then the cells; all of them go to the CSV."""
    with open_store(store) as opened:
        found = opened.diff(before, after)
    _say(Text.same(f"{found.before} → {found.after}"), lang)
    if not len(found):
        _say(Text("没有差别", "no difference"), lang)
        return
    heads = [Text("序列", "series"), *CHANGES.values()]
    counts = [(name, *(str(by[change]) for change in CHANGES)) for name, by in found.series.items()]
    _print([h[lang] for h in heads], counts)
    rows: list[dict[str, Any]] = found.cells.to_pylist()
    if out:
        _write_csv(out, rows)
    cells = {
        "zh": ("变化", "序列", "地区", "时期", "来源", "原值", "新值"),
        "en": ("change", "series", "entity", "period", "source", "before", "after"),
    }
    shown = [
        (
            CHANGES[r["change"]][lang],
            r["series"],
            r["entity"],
            str(r["period"]),
            r["source"],
            _value(r, "before"),
            _value(r, "after"),
        )
        for r in rows[:MOST_ROWS]
    ]
    _print(cells[lang], shown)
    if len(rows) > MOST_ROWS:
        more = Text("…… 共 {n} 行，用 -o 写出全部", "... {n} rows in all; -o writes them")
        _say(more.format(n=len(rows)), lang)


def write_export(
    store: str, target: Path, lang: Lang, *, form: str, force: bool, **selection: Any
) -> None:
    """Export a version to a file."""
    from zhiheng.store.exports import export

    with open_store(store) as opened:
        rows = export(opened, target, form=form, force=force, **selection)
    said = Text("已导出 {n} 个观测：{f}", "{n} observations exported to {f}")
    _say(said.format(n=rows, f=target), lang)


def print_faults(store: str, lang: Lang) -> int:
    """What is wrong with a store; 1 when something is."""
    with open_store(store) as opened:
        faults = opened.verify()
    for fault in faults:
        said = Text("✗ 版本 {v}：{t} ({n})", "✗ version {v}: {t} ({n})")
        _say(said.format(v=fault.version, t=fault.text, n=fault.name[:20]), lang)
    if not faults:
        _say(Text("✓ 数据库完好", "✓ the store is sound"), lang)
    return 1 if faults else 0


def print_repair(store: str, lang: Lang, *, copy: Path | None, drop: bool, dry: bool) -> None:
    """Mend a store and list every step."""
    from zhiheng.store.repair import repair

    done = repair(_folder(store), copy=copy, drop=drop, dry=dry)
    _list_actions(done, lang, nothing=Text("没有要修的", "nothing to mend"), dry=dry)


def print_sweep(store: str, lang: Lang, *, delete: bool) -> None:
    """List leftovers, and delete them when asked."""
    from zhiheng.store.repair import sweep

    done = sweep(_folder(store), dry=not delete)
    _list_actions(done, lang, nothing=Text("没有残留", "no leftovers"), dry=not delete)
    if done and not delete:
        _say(Text("用 --yes 删除", "--yes deletes them"), lang)


def _list_actions(done: Sequence[Any], lang: Lang, *, nothing: Text, dry: bool) -> None:
    for action in done:
        said = Text("{d}{t}：{n}（{s} 字节）", "{d}{t}: {n} ({s} bytes)")
        plan = Text("将", "would be ") if dry else Text("已", "now ")
        _say(said.format(d=plan, t=action.text, n=action.path.name, s=action.size), lang)
    if not done:
        _say(nothing, lang)


def _folder(store: str) -> FolderArchive:
    archive = Store(Path(store)).archive if "://" not in store else None
    if not isinstance(archive, FolderArchive):
        raise ZhihengError(
            "S607",
            Text("只有目录形式的数据库才能这样修。", "Only a store in a folder is mended so."),
            fix=Text(
                "PostgreSQL 用它自己的备份恢复，再运行 zhiheng data verify。",
                "Restore PostgreSQL from its own backup, then run zhiheng data verify.",
            ),
        )
    return archive


def _value(row: dict[str, Any], side: str) -> str:
    value, vintage = row[f"value_{side}"], row[f"vintage_{side}"]
    if value is None:
        return "—"
    return f"{value:.10g} {row[f'unit_{side}']}" + (f" [{vintage}]" if vintage else "")


def _write_csv(out: Path, rows: Sequence[dict[str, Any]]) -> None:
    with out.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _print(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    Console().print(table)


def _say(text: Text, lang: Lang) -> None:
    Console().print(text[lang], markup=False, highlight=False, soft_wrap=True)


def print_log_report(file: Path, head: str, lang: Lang) -> None:
    """Verify an audit log: its length and head when sound, else A107 with every fault."""
    number, _, digest = head.partition(":")
    if head and not (number.isdecimal() and len(digest) == 64):
        raise bad_value([{"field": "--head", "value": head[:80]}])
    lines = read_file(file).decode("utf-8", "replace").splitlines()
    report = verify(lines, Head(int(number), digest) if head else None)
    require_sound(report)
    said = Text("{n} 行，链完整；链首 {h}", "{n} lines, the chain is whole; head {h}")
    _say(said.format(n=report.lines, h=f"{report.head.n}:{report.head.hash}"), lang)

"""Commands on stores: import, versions, differences, export, integrity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

LangName = Literal["zh", "en"]
Lang = Annotated[LangName, typer.Option("--lang", help="语言 / language")]
Place = Annotated[
    str, typer.Option("--store", help="数据库目录或 postgresql:// 地址 / folder or address")
]
Version = Annotated[str, typer.Option("--version", help="编号、标识或日期 / number, id or date")]


def add_store_commands(data: typer.Typer) -> None:
    """Add the commands on stores to ``zhiheng data``."""
    data.command("import", help="把一个文件导入数据库 / Import a file into a store.")(import_)
    data.command("versions", help="列出全部版本 / List all versions.")(versions)
    data.command("diff", help="两个版本差在哪里 / What changed between two versions.")(diff)
    data.command("export", help="导出一个版本 / Export a version.")(export)
    data.command("verify", help="检查数据库是否完好 / Check that a store is sound.")(verify)
    data.command("repair", help="修复损坏的数据库 / Mend a damaged store.")(repair)
    data.command("sweep", help="清理中断导入的残留 / Clear leftovers of broken imports.")(sweep)
    data.command("verify-log", help="核对导出的审计日志 / Verify an exported audit log.")(
        verify_log
    )


def import_(
    file: Path,
    store: Place,
    *,
    map_: Annotated[Path | None, typer.Option("--map", help="映射文件 / mapping file")] = None,
    note: Annotated[str, typer.Option("--note", help="说明，默认文件名 / note")] = "",
    licence: Annotated[str, typer.Option("--licence", help="数据许可 / licence of the data")] = "",
    steward: Annotated[str, typer.Option("--steward", help="数据负责人 / who answers for it")] = "",
    lang: Lang = "zh",
) -> None:
    """Import a data file, or an export of ours, as a new version: all of it or nothing."""
    from zhiheng.cli.store_data import import_file

    import_file(file, store, lang, map_=map_, note=note, licence=licence, steward=steward)


def versions(store: Place, lang: Lang = "zh") -> None:
    """List all versions with date, files, rows, findings and note."""
    from zhiheng.cli.store_data import print_versions

    print_versions(store, lang)


def diff(
    before: Annotated[str, typer.Argument(help="旧版本 / older version")],
    after: Annotated[str, typer.Argument(help="新版本，默认最新 / newer; default newest")] = "",
    *,
    store: Place,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="写 CSV / write a CSV")] = None,
    lang: Lang = "zh",
) -> None:
    """Say which cells were added, removed or changed, with both values."""
    from zhiheng.cli.store_data import print_difference

    print_difference(store, before, after, lang, out=out)


def export(
    target: Annotated[Path, typer.Argument(help="写到哪个文件 / file to write")],
    store: Place,
    *,
    form: Annotated[
        str, typer.Option("--format", help="csv xlsx parquet dta sdmx iamc datapackage")
    ] = "",
    version: Version = "",
    series: Annotated[str, typer.Option("--series", help="a,b；默认全部 / default all")] = "",
    entities: Annotated[str, typer.Option("--entities", help="地区代码 a,b / codes")] = "",
    vintage: Annotated[str, typer.Option("--vintage", help="all latest first 或日期")] = "all",
    frequency: Annotated[str, typer.Option("--frequency", help="A Q M D H")] = "",
    level: Annotated[str, typer.Option("--level", help="province economy …")] = "",
    force: Annotated[bool, typer.Option("--force", help="覆盖 / overwrite")] = False,  # noqa: FBT002
    lang: Lang = "zh",
) -> None:
    """Export a version; `zhiheng data import` reads it back without loss."""
    from zhiheng.cli.store_data import write_export

    listed = {"series": series, "entities": entities}
    chosen = {k: [w.strip() for w in v.split(",") if w.strip()] for k, v in listed.items()}
    words = {"version": version, "vintage": vintage, "frequency": frequency}
    write_export(
        store, target, lang, form=form, force=force, **chosen, **words, level=level or None
    )


def verify(store: Place, lang: Lang = "zh") -> None:
    """Check hashes, rows and the chain of versions; exit 1 when something is wrong."""
    from zhiheng.cli.store_data import print_faults

    raise typer.Exit(print_faults(store, lang))


def repair(
    store: Place,
    *,
    copy: Annotated[Path | None, typer.Option("--copy", help="另一份副本 / another copy")] = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="退回最后完好的版本 / step back to the last sound one")
    ] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="只说要做什么 / only say what")] = False,
    lang: Lang = "zh",
) -> None:
    """Mend a store from a copy, or step back to the last sound version; never silently."""
    from zhiheng.cli.store_data import print_repair

    print_repair(store, lang, copy=copy, drop=drop, dry=dry)


def sweep(
    store: Place,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="真的删除 / really delete")] = False,
    lang: Lang = "zh",
) -> None:
    """List what no version names; with ``--yes`` delete it."""
    from zhiheng.cli.store_data import print_sweep

    print_sweep(store, lang, delete=yes)


def verify_log(
    file: Annotated[Path, typer.Argument(help="audit.jsonl")],
    *,
    head: Annotated[
        str, typer.Option("--head", help="此前记下的 行号:哈希 / number:hash noted before")
    ] = "",
    lang: Lang = "zh",
) -> None:
    """Verify the chain of an audit log without the platform that wrote it."""
    from zhiheng.cli.store_data import print_log_report

    print_log_report(file, head, lang)

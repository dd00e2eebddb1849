"""The command ``zhiheng``: verbs, one command per method, errors and exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from zhiheng.cli.data_commands import add_store_commands
from zhiheng.cli.method_commands import add_method_commands
from zhiheng.core.errors import ZhihengError

LangName = Literal["zh", "en"]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

app = typer.Typer(
    name="zhiheng",
    help="质衡：衡量新质生产力及其作用，每个数字可追溯。\n\n"
    "Zhiheng: weigh new-quality productive forces; every number can be traced.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Lang = Annotated[LangName, typer.Option("--lang", help="语言 / language")]


@app.command(help="运行一项研究，写出报告 / Run a study and write the report.")
def run(
    study: Annotated[
        str, typer.Argument(help="研究名或计划文件 / study or plan file")
    ] = "provinces",
    out: Annotated[Path, typer.Option("--out", "-o", help="输出目录 / output folder")] = Path(
        "out"
    ),
    lang: Lang = "zh",
    with_: Annotated[
        list[Path] | None, typer.Option("--with", help="并入自己的数据（CSV） / join own data")
    ] = None,
    region: Annotated[
        str, typer.Option("--region", help="换一个地区（代码） / another region (code)")
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="不用缓存 / ignore the cache")] = False,  # noqa: FBT002
) -> None:
    """Run a study and write its report; exit 1 when a finding blocks an asserted claim."""
    from zhiheng.cli.run import run_and_write

    raise typer.Exit(run_and_write(study, out, lang, extra=with_ or [], fresh=fresh, region=region))


@app.command("methods", help="列出全部方法 / List all methods.")
def methods_(lang: Lang = "zh") -> None:
    """List all methods with their options."""
    from zhiheng.cli.lists import print_methods

    print_methods(lang)


@app.command(help="列出指标体系，或展开一个 / List index systems, or open one.")
def systems(
    name: Annotated[str, typer.Argument(help="体系名 / system")] = "", lang: Lang = "zh"
) -> None:
    """List index systems with how much of each the embedded data can compute."""
    from zhiheng.cli.lists import print_system, print_systems

    if name:
        print_system(name, lang)
    else:
        print_systems(lang)


data = typer.Typer(help="内置数据与数据库 / Embedded data and stores.", no_args_is_help=True)
app.add_typer(data, name="data")


@data.command("list", help="列出内置数据 / List the embedded data sets.")
def data_list(lang: Lang = "zh") -> None:
    """List the embedded data sets."""
    from zhiheng.cli.lists import print_datasets

    print_datasets(lang)


@data.command(
    "show", help="列出一个数据集的序列、单位、来源、许可 / Show the series of a data set."
)
def data_show(name: str, lang: Lang = "zh") -> None:
    """Show series, units, sources and licences of a data set."""
    from zhiheng.cli.lists import print_dataset

    print_dataset(name, lang)


add_store_commands(data)


@app.command(help="读一个表格，说出怎么理解的 / Read a sheet and say what was understood.")
def read(
    file: Path,
    *,
    sheet: Annotated[str, typer.Option("--sheet", help="只读这张工作表 / this sheet only")] = "",
    map_: Annotated[Path | None, typer.Option("--map", help="映射文件 / mapping file")] = None,
    save_map: Annotated[
        Path | None, typer.Option("--save-map", help="写出问题和答案 / write questions and answers")
    ] = None,
    store: Annotated[str, typer.Option("--store", help="导入的库 / import into")] = "",
    lang: Lang = "zh",
) -> None:
    """Say how a sheet is understood and what it leaves open."""
    from zhiheng.cli.read import read_and_print

    read_and_print(file, lang, sheet=sheet, map_=map_, save_map=save_map, store=store)


@app.command(help="检查数据文件或计划文件 / Check a data file or a plan.")
def check(
    file: Path,
    map_: Annotated[Path | None, typer.Option("--map", help="映射文件 / mapping file")] = None,
    lang: Lang = "zh",
) -> None:
    """Say what a data file or plan holds, or what is wrong with it."""
    from zhiheng.cli.check import check_file

    check_file(file, lang, map_=map_)


@app.command(help="从发布者下载原始文件，带收据 / Download raw files with receipts.")
def fetch(
    source: Annotated[str, typer.Argument(help="worldbank, ecb, owid, nbs")],
    codes: Annotated[
        list[str] | None, typer.Argument(help="指标或图表代码 / indicators or charts")
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--to", help="目录 / folder")],
    years: Annotated[str, typer.Option("--years", help="2000:2022")] = "",
    regions: Annotated[str, typer.Option("--regions", help="CHN;VNM (worldbank)")] = "all",
    database: Annotated[str, typer.Option("--database", help="fsnd, hgnd … (nbs)")] = "fsnd",
    base: Annotated[str, typer.Option("--base", help="镜像地址 / address of a mirror")] = "",
    lang: Lang = "zh",
) -> None:
    """Download raw files of a publisher, or bring them up to date; nothing is parsed."""
    from zhiheng.cli.fetch import fetch_files
    from zhiheng.sources.fetch.publishers import Ask

    ask = Ask(codes or (), years, regions, database, base)
    fetch_files(source, to, ask, lang)


@app.command(help="数据体检：插值、照抄、量级错误等 / Check the health of data.")
def audit(
    file: Annotated[str, typer.Argument(help="数据文件或内置数据名 / file or data set")],
    *,
    regression: Annotated[str, typer.Option("--regression", help="y ~ x1 + x2")] = "",
    window: Annotated[str, typer.Option("--window", help="2013-2022")] = "",
    without: Annotated[str, typer.Option("--without", help="不要的地区 / leave out: a,b")] = "",
    confidence: Annotated[float, typer.Option("--confidence", help="0–1")] = 0.5,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="写报告的目录 / folder")] = None,
    lang: Lang = "zh",
) -> None:
    """Check a data file and write a two-page report, with its effect on a regression."""
    from zhiheng.cli.audit import audit_file
    from zhiheng.cli.run_method import Cut

    audit_file(file, lang, regression=regression, out=out, cut=Cut(window, without),
               confidence=confidence)  # fmt: skip


@app.command(help="文献的主张是否成立：全部体系与窗口 / Test claims over all systems and windows.")
def verdicts(
    file: Annotated[str, typer.Argument(help="数据文件或内置数据名 / file or data set")],
    *,
    claims: Annotated[str, typer.Option("--claims", help="主张文件 / file of claims")] = "papers",
    systems: Annotated[str, typer.Option("--systems", help="体系 a,b；默认全部可算的")] = "",
    windows: Annotated[str, typer.Option("--windows", help="2013-2022,2013-2017")] = "",
    draws: Annotated[int, typer.Option("--draws")] = 1000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="写 CSV 的目录 / folder")] = None,
    lang: Lang = "zh",
) -> None:
    """Test claims of the literature for every computable index system and window."""
    from zhiheng.cli.verdicts import print_verdicts

    listed = [[w.strip() for w in text.split(",") if w.strip()] for text in (systems, windows)]
    print_verdicts(
        file, lang, claims=claims, systems=listed[0], windows=listed[1], draws=draws, seed=seed,
        out=out,
    )  # fmt: skip


@app.command(help="理论的每一支箭头有没有证据 / What a study says on each arrow of the theory.")
def evidence(
    study: Annotated[str, typer.Argument(help="研究名或计划文件 / study or plan")] = "provinces",
    *,
    extra: Annotated[
        list[Path] | None, typer.Option("--with", help="并入自己的 CSV / join your own CSV")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="未检验的也列 / untested ones too")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="写 CSV 的目录 / folder")] = None,
    lang: Lang = "zh",
) -> None:
    """Run a study and print the evidence on each arrow of the theory graph."""
    from zhiheng.cli.run import print_evidence

    print_evidence(study, lang, extra=extra or (), out=out, every=every)


@app.command(help="通过 HTTP 提供一个平台 / Serve a platform over HTTP.")
def serve(
    *,
    store: Annotated[
        str, typer.Option("--store", help="文件夹或 postgresql://… / folder or address")
    ] = "",
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8000,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="允许其他机器；前面须有 TLS / behind TLS")
    ] = False,
    proxy: Annotated[str, typer.Option("--proxy", help="反向代理的地址 / its address")] = "",
    name: Annotated[
        list[str] | None, typer.Option("--name", help="对外的主机名 / public host name")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="带示例数据 / with data to look at")] = False,
    lang: Lang = "zh",
) -> None:
    """Serve a platform over HTTP until it is stopped; on this machine only by default."""
    from zhiheng.cli.serve import serve_platform

    serve_platform(
        store, lang, host=host, port=port, remote=allow_remote, proxy=proxy, names=name or (),
        demo=demo,
    )  # fmt: skip


add_method_commands(app)


def main() -> None:
    """Run the command line; every error becomes a message and an exit code."""
    for name in THREADS:  # rule 7: one BLAS thread in a run, set before numpy is imported
        os.environ.setdefault(name, "1")
    lang = _asked_language()
    try:
        app()
    except ZhihengError as error:
        sys.stderr.write(error.message(lang) + "\n" if lang else f"{error}\n")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except Exception as error:  # noqa: BLE001  the last door: no traceback reaches a user
        sys.stderr.write(
            f"[I901] 内部错误：{error!r}\n处理: 设 ZHIHENG_DEBUG=1 重试，并把输出报告给我们。\n"
            f"[I901] Internal error: {error!r}\n"
            "Fix: try again with ZHIHENG_DEBUG=1 and report the output to us.\n"
        )
        if os.environ.get("ZHIHENG_DEBUG"):
            raise
        raise SystemExit(3) from None


def _asked_language() -> LangName | None:
    words = sys.argv[1:]
    for i, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and i + 1 < len(words):
            value = words[i + 1]
        if value == "zh" or value == "en":  # noqa: PLR1714  narrows the type
            return value
    return None

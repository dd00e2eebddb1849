"""One command per registered method, made from ``methods.json`` without importing any."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from zhiheng.core.errors import ZhihengError
from zhiheng.core.registry import MethodInfo, Option, catalogue
from zhiheng.core.text import Text

_TYPES: dict[str, type] = {"integer": int, "number": float, "boolean": bool}
_FORMS = {
    "list": "a,b",
    "mapping": "x=…,y=…",
    "name_or_mapping": "name | x=…,y=…",
    "list_or_mapping": "a,b | x=…,y=…",
    "name_or_number": "name | number",
    "name_or_weights": "name | file.csv",
}


def add_method_commands(app: typer.Typer) -> None:
    """Add a command for each method: ``zhiheng METHOD FILE --option value``."""
    for info in catalogue().values():
        name = info.name.replace("_", "-")
        text = f"{info.summary.zh} / {info.summary.en}."
        app.command(name, help=text, rich_help_panel="方法 / Methods")(_command(info))
        if name != info.name:
            app.command(info.name, hidden=True, help=text)(_command(info))


def _command(info: MethodInfo) -> Callable[..., None]:
    def call(
        file: str,
        window: str | None,
        without: str | None,
        out: Path | None,
        table: str,
        lang: str,
        **options: Any,
    ) -> None:
        from zhiheng.cli.run_method import Cut, run_method

        given = {
            o.name: _value(o, options[o.name]) for o in info.options if options[o.name] is not None
        }
        run_method(
            info.name, file, given, cut=Cut(window or "", without or ""),
            out=out, table=table, lang="en" if lang == "en" else "zh",
        )  # fmt: skip

    # typer reads the options from the signature, which differs by method
    setattr(call, "__signature__", inspect.Signature(_parameters(info)))  # noqa: B010
    call.__annotations__ = {p.name: p.annotation for p in _parameters(info)}
    return call


def _parameters(info: MethodInfo) -> list[inspect.Parameter]:
    fixed: list[tuple[str, Any, Any]] = [
        (
            "file",
            Annotated[str, typer.Argument(help="数据文件或内置数据名 / file or data set")],
            None,
        ),
        (
            "window",
            Annotated[str | None, typer.Option("--window", help="2013-2022")],
            None,
        ),
        (
            "without",
            Annotated[str | None, typer.Option("--without", help="不要的地区 / leave out: a,b")],
            None,
        ),
        (
            "out",
            Annotated[Path | None, typer.Option("--out", "-o", help="写 CSV 的目录 / folder")],
            None,
        ),
        (
            "table",
            Annotated[str, typer.Option("--table", help="只打印这张表 / only this table")],
            "",
        ),
        ("lang", Annotated[str, typer.Option("--lang", help="zh | en")], "zh"),
    ]
    own = [(o.name, _annotation(o), None) for o in info.options]
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=inspect.Parameter.empty if name == "file" else default,
        )
        for name, annotation, default in [*fixed, *own]
    ]


def _annotation(option: Option) -> Any:
    flag = "--" + option.name.replace("_", "-")
    base = _TYPES.get(option.type, str)
    form = _FORMS.get(option.type, "")
    help_ = " | ".join(map(str, option.choices)) or form
    if option.required:
        help_ = f"{help_} [必填 / required]".strip()
    elif option.default is not None:
        help_ = f"{help_} [默认 / default: {option.default}]".strip()
    names = [flag, f"{flag}/--no-{flag[2:]}"][1:] if base is bool else [flag]
    return Annotated[base | None, typer.Option(*names, help=help_)]


def _value(option: Option, word: Any) -> Any:
    pairs = option.type.endswith("_or_mapping") and "=" in str(word)
    if option.type == "mapping" or pairs:
        return dict(_pair(option, part) for part in str(word).split(",") if part.strip())
    if option.type in ("list", "list_or_mapping"):
        return [part.strip() for part in str(word).split(",") if part.strip()]
    return word


def _pair(option: Option, part: str) -> tuple[str, Any]:
    name, sign, value = part.partition("=")
    if not sign:
        raise ZhihengError(
            "M606",
            Text(
                "选项 {o} 里的“{p}”缺少等号。", 'In the option {o}, "{p}" has no equals sign.'
            ).format(o=option.name, p=part),
            fix=Text("写成 x1=more,x2=less。", "Write x1=more,x2=less."),
        )
    value = value.strip()
    try:
        return name.strip(), float(value)
    except ValueError:
        return name.strip(), value

"""Reading of catalog files: TOML for trees, CSV for tables, every field checked.

A wrong field stops the load with the file and the line, in both languages. The
same functions read a user's own index system, so their messages are for users.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Annotated, Any, Literal, TypeVar

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text

EntryStatus = Literal["verified", "recalled"]
"""Whether an entry was checked against its source, or only remembered; printed as such."""

Location = tuple[int | str, ...]


def _text(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if set(value) != {"zh", "en"}:
        raise ValueError(f"a text needs zh and en and nothing else: {sorted(value)}")
    return Text.of(value)


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    return value


Words = Annotated[Text, BeforeValidator(_text)]
"""A text in both languages, written as ``{ zh = "…", en = "…" }``."""

Listed = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""Several words in one CSV cell, separated by semicolons."""


class Entry(BaseModel):
    """One record of a catalog file: unknown fields are refused, the object is frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


E = TypeVar("E", bound=BaseModel)


def read_toml(name: str, model: type[E]) -> E:
    """Read ``catalog/data/<name>`` and check it against `model`.

    Raises
    ------
    ZhihengError
        C410 the file is not TOML, C411 a field is wrong, missing or unknown.
    """
    return parse_toml(_read(name), model, where=name)


def read_csv(name: str, model: type[E]) -> tuple[E, ...]:
    """Read ``catalog/data/<name>``, one record a row; an empty cell is an absent field.

    Raises
    ------
    ZhihengError
        C410 rows of unequal length, C411 a field is wrong, missing or unknown.
    """
    return parse_csv(_read(name), model, where=name)


def parse_toml(source: str, model: type[E], *, where: str) -> E:
    """Check TOML text against `model`; `where` is named in errors."""
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(where, str(error)) from error
    try:
        return model.model_validate(document)
    except pydantic.ValidationError as error:
        rows = [(_line_of(source, tuple(e["loc"])), e["loc"], e["msg"]) for e in _details(error)]
        raise _wrong_fields(where, rows) from error


def parse_csv(source: str, model: type[E], *, where: str) -> tuple[E, ...]:
    """Check CSV text with a header row against `model`."""
    reader = csv.DictReader(io.StringIO(source.removeprefix("\ufeff")), restkey="")
    found: list[E] = []
    wrong: list[tuple[int, Location, str]] = []
    for row in reader:
        if "" in row or None in row.values():
            raise _unreadable(where, f"line {reader.line_num}: cells do not match the header")
        try:
            found.append(model.model_validate({k: v for k, v in row.items() if v != ""}))
        except pydantic.ValidationError as error:
            wrong += [(reader.line_num, e["loc"], e["msg"]) for e in _details(error)]
    if wrong:
        raise _wrong_fields(where, wrong)
    return tuple(found)


def stems(folder: str, suffix: str = ".toml") -> list[str]:
    """The names of the files in a folder of the catalog, without their suffix."""
    place = resources.files("zhiheng.catalog").joinpath("data", folder)
    return sorted(p.name.removesuffix(suffix) for p in place.iterdir() if p.name.endswith(suffix))


def refuse_repeats(names: Iterable[str], *, where: str, kind: Text) -> None:
    """Raise C412 when a name that must be unique stands twice."""
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise ZhihengError(
            "C412",
            Text("{k}重复：{n}。", "{k} given twice: {n}.").format(k=kind, n=", ".join(twice)),
            evidence=[{"file": where, "name": name} for name in twice],
            fix=Text("每个名称只能出现一次。", "Each name may stand once."),
        )


def refuse_dangling(pairs: Iterable[tuple[str, str]], known: Iterable[str], *, where: str) -> None:
    """Raise C413 when an entry names another one that does not exist.

    Parameters
    ----------
    pairs : iterable of (entry, the name that it refers to)
    known : iterable of str
    """
    names = set(known)
    rows: list[Row] = [
        {"file": where, "entry": entry, "names": name} for entry, name in pairs if name not in names
    ]
    if rows:
        raise ZhihengError(
            "C413",
            Text("条目引用了不存在的名称。", "An entry names something that does not exist."),
            evidence=rows,
            fix=Text("改成文件里已有的名称。", "Use a name that the file defines."),
        )


def _read(name: str) -> str:
    return resources.files("zhiheng.catalog").joinpath("data", *name.split("/")).read_text("utf-8")


def _details(error: pydantic.ValidationError) -> list[Any]:
    return list(error.errors(include_url=False, include_context=False, include_input=False))


def _line_of(source: str, location: Sequence[int | str]) -> int:
    """The line of a field of a TOML text, as near as its table headers tell."""
    lines = source.splitlines()
    first = str(location[0]) if location else ""
    rest = list(location[1:])
    start = 0
    if rest and isinstance(rest[0], int):
        headers = [i for i, line in enumerate(lines) if line.strip() == f"[[{first}]]"]
        if rest[0] < len(headers):
            start = headers[rest[0]]
        names = [str(part) for part in rest[1:]]
    else:
        names = [first, *map(str, rest)]
    for i in range(start, len(lines)):
        if i > start and lines[i].startswith("[["):
            break
        if names and re.match(rf"\[?{re.escape(names[0])}\b", lines[i].strip()):
            return i + 1
    return start + 1


def _unreadable(where: str, detail: str) -> ZhihengError:
    return ZhihengError(
        "C410",
        Text("目录文件读不下去。", "A catalog file cannot be read."),
        evidence=[{"file": where, "error": detail}],
        fix=Text("按所示行列修改。", "Mend the line and column shown."),
    )


def _wrong_fields(where: str, rows: Sequence[tuple[int, Location, str]]) -> ZhihengError:
    return ZhihengError(
        "C411",
        Text("目录文件有 {n} 个字段不对。", "{n} fields of a catalog file are wrong.").format(
            n=len(rows)
        ),
        evidence=[
            {"file": where, "line": line, "field": ".".join(map(str, loc)), "error": message}
            for line, loc, message in rows
        ],
        fix=Text(
            "按所示字段修改；不认识的字段不会被忽略。",
            "Mend the fields shown; unknown ones are not ignored.",
        ),
    )

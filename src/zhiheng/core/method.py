"""The registry: a method is a function from a panel to a result, registered once."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from zhiheng.core.errors import ZhihengError, nearest, unknown_name
from zhiheng.core.panel import Panel
from zhiheng.core.registry import VERBS, MethodInfo, Option
from zhiheng.core.result import Json, Result
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text

P = ParamSpec("P")
Function = Callable[Concatenate[Panel, P], Result]

REGISTERED: dict[str, MethodInfo] = {}
"""Methods whose modules have been imported; `methods` knows all of them without importing."""


def method(*, zh: str, example: str) -> Callable[[Function[P]], Function[P]]:
    """Register a function ``f(panel, *, option=default) -> Result`` as a method.

    Parameters
    ----------
    zh : str
        One line in Chinese; the English one is the first line of the docstring.
    example : str
        Name of a small panel of the catalog on which the contract tests run it.
    """

    def register(function: Function[P]) -> Function[P]:
        info = _describe(function, zh=zh, example=example)
        REGISTERED[info.name] = info
        items = _item_types(function)

        @wraps(function)
        def run(panel: Panel, *args: P.args, **options: P.kwargs) -> Result:
            _check_panel(info.name, panel)
            for name in [k for k, v in options.items() if v is None]:
                del options[name]  # None stands for an option that is not given
            _check_options(info, options, items)
            found = function(panel, *args, **options)
            params = {o.name: options.get(o.name, o.default) for o in info.options}
            params = _json({**found.params, **params})
            return replace(found, method=info.name, params=params, inputs=panel.fingerprint)

        return run

    return register


def _describe(function: Callable[..., Result], *, zh: str, example: str) -> MethodInfo:
    name = function.__name__
    if name in VERBS:
        raise ValueError(f"{name!r} is a reserved verb")
    en = (inspect.getdoc(function) or "").split("\n", 1)[0].rstrip(".")
    hints = typing.get_type_hints(function)
    options: list[Option] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise ValueError(f"{name}: option {parameter.name!r} must be keyword-only")
        required = parameter.default is inspect.Parameter.empty
        kind, choices = _type_of(hints[parameter.name])
        default = None if required else _json(parameter.default)
        options.append(Option(parameter.name, kind, required, default, choices))
    return MethodInfo(name, f"{function.__module__}:{name}", Text(zh, en), example, tuple(options))


def _type_of(hint: Any) -> tuple[str, tuple[Json, ...]]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if _is_union(hint):
        found = [_type_of(a) for a in args if a is not type(None)]
        joint = _JOINT.get(frozenset(kind for kind, _ in found))
        return (joint, ()) if joint else found[0]
    if origin is typing.Literal:
        return "string", tuple(args)
    base = origin or hint
    if isinstance(base, type):
        for types_, kind in _KINDS:
            if issubclass(base, types_):
                return kind, ()
    return "string", ()


def _item_types(function: Callable[..., Result]) -> dict[str, type]:
    """Of what the lists among the options are: ``str``, ``int`` or ``float``."""
    found: dict[str, type] = {}
    for name, hint in typing.get_type_hints(function).items():
        members = typing.get_args(hint) if _is_union(hint) else (hint,)
        for member in members:
            base, inner = typing.get_origin(member), typing.get_args(member)
            sequence = isinstance(base, type) and not issubclass(base, Mapping)
            if sequence and inner and inner[0] in (str, int, float):
                found[name] = inner[0]
    return found


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool,), "boolean"),
    ((int,), "integer"),
    ((float,), "number"),
    ((str,), "string"),
    ((Mapping,), "mapping"),
    ((SpatialWeights,), "weights"),
    ((list, tuple, typing.cast(type, typing.get_origin(typing.Sequence[str]))), "list"),
)
_JOINT: dict[frozenset[str], str] = {
    frozenset(("string", "mapping")): "name_or_mapping",
    frozenset(("list", "mapping")): "list_or_mapping",
    frozenset(("string", "weights")): "name_or_weights",
    frozenset(("string", "number")): "name_or_number",
}
_ACCEPTS: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "list": (list, tuple, str),
    "mapping": (Mapping,),
    "name_or_mapping": (Mapping, str),
    "list_or_mapping": (Mapping, list, tuple, str),
    "name_or_number": (int, float, str),
    "name_or_weights": (SpatialWeights, str),
    "string": (str,),
}


def _check_panel(method_name: str, panel: object) -> None:
    if isinstance(panel, Panel):
        return
    raise ZhihengError(
        "M604",
        Text("{m} 要一个 Panel，给的是 {t}。", "{m} needs a Panel and was given {t}.").format(
            m=method_name, t=type(panel).__name__
        ),
        fix=Text(
            "表格先用 Panel.from_frame 读成面板，内置数据用 dataset(名称)。",
            "Make a panel of a table with Panel.from_frame; embedded data are dataset(NAME).",
        ),
    )


def _check_options(info: MethodInfo, given: Mapping[str, Any], items: Mapping[str, type]) -> None:
    known = {o.name: o for o in info.options}
    for name, value in given.items():
        if name not in known:
            raise unknown_name(
                "M602", name, known, kind=Text(f"{info.name} 的选项", f"option of {info.name}")
            )
        _check_value(info.name, known[name], value, items.get(name))
    missing = [o.name for o in info.options if o.required and o.name not in given]
    if missing:
        raise ZhihengError(
            "M603",
            Text("{m} 缺少必填选项：{o}。", "{m} needs the option: {o}.").format(
                m=info.name, o=", ".join(missing)
            ),
            fix=Text("给出该选项后重试。", "Give the option and try again."),
        )


def _check_value(method_name: str, option: Option, value: Any, item: type | None) -> None:
    fits = isinstance(value, _ACCEPTS[option.type])
    if option.type in ("integer", "number", "name_or_number") and isinstance(value, bool):
        fits = False
    if option.name == "seed" and isinstance(value, int) and value < 0:
        fits = False
    if item is not None and isinstance(value, (list, tuple)):
        fits = all(_is_item(v, item) for v in typing.cast(list[object], value))
    listed = not option.choices or value in option.choices
    if fits and listed:
        return
    allowed = ", ".join(map(str, option.choices)) or option.type
    allowed = "integer >= 0" if option.name == "seed" else allowed
    if item is not None:
        allowed = f"{allowed} ({item.__name__})"
    near = nearest(str(value), [str(c) for c in option.choices])
    raise ZhihengError(
        "M604",
        Text(
            "{m} 的选项 {o} 不接受 {v!r}。", "The option {o} of {m} does not accept {v!r}."
        ).format(m=method_name, o=option.name, v=value),
        evidence=[{"nearest": ", ".join(near)}] if near else [],
        fix=Text("可用：{a}。", "Allowed: {a}.").format(a=allowed),
    )


def _is_item(value: object, item: type) -> bool:
    """Whether a member of a list is of its type; from the command line numbers come as words."""
    if item is str or isinstance(value, bool):
        return item is str and isinstance(value, str)
    try:
        float(value)  # pyright: ignore[reportArgumentType]  anything else raises
    except (TypeError, ValueError):
        return False
    return True


def _json(value: Any) -> Any:
    """Options as JSON values, so that a run can be written down and repeated.

    A weights object becomes its name and hash: they say which one it was.
    """
    if isinstance(value, SpatialWeights):
        return value.reference()
    if isinstance(value, Mapping):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)

"""Ranges of numeric options that methods of this folder share."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text


def check_numbers(*, draws: int, level: float, classes: int = 2, lag: int = 1) -> None:
    """Refuse options out of range.

    Raises
    ------
    ZhihengError
        M820 with the options that are out of range.
    """
    wrong: list[Row] = [
        {"option": name, "value": value}
        for name, value, fits in (
            ("classes", classes, classes >= 2),
            ("lag", lag, lag >= 1),
            ("draws", draws, draws == 0 or draws >= 2),
            ("level", level, 0 < level < 1),
        )
        if not fits
    ]
    if wrong:
        raise ZhihengError(
            "M820",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=wrong,
            fix=Text(
                "至少两类，滞后至少一期，抽取零次或至少两次，level 在零与一之间。",
                "Two classes or more, a lag of one or more, no draws or at least two, a level "
                "between zero and one.",
            ),
        )


def read_names(names: Sequence[str], option: str) -> list[str]:
    """Names of an option as a list; the command line gives one word with commas.

    Raises
    ------
    ZhihengError
        M887 no name, or one twice.
    """
    parts = [p.strip() for p in (names.split(",") if isinstance(names, str) else names)]
    twice = sorted({p for p in parts if parts.count(p) > 1})
    if not parts or twice:
        rows: list[Row] = [{"option": option, "name": name} for name in twice]
        raise ZhihengError(
            "M887",
            Text(
                "选项 {o} 没有名称，或有重复的名称。",
                "The option {o} holds no name, or one name twice.",
            ).format(o=option),
            evidence=rows or [{"option": option}],
            fix=Text("每个名称写一次。", "Give every name once."),
        )
    return parts


def check_spatial_numbers(**options: tuple[float, float]) -> None:
    """Refuse options below their least value; each is given as (value, least).

    Raises
    ------
    ZhihengError
        M870 with the options that are too small.
    """
    wrong: list[Row] = [
        {"option": name, "value": value, "least": least}
        for name, (value, least) in options.items()
        if value < least
    ]
    if wrong:
        raise ZhihengError(
            "M870",
            Text("选项的值不在范围内。", "An option is out of range."),
            evidence=wrong,
            fix=Text("取不小于 least 的值。", "Take values of at least `least`."),
        )

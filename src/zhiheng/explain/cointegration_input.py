"""What a panel needs for cointegration tests, and which tests remain when it is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.unit_roots import longest_tabulated_lag
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.kernels.cointegration import Settings
from zhiheng.kernels.cointegration_draws import Family
from zhiheng.kernels.error_correction import parameters

Array = NDArray[np.float64]
FAMILIES: tuple[Family, ...] = ("kao", "pedroni", "westerlund")
FEWEST_ENTITIES = 10
"""Below this the averages over entities, on which every test here stands, mean nothing."""
FREEDOM = 2
"""Degrees of freedom that every regression must keep."""
FLAT = 1e-12
"""Spread relative to size below which a series counts as constant."""
EXACT = 1e-10
"""Share of the outcome's size below which what regressors leave over is rounding."""


def check_options(
    outcome: str, right: Sequence[str], families: Sequence[str], numbers: Mapping[str, float]
) -> None:
    """Refuse options that are out of range or at odds (M911)."""
    longest = longest_tabulated_lag()
    checks = {
        "outcome": bool(outcome) and outcome not in right,
        "regressors": bool(right) and len(set(right)) == len(right),
        "tests": bool(families) and set(families) <= set(FAMILIES),
        "lags": 0 <= numbers["lags"] <= longest,
        "root": 0 <= numbers["root"] < 1,
        "level": 0 < numbers["level"] < 1,
        "draws": numbers["draws"] >= 99,
    }
    bad: list[Row] = [{"option": name} for name, fine in checks.items() if not fine]
    if bad:
        raise ZhihengError(
            "M911",
            Text("选项互不相容或出界。", "Options are out of range or at odds."),
            evidence=bad,
            fix=Text(
                "给出 outcome 和不重复、不含它的 regressors；tests 取 {f}；lags 在 0 到 {m} 之间；"
                "root、level 在零与一之间；draws 不少于 99。",
                "Give an outcome and regressors, each once and other than the outcome; tests from "
                "{f}; lags from 0 to {m}; root and level between zero and one; draws 99 or more.",
            ).format(f=", ".join(FAMILIES), m=longest),
        )


def periods_needed(family: Family, regressors: int, how: Settings) -> int:
    """The shortest panel for a family of tests and for the bootstrap of its null."""
    fixed = 2 if how.trend == "trend" else 1
    changes = fixed + how.lags + regressors * (how.lags + 1)
    needed = {
        "bootstrap": 1 + how.lags + changes + FREEDOM,
        "levels": fixed + regressors + FREEDOM + 1,
        "augmented": 2 * how.lags + FREEDOM + 2,
        # The longest unit-root regression is that of CIPS.
        "roots": fixed + 3 + 2 * how.lags + how.lags + FREEDOM,
    }
    if family == "westerlund":
        needed["corrections"] = 1 + how.lags + parameters(regressors, how) + FREEDOM
    return max(needed.values())


def check_size(
    panel: Panel, wanted: Sequence[Family], regressors: int, how: Settings
) -> tuple[list[Family], list[Row]]:
    """The families that can be computed, and for the others what they would need.

    Raises
    ------
    ZhihengError
        M910 when none remains, with too few entities or with uneven periods.
    """
    entities, periods = len(panel.entities), len(panel.periods)
    steps = np.diff(np.array(panel.periods, dtype=np.int64))
    lacking: list[Row] = []
    for family in wanted:
        needed = periods_needed(family, regressors, how)
        row: Row = {
            "test": family, "name": option_word("cointegration_family", family).en,
            "periods": periods, "periods_needed": needed,
        }  # fmt: skip
        if family == "kao" and how.trend == "trend":
            lacking.append({**row, "reason": "trend"})
        elif periods < needed:
            lacking.append({**row, "reason": "periods"})
    left_out = {row["test"] for row in lacking}
    kept: list[Family] = [family for family in wanted if family not in left_out]
    if kept and entities >= FEWEST_ENTITIES and (steps == steps[:1]).all():
        return kept, lacking
    raise _too_small(entities, periods, lacking)


def _too_small(entities: int, periods: int, lacking: Sequence[Row]) -> ZhihengError:
    own: list[Row] = [
        {"entities": entities, "entities_needed": FEWEST_ENTITIES, "periods": periods}
    ]
    return ZhihengError(
        "M910",
        Text(
            "{e} 个地区、{t} 期：协整检验至少要 {m} 个地区、等距的时期，期数见证据行。",
            "{e} entities and {t} periods: cointegration tests need at least {m} entities and "
            "equal steps between periods; the rows say how many periods.",
        ).format(e=entities, t=periods, m=FEWEST_ENTITIES),
        evidence=[*own, *lacking],
        fix=Text(
            "加长窗口，减少 lags 或 regressors，或用 trend=constant。仍可用的："
            "panel_tests（5 个地区起）的单位根检验，以及 panel_ols 的差分回归（不需要协整）。",
            "Use a longer window, fewer lags or regressors, or trend=constant. What remains: the "
            "unit-root tests of panel_tests (from 5 entities) and panel_ols in differences, which "
            "needs no cointegration.",
        ),
    )


def check_flat(panel: Panel, names: Sequence[str], z: Array) -> None:
    """Refuse series that do not vary within an entity (M912)."""
    flat = np.ptp(z, axis=1) <= FLAT * np.abs(z).max(axis=1)
    if flat.any():
        raise _cannot(_places(panel, names, flat))


def check_moves(panel: Panel, names: Sequence[str], z: Array) -> None:
    """Refuse exact lines, tied regressors and outcomes that regressors make up exactly (M912)."""
    change = np.diff(z, axis=1)
    line = np.ptp(change, axis=1) <= EXACT * np.abs(change).max(axis=1)
    if line.any():
        raise _cannot(_places(panel, names, line))
    for data in (z, change):
        centred = data - data.mean(axis=1, keepdims=True)
        size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
        least = np.linalg.svd(centred / size, compute_uv=False)[..., -1]
        tied = np.repeat((least < EXACT)[:, None], z.shape[-1], axis=1)
        if tied.any():
            raise _cannot(_places(panel, names, tied))


def _places(panel: Panel, names: Sequence[str], where: NDArray[np.bool_]) -> list[Row]:
    return [
        {
            "entity": panel.entities[i],
            "name": panel.name(panel.entities[i]),
            "variable": names[j],
        }
        for i, j in np.argwhere(where)
    ]


def _cannot(rows: Sequence[Row]) -> ZhihengError:
    return ZhihengError(
        "M912",
        Text(
            "{n} 处：序列在地区内没有变化或恰是直线，或各变量在地区内完全共线，协整检验算不出来。",
            "{n} places where a series does not vary within an entity or is an exact line, or "
            "where variables are exactly collinear: cointegration tests cannot be computed.",
        ).format(n=len(rows)),
        evidence=rows,
        fix=Text(
            "去掉这些变量或地区。其余变量仍可用同样的检验，也可逐个用 panel_tests。",
            "Leave out these variables or entities. What remains for the other variables: the same "
            "tests without these; panel_tests for each of them.",
        ),
    )

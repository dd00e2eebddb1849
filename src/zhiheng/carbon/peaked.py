"""Whether emissions have peaked: the probability that no later year exceeds the maximum so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from zhiheng.carbon import peak_tables as tables
from zhiheng.carbon import peak_wording as wording
from zhiheng.carbon.peak_input import Emissions, read_emissions
from zhiheng.carbon.peak_odds import Forecast, Pool, forecast, judgeable, pool_of, trial
from zhiheng.catalog.peaking import peaking
from zhiheng.core.errors import ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Figure, Result
from zhiheng.core.text import Text


@method(zh="达峰概率：此后若干年不再超过历史最高值的概率，逐期回测", example="emitters")
def peaked(
    panel: Panel,
    *,
    emissions: str = "co2",
    h: int = 10,
    delta: float = 0.0,
    origins: Sequence[int] | None = None,
    revision: float | None = None,
    calibration: Literal["auto", "countries", "panel"] = "auto",
    gaps: Literal["refuse", "drop"] = "refuse",
    seed: int = 1,
) -> Result:
    """Say how likely it is that emissions have peaked, with the record of such odds.

    The odds are P(no year in (t, t + h] exceeds the maximum up to t by more than
    delta). Use it in place of "has not risen for five years". It extrapolates: a
    policy that breaks with the past is not in it (use ``simulate``), and a region
    that has peaked by these odds may rise again after t + h.

    Parameters
    ----------
    panel : Panel
        Years by region, six or more.
    emissions : str
        A series or expression of gross emissions in t CO2 or CO2e, without land use
        change.
    h : int
        Years ahead, from 1; as far as half of the calibrating history reaches.
    delta : float
        Share by which the maximum may be exceeded; 0 for none.
    origins : list of int, optional
        Years t to judge from besides the last one; by default the last only.
    revision : float, optional
        Standard deviation of the revision of the latest value, as a share; by
        default the catalogued one. Past origins have final figures and take none.
    calibration : {"auto", "countries", "panel"}
        On which past errors odds stand. By default the panel's own where it is a
        large one of economies, otherwise the countries that come with the package.
    gaps : {"refuse", "drop"}
    seed : int
        Of the interval of the skill, for which countries are resampled.

    Raises
    ------
    ZhihengError
        M800 gaps, M973 net emissions or negative values, M974 no amount of emissions,
        M975 zeros, M976 too few years, M977 a horizon that the history cannot
        calibrate, M978 an origin that cannot be judged, M980 an option out of range.

    References
    ----------
    Gardner and McKenzie (1985) Management Science 31(10): 1237-1246; Hamed and Rao
    (1998) J. Hydrology 204: 182-196; Vovk, Gammerman and Shafer (2005) Algorithmic
    Learning in a Random World.
    """
    _refuse_range(h=h, delta=delta, revision=revision)
    data = read_emissions(panel, emissions, gaps=gaps)
    pool = pool_of(data, h, delta, seed, calibration)
    noise = peaking().revision.deviation if revision is None else revision
    said = _forecasts(data, pool, h, delta, origins, noise)
    tried = None if pool.own else trial(data, pool, h, delta)
    latest = said[-1]
    fan, shown = tables.fan(data, latest, h)
    found = {
        "probability": tables.probability(data, said, h, delta),
        "levels": tables.levels(data, said, h, delta),
        "path": tables.path(data, latest, h),
        "fan": fan,
        "skill": tables.skill(pool, tried),
        "hindcast": tables.hindcast(pool, tried),
        "by_origin": tables.by_origin(pool, tried),
        "by_entity": tables.by_entity(pool),
        "reliability": tables.reliability(pool, tried),
        "trend": tables.trend(data),
    }
    return Result(
        found,
        _figures(data, pool, h, shown),
        tuple(wording.notes(data, pool, tried, h, delta, noise)),
        _checks(latest),
        data.series,
        params={
            "calibrated_on": "panel" if pool.own else peaking().pool.dataset,
            "calibration_fingerprint": pool.fingerprint,
            "revision_in_force": noise,
        },
    )


def _forecasts(
    data: Emissions, pool: Pool, h: int, delta: float, origins: Sequence[int] | None, noise: float
) -> list[Forecast]:
    """One for each year asked for, the last year of the data at the end."""
    last = data.panel.periods[-1]
    able = judgeable(data, pool, h)
    # from the command line years come as words
    given = {float(y) for y in origins or ()}
    wrong = sorted(y for y in given if y not in able)
    wrong += [float(last)] if last not in able and last not in given else []
    if wrong:
        raise ZhihengError(
            "M978",
            Text("这些年份不能作起点。", "These years cannot be judged from."),
            evidence=[
                {"year": _whole(y), "first": able.start, "last": able.stop - 1} for y in wrong
            ],
            fix=Text(
                "起点之前要有足够的年数，并且校准用的结局在起点当年已经知道。",
                "Before an origin there must be years enough, and outcomes that calibrate must be "
                "known by then.",
            ),
        )
    asked = sorted({int(y) for y in given} | {last})
    return [
        forecast(data, pool, y, h, delta=delta, revision=noise if y == last else 0.0) for y in asked
    ]


def _whole(year: float) -> float:
    return int(year) if year.is_integer() else year


def _refuse_range(*, h: int, delta: float, revision: float | None) -> None:
    wrong = {
        "h": (h, "1-", h >= 1),
        "delta": (delta, "0-1", 0 <= delta <= 1),
        "revision": (revision, "0-0.5", revision is None or 0 <= revision <= 0.5),
    }
    rows = [
        {"option": k, "value": v, "allowed": a} for k, (v, a, fine) in wrong.items() if not fine
    ]
    if rows:
        raise ZhihengError(
            "M980",
            Text("选项超出范围。", "An option is out of range."),
            evidence=rows,
            fix=Text("改到所示范围之内。", "Bring it into the range shown."),
        )


def _checks(latest: Forecast) -> tuple[Check, ...]:
    step = np.diff(latest.probability, axis=1)
    wider = np.diff(latest.half, axis=0)
    return (
        Check(
            Text("概率不随年限增加", "the probability does not rise with the horizon"),
            float(max(step.max(initial=0.0), 0.0)),
            0.0,
        ),
        Check(
            Text("五成区间在九成区间之内", "intervals of one half lie inside those of nine tenths"),
            float(max(-wider.min(initial=0.0), 0.0)),
            0.0,
        ),
    )


def _figures(data: Emissions, pool: Pool, h: int, shown: int) -> tuple[Figure, ...]:
    odds = Figure(
        "odds",
        "bar",
        "probability",
        Text(
            "达峰的概率：此后 {h} 年不再超过历史最高",
            "Odds of having peaked: no new maximum for {h} years",
        ).format(h=h),
        Text("每条是一个地区；{s}", "One bar a region; {s}").format(s=wording.record(pool)),
        {
            "label": "entity", "value": "probability", "sort": "-value",
            "where": {"period": data.panel.periods[-1]},
        },
    )  # fmt: skip
    fan = Figure(
        "fan",
        "fan",
        "fan",
        Text("惯性路径与区间：{t}", "The path of inertia with intervals: {t}").format(t=data.title),
        Text(
            "{n}，深色五成区间，浅色九成区间；{c}；{s}",
            "{n}: dark for one half, light for nine tenths; {c}; {s}",
        ).format(
            n=Text("排放最大的 {n} 个地区", "The {n} largest emitters").format(n=shown)
            if shown > 1
            else data.panel.name(data.panel.entities[0]),
            c=wording.calibrated(pool),
            s=wording.record(pool),
        ),
        {
            "x": "period", "low": "low", "inner_low": "inner_low", "middle": "middle",
            "inner_high": "inner_high", "high": "high", "panel": "entity", "observed": "past",
            "rule": "marked", "zero": True,
        },
    )  # fmt: skip
    reliable = Figure(
        "reliability",
        "dumbbell",
        "reliability",
        Text("说过的概率与发生的频率", "Odds that were given and how often it happened"),
        Text(
            "空心点是平均给出的概率，实心点是最高值守住的频率；两点重合为校准；{s}",
            "The hollow dot is the mean of the odds given, the full one how often the maximum "
            "held; where they meet, odds are calibrated; {s}",
        ).format(s=wording.record(pool)),
        {
            "label": "odds", "value": "predicted", "other": "happened", "format": ".2f",
            "sort": "given", "where": {"pool": "panel" if pool.own else "countries"},
        },
    )  # fmt: skip
    return odds, fan, reliable

"""Drivers of a change or a difference: LMDI decomposition of an identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon import lmdi_tables as tables_of
from zhiheng.carbon import lmdi_wording as wording
from zhiheng.carbon.comparison import plan
from zhiheng.carbon.factors import read_factors
from zhiheng.carbon.lmdi_analysis import analyse
from zhiheng.carbon.lmdi_checks import CLOSURE, checks, refuse_undefined, with_even_sinks
from zhiheng.carbon.lmdi_figures import figures as figures_of
from zhiheng.carbon.lmdi_uncertainty import Interval, intervals
from zhiheng.catalog.identities import identity as read_identity
from zhiheng.core.method import method as registered
from zhiheng.core.panel import Panel
from zhiheng.core.result import Result, Table

__all__ = ["CLOSURE", "lmdi"]


@registered(zh="LMDI 分解：变化或差距归于恒等式的各因素，加法或乘法，可分部门", example="regions")
def lmdi(
    panel: Panel,
    *,
    identity: str,
    method: Literal["lmdi1", "lmdi2"] = "lmdi1",
    form: Literal["additive", "multiplicative"] = "additive",
    chain: bool = True,
    between: Literal["periods", "entities", "scenarios"] = "periods",
    base: str | float | None = None,
    sectors: Sequence[str] | None = None,
    sinks: Literal["refuse", "apart"] = "refuse",
    gaps: Literal["refuse", "drop"] = "refuse",
    prices: Literal["refuse", "allow"] = "refuse",
    boundaries: Mapping[str, str] | None = None,
    uncertainty: Mapping[str, float] | None = None,
    correlation: float = 0.0,
    draws: int = 1000,
    seed: int = 0,
) -> Result:
    """Decompose a change or difference into the effects of the factors of an identity (LMDI).

    Use it to say by how much each factor moved an amount, without a remainder.
    It is arithmetic, not causation: factors of an identity are no independent
    levers. It is undefined for negative values; decompose sinks apart.

    Parameters
    ----------
    panel : Panel
        Effects are those of the total of all entities; each entity is shown on its own too.
    identity : str
        A catalogued identity such as ``kaya``, or one written out, such as
        ``co2: population * gdp_real/population * co2/gdp_real``. A mark makes a name
        sectoral: ``energy[sector]`` stands for the series ``energy.SECTOR``,
        ``energy[sector.fuel]`` for ``energy.SECTOR.FUEL``; one mark at the end marks all.
    method : {"lmdi1", "lmdi2"}
        LMDI-I is consistent in aggregation; in LMDI-II the weights of an index sum to one.
    form : {"additive", "multiplicative"}
        Effects that sum to the difference, or indices that multiply to the ratio.
    chain : bool
        Between periods: put the steps from period to period together; otherwise one
        step from the first period to the last.
    between : {"periods", "entities", "scenarios"}
        What is compared: periods of the panel, entities with a reference, or scenarios
        with a base, where entities are named ``SCENARIO|REGION``.
    base : str, optional
        Of entities ``mean`` (default) or the name of one; the base scenario; with
        chain=False a period that all others are compared with.
    sectors : list of str, optional
        Only these, of an identity with a mark; by default all that the marked names have.
    sinks : {"refuse", "apart"}
        Whether sectors or entities that are negative throughout are decomposed apart.
    gaps : {"refuse", "drop"}
        What to do with missing cells; dropping leaves the whole entity out.
    prices : {"refuse", "allow"}
        Whether factors may be in money of their own year, or of two price bases.
    boundaries : mapping of series to boundary, optional
        What the accounts of your own series count: ``final_use``, ``primary``,
        ``territorial``, ``edgar``, ``ceads`` or ``embodied``.
    uncertainty : mapping of series to relative standard deviation, optional
        Such as ``{"co2": 0.05}``; of a family each part errs on its own. Effects then
        carry the middle 90 % of the draws, and so do those on sinks.
    correlation : float
        Between the errors of one series in two periods or scenarios, from 0 to 1.
    draws : int
        Of the errors, 100 or more.
    seed : int

    Raises
    ------
    ZhihengError
        C430/C431/C434 an identity that cannot be read or found, C432/C433 boundaries that
        do not go together, C435/C436/M955/M956 sectors, M800 gaps, M831 nothing to compare,
        M832 an identity that does not hold, M833 negative values, M839/M954 current prices
        or two price bases, M957 a form that is not defined, M958 options that do not go
        together, M959 an uncertainty that cannot be used.

    References
    ----------
    Ang (2005) Energy Policy 33(7): 867-871; Ang (2015) Energy Policy 86: 233-238; Ang, Zhang
    and Choi (1998) Energy 23(6): 489-495; Choi and Ang (2012) Energy Economics 34(1):
    171-176; Ang, Xu and Su (2015) Energy Economics 47: 68-76.
    """
    compared = plan(panel, between, _named(base), chain=chain)
    meaning = read_identity(identity)
    data = read_factors(
        panel, meaning, gaps=gaps, sinks=sinks, prices=prices, sectors=sectors,
        boundaries=boundaries,
    )  # fmt: skip
    if data.left_out:
        compared = plan(data.panel, between, _named(base), chain=chain)
    data = with_even_sinks(data, compared)
    titles = tables_of.Titles(meaning, data, compared, form)
    kept = ~data.sink

    def spread(side: NDArray[np.bool_]) -> Interval | None:
        return intervals(
            data=data, identity=meaning, plan=compared, kept=side, method=method, form=form,
            uncertainty=uncertainty or {}, correlation=correlation, draws=draws, seed=seed,
        )  # fmt: skip

    tables: dict[str, Table] = {}
    found = None
    if kept.any():
        found = analyse(data, compared, kept, method=method, form=form)
        refuse_undefined(found, data, compared, form=form)
        tables |= tables_of.of_side(found, titles, method=method, spread=spread(kept))
    taken = None
    if data.sink.any():
        taken = analyse(data, compared, data.sink, method=method, form=form)
        tables |= tables_of.of_sinks(taken, titles, spread=spread(data.sink))
    shown = [side for side in (found, taken) if side is not None]
    notes = (
        *data.notes,
        *wording.notes(meaning, data, shown, compared, method=method, form=form),
        *wording.of_draws(uncertainty or {}, correlation, draws),
    )
    figures = figures_of(meaning, compared, form, tables)
    return Result(tables, figures, notes, checks(shown, data, compared, form), data.series)


def _named(base: str | float | None) -> str:
    """The base as a name; a year may come as a number."""
    if base is None:
        return ""
    if isinstance(base, str):
        return base
    return str(int(base)) if float(base).is_integer() else str(base)

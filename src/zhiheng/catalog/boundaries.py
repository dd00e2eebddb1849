"""Boundaries of energy and emission accounts, which never mix in a ratio or a chain of factors.

Energy of final use over territorial emissions is no carbon factor: the fuels that power
stations burn are in one and not in the other. So the boundary counts as part of the unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from zhiheng.catalog.loading import Entry, Words, read_toml, refuse_dangling, refuse_repeats
from zhiheng.catalog.series import all_series
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.expression import Scope, names, parse
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

FILE = "boundaries.toml"


class _Boundary(Entry):
    id: str
    energy: tuple[str, ...]
    emissions: tuple[str, ...]
    title: Words


class _Pattern(Entry):
    names: tuple[str, ...]
    boundary: str
    level: str = ""


class _Source(Entry):
    id: str
    boundary: str


class _Boundaries(Entry):
    emission_names: tuple[str, ...]
    boundary: tuple[_Boundary, ...]
    pattern: tuple[_Pattern, ...]
    source: tuple[_Source, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One series with its boundary, and whether it counts emissions."""

    series: str
    boundary: str
    emissions: bool


@cache
def _data() -> _Boundaries:
    found = read_toml(FILE, _Boundaries)
    known = [b.id for b in found.boundary]
    refuse_repeats(known, where=FILE, kind=Text("口径", "boundary"))
    pairs = [(b.id, other) for b in found.boundary for other in (*b.energy, *b.emissions)]
    pairs += [(", ".join(p.names), p.boundary) for p in found.pattern]
    pairs += [(s.id, s.boundary) for s in found.source]
    pairs += [(f"{s.level}/{s.name}", s.boundary) for s in all_series() if s.boundary]
    refuse_dangling(pairs, known, where=FILE)
    return found


def boundaries() -> dict[str, Text]:
    """All boundaries by id, with their titles."""
    return {b.id: b.title for b in _data().boundary}


def boundary(
    series: str,
    scope: Scope,
    *,
    panel: Panel | None = None,
    declared: Mapping[str, str] | None = None,
) -> str:
    """What the account of a series counts; empty for one without a boundary.

    Parameters
    ----------
    series : str
        A base or derived series, of the catalog or the user's own.
    scope : Scope
    panel : Panel, optional
        The values' source decides where neither catalog nor name do.
    declared : mapping, optional
        The user's word, which goes before all else.
    """
    if declared and series in declared:
        return _known(declared[series])
    if series in scope.boundaries:
        return scope.boundaries[series]
    for pattern in _data().pattern:
        if pattern.level in ("", scope.level) and _fits(series, pattern.names):
            return pattern.boundary
    if panel is not None and series in panel.series and is_emissions(series):
        return _of_source(panel, series)
    return ""


def is_emissions(series: str) -> bool:
    """Whether a name stands for emissions, by the patterns of the catalog."""
    return _fits(series, _data().emission_names)


def accounts(
    expression: str,
    scope: Scope,
    *,
    panel: Panel | None = None,
    declared: Mapping[str, str] | None = None,
) -> tuple[Account, ...]:
    """The series of an expression that have a boundary; derived ones are opened if they have none.

    Opening follows the definitions of the catalog and of the panel.
    """
    definitions = {**scope.definitions, **(panel.definitions if panel is not None else {})}

    def walk(source: str, inside: tuple[str, ...]) -> Iterator[Account]:
        for node in names(parse(source)):
            name = node.name
            found = boundary(name, scope, panel=panel, declared=declared)
            if found:
                yield Account(name, found, is_emissions(name))
            elif name in definitions and name not in inside:
                yield from walk(definitions[name], (*inside, name))

    return tuple(dict.fromkeys(walk(expression, ())))


def refuse_mixed(
    expressions: Sequence[str],
    scope: Scope,
    *,
    panel: Panel | None = None,
    declared: Mapping[str, str] | None = None,
) -> None:
    """Refuse expressions that put accounts of different boundaries into one ratio or chain.

    Use it on all factors of an identity, or on the two sides of a ratio, an
    elasticity or a regression. Within one expression every two boundaries must
    be allowed to meet; over all of them, each boundary must be tied to every
    other by such a ratio (final energy stands beside territorial emissions
    only with primary energy over final energy between them), and emissions of
    two boundaries never meet.

    Parameters
    ----------
    expressions : sequence of str
        The whole chain: left-hand side and factors, or outcome and regressors.
    scope : Scope
        Of the level of the data: ``scope(panel.level)``.
    panel : Panel, optional
        Its definitions are followed and its sources count.
    declared : mapping of series to boundary, optional
        For series of the user's own.

    Raises
    ------
    ZhihengError
        C432 boundaries that do not go together, C433 a declared boundary that
        does not exist.
    """
    found = {e: accounts(e, scope, panel=panel, declared=declared) for e in expressions}
    everywhere = tuple(dict.fromkeys(a for accounts_ in found.values() for a in accounts_))
    for expression, within in found.items():
        if not _together(within):
            raise _mixed({expression: within})
    emitting = {a.boundary for a in everywhere if a.emissions}
    ties = [{a.boundary for a in within} for within in found.values()]
    if len(emitting) > 1 or not _tied({a.boundary for a in everywhere}, ties):
        raise _mixed(found)


def _together(within: Sequence[Account]) -> bool:
    """Whether the accounts of one expression may meet."""
    return all(_may_meet(one, other) for one in within for other in within)


def _may_meet(one: Account, other: Account) -> bool:
    if one.boundary == other.boundary:
        return True
    if one.emissions == other.emissions:
        return not one.emissions and other.boundary in _entry(one.boundary).energy
    emitting, energy = (one, other) if one.emissions else (other, one)
    return energy.boundary in _entry(emitting.boundary).emissions


def _entry(name: str) -> _Boundary:
    return next(b for b in _data().boundary if b.id == name)


def _tied(wanted: set[str], ties: Sequence[set[str]]) -> bool:
    """Whether boundaries are linked to one another by the expressions in which they meet."""
    if len(wanted) < 2:
        return True
    reached = {min(wanted)}
    for _ in wanted:
        for tie in ties:
            if tie & reached:
                reached |= tie
    return reached == wanted


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _of_source(panel: Panel, series: str) -> str:
    rows = set(panel.origin[:, :, panel.series.index(series)].ravel().tolist()) - {-1}
    sources = {panel.origins[row].source for row in rows}
    found = {s.boundary for s in _data().source if s.id in sources}
    return found.pop() if len(found) == 1 else ""


def _known(name: str) -> str:
    # a word of the user's, which may be anything
    if str(name) not in boundaries():
        raise unknown_name("C433", str(name), boundaries(), kind=Text("口径", "boundary"))
    return name


def _mixed(found: Mapping[str, Sequence[Account]]) -> ZhihengError:
    titles = boundaries()
    rows: list[Row] = [
        {
            "expression": expression,
            "series": a.series,
            "boundary": a.boundary,
            "title": titles[a.boundary],
        }
        for expression, within in found.items()
        for a in within
    ]
    shown = list(dict.fromkeys((a.series, a.boundary) for w in found.values() for a in w))
    what = [
        ", ".join(f"{s} = {getattr(titles[b], tongue)}" for s, b in shown[:4])
        for tongue in ("zh", "en")
    ]
    return ZhihengError(
        "C432",
        Text(
            f"不同口径的账目放进了同一个比率或链条：{what[0]}。",
            f"Accounts of different boundaries stand in one ratio or chain: {what[1]}.",
        ),
        evidence=rows,
        fix=Text(
            "全链用同一口径：终端能源配终端排放（co2_final_use），能源消费总量配本地生产排放；"
            "自己的序列可以写明口径（如 lmdi 的选项 boundaries）。",
            "Keep to one boundary: final energy with emissions of final use (co2_final_use), total "
            "energy with territorial emissions; of series of your own the boundary can be stated "
            "(option boundaries of lmdi, say).",
        ),
    )

"""From an identity with sectors to one row of the panel per entity and sector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.telescope import closes
from zhiheng.catalog.dimensions import Label, parts_of
from zhiheng.catalog.identities import Identity
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.expression import Scope, evaluate, names, needs, parse, text
from zhiheng.core.expression.tree import Binary, Call, Expr, Name, Negate
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text

WHOLE: tuple[Label, ...] = ((),)
"""The one part of an identity without sectors."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A panel with one row per entity and part, in which the identity needs no marks.

    Attributes
    ----------
    panel : Panel
        Rows in the order of entities, then parts.
    identity : Identity
    parts : tuple of labels
        One empty label without sectors.
    by_product : bool
        Whether the left-hand side of a part is known as the product of its factors only.
    """

    panel: Panel
    identity: Identity
    parts: tuple[Label, ...]
    by_product: bool = False


def spread(
    panel: Panel, identity: Identity, meaning: Scope, *, sectors: Sequence[str] | None
) -> Spread:
    """Read the marks of an identity.

    Raises
    ------
    ZhihengError
        C435 nothing comes by the dimension, C436 no such sector, M956 families that do not
        match or have several units, M958 sectors of an identity without a mark.
    """
    if not identity.dimensions:
        if sectors is not None:
            raise _no_mark(identity, sectors)
        return Spread(panel, identity, WHOLE)
    identity = _mark_all(panel, identity) if identity.everywhere else identity
    found = {
        plain: parts_of(family, depth, panel.series)
        for plain, (family, depth) in identity.marked.items()
    }
    _refuse_empty(panel, identity, found)
    parts = _parts(identity, found, sectors)
    identity, by_product = _mark_left(identity, meaning)
    wanted = [identity.left, *(f.expression for f in identity.factors)]
    depths = {plain: (identity.marked[plain][1], one) for plain, one in found.items()}
    wide = _rows(panel, wanted, meaning, parts, depths)
    return Spread(wide, identity, parts, by_product)


def _listed(sectors: Sequence[str]) -> list[str]:
    written = sectors.split(",") if isinstance(sectors, str) else sectors
    return [one.strip() for one in written]


def _no_mark(identity: Identity, sectors: Sequence[str]) -> ZhihengError:
    return ZhihengError(
        "M958",
        Text(
            "恒等式没有按部门的标记，sectors 无从选起。",
            "The identity has no mark for parts, so there are no sectors to choose from.",
        ),
        evidence=[{"identity": identity.id, "sectors": ", ".join(_listed(sectors))}],
        fix=Text(
            "在恒等式末尾写 [sector]，或不写 sectors。",
            "Mark the identity with [sector] at its end, or leave sectors out.",
        ),
    )


def _mark_all(panel: Panel, identity: Identity) -> Identity:
    """One mark at the end: every name of the factors that has parts at that depth."""
    depth = len(identity.dimensions)
    used = {n.name for f in identity.factors for n in names(parse(f.expression))}
    here = {name for name in used if parts_of(name, depth, panel.series)}
    if not here:
        dimension = ".".join(identity.dimensions)
        raise ZhihengError(
            "C435",
            Text(
                "没有一个因素按 {d} 分列。", "None of the factors comes by {d}."
            ).format(d=dimension),
            evidence=[{"name": n, "wanted": f"{n}.{dimension.upper()}"} for n in sorted(used)],
            fix=Text(
                "分列的序列用点命名，如 co2.steel、energy.steel；或去掉方括号。",
                "Name series by part with a dot, such as co2.steel and energy.steel; or leave "
                "the brackets out.",
            ),
        )  # fmt: skip
    plain = {name: ".".join((name, *identity.dimensions)) for name in here}
    factors = tuple(replace(f, expression=_renamed(f.expression, plain)) for f in identity.factors)
    marked = {new: (name, depth) for name, new in plain.items()}
    return replace(identity, factors=factors, marked=marked)


def _renamed(expression: str, new: Mapping[str, str]) -> str:
    def walk(node: Expr) -> Expr:
        match node:
            case Name(name, span):
                return Name(new.get(name, name), span)
            case Negate(operand, span):
                return Negate(walk(operand), span)
            case Binary(operator, left, right, span):
                return Binary(operator, walk(left), walk(right), span)
            case Call(function, arguments, named, span):
                inner = tuple((k, walk(v)) for k, v in named)
                return Call(function, tuple(walk(a) for a in arguments), inner, span)
            case _:
                return node

    return text(walk(parse(expression)))


def _mark_left(identity: Identity, meaning: Scope) -> tuple[Identity, bool]:
    """The left-hand side of a part: marked so that the factors cancel to it, if they do."""
    finest = {
        family: plain
        for plain, (family, depth) in identity.marked.items()
        if depth == len(identity.dimensions)
    }
    free = sorted({n.name for n in names(parse(identity.left))} & finest.keys())
    choices = [c for n in range(len(free), -1, -1) for c in combinations(free, n)]
    for chosen in choices:
        left = _renamed(identity.left, {name: finest[name] for name in chosen})
        tried = replace(identity, left=left)
        if closes(tried, meaning, ()):
            return tried, False
    product = " * ".join(f"({f.expression})" for f in identity.factors)
    return replace(identity, left=product), True


def _parts(
    identity: Identity,
    found: Mapping[str, Mapping[Label, tuple[str, ...]]],
    sectors: Sequence[str] | None,
) -> tuple[Label, ...]:
    """The finest parts, which all families must have."""
    depth = len(identity.dimensions)
    at = {plain: set(found[plain]) for plain, (_, d) in identity.marked.items() if d == depth}
    coarse = {plain: set(found[plain]) for plain, (_, d) in identity.marked.items() if d < depth}
    everywhere: set[Label] = set().union(*at.values())
    if sectors is not None:
        known = sorted({label[0] for label in everywhere})
        wanted = _listed(sectors)
        for name in wanted or [""]:
            if name not in known:
                raise unknown_name("C436", name, known, kind=Text("部门", "sector"))
        everywhere = {label for label in everywhere if label[0] in set(wanted)}
    rows: list[Row] = [
        {"family": identity.marked[plain][0], "missing": ".".join((identity.marked[plain][0], *p))}
        for plain, have in at.items()
        for p in sorted(everywhere - have)
    ]
    rows += [
        {"family": identity.marked[plain][0], "missing": ".".join((identity.marked[plain][0], *p))}
        for plain, have in coarse.items()
        for p in sorted({label[: identity.marked[plain][1]] for label in everywhere} - have)
    ]
    if rows:
        raise _unmatched(rows)
    return tuple(sorted(everywhere))


def _refuse_empty(
    panel: Panel, identity: Identity, found: Mapping[str, Mapping[Label, tuple[str, ...]]]
) -> None:
    for plain, parts in found.items():
        if not parts:
            family, depth = identity.marked[plain]
            wanted = ".".join((family, *(d.upper() for d in identity.dimensions[:depth])))
            near = [s for s in panel.series if s.split(".")[0] == family]
            raise ZhihengError(
                "C435",
                Text("没有 {w} 这样的序列。", "There are no series {w}.").format(w=wanted),
                evidence=[{"mark": plain, "series": ", ".join(near[:6]) or "-"}],
                fix=Text(
                    "分列的序列用点命名，如 co2.steel；两层为 co2.steel.coal。",
                    "Name series by part with a dot, such as co2.steel; of two levels, "
                    "co2.steel.coal.",
                ),
            )


def _rows(
    panel: Panel,
    wanted: Sequence[str],
    meaning: Scope,
    parts: tuple[Label, ...],
    found: Mapping[str, tuple[int, Mapping[Label, tuple[str, ...]]]],
) -> Panel:
    """The panel with entities times parts as rows, and the names of expressions as series."""
    plain = sorted({name for e in wanted for name in needs(e, meaning)})
    direct = {n.name for e in wanted for n in names(parse(e))}
    plain += sorted(n for n in direct if n in panel.series and n not in plain)
    shape = (len(panel.entities), len(parts), len(panel.periods))
    values, status, units = [], [], {}
    for name in plain:
        if name in found:
            depth, below = found[name]
            picked = [below[part[:depth]] for part in parts]
        elif name in panel.series:
            picked = [(name,)]
        else:
            picked = [_whole(name, panel)]
        if not picked[0]:
            evaluate(name, panel, meaning)  # says that it is missing, with the nearest names
        units[name] = _one_unit(panel, meaning, name, [s for p in picked for s in p])
        values.append(np.broadcast_to(_summed(panel, picked), shape))
        status.append(np.broadcast_to(_weakest(panel, picked), shape))
    rows = shape[0] * shape[1]
    cube = np.stack(values, axis=-1).reshape(rows, shape[2], len(units))
    return replace(
        panel,
        values=cube,
        status=np.stack(status, axis=-1).reshape(cube.shape).astype(np.int8),
        origin=np.full(cube.shape, -1, dtype=np.int32),
        entities=tuple(e for e in panel.entities for _ in parts),
        series=tuple(units),
        units=units,
        definitions={},
    )


def totals(panel: Panel, expression: str, meaning: Scope) -> Panel:
    """The panel with the names of an expression, families summed to the total that they make."""
    wanted = sorted(needs(expression, meaning))
    whole = {n: (n,) if n in panel.series else _whole(n, panel) for n in wanted}
    if not all(whole.values()):
        evaluate(expression, panel, meaning)  # says which name is missing, with the nearest
    return _rows(
        panel,
        [expression],
        meaning,
        WHOLE,
        {name: (0, {(): picked}) for name, picked in whole.items()},
    )


def _whole(name: str, panel: Panel) -> tuple[str, ...]:
    """The series that add up to an unmarked name that comes by parts only."""
    total = parts_of(name, 0, panel.series).get((), ())
    if len(total) == 1:
        return total
    return tuple(s for part in parts_of(name, 1, panel.series).values() for s in part)


def _at(panel: Panel, picked: Sequence[tuple[str, ...]]) -> list[list[int]]:
    place = {name: i for i, name in enumerate(panel.series)}
    return [[place[s] for s in one] for one in picked]


def _summed(panel: Panel, picked: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
    """[entity, part, period]; a sum with a gap is a gap."""
    at = _at(panel, picked)
    if all(len(one) == 1 for one in at):
        return panel.values[:, :, [one[0] for one in at]].swapaxes(1, 2)
    return np.stack([panel.values[:, :, one].sum(axis=-1) for one in at], axis=1)


def _weakest(panel: Panel, picked: Sequence[tuple[str, ...]]) -> NDArray[np.int8]:
    """The weakest status of what is added up, [entity, part, period]."""
    at = _at(panel, picked)
    if all(len(one) == 1 for one in at):
        return panel.status[:, :, [one[0] for one in at]].swapaxes(1, 2)
    return np.stack([panel.status[:, :, one].max(axis=-1) for one in at], axis=1)


def _one_unit(panel: Panel, meaning: Scope, name: str, series: Sequence[str]) -> str:
    units = {s: meaning.units.canonical(panel.units[s]) for s in dict.fromkeys(series)}
    if len(set(units.values())) > 1:
        raise _unmatched([{"family": name, "series": s, "unit": u} for s, u in units.items()])
    return next(iter(units.values()))


def _unmatched(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M956",
        Text(
            "恒等式里按部门的序列互不对应。",
            "The series by part of the identity do not match one another.",
        ),
        evidence=rows,
        fix=Text(
            "补上缺的部门、统一单位，或用 sectors= 只取各序列都有的部门。",
            "Add the parts that are missing, use one unit, or take with sectors= the parts that "
            "all have.",
        ),
    )

"""Claims put to every index system that the data can compute, over all windows at once.

Scores come from one topic and tests from another, so that this lives here: `index` for
each system and weighting, then `claim_tests` on all of the scores together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.scope import scope
from zhiheng.catalog.systems import IndexSystem, Indicator, computable, load_system, systems
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import evaluate, needs
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.result import Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.natural import natural_index

Array = NDArray[np.float64]
Weighting = str
MATRIX = "claim_matrix"
"""The name under which a study keeps this result beside those of its steps."""
LEAST_ITEMS = 3
"""A system of which fewer items can be computed is left out: that would not be the system."""
LEAST_SEEN = 0.5
"""An item is left out when in some period fewer entities than this share have it."""
SIGN = {"more": 1.0, "less": -1.0}


@dataclass(frozen=True, slots=True)
class Part:
    """What of a system can be computed on a window.

    Attributes
    ----------
    items : tuple of Indicator
    values : ndarray, shape (entities, periods, items)
        With gaps.
    skipped : tuple of str
        Items that are left out, also those without an expression.
    """

    system: IndexSystem
    items: tuple[Indicator, ...]
    values: Array
    skipped: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing of the system is missing."""
        return not self.skipped

    def name(self, weighting: Weighting) -> str:
        """The series that its scores are kept under."""
        return f"{self.system.id}_{weighting}".replace("-", "_")

    def title(self, weighting: Weighting) -> Text:
        """System, how much of it, and how it was weighted."""
        return Text("{t}（{k}/{n}，{w}）", "{t} ({k} of {n}, {w})").format(
            t=self.system.title,
            k=len(self.items),
            n=len(self.system.indicators),
            w=option_word("weights", weighting),
        )


def claim_matrix(
    panel: Panel,
    *,
    claims: str = "papers",
    wanted: Sequence[str] = (),
    windows: Sequence[str] = (),
    weights: Sequence[Weighting] = ("entropy", "equal"),
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Test claims for every index system computable on a panel, every weighting and window.

    Scores are computed once over the whole of the widest window, with one scaling, so that
    windows cut them and do not rescale them. Entities that lack an item of any system are
    left out of all, so that cells compare.

    Parameters
    ----------
    panel : Panel
        Of catalogued regions.
    claims : str
        A file of claims, see `claim_tests`.
    wanted : list of str
        Index systems; every one of the panel's level by default.
    windows : list of str
        Such as ``2013-2017``; the whole panel by default.
    weights : list of str
        Weightings of `index`.
    draws, seed, level
        Of `claim_tests`.

    Raises
    ------
    ZhihengError
        P706 no system can be computed, P707 a window that cannot be read or lies outside
        the data, and whatever `claim_tests` raises.
    """
    whole = _span(panel, windows)
    parts = _parts(whole, wanted)
    lacking = {p.system.id: np.asarray(np.isnan(p.values).any(axis=(1, 2))) for p in parts}
    gone = np.logical_or.reduce(list(lacking.values()))
    kept = whole.select(
        entities=[e for e, out in zip(whole.entities, gone, strict=True) if not out]
    )
    scored, natural = kept, dict[str, str]()
    for part in parts:
        scored, own = _with_scores(scored, kept, part, weights, ~gone)
        natural |= own
    names = [part.name(w) for part in parts for w in weights]
    options = {"claims": claims, "draws": draws, "seed": seed, "level": level}
    spans = list(windows) or [f"{whole.periods[0]}-{whole.periods[-1]}"]
    found = methods["claim_tests"](
        scored, variables=names, natural=natural, windows=spans, **options
    )
    meaning = scope(panel.level)
    items = [i for part in parts for i in part.items]
    series = sorted({s for i in items for s in needs(i.expression, meaning)})
    return replace(
        found,
        tables={**found.tables, "systems": _systems(whole, parts, lacking)},
        notes=(*found.notes, _note(whole, gone, parts)),
        series=tuple(series),
        inputs=panel.fingerprint,
        params={**found.params, "systems": [part.system.id for part in parts]},
    )


def _span(panel: Panel, windows: Sequence[str]) -> Panel:
    """The panel over the widest of the windows."""
    if not windows:
        return panel
    ends = [w.split("-") for w in windows]
    wrong: list[Row] = [
        {"window": w}
        for w, parts in zip(windows, ends, strict=True)
        if len(parts) != 2 or not all(p.strip().isdigit() for p in parts)
    ]
    years = [] if wrong else [int(p) for parts in ends for p in parts]
    wrong += [{"period": y} for y in years if y not in panel.periods]
    if wrong:
        raise ZhihengError(
            "P707",
            Text("窗口读不懂或不在数据里。", "A window cannot be read or lies outside the data."),
            evidence=[*wrong, {"data": f"{panel.periods[0]}-{panel.periods[-1]}"}],
            fix=Text("写成 2013-2017。", "Write it as in 2013-2017."),
        )
    return panel.select(periods=[p for p in panel.periods if min(years) <= p <= max(years)])


def _parts(panel: Panel, wanted: Sequence[str]) -> list[Part]:
    """The systems of which enough can be computed, with what was left out of each."""
    known = [load_system(name) for name in wanted] if wanted else list(systems().values())
    made = [_part(panel, s) for s in known if s.level == panel.level]
    found = [part for part in made if len(part.items) >= LEAST_ITEMS]
    if found and (not wanted or len(found) == len(known)):
        return found
    rows: list[Row] = [
        {"system": s.id, "level": s.level, "computable": _items_of(made, s)} for s in known
    ]
    raise ZhihengError(
        "P706",
        Text(
            "指标体系在这份数据上算不出来（至少要 {n} 项，且与数据同级）。",
            "An index system cannot be computed from these data: it takes {n} items of their "
            "level.",
        ).format(n=LEAST_ITEMS),
        evidence=rows,
        fix=Text(
            "换数据、窗口或体系；zhiheng systems 列出各体系可算多少。",
            "Change data, window or system; zhiheng systems lists how much of each is computable.",
        ),
    )


def _items_of(made: Sequence[Part], system: IndexSystem) -> int:
    return next((len(p.items) for p in made if p.system.id == system.id), 0)


def _part(panel: Panel, system: IndexSystem) -> Part:
    meaning, available = scope(panel.level), set(panel.series)
    items, values = list[Indicator](), list[Array]()
    for item in system.indicators:
        if not computable(item, available):
            continue
        one = evaluate(item.expression, panel, meaning).values
        seen = np.isfinite(one)
        if seen.mean(axis=0).min() < LEAST_SEEN or np.nanmax(one) == np.nanmin(one):
            continue
        items.append(item)
        values.append(np.where(seen, one, np.nan))
    used = {item.id for item in items}
    stacked = np.stack(values, axis=-1) if values else np.empty((*panel.values.shape[:2], 0))
    skipped = tuple(i.id for i in system.indicators if i.id not in used)
    return Part(system, tuple(items), stacked, skipped)


def _with_scores(
    out: Panel, panel: Panel, part: Part, weights: Sequence[Weighting], kept: NDArray[np.bool_]
) -> tuple[Panel, dict[str, str]]:
    """Scores of a system under each weighting, and its counterpart in natural units."""
    columns = {item.expression: item.direction for item in part.items}
    natural: dict[str, str] = {}
    values = part.values[kept]
    positive = (values > 0).all(axis=(0, 1))
    own = part.name("natural")
    if positive.any():
        direction = np.array([SIGN[i.direction] for i in part.items])
        index = natural_index(values[..., positive], direction[positive])
        out = out.with_series(own, index, unit="1", title=part.title("natural"))
    for weighting in weights:
        found = methods["index"](panel, columns=columns, weights=weighting, draws=0)
        table = found.tables["scores"]
        score = _on_grid(panel, table, "score")
        name = part.name(weighting)
        out = out.with_series(name, score, unit="1", title=part.title(weighting))
        if positive.any():
            natural[name] = own
    return out, natural


def _on_grid(panel: Panel, table: Table, column: str) -> Array:
    e = {v: i for i, v in enumerate(panel.entities)}
    t = {v: i for i, v in enumerate(panel.periods)}
    out = np.full((len(e), len(t)), np.nan)
    rows = [e[v] for v in table.columns["entity"]]
    out[rows, [t[int(v)] for v in table.columns["period"]]] = table.columns[column]
    return out


def _systems(
    panel: Panel, parts: Sequence[Part], lacking: Mapping[str, NDArray[np.bool_]]
) -> Table:
    gone = [_names(panel, lacking[p.system.id]) for p in parts]
    return Table.of(
        ("system",),
        system=[p.system.id for p in parts],
        title_zh=[p.system.title.zh for p in parts],
        title_en=[p.system.title.en for p in parts],
        indicators=np.array([len(p.items) for p in parts], dtype=np.int64),
        coverage=np.array([len(p.items) / len(p.system.indicators) for p in parts]),
        skipped=[", ".join(p.skipped) or "—" for p in parts],
        left_out_zh=[g.zh for g in gone],
        left_out_en=[g.en for g in gone],
    )


def _names(panel: Panel, hit: NDArray[np.bool_]) -> Text:
    names = [panel.name(panel.entities[i]) for i in np.flatnonzero(hit)]
    return Text("、".join(n.zh for n in names) or "—", ", ".join(n.en for n in names) or "—")


def _note(panel: Panel, gone: NDArray[np.bool_], parts: Sequence[Part]) -> Note:
    partial = [p for p in parts if not p.whole]
    return Note(
        Text(
            "{a} 个体系完整可算，{b} 个只算其中一部分（见“体系”表），部分可算的不等于原体系。"
            "得分按最宽窗口统一标准化一次；任何体系缺项的地区对全部体系都不列入：{g}。"
            "自然单位的对应量是各正值指标与其均值之比的几何平均。",
            "{a} systems are computed in full and {b} in part (see the table of systems); a part "
            "is not the system. Scores are scaled once over the widest window; regions that lack "
            "an item of any system are left out of all: {g}. The counterpart in natural units is "
            "the geometric mean of positive indicators over their means.",
        ).format(a=len(parts) - len(partial), b=len(partial), g=_names(panel, gone)),
        level="caution" if partial else "note",
        code="P708" if partial else "",
    )

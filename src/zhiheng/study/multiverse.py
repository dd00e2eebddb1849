"""How often a claim survives the choice of index and of regression, tested as a whole.

Scores come from one topic and regressions from another, so that this lives here: every
admissible recipe of the index becomes a treatment of `multiverse`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from zhiheng.catalog.recipes import STEPS
from zhiheng.catalog.scope import scope
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import needs
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods
from zhiheng.core.result import Json, Note, Result, Table
from zhiheng.core.text import Text
from zhiheng.measure.index_variants import Variant, Variants, index_variants
from zhiheng.study.multiverse_plan import MultiversePlan

UNUSED = ("draws", "recipes", "seed")
"""Options of `index` that concern its rank intervals or that the multiverse sets itself."""


def index_multiverse(
    panel: Panel, wanted: MultiversePlan, options: Mapping[str, Json], seed: int
) -> Result:
    """Regress outcomes on an index under every admissible recipe and declared regression.

    Parameters
    ----------
    panel : Panel
        With the variables of the plan.
    wanted : MultiversePlan
    options : mapping
        Of the step whose index is varied.
    seed : int

    Raises
    ------
    ZhihengError
        P722 a control declared a confounder that is an ingredient of the index, and whatever
        `index` and `multiverse` raise.
    """
    given: dict[str, Any] = {k: v for k, v in options.items() if k not in UNUSED}
    made = index_variants(
        panel, **given, recipes=wanted.recipes, weight_draws=wanted.weight_draws, seed=seed
    )
    _refuse_ingredients(panel, wanted, made)
    scored, traits = panel, dict[str, dict[str, str]]()
    for n, one in enumerate(made.found):
        name = f"{wanted.index}_variant_{n + 1}"
        scored = scored.with_series(name, one.scores, unit="1", title=_title(one))
        traits[name] = {s: getattr(one.choice, s) for s in STEPS}
        if wanted.weight_draws:
            traits[name]["weight_draw"] = "drawn" if one.draw else "own"
    found = methods["multiverse"](
        scored,
        outcomes=list(wanted.outcomes),
        treatments=list(traits),
        controls=dict(wanted.controls),
        sign=wanted.sign,
        transforms=list(wanted.transforms),
        lags=list(wanted.lags),
        windows=list(wanted.windows),
        samples={k: list(v) for k, v in wanted.samples.items()},
        leave_each_out=wanted.leave_each_out,
        traits=traits,
        level=wanted.level,
        draws=wanted.draws,
        seed=seed,
    )
    base = {s for name in (*wanted.outcomes, *wanted.controls) for s in _bases(panel, name)}
    return replace(
        found,
        tables={**found.tables, "recipes": _recipes(list(traits), made.found)},
        notes=(*found.notes, _recipes_note(made), *_shared_note(panel, wanted, made)),
        series=tuple(sorted(base | set(made.data.series))),
        inputs=panel.fingerprint,
        params={**found.params, "index_options": dict(given), "weight_draws": wanted.weight_draws},
    )


def _bases(panel: Panel, name: str) -> set[str]:
    """The base series of a variable of the plan, or of an expression."""
    return set(needs(panel.definitions.get(name, name), scope(panel.level)))


def _refuse_ingredients(panel: Panel, wanted: MultiversePlan, made: Variants) -> None:
    """A control made of nothing but what one indicator is made of holds the index itself fixed."""
    meaning = scope(panel.level)
    items = [(i.id, set(needs(i.expression, meaning))) for i in made.data.items]
    rows: list[Row] = [
        {"control": name, "role": role, "indicator": item, "series": ", ".join(sorted(base))}
        for name, role in wanted.controls.items()
        if role == "confounder"
        for base in (_bases(panel, name),)
        for item, own in items
        if base <= own
    ]
    if rows:
        raise ZhihengError(
            "P722",
            Text(
                "声明为混杂因素的控制变量其实是指数的组成部分：控制它就等于抽走指数的一部分。",
                "A control declared a confounder is an ingredient of the index: to control for it "
                "is to take a part of the index away.",
            ),
            evidence=rows,
            fix=Text("改声明为 ingredient，或不用它。", "Declare it an ingredient, or drop it."),
        )


def _title(one: Variant) -> Text:
    words = [option_word(s, getattr(one.choice, s)) for s in STEPS]
    text = Text("、".join(w.zh for w in words), ", ".join(w.en for w in words))
    if not one.draw:
        return text
    return Text("{t}（权重抽取 {n}）", "{t} (weight draw {n})").format(t=text, n=one.draw)


def _recipes(names: Sequence[str], found: Sequence[Variant]) -> Table:
    """What each treatment is: its choice in every step and the draw of its weights."""
    words = {s: [option_word(s, getattr(v.choice, s)) for v in found] for s in STEPS}
    titles = {
        f"{s}_title_{lang}": [w[lang] for w in words[s]] for s in STEPS for lang in ("zh", "en")
    }
    return Table.of(
        ("term",),
        term=list(names),
        **{s: [getattr(v.choice, s) for v in found] for s in STEPS},
        **titles,
        weight_draw=np.array([v.draw for v in found], dtype=np.int64),
    )


def _recipes_note(made: Variants) -> Note:
    recipes = len({v.choice for v in made.found})
    return Note(
        Text(
            "指数取清单中全部 {n} 种可行算法（另有 {m} 种组合不可行，或与他种完全相同），"
            "连同围绕各自权重的抽取共 {k} 个处理变量；都以同一批数据算出，标准化取研究的整个时段。",
            "The index is taken under all {n} admissible recipes of its book ({m} combinations are "
            "not admissible or the same as another), with weights drawn around them {k} treatments "
            "in all, computed on the same data and scaled over the whole span of the study.",
        ).format(n=recipes, m=len(made.left_out), k=len(made.found))
    )


def _shared_note(panel: Panel, wanted: MultiversePlan, made: Variants) -> list[Note]:
    outcome = {s for name in wanted.outcomes for s in _bases(panel, name)}
    shared = sorted(outcome & set(made.data.series))
    if not shared:
        return []
    names = [panel.title(s) for s in shared]
    return [
        Note(
            Text(
                "结果与指数共用原始序列：{s}。联合检验把指数当作给定，这部分相关在任何设定里都在，"
                "不会因设定多而消失；其大小见 overlap_audit。",
                "Outcome and index share base series: {s}. The joint test takes the index as "
                "given; what they share is in every specification, and no number of them removes "
                "it: see overlap_audit for its size.",
            ).format(s=Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))),
            level="caution",
            code="P723",
        )
    ]

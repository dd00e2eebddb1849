"""Claims on gaps, stages and traps, put to the test over variables and windows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.claims import Claim, ClaimFile, load_claims
from zhiheng.catalog.theory import theory
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.diagnose import claim_wording as wording
from zhiheng.diagnose.claim_statistics import Cell, Statistic, statistics
from zhiheng.diagnose.convergence_input import read_complete, refuse_short
from zhiheng.diagnose.ranges import check_numbers
from zhiheng.diagnose.variable import Variable
from zhiheng.kernels.convergence import resamples
from zhiheng.kernels.gaps import verdict

Array = NDArray[np.float64]
VERDICTS = ("supported", "not_supported", "insufficient")
FEWEST_PERIODS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one claim for one variable over one window."""

    claim: Claim
    variable: str
    window: tuple[int, int]
    tests: list[Statistic]
    left_out: int
    verdict: str
    reason: Text


@method(
    zh="主张检验：差距、陷阱、强者愈强等主张逐变量逐窗口给出支持、不支持或证据不足",
    example="regions",
)
def claim_tests(
    panel: Panel,
    *,
    variables: Sequence[str],
    natural: Mapping[str, str] | None = None,
    claims: str = "papers",
    windows: Sequence[str] | None = None,
    shifts: Sequence[float] | None = None,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.05,
) -> Result:
    """Test typed claims for several variables and windows: supported, not, or insufficient.

    Use it to confront what a text asserts of gaps, traps and leaders with data, under all
    readings at once. Each claim names the statistics that decide it and what they must
    agree on. Cells share data and are no independent trials: "holds in k of n" counts
    readings and is no probability.

    Parameters
    ----------
    panel : Panel
        Two periods or more.
    variables : list of str
        Series or expressions; more is better.
    natural : mapping of variable to expression, optional
        A counterpart in natural units, which has to agree; above zero.
    claims : str
        A file of claims of the catalog, or the path of a TOML file of that form.
    windows : list of str, optional
        Such as ``2013-2017``; by default the whole span.
    shifts : list of float, optional
        Constants that are added before a relative gap is taken; by default those of the
        file. Say 0 alone for variables that have a true zero.
    draws : int
        Resamples of whole entities; two or more.
    seed : int
    level : float
        One minus the coverage of the intervals.

    Raises
    ------
    ZhihengError
        M800 gaps, M770 one period only, M784 an unknown file, M785 a claim that is
        incomplete, M787 a window outside the data, M788 options at odds, M820 an option
        out of range.
    """
    check_numbers(draws=draws, level=level)
    refuse_short(panel, FEWEST_PERIODS)
    names = (variables,) if isinstance(variables, str) else tuple(variables)
    file = load_claims(claims)
    moved = _shifts(file, shifts)
    _check(names, natural, draws)
    spans = _windows(panel, windows)
    ordered = panel.select(entities=sorted(panel.entities))
    read = {name: read_complete(ordered, name) for name in names}
    other = {
        name: read_complete(ordered, expression) for name, expression in (natural or {}).items()
    }
    pick = resamples(len(panel.entities), draws, seed)
    cells = {
        (name, span): _cell(ordered, read[name], other.get(name), span, (moved, pick, level))
        for name in names
        for span in spans
    }
    found = [
        _finding(claim, name, span, cell)
        for claim in file.claim
        for (name, span), cell in cells.items()
    ]
    tables = {
        "verdicts": _verdicts(panel, found),
        "summary": _summary(file, found),
        "tests": _tests(panel, found),
        "sources": _sources(file),
    }
    series = sorted({s for one in (*read.values(), *other.values()) for s in one.series})
    notes = [note for one in read.values() for note in one.notes]
    notes += wording.notes(moved, draws, level, natural=bool(other))
    notes += wording.not_computed(sum(f.left_out for f in found))
    return Result(
        tables,
        wording.figures(),
        tuple(dict.fromkeys(notes)),
        (_counted(tables["summary"], found),),
        tuple(series),
    )


def _cell(
    panel: Panel,
    data: Variable,
    other: Variable | None,
    span: tuple[int, int],
    rest: tuple[tuple[float, ...], NDArray[np.intp], float],
) -> Cell:
    shifts, pick, level = rest
    at = [i for i, p in enumerate(panel.periods) if span[0] <= p <= span[1]]
    return Cell(
        panel,
        data.values[:, at],
        None if other is None else other.values[:, at],
        np.array(panel.periods, dtype=np.int64)[at],
        shifts,
        pick,
        level,
    )


def _finding(claim: Claim, name: str, span: tuple[int, int], cell: Cell) -> Finding:
    tests = statistics(claim, cell)
    if isinstance(tests, Text):
        return Finding(claim, name, span, [], 0, "untested", tests)
    used = [t for t in tests if t.defined]
    reached = verdict([t.side for t in used])
    lost = len(tests) - len(used)
    return Finding(claim, name, span, used, lost, reached, wording.reason(used, reached))


def _verdicts(panel: Panel, found: Sequence[Finding]) -> Table:
    words = [option_word("verdict", f.verdict) for f in found]
    titles = [panel.title(f.variable) for f in found]
    lead = [f.tests[0] if f.tests else None for f in found]
    named = [wording.statistic(t) if t else Text.same("—") for t in lead]
    return Table.of(
        ("claim", "variable", "period_from", "period"),
        **_claimed(found),
        variable=[f.variable for f in found],
        **_two("variable_title", titles),
        period_from=np.array([f.window[0] for f in found], dtype=np.int64),
        period=np.array([f.window[1] for f in found], dtype=np.int64),
        verdict=[f.verdict for f in found],
        **_two("verdict_title", words),
        **_two("statistic_title", named),
        estimate=np.array([t.estimate if t else np.nan for t in lead], dtype=np.float64),
        ci_low=np.array([t.low if t else np.nan for t in lead], dtype=np.float64),
        ci_high=np.array([t.high if t else np.nan for t in lead], dtype=np.float64),
        statistics=np.array([len(f.tests) for f in found], dtype=np.int64),
        not_computed=np.array([f.left_out for f in found], dtype=np.int64),
        **_two("reason", [f.reason for f in found]),
    )


def _tests(panel: Panel, found: Sequence[Finding]) -> Table:
    rows = [(f, t) for f in found for t in f.tests]
    return Table.of(
        ("claim", "variable", "period_from", "period", "statistic_name", "variant"),
        **_claimed([f for f, _ in rows]),
        variable=[f.variable for f, _ in rows],
        **_two("variable_title", [panel.title(f.variable) for f, _ in rows]),
        period_from=np.array([f.window[0] for f, _ in rows], dtype=np.int64),
        period=np.array([f.window[1] for f, _ in rows], dtype=np.int64),
        statistic_name=[t.name for _, t in rows],
        variant=[t.variant for _, t in rows],
        **_two("statistic_title", [wording.statistic(t) for _, t in rows]),
        estimate=np.array([t.estimate for _, t in rows], dtype=np.float64),
        ci_low=np.array([t.low for _, t in rows], dtype=np.float64),
        ci_high=np.array([t.high for _, t in rows], dtype=np.float64),
        limit=np.array([t.limit for _, t in rows], dtype=np.float64),
        side_of_claim=np.array([t.side for _, t in rows], dtype=np.int64),
    )


def _summary(file: ClaimFile, found: Sequence[Finding]) -> Table:
    counts = {
        c.id: [sum(f.claim.id == c.id and f.verdict == v for f in found) for v in VERDICTS]
        for c in file.claim
    }
    tested = {name: sum(values) for name, values in counts.items()}
    said = [wording.holds(counts[c.id][0], tested[c.id]) for c in file.claim]
    return Table.of(
        ("claim",),
        claim=[c.id for c in file.claim],
        **_two("claim_title", [c.text for c in file.claim]),
        **{v: np.array([counts[c.id][i] for c in file.claim]) for i, v in enumerate(VERDICTS)},
        conflicting=np.array([sum(_conflict(f, c) for f in found) for c in file.claim]),
        tested=np.array([tested[c.id] for c in file.claim]),
        supported_share=np.array(
            [counts[c.id][0] / tested[c.id] if tested[c.id] else np.nan for c in file.claim]
        ),
        **_two("holds", said),
    )


def _conflict(found: Finding, claim: Claim) -> bool:
    """Whether ways of measuring contradict each other beyond their intervals."""
    sides = {t.side for t in found.tests}
    return found.claim.id == claim.id and {1, -1} <= sides


def _sources(file: ClaimFile) -> Table:
    papers = {p.id: p.citation for p in theory().papers}
    cited = [papers.get(c.paper, Text.same(c.paper)) for c in file.claim]
    kinds = [option_word("claim_type", c.type) for c in file.claim]
    return Table.of(
        ("claim",),
        claim=[c.id for c in file.claim],
        **_two("claim_title", [c.text for c in file.claim]),
        **_two("quotation", [c.quotation for c in file.claim]),
        **_two("source", cited),
        section=[c.section or "—" for c in file.claim],
        **_two("claim_type", kinds),
        **_two("criterion", [c.reading for c in file.claim]),
    )


def _claimed(found: Sequence[Finding]) -> dict[str, list[str]]:
    return {
        "claim": [f.claim.id for f in found],
        **_two("claim_title", [f.claim.text for f in found]),
    }


def _two(name: str, texts: Sequence[Text]) -> dict[str, list[str]]:
    return {f"{name}_zh": [t.zh for t in texts], f"{name}_en": [t.en for t in texts]}


def _counted(summary: Table, found: Sequence[Finding]) -> Check:
    untested = sum(f.verdict == "untested" for f in found)
    return Check(
        Text("各结论的个数之和等于格数", "verdicts add up to the cells"),
        float(summary.columns["tested"].sum() + untested - len(found)),
        0.0,
    )


def _shifts(file: ClaimFile, given: Sequence[float] | None) -> tuple[float, ...]:
    if given is None:
        return file.shifts or (0.0,)
    try:
        found = tuple(float(str(s)) for s in given)
    except ValueError:
        found = ()
    if not found or not all(0 <= s < np.inf for s in found):
        raise _at_odds([{"option": "shifts", "value": str(given)}])
    return found


def _check(names: Sequence[str], natural: Mapping[str, str] | None, draws: int) -> None:
    wrong: list[Row] = []
    if not names or len(set(names)) < len(names):
        wrong.append({"option": "variables", "value": ", ".join(names)})
    wrong += [{"option": "natural", "value": k} for k in natural or {} if k not in names]
    if draws < 2:
        wrong.append({"option": "draws", "value": draws})
    if wrong:
        raise _at_odds(wrong)


def _at_odds(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "M788",
        Text("选项彼此不配或出界。", "Options are at odds or out of range."),
        evidence=rows,
        fix=Text(
            "variables 不重复；natural 的键都在 variables 里；shifts 不为负；draws 至少二。",
            "Name each variable once; keys of natural are among them; shifts are not negative; "
            "draws are two or more.",
        ),
    )


def _windows(panel: Panel, given: Sequence[str] | None) -> list[tuple[int, int]]:
    """Windows as first and last period, both in the data, two periods at least."""
    if given is None:
        return [(panel.periods[0], panel.periods[-1])]
    written = [given] if isinstance(given, str) else list(given)
    found = [wording.window(str(w)) for w in written]
    wrong: list[Row] = [
        {"window": str(text)}
        for text, span in zip(written, found, strict=True)
        if span is None or span[0] >= span[1] or not set(span) <= set(panel.periods)
    ]
    spans = [span for span in found if span is not None]
    if wrong or not spans or len(set(spans)) < len(spans):
        raise ZhihengError(
            "M787",
            Text(
                "窗口读不懂、重复或不在数据里。",
                "A window cannot be read, repeats, or is outside the data.",
            ),
            evidence=[*wrong, {"periods": f"{panel.periods[0]}-{panel.periods[-1]}"}],
            fix=Text(
                "写成 2013-2017，首末两期都在数据里。", "Write 2013-2017, both periods in the data."
            ),
        )
    return spans

"""Words of sheets become regions, series and units of the catalog, or questions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zhiheng.catalog.region_dates import outside
from zhiheng.catalog.regions import LEVELS, Region, nearest_regions, region_at
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.series_titles import titled
from zhiheng.catalog.units import unit_of
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.sources.cells import Dropped, Found, Value
from zhiheng.sources.questions import DROP, OWN, UNSTATED_WORD, Answers, Question

SOME = 5
"""Fewer values than these may all be small by chance."""
Key = tuple[str, str, bool]
"""Series word, unit word, shown as a percentage."""


@dataclass(slots=True)
class Resolved:
    """The words of all tables, resolved as far as they can be."""

    codes: dict[str, str] = field(default_factory=dict[str, str])
    labels: dict[str, Text] = field(default_factory=dict[str, Text])
    level: str = ""
    names: dict[str, str] = field(default_factory=dict[str, str])
    mapped: set[str] = field(default_factory=set[str])
    scale: dict[Key, tuple[str, float]] = field(default_factory=dict[Key, tuple[str, float]])
    counts: Counter[Key] = field(default_factory=Counter[Key])
    first: dict[Key, str] = field(default_factory=dict[Key, str])
    largest: dict[Key, float] = field(default_factory=dict[Key, float])
    kept: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    questions: list[Question] = field(default_factory=list[Question])
    dropped: list[Dropped] = field(default_factory=list[Dropped])
    notes: list[Text] = field(default_factory=list[Text])

    def status(self, value: Value) -> Status:
        """The status that a row states; observed if it states none."""
        word = value.status.upper()
        return Status[word] if word in Status.__members__ else Status.OBSERVED


def resolve_values(found: Sequence[Found], answers: Answers) -> Resolved:
    """Resolve the words of all tables of a file."""
    out = Resolved()
    _entities(found, answers, out)
    _count(found, out)
    portal = bool(found) and all(f.context.portal for f in found)
    for word in dict.fromkeys(k[0] for k in out.counts):
        _name(word, answers, out, portal=portal)
    doubts = {(v.series, v.unit, v.percent): v.doubt for f in found for v in f.values if v.doubt}
    for key in out.counts:
        _unit(key, doubts.get(key, ""), answers, out)
    _once(found, out)
    return out


# --- regions ------------------------------------------------------------------------------


def _entities(found: Sequence[Found], answers: Answers, out: Resolved) -> None:
    first: dict[str, str] = {}
    years: dict[str, set[int]] = defaultdict(set)
    for f in found:
        for v in f.values:
            if v.entity not in first:
                first[v.entity] = f.table.sheet.address(v.row, v.column)
            years[v.entity].add(v.period)
    told = {w: answers.of("regions", w) or w for w in first}
    hits = region_at({w: t for w, t in told.items() if t != DROP})
    unknown = [w for w in first if w not in hits and told[w] != DROP]
    for w, t in told.items():
        if t == DROP:
            out.codes[w] = ""
    _dates([w for w in first if not answers.of("regions", w)], years, first, out)
    if answers.own_labels or (unknown and len(unknown) * 2 > len(first) and _ask_own(first, out)):
        out.codes |= {w: told[w] for w in first if told[w] != DROP}
        return
    _known(hits, first, out)
    for w in unknown:
        text = Text("地区“{w}”不在目录里", 'region "{w}" is not in the catalog').format(w=w)
        near = (*nearest_regions(w), DROP)
        out.questions.append(Question("regions", w, text, first[w], near))


def _ask_own(first: Mapping[str, str], out: Resolved) -> bool:
    text = Text(
        "多数名称不是目录里的地区：是自己的标签（城市、企业）吗？",
        "Most names are no catalogued regions: are they labels of your own (cities, firms)?",
    )
    out.questions.append(
        Question("own_labels", "own_labels", text, next(iter(first.values())), ("true",))
    )
    return True


def _known(hits: Mapping[str, Region], first: Mapping[str, str], out: Resolved) -> None:
    levels = Counter(r.level for r in hits.values())
    out.level = levels.most_common(1)[0][0] if levels else ""
    read: list[str] = []
    for word, hit in hits.items():
        if hit.level != out.level:
            text = Text("“{w}”是{a}，其余是{b}", '"{w}" is of level {a}, the others {b}').format(
                w=word, a=LEVELS[hit.level], b=LEVELS[out.level]
            )
            out.questions.append(Question("regions", word, text, first[word], (DROP,)))
            continue
        out.codes[word], out.labels[hit.code] = hit.code, hit.name
        if word not in (hit.code, hit.code[:2], hit.name.zh, hit.name.en, hit.full.zh, hit.pinyin):
            read.append(f"{word} = {hit.code}")
    if read:
        out.notes.append(
            Text("按别名识别：{p}。", "Read through aliases: {p}.").format(p=", ".join(read))
        )


def _dates(
    words: Sequence[str], years: Mapping[str, set[int]], first: Mapping[str, str], out: Resolved
) -> None:
    """Names that were not, or no longer, valid in a year of the table."""
    for word in words:
        wrong = outside(word, years[word])
        if wrong:
            out.questions.append(Question("regions", word, wrong, first[word], (word, DROP)))


# --- series and units ---------------------------------------------------------------------


def _count(found: Sequence[Found], out: Resolved) -> None:
    for f in found:
        for v in f.values:
            key = (v.series, v.unit, v.percent)
            out.counts[key] += 1
            size = abs(v.value)
            if size > out.largest.get(key, -1.0):
                out.largest[key] = size
            if key not in out.first:
                out.first[key] = f.table.sheet.address(v.row, v.column)


def _first_of(word: str, out: Resolved) -> str:
    return next(cell for key, cell in out.first.items() if key[0] == word)


def _name(word: str, answers: Answers, out: Resolved, *, portal: bool) -> None:
    told = answers.of("series", word)
    if told:
        out.names[word] = word if told == OWN else told
        if told != OWN and series_info(told, out.level) is not None:
            out.mapped.add(word)
        return
    if out.level and series_info(word, out.level) is not None:
        out.names[word] = word
        out.mapped.add(word)
        return
    choices = titled(word, out.level, portal=portal)
    if len(choices) == 1:
        out.names[word] = choices[0]
        out.mapped.add(word)
        return
    out.names[word] = word
    if choices:
        text = Text(
            "“{w}”在目录里可以是几个序列（口径或版本不同）",
            '"{w}" can be several series of the catalog (definition or vintage)',
        ).format(w=word)
        out.questions.append(
            Question(
                "series", word, text, _first_of(word, out), tuple(dict.fromkeys((*choices, OWN)))
            )
        )


def _unit(key: Key, doubt: str, answers: Answers, out: Resolved) -> None:
    word, written, percent = key
    told = answers.of("units", word) or answers.of("units", written or doubt)
    stated = told or written or ("%" if percent else "")
    cell = out.first[key]
    if stated == UNSTATED_WORD:
        out.scale[key] = (UNSTATED, 1.0)
        return
    if not stated:
        text = Text("“{w}”没有单位", '"{w}" has no unit').format(w=word)
        if doubt:
            text = Text(
                "“{w}”没有单位；括号里的“{d}”没有登记", '"{w}" has no unit; "{d}" is not mapped'
            ).format(w=word, d=doubt)
        out.questions.append(Question("units", doubt or word, text, cell, _units(word, out)))
        return
    try:
        out.scale[key] = unit_of(stated)
    except ZhihengError as error:
        asked = written if written and not told else word
        text = Text("“{w}”：{a}{b}", '"{w}": {a} {b}').format(w=word, a=error.what, b=error.fix)
        out.questions.append(Question("units", asked, text, cell, _units(word, out)))
        return
    _fits(key, out, cell)
    fraction = 0 < out.largest[key] <= 1 and out.counts[key] >= SOME
    if stated == "%" and not percent and not answers.of("units", word) and fraction:
        text = Text(
            "“{w}”的单位是%，可是没有一个值超过 1：是百分数还是小数？",
            '"{w}" is in %, but no value exceeds 1: percentages or fractions?',
        ).format(w=word)
        out.questions.append(Question("units", word, text, cell, ("%", "1")))


def _fits(key: Key, out: Resolved, cell: str) -> None:
    """A percentage must be a pure number, and a catalog series has one unit."""
    word, written, percent = key
    unit, _ = out.scale[key]
    if percent and unit != "1":
        text = Text("“{w}”是百分数，单位却是{u}", '"{w}" is a percentage, its unit {u}').format(
            w=word, u=written
        )
        out.questions.append(Question("units", word, text, cell, ("%",)))
    elif percent:
        out.scale[key] = ("1", 0.01)
    info = series_info(out.names[word], out.level) if word in out.mapped else None
    if info is not None and unit != info.unit:
        text = Text(
            "“{w}”的单位是{u}，目录里 {s} 的是 {c}：是同一个序列吗？",
            '"{w}" is in {u}, the catalog has {s} in {c}: is it the same series?',
        ).format(w=word, u=written or unit, s=info.name, c=info.unit)
        out.questions.append(Question("series", word, text, cell, (OWN,)))


def _units(word: str, out: Resolved) -> tuple[str, ...]:
    info = series_info(out.names.get(word, word), out.level) if out.level else None
    return (info.unit, UNSTATED_WORD) if info is not None else (UNSTATED_WORD,)


# --- one value for each region, year and series ---------------------------------------------


def _once(found: Sequence[Found], out: Resolved) -> None:
    """Keep each value once; two values for one thing are a question, equal ones a note."""
    seen: dict[tuple[str, int, str], tuple[int, int]] = {}
    clashes: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    same: Counter[tuple[str, str]] = Counter()
    for i, f in enumerate(found):
        for k, v in enumerate(f.values):
            code = out.codes.get(v.entity, v.entity)
            if not code:
                continue
            key = (code, v.period, out.names.get(v.series, v.series))
            if key not in seen:
                seen[key] = (i, k)
                out.kept.append((i, k))
                continue
            j, n = seen[key]
            old = found[j].values[n]
            here, there = (
                f.table.sheet.address(v.row, v.column),
                found[j].table.sheet.address(old.row, old.column),
            )
            if _equal(v, old, out):
                same[found[j].table.address, f.table.address] += 1
            else:
                clashes[_culprit(f, found[j], v, old)].append((there, here))
    for (section, at, word), pairs in clashes.items():
        _ask_clash(section, at, word, pairs, out)
    if same:
        there, here = next(iter(same))
        out.notes.append(
            Text(
                "有 {n} 个值重复出现且相同（如 {h} 与 {t}），只留一个。",
                "{n} values stand twice and are equal (as in {h} and {t}); one of each is kept.",
            ).format(h=here, t=there, n=sum(same.values()))
        )


def _equal(a: Value, b: Value, out: Resolved) -> bool:
    one = out.scale.get((a.series, a.unit, a.percent), ("", 1.0))
    two = out.scale.get((b.series, b.unit, b.percent), ("", 1.0))
    return one == two and a.value == b.value


def _culprit(f: Found, g: Found, v: Value, old: Value) -> tuple[str, str, str]:
    """Where the answer stands: a column, a row, or the later of two tables."""
    sheet = f.table.sheet
    if f is not g:
        return "tables", f.table.address, v.series
    if v.row == old.row and f.table.heads:
        return "columns", sheet.address(f.table.heads[-1], v.column), v.series
    return "rows", sheet.address(v.row, f.table.left), v.series


def _ask_clash(
    section: str,
    at: str,
    word: str,
    pairs: Sequence[tuple[str, str]],
    out: Resolved,
) -> None:
    text = Text(
        "“{w}”有 {n} 个值与前面的不同，如 {a} 与 {b}",
        '"{w}" gives {n} values that differ from earlier ones, such as {a} and {b}',
    ).format(w=word, n=len(pairs), a=pairs[0][0], b=pairs[0][1])
    part = {"tables": "use"}.get(section, "")
    choices = ("false",) if section == "tables" else (DROP,)
    out.questions.append(Question(section, at, text, pairs[0][1], choices, part))

"""Regions: codes, names, aliases, groups, neighbours, places on the tile map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from zhiheng.catalog.loading import EntryStatus, read_csv, read_toml, refuse_repeats
from zhiheng.catalog.region_files import (
    GroupingFile,
    GroupingRow,
    Level,
    PairRow,
    economy_rows,
    province_rows,
)
from zhiheng.catalog.region_names import spelling
from zhiheng.core.errors import Row, ZhihengError, nearest, unknown_name
from zhiheng.core.text import Text

LEVELS: Mapping[str, Text] = {
    "province": Text("省级", "province"),
    "economy": Text("经济体", "economy"),
    "firm": Text("企业", "firm"),
}


@dataclass(frozen=True, slots=True)
class Region:
    """A catalogued region.

    Attributes
    ----------
    code : str
        Six digits of GB/T 2260 for provinces, ISO 3166 alpha-3 for economies.
    name, full : Text
        Short and official name; for economies they are the same.
    abbreviation : Text
        The label of a tile, such as 京 and BJ; the code where there is none.
    tile : tuple of int or None
        Row and column on the tile map, from 1 at the top left.
    has_data : bool
        Whether a shipped data set has this region; if not it is drawn as 无数据.
    aliases : tuple of str
        Every accepted spelling, the names above included.
    """

    code: str
    level: Level
    name: Text
    full: Text
    abbreviation: Text
    pinyin: str
    tile: tuple[int, int] | None
    has_data: bool
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a grouping and the codes of its members."""

    id: str
    name: Text
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """A division of regions into groups that do not overlap."""

    id: str
    level: Level
    title: Text
    note: Text
    source: str
    status: EntryStatus
    groups: tuple[Group, ...]

    @property
    def group_of(self) -> dict[str, str]:
        """The id of the group of each region; regions outside of it are absent."""
        return {code: group.id for group in self.groups for code in group.members}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A pair of adjacent regions; a ``link`` is declared by the user, not a border."""

    a: str
    b: str
    kind: Literal["border", "link"]
    note: Text | None


@cache
def provinces() -> tuple[Region, ...]:
    """The 34 provincial units in the order of their codes."""
    return tuple(
        Region(
            code=p.code,
            level="province",
            name=Text(p.zh, p.en),
            full=Text(p.full_zh, p.en),
            abbreviation=Text(p.abbr_zh, p.abbr_en),
            pinyin=p.pinyin,
            tile=(p.tile_row, p.tile_column),
            has_data=p.data,
            aliases=_spellings(p.code, p.zh, p.full_zh, p.en, p.pinyin, *p.aliases),
        )
        for p in province_rows()
    )


@cache
def economies() -> tuple[Region, ...]:
    """The 50 economies of the world data set in the order of their codes."""
    return tuple(
        Region(
            code=e.code,
            level="economy",
            name=Text(e.zh, e.en),
            full=Text(e.zh, e.en),
            abbreviation=Text.same(e.code),
            pinyin="",
            tile=None,
            has_data=True,
            aliases=_spellings(e.code, e.zh, e.en, *e.aliases),
        )
        for e in economy_rows()
    )


def region(name: str) -> Region:
    """The region that a code, name or alias stands for.

    Raises
    ------
    ZhihengError
        C401 no region has this name, with the nearest names that exist; S540 a code that
        can mean two regions.

    Examples
    --------
    >>> region("Nei Mongol").code
    '150000'
    """
    found = _hits(name)
    if not found:
        raise unknown_name("C401", name, _all_names(), kind=Text("地区", "region"))
    first, *others = found
    if others:
        raise _two_meanings({name: found})
    return first


def is_region(name: str) -> bool:
    """Whether a word is a code, name or alias of a catalogued region."""
    return bool(_hits(name))


def region_at(names: Mapping[str, str]) -> dict[str, Region]:
    """The regions of those names that are known, a code of two levels read as the others are.

    Parameters
    ----------
    names : mapping of a key of the caller's to a name

    Returns
    -------
    dict of key to Region
        Unknown names are absent; so is a code such as SC (Sichuan, Seychelles) where no other
        name tells which level is meant.
    """
    hits = {key: _hits(name) for key, name in names.items()}
    sure = Counter(found[0].level for found in hits.values() if len(found) == 1)
    level = sure.most_common(1)[0][0] if sure else ""
    chosen = {
        k: [r for r in found if len(found) == 1 or r.level == level] for k, found in hits.items()
    }
    return {key: found[0] for key, found in chosen.items() if found}


def nearest_regions(name: str) -> tuple[str, ...]:
    """Names of regions that look most like an unknown one."""
    by_spelling = {spelling(a): a for a in _all_names()}
    return tuple(by_spelling[n] for n in nearest(spelling(name), by_spelling))


def resolve(
    names: Sequence[str],
) -> tuple[str, list[str], dict[str, Text], tuple[Text, ...]]:
    """Replace the region names of a table by catalog codes.

    Returns
    -------
    level : {"province", "economy", ""}
        Empty when there are no names.
    codes : list of str
        One per name, in order.
    labels : dict of code to Text
    notes : tuple of Text
        Spellings that were read through a listed alias.

    Raises
    ------
    ZhihengError
        C401 unknown names, each with the nearest known ones; C402 regions of two
        levels in one table; S540 a code that can mean two regions.
    """
    distinct = list(dict.fromkeys(names))
    unknown = [name for name in distinct if not _hits(name)]
    if unknown:
        raise _unknown(unknown)
    known = region_at({name: name for name in distinct})
    if len(known) < len(distinct):
        raise _two_meanings({n: _hits(n) for n in distinct if n not in known})
    level = _one_level(known)
    labels = {hit.code: hit.name for hit in known.values()}
    return level, [known[name].code for name in names], labels, _alias_notes(known)


def labels_of(codes: Iterable[str]) -> tuple[str, dict[str, Text]]:
    """The level that all codes share (empty if none) and the names of the known ones."""
    by_code = {r.code: r for r in (*provinces(), *economies())}
    wanted = list(dict.fromkeys(codes))
    known = [by_code[code] for code in wanted if code in by_code]
    levels = {r.level for r in known}
    shared = len(levels) == 1 and len(known) == len(wanted)
    return (known[0].level if shared else ""), {r.code: r.name for r in known}


@cache
def groupings() -> dict[str, Grouping]:
    """All groupings by id."""
    entries = read_toml("regions/groupings.toml", GroupingFile).grouping
    refuse_repeats(
        (e.id for e in entries), where="regions/groupings.toml", kind=Text("分组", "grouping")
    )
    return {e.id: _grouping(e) for e in entries}


def grouping(name: str) -> Grouping:
    """One grouping, such as ``zones4``.

    Raises
    ------
    ZhihengError
        C403 there is no grouping of this name.
    """
    known = groupings()
    if name not in known:
        raise unknown_name("C403", name, known, kind=Text("分组", "grouping"))
    return known[name]


def adjacency(*, links: bool = False) -> tuple[Neighbours, ...]:
    """Pairs of provinces with a common border.

    Parameters
    ----------
    links : bool
        Also the declared connections without a border, which is one: Hainan and
        Guangdong. Without it Hainan has no neighbour.
    """
    return tuple(pair for pair in _pairs() if links or pair.kind == "border")


@cache
def _pairs() -> tuple[Neighbours, ...]:
    return tuple(
        Neighbours(p.a, p.b, p.kind, Text(p.note_zh, p.note_en) if p.note_zh else None)
        for p in read_csv("regions/adjacency.csv", PairRow)
    )


@cache
def _index() -> dict[str, Region]:
    """Every accepted spelling of every region; one that means two regions is refused."""
    everything = [(spelling(a), r) for r in (*provinces(), *economies()) for a in r.aliases]
    distinct = {(key, r.code) for key, r in everything}
    refuse_repeats(
        (key for key, _ in distinct), where="regions", kind=Text("地区别名", "region alias")
    )
    return dict(everything)


@cache
def _short() -> dict[str, tuple[Region, ...]]:
    """Codes of two letters: 京 is BJ, Brazil is BR, and SC is Sichuan or the Seychelles."""
    found: dict[str, tuple[Region, ...]] = {}
    iso2 = {e.code: e.iso2 for e in economy_rows()}
    for r in (*provinces(), *economies()):
        code = iso2.get(r.code, r.abbreviation.en)
        found[code] = (*found.get(code, ()), r)
    return found


def _hits(name: str) -> tuple[Region, ...]:
    """The regions that a name can stand for; codes of two letters count in capitals only."""
    found = _index().get(spelling(name))
    if found is not None:
        return (found,)
    short = name.strip()
    return _short().get(short, ()) if len(short) == 2 else ()


def _two_meanings(names: Mapping[str, Sequence[Region]]) -> ZhihengError:
    rows: list[Row] = [
        {"name": name, "region": f"{r.code} {r.name.en}"}
        for name, found in names.items()
        for r in found
    ]
    return ZhihengError(
        "S540",
        Text("代码可以是两个地区。", "A code can mean two regions."),
        evidence=rows,
        fix=Text(
            "改写成名称或全码（如 510000、SYC）。", "Write the name or the full code (510000, SYC)."
        ),
    )


def _all_names() -> list[str]:
    return [a for r in (*provinces(), *economies()) for a in r.aliases]


def _spellings(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _grouping(entry: GroupingRow) -> Grouping:
    members: dict[str, list[str]] = {g.id: [] for g in entry.group}
    if entry.column:
        rows = province_rows() if entry.level == "province" else economy_rows()
        for row in rows:
            group = getattr(row, entry.column)
            if group:
                members[group].append(row.code)
    else:
        inside, outside = (g.id for g in entry.group)
        for row in economy_rows():
            members[inside if entry.id in row.groups else outside].append(row.code)
    groups = tuple(Group(g.id, Text(g.zh, g.en), tuple(members[g.id])) for g in entry.group)
    return Grouping(
        entry.id, entry.level, entry.title, entry.note, entry.source, entry.status, groups
    )


def _unknown(names: Sequence[str]) -> ZhihengError:
    known = _all_names()
    rows: list[Row] = [{"name": n, "nearest": ", ".join(nearest(n, known)) or "-"} for n in names]
    return ZhihengError(
        "C401",
        Text("{n} 个地区名称不在目录里。", "{n} region names are not in the catalog.").format(
            n=len(names)
        ),
        evidence=rows,
        fix=Text(
            "改成目录里的代码或名称（如 110000、北京、Beijing、CHN）；合计行请先删去。",
            "Use a code or name of the catalog (110000, Beijing, CHN); remove rows of totals.",
        ),
    )


def _one_level(known: Mapping[str, Region]) -> str:
    levels = sorted({r.level for r in known.values()})
    if len(levels) > 1:
        rows: list[Row] = [
            {"level": LEVELS[level], "name": name, "code": r.code}
            for level in levels
            for name, r in [(n, r) for n, r in known.items() if r.level == level][:3]
        ]
        raise ZhihengError(
            "C402",
            Text("一张表里混有两级地区。", "One table mixes regions of two levels."),
            evidence=rows,
            fix=Text("一次只读一级地区。", "Read one level of regions at a time."),
        )
    return levels[0] if levels else ""


def _alias_notes(known: Mapping[str, Region]) -> tuple[Text, ...]:
    plain = {
        name
        for name, r in known.items()
        if name in (r.code, r.code[:2], r.name.zh, r.name.en, r.full.zh, r.pinyin)
    }
    pairs = [(name, r) for name, r in known.items() if name not in plain]
    if not pairs:
        return ()
    return (
        Text("按别名识别：{p}。", "Read through aliases: {p}.").format(
            p=", ".join(f"{name} = {r.code}" for name, r in pairs)
        ),
    )

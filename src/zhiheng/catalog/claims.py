"""Claims of the literature as typed tests: which statistic decides which sentence."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import Entry, Words, parse_toml, read_toml, refuse_repeats, stems
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.local_files import local_file
from zhiheng.core.text import Text

ClaimType = Literal[
    "gap_widens",
    "group_gap_widens",
    "leaders_pull_away",
    "converges",
    "diverges",
    "low_trap",
    "middle_rises",
    "high_persists",
]
NEEDS: dict[str, tuple[str, ...]] = {
    "gap_widens": ("measures",),
    "group_gap_widens": ("groups", "leading", "relative"),
    "leaders_pull_away": ("growth", "share"),
    "low_trap": ("threshold",),
    "high_persists": ("threshold",),
}
"""The parameters that a type cannot do without."""


class Claim(Entry):
    """A sentence, its source, and the test that it was turned into.

    Attributes
    ----------
    type : str
        Which statistics decide it.
    quotation : Text
        The exact sentence and our translation; `paper` is an entry of the theory graph, or
        the citation itself in a user's own file.
    reading : Text
        How the sentence became a statistic.
    level : str
        The only level of regions for which it can be tested; any when empty.
    measures : tuple of str
        Dispersions that all have to agree.
    groups, leading, relative : str, str, bool
        A catalogued grouping, the group that is said to lead, ratio or difference.
    growth, share : str, float
        Logarithmic or absolute growth; the share of entities at either end.
    threshold : float
        Of a transition probability per period.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    type: ClaimType
    text: Words
    quotation: Words
    paper: str
    section: str = ""
    reading: Words
    level: str = ""
    measures: tuple[Literal["gini", "cv", "sd_log", "sd"], ...] = ()
    groups: str = ""
    leading: str = ""
    relative: bool | None = None
    growth: Literal["log", "absolute", ""] = ""
    share: float = Field(default=0.0, ge=0, le=0.5)
    threshold: float = Field(default=0.0, ge=0, lt=1)


class ClaimFile(Entry):
    """A file of claims, with the shifts under which relative gaps of an index are tested."""

    title: Words
    shifts: tuple[float, ...] = (0.0,)
    claim: tuple[Claim, ...] = Field(min_length=1)


def load_claims(name: str = "papers") -> ClaimFile:
    """Claims of the catalog by name, or of a user's own TOML file by path.

    Raises
    ------
    ZhihengError
        M784 neither a name of the catalog nor a TOML file, M785 a claim lacks what its type
        needs; C410 to C412 for a file that cannot be used.
    """
    if name in stems("claims"):
        return _shipped(name)
    path = local_file(name, suffix=".toml")
    if path is not None:
        return _checked(parse_toml(path.read_text("utf-8"), ClaimFile, where=name), name)
    raise unknown_name("M784", name, stems("claims"), kind=Text("主张文件", "file of claims"))


@cache
def _shipped(name: str) -> ClaimFile:
    where = f"claims/{name}.toml"
    return _checked(read_toml(where, ClaimFile), where)


def _checked(found: ClaimFile, where: str) -> ClaimFile:
    refuse_repeats((c.id for c in found.claim), where=where, kind=Text("主张", "claim"))
    rows: list[Row] = [
        {"file": where, "claim": c.id, "type": c.type, "lacks": name}
        for c in found.claim
        for name in NEEDS.get(c.type, ())
        if _absent(getattr(c, name))
    ]
    rows += [{"file": where, "shift": s} for s in found.shifts if s < 0]
    if rows:
        raise ZhihengError(
            "M785",
            Text(
                "主张缺少其类型必需的参数，或平移为负。",
                "A claim lacks what its type needs, or a shift is negative.",
            ),
            evidence=rows,
            fix=Text("按所示补全。", "Supply what is shown."),
        )
    return found


def _absent(value: object) -> bool:
    """Whether a parameter was left out; false and other values count as given."""
    return value in (None, "", ()) or (isinstance(value, float) and value == 0.0)

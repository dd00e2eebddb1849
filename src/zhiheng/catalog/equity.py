"""Rules by which a carbon budget can be shared among regions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from zhiheng.catalog.loading import Entry, EntryStatus, Words, read_toml, refuse_repeats
from zhiheng.core.errors import unknown_name
from zhiheng.core.text import Text

Need = Literal["emissions", "population", "income"]


class Rule(Entry):
    """One rule: its principle, what it needs, where it comes from."""

    id: str
    title: Words
    principle: Words
    needs: tuple[Need, ...]
    source: str
    status: EntryStatus


class _Rules(Entry):
    rule: tuple[Rule, ...]


@cache
def _rules() -> dict[str, Rule]:
    found = read_toml("equity.toml", _Rules).rule
    refuse_repeats((r.id for r in found), where="equity.toml", kind=Text("规则", "rule"))
    return {r.id: r for r in found}


def equity_rules(names: Sequence[str] | None = None) -> tuple[Rule, ...]:
    """The rules of these names in the order given; all of them where none is.

    Raises
    ------
    ZhihengError
        C451 there is no such rule.
    """
    known = _rules()
    for name in names or ():
        if name not in known:
            raise unknown_name("C451", name, known, kind=Text("分配规则", "rule of allocation"))
    return tuple(known[n] for n in dict.fromkeys(names)) if names else tuple(known.values())

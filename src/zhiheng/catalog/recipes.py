"""Which ways of computing an index are drawn from, as data files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field

from zhiheng.catalog.loading import (
    Entry,
    Words,
    parse_toml,
    read_toml,
    refuse_dangling,
    refuse_repeats,
    stems,
)
from zhiheng.core.errors import unknown_name
from zhiheng.core.local_files import local_file
from zhiheng.core.text import Text

Step = Literal["treatment", "normalise", "weights", "aggregation"]
STEPS: tuple[Step, ...] = ("treatment", "normalise", "weights", "aggregation")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value for each step of an index."""

    treatment: str
    normalise: str
    weights: str
    aggregation: str


class Alternative(Entry):
    """One value that a step may take."""

    step: Step
    id: str
    title: Words


class Invalid(Entry):
    """Values that do not go together, and why."""

    treatment: str = ""
    normalise: str = ""
    weights: str = ""
    aggregation: str = ""
    reason: Words

    def covers(self, choice: Choice) -> bool:
        """Whether a choice has all the values named here."""
        return all(getattr(self, s) in ("", getattr(choice, s)) for s in STEPS)


class Outliers(Entry):
    """A column is treated when both sample moments exceed these."""

    skewness: float = Field(gt=0)
    kurtosis: float = Field(gt=0)
    most: int = Field(ge=1)


class RecipeBook(Entry):
    """Alternatives per step, what does not go together, and how far weights are drawn.

    Attributes
    ----------
    concentration : float
        At least 1; drawn weights are Dirichlet(concentration * weights).
    geometric_shift : float
        In [0, 1): geometric aggregation of values on [0, 1] uses
        ``shift + (1 - shift) z``.
    outliers : Outliers, optional
        When a column counts as distorted, and how many points winsorisation may move; see
        `outliers_of`.
    """

    id: str
    title: Words
    concentration: float = Field(ge=1)
    geometric_shift: float = Field(ge=0, lt=1)
    outliers: Outliers | None = None
    alternative: tuple[Alternative, ...] = ()
    invalid: tuple[Invalid, ...] = ()

    def choices(self, own: Choice) -> Iterator[tuple[Choice, Text | None]]:
        """Every combination with the reason why it is invalid, or None; `own` comes first."""
        lists = [self._values(step, getattr(own, step)) for step in STEPS]
        for values in itertools.product(*lists):
            choice = Choice(*values)
            yield choice, self.invalid_because(choice)

    def invalid_because(self, choice: Choice) -> Text | None:
        """Why a combination is declared invalid; None where it is not."""
        return next((i.reason for i in self.invalid if i.covers(choice)), None)

    def _values(self, step: Step, own: str) -> list[str]:
        listed = [a.id for a in self.alternative if a.step == step]
        return [own, *(value for value in listed if value != own)]


def load_recipes(name: str = "default") -> RecipeBook:
    """A recipe book of the catalog by name, or a user's own TOML file by path.

    Raises
    ------
    ZhihengError
        C460 neither a name of the catalog nor a TOML file; C410 to C413 for a
        file that cannot be used.
    """
    if name in stems("recipes"):
        return _shipped(name)
    path = local_file(name, suffix=".toml")
    if path is not None:
        return _checked(parse_toml(path.read_text("utf-8"), RecipeBook, where=name), name)
    raise unknown_name("C460", name, stems("recipes"), kind=Text("算法清单", "recipe book"))


def outliers_of(book: RecipeBook) -> Outliers:
    """The rule for outliers of a book, or that of the default book where it states none."""
    found = book.outliers or load_recipes().outliers
    if found is None:
        raise ValueError("the default recipe book states no rule for outliers")
    return found


@cache
def _shipped(name: str) -> RecipeBook:
    where = f"recipes/{name}.toml"
    return _checked(read_toml(where, RecipeBook), where)


def _checked(book: RecipeBook, where: str) -> RecipeBook:
    names = [f"{a.step}.{a.id}" for a in book.alternative]
    refuse_repeats(names, where=where, kind=Text("备选项", "alternative"))
    named = [
        (f"invalid[{n}]", f"{step}.{getattr(pair, step)}")
        for n, pair in enumerate(book.invalid, start=1)
        for step in STEPS
        if getattr(pair, step)
    ]
    refuse_dangling(named, names, where=where)
    return book

"""How often the rank interval holds the rank of a truth drawn from the declared law."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.catalog.recipes import Choice, load_recipes
from zhiheng.core.text import Text
from zhiheng.kernels.ranks import Recipe, draw_ranks
from zhiheng.measure.composite import Composite, Settings, composer
from zhiheng.measure.indicators import Indicators, Item

pytestmark = pytest.mark.slow

NOMINAL = (0.88, 0.93)
FIRST = Choice("none", "global", "equal", "additive")
TRUTHS, DRAWS, ITEMS, PERIODS = 2_000, 4_000, 12, 3


def admissible(x):
    """The recipes of the default book on indicators in three groups, as `index` draws them."""
    items = tuple(
        Item(f"x{k}", Text.same("x"), f"x{k}", "more", "abc"[k % 3]) for k in range(ITEMS)
    )
    data = Indicators(
        items, x, ("1",) * ITEMS, {g: Text.same(g) for g in "abc"},
        tree=(np.arange(ITEMS) % 3, np.zeros(3, dtype=np.intp)),
        inside={g: tuple(i.id for i in items if i.group == g) for g in "abc"},
    )  # fmt: skip
    book = load_recipes()
    compose = composer(data, book, Settings())
    own = [c for c, invalid in book.choices(FIRST) if invalid is None]
    made = [m for m in map(compose, own) if isinstance(m, Composite)]
    return [Recipe(m.prepared, m.weights) for m in made], book.concentration


def values(entities, seed=0):
    """Indicators with a common factor, skewed, rising over the periods."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(entities, 1, 1)) + 0.2 * np.arange(PERIODS)[None, :, None]
    return np.exp(0.6 * factor + 0.5 * rng.normal(size=(entities, PERIODS, ITEMS)))


def coverage(entities, noise=0.0):
    x = values(entities)
    seen = x * np.exp(noise * np.random.default_rng(1).normal(size=x.shape))
    found, concentration = admissible(seen)
    interval = draw_ranks(found, draws=DRAWS, concentration=concentration, seed=2)
    truths, _ = admissible(x)
    last = draw_ranks(truths, draws=TRUTHS, concentration=concentration, seed=3).last
    inside = (last >= interval.low[-1]) & (last <= interval.high[-1])
    width = (interval.high[-1] - interval.low[-1]).mean()
    print(  # noqa: T201  (the figure that the documentation quotes)
        f"{entities} entities, noise {noise}: coverage {inside.mean():.4f}, width {width:.2f}"
    )
    return float(inside.mean())


def test_with_many_entities_the_interval_covers_as_it_says():
    low, high = NOMINAL
    assert low <= coverage(300) <= high


def test_ranks_are_whole_numbers_so_that_few_entities_are_covered_more_often():
    assert coverage(30) >= NOMINAL[0], "never less than it says"


def test_measurement_noise_is_not_in_the_interval_and_costs_coverage():
    assert coverage(300, noise=0.1) < coverage(300)

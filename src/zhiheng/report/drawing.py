"""Figures of a run as specs and drawings: names, places and colours from the catalog.

`core.figures` builds the spec and reads nothing; this module hands it what it
needs and has it drawn with the one font that we ship, so that page, document
and picture file show the same drawing on every machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from zhiheng.core.errors import unknown_name
from zhiheng.core.figures import Tile, build
from zhiheng.core.result import Figure
from zhiheng.core.text import Lang, Text
from zhiheng.report.draw_pool import FEWEST, Begun, drawers, processors
from zhiheng.report.naming import names_of
from zhiheng.report.vega import Sketch, draw
from zhiheng.study.run_types import StudyRun


class Order(NamedTuple):
    """One drawing that a report needs: which figure, in which language, how wide in px.

    `scale` is the picture dots per px of the PNG that is made along, None for no PNG.
    """

    step: str
    figure: str
    lang: Lang
    width: int
    scale: float | None = None


@cache
def theme() -> Mapping[str, Any]:
    """The theme of figures and pages (catalog ``theme.toml``)."""
    source = resources.files("zhiheng.catalog").joinpath("data/theme.toml")
    return tomllib.loads(source.read_text("utf-8"))


@cache
def tiles() -> Mapping[str, Tile]:
    """Places of the provincial units on the tile map."""
    from zhiheng.catalog.regions import provinces

    return {
        r.code: Tile(r.tile[0], r.tile[1], r.name, Text(r.name.zh, r.abbreviation.en))
        for r in provinces()
        if r.tile
    }


def figure_of(run: StudyRun, step: str, name: str) -> Figure:
    """A figure of a step by name; an unknown one lists those that exist."""
    figures = {f.name: f for f in run.results[step].figures}
    if name not in figures:
        raise unknown_name("R812", f"{step}.{name}", figures, kind=Text("图", "figure"))
    return figures[name]


def spec(
    run: StudyRun,
    step: str,
    name: str,
    *,
    lang: Lang,
    width: int,
    names: Mapping[str, Text] | None = None,
) -> dict[str, Any]:
    """The Vega-Lite spec of one figure of a run, `width` px wide.

    `names` are the printed words, gathered from the catalog unless given.
    """
    figure = figure_of(run, step, name)
    return build(
        figure,
        run.results[step].tables,
        lang=lang,
        width=width,
        theme=theme(),
        names=names_of(run) if names is None else names,
        tiles=tiles() if figure.kind in ("tilemap", "hasse") else {},
    )


@dataclass(frozen=True, slots=True)
class Drawings:
    """The drawings of one run: those begun in other processes, and any other when asked for.

    Attributes
    ----------
    run : StudyRun
    names : mapping of str to Text
        The printed words, gathered once.
    begun : mapping of Order to Future
        What other processes are drawing; empty where everything is drawn here.
    """

    run: StudyRun
    names: Mapping[str, Text]
    begun: Mapping[Order, Begun] = field(default_factory=dict[Order, Begun])

    @staticmethod
    def of(run: StudyRun) -> Drawings:
        """For one run, each drawing made here when it is asked for."""
        return Drawings(run, names_of(run))

    def spec(self, order: Order) -> dict[str, Any]:
        """The Vega-Lite spec of one drawing."""
        step, figure, lang, width, _ = order
        return spec(self.run, step, figure, lang=lang, width=width, names=self.names)

    def sketch(self, order: Order) -> Sketch:
        """One drawing; what no other process could draw is drawn here, or fails here."""
        future = self.begun.get(order)
        done = None if future is None else future.result()
        return draw(self.spec(order), order.scale) if done is None else done


@contextmanager
def drawings(
    run: StudyRun, orders: Iterable[Order], *, processes: int | None = None
) -> Generator[Drawings]:
    """Begin the drawings of a run in other processes while the caller does something else.

    Use it for a whole report; for a few figures `Drawings.of` is as quick. The
    bytes are the same either way.

    Parameters
    ----------
    run : StudyRun
    orders : iterable of Order
        What will be asked for, in the order in which it is best begun.
    processes : int, optional
        How many draw, at least 0; as many as there are processors unless given.
        Fewer than two, or few orders, and every drawing is made here.
    """
    wanted = list(dict.fromkeys(orders))
    count = processors() if processes is None else processes
    here = Drawings.of(run)
    if count < 2 or len(wanted) < FEWEST:
        yield here
        return
    with drawers(count) as begin:
        yield Drawings(run, here.names, {o: begin(here.spec(o), o.scale) for o in wanted})

"""Figures of a run as specs, SVG and PNG: names, places and colours from the catalog.

`core.figures` builds the spec and reads nothing; this module hands it what it
needs and draws the spec with vl-convert and the one font that we ship, so that
page, document and picture file show the same drawing on every machine.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from zhiheng.core.errors import unknown_name
from zhiheng.core.figures import Tile, build
from zhiheng.core.result import Figure
from zhiheng.core.text import Lang, Text
from zhiheng.report.naming import names_of
from zhiheng.study.run_types import StudyRun

_CLIP = re.compile(r"(?<=[\"#])clip\d+")
VEGA_LITE = "6.4"
"""The version of Vega-Lite that vl-convert is asked for."""


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


def svg(
    run: StudyRun,
    step: str,
    name: str,
    *,
    lang: Lang,
    width: int,
    names: Mapping[str, Text] | None = None,
) -> str:
    """One figure as SVG text, as vl-convert writes it."""
    import vl_convert

    _fonts()
    drawn = spec(run, step, name, lang=lang, width=width, names=names)
    return _own_ids(vl_convert.vegalite_to_svg(drawn, vl_version=VEGA_LITE))


def _own_ids(drawn: str) -> str:
    """Clip paths numbered within the drawing: vl-convert counts on from one to the next."""
    own = {name: f"clip{n}" for n, name in enumerate(dict.fromkeys(_CLIP.findall(drawn)))}
    return _CLIP.sub(lambda m: own[m[0]], drawn)


def png(
    run: StudyRun,
    step: str,
    name: str,
    *,
    lang: Lang,
    width: int,
    scale: float = 2.5,
    names: Mapping[str, Text] | None = None,
) -> bytes:
    """One figure as PNG; `scale` picture dots per px (2.5 at 600 px is 254 dpi on 15 cm)."""
    import vl_convert

    _fonts()
    drawn = spec(run, step, name, lang=lang, width=width, names=names)
    return vl_convert.vegalite_to_png(drawn, vl_version=VEGA_LITE, scale=scale)


@cache
def _fonts() -> None:
    """Let vl-convert find the font of the package, once per process."""
    import vl_convert

    folder = resources.files("zhiheng.report").joinpath("fonts")
    if isinstance(folder, Path) and folder.is_dir():
        vl_convert.register_font_directory(str(folder))

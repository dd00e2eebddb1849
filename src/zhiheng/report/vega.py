"""A spec becomes a drawing: the one place that calls vl-convert.

Imports nothing else of the package, so that a process that only draws starts at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

_CLIP = re.compile(r"(?<=[\"#])clip\d+")
VEGA_LITE = "6.4"
"""The version of Vega-Lite that vl-convert is asked for."""


class Sketch(NamedTuple):
    """A drawn figure: its SVG text, and its PNG bytes where a PNG was asked for."""

    svg: str
    png: bytes | None


def draw(spec: Mapping[str, Any], scale: float | None = None) -> Sketch:
    """Draw one Vega-Lite spec, with the font of the package.

    Parameters
    ----------
    spec : mapping
        A complete spec.
    scale : float, optional
        Picture dots per px of a PNG, more than 0; without it no PNG is made.

    Raises
    ------
    ValueError
        vl-convert cannot draw the spec.
    """
    import vl_convert

    _fonts()
    svg = _own_ids(vl_convert.vegalite_to_svg(dict(spec), vl_version=VEGA_LITE))
    if scale is None:
        return Sketch(svg, None)
    # From the SVG, so that Vega lays the figure out once and both files agree.
    return Sketch(svg, vl_convert.svg_to_png(svg, scale=scale))


def _own_ids(drawn: str) -> str:
    """Clip paths numbered within the drawing: vl-convert counts on from one to the next."""
    own = {name: f"clip{n}" for n, name in enumerate(dict.fromkeys(_CLIP.findall(drawn)))}
    return _CLIP.sub(lambda m: own[m[0]], drawn)


@cache
def _fonts() -> None:
    """Let vl-convert find the font of the package, once per process."""
    import vl_convert

    folder = resources.files("zhiheng.report").joinpath("fonts")
    if isinstance(folder, Path) and folder.is_dir():
        vl_convert.register_font_directory(str(folder))

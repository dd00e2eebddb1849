"""The look of figures as a typed record, read from a mapping that the caller loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a line of one meaning is drawn."""

    colour: str
    dash: tuple[int, ...]
    width: float


@dataclass(frozen=True, slots=True)
class Theme:
    """Type scale (px) and one colour per meaning.

    Attributes
    ----------
    family : str
        Font families, first choice first.
    title, label, small, tiny : int
        The type scale.
    colour : mapping of meaning to colour
    sequential : tuple of str
        From little to much, light to dark.
    parts, lines : tuple of str
        Colours of unordered groups in the order of use: filled areas, and lines.
    edge : mapping of evidence status to Stroke
    classes : mapping of code to colour
        Colours of classes without order, such as the quadrants of a Moran scatter.
    """

    family: str
    title: int
    label: int
    small: int
    tiny: int
    colour: Mapping[str, str]
    sequential: tuple[str, ...]
    parts: tuple[str, ...]
    lines: tuple[str, ...]
    edge: Mapping[str, Stroke]
    classes: Mapping[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def of(data: Mapping[str, Any]) -> Theme:
        """Read the tables ``type``, ``colour``, ``scale`` and ``edge``; KeyError if one lacks."""
        return Theme(
            **data["type"],
            colour=data["colour"],
            sequential=tuple(data["scale"]["sequential"]),
            parts=tuple(data["scale"]["parts"]),
            lines=tuple(data["scale"]["lines"]),
            edge={
                name: Stroke(edge["colour"], tuple(edge["dash"]), edge["width"])
                for name, edge in data["edge"].items()
            },
            classes=data.get("classes", {}),
        )

    def category(self, code: str) -> str:
        """The colour of a class without order; that of no data where the theme has none."""
        return self.classes.get(code, self.colour["no_data"])

    def on(self, fill: str) -> str:
        """The text colour that reads on a fill: ink on light, paper on dark."""
        light, dark = luminance(self.colour["paper"]), luminance(self.colour["ink"])
        at = luminance(fill)
        better = (light + 0.05) / (at + 0.05) > (at + 0.05) / (dark + 0.05)
        return self.colour["paper"] if better else self.colour["ink"]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.1), 0 black to 1 white."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

"""Which base series a step stands on, through variables and scores of earlier steps."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zhiheng.catalog.scope import scope
from zhiheng.core.expression import Scope, needs
from zhiheng.core.panel import Panel
from zhiheng.core.result import Result

SCORE = "@"
"""A definition that starts so names a column of an earlier step: ``@index.scores.score``."""


class Lineage:
    """Follows names of one run down to the series that were read.

    Parameters
    ----------
    results : mapping of step to Result
    panel : Panel
        With every variable and score, whose definitions are followed.
    meaning : Scope
    own : mapping of step to Panel
        Panels of the steps that stand on other data; those of another level have their own
        expressions and no scores of earlier steps.
    """

    def __init__(
        self,
        results: Mapping[str, Result],
        panel: Panel,
        meaning: Scope,
        own: Mapping[str, Panel] | None = None,
    ) -> None:
        self._results = results
        self._panel = panel
        self._scope = meaning
        self._own = {s: p for s, p in (own or {}).items() if p.level != panel.level}

    def of_step(self, step: str) -> tuple[str, ...]:
        """The base series of a step."""
        other = self._own.get(step)
        at = self if other is None else Lineage(self._results, other, scope(other.level))
        found: set[str] = set()
        for name in self._results[step].series:
            found |= at.of_name(name)
        return tuple(sorted(found))

    def of_name(self, name: str) -> set[str]:
        """The base series of a series, variable, score or expression."""
        text = self._panel.definitions.get(name, "")
        if text.startswith(SCORE):
            return set(self.of_step(re.split(r"[.\[]", text[1:], maxsplit=1)[0]))
        if not text and name in self._panel.series:
            return {name}
        found: set[str] = set()
        for part in needs(text or name, self._scope):
            defined = part in self._panel.definitions and part != name
            found |= self.of_name(part) if defined else {part}
        return found

"""The form in which names of regions are compared."""

from __future__ import annotations

import unicodedata

DROPPED = frozenset(" -‐‑–—_.,'’`·()/\u3000")
"""Characters that two spellings of one name may differ in."""


def spelling(name: str) -> str:
    """The form in which names are compared: NFKC, no accents, case, spaces or hyphens."""
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    return "".join(c for c in wide if not unicodedata.combining(c) and c not in DROPPED)

"""The form in which names of regions are compared."""

from __future__ import annotations

import unicodedata

DROPPED = frozenset(" -‐‑–—_.,'’`·()/\u3000")
"""Characters that two spellings of one name may differ in."""


TRADITIONAL = str.maketrans(
    # escaped, because the shipped font draws simplified characters only
    (
        "\u5167\u5340\u5be7\u5ee3\u6771\u907c\u9f8d\u8607\u96f2\u8cb4"
        "\u965d\u8085\u6176\u7063\u9580\u81fa"
    ),
    "内区宁广东辽龙苏云贵陕肃庆湾门台",
)
"""Traditional characters in names of provinces, read as the simplified ones."""


def spelling(name: str) -> str:
    """The form in which names are compared.

    NFKC, simplified characters, no accents, case, spaces or hyphens.
    """
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    plain = wide.translate(TRADITIONAL)
    return "".join(c for c in plain if not unicodedata.combining(c) and c not in DROPPED)

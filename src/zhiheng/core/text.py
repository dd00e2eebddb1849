"""Text in the two languages of the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, Lang] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One message in Chinese and English.

    Use it for everything that a user reads. Both languages are required: a
    missing one is a bug that the constructor refuses, not a fallback.

    Parameters
    ----------
    zh, en : str
        The Chinese and the English wording, both non-empty.

    Raises
    ------
    ValueError
        If one of the two is empty.

    Examples
    --------
    >>> Text("省份", "province")["en"]
    'province'
    >>> Text("{n} 个省份", "{n} provinces").format(n=30).zh
    '30 个省份'
    """

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh.strip() or not self.en.strip():
            raise ValueError(f"a Text needs both languages: zh={self.zh!r}, en={self.en!r}")

    def __getitem__(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Fill ``{name}`` fields; a `Text` value gives each language its own wording."""
        return Text(
            self.zh.format(**{k: v.zh if isinstance(v, Text) else v for k, v in values.items()}),
            self.en.format(**{k: v.en if isinstance(v, Text) else v for k, v in values.items()}),
        )

    @staticmethod
    def of(value: Mapping[str, str]) -> Text:
        """Read a ``{"zh": …, "en": …}`` mapping, the form that catalog files use."""
        return Text(value["zh"], value["en"])

    @staticmethod
    def same(word: str) -> Text:
        """A proper name or symbol that is written alike in both languages, such as ``CO2``."""
        return Text(word, word)

"""What the question whether emissions have peaked needs to know besides the emissions."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.loading import Entry, EntryStatus, read_toml
from zhiheng.core.text import Text


class Pool(Entry):
    """The countries on which odds are calibrated, and how many make a pool of their own."""

    dataset: str
    emissions: str
    level: str
    entities: int


class Revision(Entry):
    """Standard deviation of the revision of the latest year, in logarithms."""

    deviation: float
    status: EntryStatus
    source: str


class Gates(Entry):
    """What the outlook must show on the pool in every run.

    `worse` is in logarithms against half drift, `coverage` the bounds for intervals
    of 90 %, `skill` the least Brier skill over climatology.
    """

    worse: float
    coverage: tuple[float, float]
    skill: float


class _Net(Entry):
    series: tuple[str, ...]


class _Caution(Entry):
    series: str
    zh: str
    en: str


class Peaking(Entry):
    """The file ``peaking.toml``."""

    pool: Pool
    gates: Gates
    revision: Revision
    net: _Net
    caution: tuple[_Caution, ...]

    def cautions(self, series: tuple[str, ...]) -> list[Text]:
        """What must be said beside odds of these series."""
        return [Text(c.zh, c.en) for c in self.caution if c.series in series]


@cache
def peaking() -> Peaking:
    """Pool, revision, net series and cautions."""
    return read_toml("peaking.toml", Peaking)

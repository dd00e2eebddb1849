"""The store: observations in immutable versions, read through Ibis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zhiheng.sources.observations import Observations
from zhiheng.store import findings as layer
from zhiheng.store import intake
from zhiheng.store.archive import Archive, FolderArchive
from zhiheng.store.engines import engine as engine_of
from zhiheng.store.findings import Finding
from zhiheng.store.integrity import Fault
from zhiheng.store.manifest import Version
from zhiheng.store.reader import Reader, RowFilter


class Store(Reader):
    """Observations, versioned.

    Use it when data come from files and must stay traceable; a panel made from a
    frame needs no store. Any number of processes may write at once: each import
    becomes a version of its own, and none is lost.

    Parameters
    ----------
    place : Path or str, or Archive
        A folder: ``objects/`` holds the data files, ``versions/`` the manifests. For
        PostgreSQL or Spark see `open_store`.
    rows : RowFilter, optional
        Which rows may be seen; all by default.
    """

    def __init__(self, place: Path | str | Archive, rows: RowFilter | None = None) -> None:
        archive = FolderArchive(Path(place)) if isinstance(place, Path | str) else place
        super().__init__(archive, rows)

    def add(
        self,
        observations: Observations,
        *,
        note: str = "",
        licence: str = "",
        steward: str = "",
        expect: str | None = None,
    ) -> Version:
        """Import observations as a new version; all of them or, on any failure, none.

        Parameters
        ----------
        observations : Observations
            Of one level and one frequency.
        note : str
            Why, or from what file.
        licence, steward : str
            On what terms the figures came, and who answers for them.
        expect : str, optional
            Id of the version that the caller believes to be the newest (empty: none); when
            somebody else has written meanwhile, nothing is written.

        Raises
        ------
        ZhihengError
            D102, D103, D106, D109 see `intake.incoming`; S590 see `expect`.
        """
        file = intake.incoming(observations, licence=licence, steward=steward)
        return self.archive.publish([file], note=note, expect=expect)

    def annotate(
        self, findings: Sequence[Finding], *, note: str = "", expect: str | None = None
    ) -> Version:
        """Lay findings beside the newest version, as a new one; no value is touched.

        Raises
        ------
        ZhihengError
            S595 a finding is on a cell that is not stored, or is by nobody.
        """
        file = layer.incoming(findings)
        head = self.version()
        names = {f.series for f in findings}
        items = [f for f in head.files if not f.series or names & set(f.series)]
        stored: set[object] = set()
        if items:
            columns = ("entity", "period", "series", "source", "vintage")
            rows = self.run(self.archive.observations(items).select(*columns))
            stored = set(zip(*(rows[c].to_pylist() for c in columns), strict=True))
        strange = [f for f in findings if f.key not in stored]
        if strange:
            raise layer.not_in_store(strange)
        return self.archive.publish([file], note=note, expect=expect)

    def verify(self) -> tuple[Fault, ...]:
        """Check the chain of versions and every file or row against its hash."""
        return self.archive.verify()


def open_store(address: Path | str, *, engine: str = "duckdb") -> Store:
    """Open a store wherever it is.

    Parameters
    ----------
    address : Path or str
        A folder, or ``postgresql://user@host/database``.
    engine : {"duckdb", "spark"}
        What reads the files of a folder.

    Raises
    ------
    ZhihengError
        S600 the extra is not installed or the server cannot be reached, S604 unknown engine.
    """
    text = str(address)
    if text.startswith(("postgresql://", "postgres://")):
        from zhiheng.store.postgres import PostgresArchive

        return Store(PostgresArchive(text))
    return Store(FolderArchive(Path(address), engine_of(engine)))

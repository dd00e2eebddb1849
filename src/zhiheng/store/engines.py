"""Query engines over the files of a folder: DuckDB in the process, Spark beyond one machine.

Both read the same Parquet files through the same Ibis expressions.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import threading
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text

MOST_VIEWS = 256
"""Views that one connection keeps before it is opened anew."""


class Engine(Protocol):
    """What reads Parquet files and answers queries on them."""

    def read(self, paths: Sequence[Path]) -> ir.Table:
        """One table of the rows of all files, which have the same columns."""
        ...

    def run(self, query: ir.Table) -> Any:
        """The answer as an Arrow table."""
        ...


class DuckEngine:
    """DuckDB in memory over files; a connection for each thread, since one may not be shared.

    Parameters
    ----------
    memory : str, optional
        Most memory that a query may take, such as ``2GB``; beyond it DuckDB spills to disk.
    """

    def __init__(self, memory: str = "") -> None:
        self._memory = memory
        self._local = threading.local()

    def read(self, paths: Sequence[Path]) -> ir.Table:
        """A view of the files; equal lists share one."""
        names = [str(p) for p in paths]
        view = "files_" + hashlib.sha256("\n".join(names).encode()).hexdigest()[:24]
        known = self._views()
        if view not in known:
            known[view] = self._connection().read_parquet(names, table_name=view)
        return known[view]

    def run(self, query: ir.Table) -> Any:
        """The answer as an Arrow table."""
        return query.to_pyarrow()

    def _views(self) -> dict[str, ir.Table]:
        if not hasattr(self._local, "views") or len(self._local.views) >= MOST_VIEWS:
            self._local.views = {}
            self._local.connection = None
        return self._local.views

    def _connection(self) -> Any:
        if self._local.connection is None:
            made = ibis.duckdb.connect()
            made.raw_sql("SET preserve_insertion_order = false")
            made.raw_sql("SET enable_progress_bar = false")  # it would write into our output
            if self._memory:
                made.raw_sql(f"SET memory_limit = '{self._memory}'")
            self._local.connection = made
        return self._local.connection


class SparkEngine:
    """Spark over the same files: a local session by default, or the session given.

    Use it where the records outgrow one machine. Not for panels of a few thousand
    cells: a session takes seconds to start.
    """

    def __init__(self, session: Any = None) -> None:
        require("pyspark", "spark")
        # One call at a time: filters of warnings belong to the process, not to a thread.
        self._lock = threading.Lock()
        with self._lock, _quiet():
            self._session = session or local_session()
            self._connection = ibis.pyspark.connect(self._session)

    def read(self, paths: Sequence[Path]) -> ir.Table:
        """A view of the files."""
        names = [str(p) for p in paths]
        view = "files_" + hashlib.sha256("\n".join(names).encode()).hexdigest()[:24]
        with self._lock, _quiet():
            self._session.read.parquet(*names).createOrReplaceTempView(view)
            return self._connection.table(view)

    def run(self, query: ir.Table) -> Any:
        """The answer as an Arrow table."""
        with self._lock, _quiet():
            return query.to_pyarrow()


def engine(name: str) -> Engine:
    """The engine of a name: ``duckdb`` or ``spark``.

    Raises
    ------
    ZhihengError
        S604 unknown engine, S600 its extra is not installed.
    """
    known = {"duckdb": DuckEngine, "spark": SparkEngine}
    if name not in known:
        raise unknown_name("S604", name, known, kind=Text("引擎", "engine"))
    return known[name]()


def local_session(**settings: str) -> Any:
    """A Spark session on this machine, quiet and without a web page."""
    require("pyspark", "spark")
    # By name: the extra is too large to be there wherever types are checked.
    builder = (
        importlib.import_module("pyspark.sql")
        .SparkSession.builder.master("local[2]")
        .appName("zhiheng")
    )
    fixed = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    for key, value in {**fixed, **settings}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Without the warnings that PySpark gives about pandas 3, which it runs with (tested)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def require(module: str, extra: str) -> None:
    """Raise S600 when the extra that holds `module` is not installed."""
    if importlib.util.find_spec(module) is None:
        raise ZhihengError(
            "S600",
            Text("这个引擎需要另装的组件。", "This engine needs an extra that is not installed."),
            evidence=[{"module": module, "extra": extra}],
            fix=Text("pip install 'zhiheng[{e}]'。", "pip install 'zhiheng[{e}]'.").format(e=extra),
        )

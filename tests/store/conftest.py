"""A store in each engine: the same tests run on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import sharing

from zhiheng.core.text import Text
from zhiheng.sources.observations import Observations
from zhiheng.store.platform import Platform
from zhiheng.store.store import Store, open_store

ENGINES = [
    "duckdb",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("spark", marks=pytest.mark.spark),
]
NewStore = Callable[[], Store]


def _binaries() -> Path | None:
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    return sorted(found)[-1] if found else (Path(on_path).parent if on_path else None)


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as the account made for it, or nobody."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this session: own folder, free port, gone afterwards."""
    pytest.importorskip("psycopg")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine")
    folder = Path(tempfile.mkdtemp(prefix="zhiheng-pg-"))
    who = _account()
    more = {} if who is None else {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    if who is not None:
        os.chown(folder, who.pw_uid, who.pw_gid)
    data, port = folder / "data", _free_port()
    subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "zhiheng", "-E", "UTF8",
         "--no-locale", "--no-sync"],
        check=True, cwd=folder, capture_output=True, **more,
    )  # fmt: skip
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1",
         "-c", "fsync=off"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more,
    )  # fmt: skip
    address = f"postgresql://zhiheng@127.0.0.1:{port}"
    try:
        _await(f"{address}/postgres")
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _await(address: str) -> None:
    import psycopg

    for _ in range(100):
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")


@pytest.fixture
def postgres_address(postgres_server: str) -> str:
    """An empty database of the server."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres_server}/{name}"


Row = tuple[str, int, str, float, str, str]


def observations(rows: Sequence[Row], *, unit: str = "CNY", name: str = "f") -> Observations:
    """Rows of entity, period, series, value, source, vintage."""
    e, t, s, v, source, vintage = (np.array(c, dtype=object) for c in zip(*rows, strict=True))
    n = len(rows)
    return Observations(
        entity=e, period=t.astype(np.int64), series=s, value=v.astype(np.float64),
        unit=np.full(n, unit, dtype=object), status=np.zeros(n, dtype=np.int8), source=source,
        vintage=vintage, file=np.full(n, f"{name}#1", dtype=object),
        cell=np.array([f"D{i + 2}" for i in range(n)], dtype=object), level="province", labels={},
    )  # fmt: skip


@pytest.fixture
def rows() -> Callable[..., Observations]:
    """Make observations from rows of entity, period, series, value, source, vintage."""
    return observations


@pytest.fixture(params=ENGINES)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewStore]:
    """Make empty stores in one engine; PostgreSQL has room for one a test."""
    with contextlib.ExitStack() as opened:

        def make() -> Store:
            return opened.enter_context(open_store(place(), engine=engine))

        def place() -> Path | str:
            return address or tmp_path / uuid.uuid4().hex

        engine = "spark" if request.param == "spark" else "duckdb"
        address = ""
        if request.param == "postgres":
            address = request.getfixturevalue("postgres_address")
        if request.param == "spark":
            pytest.importorskip("pyspark")
        yield make


# --------------------------------------------------------------------- shared platforms

PLACES = ["folder", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=PLACES)
def platform(request, tmp_path):
    address = (
        tmp_path / "platform"
        if request.param == "folder"
        else request.getfixturevalue("postgres_address")
    )
    made = Platform.open(address)
    made.bootstrap("root", "hash")
    yield made
    made.close()


@pytest.fixture
def shared(platform):
    """Hebei keeps a dataset of two series; Bank and Firm are others."""
    people = {name: sharing.admin_of(platform, name) for name in ("hebei", "bank", "firm")}
    steward = people["hebei"]["steward"]
    platform.add_dataset(steward, "energy", Text("能源", "Energy"), "CC BY 4.0")
    platform.import_(steward, "energy", sharing.rows(), note="first")
    return platform, people

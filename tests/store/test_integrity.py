"""Kill, race, damage: nothing is lost, nothing is half, and nothing is mended silently."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.store.archive import FolderArchive
from zhiheng.store.repair import repair, sweep
from zhiheng.store.store import Store

Rows = Callable[..., object]
VICTIM = Path(__file__).with_name("victim.py")


def filled(folder: Path, rows: Rows, versions: int = 3) -> Store:
    made = Store(folder)
    for i in range(versions):
        made.add(rows([("110000", 2000 + i, "a", float(i), "s", "")], name=f"f{i}"))
    return made


def kinds(store: Store) -> list[str]:
    return [f.kind for f in store.verify()]


def objects(folder: Path) -> list[Path]:
    entries = [
        json.loads(p.read_text())["files"][-1] for p in sorted(folder.glob("versions/*.json"))
    ]
    return [folder / "objects" / f"{e['sha256']}.parquet" for e in entries]


def test_a_sound_store_has_no_faults(new_store: Callable[[], Store], rows: Rows) -> None:
    made = new_store()
    for i in range(2):
        made.add(rows([("110000", 2000 + i, "甲", 0.1 + 0.2, "s", "")], name=f"f{i}"))
    assert made.verify() == ()


@pytest.mark.parametrize(
    ("damage", "kind"),
    [("flip", "hash"), ("delete", "missing"), ("note", "manifest"), ("gap", "number")],
)
def test_every_damage_is_found_and_mended_from_a_copy(
    tmp_path: Path, rows: Rows, damage: str, kind: str
) -> None:
    made = filled(tmp_path / "store", rows)
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    before = made.versions()
    _harm(tmp_path / "store", damage)
    again = Store(tmp_path / "store")
    assert kind in kinds(again)
    archive = FolderArchive(tmp_path / "store")
    with pytest.raises(ZhihengError) as caught:
        repair(archive)
    assert caught.value.code == "S596"
    assert kind in kinds(again)
    planned = repair(archive, copy=tmp_path / "copy", dry=True)
    assert [a.deed for a in planned] == ["restore"]
    assert kind in kinds(again)
    assert repair(archive, copy=tmp_path / "copy") == planned
    assert again.verify() == ()
    assert Store(tmp_path / "store").versions() == before


@pytest.mark.parametrize("damage", ["flip", "delete", "note", "gap"])
def test_without_a_copy_it_steps_back_and_keeps_what_it_drops(
    tmp_path: Path, rows: Rows, damage: str
) -> None:
    made = filled(tmp_path / "store", rows)
    first = made.versions()[0]
    _harm(tmp_path / "store", damage)
    done = repair(FolderArchive(tmp_path / "store"), drop=True)
    assert {a.deed for a in done} == {"set_aside"}
    again = Store(tmp_path / "store")
    assert again.versions() == [first]
    assert again.verify() == ()
    assert len(list((tmp_path / "store" / "dropped").iterdir())) == len(done) > 0
    assert again.add(rows([("110000", 2009, "a", 1.0, "s", "")])).number == 2


def _harm(folder: Path, damage: str) -> None:
    second, target = folder / "versions" / "000002.json", objects(folder)[1]
    if damage == "flip":
        raw = bytearray(target.read_bytes())
        raw[len(raw) // 2] ^= 1
        target.write_bytes(raw)
    if damage == "delete":
        target.unlink()
    if damage == "note":
        second.write_text(second.read_text("utf-8").replace('"note": ""', '"note": "x"'), "utf-8")
    if damage == "gap":
        second.unlink()


def test_an_altered_old_manifest_breaks_the_chain_even_when_sealed_anew(
    tmp_path: Path, rows: Rows
) -> None:
    from dataclasses import replace

    from zhiheng.store import manifest

    made = filled(tmp_path, rows)
    forged = replace(made.versions()[0], note="forged")
    (tmp_path / "versions" / "000001.json").write_text(manifest.encode(forged), "utf-8")
    assert kinds(Store(tmp_path)) == ["chain"]


def test_a_store_of_a_later_form_is_not_guessed_at(tmp_path: Path, rows: Rows) -> None:
    filled(tmp_path, rows, 1)
    path = tmp_path / "versions" / "000001.json"
    path.write_text(path.read_text("utf-8").replace('"format": 2', '"format": 99'), "utf-8")
    with pytest.raises(ZhihengError) as caught:
        Store(tmp_path).versions()
    assert caught.value.code == "S603"


def test_a_store_of_the_first_form_is_read_and_carried_on(tmp_path: Path, rows: Rows) -> None:
    """Manifests without format, seal, series and date, named by id, as first written."""
    made = filled(tmp_path, rows, 1)
    version, path = made.versions()[0], tmp_path / "versions" / "000001.json"
    file = {k: getattr(version.files[0], k) for k in ("sha256", "rows", "origin")}
    document = {"number": 1, "files": [file], "parent": "", "note": ""}
    path.rename(path.with_name(f"{version.id}.json")).write_text(json.dumps(document), "utf-8")
    again = Store(tmp_path)
    assert again.versions()[0].id == version.id
    assert again.panel(["a"]).periods == (2000,)
    again.add(rows([("110000", 2001, "a", 2.0, "s", "")], name="g"))
    assert again.panel(["a"]).periods == (2000, 2001)
    assert again.inventory().num_rows == 2  # the old file does not tell its level
    assert again.verify() == ()


def test_a_missing_object_is_said_when_it_is_read(tmp_path: Path, rows: Rows) -> None:
    filled(tmp_path, rows)
    objects(tmp_path)[0].unlink()
    with pytest.raises(ZhihengError) as caught:
        Store(tmp_path).panel(["a"])
    assert caught.value.code == "S591"


def test_sweeping_deletes_orphans_only_and_asks_first(tmp_path: Path, rows: Rows) -> None:
    made = filled(tmp_path, rows)
    orphan = tmp_path / "objects" / f"{'0' * 64}.parquet"
    part = tmp_path / "versions" / ".000004.json.abc.part"
    for path in (orphan, part):
        path.write_bytes(b"x")
    listed = sweep(FolderArchive(tmp_path))
    assert {a.path for a in listed} == {orphan, part}
    assert orphan.exists()
    assert part.exists()
    sweep(FolderArchive(tmp_path), dry=False)
    assert not orphan.exists()
    assert not part.exists()
    assert made.verify() == ()
    assert len(made.panel(["a"]).periods) == 3


def test_writers_at_once_lose_nothing(new_store: Callable[[], Store], rows: Rows) -> None:
    made = new_store()

    def write(i: int) -> str:
        return made.add(rows([("110000", 2000 + i, "a", float(i), "s", "")], name=f"f{i}")).id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(write, range(16)))
    assert sorted(ids) == [v.id for v in made.versions()]
    assert made.panel(["a"]).periods == tuple(range(2000, 2016))
    assert made.verify() == ()


def test_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    victims = [start() for _ in range(3)]
    for i, victim in enumerate(victims):
        order(victim, tmp_path / "store", f"p{i}", 5)
    acknowledged = [line for v in victims for line in rest(v)]
    for victim in victims:
        end(victim)
    made = Store(tmp_path / "store")
    assert sorted(acknowledged) == [v.id for v in made.versions()]
    assert len(acknowledged) == 15
    assert made.verify() == ()


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [200])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_half(tmp_path: Path, rounds: int) -> None:
    """An importer is killed by SIGKILL after a random time, `rounds` times on one store."""
    random, held = Random(rounds), 3
    folder = tmp_path / "store"
    made, victim = Store(folder), start()
    begun = time.monotonic()
    order(victim, folder, "first", held)
    assert len(rest(victim)) == held
    longest = max(0.1, 2 * (time.monotonic() - begun))  # a loaded machine needs longer
    for i in range(rounds):
        pid = order(victim, folder, f"r{i}", 10_000)
        time.sleep(random.uniform(0, longest))
        os.kill(pid, signal.SIGKILL)
        ids = rest(victim)
        known = [v.id for v in made.versions()]
        assert set(ids) <= set(known), "an acknowledged import is lost"
        # At most one more version exists than was acknowledged: it was killed before it spoke.
        assert len(known) - held - len(ids) in (0, 1)
        held = len(known)
    end(victim)
    again = Store(folder)
    assert again.verify() == ()
    assert held > 3 + rounds // 4, "the kills came before any import"
    assert [v.number for v in again.versions()] == list(range(1, held + 1))
    assert again.version().rows == 50 * held
    sweep(FolderArchive(folder), dry=False)
    assert again.verify() == ()
    assert {p.suffix for p in (folder / "objects").iterdir()} == {".parquet"}


def start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(VICTIM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def order(victim: subprocess.Popen[str], folder: Path, name: str, imports: int) -> int:
    """Let it import; the process id of the one that does."""
    assert victim.stdin
    assert victim.stdout
    victim.stdin.write(f"{folder}\t{name}\t{imports}\n")
    victim.stdin.flush()
    return int(victim.stdout.readline().split()[1])


def rest(victim: subprocess.Popen[str]) -> list[str]:
    """What it acknowledged until its end."""
    assert victim.stdout
    return [line.strip() for line in iter(victim.stdout.readline, "end\n")]


def end(victim: subprocess.Popen[str]) -> None:
    victim.communicate(timeout=60)

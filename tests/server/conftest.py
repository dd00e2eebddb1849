"""A platform of three organisations behind the HTTP interface."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_fixtures import new_database, postgres_server  # noqa: F401  a fixture
from server_world import World, build, serve

from zhiheng.store.platform import Platform


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a platform, made once and copied."""
    folder = tmp_path_factory.mktemp("template") / "platform"
    build(folder).close()
    return folder


def opened(template: Path, folder: Path) -> Iterator[World]:
    """A platform of its own behind a server."""
    shutil.copytree(template, folder)
    platform = Platform.open(folder)
    yield from serve(platform)
    platform.close()


PLACES = ["folder", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session", params=PLACES)
def standing(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A platform that tests only read: in a folder, and behind row-level security."""
    if request.param == "folder":
        yield from opened(template, tmp_path_factory.mktemp("standing") / "platform")
        return
    platform = build(new_database(request.getfixturevalue("postgres_server")))
    yield from serve(platform)
    platform.close()


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    """A platform of one test."""
    yield from opened(template, tmp_path / "platform")

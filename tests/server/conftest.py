"""A platform of three organisations behind the HTTP interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from server_world import World, build, serve


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A platform that tests only read."""
    platform = build(tmp_path_factory.mktemp("standing") / "platform")
    yield from serve(platform)
    platform.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A platform of one test."""
    platform = build(tmp_path / "platform")
    yield from serve(platform)
    platform.close()

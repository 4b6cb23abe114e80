from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.faulty import scene, synced
from tests.support.radicale import PASSWORD, RadicaleServer

__all__ = ["password", "radicale", "scene", "synced"]


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PASSWORD", PASSWORD)


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[RadicaleServer]:
    with RadicaleServer(tmp_path) as server:
        yield server

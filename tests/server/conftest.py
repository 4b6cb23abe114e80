from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.faulty import scene, synced
from tests.support.dav import PASSWORD, DavServer
from tests.support.radicale import RadicaleServer
from tests.support.xandikos import XandikosServer

__all__ = ["password", "radicale", "scene", "server", "synced"]


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PASSWORD", PASSWORD)


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[RadicaleServer]:
    with RadicaleServer(tmp_path) as server:
        yield server


@pytest.fixture(params=[RadicaleServer, XandikosServer], ids=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DavServer]:
    """Each real server in turn."""
    with request.param(tmp_path) as running:
        yield running

"""Two monitors, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fixtures import require
from tests.support.monitors import Monitors, missing_for_monitors


@pytest.fixture
def monitors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitors]:
    """An X server with two monitors; what this process starts appears there."""
    require(missing_for_monitors())
    with Monitors(tmp_path / "monitors") as made:
        for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DISPLAY", made.env["DISPLAY"])
        yield made

"""The desktop as a fixture; without its programs its tests are skipped by name, and in CI they fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desktop import Desktop, missing_programs


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """Xvfb, a session bus and dunst; this process is on that bus, too."""
    missing = missing_programs()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing in CI: {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: run make test as root, or install them")
    with Desktop(tmp_path / "desktop") as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        monkeypatch.setenv("DISPLAY", made.env["DISPLAY"])
        yield made

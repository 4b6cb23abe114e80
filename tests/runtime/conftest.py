"""For the tests of turns."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.runtime import turns
from kepthour.store import access
from tests.support.turning import Bench


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(turns, "_TELL_AGAIN_AFTER", 0.0)
    made = Bench(tmp_path)
    await made.at("09:50:00")
    await made.at("09:55:00")
    assert made.rungs() == ["-60m", "-15m", "-5m"][-len(made.rungs()) :]
    return made

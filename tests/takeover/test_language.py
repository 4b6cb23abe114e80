"""The window's own few words come in the language of notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.app import App
from kepthour.channels.takeover.channel import Takeover
from kepthour.config.reading import load
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.store.engine import open_store

CONFIG = """
language = "{language}"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
[channels.window]
type = "takeover"
"""


@pytest.mark.parametrize(("language", "now"), [("en", "now"), ("de", "jetzt")])
def test_the_window_speaks_the_language_of_notices(tmp_path: Path, language: str, now: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.format(language=language), encoding="utf-8")
    plugins = Plugins()
    app = App(load(file, plugins), open_store(tmp_path / "db"), plugins, SystemClock())
    window = app.channels()["window"]
    assert isinstance(window, Takeover)
    assert window._words.now == now
    app.store.close()

"""What a screen reader finds in the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.fixtures import require
from tests.support.monitors import missing_for_qt

_PROGRAM = """
import json
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication
from kepthour.channels.takeover.documents import Button, Show
from kepthour.channels.takeover.pane import Pane
from kepthour.core.window import window_words
from kepthour.languages import tongue

app = QApplication([])
pane = Pane(app.primaryScreen(), print, print)
buttons = (Button("here", "Ich bin da"), Button("late", "10 Min. später"))
pane.present(Show(1, "s", "Sitzung um 14:00", "50 Minuten, <b>& mehr", None, buttons, window_words(tongue("de"))), [])

def told(widget):
    found = QAccessible.queryAccessibleInterface(widget)
    return [found.text(QAccessible.Text.Name), found.role().name]

children = [one for one in pane.children() if one.isWidgetType() and not one.isHidden()]
print(json.dumps({"pane": told(pane), "title": pane.windowTitle(), "children": [told(one) for one in children]}))
"""


def test_a_screen_reader_finds_names_and_the_window_s_title_tells_nothing() -> None:
    require(missing_for_qt())
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["pane"][0] == "Sitzung um 14:00"
    assert told["title"] == "Kept Hour"
    assert told["children"] == [
        ["Sitzung um 14:00", "StaticText"],
        ["50 Minuten, <b>& mehr", "StaticText"],
        ["Esc: bis zur nächsten Erinnerung weglegen. Das beantwortet nichts.", "Button"],
        ["Ich bin da", "Button"],
        ["10 Min. später", "Button"],
    ]

"""Tables and JSON documents, as they are laid out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import rich.text
from rich.text import Text

from kepthour.cli.printing import clock, document
from kepthour.cli.table import lines

HEAD = ("at", "text")


def test_columns_stand_under_one_another() -> None:
    assert list(lines([HEAD, ("09:00", "one"), ("9", "three")], 80)) == [
        "at     text",
        "09:00  one",
        "9      three",
    ]


def test_what_is_too_long_is_folded_in_its_column_at_words() -> None:
    rows = [("09:00", "Finish what you are doing and get ready.")]
    assert list(lines(rows, 30)) == [
        "09:00  Finish what you are",
        "       doing and get ready.",
    ]


def test_a_word_that_is_too_long_is_broken() -> None:
    assert list(lines([("x" * 30,)], 20)) == ["x" * 20, "x" * 10]


def test_a_character_may_be_two_cells_wide() -> None:
    assert list(lines([("日本", "a"), ("A", "b")], 80)) == ["日本  a", "A     b"]


@pytest.mark.parametrize("cell", ["a\nb", "a\tb", "a\rb\x07"])
def test_a_cell_with_control_characters_stays_in_its_column(cell: str) -> None:
    found = list(lines([("09:00", cell), ("10:00", "c")], 80))
    assert found[0].startswith("09:00  a")
    assert all(line.startswith(" " * 7) for line in found[1:-1])
    assert found[-1] == "10:00  c"
    assert all(line.isprintable() for line in found)


def test_no_line_is_wider_than_the_terminal() -> None:
    rows = [("09:00", "a text that goes on and on", "on"), ("10:00", "short", "script, phone")]
    assert max(len(line) for line in lines(rows, 45)) <= 45


def test_a_document_has_an_item_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "reminders": [{"rung": "-5m", "channels": ["a"]}, {"rung": "0m", "channels": []}],
        "none": [],
        "n": 1,
    }
    document(value)
    text = capsys.readouterr().out
    assert json.loads(text) == value
    assert text.splitlines()[2] == '    {"rung": "-5m", "channels": ["a"]},'


def test_a_text_that_stands_there_many_times_is_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = []

    class Counted(Text):
        def wrap(self, *args: Any, **more: Any) -> Any:
            folded.append(self.plain)
            return super().wrap(*args, **more)

    monkeypatch.setattr(rich.text, "Text", Counted)
    long = "Finish what you are doing and get ready."
    rows = [(f"{minute:05}", text) for minute in range(200) for text in (long, "short", f"{long} Now.")]
    found = list(lines(rows, 30))
    assert sorted(folded) == [long, f"{long} Now."]
    first = ["00000  Finish what you are", "       doing and get ready.", "00000  short"]
    first += ["00000  Finish what you are", "       doing and get ready.", "       Now."]
    assert found == [line.replace("00000", f"{minute:05}") for minute in range(200) for line in first]


@pytest.mark.parametrize("seconds", [0, 7])
def test_a_time_in_a_table_is_as_strftime_has_it(seconds: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    for hours in range(0, 366 * 24, 5):
        at = datetime(2026, 1, 1, minute=4, second=seconds, tzinfo=UTC) + timedelta(hours=hours)
        wanted = at.astimezone(zone).strftime("%a %d %b %H:%M:%S" if seconds else "%a %d %b %H:%M")
        assert clock(at, zone) == wanted

"""`kepthour init` on a terminal, and the calendar of a practice around today for it."""

from __future__ import annotations

import signal
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pexpect

from tests.support.calendars import calendar, event
from tests.support.world import KEPTHOUR, World, eventually

BERLIN = ZoneInfo("Europe/Berlin")
# A question, and what is answered where the test says nothing of it.
QUESTIONS = {
    "Your time zone": "Europe/Berlin",
    "Which (": "",
    "The server": "",
    "Your user name": "",
    "Your password": "",
    "The feed's address": "",
    "The file": "",
    "The client's file": "",
    "Close it": "",
    "The calendar: primary": "",
    "The calendar's name": "",
    "Which holds your sessions": "",
    "There is a sign-in": "",
    "Correct your answers": "",
    "Is it the right one": "",
    "Write it so": "",
    "Show reminders in the terminal": "",
    "Did you see it": "",
    "Install it": "",
}
_MOST = 60  # questions
WEEK = ("AB", "CD Paar", "EF", "GH", "Mittagspause")


def practice_events() -> list[str]:
    """Each title of the week at ten o'clock, weekly since five weeks ago."""
    today = datetime.now(BERLIN).date()
    begin = today - timedelta(days=today.weekday() + 35)
    starts = [
        datetime(begin.year, begin.month, begin.day, 10) + timedelta(days=day) for day in range(len(WEEK))
    ]
    return [
        event(f"{start:%a}", title, *_span(start), "RRULE:FREQ=WEEKLY")
        for title, start in zip(WEEK, starts, strict=True)
    ]


def next_monday(at: time) -> datetime:
    """`at` in Berlin: ten o'clock is the first title's."""
    today = datetime.now(BERLIN).date()
    return datetime.combine(today + timedelta(days=7 - today.weekday()), at, BERLIN)


def practice_text() -> str:
    """All of them in one calendar."""
    return calendar(*practice_events())


def _span(start: datetime) -> tuple[str, str]:
    return f"{start:%Y%m%dT%H%M%S}", f"{start + timedelta(minutes=50):%Y%m%dT%H%M%S}"


_AT_A_TERMINAL = {"wait_woken", "0"}  # where the kernel waits for a key; some kernels do not say


class FirstRun:
    """One run. `answers`: to each question, by how it begins, one answer or several in turn; else the default."""

    def __init__(
        self, world: World, answers: dict[str, Any], *options: str, stop_at: str = "", by: int = signal.SIGINT
    ) -> None:
        self.asked: list[str] = []
        self.code: int | None = None
        self._answers = {
            key: [value] if isinstance(value, str) else list(value) for key, value in answers.items()
        }
        program, *args = (*world.enter, str(KEPTHOUR), "init", *options)
        self._terminal = pexpect.spawn(
            program,
            args,
            env=world.env | {"COLUMNS": "200"},
            encoding="utf-8",
            timeout=60,
            dimensions=(60, 200),
        )
        self._by = by
        self.said = self._through(stop_at)

    def _through(self, stop_at: str) -> str:
        shown, questions = "", list(QUESTIONS)
        while True:
            found = self._terminal.expect_exact([*questions, pexpect.EOF])
            shown += self._terminal.before
            if found == len(questions):
                break
            question = questions[found]
            shown += question
            self._terminal.expect([r"\]: ", r": "])
            shown += self._terminal.before
            self.asked.append(question)
            assert len(self.asked) < _MOST, f"it asks on and on:\n{shown}"
            if question == stop_at:
                eventually(self._waits, "it waits for an answer")
                self._stop()
                stop_at = ""
                continue
            given = self._answers.get(question)
            self._terminal.sendline(given.pop(0) if given else QUESTIONS[question])
        self._terminal.close()
        self.code = self._terminal.exitstatus
        assert "Traceback" not in shown, shown
        return shown.replace("\r\n", "\n")

    def _stop(self) -> None:
        if self._by == signal.SIGINT:
            self._terminal.sendintr()
        else:
            self._terminal.kill(self._by)

    def _waits(self) -> bool:
        """Whether it sleeps until a key is pressed: of a Ctrl-C between prompt and sleep Python hears only then."""
        process = Path(f"/proc/{self._terminal.pid}")
        stat, where = (process / "stat").read_text(), (process / "wchan").read_text()
        return stat.rpartition(")")[2].split()[0] == "S" and where in _AT_A_TERMINAL

"""A practice with 10,000 pending reminders in a store file, planned by the product's own planner."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from kepthour.app import App
from kepthour.config.reading import load
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.reading.digest import Held
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.reminder import State
from kepthour.core.spans import parse_offset
from kepthour.plugins import CHANNELS, CONNECTORS, Plugins
from kepthour.ports import Answer, Clock, Notice
from kepthour.runtime.clock import SystemClock
from kepthour.store import calendars, holdings, reminders
from kepthour.store.engine import open_store
from kepthour.store.holdings import Window
from tests.fakes.calendars import MemoryKind
from tests.fakes.channels import Options

SESSIONS = 1_000
RUNGS = ("-5m", "-4m", "-3m", "-2m", "-1m", "0m", "+1m", "+2m", "+3m", "+4m")
PENDING = SESSIONS * len(RUNGS)
LENGTH = timedelta(minutes=50)

_CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "memory"
sessions = "all"
[channels.stamp]
type = "stamp"
[sweep]
enabled = false
[digests]
enabled = false
"""
CONFIG = _CONFIG + "".join(f'[[reminders.rungs]]\nat = "{at}"\nurgency = "high"\n' for at in RUNGS)


@dataclass
class Stamp:
    """A channel that notes by the wall clock how late each notice is when its `send` is entered."""

    clock: Clock
    late: dict[tuple[str, str], list[timedelta]] = field(default_factory=dict)  # by subject and rung

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Nothing to prepare."""

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        now = self.clock.now()
        assert notice.start is not None, "only rungs are due here"
        due = notice.start + parse_offset(notice.rung)
        self.late.setdefault((notice.subject, notice.rung), []).append(now - due)
        return None

    async def close(self) -> None:
        """Nothing is held."""


class StampKind:
    """What an entry point would name."""

    Options = Options

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp

    def make(self, name: str, options: object) -> Stamp:
        return self._stamp


class BenchPlugins(Plugins):
    """A calendar in memory, which never has news, and a channel that looks at the clock."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__()
        self._kinds = {(CONNECTORS, "memory"): MemoryKind(), (CHANNELS, "stamp"): StampKind(stamp)}

    def _load(self, group: str, name: str) -> object:
        return self._kinds[group, name]


def practice(folder: Path, starts: Iterable[datetime]) -> tuple[App, Stamp]:
    """An App on a store in `folder` whose sessions begin at `starts` (aware UTC, to the microsecond)."""
    stamp = Stamp(SystemClock())
    plugins = BenchPlugins(stamp)
    file = folder / "config.toml"
    file.write_text(CONFIG, encoding="utf-8")
    app = App(load(file, plugins), open_store(folder / "kepthour.db"), plugins, stamp.clock)
    # the calendar is empty; what it holds is put behind its back: iCalendar knows no milliseconds
    app.ask("practice")
    _fill(app, [_occurrence(f"session-{n}", at) for n, at in enumerate(starts)])
    app.replan()
    return app, stamp


def pending(app: App) -> int:
    """How many reminders are pending."""
    with app.store.read() as tx:
        return sum(1 for one in reminders.everything(tx) if one.state is State.PENDING)


def _fill(app: App, found: list[Occurrence]) -> None:
    with app.store.write() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        assert calendar.expanded_from is not None
        assert calendar.expanded_until is not None
        assert calendar.expanded_with is not None
        stored = holdings.commit_batch(
            tx,
            calendar,
            changed=[Held("all.ics", "1", Phi("(made by the bench)"), occurrences=tuple(found))],
            withheld={},
            removed=(),
            cursor=calendar.cursor,
            fingerprint=calendar.fingerprint,
            window=Window(calendar.expanded_from, calendar.expanded_until, calendar.expanded_with),
            warnings=(),
            full=True,
            as_of=app.clock.now(),
            now=app.clock.now(),
        )
        assert stored


def _occurrence(uid: str, start: datetime) -> Occurrence:
    return Occurrence(
        uid=uid,
        recurrence_id=None,
        start=start,
        end=start + LENGTH,
        all_day=False,
        title=Phi("AB"),
        place=NOTHING,
        join_url=NOTHING,
        categories=(),
        colour=None,
        attendees=0,
        cancelled=False,
        declined=False,
        free=False,
        kind=None,
    )

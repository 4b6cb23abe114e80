"""The words in which a Situation says what happens: each makes a step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from kepthour.core.presence import Presence, Seen, Stay
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour_connectors.base import ConnectorError
from tests.support.calendars import calendar as ics
from tests.support.calendars import event
from tests.support.day import Day
from tests.support.situation import MONDAY, Step, calendar_called, instant, the_session


def _minutes(span: float) -> timedelta:
    return timedelta(minutes=span)


# ---- the therapist


def answers(kind: Kind, minutes: float | None = None) -> Step:
    """On the command line, of the session "one"."""
    span = None if minutes is None else _minutes(minutes)
    return lambda day: day.answer(kind, span, the_session(day).id)


def checks_in() -> Step:
    """I'm here."""
    return answers(Kind.HERE)


def checks_out() -> Step:
    """Over."""
    return answers(Kind.OUT)


def is_on_the_way() -> Step:
    """On my way."""
    return answers(Kind.ACK)


def snoozes(minutes: float | None = None) -> Step:
    """For so long; None: up to the start."""
    return answers(Kind.SNOOZE, minutes)


def is_late(minutes: float) -> Step:
    """Running late."""
    return answers(Kind.LATE, minutes)


def joins() -> Step:
    """Presses Join on a notice: the link opens."""
    return answers(Kind.JOIN)


def pressed(kind: Kind, time: str) -> Step:
    """A button was pressed at `time`, on a phone without a net: it is heard now."""
    return lambda day: void(day.app.answer(kind, the_session(day).id, "phone", at=instant(time)))


def answers_for(uid: str, kind: Kind) -> Step:
    """An answer to another session than "one"."""

    def answer(day: Day) -> None:
        entries = day.agenda(f"{MONDAY} 00:00", "2026-03-04 00:00")
        (named,) = [entry.session.id for entry in entries if entry.session.uid == uid]
        day.answer(kind, session=named)

    return answer


def says(verdict: Verdict) -> Step:
    """Says what became of it, or will."""
    return lambda day: void(day.app.settle(the_session(day).id, verdict, None))


def goes_on_leave(since: str, until: str) -> Step:
    """Notes a leave."""
    return lambda day: day.app.away(instant(since), instant(until))


def comes_back() -> Step:
    """The leave that was noted is over."""
    return lambda day: void(day.app.come_back())


def void(_result: object) -> None:
    """A step gives nothing back."""


# ---- the calendar


def moves_to(start: str, minutes: int = 50, calendar: str = "practice") -> Step:
    """The event "one" stands at another time, in one calendar."""
    return writes(start if "T" in start else f"{MONDAY}T{start}:00", minutes, calendar=calendar)


def writes(
    start: str, minutes: int = 50, *more: str, title: str = "AB", uid: str = "one", calendar: str = "practice"
) -> Step:
    """The event is written (anew), and the calendar is read."""

    def write(day: Day) -> None:
        calendar_called(day, calendar).put(f"{uid}.ics", _ics(uid, title, start, minutes, *more))
        day.sync()

    return write


def cancels(calendar: str = "practice") -> Step:
    """The calendar says that it does not take place."""
    return writes(f"{MONDAY}T10:00:00", 50, "STATUS:CANCELLED", calendar=calendar)


def edits(
    old: str,
    new: str,
    stamped: str | None = None,
    uids: Sequence[str] = ("one",),
    told: bool = True,
    calendar: str = "practice",
) -> Step:
    """In these events stands `new` for `old`, and as LAST-MODIFIED the time `stamped`. `told`: the calendar is read."""

    def edit(day: Day) -> None:
        held = calendar_called(day, calendar)
        for uid in uids:
            text = held.text(f"{uid}.ics")
            assert old in text
            text = text.replace(old, new)
            if stamped is not None:
                text = re.sub(r"LAST-MODIFIED:\w+", f"LAST-MODIFIED:{instant(stamped):%Y%m%dT%H%M%SZ}", text)
            held.put(f"{uid}.ics", text)
        if told:
            day.sync()

    return edit


def is_read() -> Step:
    """The calendar is, now."""
    return lambda day: day.sync()


def deletes(calendar: str = "practice") -> Step:
    """The event is gone."""

    def delete(day: Day) -> None:
        calendar_called(day, calendar).delete("one.ics")
        day.sync()

    return delete


def empties() -> Step:
    """The feed holds nothing at all, as after an error that somebody swallowed."""

    def empty(day: Day) -> None:
        for uid in ("one", "other-0", "other-1", "other-2"):
            day.calendar.delete(f"{uid}.ics")

    return empty


def out_of_office(since: str, until: str) -> Step:
    """An entry as Google's calendar has them."""

    def write(day: Day) -> None:
        begins, ends = instant(since), instant(until)
        day.put("leave", f"{MONDAY}T{since}:00", int((ends - begins).total_seconds() // 60))
        day.sync()
        with day.app.store.write() as tx:
            tx.connection.exec_driver_sql("UPDATE occurrences SET kind = 'outOfOffice' WHERE uid = 'leave'")
        day.app.replan()

    return write


def fails(error: ConnectorError, calendar: str = "practice") -> Step:
    """From now on every poll of it does."""
    return lambda day: setattr(calendar_called(day, calendar), "broken", error)


def heals(calendar: str = "practice") -> Step:
    """It answers again, at the next poll."""
    return lambda day: setattr(calendar_called(day, calendar), "broken", None)


def _ics(uid: str, title: str, start: str, minutes: int, *more: str) -> str:
    begins = datetime.fromisoformat(start)
    stamp = "%Y%m%dT%H%M%S"
    ends = begins + timedelta(minutes=minutes)
    return ics(event(uid, title, begins.strftime(stamp), ends.strftime(stamp), *more))


# ---- the machine


def sleeps_until(time: str) -> Step:
    """The laptop is closed, and opened then."""

    def sleep(day: Day) -> None:
        day.clock.sleep(instant(time) - day.clock.at)
        day.sync()

    return sleep


def is_down_until(time: str) -> Step:
    """The daemon was stopped, and starts again then."""

    async def down(day: Day) -> None:
        day.clock.at = instant(time)
        await day.restart()

    return down


def is_killed_until(time: str) -> Step:
    """As `is_down_until`; it had no time to end, and no poll has come yet when it is back."""

    async def killed(day: Day) -> None:
        day.clock.at = instant(time)
        day.start()
        await day.pump.begin()

    return killed


def clock_is_set(minutes: float) -> Step:
    """Somebody sets the wall clock forward, or back."""

    def step(day: Day) -> None:
        day.clock.step(_minutes(minutes))
        day.sync()

    return step


def travels_to(zone: str) -> Step:
    """The machine is in another time zone from now on."""

    async def travel(day: Day) -> None:
        day.config = day.config.replace("Europe/Berlin", zone)
        await day.restart()

    return travel


def configured(config: str) -> Step:
    """The configuration is another one, and read again."""

    async def configure(day: Day) -> None:
        day.config = config
        await day.restart()

    return configure


def refuses(channel: str = "screen") -> Step:
    """The channel takes nothing from now on."""
    return lambda day: setattr(day.channels[channel], "refuse", True)


def accepts(channel: str = "screen") -> Step:
    """It does again."""
    return lambda day: setattr(day.channels[channel], "refuse", False)


# ---- the video room


def is_seen(since: str, until: str | None = None) -> Step:
    """The room's record shows the therapist in it from then on, up to `until`."""
    stay = Stay(instant(since), instant(until) if until else None)
    return lambda day: day.plugins.room.joined(stay)


def record_fails() -> Step:
    """It cannot be asked."""
    return lambda day: setattr(day.plugins.room, "answer", Presence(Seen.UNKNOWN, problem="scope_missing"))


def record_has_a_bug() -> Step:
    """The source itself falls over."""
    return lambda day: setattr(day.plugins.room, "answer", RuntimeError("a bug"))

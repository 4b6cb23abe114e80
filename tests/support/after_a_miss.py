"""A Monday's session was missed, the therapist said so: what comes after it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kepthour.core.response import Kind
from kepthour.core.trail import Noted, What
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from kepthour.store import trail
from kepthour.store.cards import Card
from tests.support.day import BERLIN, CONFIG, Day, when
from tests.support.fence import TITLE

_DAY = timedelta(days=1)  # between two polls: what is due comes in its time all the same
_RULES = '[[sessions.rules]]\ntitle = "^(?P<client>[A-Z]{2})"\nis = "session"\n'
PLAIN = CONFIG.replace('type = "memory"', 'type = "memory"\nstale_after = "9d"')
ALIASES = PLAIN.replace('sessions = "all"', 'sessions = "rules"') + _RULES
CUE = "50 min. Begin with what happened, in one sentence; then hear how it was. No reasons unless asked."
MISSED = "2026-03-02T10:00:00"  # a Monday


def a_series(day: Day, uid: str, start: str, *more: str, title: str = f"AB {TITLE}") -> None:
    """One of every Monday, or whatever day that is."""
    day.put(uid, start, 50, "RRULE:FREQ=WEEKLY", *more, title=title)


def others(day: Day) -> None:
    """Other clients, so that the calendar may lose this one's."""
    for number in range(8):
        day.put(f"other-{number}", f"2026-03-{23 + number}T17:00:00", title=f"ZZ {TITLE}")


def after_a_miss(folder: Path, config: str = ALIASES, *, single: bool = False) -> Day:
    """Monday's session at ten was missed, and at 10:20 the therapist says so. It is on every week, unless `single`."""
    day = Day(folder, "2026-03-02 09:00", config)
    others(day)
    if single:
        day.put("weekly", MISSED)
    else:
        a_series(day, "weekly", MISSED)
    return missed(day)


def missed(day: Day) -> Day:
    """What it is that stands there on Monday at ten."""
    day.sync()
    day.clock.at = when("2026-03-02 10:20")
    day.app.settle(session_at(day, "2026-03-02 10:00"), Verdict.MISSED, None)
    return day


async def go_to(day: Day, at: str) -> None:
    """Let time pass; the windows of the calendars move with it, as housekeeping sees to."""
    end = when(at)
    while day.clock.at < end:
        day.app.refresh()
        day.sync()
        day.app.replan()
        tomorrow = min(end, day.clock.at + _DAY)
        await day.until(f"{tomorrow.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}", every=_DAY)


def session_at(day: Day, at: str) -> str:
    """The id of the session that begins at the local time `at`."""
    start = when(at)
    (found,) = [one.session.id for one in day.agenda(at, f"{at[:10]} 23:59") if one.session.start == start]
    return found


def card(day: Day, number: int = 1) -> Card:
    return next(one for one in day.cards() if one.id == number)


def made_up(day: Day, number: int = 1) -> tuple[str, str, str] | None:
    """When the make-up session of a card begins, who says so, and why."""
    it = card(day, number).make_up
    return (f"{it.start.astimezone(day.app.config.zone):%d %H:%M}", it.by.value, it.why.value) if it else None


def step(day: Day, n: int, number: int = 1) -> str:
    """How a step stands."""
    (one,) = [one for one in card(day, number).steps if one.n == n]
    return "open" if one.is_open else f"done by {one.done_by}"


def mark(day: Day, n: int, what: What = What.STEP_DONE, number: int = 1) -> Card:
    marked = repair.mark_step(day.app.store, str(number), n, day.clock.at, what)
    day.app.follow_cards()
    return marked


def cues(day: Day) -> list[tuple[str, str]]:
    """The opening cues that came: (when, text)."""
    zone = day.app.config.zone
    return [
        (f"{at.astimezone(zone):%d %H:%M}", notice.text)
        for at, notice in day.screen.received
        if notice.rung == "opening-cue"
    ]


def landings(day: Day) -> list[tuple[str, str]]:
    """The questions how it landed: (when, title)."""
    zone = day.app.config.zone
    return [
        (f"{at.astimezone(zone):%d %H:%M}", notice.title)
        for at, notice in day.screen.received
        if notice.rung == "card-landing"
    ]


async def held(day: Day, at: str) -> None:
    """The therapist comes to the session that begins at the local time `at`."""
    await go_to(day, at)
    day.answer(Kind.HERE, session=session_at(day, at))


def told(day: Day) -> list[Noted]:
    with day.app.store.read() as tx:
        return trail.of_session(tx, card(day).session_id)

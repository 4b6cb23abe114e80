"""How things stand: the daemon, each calendar, each channel, what comes next, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.config import Calendar, Configuration
from kepthour.core.away import Absence, covering, silenced_until
from kepthour.core.freshness import SOON, Freshness, freshness, tells_of
from kepthour.core.heartbeat import Record
from kepthour.core.reminder import KEPT_QUIET, Reminder, State
from kepthour.core.verdict import SessionState
from kepthour.store import absences, calendars, heartbeat, holdings, reminders, sessions, watches
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow
from kepthour.views.agenda import Entry, agenda

_NEAR = timedelta(days=8)
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CalendarStatus:
    """One calendar. `problem` says what is wrong and what to do; None: nothing is."""

    name: str
    type: str
    last_good_sync: datetime | None
    state: Freshness
    as_of: datetime | None  # when that was asked for: what came later it may not tell
    behind: bool  # fresh, and yet so long under way that no miss is suspected by it
    problem: str | None
    quarantined: dict[str, int]
    doubts: dict[str, int]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel: when it last accepted something, and how many of the last day's reminders it never took."""

    name: str
    type: str
    last_sent: datetime | None
    failed: int


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `kepthour status` shows. Instants are aware UTC."""

    pid: int | None  # of the running daemon; None: none runs
    since: datetime | None
    version: str | None
    calendars: tuple[CalendarStatus, ...]
    channels: tuple[ChannelStatus, ...]
    heartbeat: Record | None  # None: the configuration wants none
    next_session: Entry | None
    next_rung: Reminder | None
    open_questions: tuple[SessionRow, ...]
    away: Absence | None = None


def calendar_statuses(config: Configuration, store: Store, now: datetime) -> tuple[CalendarStatus, ...]:
    """Every configured calendar's status."""
    with store.read() as tx:
        return tuple(_calendar(tx, calendar, now) for calendar in config.calendars)


def open_questions(store: Store) -> list[SessionRow]:
    """The sessions that are asked about, by start."""
    with store.read() as tx:
        return sessions.open_questions(tx)


def undecided(store: Store, now: datetime) -> list[SessionRow]:
    """The sessions of the last month that have begun, and are neither concluded nor asked about, by start."""
    with store.read() as tx:
        return sessions.awaiting(tx, now - _MONTH, now)


def watched_since(store: Store) -> datetime | None:
    """When a daemon first watched over this store; None: never yet."""
    with store.read() as tx:
        return watches.first_ever(tx)


def status(config: Configuration, store: Store, pid: int | None, now: datetime) -> Status:
    """How things stand at `now`; `pid` is the running daemon's."""
    coming = [
        entry
        for entry in agenda(config, store, now, now + _NEAR, now)
        if entry.session.start > now and entry.state not in {SessionState.CANCELLED, SessionState.ENDED}
    ]
    with store.read() as tx:
        watch = watches.latest(tx) if pid is not None else None
        recent = reminders.everything(tx, start=now - timedelta(days=1))
        absent = absences.between(tx, now, now + _NEAR)
        return Status(
            pid=pid,
            since=watch.since if watch else None,
            version=watch.version if watch else None,
            calendars=tuple(_calendar(tx, calendar, now) for calendar in config.calendars),
            channels=tuple(_channel(config, name, recent) for name in (c.name for c in config.channels)),
            heartbeat=heartbeat.kept(store.path) if config.heartbeat else None,
            next_session=coming[0] if coming else None,
            next_rung=next((r for r in recent if _is_coming(r, absent, now)), None),
            open_questions=tuple(sessions.open_questions(tx)),
            away=covering(now, absent),
        )


def _calendar(tx: Tx, calendar: Calendar, now: datetime) -> CalendarStatus:
    row = calendars.get(tx, calendar.name)
    if row is None:
        problem = "It was never asked. Run: kepthour sync"
        never = Freshness.NEVER_SYNCED
        return CalendarStatus(calendar.name, calendar.type, None, never, None, False, problem, {}, {}, ())
    soon = calendar.name in sessions.soonest(tx, now, now + SOON)
    state = freshness(row.problem, row.last_good_at, calendar.stale_after, now, soon=soon)
    told = row.as_of is not None and tells_of(now, row.as_of, calendar.stale_after)
    return CalendarStatus(
        name=calendar.name,
        type=calendar.type,
        last_good_sync=row.last_good_at,
        state=state,
        as_of=row.as_of,
        behind=state is Freshness.FRESH and not told,
        problem=f"{row.problem_what} {row.problem_remedy}".strip() if row.problem else None,
        quarantined=holdings.quarantined(tx, row),
        doubts=holdings.doubts(tx, row),
        warnings=tuple(row.warnings),
    )


def _is_coming(reminder: Reminder, absent: Sequence[Absence], now: datetime) -> bool:
    return (
        reminder.state is State.PENDING
        and reminder.offset is not None
        and reminder.due_at >= now
        and silenced_until(reminder, absent, now) is None
    )


def _channel(config: Configuration, name: str, recent: list[Reminder]) -> ChannelStatus:
    mine = [reminder for reminder in recent if reminder.channel == name]
    return ChannelStatus(
        name=name,
        type=next(channel.type for channel in config.channels if channel.name == name),
        last_sent=max((r.sent_at for r in mine if r.sent_at), default=None),
        failed=sum(map(_is_refused, mine)),
    )


def _is_refused(reminder: Reminder) -> bool:
    """Whether the channel did not take it, is it tried still, or given up, or no more called for.

    A bell that is silent in a call does what it should.
    """
    if reminder.sent_at is not None or reminder.problem == KEPT_QUIET:
        return False
    return reminder.problem is not None or reminder.state is State.FAILED

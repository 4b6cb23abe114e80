"""All that is known of one session: why it is one, its reminders and their grounds, the answers, the conclusions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.changes import KnownSession
from kepthour.core.day import Ground, by_day, grounds
from kepthour.core.gaps import Gap, gaps
from kepthour.core.ladder import OnlyIf
from kepthour.core.presence import EARLIEST_SIGN
from kepthour.core.reminder import OPENING, Reminder
from kepthour.core.response import Kind, Response
from kepthour.core.spells import Spell
from kepthour.core.trail import Noted
from kepthour.core.verdict import Because, deadline_after
from kepthour.store import evidence, history, make_ups, reminders, responses, sessions, spells, trail, watches
from kepthour.store.engine import Store, Tx
from kepthour.store.history import Said
from kepthour.store.sessions import SessionRow
from kepthour.views.agenda import Entry, Explained, entry_of, explain


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A rung of the session's ladder, and why the session has it, or has not."""

    rung: str
    # None: no rung of the configuration, but one of a snooze, of an announced start, or of the configuration before
    only_if: OnlyIf | None
    is_planned: bool
    grounds: tuple[Ground, ...] = ()  # as they are now; only of a rung that not every session gets
    cards: tuple[int, ...] = ()  # of an opening cue: the repair cards because of which it comes
    is_called_for: bool = False  # one that is not of the configuration: by a snooze, or an announced start


@dataclass(frozen=True, slots=True)
class Story:
    """`event` is None for a session that no calendar holds any more."""

    entry: Entry
    event: Explained | None
    reminders: tuple[Reminder, ...]  # of its present start, by due time
    answers: tuple[Response, ...]  # to its present start, by time
    verdicts: tuple[Said, ...]  # to all its starts, by time
    earlier_answers: tuple[Response, ...]  # to starts that it had before, by time
    changes: tuple[Noted, ...]  # in the order in which they came
    rungs: tuple[Reasoned, ...]  # by offset
    # the entry of [[reminders.rules]] that gives the rungs now; None: they are the usual ones
    rule: int | None
    before_rules: bool  # it was planned by other rungs than it would get now
    seen: tuple[Spell, ...]  # on this machine, from before its start to the deadline, by time
    # of its entry, from its start to the deadline: each was made within, by time
    edits: tuple[evidence.Span, ...]
    gaps: tuple[Gap, ...]  # when nobody watched, from its first reminder to the deadline, by time


def story(config: Configuration, store: Store, text: str, now: datetime) -> Story | None:
    """The session with the id `text`; None if there is none. `now` is aware UTC."""
    with store.read() as tx:
        row = sessions.living(tx, text)
        if row is None:
            return None
        ladder = reminders.of_session(tx, row.id, row.known.revision)
        answers = responses.to(tx, row)
        earlier = [one for one in responses.ever(tx, row.id) if one not in answers]
        said, changes = history.of_session(tx, row.id), trail.of_session(tx, row.id)
        opened = [card.id for card in make_ups.opens_with(tx, row.id)]
        rungs = _reasoned(config, row, _day(tx, config, row), ladder, answers, opened)
        start, deadline = row.known.start, deadline_after(row.deadline, row.known.start, answers)
        seen = spells.between(tx, start - EARLIEST_SIGN, deadline)
        edits = evidence.about(tx, row).edits
        unwatched = _unwatched(tx, row, ladder, deadline, now)
    day = timedelta(days=1)
    events = explain(config, store, "", row.known.start - day, row.known.end + day)
    return Story(
        entry_of(config, store, row.id, now),
        next((one for one in events if one.id == row.id), None),
        tuple(sorted(ladder, key=lambda one: (one.due_at, one.channel))),
        tuple(answers),
        tuple(said),
        tuple(earlier),
        tuple(changes),
        tuple(rungs),
        config.ladder.rule(row.known, config.zone),
        _by_others(config, row, ladder),
        tuple(seen),
        edits,
        tuple(unwatched),
    )


def _by_others(config: Configuration, row: SessionRow, ladder: Sequence[Reminder]) -> bool:
    """Whether a rung that each such session gets now is missing from what was planned."""
    planned = {one.offset for one in ladder if one.offset is not None}
    return bool(planned) and any(
        rung.only_if is OnlyIf.ALWAYS and rung.offset >= min(planned) and rung.offset not in planned
        for rung in config.ladder.of(row.known, config.zone).rungs
    )


def _unwatched(
    tx: Tx, row: SessionRow, ladder: Sequence[Reminder], deadline: datetime, now: datetime
) -> list[Gap]:
    """The gaps in the watch over its ladder: those because of which silence meant nothing are among them."""
    begins = min((one.due_at for one in ladder if one.offset is not None), default=row.known.start)
    # A verdict that had to wait may be for a gap that came after the deadline.
    waited = row.decided_at if row.because is Because.DAEMON_GAP else None
    ends = min(max(deadline, waited or deadline), now)
    return gaps(watches.around(tx, begins, ends), begins, ends) if begins < ends else []


def _day(tx: Tx, config: Configuration, row: SessionRow) -> Sequence[KnownSession]:
    """The sessions of its day, as the planner sees them."""
    start = row.known.start
    near = sessions.between(tx, start - timedelta(days=1), start + timedelta(days=1))
    days = by_day((one.known for one in near if not one.hidden), config.zone)
    return days.get(start.astimezone(config.zone).date(), [])


def _reasoned(
    config: Configuration,
    row: SessionRow,
    day: Sequence[KnownSession],
    planned: Sequence[Reminder],
    answers: Sequence[Response],
    cards: Sequence[int],
) -> Iterator[Reasoned]:
    ladder = config.ladder.of(row.known, config.zone)
    there = {one.rung: one.offset for one in planned if one.offset is not None}
    early = grounds(row.known, day, is_odd=config.early_if_odd and bool(row.oddities))
    found = [
        (
            rung.offset,
            Reasoned(
                rung.label,
                rung.only_if,
                rung.label in there,
                () if rung.only_if is OnlyIf.ALWAYS else early,
            ),
        )
        for rung in ladder.rungs
    ]
    configured = {rung.label for rung in ladder.rungs}
    called_for = {one.rung for one in planned if _is_called_for(one, row.known.start, answers)}
    found += [
        (
            at,
            Reasoned(
                rung,
                None,
                True,
                cards=tuple(cards) if rung == OPENING else (),
                is_called_for=rung in called_for,
            ),
        )
        for rung, at in there.items()
        if rung not in configured
    ]
    for _offset, one in sorted(found, key=lambda each: each[0]):
        yield one


def _is_called_for(one: Reminder, start: datetime, answers: Sequence[Response]) -> bool:
    """Whether an answer added it: it stands at the end of a snooze, or follows an announced start."""
    if one.offset is None or one.due_at != start + one.offset:
        return False  # one of the configuration that "running late" put off
    return any(
        (said.kind is Kind.SNOOZE and said.until == one.due_at)
        or (said.kind is Kind.LATE and said.until is not None and said.until <= one.due_at)
        for said in answers
    )

"""What `kepthour repair ID slots` shows: free times over all calendars, and why another one is not free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.config import Configuration
from kepthour.core.away import Absence, Source
from kepthour.core.changes import KnownSession
from kepthour.core.choice import Slot, offered
from kepthour.core.duplicates import duplicates
from kepthour.core.errors import NotFound
from kepthour.core.history import History, Placed
from kepthour.core.oddities import Facts, usual_times
from kepthour.core.offsets import apart, is_place
from kepthour.core.repair import RESCHEDULE
from kepthour.core.sessions import as_session, takes_time
from kepthour.core.slots import Busy, Diary, Refusal, Wish, refusal
from kepthour.pipeline.plan.oddities import background
from kepthour.store import absences, calendars, cards, sessions
from kepthour.store.cards import Card
from kepthour.store.engine import Store
from kepthour.views.agenda import Explained, explain, is_unread
from kepthour.views.status import CalendarStatus, calendar_statuses

_DAY = timedelta(days=1)
_WHOLE_DAY = timedelta(hours=25)  # on which sessions are counted; in autumn one is so long
_LEAST = timedelta(minutes=1)  # what has no end takes this long
_OUT_OF_OFFICE = "outOfOffice"


@dataclass(frozen=True, slots=True)
class Offers:
    """The free times that are offered, by start, and the calendars of which they are made.

    `others` are the cards that look for a time, too: they are offered the same, until one stands in a calendar.
    """

    slots: tuple[Slot, ...]
    wish: Wish
    calendars: tuple[CalendarStatus, ...]
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """One time: why it is not free (None: it is), and its number among those that are offered."""

    slot: Slot
    refusal: Refusal | None
    number: int | None


class SlotSearch:
    """Free times for the session of one card, as the calendars are at `now` (aware UTC). Raises NotFound."""

    def __init__(self, config: Configuration, store: Store, card: Card, now: datetime) -> None:
        self._config = config
        self._store = store
        self._now = now
        self._card = card
        self._session = _session_of(store, card)
        self._wish = _wish(config, store, self._session, now)

    def offers(self, start: datetime, end: datetime) -> Offers:
        """Those inside [start, end), aware UTC, and to come."""
        diary = self._diary(start, end)
        practice, count = self._config.practice, self._config.repair.offer
        found = offered(self._wish, diary, practice, (start, end), count, self._now)
        statuses = calendar_statuses(self._config, self._store, self._now)
        return Offers(tuple(found), self._wish, statuses, self._others())

    def judge(self, at: datetime, offers: Offers) -> Judged:
        """Whether the session could be held at `at` (aware UTC). `offers` tell its number."""
        end = at + self._wish.length
        found = refusal(at, self._wish, self._diary(at, end), self._config.practice, self._now)
        numbered = ((n, slot) for n, slot in enumerate(offers.slots, start=1) if slot.start == at)
        number, slot = next(numbered, (None, Slot(at, end, is_usual=False)))
        return Judged(slot, found, number)

    def _others(self) -> tuple[int, ...]:
        with self._store.read() as tx:
            those = [one for one in cards.everything(tx) if one.id != self._card.id]
        return tuple(sorted(one.id for one in those if RESCHEDULE in dict(one.open_steps)))

    def _diary(self, start: datetime, end: datetime) -> Diary:
        """All that may matter to times inside [start, end)."""
        practice = self._config.practice
        margin = _WHOLE_DAY + practice.buffer + practice.travel
        start, end = start - margin, end + margin
        events = list(explain(self._config, self._store, "", start, end))
        held = [
            as_session(one.occurrence, one.calendar, one.judgement)
            for one in events
            if one.judgement.is_session
        ]
        doubles = duplicates(held)
        with self._store.read() as tx:
            noted = absences.between(tx, start, end)
            read = calendars.read_ever(tx)
            unread = [
                row.known
                for row in sessions.between(tx, start, end)
                if not row.hidden and self._is_configured(row.known) and is_unread(row, read)
            ]
        return Diary(
            busy=[*_busy(events), *(Busy(one.start, one.end, one.calendar, one.place) for one in unread)],
            absences=[*noted, *_out_of_office(events)],
            sessions=[*(one.start for one in held if one.id not in doubles), *(one.start for one in unread)],
            zone=self._config.zone,
        )

    def _is_configured(self, session: KnownSession) -> bool:
        return any(calendar.name == session.calendar for calendar in self._config.calendars)


def _session_of(store: Store, card: Card) -> KnownSession:
    with store.read() as tx:
        row = sessions.get(tx, card.session_id)
    if row is None:
        raise NotFound(
            "The session of this card is not stored any more.", "Find a time with: kepthour agenda."
        )
    return row.known


def _wish(config: Configuration, store: Store, session: KnownSession, now: datetime) -> Wish:
    configured = [(calendar.name, calendar.take) for calendar in config.calendars]
    with store.read() as tx:
        known = background(tx, configured, config.rules, (), now, now + _DAY)
    history = History(known.earlier, config.zone)
    return Wish(
        length=session.end - session.start,
        place=session.place,
        usual=usual_times(session, history),
        client_zone=_client_zone(
            [session, *(one.session for one in reversed(history.before(session)))],
            known.facts,
            config.zone,
            now,
        ),
    )


def _client_zone(theirs: Sequence[Placed], facts: Facts, zone: ZoneInfo, now: datetime) -> ZoneInfo | None:
    """The zone in which the newest of `theirs` is written that is written in one; None if clocks are the same there."""
    written = (facts.writing(one).zone for one in theirs)
    newest = next((one for one in written if one is not None and is_place(one)), None)
    if not isinstance(newest, ZoneInfo):
        return None
    return newest if any(apart(newest, zone, now + week * 7 * _DAY) for week in range(53)) else None


def _busy(events: Iterable[Explained]) -> Iterator[Busy]:
    for event in events:
        one = event.occurrence
        if takes_time(one) and one.kind != _OUT_OF_OFFICE:
            end = max(one.end or one.start, one.start + _LEAST)
            yield Busy(one.start, end, event.calendar, one.place, one.all_day)


def _out_of_office(events: Iterable[Explained]) -> Iterator[Absence]:
    """Those that lie further ahead than the store is expanded, too."""
    for event in events:
        one = event.occurrence
        if one.kind == _OUT_OF_OFFICE and takes_time(one) and one.end is not None:
            yield Absence(one.start, one.end, Source.CALENDAR)

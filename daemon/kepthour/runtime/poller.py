"""Asks each calendar at its time, in a thread of its own, and knows which were heard since they were all asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kepthour.app import App
from kepthour.core.errors import KeptHourError
from kepthour.logger import log
from kepthour.pipeline.poll import Polled
from kepthour.runtime.scheduler import Scheduler, Work
from kepthour.store.engine import Damaged
from kepthour.threads import in_own_thread
from kepthour_connectors.base import Transient

# So long conclusions wait for calendars that do not answer: after a start or a sleep a network takes seconds to come.
_HEARING = timedelta(minutes=1)


class Poller:
    """The polls of one App. `heard` is called on the event loop when a poll brought news, or was the first."""

    def __init__(
        self,
        app: App,
        scheduler: Scheduler,
        heard: Callable[[], None],
        damaged: Callable[[], None] = lambda: None,
    ) -> None:
        """`damaged` is called on the event loop when the store turned out to be."""
        self._damaged = damaged
        self._app = app
        self._scheduler = scheduler
        self._tell = heard
        self._asked_all_at: datetime = app.clock.now()
        self._rounds = 0  # how often all were asked
        self._unheard: set[str] = set()
        self._turned_away: set[str] = set()  # by the circuit of their account
        self._busy: set[str] = set()
        self._over = False

    def ask_all(self) -> None:
        """Poll every calendar now, and from then on at its time."""
        self._asked_all_at = self._app.clock.now()
        self._rounds += 1
        for calendar in self._app.config.calendars:
            self._unheard.add(calendar.name)
            self._scheduler.once(_job(calendar.name), self._asked_all_at, self._work(calendar.name))

    def forget(self) -> None:
        """Poll no more. A poll that is under way is finished, and its calendar not asked again."""
        self._over = True
        for calendar in self._app.config.calendars:
            self._scheduler.forget(_job(calendar.name))

    @property
    def all_heard(self) -> bool:
        """Whether every calendar could be reached since `ask_all`, whatever it said; or has had its time for that.

        A session that was cancelled while nobody watched must not be asked about; and who opens the lid in the morning
        is not to be told that the calendars are out of sync: all of them are, for seconds. A poll that was under way
        when all were asked does not count: it may have begun before a sleep, and what it heard is as old as that.
        """
        return not self._unheard or abs(self._app.clock.now() - self._asked_all_at) > _HEARING

    def _work(self, name: str) -> Work:
        async def poll() -> None:
            if name in self._busy or self._over:
                return
            self._busy.add(name)
            round_ = self._rounds
            next_at: datetime | None = None
            try:
                next_at = await self._asked(name, round_)
            except KeptHourError as error:
                log.warning("poll.not_stored", calendar=name, problem=error)
                if isinstance(error, Damaged):
                    self._damaged()
            finally:  # after a bug, too: the scheduler tells of it
                self._busy.discard(name)
                if not self._over:  # else another poller has taken over under the same name
                    now = self._app.clock.now()
                    if round_ != self._rounds:
                        next_at = now
                    self._scheduler.once(_job(name), next_at or now + self._interval(name), self._work(name))

        return poll

    async def _asked(self, name: str, round_: int) -> datetime:
        """When to ask again: now it was asked, unless its circuit says that it must not be yet."""
        opens = self._app.may_ask_from(name)
        if opens > self._app.clock.now():
            self._turned_away.add(name)
            return opens
        self._turned_away.discard(name)
        reached = True  # what fails otherwise is no matter of the network
        try:
            polled, next_at = await in_own_thread(lambda: self._ask(name), _job(name))
            reached = not isinstance(polled.error, Transient)
            if polled.error is None:
                self._ask_those_that_waited()
            return next_at
        finally:
            if reached and round_ == self._rounds:
                self._unheard.discard(name)
            self._tell()

    def _ask_those_that_waited(self) -> None:
        """Whose circuit closed meanwhile is asked now; of another account, it is turned away again."""
        waited, self._turned_away = self._turned_away, set()
        if not self._over:
            for name in waited:
                self._scheduler.once(_job(name), self._app.clock.now(), self._work(name))

    def _ask(self, name: str) -> tuple[Polled, datetime]:
        polled = self._app.ask(name)
        return polled, self._app.next_poll(name, polled)

    def _interval(self, name: str) -> timedelta:
        return self._app.config.calendar(name).poll


def _job(name: str) -> str:
    return f"poll {name}"

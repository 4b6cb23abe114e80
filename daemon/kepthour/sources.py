"""The configured calendars as they are asked: their connectors, when each may be asked, and what a poll stores."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from kepthour import pipeline
from kepthour.config import Calendar, Configuration
from kepthour.core.errors import KeptHourError, place
from kepthour.core.polling import LOOKS, next_poll
from kepthour.logger import log
from kepthour.plugins import Plugins
from kepthour.ports import Clock
from kepthour.store import calendars, sessions
from kepthour.store.engine import Store
from kepthour_connectors.base import Connector, Kind, ListsInstances, RateLimited, Surroundings
from kepthour_connectors.retry import Account, HasAccount, Policy

_SYNC_SECONDS = 38.0  # a command answers within 40 s, whatever a server does
_ANSWER_SECONDS = 5.0  # of that, left for the answer after a pause


class Sources:
    """All calendars of one App. What a poll brought is stored; nothing is planned by it."""

    def __init__(
        self,
        config: Configuration,
        store: Store,
        plugins: Plugins,
        clock: Clock,
        surroundings: Callable[[str], Surroundings],
        given_up: threading.Event,
    ) -> None:
        """`surroundings` by a calendar's name. Nothing is stored any more once `given_up` is set."""
        self._config = config
        self._store = store
        self._plugins = plugins
        self._clock = clock
        self._surroundings = surroundings
        self._given_up = given_up
        self._retries = Policy(random.random)
        self._policy_lock = threading.Lock()

    @cached_property
    def by_name(self) -> dict[str, pipeline.poll.Source]:
        """Made when first asked for: most commands poll nothing, and connectors are slow to import."""
        return {calendar.name: self._made(calendar) for calendar in self._config.calendars}

    def _made(self, calendar: Calendar) -> pipeline.poll.Source:
        return pipeline.poll.Source(
            name=calendar.name,
            fingerprint=calendar.fingerprint,
            connector=self._connector(calendar),
            zone=self._config.zone,
            join_hosts=self._config.join_hosts,
            addresses=calendar.addresses,
            marks=self._config.reads_edits,
            given_up=self._given_up,
        )

    def _connector(self, calendar: Calendar) -> Connector:
        try:
            kind = self._plugins.connector(calendar.type)
            return kind.connect(calendar.options, self._surroundings(calendar.name))
        except Exception as error:  # noqa: BLE001  supervised: one calendar must not cost the others
            log.error("calendar.not_made", calendar=calendar.name, problem=error, place=place(error))
            return pipeline.poll.Unmade(error)

    def _ready(self, name: str) -> pipeline.poll.Source:
        """The source of this calendar; where its connector could not be made, with another try at that."""
        source = self.by_name[name]
        if isinstance(source.connector, pipeline.poll.Unmade) and not self._given_up.is_set():
            connector = self._connector(self._config.calendar(name))
            source = self.by_name[name] = replace(source, connector=connector)
        return source

    def poll(self, name: str) -> pipeline.poll.Polled:
        """Ask one calendar what changed, and store that. Blocks. Raises TryLater, NeedsPerson for the store only."""
        polled = pipeline.poll.poll(self._ready(name), self._store, self._clock)
        if polled.edited:
            pipeline.overlook.record_edits(self._store, name, polled.edited, self._clock.now())
        return polled

    def compare(self, name: str, polled: pipeline.poll.Polled) -> pipeline.poll.Polled:
        """Once a day, and where something was set aside, our expansion is compared with the source's own."""
        source = self.by_name[name]
        wanted = polled.problem is None and (polled.audit or polled.quarantined > 0)
        if not wanted or not isinstance(source.connector, ListsInstances):
            return polled
        compared = pipeline.reconcile.Compared(
            name, source.connector, source.zone, source.join_hosts, source.addresses, self._given_up
        )
        if not pipeline.reconcile.reconcile(compared, self._store, self._clock):
            return polled
        return replace(polled, warnings=(*polled.warnings, pipeline.reconcile.HEALED), mended=True)

    def next_poll(self, name: str, polled: pipeline.poll.Polled) -> datetime:
        """When to ask this calendar again after `polled`.

        At its interval, or when the retry policy says; and at a look before a session, if its account may be asked.
        """
        now, interval, account = self._clock.now(), self._config.calendar(name).poll, self._account(name)
        with self._policy_lock:
            if polled.error is None:
                self._retries.succeeded(name, account)
                regular = now + max(interval, polled.refresh_after or interval)
            else:
                regular = self._retries.failed(name, account, polled.error, interval, now)
            opens = self._retries.opens_at(account, now)
        with self._store.read() as tx:
            coming = sessions.coming(tx, now, regular + max(LOOKS))
        looks = next_poll(now, regular, (row.known.start for row in coming if row.known.calendar == name))
        return max(looks, opens)

    def may_ask_from(self, name: str) -> datetime:
        """Now, or when the circuit of this calendar's account lets it be asked."""
        with self._policy_lock:
            return self._retries.take_turn(self._account(name), self._clock.now())

    def forget_pauses(self) -> None:
        """Pauses and circuits end at instants of the clock: it has been set, or was out of sight."""
        with self._policy_lock:
            self._retries = Policy(random.random)

    def _account(self, name: str) -> Account | None:
        connector = self.by_name[name].connector
        return connector.account if isinstance(connector, HasAccount) else None

    def sync(self, names: Iterable[str] = ()) -> list[pipeline.poll.Polled]:
        """Poll these calendars (none named: all) side by side, at once. Blocks, for 40 s at most.

        A pause that a source asks for is kept to if it ends within that time.
        """
        wanted = list(dict.fromkeys(self._config.calendar(name).name for name in names)) or list(self.by_name)
        done: queue.Queue[pipeline.poll.Polled | KeptHourError] = queue.Queue()
        end = time.monotonic() + _SYNC_SECONDS
        for name in wanted:
            threading.Thread(target=self._poll_into, args=(name, done, end), daemon=True).start()
        found: dict[str, pipeline.poll.Polled] = {}
        while len(found) < len(wanted):
            try:
                result = done.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            if isinstance(result, KeptHourError):
                raise result
            found[result.name] = result
        return [found.get(name) or _too_slow(name) for name in wanted]

    def _poll_into(
        self, name: str, done: queue.Queue[pipeline.poll.Polled | KeptHourError], end: float
    ) -> None:
        try:
            polled = self._polled_and_compared(name)
            pause = polled.error.retry_after if isinstance(polled.error, RateLimited) else None
            if pause is not None and time.monotonic() + pause < end - _ANSWER_SECONDS:
                time.sleep(pause)
                polled = self._polled_and_compared(name)
            done.put(polled)
        except KeptHourError as error:
            done.put(error)

    def _polled_and_compared(self, name: str) -> pipeline.poll.Polled:
        return self.compare(name, self.poll(name))  # one plan follows, when all are heard

    def move_windows(self) -> bool:
        """Expand stored calendars anew where their window has to move; whether one had to. No network.

        What is stored of calendars that are not configured any more goes.
        """
        with self._store.write() as tx:
            if not self._given_up.is_set():
                calendars.forget_others(tx, {calendar.name for calendar in self._config.calendars})
        moved = [self._moves_window(source) for source in self.by_name.values()]
        return any(moved)

    def _moves_window(self, source: pipeline.poll.Source) -> bool:
        try:
            return pipeline.poll.refresh(source, self._store, self._clock)
        except KeptHourError:
            raise
        except Exception as error:  # noqa: BLE001  supervised: one calendar must not cost the others their plan
            log.error("refresh.failed", calendar=source.name, problem=error, place=place(error))
            return False

    def close(self) -> None:
        """Let go of connections, side by side. May block as long as a source is silent."""
        made = self.__dict__.get("by_name", {}).values()
        closing = [threading.Thread(target=_hang_up, args=(source,), daemon=True) for source in made]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()


def _hang_up(source: pipeline.poll.Source) -> None:
    try:
        source.connector.close()
    except Exception as error:  # noqa: BLE001  supervised: who reloads or ends goes on without it
        log.warning("connector.not_closed", calendar=source.name, problem=error)


def _too_slow(name: str) -> pipeline.poll.Polled:
    what = "It did not answer in time."
    return pipeline.poll.Polled(name, Kind.DELTA, 0, 0, 0, 0, (), "transient", what, "Try again in a while.")

"""Which reminders are in this process's hands, and what became of each until the store knows it, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from kepthour.core.errors import NeedsPerson, TryLater, place
from kepthour.core.reminder import Reminder
from kepthour.logger import log
from kepthour.pipeline.dispatch import claim
from kepthour.pipeline.dispatch.claim import Outcome, is_made_up
from kepthour.store.engine import Store


class Ledger:
    """From a claim to the record of what became of it. Lives on the event loop."""

    def __init__(
        self,
        store: Store,
        channels: Collection[str],
        outdated: Callable[[Sequence[Reminder]], None],
        refused: Callable[[], None],
    ) -> None:
        """`outdated` is handed what was shown and no longer holds; `refused` is called when something was refused."""
        self._store = store
        self._channels = channels
        self._outdated = outdated
        self._refused = refused
        self._in_hand: set[int] = set()  # claimed here, and not yet recorded
        self._sending: set[Reminder] = set()
        self._lost: set[Reminder] = set()  # of these: no store knows them any more
        self._outcomes: list[Outcome] = []  # to be recorded
        self._recording = asyncio.Lock()
        self._to_record = 0  # who waits for that lock, and will store all that there is by then

    @property
    def in_hand(self) -> frozenset[int]:
        """Reminders that are being sent, or wait to be recorded."""
        return frozenset(self._in_hand)

    def holds(self, reminder: Reminder) -> bool:
        """Whether it is among them."""
        return reminder.id in self._in_hand

    def take(self, reminder: Reminder) -> None:
        """It was claimed."""
        self._in_hand.add(reminder.id)

    def put_down(self, reminder: Reminder) -> None:
        """It was claimed, and not handed over."""
        self._in_hand.discard(reminder.id)

    def sending(self, reminder: Reminder) -> None:
        """It goes to its channel now."""
        self._sending.add(reminder)

    def note(self, outcome: Outcome) -> None:
        """It came back from there."""
        self._sending.discard(outcome.reminder)
        if outcome.reminder in self._lost:
            self._lost.discard(outcome.reminder)
        else:
            self._outcomes.append(outcome)

    async def renewed(self) -> None:
        """A new store was begun. What is on its way, and is not in there, must not be taken for another."""
        hand = [*self._sending, *(one.reminder for one in self._outcomes)]
        hand = [one for one in hand if not is_made_up(one)]  # no store has those
        lost = await asyncio.to_thread(claim.lost, self._store, hand)
        self._lost |= lost & self._sending
        self._outcomes = [one for one in self._outcomes if one.reminder not in lost]
        self._in_hand -= {reminder.id for reminder in lost}

    async def record(self, until: datetime | None = None) -> None:
        """Store the outcomes that wait; with `until` (aware UTC), those up to then.

        Raises TryLater, NeedsPerson: then they wait on, and are not claimed again.
        """
        self._to_record += until is None
        try:
            await self._recording.acquire()
        finally:
            self._to_record -= until is None
        try:
            outcomes = [one for one in self._outcomes if until is None or one.at <= until]
            outdated = await self._stored(outcomes)
        except (TryLater, NeedsPerson) as error:
            log.warning("outcome.not_stored", count=len(outcomes), problem=error)
            self._forget_refusals()
            raise
        finally:
            self._recording.release()
        if any(one.problem is not None for one in outcomes):
            self._refused()
        self._outdated([replace(one.reminder, reference=one.reference) for one in outdated])

    async def record_if_possible(self) -> None:
        """The same, where the store allows it, and nobody is about to."""
        if self._to_record:  # on a slow disk a queue would hold up the turn that claims what is next
            return
        with suppress(TryLater, NeedsPerson):  # said, and the next turn tries again
            await self.record()

    async def _stored(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Those of `outcomes` whose notice no longer holds. Raises TryLater, NeedsPerson."""
        try:
            return await self._stored_at_once(outcomes)
        except (TryLater, NeedsPerson):
            raise
        except Exception:  # noqa: BLE001  supervised: one that cannot be stored must not cost the others
            found: list[Outcome] = []
            for one in outcomes:
                found += await self._stored_alone(one)
            return found

    async def _stored_at_once(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        if not outcomes:
            return []
        outdated = await asyncio.to_thread(claim.record, self._store, outcomes, self._channels)
        self._outcomes = [one for one in self._outcomes if one not in outcomes]
        self._in_hand.difference_update(one.reminder.id for one in outcomes)
        return outdated

    async def _stored_alone(self, one: Outcome) -> list[Outcome]:
        try:
            return await self._stored_at_once([one])
        except (TryLater, NeedsPerson):
            raise
        except Exception as error:  # noqa: BLE001  supervised: see `_stored`
            log.error("outcome.lost", reminder=one.reminder.id, problem=error, place=place(error))
            self._outcomes.remove(one)
            # To be tried again; what went out stays in hand, so that it does not again.
            if one.problem is not None:
                self._in_hand.discard(one.reminder.id)
            return []

    def _forget_refusals(self) -> None:
        """A refusal that cannot be stored is not worth waiting for: the reminder is to be tried again."""
        lost = [one for one in self._outcomes if one.problem is not None]
        self._outcomes = [one for one in self._outcomes if one.problem is None]
        self._in_hand.difference_update(one.reminder.id for one in lost)

"""What is around a reminder: where the therapist is, who did not come, which leave there is. Read once a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.away import Absence, silenced_until
from kepthour.core.quiet import Attended, held_until
from kepthour.core.reminder import Reminder, Why
from kepthour.store import absences, presence
from kepthour.store.engine import Tx

_LONG_BEFORE = timedelta(days=2)  # no rung is further from its session


@dataclass(frozen=True, slots=True)
class Surroundings:
    """As they are at `now` (aware UTC). `let_down` are sessions to which the client did not come."""

    now: datetime
    attended: Sequence[Attended]
    let_down: Sequence[Attended]
    absences: Sequence[Absence]

    @classmethod
    def read(cls, tx: Tx, now: datetime) -> Surroundings:
        """Ask the store."""
        return cls(
            now,
            presence.attended(tx, now),
            presence.let_down(tx, now),
            absences.between(tx, now - _LONG_BEFORE, now + _LONG_BEFORE),
        )

    def waits(self, reminder: Reminder) -> tuple[datetime, Why] | None:
        """Until when `reminder` waits, and why; None: it does not."""
        away = silenced_until(reminder, self.absences, self.now)
        if away is not None:
            return away, Why.AWAY
        busy = held_until(reminder, self.attended)
        return (busy, Why.IN_SESSION) if busy is not None else None

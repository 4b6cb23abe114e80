"""All that is known of one session: why it is one, its reminders, the answers, and what was concluded from what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.reminder import Reminder
from kepthour.core.response import Response
from kepthour.core.spells import EARLY, Spell
from kepthour.core.verdict import deadline_after
from kepthour.store import history, reminders, responses, sessions, spells
from kepthour.store.engine import Store
from kepthour.store.history import Said
from kepthour.views.agenda import Entry, Explained, entry_of, explain


@dataclass(frozen=True, slots=True)
class Story:
    """`event` is None for a session that no calendar holds any more."""

    entry: Entry
    event: Explained | None
    reminders: tuple[Reminder, ...]  # of its present start, by due time
    answers: tuple[Response, ...]  # to its present start, by time
    verdicts: tuple[Said, ...]  # to all its starts, by time
    seen: tuple[
        Spell, ...
    ]  # on this machine, from a quarter of an hour before the start to the deadline, by time


def story(config: Configuration, store: Store, text: str, now: datetime) -> Story | None:
    """The session with the id `text`; None if there is none. `now` is aware UTC."""
    with store.read() as tx:
        row = sessions.living(tx, text)
        if row is None:
            return None
        ladder = reminders.of_session(tx, row.id, row.known.revision)
        answers = responses.to(tx, row)
        said = history.of_session(tx, row.id)
        start, deadline = row.known.start, deadline_after(row.deadline, row.known.start, answers)
        seen = spells.between(tx, start - EARLY, deadline)
    day = timedelta(days=1)
    events = explain(config, store, "", row.known.start - day, row.known.end + day)
    return Story(
        entry_of(store, row.id, now),
        next((one for one in events if one.id == row.id), None),
        tuple(sorted(ladder, key=lambda one: (one.due_at, one.channel))),
        tuple(answers),
        tuple(said),
        tuple(seen),
    )

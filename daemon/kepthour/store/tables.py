"""The tables. Every row belongs to a therapist. A change here needs a migration beside it.

therapists ─┬─ calendars ── resources ── occurrences      what the calendars hold
            ├─ sessions ─┬─ reminders                     what is watched, and the outbox
            │            ├─ evidence                      where the therapist was seen
            │            ├─ responses · verdicts          what was answered and concluded
            │            ├─ cards ── card_steps           what is to be repaired
            │            │    └─ rules                    what was changed so that it does not happen again
            │            └─ trail                         every change, in the order in which they came
            ├─ absences                                   when the therapist is away
            ├─ spells                                     what was seen of them on this machine
            └─ watches                                    when a daemon was there to watch
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from kepthour.store.types import Instant, PhiText, Span

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _therapist() -> Column[int]:
    return Column("therapist_id", Integer, ForeignKey("therapists.id", ondelete="CASCADE"), nullable=False)


def _session() -> Column[str]:
    return Column(
        "session_id", Text, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True
    )


therapists = Table(
    "therapists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("since", Instant),  # the first watch ever: sessions before it are not asked about
)

calendars = Table(
    "calendars",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("name", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("cursor", Text),
    Column("version", Integer, nullable=False, default=0),  # one more with each batch: a slower poll loses
    Column("expanded_from", Instant),
    Column("expanded_until", Instant),
    Column("expanded_with", Text),  # zone and zone rules that the occurrences were made with
    Column("added_at", Instant),  # null: before anybody noted that
    Column("last_attempt_at", Instant),
    Column("last_good_at", Instant),
    Column("as_of", Instant),  # when the last good poll asked: what came later it may not have heard
    Column("last_full_at", Instant),  # the last full listing: the audit comes a day after it
    Column("suspected", Integer),  # coming events that an answer would have left; it was not believed
    Column("problem", Text),  # the error's code; null: the last poll was good
    Column("problem_what", Text),
    Column("problem_remedy", Text),
    Column("warnings", JSON, nullable=False, default=list),
    UniqueConstraint("therapist_id", "name"),
)

# SQLite uses the indexes on these only for a statement that says the same.
DOUBTFUL = text("doubts != '[]'")
OWED = text("etag = ''")

resources = Table(
    "resources",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("calendar_id", Integer, ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False),
    Column("href", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("payload", PhiText, nullable=False),
    Column("series", Text),  # resources with the same one are read together; null: by itself
    Column("quarantine", Text),  # why it is set aside; null: it is not
    Column("doubts", JSON, nullable=False, default=list),  # what had to be guessed to expand it
    UniqueConstraint("calendar_id", "href"),
    Index(None, "calendar_id", "quarantine", sqlite_where=text("quarantine IS NOT NULL")),
    Index(None, "calendar_id", "series", sqlite_where=text("series IS NOT NULL")),
    Index("ix_resources_calendar_id_owed", "calendar_id", "href", sqlite_where=OWED),
    Index(None, "calendar_id", "doubts", sqlite_where=DOUBTFUL),  # few are; every status asks
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("calendar_id", Integer, ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False),
    Column(
        "resource_id", Integer, ForeignKey("resources.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("uid", Text, nullable=False),
    Column("recurrence_id", Instant),
    Column("start", Instant, nullable=False),
    Column("end", Instant),
    Column("all_day", Boolean, nullable=False),
    Column("title", PhiText, nullable=False),
    Column("place", PhiText, nullable=False),
    Column("join_url", PhiText, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("colour", Text),
    Column("attendees", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("declined", Boolean, nullable=False),
    Column("free", Boolean, nullable=False),
    Column("kind", Text, index=True),
    Index(None, "calendar_id", "start"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    _therapist(),
    Column("calendar", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("recurrence_id", Instant),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("client", PhiText, nullable=False),
    Column("place", PhiText, nullable=False),
    Column("join_url", PhiText, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("cancelled_at", Instant),
    # lives on under another id, or is none any more
    Column("hidden", Boolean, nullable=False, default=False),
    Column("deadline", Instant, nullable=False),  # of the ladder as it was planned, before any "running late"
    Column("late_after", Span, nullable=False),
    Column("verdict", Text),
    Column("because", Text),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    Column("question", Text),  # the subject of the notice that asks what happened
    Column("successor", Text),  # the id it lives on under; answers to this one are answers to that
    Column("moved_at", Instant),  # the last time that its start changed
    Column("restored_at", Instant),  # the last time that it came back after a cancellation
    Column("oddities", JSON, nullable=False, default=list, server_default="[]"),  # codes
    Index(None, "therapist_id", "start"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("subject", Text, nullable=False),
    # The index is for the day on which a session is forgotten: its reminders go with it.
    Column("session_id", Text, ForeignKey("sessions.id", ondelete="CASCADE"), index=True),
    Column("revision", Integer, nullable=False),
    Column("rung", Text, nullable=False),
    Column("offset", Span),
    Column("channel", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("useful_until", Instant, nullable=False),
    Column("skip_in_session", Boolean, nullable=False, default=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("attempts", Integer, nullable=False, default=0),  # how often it was claimed
    Column("problem", Text),  # the code of the last refusal; null: none was refused
    Column("not_before", Instant, nullable=False),  # due, the end of a lease, or the next attempt
    Column("claimed_at", Instant),  # the last time
    Column("sent_at", Instant),  # a channel accepted it
    Column("changed_at", Instant),  # when it took its present state; null: it is as it was planned
    Column("reference", Text),
    Column("recall", Boolean, nullable=False, default=False),  # its notice is to be taken back
    UniqueConstraint("therapist_id", "subject", "revision", "rung", "channel"),
    Index(None, "state", "not_before"),
    Index(None, "recall"),  # few are; every turn asks
)

responses = Table(
    "responses",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    _session(),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant),
    Column("surface", Text, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    _session(),
    Column("revision", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Instant),  # one row a stay; null: there was none
    Column("until", Instant),  # null: none, or still there
    Column("asked_at", Instant, nullable=False, index=True),  # its age: evidence does not stay for good
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    _session(),
    Column("verdict", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("by", Text, nullable=False),  # "daemon" or "therapist"
    Column("at", Instant, nullable=False),
    Column("reason", PhiText),
)

cards = Table(
    "cards",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    _session(),
    Column("severity", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("closed_at", Instant),
    Column("confirmed_at", Instant),  # when the therapist said that it was so; null: it is only suspected
    Column("outcome", Text),  # what became of the work with the client
    Column("cause", Text),  # a code, as the therapist says; null: they named none
    Column("cause_word", PhiText),  # in their own words, if it is another one
    Column("make_up", Text),  # the id of the session that makes up for the missed one, if there is one
    Column("make_up_start", Instant),  # it may lie farther ahead than sessions are watched
    Column("make_up_by", Text),  # who says so; "therapist" without a make-up session: that there is none
    Column("make_up_why", Text),  # a code
    Column("meeting", Text),  # the id of the session at which they meet first after the miss
    Column("stood", JSON),  # the client's sessions that the calendar held when it was opened; null: not known
    # UIDs of entries written for it
    Column("holds", JSON, nullable=False, default=list, server_default="[]"),
    UniqueConstraint("session_id"),
)

card_steps = Table(
    "card_steps",
    metadata,
    Column("card_id", Integer, ForeignKey("cards.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True),
    _therapist(),
    Column("due_at", Instant, nullable=False),
    Column("done_at", Instant),
    # "therapist", or who ticked it off for them: then that is taken back with its ground
    Column("done_by", Text),
    Column("skipped_at", Instant),
    Column("reason", PhiText),  # why it was skipped
)

rules = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("card_id", Integer, ForeignKey("cards.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("cause", Text, nullable=False),
    Column("kind", Text, nullable=False),  # what it changed in the configuration
    Column("value", Text, nullable=False),  # as it stands there: an offset, a span
    Column("calendar", Text),  # the sessions that it is about; null: all
    Column("client", PhiText, nullable=False),
    Column("weekday", Integer),  # local, Monday is 0
    Column("place", PhiText, nullable=False),
    Column("channel", Text),
    Column("written_at", Instant, nullable=False),
    Column("looked_at", Instant),  # when it was looked at again whether it helped: once
    Column("tally", JSON),  # what was told then; null: it was not in the configuration any more
)

trail = Table(
    "trail",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("session_id", Text, ForeignKey("sessions.id", ondelete="CASCADE"), index=True),  # null: a leave
    Column("what", Text, nullable=False),
    Column("by", Text, nullable=False),  # "calendar", "daemon" or "therapist"
    Column("at", Instant, nullable=False),
    Column("why", Text),
    Column("about", Text),  # what else it concerns: an id, a subject, a card
    Column("start", Instant),  # as it was before; of a leave: from when
    Column("end", Instant),
)

absences = Table(
    "absences",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("noted_at", Instant, nullable=False),
    Index(None, "therapist_id", "end"),
)

spells = Table(
    "spells",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("source", Text, nullable=False),
    Column("sign", Text, nullable=False),
    Column("since", Instant, nullable=False),  # the first look that showed it
    Column("until", Instant, nullable=False),  # the last one
    Column("not_before", Instant),  # the look before the first; null: it may have begun long before
    Index(None, "therapist_id", "until"),
)

watches = Table(
    "watches",
    metadata,
    Column("id", Integer, primary_key=True),
    _therapist(),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),  # the last beat
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("pause", Text),  # why nobody watched before it; null: nobody knows, or it is the first one ever
    Index(None, "therapist_id", "until"),
)

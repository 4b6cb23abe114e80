"""Every text a notice can have, in one place: short, with something to do in each, and no client by default.

A text is a function that takes the tongue first, and gives a `Text`. What it says is written here in English, as one
literal, and `make words` brings it into the catalogues: docs/translating.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.freshness import Freshness
from kepthour.core.tongue import Tongue

_PUNCTUAL = timedelta(seconds=20)


class Show(StrEnum):
    """How much of a session a notice may tell. A lock screen is public: the default is the time alone."""

    TIME = "time"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class Text:
    """A notice's title and text."""

    title: str
    body: str

    @property
    def whole(self) -> str:
        """Both in one line, for lists."""
        return f"{self.title}{'' if self.title.endswith(('?', '!', '.')) else '.'} {self.body}"


def rung_text(
    tongue: Tongue,
    session: KnownSession,
    offset: timedelta,
    now: datetime,
    zone: ZoneInfo,
    show: Show,
    announced: datetime | None = None,
) -> Text:
    """A rung's words. No two offsets of one ladder give the same.

    A rung that comes late (after a restart, say) tells the time that is really left. `announced` is the
    start that a "running late" promised: the words count from there.
    """
    anchor = announced or session.start
    actual = now - anchor
    distance = offset if abs(actual - offset) <= _PUNCTUAL else actual
    distance = timedelta(seconds=round(distance.total_seconds()))
    title = _when(tongue, _name(tongue, session, zone, show), distance)
    step = _next_step(tongue, distance, bool(session.join_url), announced is not None)
    return Text(title, f"{_facts(tongue, session)}. {step}")


def joint_text(tongue: Tongue, session: KnownSession, ends: datetime, zone: ZoneInfo) -> Text:
    """The session that the therapist is in `ends` then, and this one begins at once, or nearly so. Names nobody."""
    # Translators: {ends} and {clock} are times of day: of the session that goes on, and of the one that follows it.
    title = tongue.gettext(
        "Session ends at {ends}, the next begins at {clock}",
        ends=tongue.clock(ends, zone),
        clock=tongue.clock(session.start, zone),
    )
    # Translators: {facts} is about the next session: "50 min, video".
    body = tongue.gettext(
        "Then: {facts}. One answer ends this one and starts the next.", facts=_facts(tongue, session)
    )
    return Text(title, body)


def cue_text(
    tongue: Tongue, session: KnownSession, then: datetime | None, now: datetime, zone: ZoneInfo
) -> Text:
    """A silent word before the end of a session: somebody else may see the screen, so it names nobody."""
    left = timedelta(minutes=max(1, round((session.end - now) / timedelta(minutes=1))))
    # Translators: {span} is how long the present session still lasts: "5 min".
    title = tongue.gettext("{span} to the end", span=tongue.span(left))
    ends = tongue.gettext("Session ends at {clock}.", clock=tongue.clock(session.end, zone))
    if then is not None:
        after = tongue.gettext("The next begins at {clock}.", clock=tongue.clock(then, zone))
    else:
        # Translators: the quoted words are the label of the notice's button.
        after = tongue.gettext("Say “Session over” when it is.")
    return Text(title, f"{ends} {after}")


def late_text(tongue: Tongue, announced: datetime, zone: ZoneInfo) -> Text:
    """A draft for the client of a therapist who is running late: theirs to change and to send. Promises no cause."""
    # Translators: heads the draft, for the therapist. Nothing is sent by the program.
    title = tongue.gettext("A message for your client, if you want to send one:")
    # Translators: from the therapist to the client. A fact and a regret; no reason, no excuse.
    body = tongue.gettext(
        "I am running late, and will be with you at {clock}. I am sorry for the wait.",
        clock=tongue.clock(announced, zone),
    )
    return Text(title, body)


def noted_text(tongue: Tongue, announced: datetime, zone: ZoneInfo) -> Text:
    """ "Running late" was heard: until when it is quiet, and the draft."""
    # Translators: confirms that the therapist said to be late. {clock} is the start that was announced.
    title = tongue.gettext("Noted: you begin at {clock}", clock=tongue.clock(announced, zone))
    draft = late_text(tongue, announced, zone).body
    # Translators: {draft} is the whole message to the client.
    return Text(title, tongue.gettext("You may send: {draft}", draft=draft))


def question_text(tongue: Tongue, sessions: Sequence[KnownSession], zone: ZoneInfo, show: Show) -> Text:
    """The question about sessions of which nothing is known: a question, never an accusation."""
    if len(sessions) > 1:
        return _several_text(tongue, sessions, zone)
    (session,) = sessions
    clock = tongue.clock(session.start, zone)
    if session.cancelled:
        return Text(
            tongue.gettext("The session at {clock} is gone from the calendar. Is that right?", clock=clock),
            tongue.gettext("It reminds no more. If it takes place, put it back into the calendar."),
        )
    # Translators: after the question: the therapist answers it by typing this command into a terminal.
    body = tongue.gettext("Say it with: kepthour settle")
    if show is Show.ALIAS and session.client:
        who = session.client.reveal()
        asked = tongue.gettext("No check-in for {clock} ({client}). What happened?", clock=clock, client=who)
    else:
        # Translators: about a session that began at {clock}. A question, never an accusation: perhaps it was held.
        asked = tongue.gettext("No check-in for {clock}. What happened?", clock=clock)
    return Text(asked, body)


def _several_text(tongue: Tongue, sessions: Sequence[KnownSession], zone: ZoneInfo) -> Text:
    clocks = ", ".join(tongue.clock(session.start, zone) for session in sessions)
    # Translators: always two or more. A question, never an accusation: perhaps they were held.
    asked = tongue.ngettext(
        "{count} session without a check-in. What happened?",
        "{count} sessions without a check-in. What happened?",
        len(sessions),
    )
    # Translators: {clocks} is a list: "10:00, 11:00".
    return Text(asked, tongue.gettext("They began at {clocks}. Say it with: kepthour settle", clocks=clocks))


def sweep_text(tongue: Tongue, asked: Sequence[KnownSession], zone: ZoneInfo, *, whole_day: bool) -> Text:
    """Sessions that are over, and of which nobody said what became: after one session, or in the evening."""
    clocks = ", ".join(tongue.clock(session.start, zone) for session in asked)
    if not whole_day:
        return Text(
            tongue.gettext("The session of {clock} is over. Was it held?", clock=clocks),
            tongue.gettext("Say it with: kepthour settle"),
        )
    title = tongue.ngettext(
        "{count} session of today is not accounted for",
        "{count} sessions of today are not accounted for",
        len(asked),
    )
    # Translators: {clocks} is one time of day, or a list: "10:00, 11:00".
    body = tongue.gettext("Begun at {clocks}. Say what became of them: kepthour sweep", clocks=clocks)
    return Text(title, body)


def digest_text(
    tongue: Tongue,
    rung: str,
    sessions: Sequence[KnownSession],
    zone: ZoneInfo,
    troubled: Mapping[str, Freshness],
    silent: int = 0,
) -> Text:
    """The evening's or morning's digest: how many, the first start, and which calendars (by name) are not in sync.

    `silent` counts the sessions of that day that stand in a leave.
    """
    title = _day_title(tongue, rung, len(sessions), tongue.clock(sessions[0].start, zone))
    parts = [_silent(tongue, silent)] if silent else []
    if troubled:
        them = ", ".join(f"{name} ({_short(tongue, state)})" for name, state in troubled.items())
        # Translators: {calendars} is a list with the trouble of each: "practice (not in sync), ehr (sign in again)".
        parts.append(
            tongue.gettext("This may be incomplete: {calendars}. See: kepthour status.", calendars=them)
        )
    else:
        parts.append(tongue.gettext("All calendars are in sync. See the day with: kepthour agenda."))
    return Text(title, " ".join(parts))


def _silent(tongue: Tongue, count: int) -> str:
    # Translators: besides the sessions that the digest counts; the therapist is away for a part of that day.
    return tongue.ngettext(
        "{count} more stands in your leave: move or cancel it.",
        "{count} more stand in your leave: move or cancel them.",
        count,
    )


def away_text(tongue: Tongue, rung: str, count: int, first: datetime, zone: ZoneInfo) -> Text:
    """A digest of a day on which the therapist is away, and sessions stand in the calendar all the same."""
    if rung == "digest-evening":
        title = tongue.ngettext(
            "You are away tomorrow, and {count} session stands in the calendar",
            "You are away tomorrow, and {count} sessions stand in the calendar",
            count,
        )
    else:
        title = tongue.ngettext(
            "You are away today, and {count} session stands in the calendar",
            "You are away today, and {count} sessions stand in the calendar",
            count,
        )
    body = tongue.gettext(
        "The first at {clock}. Move or cancel; or you are back: kepthour away --end.",
        clock=tongue.clock(first, zone),
    )
    return Text(title, body)


def calendar_text(
    tongue: Tongue,
    calendar: str,
    state: Freshness,
    last_good: datetime | None,
    problem: str,
    coming: datetime | None,
    zone: ZoneInfo,
) -> Text:
    """A calendar that cannot be trusted: since when, why, and what to do. `problem` comes from an error, in English."""
    if state is Freshness.SIGN_IN_NEEDED:
        title = tongue.gettext("Calendar {calendar}: sign in again", calendar=calendar)
    else:
        title = tongue.gettext("Calendar {calendar} is not in sync", calendar=calendar)
    said = [_since(tongue, last_good, zone)]
    if coming:
        clock = tongue.clock(coming, zone)
        # Translators: "it" at the end is the session, which may have been moved or cancelled since the last sync.
        said.append(
            tongue.gettext("A session at {clock} is known from it; it may have changed.", clock=clock)
        )
    return Text(title, " ".join([*said, problem]).strip())


def lost_track_text(tongue: Tongue, session: KnownSession, zone: ZoneInfo) -> Text:
    """The auditor could not mend what is wrong with a session's reminders."""
    clock = tongue.clock(session.start, zone)
    title = tongue.gettext("Look at your calendar: the session at {clock}", clock=clock)
    return Text(title, tongue.gettext("Kept Hour may not remind you of it as it should. See: kepthour log."))


def store_text(tongue: Tongue, what: str, remedy: str) -> Text:
    """The store cannot be used: what is wrong, what to do (both from an error, in English); reminders go on."""
    said = tongue.gettext("Reminders go on from memory.")
    return Text(tongue.gettext("Kept Hour cannot store anything"), f"{what} {remedy} {said}")


def store_busy_text(tongue: Tongue) -> Text:
    """The store cannot be used, since another program holds it."""
    return store_text(
        tongue,
        tongue.gettext("The store has been busy for a while."),
        tongue.gettext("End the program that holds it open, a backup perhaps."),
    )


def store_works_text(tongue: Tongue) -> Text:
    """The store can be used again."""
    title = tongue.gettext("Kept Hour can store again")
    return Text(title, tongue.gettext("Nothing is lost. See: kepthour log."))


def rescued_text(tongue: Tongue, aside: str | None, answers: int) -> Text:
    """A damaged store was kept aside, or was gone (None), and the calendars are read anew."""
    if aside is None:
        title = tongue.gettext("Kept Hour's store was gone")
        said = tongue.ngettext(
            "{count} answer of yours could be saved. Look at today: kepthour agenda.",
            "{count} answers of yours could be saved. Look at today: kepthour agenda.",
            answers,
        )
        return Text(title, said)
    title = tongue.gettext("Kept Hour's store was damaged")
    # Translators: {aside} is the name under which the damaged file is kept.
    said = tongue.ngettext(
        "It is kept as {aside}; {count} answer of yours could be saved. Look at today: kepthour agenda.",
        "It is kept as {aside}; {count} answers of yours could be saved. Look at today: kepthour agenda.",
        answers,
        aside=aside,
    )
    return Text(title, said)


def bare_text(tongue: Tongue, start: datetime, zone: ZoneInfo) -> Text:
    """A session of which only the start is known."""
    title = tongue.gettext("Session at {clock}", clock=tongue.clock(start, zone))
    return Text(title, tongue.gettext("More could not be read. Look into your calendar."))


def check_text(tongue: Tongue) -> Text:
    """A notice that proves that notices arrive."""
    title = tongue.gettext("Kept Hour: this is a test")
    return Text(title, tongue.gettext("Reminders reach you this way. There is nothing to do."))


def _day_title(tongue: Tongue, rung: str, count: int, clock: str) -> str:
    if rung == "digest-evening":
        return tongue.ngettext(
            "Tomorrow: {count} session, the first at {clock}",
            "Tomorrow: {count} sessions, the first at {clock}",
            count,
            clock=clock,
        )
    return tongue.ngettext(
        "Today: {count} session, the first at {clock}",
        "Today: {count} sessions, the first at {clock}",
        count,
        clock=clock,
    )


def _short(tongue: Tongue, state: Freshness) -> str:
    if state is Freshness.SIGN_IN_NEEDED:
        return tongue.pgettext("calendar", "sign in again")
    return tongue.pgettext("calendar", "not in sync")


def _since(tongue: Tongue, last_good: datetime | None, zone: ZoneInfo) -> str:
    if last_good is None:
        return tongue.gettext("It was never in sync.")
    weekday, clock = tongue.weekday(last_good, zone), tongue.clock(last_good, zone)
    return tongue.gettext("Last good sync: {weekday} {clock}.", weekday=weekday, clock=clock)


def _name(tongue: Tongue, session: KnownSession, zone: ZoneInfo, show: Show) -> str:
    clock = tongue.clock(session.start, zone)
    if show is Show.ALIAS and session.client:
        who = session.client.reveal()
        return tongue.gettext("Session with {client} at {clock}", client=who, clock=clock)
    return tongue.gettext("Session at {clock}", clock=clock)


def _facts(tongue: Tongue, session: KnownSession) -> str:
    span = tongue.span(session.end - session.start)
    # Translators: how long a session is, and that it is held by video.
    return tongue.gettext("{span}, video", span=span) if session.join_url else span


def _when(tongue: Tongue, session: str, distance: timedelta) -> str:
    if distance < timedelta():
        # Translators: {session} is "Session at 14:00" or "Session with AB at 14:00"; {span} is "5 min".
        return tongue.gettext("{session} starts in {span}", session=session, span=tongue.span(distance))
    if not distance:
        return tongue.gettext("{session} starts now", session=session)
    return tongue.gettext("{session} began {span} ago", session=session, span=tongue.span(distance))


def _next_step(tongue: Tongue, distance: timedelta, has_link: bool, announced: bool) -> str:
    """What to do now. What stands in quotes is said by a button: see `core/notice.py`."""
    if announced:
        return _as_announced(tongue, distance)
    if distance < timedelta(minutes=-30):
        return tongue.gettext("Plan your way there.")
    if distance < timedelta(minutes=-5):
        return tongue.gettext("Finish what you are doing and get ready.")
    if distance < timedelta():
        return _go(tongue, has_link)
    if not distance:
        # Translators: “I'm here” is the label of a button; quote yours as it stands there.
        return tongue.gettext("Check in: say “I'm here”.")
    if distance < timedelta(minutes=2):
        return tongue.gettext("Your client is waiting. Check in.")
    if distance < timedelta(minutes=5):
        # Translators: perhaps the therapist is there, and only forgot to say so. “I'm here” is the label of a button.
        return tongue.gettext("Still no check-in. Go now, then say “I'm here”.")
    # Translators: perhaps the therapist is there, and only forgot to say so.
    return tongue.gettext("Running late? Say so, or check in with “I'm here”.")


def _as_announced(tongue: Tongue, distance: timedelta) -> str:
    if not distance:
        # Translators: the therapist said "ten minutes late", and these are over.
        return tongue.gettext("This is the time you announced. Check in when you are there.")
    return tongue.gettext("Check in.")


def _go(tongue: Tongue, has_link: bool) -> str:
    if has_link:
        # Translators: a few minutes before the start. “I'm here” is the label of a button.
        return tongue.gettext("Join now, or say “I'm here”.")
    return tongue.gettext("Go there now, and say “I'm here”.")

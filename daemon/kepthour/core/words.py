"""Every text a notice can have, in one place: short, with something to do in each, and no client by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.freshness import Freshness
from kepthour.core.spans import spoken

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
        return f"{self.title}{'' if self.title.endswith('?') else '.'} {self.body}"


def rung_text(
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
    title = f"{_name(session, zone, show)} {_when(distance)}"
    return Text(
        title, f"{_facts(session)}. {_next_step(distance, bool(session.join_url), announced is not None)}"
    )


def joint_text(session: KnownSession, ends: datetime, zone: ZoneInfo) -> Text:
    """The session that the therapist is in `ends` then, and this one begins at once, or nearly so. Names nobody."""
    title = f"Session ends at {_clock(ends, zone)}, the next begins at {_clock(session.start, zone)}"
    return Text(title, f"Then: {_facts(session)}. One answer ends this one and starts the next.")


def cue_text(session: KnownSession, then: datetime | None, now: datetime, zone: ZoneInfo) -> Text:
    """A silent word before the end of a session: somebody else may see the screen, so it names nobody."""
    left = timedelta(minutes=max(1, round((session.end - now) / timedelta(minutes=1))))
    after = f" The next begins at {_clock(then, zone)}." if then else " Say “It is over” when it is."
    return Text(f"{spoken(left)} to the end", f"Session ends at {_clock(session.end, zone)}.{after}")


def question_text(sessions: Sequence[KnownSession], zone: ZoneInfo, show: Show) -> Text:
    """The question about sessions of which nothing is known: a question, never an accusation."""
    if len(sessions) == 1 and sessions[0].cancelled:
        gone = f"The session at {_clock(sessions[0].start, zone)} is gone from the calendar. Is that right?"
        return Text(gone, "It reminds no more. If it takes place, put it back into the calendar.")
    if len(sessions) == 1:
        name = _clock(sessions[0].start, zone)
        who = f" ({sessions[0].client.reveal()})" if show is Show.ALIAS and sessions[0].client else ""
        return Text(f"No check-in for {name}{who}. What happened?", "Say it with: kepthour settle")
    times = ", ".join(_clock(session.start, zone) for session in sessions)
    return Text(
        f"{len(sessions)} sessions without a check-in: {times}. What happened?",
        "Say it with: kepthour settle",
    )


def digest_text(
    rung: str, sessions: Sequence[KnownSession], zone: ZoneInfo, troubled: Mapping[str, Freshness]
) -> Text:
    """The evening's or morning's digest: how many, the first start, and which calendars (by name) are not in sync."""
    day = "Tomorrow" if rung == "digest-evening" else "Today"
    count = len(sessions)
    title = (
        f"{day}: {count} session{'s' if count != 1 else ''}, the first at {_clock(sessions[0].start, zone)}"
    )
    if troubled:
        them = ", ".join(f"{name} ({_short(state)})" for name, state in troubled.items())
        return Text(title, f"This may be incomplete: {them}. See: kepthour status.")
    return Text(title, "All calendars are in sync. See the day with: kepthour agenda.")


def away_text(rung: str, count: int, first: datetime, zone: ZoneInfo) -> Text:
    """A digest of a day on which the therapist is away, and sessions stand in the calendar all the same."""
    day = "tomorrow" if rung == "digest-evening" else "today"
    them = f"{count} sessions stand" if count != 1 else "a session stands"
    title = f"You are away {day}, and {them} in the calendar"
    return Text(
        title, f"The first at {_clock(first, zone)}. Move or cancel; or you are back: kepthour away --end."
    )


def calendar_text(
    calendar: str,
    state: Freshness,
    last_good: datetime | None,
    problem: str,
    coming: datetime | None,
    zone: ZoneInfo,
) -> Text:
    """A calendar that cannot be trusted: since when, why, and what to do."""
    again = state is Freshness.SIGN_IN_NEEDED
    title = f"Calendar {calendar}: sign in again" if again else f"Calendar {calendar} is not in sync"
    since = (
        f"Last good sync: {last_good.astimezone(zone):%a %H:%M}." if last_good else "It was never in sync."
    )
    near = f" A session at {_clock(coming, zone)} is known from it; it may have changed." if coming else ""
    return Text(title, f"{since}{near} {problem}".strip())


def lost_track_text(session: KnownSession, zone: ZoneInfo) -> Text:
    """The auditor could not mend what is wrong with a session's reminders."""
    title = f"Look at your calendar: the session at {_clock(session.start, zone)}"
    return Text(title, "Kept Hour may not remind you of it as it should. See: kepthour log.")


def store_text(what: str, remedy: str) -> Text:
    """The store cannot be used: what is wrong, what to do, and that reminders go on."""
    return Text("Kept Hour cannot store anything", f"{what} {remedy} Reminders go on from memory.")


def store_works_text() -> Text:
    """The store can be used again."""
    return Text("Kept Hour can store again", "Nothing is lost. See: kepthour log.")


def rescued_text(aside: str | None, answers: int) -> Text:
    """A damaged store was kept aside, or was gone (None), and the calendars are read anew."""
    what = "damaged" if aside else "gone"
    kept = f"It is kept as {aside}; " if aside else ""
    saved = f"{answers} answer{'' if answers == 1 else 's'} of yours could be saved"
    return Text(f"Kept Hour's store was {what}", f"{kept}{saved}. Look at today: kepthour agenda.")


def bare_text(start: datetime, zone: ZoneInfo) -> Text:
    """A session of which only the start is known."""
    return Text(f"Session at {_clock(start, zone)}", "More could not be read. Look into your calendar.")


def check_text() -> Text:
    """A notice that proves that notices arrive."""
    return Text("Kept Hour: this is a test", "Reminders reach you this way. There is nothing to do.")


def _short(state: Freshness) -> str:
    return "sign in again" if state is Freshness.SIGN_IN_NEEDED else "not in sync"


def _name(session: KnownSession, zone: ZoneInfo, show: Show) -> str:
    who = f" with {session.client.reveal()}" if show is Show.ALIAS and session.client else ""
    return f"Session{who} at {_clock(session.start, zone)}"


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    moment = instant.astimezone(zone)
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def _facts(session: KnownSession) -> str:
    return spoken(session.end - session.start) + (", video" if session.join_url else "")


def _when(distance: timedelta) -> str:
    if distance < timedelta():
        return f"starts in {spoken(distance)}"
    return "starts now" if not distance else f"began {spoken(distance)} ago"


def _next_step(distance: timedelta, has_link: bool, announced: bool) -> str:
    if announced:
        return "This is the time you announced. Check in when you are there." if not distance else "Check in."
    if distance < timedelta(minutes=-30):
        return "Plan your way there."
    if distance < timedelta(minutes=-5):
        return "Finish what you are doing and get ready."
    if distance < timedelta():
        return "Join now, or say “I'm here”." if has_link else "Go there now, and say “I'm here”."
    if not distance:
        return "Check in: say “I'm here”."
    if distance < timedelta(minutes=2):
        return "Your client is waiting. Check in."
    if distance < timedelta(minutes=5):
        return "Still no check-in. Go now, then say “I'm here”."
    return "You are late. Say “Running late”, or check in."

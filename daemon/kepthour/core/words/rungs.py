"""What rungs and end cues say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Show, Text

_PUNCTUAL = timedelta(seconds=20)


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
    distance = _distance(offset, now - anchor)
    length, has_link = session.end - session.start, bool(session.join_url)
    words = rung_words(tongue, distance, length, has_link=has_link, announced=announced is not None)
    return words.about(session_name(tongue, session, anchor, zone, show))


@dataclass(frozen=True, slots=True)
class RungWords:
    """What a rung says of all sessions that are as long and held alike: everything but which session it is."""

    tongue: Tongue
    distance: timedelta  # from the start
    span: str  # the same, in words
    body: str

    def about(self, name: str) -> Text:
        """Of one session, as `session_name` calls it."""
        return Text(_when(self.tongue, name, self.distance, self.span), self.body)


def rung_words(
    tongue: Tongue, distance: timedelta, length: timedelta, *, has_link: bool, announced: bool = False
) -> RungWords:
    """The words of a rung at `distance` from the start; `announced`: from the one that a "running late" promised."""
    step = _next_step(tongue, distance, has_link, announced)
    return RungWords(tongue, distance, tongue.span(distance), f"{_facts(tongue, length, has_link)}. {step}")


def opening_text(
    tongue: Tongue, session: KnownSession, offset: timedelta, now: datetime, zone: ZoneInfo, show: Show
) -> Text:
    """The opening cue: how to begin, at the first meeting after a miss. Somebody else may read it: it tells nothing."""
    name = session_name(tongue, session, session.start, zone, show)
    distance = _distance(offset, now - session.start)
    title = _when(tongue, name, distance, tongue.span(distance))
    # Translators: to a therapist, before the session with a client whom they let wait the last time.
    body = tongue.gettext(
        "{facts}. Begin with what happened, in one sentence; then hear how it was. No reasons unless asked.",
        facts=_facts_of(tongue, session),
    )
    return Text(title, body)


def _distance(offset: timedelta, actual: timedelta) -> timedelta:
    """From the start: as it was meant to be, if it is nearly so."""
    distance = offset if abs(actual - offset) <= _PUNCTUAL else actual
    return timedelta(seconds=round(distance.total_seconds()))


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
        "Then: {facts}. One answer ends this one and starts the next.", facts=_facts_of(tongue, session)
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


def bare_text(tongue: Tongue, start: datetime, zone: ZoneInfo) -> Text:
    """A session of which only the start is known."""
    title = tongue.gettext("Session at {clock}", clock=tongue.clock(start, zone))
    return Text(title, tongue.gettext("More could not be read. Look into your calendar."))


def session_name(tongue: Tongue, session: KnownSession, anchor: datetime, zone: ZoneInfo, show: Show) -> str:
    """What a session is called that begins, or is now to begin, at `anchor`."""
    clock = tongue.clock(anchor, zone)
    if show is Show.ALIAS and session.client:
        who = session.client.reveal()
        return tongue.gettext("Session with {client} at {clock}", client=who, clock=clock)
    return tongue.gettext("Session at {clock}", clock=clock)


def _facts_of(tongue: Tongue, session: KnownSession) -> str:
    return _facts(tongue, session.end - session.start, bool(session.join_url))


def _facts(tongue: Tongue, length: timedelta, has_link: bool) -> str:
    span = tongue.span(length)
    # Translators: how long a session is, and that it is held by video.
    return tongue.gettext("{span}, video", span=span) if has_link else span


def _when(tongue: Tongue, session: str, distance: timedelta, span: str) -> str:
    if distance < timedelta():
        # Translators: {session} is "Session at 14:00" or "Session with AB at 14:00"; {span} is "5 min".
        return tongue.gettext("{session} starts in {span}", session=session, span=span)
    if not distance:
        return tongue.gettext("{session} starts now", session=session)
    return tongue.gettext("{session} began {span} ago", session=session, span=span)


def _next_step(tongue: Tongue, distance: timedelta, has_link: bool, announced: bool) -> str:
    """What to do now. What stands in quotes is said by a button: see `core/offers.py`."""
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

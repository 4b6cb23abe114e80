"""What is said of calendars, sessions and stores that are in trouble."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.freshness import Freshness
from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Text


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


def _since(tongue: Tongue, last_good: datetime | None, zone: ZoneInfo) -> str:
    if last_good is None:
        return tongue.gettext("It was never in sync.")
    weekday, clock = tongue.weekday(last_good, zone), tongue.clock(last_good, zone)
    return tongue.gettext("Last good sync: {weekday} {clock}.", weekday=weekday, clock=clock)


def lost_track_text(tongue: Tongue, session: KnownSession, zone: ZoneInfo) -> Text:
    """The auditor could not mend what is wrong with a session's reminders."""
    clock = tongue.clock(session.start, zone)
    title = tongue.gettext("Look at your calendar: the session at {clock}", clock=clock)
    return Text(title, tongue.gettext("Kept Hour may not remind you of it as it should. See: kepthour log."))


def store_text(tongue: Tongue, what: str, remedy: str) -> Text:
    """The store cannot be used: what is wrong, what to do (both from an error, in English); reminders go on."""
    said = tongue.gettext("Reminders go on from memory.")
    return Text(tongue.gettext("Kept Hour cannot store anything"), f"{what} {remedy} {said}")


def key_text(tongue: Tongue, what: str, remedy: str) -> Text:
    """The key of an encrypted store is not to be had (both from an error, in English), and nothing is known yet."""
    said = tongue.gettext("Until then nothing can remind you.")
    return Text(tongue.gettext("Kept Hour cannot read its store"), f"{what} {remedy} {said}")


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


def check_text(tongue: Tongue) -> Text:
    """A notice that proves that notices arrive."""
    title = tongue.gettext("Kept Hour: this is a test")
    return Text(title, tongue.gettext("Reminders reach you this way. There is nothing to do."))

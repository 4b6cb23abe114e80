"""The questions about sessions of which nobody said what became: questions, never accusations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Show, Text


def question_text(
    tongue: Tongue, sessions: Sequence[KnownSession], zone: ZoneInfo, show: Show, now: datetime
) -> Text:
    """The question, asked at `now`, about sessions of which nothing is known: a question, never an accusation."""
    if len(sessions) > 1:
        return _several_text(tongue, sessions, zone, now)
    (session,) = sessions
    clock = tongue.when(session.start, zone, now)
    if session.cancelled:
        return Text(
            tongue.gettext("The session at {clock} is gone from the calendar. Is that right?", clock=clock),
            tongue.gettext("It reminds no more. If it takes place, put it back into the calendar."),
        )
    body = _all_answers(tongue)
    if show is Show.ALIAS and session.client:
        who = session.client.reveal()
        asked = tongue.gettext("No check-in for {clock} ({client}). What happened?", clock=clock, client=who)
    else:
        # Translators: about a session that began at {clock}. A question, never an accusation: perhaps it was held.
        asked = tongue.gettext("No check-in for {clock}. What happened?", clock=clock)
    return Text(asked, body)


def _several_text(tongue: Tongue, sessions: Sequence[KnownSession], zone: ZoneInfo, now: datetime) -> Text:
    clocks = tongue.whens([session.start for session in sessions], zone, now)
    # Translators: {clocks} is a list: "10:00, 11:00", or of other days: "Mon 10:00, 11:00, Tue 09:00".
    body = tongue.gettext("They began at {clocks}. Go through them with: kepthour sweep", clocks=clocks)
    return Text(_without_a_check_in(tongue, len(sessions)), body)


def _without_a_check_in(tongue: Tongue, count: int) -> str:
    # Translators: mostly two or more. A question, never an accusation: perhaps they were held.
    return tongue.ngettext(
        "{count} session without a check-in. What happened?",
        "{count} sessions without a check-in. What happened?",
        count,
    )


def _all_answers(tongue: Tongue) -> str:
    # Translators: after a question, perhaps with buttons for the most usual answers; this command, typed into a
    # terminal, takes them all.
    return tongue.gettext("All answers: kepthour settle")


def sweep_text(
    tongue: Tongue, asked: Sequence[KnownSession], zone: ZoneInfo, now: datetime, *, whole_day: bool
) -> Text:
    """Sessions that are over, and of which nobody said what became: after one session, or in the evening.

    Told on another day (after a night, past midnight), it says of which.
    """
    clocks = tongue.whens([session.start for session in asked], zone, now)
    if not whole_day:
        return Text(
            tongue.gettext("The session of {clock} is over. Was it held?", clock=clocks),
            _all_answers(tongue),
        )
    if asked[0].start.astimezone(zone).date() == now.astimezone(zone).date():
        title = tongue.ngettext(
            "{count} session of today is not accounted for",
            "{count} sessions of today are not accounted for",
            len(asked),
        )
    else:
        title = _without_a_check_in(tongue, len(asked))
    # Translators: {clocks} is one time of day, or a list: "10:00, 11:00".
    body = tongue.gettext("Begun at {clocks}. Say what became of them: kepthour sweep", clocks=clocks)
    return Text(title, body)


def over_text(tongue: Tongue) -> Text:
    """To whoever answers on a telephone after the end of a session."""
    return Text(
        tongue.gettext("That session is over"),
        tongue.gettext("Your answer came after its end, and changed nothing. What happened? kepthour settle"),
    )

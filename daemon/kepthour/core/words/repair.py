"""What a repair card says while nothing is done about it: an offer of help, never a reproach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.nudges import LANDING, NUDGE, is_about_contact
from kepthour.core.tongue import Tongue
from kepthour.core.words.text import Text


def nudge_text(
    tongue: Tongue,
    rung: str,
    card: int,
    start: datetime,
    steps: Sequence[int],
    zone: ZoneInfo,
    now: datetime,
) -> Text:
    """About the steps with the numbers `steps`, at least one, of the repair card with the number `card`.

    `start` is when the session should have begun; of the question how it landed, when they met.
    """
    clock = tongue.when(start, zone, now)
    if is_about_contact(rung):
        return _contact(tongue, rung, card, clock)
    if rung == LANDING:
        return _landing(tongue, card, clock)
    title = tongue.ngettext(
        # Translators: {clock} is when the session should have begun: "14:00", or "Tue 14:00".
        "Repair after {clock}: {count} step is due",
        "Repair after {clock}: {count} steps are due",
        len(steps),
        clock=clock,
    )
    # Translators: {step} is a sentence: "Offer a few times for another session."
    body = tongue.gettext("{step} See: kepthour repair {card}", step=_next(tongue, steps[0]), card=card)
    return Text(title, body)


def _contact(tongue: Tongue, rung: str, card: int, clock: str) -> Text:
    if rung == NUDGE:
        return Text(
            # Translators: {clock} is when the session should have begun.
            tongue.gettext("Has the client of {clock} heard from you?", clock=clock),
            tongue.gettext(
                "A call is best; say first what happened. What helps: kepthour repair {card}", card=card
            ),
        )
    if rung == f"{NUDGE}-30m":
        return Text(
            tongue.gettext("The client of {clock} may still be waiting for a word", clock=clock),
            tongue.gettext("Two sentences are enough for now: kepthour repair {card} draft", card=card),
        )
    return Text(
        tongue.gettext("Is there a word to the client of {clock} yet?", clock=clock),
        # Translators: two commands, to be typed into a terminal.
        tongue.gettext(
            "If so: kepthour repair {card} step 1 done. If it cannot be: kepthour repair {card} step 1 skip",
            card=card,
        ),
    )


def _landing(tongue: Tongue, card: int, clock: str) -> Text:
    return Text(
        # Translators: {clock} is when they met, for the first time after a session that the therapist missed.
        tongue.gettext("How did the session of {clock} land?", clock=clock),
        tongue.gettext(
            "Ask once how it was, and leave it at that. Then: kepthour repair {card} step 8 done", card=card
        ),
    )


def _next(tongue: Tongue, step: int) -> str:
    match step:
        case 1:
            return tongue.gettext("The client should hear from you.")
        case 2:
            return tongue.gettext("Hear how it was for them.")
        case 3:
            return tongue.gettext("Say that you are sorry, and leave it at that.")
        case 4:
            return tongue.gettext("If it helps, say why in one sentence.")
        case 5:
            return tongue.gettext("Say what will be different.")
        case 6:
            return tongue.gettext("Offer a few times for another session.")
        case 7:
            return tongue.gettext("Find the cause, and change one thing.")
        case 8:
            return tongue.gettext("Ask how it landed.")
        case _:
            return tongue.gettext("Take it to supervision.")

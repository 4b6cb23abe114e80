"""The answers that a notice offers, with their labels, and how to give them where there are no buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kepthour.core.changes import KnownSession
from kepthour.core.notice import LATE, SNOOZE, Action, Key, Notice
from kepthour.core.replies import SAYS
from kepthour.core.response import EARLIEST_CHECK_IN
from kepthour.core.tongue import Tongue

# What to type instead of pressing a button: the first that is offered.
_COMMANDS = {Key.HERE: "here", Key.ACK: "ack", Key.SNOOZE: "snooze", Key.OUT: "out"}


def offers(tongue: Tongue, session: KnownSession, now: datetime) -> tuple[Action, ...]:
    here, on_my_way = (action(tongue, key) for key in (Key.HERE, Key.ACK))
    snooze = action(tongue, Key.SNOOZE)
    if session.start - SNOOZE <= now < session.start:
        snooze = replace(snooze, full=label_until_start(tongue))
    join = (action(tongue, Key.JOIN),) if session.join_url else ()
    if now < session.start - EARLIEST_CHECK_IN:
        return (on_my_way, snooze)
    if now < session.start:
        return (*join, here, on_my_way, snooze)
    # Of a very short session it would be over by then, and the answer refused.
    late = (action(tongue, Key.LATE),) if now + LATE < session.end else ()
    return (*join, here, *late)


def replies(tongue: Tongue) -> tuple[Action, ...]:
    """To the question what became of a session. No "I'm here": that counts from now, and would make them late."""
    return tuple(action(tongue, key) for key in SAYS)


def action(tongue: Tongue, key: Key) -> Action:
    return Action(key, label(tongue, key))


def label(tongue: Tongue, key: Key) -> str:
    match key:
        case Key.HERE:
            # Translators: the labels of buttons are short. This one checks the therapist in.
            return tongue.pgettext("button", "I'm here")
        case Key.ACK:
            # Translators: the therapist has seen the reminder, and goes there.
            return tongue.pgettext("button", "On my way")
        case Key.SNOOZE:
            # Translators: remind again in a few minutes.
            return tongue.pgettext("button", "Snooze")
        case Key.LATE:
            # Translators: the therapist will come that much later than planned.
            return tongue.pgettext("button", "{minutes} min late", minutes=LATE.seconds // 60)
        case Key.JOIN:
            # Translators: opens the video room.
            return tongue.pgettext("button", "Join")
        case Key.OUT:
            # Translators: this session is over.
            return tongue.pgettext("button", "Session over")
        case Key.HELD:
            # Translators: "Held", "Late", "No-show" and "I missed it" answer "What happened?", and stand in one row:
            # 28 characters together, or some desktops push the button that closes the notice off it.
            return tongue.pgettext("button", "Held")
        case Key.WAS_LATE:
            # Translators: the session was held, and the therapist came late.
            return tongue.pgettext("button", "Late")
        case Key.NO_SHOW:
            # Translators: the therapist was there, the client was not.
            return tongue.pgettext("button", "No-show")
        case Key.MISSED:
            # Translators: the therapist says of themselves that they did not come.
            return tongue.pgettext("button", "I missed it")


def label_of_both(tongue: Tongue) -> str:
    # Translators: one button: checks out of the session that ends, and in to the one that follows it.
    return tongue.pgettext("button", "End this, start next")


def label_until_start(tongue: Tongue) -> str:
    # Translators: remind again at the start, which is a few minutes away; only where there is room for it.
    return tongue.pgettext("button", "Snooze until start")


def with_hints(notice: Notice, tongue: Tongue) -> Notice:
    """Say how to answer without buttons, by the strongest answer that counts now."""
    offered = {action.key for action in notice.actions}
    if offered & SAYS.keys():
        # Translators: shown in brackets after a question that ends with a command, where buttons cannot be pressed.
        near = tongue.gettext("A click answers nothing: type it into a terminal.")
        # Translators: at the foot of a message on a telephone, or of a mail. A command stands before it.
        return replace(notice, hint=near, far_hint=tongue.gettext("Answer at the computer."))
    command = next((command for key, command in _COMMANDS.items() if key in offered), None)
    if command is None:
        return notice
    # Translators: shown in brackets after a notice whose buttons cannot be pressed.
    near = tongue.gettext("A click answers nothing. In a terminal: kepthour {command}", command=command)
    # Translators: at the foot of a message on a telephone, or of a mail.
    far = tongue.gettext("Answer at the computer: kepthour {command}", command=command)
    return replace(notice, hint=near, far_hint=far)

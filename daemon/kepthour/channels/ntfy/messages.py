"""Notice -> the JSON that ntfy publishes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kepthour.channels.ntfy.tickets import Ticket, name_of, sealed
from kepthour.core.ladder import Urgency
from kepthour.core.replies import SAYS
from kepthour.core.words.text import Text
from kepthour.ports import Key, Notice

_PRIORITY = {Urgency.PASSIVE: 2, Urgency.NORMAL: 3, Urgency.HIGH: 4, Urgency.CRITICAL: 5}
_TAGS = {Urgency.HIGH: ["alarm_clock"], Urgency.CRITICAL: ["rotating_light"]}
# Not JOIN: the room would open on the computer, far from whoever holds the phone. ntfy takes three buttons.
# Of the answers to a question "late" is the one that can be said later: it was held all the same.
_BUTTONS = (
    *(Key.HERE, Key.ACK, Key.SNOOZE, Key.LATE, Key.OUT),
    *(Key.HELD, Key.NO_SHOW, Key.MISSED, Key.WAS_LATE),
)
_MOST_BUTTONS = 3
_GRACE = timedelta(minutes=10)  # after the session's end
_GRACE_OF_REPLIES = timedelta(days=2)  # a question may come a day late, and is to be slept on
_MOST_BYTES = 3500  # of 4096: a longer one would become an attachment


@dataclass(frozen=True, slots=True)
class Return:
    """The way back for answers: the address of their topic, and what they are sealed with."""

    address: str = field(repr=False)
    secret: bytes = field(repr=False)


def document(notice: Notice, topic: str, back: Return | None, secret: bytes | None) -> dict[str, Any]:
    """What is published for `notice`. Without a way back it has no buttons, and says how to answer."""
    actions = _actions(notice, back) if back is not None else []
    found = {
        "topic": topic,
        "title": notice.title,
        "message": _cut(notice.text if actions else f"{notice.text}\n{notice.far_hint}".rstrip()),
        "priority": _PRIORITY[notice.urgency],
        "tags": _TAGS.get(notice.urgency, []),
        "actions": actions,
    }
    if secret is not None:
        found["sequence_id"] = name_of(notice.delivery, notice.subject, secret)
    return found


def too_late(topic: str, words: Text) -> dict[str, Any]:
    """What is said, in `words`, to whoever presses a button after its time."""
    return {
        "topic": topic,
        "title": words.title,
        "message": words.body,
        "priority": _PRIORITY[Urgency.PASSIVE],
    }


def _actions(notice: Notice, back: Return) -> list[dict[str, Any]]:
    if notice.end is None or not notice.delivery.isdecimal():
        return []
    end = notice.end.astimezone(UTC)
    offered = {action.key: action.label for action in notice.actions}
    keys = [key for key in _BUTTONS if key in offered][:_MOST_BUTTONS]
    tickets = (Ticket(notice.delivery, notice.subject, key, end + _grace(key)) for key in keys)
    return [_action(offered[ticket.key], ticket, back) for ticket in tickets]


def _grace(key: Key) -> timedelta:
    return _GRACE_OF_REPLIES if key in SAYS else _GRACE


def _action(label: str, ticket: Ticket, back: Return) -> dict[str, Any]:
    return {
        "action": "http",
        "label": label,
        "url": back.address,
        "method": "POST",
        "body": sealed(ticket, back.secret),
        "clear": True,
    }


def _cut(text: str) -> str:
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= _MOST_BYTES else raw[:_MOST_BYTES].decode("utf-8", "ignore") + "…"


def is_over(ticket: Ticket, given: datetime) -> bool:
    """Whether an answer given then comes too late. `given` is aware UTC."""
    return given > ticket.until

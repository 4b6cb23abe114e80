"""A mark of what a person writes into an event: if it is another one, somebody had the event in hand.

Left out is what changes without anybody's doing, or by somebody else's: stamps, which many feeds write anew at every
fetch; attendees, whose answers come in; the status, which a client's confirmation may change; alarms, which a device
notes as heard. And what is about other instances of its series: repetition and exceptions. Times are compared by
themselves.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Event

MARK = "X-KEPTHOUR-MARK"
STAMP = "LAST-MODIFIED"
_WRITTEN = (
    "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CONFERENCE", "X-GOOGLE-CONFERENCE", "CATEGORIES", "COLOR", "CLASS",
    "TRANSP",
)  # fmt: skip
LOOKED_AT = frozenset({STAMP, *_WRITTEN})


def mark(event: Event) -> str:
    """The mark of `event`: 16 hexadecimal digits, from which nothing can be read. Never raises."""
    lines = (f"{name}:{_written(event, name)}" for name in _WRITTEN)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _written(event: Event, name: str) -> str:
    """A property's values, whatever white space a server makes of them."""
    found = event.get(name)
    values = found if isinstance(found, list) else [] if found is None else [found]
    texts = (
        value if isinstance(value, str) else value.to_ical().decode("utf-8", "replace") for value in values
    )
    return "\n".join(" ".join(text.split()) for text in texts)

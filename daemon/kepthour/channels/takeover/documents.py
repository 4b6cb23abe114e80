"""What the daemon and the window's process say to each other: one JSON document a line, each way."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from kepthour.core.window import WindowWords


@dataclass(frozen=True, slots=True)
class Button:
    """An answer that is offered."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Show:
    """Show this, in the place of what stands there for its subject. `number` is never used twice."""

    number: int
    subject: str
    title: str
    text: str
    moment: float | None  # what the clock counts to, in seconds since 1970 UTC; None: no clock
    buttons: tuple[Button, ...]
    words: WindowWords


@dataclass(frozen=True, slots=True)
class Close:
    """Take away what was shown with this number; nothing, if something newer has taken its place."""

    number: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The process has a connection to a display; `platform` is Qt's name for its kind."""

    platform: str


@dataclass(frozen=True, slots=True)
class Unable:
    """The process cannot show anything, and ends: `library`, `plugin` or `display` is missing."""

    missing: str


@dataclass(frozen=True, slots=True)
class Shown:
    """It is on every screen, drawn."""

    number: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A button was pressed; the window has gone."""

    number: int
    key: str


@dataclass(frozen=True, slots=True)
class PutAway:
    """The window was put away. That is no answer."""

    number: int


Order = Show | Close
Word = Ready | Unable | Shown | Answered | PutAway
_WORDS: tuple[type[Word], ...] = (Ready, Unable, Shown, Answered, PutAway)


def line(document: Order | Word) -> bytes:
    """One document, with its end of line."""
    return json.dumps({"is": type(document).__name__, **asdict(document)}).encode() + b"\n"


def order(text: bytes) -> Order:
    """What the daemon wants. Raises ValueError, KeyError, TypeError."""
    said = json.loads(text)
    if said.pop("is") == "Close":
        return Close(**said)
    buttons = tuple(Button(**one) for one in said.pop("buttons"))
    return Show(buttons=buttons, words=WindowWords(**said.pop("words")), **said)


def word(text: bytes) -> Word:
    """What the window says. Raises ValueError, KeyError, TypeError."""
    said = json.loads(text)
    kind = {one.__name__: one for one in _WORDS}[said.pop("is")]
    return kind(**said)

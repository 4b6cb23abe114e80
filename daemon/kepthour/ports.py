"""The edges as small protocols. An extra ability is an extra protocol, never an optional method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from kepthour.core.errors import NeedsPerson
from kepthour.core.ladder import Urgency
from kepthour.core.notice import Action, Key, Notice
from kepthour.core.presence import Presence
from kepthour.core.privacy import Phi
from kepthour.core.spells import Sign
from kepthour.core.timekeeping import Reading
from kepthour.core.tongue import Tongue

__all__ = [
    "Action",
    "Answer",
    "Candid",
    "Channel",
    "ChannelFailed",
    "ChannelKind",
    "Clock",
    "EvidenceKind",
    "EvidenceSource",
    "GivesEvidence",
    "Housed",
    "Key",
    "Notice",
    "Observer",
    "ObserverKind",
    "Probeable",
    "Recallable",
    "Selective",
    "Slot",
    "Speaks",
    "Timed",
    "Witness",
]


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def read(self) -> Reading:
        """All clocks at once, to tell a sleep or a set clock from the passing of time."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A therapist's reaction to a notice, as a channel heard it."""

    delivery: str
    subject: str
    key: Key
    surface: str  # where it was given: the channel's name
    ago: timedelta = timedelta()  # so long before it was heard it was given: nobody listened at the time
    activation: str = (
        ""  # a token of the desktop's with which a program that is opened now may come to the front
    )


class ChannelFailed(NeedsPerson):
    """A notice was not accepted. `code` is a short word for the log; `what` and `remedy` are for people."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.code = code


class Channel(Protocol):
    """A way to reach the therapist. Lives on the event loop; never blocks it."""

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Get ready; `answered` is called on the event loop for every answer. Never fails: `send` does."""
        ...

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Hand `notice` over. Raises ChannelFailed if it was not accepted.

        `replaces` is the reference an earlier `send` for the same subject returned, perhaps from before a
        restart. Returns a reference of its own, or None where nothing can be replaced or recalled.
        The caller sets a deadline: expect to be cancelled.
        """
        ...

    async def close(self) -> None:
        """Let go of everything; open notices stay visible. May be called twice."""
        ...


@runtime_checkable
class Recallable(Protocol):
    """A channel that can take a notice back."""

    async def recall(self, reference: str) -> None:
        """Withdraw what `send` returned `reference` for. Never raises: it may be gone already."""
        ...


@runtime_checkable
class Probeable(Protocol):
    """A channel that can tell whether it would reach the therapist, without reaching them."""

    async def probe(self) -> None:
        """Look as far as can be seen. Called after `open`. Raises ChannelFailed with what `send` would say."""
        ...


@dataclass(frozen=True, slots=True)
class Surface:
    """What a channel shows its notices on."""

    name: str  # as it calls itself
    buttons: bool  # whether a notice has any there
    keeps_back: bool | None  # whether it shows nothing just now ("do not disturb"); None: that cannot be told


@runtime_checkable
class Surfaced(Protocol):
    """A channel that can tell on what its notices are shown."""

    async def surface(self) -> Surface:
        """As it is now. Called after `open`. Raises ChannelFailed."""
        ...


@runtime_checkable
class Housed(Protocol):
    """A channel that keeps something from one start of the daemon to the next."""

    def house(self, folder: Path, clock: Clock) -> None:
        """Told once, before `open`, by the daemon alone: a private folder, which the channel makes if it needs it.

        No I/O yet. A channel that was not told keeps nothing, and listens for no answers: another process looks at it.
        """
        ...


@runtime_checkable
class Speaks(Protocol):
    """A channel that shows a few words of its own around those of a notice."""

    def speak(self, tongue: Tongue) -> None:
        """Told once, before `open`: the language of notices. English is spoken until then."""
        ...


@runtime_checkable
class Timed(Protocol):
    """A channel that does something at later instants."""

    def keep_time(self, clock: Clock) -> None:
        """Told once, before `open`, by the daemon alone. A channel that was not told does nothing later."""
        ...


class ChannelKind(Protocol):
    """What an entry point in the group `kepthour.channels` names: a module or an object with these two.

    Importing it must be cheap: libraries that are slow to import belong inside `make`.
    """

    @property
    def Options(self) -> type[BaseModel]:  # noqa: N802  (it is a class, named as one)
        """The model of this kind's own configuration keys."""
        ...

    def make(self, name: str, options: Any) -> Channel:
        """A channel called `name` in the configuration, for validated `options`. Does no I/O yet."""
        ...


@runtime_checkable
class Selective(Protocol):
    """A kind of channel that by itself is not for everything."""

    @property
    def DEFAULT_URGENCY(self) -> Urgency:  # noqa: N802  (it is a constant of a module)
        """The lowest urgency that it takes, unless the configuration says otherwise."""
        ...


@dataclass(frozen=True, slots=True)
class Slot:
    """What a source of evidence is told of a session. Instants are aware UTC."""

    start: datetime
    end: datetime
    link: Phi  # that opens the video room; may be empty


class EvidenceSource(Protocol):
    """Something that may have seen the therapist in a session. Used by one thread at a time."""

    def can_tell(self, link: Phi) -> bool:
        """Whether it could know anything of a session with this join link. No I/O."""
        ...

    def presence(self, slot: Slot) -> Presence:
        """Whether and when the therapist was there. Blocks; what fails is UNKNOWN, with a code.

        The caller waits for 20 seconds, and takes UNKNOWN for the answer then.
        """
        ...


class EvidenceKind(Protocol):
    """What an entry point in the group `kepthour.evidence` names: a module or an object with this function.

    Importing it must be cheap: libraries that are slow to import belong inside `presence`.
    """

    def make(self, options: Any, name: str, data: Path) -> EvidenceSource:
        """A source for the calendar `name` with these options, and with `data` as its private folder. No I/O yet."""
        ...


class Observer(Protocol):
    """Something that sees what the therapist does on this machine, at the moment when it looks."""

    async def look(self) -> frozenset[Sign] | None:
        """The signs that there are now; None: it cannot tell. Lives on the event loop; never blocks it.

        The caller waits for 5 seconds; what is raised counts as None.
        """
        ...


@runtime_checkable
class Candid(Protocol):
    """An Observer that can say why it cannot look here."""

    async def obstacle(self) -> NeedsPerson | None:
        """What is in its way, and how to mend that; None: nothing. The caller waits for 5 seconds. Never raises."""
        ...


class ObserverKind(Protocol):
    """What an entry point in the group `kepthour.evidence` names, too: a source that an `[[evidence]]` table asks for.

    Importing it must be cheap: libraries that are slow to import belong inside `look`.
    """

    @property
    def Options(self) -> type[BaseModel]:  # noqa: N802  (it is a class, named as one)
        """The model of this kind's own configuration keys."""
        ...

    def observe(self, options: Any) -> Observer:
        """A source with these validated options. No I/O yet."""
        ...


@runtime_checkable
class GivesEvidence(Protocol):
    """Options of a calendar whose account may tell more than its events."""

    @property
    def evidence(self) -> str | None:
        """The kind of evidence (an entry point's name) that the therapist asked for; None: none."""
        ...


@dataclass(frozen=True, slots=True)
class Witness:
    """A source, and the kind under which its answers are kept."""

    kind: str
    source: EvidenceSource

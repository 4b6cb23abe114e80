"""The edges as small protocols. An extra ability is an extra protocol, never an optional method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from kepthour.core.errors import NeedsPerson
from kepthour.core.notice import Action, Key, Notice

__all__ = [
    "Action",
    "Answer",
    "Channel",
    "ChannelFailed",
    "ChannelKind",
    "Clock",
    "Key",
    "Notice",
    "Recallable",
]


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A therapist's reaction to a notice, as a channel heard it."""

    delivery: str
    subject: str
    key: Key
    surface: str  # where it was given: the channel's name


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

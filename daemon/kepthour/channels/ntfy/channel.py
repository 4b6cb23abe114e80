"""The channel: publishes notices, takes them back, and turns pressed buttons into answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from kepthour.channels.ntfy import Options
from kepthour.channels.ntfy.listener import PAUSES, Listener, Way
from kepthour.channels.ntfy.memory import Memory, keep, recall
from kepthour.channels.ntfy.messages import Return, document, is_over, too_late
from kepthour.channels.ntfy.server import Event, Server
from kepthour.channels.ntfy.tickets import Ticket, name_of, opened, seal_of
from kepthour.core.tongue import ENGLISH, Tongue
from kepthour.core.words.asked import over_text
from kepthour.logger import log
from kepthour.ports import Answer, ChannelFailed, Clock, Key, Notice
from kepthour.threads import Busy, FewThreads
from kepthour_connectors.secrets import Secret, SecretUnavailable

_T = TypeVar("_T")
_SECONDS = 12.0  # for one call, so that the reason is told before the caller stops waiting
_CLOSE_SECONDS = 2.0
_AT_ONCE = 4
_SETTLE_SECONDS = 5.0
_LONGEST = timedelta(hours=12)  # so long a server keeps messages; of more age none is believed
_NOT_TWICE = {Key.SNOOZE, Key.LATE}  # each counts from when it is given
_SOON = timedelta(minutes=1)
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class _Access:
    """The revealed secrets, in their places."""

    server: Server
    topic: str = field(repr=False)
    answers: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Home:
    folder: Path
    clock: Clock


class Ntfy:
    """Satisfies `ports.Channel`, `Recallable`, `Probeable`, `Housed` and `Speaks`.

    A reference is the notice's name at the server. Each notice has its own: one that took another's place would come
    in silence on some phones. So the one before is deleted instead.
    """

    def __init__(self, name: str, options: Options, pauses: Sequence[float] = PAUSES) -> None:
        self._name = name
        self._options = options
        self._pauses = pauses
        self._threads = FewThreads(_AT_ONCE, "ntfy")
        self._access: _Access | None = None  # kept, since the keyring may be locked when it matters
        self._doubted = False  # the server did not take the token: it may have been changed
        self._home: _Home | None = None
        self._memory: Memory | None = None
        self._remembering = asyncio.Lock()
        self._answered: Callable[[Answer], None] | None = None
        self._listener: Listener | None = None
        self._sent: set[str] = set()  # references that this process gave
        self._deletes = True  # as far as is known, the server can
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving: asyncio.Task[None] | None = None
        self._tongue = ENGLISH

    def house(self, folder: Path, clock: Clock) -> None:
        """Keep the secret of the buttons there."""
        self._home = _Home(folder, clock)

    def speak(self, tongue: Tongue) -> None:
        """Whoever answers too late is told so in this language."""
        self._tongue = tongue

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Begin to listen for answers, if there is a topic for them."""
        self._answered = answered
        if self._home is not None and self._options.answers is not None:
            self._listener = Listener(
                self._way, self._home.clock, self._mark, self._marked, self._heard, self._pauses
            )
            self._listener.begin()

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Publish `notice`, and delete the one before it. Raises ChannelFailed."""
        access, memory = await self._reached(), await self._remembered()
        name = name_of(notice.delivery, notice.subject, memory.secret) if memory else None
        if name is not None and name == replaces and name not in self._sent:
            return name  # an earlier process published it; phones have it, and its buttons work
        back = _way_back(access, memory) if self._listener else None
        published = document(notice, access.topic, back, memory.secret if memory else None)
        await self._call(lambda: access.server.publish(published))
        if name is not None:
            self._sent.add(name)
        if replaces is not None and replaces != name:
            self._spawn(self.recall(replaces))
        if self._listener is not None:
            self._listener.look()
        return name

    async def recall(self, reference: str) -> None:
        """Delete it from the phones, if the server can."""
        if not self._deletes or not _TOPIC.fullmatch(reference):
            return
        try:
            access = await self._reached()
            self._deletes = await self._call(lambda: access.server.delete(access.topic, reference))
        except ChannelFailed as error:
            log.info("notice.not_deleted", channel=self._name, problem=error.code)

    async def probe(self) -> None:
        """Ask the server whether it is well, and lets us use the topics. Raises ChannelFailed."""
        access = await self._reached()
        topics = [topic for topic in (access.topic, access.answers) if topic is not None]
        await self._call(lambda: access.server.look(topics))

    async def close(self) -> None:
        """Stop listening; notices stay on the phones.

        An answer taken just now is not noted: it is taken again after the next start, rather than lost.
        """
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.end()
        self._answered = None
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_SECONDS)
        ending = [*self._tasks, *([self._saving] if self._saving else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _call(self, work: Callable[[], _T]) -> _T:
        """Blocking work in one of a few threads, with a deadline. Raises ChannelFailed."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._threads.run(work)
        except TimeoutError:
            raise ChannelFailed(
                "timeout", "The ntfy server did not answer in time.", "See whether it can be reached."
            ) from None
        except ChannelFailed as error:
            self._doubted |= error.code == "forbidden"
            raise
        except Busy:
            raise ChannelFailed(
                "busy", "Earlier calls hang at the ntfy server.", "See whether it can be reached."
            ) from None

    async def _reached(self) -> _Access:
        if self._access is None or self._doubted:
            try:
                self._access = await self._call(lambda: _revealed(self._options))
                self._doubted = False
            except ChannelFailed:
                if self._access is None:
                    raise
        return self._access

    async def _remembered(self) -> Memory | None:
        if self._home is None:
            return None
        folder = self._home.folder
        async with self._remembering:
            if self._memory is None:
                self._memory = await self._call(lambda: recall(folder))
            return self._memory

    async def _way(self) -> Way:
        access = await self._reached()
        await self._remembered()
        assert access.answers is not None
        return Way(access.server, access.answers)

    def _mark(self) -> str | None:
        return self._memory.since if self._memory else None

    def _marked(self, mark: str) -> None:
        assert self._memory is not None
        self._memory.since = mark
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save())

    async def _save(self) -> None:
        """A while later: what is noted as taken must be in the store by then."""
        await asyncio.sleep(_SETTLE_SECONDS)
        home, memory = self._home, self._memory
        assert home is not None
        assert memory is not None
        memory.forget(int(home.clock.now().timestamp()))
        await self._call(lambda: keep(home.folder, memory))

    def _heard(self, event: Event, ago: timedelta) -> None:
        """Take what was said on the topic of answers `ago`, if it is an answer that counts."""
        assert self._memory is not None
        assert self._home is not None
        ticket = opened(event.message, self._memory.secret)
        seal = seal_of(event.message)
        if ticket is None or ago > _LONGEST:
            log.warning("answer.not_ours", channel=self._name)
        else:
            again = seal in self._memory.used
            self._memory.used[seal] = int(ticket.until.timestamp())
            self._take(ticket, ago, over=is_over(ticket, self._home.clock.now() - ago), again=again)

    def _take(self, ticket: Ticket, ago: timedelta, *, over: bool, again: bool) -> None:
        # Another check-in changes nothing, and may be the first in a store that was begun anew: it is handed on.
        if again and (over or ticket.key in _NOT_TWICE):
            log.info("answer.repeated", channel=self._name)
        elif over:
            log.info("answer.too_late", channel=self._name)
            if ago < _SOON:  # later, nobody looks at the phone any more
                self._spawn(self._say_over())
        elif self._answered is not None:
            self._answered(Answer(ticket.delivery, ticket.subject, ticket.key, self._name, ago))

    async def _say_over(self) -> None:
        try:
            access = await self._reached()
            await self._call(lambda: access.server.publish(too_late(access.topic, over_text(self._tongue))))
        except ChannelFailed as error:
            log.info("answer.not_told", channel=self._name, problem=error.code)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _way_back(access: _Access, memory: Memory | None) -> Return | None:
    if access.answers is None or memory is None:
        return None
    return Return(f"{access.server.address}/{access.answers}", memory.secret)


def _revealed(options: Options) -> _Access:
    """Blocks. Raises ChannelFailed."""
    topic, answers = _topic(options.topic, "topic"), None
    if options.answers is not None:
        answers = _topic(options.answers, "answers")
        if answers == topic:
            raise ChannelFailed(
                "bad-topic", "topic and answers are the same.", "Make up another for answers."
            )
    token = _secret(options.token, "token") if options.token is not None else None
    return _Access(Server(options.server.rstrip("/"), token), topic, answers)


def _topic(secret: Secret, key: str) -> str:
    found = _secret(secret, key)
    if not _TOPIC.fullmatch(found):
        raise ChannelFailed(
            "bad-topic", f"{key} is no name of a topic.", "Use letters, digits, - and _; 64 at most."
        )
    return found


def _secret(secret: Secret, key: str) -> str:
    try:
        return secret.reveal().strip()
    except SecretUnavailable as error:
        raise ChannelFailed("no-secret", f"{key} cannot be had: {error}.", f"Mend {key}.") from None

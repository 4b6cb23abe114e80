"""The channel: which notices are on the screens, and what to do when the process that shows them dies."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from kepthour.channels.takeover.child import EXTRA, Child, begin, installed
from kepthour.channels.takeover.documents import Answered, Button, Close, PutAway, Show, Shown, Word
from kepthour.core.tongue import ENGLISH, Tongue
from kepthour.core.window import window_words
from kepthour.logger import log
from kepthour.ports import Answer, ChannelFailed, Key, Notice

_SHOWN_SECONDS = (
    8.0  # a window that is not on every screen by then is behind something, a locked screen perhaps
)
_TEST_SECONDS = 5.0  # a test stays so long, unless it is put away
_REVIVALS = 3  # of one notice, when the process dies under it


@dataclass(slots=True)
class _Open:
    """A notice that is on the screens, or on its way there."""

    notice: Notice
    reference: str
    number: int = 0  # of its latest showing
    shown: asyncio.Future[None] = field(default_factory=asyncio.Future)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    revived: int = 0


class Takeover:
    """Satisfies `ports.Channel`, `Recallable`, `Probeable` and `Speaks`.

    The process with the windows lives while there is something to show.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._words = window_words(ENGLISH)
        self._answered: Callable[[Answer], None] | None = None
        # A reference of another process is none of ours, even if the numbers are the same.
        self._references = (f"{secrets.token_hex(8)} {count}" for count in itertools.count())
        self._numbers = itertools.count(1)
        self._child: Child | None = None
        self._open: dict[str, _Open] = {}  # by subject, in the order in which they came
        self._lock = asyncio.Lock()  # of beginning and showing
        self._tasks: set[asyncio.Task[None]] = set()

    def speak(self, tongue: Tongue) -> None:
        """The window's own words are in this language."""
        self._words = window_words(tongue)

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Say so if the library is missing. The process begins with the first notice."""
        self._answered = answered
        if not installed():
            log.info("takeover.not_installed", channel=self._name, extra=EXTRA)

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Show `notice` on every screen; returns when it is there. Raises ChannelFailed.

        Only rungs are worth a window, and only while the therapist is not with a client. What else comes shows none:
        it only ends the one of its subject.
        """
        # who tests it wants to see it
        if notice.discreet or (notice.moment is None and notice.rung != "check"):
            self._take_away(notice.subject)
            return None
        one = _Open(notice, next(self._references))
        async with self._lock:
            child = await self._running()
            await self._put(child, one)
        if notice.rung == "check":  # who tests it wants to see it
            with suppress(TimeoutError):
                await asyncio.wait_for(one.gone.wait(), _TEST_SECONDS)
        return one.reference

    async def recall(self, reference: str) -> None:
        """Close the window, unless a newer notice has taken its place; those of others stay."""
        for subject, one in list(self._open.items()):
            if one.reference == reference:
                self._take_away(subject)

    async def probe(self) -> None:
        """Begin the process, and look whether it finds a display; nothing is shown. Raises ChannelFailed."""
        async with self._lock:
            if self._child is None:
                await (await begin(lambda _word: None, lambda _child: None)).end()

    async def close(self) -> None:
        """Take everything away, and end the process."""
        self._answered = None
        for subject in list(self._open):
            self._take_away(subject)
        self._let_go()
        while self._tasks:
            going = list(self._tasks)
            await asyncio.gather(*going, return_exceptions=True)
            # Of what is done gather does not wait for a turn of the loop (Python 3.12): no callback took it out yet.
            self._tasks.difference_update(going)

    async def _running(self) -> Child:
        """The process, begun if there is none. With the lock held. Raises ChannelFailed."""
        if self._child is None:
            child = await begin(self._heard, self._ended)
            if child.gone:
                raise _died()
            self._child = child
        return self._child

    async def _put(self, child: Child, one: _Open) -> None:
        """On the screens, in the place of what its subject has there. With the lock held. Raises ChannelFailed."""
        subject = one.notice.subject
        before = self._open.get(subject)
        if before is not None:
            before.gone.set()
        one.number, one.shown = next(self._numbers), asyncio.get_running_loop().create_future()
        self._open[subject] = one
        child.tell(self._order(one))
        try:
            async with asyncio.timeout(_SHOWN_SECONDS):
                await one.shown
        except BaseException as error:  # what is not accepted must not stay: nobody could recall it
            if self._open.get(subject) is one:
                self._take_away(subject)
            if isinstance(error, TimeoutError):
                raise _not_shown() from None
            raise

    def _order(self, one: _Open) -> Show:
        notice = one.notice
        return Show(
            number=one.number,
            subject=notice.subject,
            title=notice.title,
            text=notice.text,
            moment=notice.moment.timestamp() if notice.moment is not None else None,
            buttons=tuple(Button(action.key.value, action.full or action.label) for action in notice.actions),
            words=self._words,
        )

    def _heard(self, word: Word) -> None:
        match word:
            case Shown(number):
                one = self._with(number)
                if one is not None and not one.shown.done():
                    one.shown.set_result(None)
            case Answered(number, key):
                self._pressed(self._with(number), key)
            case PutAway(number):
                one = self._with(number)
                if one is not None:
                    log.info("takeover.put_away", reminder=one.notice.delivery)
                    self._forget(one)

    def _pressed(self, one: _Open | None, key: str) -> None:
        if one is None or key not in {action.key.value for action in one.notice.actions}:
            return  # recalled in this very moment
        self._forget(one)
        if self._answered is not None:
            self._answered(Answer(one.notice.delivery, one.notice.subject, Key(key), self._name))

    def _with(self, number: int) -> _Open | None:
        return next((one for one in self._open.values() if one.number == number), None)

    def _take_away(self, subject: str) -> None:
        one = self._open.get(subject)
        if one is not None:
            if self._child is not None:
                self._child.tell(Close(one.number))
            self._forget(one)

    def _forget(self, one: _Open) -> None:
        """It is off the screens. With the last one the process ends."""
        self._open.pop(one.notice.subject, None)
        one.gone.set()
        if not one.shown.done():
            one.shown.set_result(None)
        if not self._open:
            self._let_go()

    def _let_go(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._spawn(child.end())

    def _ended(self, child: Child) -> None:
        """The process is gone. If that was not our doing, what it showed is shown again by another."""
        if child is not self._child:
            return
        self._child = None
        lost: list[_Open] = []
        for subject, one in list(self._open.items()):
            if not one.shown.done():
                one.shown.set_exception(_died())
                del self._open[subject]
            elif one.revived < _REVIVALS:
                one.revived += 1
                lost.append(one)
            else:
                self._forget(one)
        log.warning("takeover.window_died", open=len(lost))
        self._spawn(self._bring_back(lost))

    async def _bring_back(self, lost: Sequence[_Open]) -> None:
        try:
            for one in lost:
                async with self._lock:
                    child = await self._running()
                    if self._open.get(one.notice.subject) is one:  # not recalled meanwhile
                        await self._put(child, one)
        except ChannelFailed as error:  # the next rung tries again
            log.warning("takeover.not_shown_again", problem=error.code)
            for one in lost:
                if self._open.get(one.notice.subject) is one and not (self._child and one.shown.done()):
                    self._forget(one)
        if not self._open:  # all were recalled meanwhile
            self._let_go()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _not_shown() -> ChannelFailed:
    return ChannelFailed(
        "not-shown",
        "The window did not come onto every screen.",
        "Unlock the screen; if it is unlocked, see docs/takeover.md.",
    )


def _died() -> ChannelFailed:
    return ChannelFailed("window-died", "The window's process ended while it was to show.", "Try again.")

"""Blocking work beside the event loop that nobody has to wait for at the end.

The event loop's own pool is joined when the program ends: a poll that hangs would hold up SIGTERM for as long as
its server likes. What runs here is given up instead; the store takes a batch whole or not at all.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

_T = TypeVar("_T")


async def in_own_thread(work: Callable[[], _T], name: str) -> _T:
    """`work()`'s result, or its exception, from a thread of its own that ends with the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # without an error it is what work returned

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  it is handed on, not swallowed
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # the loop has closed: nobody waits any more
            return

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done


class Busy(Exception):
    """All threads are taken by work that does not come to its end."""


class FewThreads:
    """At most `most` own threads at a time: what hangs, and is tried again and again, must not pile up."""

    def __init__(self, most: int, name: str) -> None:
        self._free = threading.Semaphore(most)
        self._name = name

    async def run(self, work: Callable[[], _T]) -> _T:
        """`work()`'s result, or its exception. Whoever stops waiting leaves its thread to end. Raises Busy."""
        if not self._free.acquire(blocking=False):
            raise Busy

        def counted() -> _T:
            try:
                return work()
            finally:
                self._free.release()

        return await in_own_thread(counted, self._name)


class Question(Generic[_T]):
    """Work that may wait for somebody, and without end: a keyring asks its owner. It is asked once at a time.

    Whoever calls waits until `seconds` after it was asked. Later ones are about the same question until it has its
    answer, and do not wait again; one that came when nobody waited is kept for the next.
    """

    def __init__(
        self, work: Callable[[], _T], seconds: float, name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._work, self._seconds, self._name, self._clock = work, seconds, name, clock
        self._lock = threading.Lock()
        self._asked: Future[_T] | None = None
        self._until = 0.0

    def __call__(self) -> _T:
        """`work()`'s result, or its exception. Raises TimeoutError."""
        with self._lock:
            asked = self._asked
            if asked is None:
                asked = self._asked = Future()
                self._until = self._clock() + self._seconds
                threading.Thread(target=self._ask, args=(asked,), name=self._name, daemon=True).start()
            left = self._until - self._clock()
        try:
            return asked.result(timeout=max(0.0, left))
        finally:
            with self._lock:
                if asked.done() and self._asked is asked:
                    self._asked = None

    def _ask(self, asked: Future[_T]) -> None:
        try:
            asked.set_result(self._work())
        except BaseException as error:  # noqa: BLE001  it is handed on, not swallowed
            asked.set_exception(error)

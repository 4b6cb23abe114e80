"""What a daemon leaves to threads, done where it is asked for: a handing over takes longer than most of the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class AtOnce(ThreadPoolExecutor):
    """Whatever the work raises comes out of its future, as from a thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Done when it returns."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  (an executor hands on whatever it was)
            future.set_exception(error)
        return future


def at_once() -> None:
    """From now on the running loop's `to_thread` does so."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop._default_executor, AtOnce):
        loop.set_default_executor(AtOnce(1))

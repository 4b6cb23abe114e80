"""A child of the test's own process that is killed at its n-th step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress


def gets_through(step: int, work: Callable[[Callable[..., None]], None]) -> bool:
    """Whether `work` comes to its end in a process that is killed at the n-th call of what `work` is given.

    Fails if it raises.
    """
    child = os.fork()
    if child == 0:
        count = 0

        def one_step(*_args: object) -> None:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

        with suppress(BaseException):  # it must never come back into the test
            work(one_step)
            os._exit(0)
        os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "it raised"
    return os.WIFEXITED(status)

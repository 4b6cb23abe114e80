"""Several machines at once: what takes long because it waits need not be waited for one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


def side_by_side(plays: Mapping[str, Callable[[], _T]]) -> dict[str, _T]:
    """What each play gives, each played in a thread of its own; raises what they raised, all of it, by name."""
    with ThreadPoolExecutor(len(plays)) as threads:
        futures = {name: threads.submit(play) for name, play in plays.items()}
    failures = []
    for name, future in futures.items():
        error = future.exception()
        if isinstance(error, Exception):
            error.add_note(f"in {name}")
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(plays)}", failures)
    return {name: future.result() for name, future in futures.items()}

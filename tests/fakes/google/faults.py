"""What goes wrong between the fake and its clients, one request at a time.

google.faults.next(refuse(too_many_requests(30)), times=2)
google.faults.next(captive_portal(), path="/events")
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.fakes.google.errors import Refusal
from tests.fakes.scripted_http import LOGIN_PAGE, Answer

Proper = Callable[[], Answer]
Fault = Callable[[Proper], Answer]  # gets what makes the proper answer


@dataclass
class _Planned:
    fault: Fault
    path: str
    left: int | None


class Faults:
    """Planned faults, in the order in which they were planned. They come before everything else: a request that meets
    one is not even checked for its sign-in."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def next(self, fault: Fault, times: int = 1, path: str = "") -> None:
        """For the next so many requests whose path contains `path`."""
        self._planned.append(_Planned(fault, path, times))

    def always(self, fault: Fault, path: str = "") -> None:
        """Until `clear`."""
        self._planned.append(_Planned(fault, path, None))

    def clear(self) -> None:
        self._planned.clear()

    def take(self, path: str) -> Fault | None:
        """The fault for a request to `path`."""
        with self._lock:
            for planned in self._planned:
                if planned.path in path:
                    if planned.left is not None:
                        planned.left -= 1
                    if planned.left == 0:
                        self._planned.remove(planned)
                    return planned.fault
        return None


def refuse(refusal: Refusal) -> Fault:
    """Any of the refusals in `errors`."""
    return lambda _proper: refusal.answer


def captive_portal() -> Fault:
    """A hotel's sign-in page: HTML with 200."""
    return lambda _proper: Answer(200, LOGIN_PAGE, {"Content-Type": "text/html"})


def cut(after: int = 20) -> Fault:
    """The connection ends in mid body, after so many bytes of it."""
    return lambda proper: replace(proper(), cut_after=after)


def hang_up() -> Fault:
    """The connection ends without an answer."""

    def end(_proper: Proper) -> Answer:
        raise ConnectionAbortedError

    return end


def first(action: Callable[[], None]) -> Fault:
    """Do something just before a request is answered properly, such as expiring tokens in the middle of a paging."""

    def act(proper: Proper) -> Answer:
        action()
        return proper()

    return act


class Silence:
    """No answer until `release`; then the proper one. `begun` is set when a request waits."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._over = threading.Event()

    def release(self) -> None:
        self._over.set()

    def __call__(self, proper: Proper) -> Answer:
        self.begun.set()
        self._over.wait()
        return proper()

"""The heartbeat: what may go wrong with it, in words, and whether the last one is recent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_MINUTE = timedelta(minutes=1)


class Problem(StrEnum):
    """Why the service did not hear, or did not accept, a heartbeat."""

    WITHHELD = "withheld"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_SECURE = "not_secure"
    REDIRECTED = "redirected"
    UNKNOWN_THERE = "unknown_there"
    SERVICE_FAULT = "service_fault"

    @property
    def what(self) -> str:
        """What went wrong, in a sentence without the address."""
        return _WORDS[self][0]

    @property
    def remedy(self) -> str:
        """What a person can do."""
        return _WORDS[self][1]


_WORDS = {
    Problem.WITHHELD: (
        "Nothing was sent, because the daemon was not well.",
        "Look at its log; a restart may help.",
    ),
    Problem.NO_ADDRESS: ("The address is not at hand.", "Store it where url under [heartbeat] says."),
    Problem.BAD_ADDRESS: (
        "The address cannot be used.",
        "It must be https:// (http:// on this machine only), without a user name or password in it.",
    ),
    Problem.UNREACHABLE: ("The service could not be reached.", "Check the network, and the address."),
    Problem.TIMEOUT: ("The service did not answer in time.", "Check the network; else ask who runs it."),
    Problem.NOT_SECURE: (
        "The connection is not secure: the service's certificate is not accepted.",
        "Check this computer's clock; else ask who runs the service.",
    ),
    Problem.REDIRECTED: (
        "The service sends us on to another address.",
        "Store the address to which a browser goes in the end: redirects are not followed.",
    ),
    Problem.UNKNOWN_THERE: (
        "The service does not accept the address.",
        "Copy it anew from the service, and see that the check is not paused there.",
    ),
    Problem.SERVICE_FAULT: ("The service reports a fault of its own.", "Nothing to do, unless it lasts."),
}


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the heartbeats so far."""

    last_success: datetime | None = None  # when the service last accepted one, aware UTC
    problem: Problem | None = None  # of the last attempt; None: it was accepted, or there was none


def is_recent(last_success: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether the last heartbeat is one that should be the last: one may fail, and a time to come is no proof."""
    if last_success is None:
        return False
    return -_MINUTE <= now - last_success <= 2 * every + _MINUTE

"""The way to Google and back: every request counted, bounded in time and size, and sent nowhere else."""

from __future__ import annotations

import logging
from typing import Any

import httplib2

from kepthour_connectors.base import Nonsense
from kepthour_connectors.deadline import Deadline

TIMEOUT = 30  # seconds, for each socket operation
_ANSWER_BYTES = 64 * 1024 * 1024  # a page of 2,500 events with long descriptions fits

# Their messages hold addresses with calendar ids in them, and answers.
for _name in ("googleapiclient", "google", "google_auth_httplib2", "httplib2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Wire(httplib2.Http):  # type: ignore[misc]  # the library has no types
    """Carries requests, those that renew a sign-in too. `sent` counts them."""

    def __init__(self) -> None:
        # No proxy of the environment: where health data goes is said in the configuration.
        super().__init__(timeout=TIMEOUT, proxy_info=None)
        self.follow_redirects = False  # Google's API redirects nowhere; a captive portal does
        self.sent = 0
        self._deadline = Deadline("Google")

    def begin(self) -> None:
        """A new poll: count from zero, and give it its time."""
        self.sent = 0
        self._deadline = Deadline("Google")

    def end(self) -> None:
        """No request follows. A poll that is under way, in another thread, ends at its next answer."""
        self._deadline.end()

    def request(self, *args: Any, **kwargs: Any) -> tuple[Any, bytes]:
        """As the library does it. Raises Transient, Nonsense."""
        self._deadline.check()
        self.sent += 1
        response, content = super().request(*args, **kwargs)
        self._deadline.answered()
        if len(content) > _ANSWER_BYTES:
            raise Nonsense(
                f"Google sent more than {_ANSWER_BYTES >> 20} MB in one answer.",
                "Nothing to do: the next poll tries again.",
            )
        return response, content

"""Which calendars an account has, for who does not know their addresses."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from kepthour_connectors.base import CalendarGone, Nonsense, Offered
from kepthour_connectors.caldav import Options
from kepthour_connectors.caldav.client import Calls
from kepthour_connectors.caldav.faults import translated
from kepthour_connectors.caldav.hosts import same_origin


def offered(options: Options) -> tuple[Offered, ...]:
    """See `calendars`; by name. An address that is a calendar's own is offered alone."""
    host = urlsplit(options.url).hostname or ""
    try:
        calls = Calls(options, options.password.reveal() if options.password else None)
        try:
            return _offered(calls, options)
        finally:
            calls.close()
    except Exception as error:  # noqa: BLE001  (supervised: lxml's errors and TypeErrors come, too)
        # `from None`: the libraries' errors hold bodies, which a traceback would show.
        raise translated(error, host) from None


def _offered(calls: Calls, options: Options) -> tuple[Offered, ...]:
    calls.wire.begin()
    discovered = False
    if _is_host(options.url):
        discovered = _discovers(calls)
    elif _is_calendar(calls):
        return (Offered("", {"url": options.url}),)
    found = []
    for name, url in calls.named():
        if not calls.holds_events(url):
            continue
        with suppress(CalendarGone):  # one that is elsewhere hides no other
            found.append(Offered(name, _keys(name, calls.address(url), options.url, discovered)))
    return tuple(sorted(found, key=lambda one: one.name.casefold()))


def _discovers(calls: Calls) -> bool:
    """Whether the host says where its calendars are; else they may still begin at its root."""
    try:
        calls.discover()
    except CalendarGone:
        return False
    return True


def _is_calendar(calls: Calls) -> bool:
    """Whether the address is a calendar's; a web page's, say, is none of the account, and then the host is asked."""
    try:
        return calls.is_calendar()
    except (CalendarGone, Nonsense) as fault:
        if not _discovers(calls):
            raise fault from None
        return False


def _keys(name: str, url: str, asked: str, discovered: bool) -> dict[str, str | bool]:
    """By its own address, which names one calendar only; on another host, which may change, by its name."""
    if same_origin(asked, url) or not name:
        return {"url": url}
    return {"url": asked, **({"discover": True} if discovered else {}), "calendar": name}


def _is_host(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query

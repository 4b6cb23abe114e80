"""Channel `apprise`: mail, Signal, Telegram and a hundred other services, through the library of that name.

It can neither take a notice back nor hear an answer. One channel is one target, so that one that fails is tried
again alone. The address holds the service's password, and stands in no message.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from kepthour.core.ladder import Urgency
from kepthour.logger import log
from kepthour.ports import Answer, Channel, ChannelFailed, Notice
from kepthour.threads import Busy, FewThreads
from kepthour_connectors.secrets import Secret, SecretUnavailable

if TYPE_CHECKING:
    import apprise


_SECONDS = 12.0  # for the whole, so that the reason is told before the caller stops waiting
_SOCKET_SECONDS = 5.0  # for each step of the library's own
_APART_SECONDS = 0.5
_AT_ONCE = 3
_TYPES = {
    Urgency.PASSIVE: "info",
    Urgency.NORMAL: "info",
    Urgency.HIGH: "warning",
    Urgency.CRITICAL: "failure",
}
_INSTALL = 'Install Kept Hour with its extra "phone": docs/install.md'


class Options(BaseModel):
    """The keys of an `apprise` channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Secret = Field(description="where the service's address in apprise's form is kept")


def make(name: str, options: Options) -> Channel:
    """A channel that hands notices to the service behind `options.url`."""
    return Phone(name, options)


class Phone:
    """Satisfies `ports.Channel` and `Probeable`."""

    def __init__(self, name: str, options: Options) -> None:
        self._name = name
        self._url = options.url
        self._target: apprise.Apprise | None = None  # kept, since the keyring may be locked when it matters
        self._doubted = False  # it refused the last notice: the password may have been changed
        self._threads = FewThreads(_AT_ONCE, "apprise")

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Say so if the library is missing; it is loaded with the first notice. Answers come another way."""
        if not _is_installed():
            log.warning("apprise.not_installed", channel=self._name, extra="phone")

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Hand it to the service; None, since nothing can be replaced. Raises ChannelFailed."""
        await self._in_time(lambda: self._notify(notice))
        return None

    async def probe(self) -> None:
        """Look whether the address is understood; nobody is connected to. Raises ChannelFailed."""
        await self._in_time(self._made)

    async def close(self) -> None:
        """Nothing is held."""

    async def _in_time(self, work: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                await self._threads.run(work)
        except TimeoutError:
            raise ChannelFailed(
                "timeout", "The service did not take the notice in time.", "See whether it can be reached."
            ) from None
        except Busy:
            raise ChannelFailed(
                "busy", "Earlier notices hang at the service.", "See whether it can be reached."
            ) from None

    def _notify(self, notice: Notice) -> None:
        """Blocks. The library says yes or no, and its reasons hold addresses."""
        target = self._made()
        try:
            accepted = target.notify(
                body=f"{notice.text}\n{notice.far_hint}".rstrip(),
                title=notice.title,
                notify_type=_TYPES[notice.urgency],
                body_format="text",
            )
        except Exception as error:  # noqa: BLE001  supervised: a plug-in of the library may raise anything
            raise _refused(f"Something went wrong in apprise ({type(error).__name__}).") from None
        self._doubted = not accepted
        if not accepted:
            raise _refused("The service did not take the notice.")

    def _made(self) -> apprise.Apprise:
        """The one target. Blocks. Raises ChannelFailed."""
        if self._target is None or self._doubted:
            try:
                self._target = _target(_revealed(self._url))
            except ChannelFailed:
                if self._target is None:
                    raise
        return self._target


def _revealed(url: Secret) -> str:
    try:
        return url.reveal().strip()
    except SecretUnavailable as error:
        raise ChannelFailed("no-address", f"The address cannot be had: {error}.", "Mend url.") from None


def _target(url: str) -> apprise.Apprise:
    """Raises ChannelFailed."""
    if not _is_installed():
        raise ChannelFailed("not-installed", "The library apprise is not installed.", _INSTALL)
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses and bodies
    made = apprise.Apprise(asset=_asset())
    understood = False
    with contextlib.suppress(Exception):  # what it says of an address that it stumbles over holds the address
        understood = bool(made.add(url))
    if not understood:
        raise ChannelFailed(
            "bad-address",
            "apprise does not understand the address.",
            "See which form it has for your service: docs/phone.md",
        )
    if len(list(made)) != 1:
        raise ChannelFailed("bad-address", "It is more than one address.", "Make a channel of each.")
    _hurry(made)
    return made


def _is_installed() -> bool:
    return importlib.util.find_spec("apprise") is not None


def _asset() -> apprise.AppriseAsset:
    """What the library tells services about itself: no pictures from elsewhere, nothing kept on the disk."""
    import apprise

    return apprise.AppriseAsset(
        async_mode=False,
        allow_templates=False,
        storage_mode="memory",
        app_id="Kept Hour",
        app_desc="Kept Hour",
        app_url="",
        image_url_mask="",
        image_url_logo="",
    )


def _hurry(made: apprise.Apprise) -> None:
    for one in made:
        one.socket_connect_timeout = min(one.socket_connect_timeout, _SOCKET_SECONDS)
        one.socket_read_timeout = min(one.socket_read_timeout, _SOCKET_SECONDS)
        # 5.5 seconds between two notices: meant for bursts, and too long for the second of two sessions.
        one.request_rate_per_sec = min(one.request_rate_per_sec, _APART_SECONDS)
        one.retry = 0  # a refusal is tried again by the outbox


def _refused(what: str) -> ChannelFailed:
    return ChannelFailed(
        "refused", what, "Try the address with apprise's own command to see why: docs/phone.md"
    )

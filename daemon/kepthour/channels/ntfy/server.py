"""The ntfy server, as far as it is needed: publish, delete, look, listen. Nothing that it says is passed on."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import niquests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kepthour.ports import ChannelFailed
from kepthour_connectors.web import bare_async_session, bare_session

_M = TypeVar("_M", bound=BaseModel)
_SECONDS = 5.0  # for each socket operation; the caller bounds the whole
_LISTEN_SECONDS = 300.0  # the caller goes by what it hears, and gives up earlier
_GONE = {404, 405}  # what a server says that is too old to take notices back


class Event(BaseModel):
    """One line of a topic's stream. `time` is the server's, in seconds since 1970."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    event: str
    id: str = Field(pattern=r"^[A-Za-z0-9]{1,64}$")
    time: int = Field(ge=0, lt=2**40)
    message: str = Field("", repr=False)


class _Published(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str
    event: str


class _Health(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    healthy: bool


@dataclass(frozen=True, slots=True)
class Server:
    """The calls block, but for `events`; all raise ChannelFailed. A session a call: nothing is left over."""

    address: str  # without a slash at the end
    token: str | None = field(default=None, repr=False)

    def publish(self, document: dict[str, Any]) -> None:
        """Publish it. A page that is no ntfy's answer, as a hotel's sign-in is, counts as not accepted."""
        with bare_session() as session:
            answer = _judged(self._ask(session, "POST", "/", document))
            _read(_Published, answer)

    def delete(self, topic: str, name: str) -> bool:
        """Take the notice called `name` away from the phones; False: this server cannot."""
        with bare_session() as session:
            answer = self._ask(session, "DELETE", f"/{topic}/{name}")
            if answer.status_code in _GONE:
                return False
            _judged(answer)
            return True

    def look(self, topics: list[str]) -> None:
        """See whether it is well, and lets us use these topics."""
        with bare_session() as session:
            health = _read(_Health, _judged(self._ask(session, "GET", "/v1/health")))
            if not health.healthy:
                raise _faulty()
            for topic in topics:
                _judged(self._ask(session, "GET", f"/{topic}/json?poll=1&since=none"))

    async def events(self, topic: str, since: str | None) -> AsyncGenerator[Event, None]:
        """What is published on `topic`, until the server ends it.

        What came after the message `since` (None: all that the server still has) is told first.
        """
        async with bare_async_session() as session:
            try:
                answer = await session.get(
                    f"{self.address}/{topic}/json?since={since or 'all'}",
                    headers=self._headers(),
                    stream=True,
                    allow_redirects=False,
                    timeout=(_SECONDS, _LISTEN_SECONDS),
                )
                _judged(answer)
                async for line in answer.iter_lines():
                    event = _event(line)
                    if event is not None:
                        yield event
            except ChannelFailed:
                raise
            except Exception as error:  # noqa: BLE001  (the transport's own errors come, too; their texts hold the topic)
                raise _unreachable(error) from None

    def _ask(
        self, session: niquests.Session, method: str, path: str, document: dict[str, Any] | None = None
    ) -> niquests.Response:
        try:
            return session.request(
                method,
                self.address + path,
                # Not escaped: an umlaut would be six bytes, and a long text too long.
                data=json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
                if document
                else None,
                headers=self._headers(),
                allow_redirects=False,
                timeout=_SECONDS,
            )
        except Exception as error:  # noqa: BLE001  (as above)
            raise _unreachable(error) from None

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": "kepthour"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def _event(line: bytes | str) -> Event | None:
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None


def _read(model: type[_M], answer: niquests.Response) -> _M:
    try:
        return model.model_validate_json(answer.content or b"")
    except ValidationError:
        raise _not_ntfy() from None


def _judged(answer: niquests.Response) -> niquests.Response:
    """`answer`, if it is a good one."""
    status = answer.status_code or 0
    if 200 <= status < 300:
        return answer
    if status in {401, 403}:
        raise ChannelFailed(
            "forbidden",
            "The ntfy server does not let us use the topic.",
            "Check token, and that its user may read and write both topics.",
        )
    if status in {429, 507}:
        raise ChannelFailed(
            "limit",
            "The ntfy server takes no more messages for now.",
            "Its limit is reached: use an account, or a server of your own.",
        )
    if status in {400, 413}:
        raise ChannelFailed(
            "bad-request", "The ntfy server refuses the message.", "Ask Kept Hour's developers."
        )
    raise _faulty() if status >= 500 else _not_ntfy()


def _faulty() -> ChannelFailed:
    return ChannelFailed(
        "server-fault", "The ntfy server is not well.", "Try again later, or look at its log."
    )


def _not_ntfy() -> ChannelFailed:
    return ChannelFailed("not-ntfy", "What answers at the address is no ntfy server.", "Check server.")


def _unreachable(error: Exception) -> ChannelFailed:
    if isinstance(error, niquests.exceptions.SSLError):
        return ChannelFailed("not-secure", "The ntfy server's certificate is not good.", "Renew it there.")
    return ChannelFailed(
        "unreachable", "The ntfy server cannot be reached.", "Check server, and the network."
    )

"""One heartbeat: a GET that says nothing but that it came. The address is a secret and stands in no message."""

from __future__ import annotations

import niquests

from kepthour.core.heartbeat import Problem
from kepthour_connectors.base import checked_url
from kepthour_connectors.secrets import Secret, SecretUnavailable
from kepthour_connectors.web import bare_session

_SECONDS = 10  # for each socket operation; the caller bounds the whole
_HEADERS = {"User-Agent": "kepthour"}  # no version: the address alone says whose it is


def send(url: Secret) -> Problem | None:
    """Send one to the address that `url` names; None: it was accepted. Blocks."""
    try:
        return _sent(checked_url(url.reveal().strip()))
    except SecretUnavailable:
        return Problem.NO_ADDRESS
    except ValueError:
        return Problem.BAD_ADDRESS


def _sent(address: str) -> Problem | None:
    """A session a heartbeat: nothing is left over from one to the next, neither a connection nor a cookie."""
    with bare_session() as session:
        session.headers = niquests.structures.CaseInsensitiveDict(_HEADERS)
        try:
            with session.get(address, stream=True, allow_redirects=False, timeout=_SECONDS) as response:
                return _judged(response.status_code or 0)
        except niquests.exceptions.InvalidURL:
            return Problem.BAD_ADDRESS
        except niquests.exceptions.Timeout:
            return Problem.TIMEOUT
        except niquests.exceptions.SSLError:
            return Problem.NOT_SECURE
        except Exception:  # noqa: BLE001  (supervised: the transport's own errors come, too, and their texts hold the address)
            return Problem.UNREACHABLE


def _judged(status: int) -> Problem | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Problem.REDIRECTED
    return Problem.UNKNOWN_THERE if 400 <= status < 500 else Problem.SERVICE_FAULT

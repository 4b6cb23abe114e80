"""The sign-in of a desktop app: a consent in the browser, heard on loopback, and kept.

Google calls it the "loopback IP address flow" (OAuth 2.0 for iOS & Desktop Apps). What a library says about an error
is never shown: it may hold a code or a token.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from google_auth_oauthlib.flow import InstalledAppFlow
from oauthlib.oauth2 import OAuth2Error

from kepthour_connectors.base import (
    Nonsense,
    RateLimited,
    SignInNeeded,
    Surroundings,
    Transient,
    WrongKey,
    checked_url,
)
from kepthour_connectors.google import CALENDAR_SCOPES, MEET_SCOPE, WHO_SCOPE, Options
from kepthour_connectors.google.loopback import HOST, Loopback, open_browser, ssh_recipe
from kepthour_connectors.google.tokens import Unkept, tokens
from kepthour_connectors.secrets import OpenToOthers, well_placed

_TOKEN_SECONDS = 30
_BOXES = {
    CALENDAR_SCOPES[0]: "to view the events on your calendars",
    CALENDAR_SCOPES[1]: "to see the list of your calendars",
    MEET_SCOPE: "to read about your video meetings in Google Meet",
    WHO_SCOPE: "to associate you with your personal info on Google",
}
_AGAIN = "Start again."
_SAY = Callable[[str], None]


def sign_in(
    options: Options,
    surroundings: Surroundings,
    *,
    say: _SAY,
    browser: bool,
    port: int,
    timeout: float,
) -> None:
    """Ask for the consent, and keep what came of it in place of what was kept before.

    `say` shows a line to the person; `browser`: open one here; `port`: where to listen (0: any free one); `timeout`:
    how many seconds they have. Blocks. Raises ConnectorError; then what was kept before still is.
    """
    client = _client(options)
    _check_place(options)
    with _oauthlib_told(client), _listening(port) as loopback:
        flow = _flow(client, options.scopes, loopback.port)
        address, state = flow.authorization_url(access_type="offline", prompt="consent")
        _invite(say, options, address, loopback.port, browser)
        answer = loopback.answer(timeout)
        if answer is None:
            minutes = f"{timeout / 60:.0f} minutes" if timeout >= 120 else f"{timeout:g} seconds"
            raise SignInNeeded(f"Nobody came back from Google within {minutes}.", _AGAIN)
        _exchange(flow, _code(answer, state))
    _check_granted(flow, options.scopes)
    _keep(_document(flow, options.scopes), options, surroundings)


# The client


@dataclass(frozen=True)
class _Client:
    """What the file of a desktop app's client says. The secret of such a client is no real one, but still hidden."""

    config: dict[str, Any]
    auth_uri: str
    token_uri: str


def _client(options: Options) -> _Client:
    file = options.client_secret
    if file is None:
        raise _wrong("is missing; it names the file of your own OAuth client.")
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise _wrong(f"There is no file {file}.") from None
    except OSError as error:
        raise _wrong(f"{file} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise _wrong(f"{file} is no client file: it is not JSON.") from None
    if isinstance(found, dict) and "web" in found:
        raise _wrong(f'{file} is of a client of the type "Web application"; it must be a "Desktop app".')
    inner = found.get("installed") if isinstance(found, dict) else None
    if not isinstance(inner, dict):
        raise _wrong(f'{file} is no client file: it has no "installed" in it.')
    for name in ("client_id", "client_secret", "auth_uri", "token_uri"):
        if not isinstance(inner.get(name), str) or not inner[name]:
            raise _wrong(f'{file} is no whole client file: it lacks "{name}".')
    for name in ("auth_uri", "token_uri"):
        try:
            checked_url(inner[name])
        except ValueError as error:
            raise _wrong(f'In {file} the "{name}" {error}.') from None
    return _Client({"installed": inner}, inner["auth_uri"], inner["token_uri"])


def _wrong(what: str) -> WrongKey:
    remedy = (
        'In the Google Cloud console make a client of the type "Desktop app", download its JSON file, and write its '
        "path here; every click is in docs/calendars/google.md."
    )
    return WrongKey("client_secret", what, remedy)


@contextlib.contextmanager
def _oauthlib_told(client: _Client) -> Iterator[None]:
    """Its two switches are environment variables; they are set as long as the flow lasts, and no longer."""
    wanted = {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}  # else fewer scopes are an exception that holds the token
    if "http" in {urlsplit(client.auth_uri).scheme, urlsplit(client.token_uri).scheme}:
        wanted["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # http is on loopback only: `_client` saw to it
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


# The consent


@contextlib.contextmanager
def _listening(port: int) -> Iterator[Loopback]:
    try:
        loopback = Loopback(port)
    except (OSError, OverflowError):
        raise SignInNeeded(
            f"Port {port} on this machine cannot be listened on: another program may have it.",
            "Name another with --port, or none.",
        ) from None
    with loopback:
        yield loopback


def _flow(client: _Client, scopes: Iterable[str], port: int) -> Any:
    flow = InstalledAppFlow.from_client_config(
        client.config, scopes=list(scopes), autogenerate_code_verifier=True
    )
    flow.redirect_uri = f"http://{HOST}:{port}/"
    flow.oauth2session.max_redirects = 0  # a code goes to token_uri, and nowhere else
    flow.oauth2session.register_compliance_hook("access_token_response", _check_status)
    return flow


def _invite(say: _SAY, options: Options, address: str, port: int, browser: bool) -> None:
    boxes = [_BOXES[scope] for scope in options.scopes if scope != WHO_SCOPE]  # that has no box
    asked = f"{', '.join(boxes[:-1])} and {boxes[-1]}"
    say(f"Google will ask you to allow Kept Hour {asked}. All of it is reading; tick every box.")
    if browser:
        say("Your browser opens now. If it does not, open this address in it:")
    else:
        say("If your browser is on another machine, open a tunnel from there first, and leave it open:")
        say(f"  {ssh_recipe(port)}")
        say("Then open this address in the browser:")
    say(f"  {address}")
    say("Waiting for your answer there. Ctrl-C ends it.")
    if browser:
        open_browser(address)


def _code(answer: dict[str, str], state: str) -> str:
    if answer.get("state") != state:
        raise Nonsense(
            "The answer in the browser belongs to another sign-in.", "Close the old page. " + _AGAIN
        )
    error = answer.get("error")
    if error == "access_denied":
        raise SignInNeeded(
            "The access was denied on Google's page.", "Start again, and choose Continue there."
        )
    if error is not None or not answer.get("code"):
        raise Nonsense("Google ended the sign-in without a code.", "What its page says tells why. " + _AGAIN)
    return answer["code"]


# The tokens


def _check_status(response: requests.Response) -> requests.Response:
    if response.status_code == 429:
        raise RateLimited("Google asks for a pause.", "Try again in a while.")
    if response.status_code >= 500:
        raise Transient("Google's token server has a fault of its own.", "Try again in a while.")
    return response


def _exchange(flow: Any, code: str) -> None:
    try:
        flow.fetch_token(code=code, timeout=_TOKEN_SECONDS)
    except OAuth2Error as error:
        raise _refused(error.error) from None
    except requests.TooManyRedirects:
        raise _no_token_answer() from None
    except requests.exceptions.SSLError:
        raise Transient(
            "The certificate of Google's token server is not accepted.",
            "Check the computer's date, and whether the network wants a sign-in of its own.",
        ) from None
    except (requests.RequestException, OSError):
        raise Transient("Google's token server was not reached.", "Check the network. " + _AGAIN) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _no_token_answer() from None


def _refused(code: str | None) -> SignInNeeded | Nonsense:
    if code in {"invalid_client", "unauthorized_client"}:
        return _wrong("Google does not accept this client: it was deleted, or its secret was changed.")
    if code == "invalid_grant":
        return SignInNeeded("Google did not accept its own code: it took too long.", _AGAIN)
    return _no_token_answer()


def _no_token_answer() -> Nonsense:
    return Nonsense(
        "Google's token server answered with something that is no token.",
        "A network that wants a sign-in of its own does so: open a web page in a browser. " + _AGAIN,
    )


def _check_granted(flow: Any, scopes: Iterable[str]) -> None:
    token = flow.oauth2session.token
    if not isinstance(token.get("access_token"), str):
        raise _no_token_answer()
    granted = token.get("scope", list(scopes))  # left out: all that were asked for (RFC 6749, 5.1)
    missing = [_BOXES[scope] for scope in scopes if scope not in granted]
    if missing:
        raise SignInNeeded(
            f"On Google's page a box was not ticked: {'; '.join(missing)}. Nothing was stored.",
            "Start again, and tick every box.",
        )
    if not isinstance(token.get("refresh_token"), str) or not token["refresh_token"]:
        raise SignInNeeded(
            "Google gave an access for one hour only. Nothing was stored.",
            "Remove Kept Hour at https://myaccount.google.com/connections, and start again.",
        )


def _document(flow: Any, scopes: Iterable[str]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(flow.credentials.to_json())
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _no_token_answer() from None
    return {"type": "authorized_user", **found, "scopes": list(scopes)}


def _check_place(options: Options) -> None:
    """Raises WrongKey if others may put another sign-in in the place of this one."""
    if not isinstance(options.token, Path):
        return
    try:
        well_placed(options.token)
    except OpenToOthers as error:
        raise WrongKey("token", *error.sentences) from None


def _keep(document: dict[str, Any], options: Options, surroundings: Surroundings) -> None:
    place = tokens(options, surroundings)
    try:
        place.save(document)
        kept = place.load()
    except Unkept as error:
        raise WrongKey(
            "token", f"The sign-in cannot be kept: {error}.", "Mend that, and start again."
        ) from None
    if kept != document:  # a desktop without a keyring may have one that forgets
        raise WrongKey(
            "token", "The place for the sign-in does not keep it.", "Name a file there, or leave the key out."
        )

"""What goes wrong at a sign-in to Google, and what is said of it: never a code, a token or a library's own words."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import kepthour_connectors.google as kind
from kepthour_connectors.base import (
    ConnectorError,
    Nonsense,
    RateLimited,
    SignInNeeded,
    SignsIn,
    Transient,
    WrongKey,
)
from kepthour_connectors.google import Options
from tests.fakes.google import GoogleFake
from tests.fakes.google.faults import captive_portal
from tests.fakes.scripted_http import Answer

Visit = Callable[[str], None]


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake(lambda: datetime.now(UTC)) as fake:
        fake.add_account("anna@example.org")
        yield fake


def opened(address: str) -> None:
    urllib.request.urlopen(address, timeout=60).read()


def attempt(
    folder: Path, google: GoogleFake, visit: Visit = opened, timeout: float = 20, token: Path | None = None
) -> None:
    """One sign-in, whose person does `visit` with the address."""
    from kepthour_connectors.base import Surroundings

    file = folder / "client.json"
    file.write_text(json.dumps(google.client_secret_document()))
    file.chmod(0o600)
    options = Options(client_secret=file, token=token or folder / "token.json")

    def say(line: str) -> None:
        if line.strip().startswith("http"):
            threading.Thread(target=visit, args=(line.strip(),), daemon=True).start()

    kind.new_sign_in(options, Surroundings("a", folder), say=say, browser=False, port=0, timeout=timeout)


def failed(folder: Path, google: GoogleFake, visit: Visit = opened, timeout: float = 20) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        attempt(folder, google, visit, timeout)
    text = f"{caught.value.what} {caught.value.remedy}"
    assert not any(word in text for word in ("4/code", "1//", "ya29", "not-a-secret"))
    assert caught.value.__cause__ is None
    assert not (folder / "token.json").exists()
    return caught.value


def test_the_kind_says_that_it_signs_in_even_after_it_did(tmp_path: Path, google: GoogleFake) -> None:
    import kepthour_connectors.ics as other

    attempt(tmp_path, google)
    assert isinstance(kind, SignsIn)
    assert not isinstance(other, SignsIn)


def test_oauthlibs_switches_are_as_they_were(tmp_path: Path, google: GoogleFake) -> None:
    before = dict(os.environ)
    attempt(tmp_path, google)
    assert dict(os.environ) == before


def test_nobody_came(tmp_path: Path, google: GoogleFake) -> None:
    error = failed(tmp_path, google, lambda _address: None, timeout=0)
    assert isinstance(error, SignInNeeded)
    assert "Nobody came back" in error.what


def test_nobody_is_sent_to_google_for_what_may_not_be_kept_where_it_is_meant_to(
    tmp_path: Path, google: GoogleFake
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    attempt(kept, google)
    (kept / "token.json").unlink()
    (kept / "open").mkdir()
    (kept / "open").chmod(0o777)
    with pytest.raises(WrongKey) as caught:
        attempt(kept, google, token=kept / "open" / "token.json")
    assert (caught.value.key, str(kept / "open") in caught.value.what) == ("token", True)
    assert f"chmod go-w {kept}/open" in caught.value.remedy
    assert len(google.asked("/auth")) == 1
    assert list((kept / "open").iterdir()) == []


def test_an_answer_to_another_sign_in(tmp_path: Path, google: GoogleFake) -> None:
    def visit(address: str) -> None:
        back = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        opened(f"{back}?state=another&code=4/code-of-a-stranger")

    error = failed(tmp_path, google, visit)
    assert isinstance(error, Nonsense)
    assert "belongs to another sign-in" in error.what
    assert google.asked("/token") == []


def token_answer(**changes: Any) -> Callable[[Callable[[], Answer]], Answer]:
    """The proper one with some fields changed; None: taken out."""

    def change(proper: Callable[[], Answer]) -> Answer:
        whole = proper()
        body = {**json.loads(whole.raw), **changes}
        told = {name: value for name, value in body.items() if value is not None}
        return Answer(whole.status, json.dumps(told), whole.headers)

    return change


@pytest.mark.parametrize(
    ("fault", "kind_of_error", "words"),
    [
        (captive_portal(), Nonsense, "something that is no token"),
        (lambda _proper: Answer(200, "[]"), Nonsense, "something that is no token"),
        (lambda _proper: Answer(200, '"text"'), Nonsense, "something that is no token"),
        (lambda _proper: Answer(200, '{"error": 7}'), Nonsense, "something that is no token"),
        (lambda _proper: Answer(307, "", {"Location": "/token"}), Nonsense, "something that is no token"),
        (token_answer(expires_in="soon"), Nonsense, "something that is no token"),
        (token_answer(expires_in=None), Nonsense, "something that is no token"),
        (token_answer(access_token=None), Nonsense, "something that is no token"),
        (token_answer(access_token=7), Nonsense, "something that is no token"),
        (token_answer(scope=7), Nonsense, "something that is no token"),
        (token_answer(refresh_token=None), SignInNeeded, "for one hour only"),
        (lambda _proper: Answer(400, '{"error": "invalid_grant"}'), SignInNeeded, "took too long"),
        (lambda _proper: Answer(503, ""), Transient, "a fault of its own"),
        (lambda _proper: Answer(429, ""), RateLimited, "asks for a pause"),
    ],
)
def test_what_the_token_server_may_answer(
    tmp_path: Path, google: GoogleFake, fault: Any, kind_of_error: type[ConnectorError], words: str
) -> None:
    google.faults.always(fault, "/token")
    error = failed(tmp_path, google)
    assert type(error) is kind_of_error
    assert words in error.what


def test_no_network(tmp_path: Path, google: GoogleFake) -> None:
    def visit(address: str) -> None:
        back = parse_qs(urlsplit(address).query)
        google.stop()
        opened(f"{back['redirect_uri'][0]}?state={back['state'][0]}&code=4/code")

    error = failed(tmp_path, google, visit)
    assert isinstance(error, Transient)
    assert "was not reached" in error.what

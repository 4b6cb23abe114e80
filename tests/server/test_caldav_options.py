"""What may be written in a calendar's entry, and what is refused before any request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kepthour_connectors import caldav, ics

ENV = {"env": "TEST_PASSWORD"}
URL = "https://cloud.example.org/dav/calendars/anna/practice/"


@pytest.mark.parametrize(
    "entry",
    [
        {"url": URL, "username": "anna", "password": ENV},
        {"url": URL, "username": "anna", "password": {"command": ["pass", "show", "dav"]}, "auth": "digest"},
        {"url": URL, "password": ENV, "auth": "bearer"},
        {"url": "http://127.0.0.1:5232/"},
        {"url": "http://localhost:5232/", "calendar": "Practice"},
        {"url": URL, "ca_file": "/etc/ssl/own.pem"},
        {"url": "https://example.org", "calendar": "Practice", "discover": True},
        {"url": "https://example.org:8443/", "calendar": "Practice", "discover": True},
        {"url": URL, "discover": False},
        {"url": URL, "client_certificate": "/srv/anna.pem"},
        {
            "url": URL,
            "client_certificate": "/srv/anna.crt",
            "client_key": "/srv/anna.key",
            "username": "a",
            "password": ENV,
        },
    ],
)
def test_a_sound_caldav_entry_is_accepted(entry: dict[str, Any]) -> None:
    assert caldav.Options.model_validate(entry).url == entry["url"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "url"),
        ({"url": "http://cloud.example.org/"}, "plain http"),
        ({"url": "cloud.example.org"}, "is not a web address"),
        ({"url": "https://anna:word@cloud.example.org/"}, "must not hold a user name or password"),
        ({"url": URL, "username": "anna"}, "belong together"),
        ({"url": URL, "password": ENV}, "belong together"),
        ({"url": URL, "auth": "basic"}, "needs a password"),
        ({"url": URL, "username": "anna", "password": "secret-word"}, "must not stand in the configuration"),
        ({"url": URL, "auth": "kerberos", "username": "anna", "password": ENV}, "auth"),
        ({"url": URL, "calender": "Practice"}, "calender"),
        ({"url": URL, "calendar": ""}, "calendar"),
        ({"url": "https://example.org", "discover": True}, "discover needs calendar"),
        (
            {"url": URL, "calendar": "Practice", "discover": True},
            "url is only the host: https://cloud.example.org",
        ),
        (
            {"url": "https://example.org/?a=b", "calendar": "Practice", "discover": True},
            "url is only the host",
        ),
        ({"url": "https://example.org", "calendar": "Practice", "discover": "always"}, "discover"),
        ({"url": URL, "client_key": "/srv/anna.key"}, "needs client_certificate"),
        ({"url": "http://localhost:5232/", "client_certificate": "/srv/anna.pem"}, "needs an https address"),
        ({"url": URL, "client_certificate": "~nobody-of-this-name/anna.pem"}, "home folder"),
        ({"url": URL, "ca_file": "~nobody-of-this-name/ca.pem"}, "home folder"),
    ],
)
def test_an_unsound_caldav_entry_is_refused_and_no_secret_repeated(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refusal:
        caldav.Options.model_validate(entry)
    assert "secret-word" not in str(refusal.value)
    assert "anna:word" not in str(refusal.value)


def test_a_ca_file_may_lie_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert caldav.Options(url=URL, ca_file=Path("~/ca.pem")).ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize("entry", [{"path": "/srv/sessions.ics"}, {"url": {"credential": "ehr-feed"}}])
def test_a_sound_ics_entry_is_accepted(entry: dict[str, Any]) -> None:
    ics.Options.model_validate(entry)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "exactly one of path"),
        ({"path": "/srv/sessions.ics", "url": ENV}, "exactly one of path"),
        ({"url": "https://example.org/private-0815.ics"}, "must not stand in the configuration"),
        ({"path": "/srv/sessions.ics", "username": "anna"}, "username"),
    ],
)
def test_an_unsound_ics_entry_is_refused_and_no_address_repeated(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refusal:
        ics.Options.model_validate(entry)
    assert "private-0815" not in str(refusal.value)

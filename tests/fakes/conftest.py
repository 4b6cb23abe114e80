"""A fake Google, one account on it, and a clock by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.google import Account, GoogleFake
from tests.support.google import Hand, calendar_client


@pytest.fixture
def hand() -> Hand:
    return Hand("2026-03-01T12:00:00+00:00")


@pytest.fixture
def google(hand: Hand) -> Iterator[GoogleFake]:
    with GoogleFake(hand) as fake:
        yield fake


@pytest.fixture
def anna(google: GoogleFake) -> Account:
    return google.add_account("anna@example.org")


@pytest.fixture
def client(google: GoogleFake, anna: Account) -> Any:
    """A Calendar service of Google's own library, signed in as Anna."""
    return calendar_client(google, anna)

"""What a button says when it is pressed: which notice, which answer, until when it counts, and a seal. Pure.

    SEAL.UNTIL.KEY.DELIVERY.SUBJECT      the seal is 24 characters, UNTIL seconds since 1970

All that is needed to check one stands in it, but for the secret; so those that went out before a restart hold.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from kepthour.ports import Key

SECRET_BYTES = 32
_SEAL_BYTES = 18  # 24 characters, 144 bits


@dataclass(frozen=True, slots=True)
class Ticket:
    """One answer to one notice. `until` is aware UTC, in whole seconds."""

    delivery: str  # holds no dot
    subject: str
    key: Key
    until: datetime


def sealed(ticket: Ticket, secret: bytes) -> str:
    """`ticket` as a button sends it."""
    assert "." not in ticket.delivery
    until = int(ticket.until.timestamp())
    words = f"{until}.{ticket.key.value}.{ticket.delivery}.{ticket.subject}"
    return f"{_seal('answer', words, secret)}.{words}"


def opened(text: str, secret: bytes) -> Ticket | None:
    """What `sealed` made of with this secret; None for anything else."""
    seal, _dot, words = text.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal("answer", words, secret).encode()):
        return None
    until, key, delivery, subject = words.split(".", 3)
    return Ticket(delivery, subject, Key(key), datetime.fromtimestamp(int(until), UTC))


def seal_of(text: str) -> str:
    """The part by which a used one is known again."""
    return text.partition(".")[0]


def name_of(delivery: str, subject: str, secret: bytes) -> str:
    """The name of a notice at the server: the same for the same delivery, and telling nothing."""
    return _seal("notice", f"{delivery}.{subject}", secret)


def _seal(use: str, words: str, secret: bytes) -> str:
    whole = hmac.new(secret, f"{use}.{words}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(whole[:_SEAL_BYTES]).decode()

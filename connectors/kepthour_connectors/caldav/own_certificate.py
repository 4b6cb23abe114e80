"""The client's own certificate: whether it can be used, and whether the server asks for it or refuses it."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from kepthour_connectors.base import SignInNeeded
from kepthour_connectors.caldav import Options

_SECONDS = 5.0
# What servers say, after "..._ALERT_", to a certificate they do not like or miss. HANDSHAKE_FAILURE is TLS 1.2's word
# for a missing one, and for other things, too.
_OBJECTIONS = frozenset(
    {
        "ACCESS_DENIED",
        "BAD_CERTIFICATE",
        "CERTIFICATE_EXPIRED",
        "CERTIFICATE_REQUIRED",
        "CERTIFICATE_REVOKED",
        "CERTIFICATE_UNKNOWN",
        "DECRYPT_ERROR",
        "HANDSHAKE_FAILURE",
        "UNKNOWN_CA",
        "UNSUPPORTED_CERTIFICATE",
    }
)


def for_requests(options: Options) -> tuple[str, str] | None:
    """The files as the HTTP library takes them, or None without a certificate. Raises SignInNeeded."""
    if options.client_certificate is None:
        return None
    files = (options.client_certificate, options.client_key or options.client_certificate)
    for key, path in zip(("client_certificate", "client_key"), files, strict=True):
        if not path.is_file():
            raise SignInNeeded(f"There is no file {path}.", f"Put it there, or correct {key}.")
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), options)
    return str(files[0]), str(files[1])


def refused(options: Options) -> SignInNeeded | None:
    """What to raise if the server ends connections for the client's certificate, or for want of one; else None.

    Asked after a connection broke off. In TLS 1.3 a server objects when the client has begun to send already, and the
    objection is lost as often as not. So this connects once more, sends nothing and listens.
    """
    parts = urlsplit(options.url)
    if parts.scheme != "https":
        return None
    try:
        context = _trusting(options.ca_file)
        _load(context, options)
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            secured.recv(1)
    except ssl.SSLError as error:
        reason = (error.reason or "").partition("_ALERT_")[2]
        return objected(parts.hostname) if reason in _OBJECTIONS else None
    except (OSError, ValueError):
        return None  # nobody is there, it is no host's name, or nothing was said in time: no objection
    return None


def objected(host: str | None) -> SignInNeeded:
    """The error for a server that ends the connection, or answers, for want of a certificate that it knows."""
    return SignInNeeded(
        f"{host} wants a client certificate, or does not accept the one it was shown.",
        "Name one that it knows with client_certificate and client_key. Perhaps it expired.",
    )


def is_objection(status: int, body: bytes) -> bool:
    """Whether an answer is nginx's to a missing or unknown certificate, which it gives instead of ending TLS."""
    return status == 400 and b"SSL certificate" in body


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the authority in `ca_file`, or the system's. Unlike Python's default, it reads no CA variables."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file, None if ca_file else ssl.get_default_verify_paths().openssl_capath)
    return context


def _load(context: ssl.SSLContext, options: Options) -> None:
    if options.client_certificate is None:
        return

    def no_passphrase() -> str:
        # Without this, OpenSSL would ask for it at the terminal and wait.
        raise SignInNeeded(
            "The client certificate's key is encrypted.",
            "Store it without a passphrase, in a file that only you can read: openssl pkey -in OLD -out NEW.",
        )

    try:
        context.load_cert_chain(options.client_certificate, options.client_key, no_passphrase)
    except OSError:
        raise SignInNeeded(
            "The client certificate cannot be used with its key.",
            "Check that client_certificate and client_key are PEM files and belong together.",
        ) from None

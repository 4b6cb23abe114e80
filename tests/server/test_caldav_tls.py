"""Whose certificate is trusted: the system's authorities and the one in the configuration, nobody else's."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kepthour_connectors.base import Known, Surroundings, Transient
from kepthour_connectors.caldav import Options, connect
from tests.fakes.scripted_http import FakeCalDav, ScriptedServer
from tests.support.calendars import single


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, as one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server in the practice's own cellar")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "own.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


@pytest.fixture
def url(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fake = FakeCalDav()
    fake.put("a.ics", single("a"))
    with ScriptedServer(fake, context) as server:
        yield f"{server.url}cal/"


def test_a_certificate_of_nobody_is_refused_with_the_remedy(url: str, tmp_path: Path) -> None:
    connector = connect(Options(url=url), Surroundings("practice", tmp_path))
    with pytest.raises(Transient, match="certificate") as failure:
        connector.poll(Known())
    assert "ca_file" in failure.value.remedy


def test_a_certificate_of_the_configured_authority_is_trusted(
    url: str, certificate: Path, tmp_path: Path
) -> None:
    connector = connect(Options(url=url, ca_file=certificate), Surroundings("practice", tmp_path))
    assert len(connector.poll(Known()).changed) == 1
    connector.close()


def test_an_authority_in_the_environment_is_not_trusted(
    url: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate))
    connector = connect(Options(url=url), Surroundings("practice", tmp_path))
    with pytest.raises(Transient, match="certificate"):
        connector.poll(Known())

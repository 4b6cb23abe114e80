"""A server that wants to see a certificate of its clients: shown, missing, unknown, unusable."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kepthour_connectors.base import Batch, Known, SignInNeeded, Surroundings, Transient
from kepthour_connectors.caldav import Options, connect
from tests.fakes.scripted_http import Answer, FakeCalDav, ScriptedServer
from tests.support.calendars import single
from tests.support.certificates import Authority

Poll = Callable[..., Batch]
NGINX = (
    "<html>\r\n<head><title>400 {words}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n"
    "<center>{words}</center>\r\n<hr><center>nginx/1.26.0</center>\r\n</body>\r\n</html>\r\n"
)
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture(params=VERSIONS, ids=["tls1.2", "tls1.3"])
def server(request: pytest.FixtureRequest, authority: Authority) -> Iterator[ScriptedServer]:
    """Takes only clients whose certificate the authority signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = request.param
    context.load_cert_chain(*authority.issue("server"))
    context.load_verify_locations(authority.path)
    context.verify_mode = ssl.CERT_REQUIRED
    fake = FakeCalDav()
    fake.put("a.ics", single("a"))
    with ScriptedServer(fake, context) as running:
        yield running


@pytest.fixture
def poll(server: ScriptedServer, authority: Authority, tmp_path: Path) -> Poll:
    def polled(**options: Any) -> Batch:
        given = Options(url=f"{server.url}cal/", **{"ca_file": authority.path, **options})
        connector = connect(given, Surroundings("practice", tmp_path))
        try:
            return connector.poll(Known())
        finally:
            connector.close()

    return polled


def test_with_its_certificate_a_client_is_let_in(poll: Poll, authority: Authority) -> None:
    certificate, key = authority.issue("anna")
    assert len(poll(client_certificate=certificate, client_key=key).changed) == 1


def test_certificate_and_key_may_be_one_file(poll: Poll, authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.issue("anna")
    both = tmp_path / "both.pem"
    both.touch(0o600)
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    assert len(poll(client_certificate=both).changed) == 1


def test_without_one_the_remedy_names_the_key(poll: Poll, server: ScriptedServer) -> None:
    with pytest.raises(SignInNeeded, match="wants a client certificate") as failure:
        poll()
    assert "client_certificate" in failure.value.remedy
    assert server.log == []


def test_one_of_another_authority_is_not_accepted_and_the_remedy_names_the_key(
    poll: Poll, tmp_path: Path
) -> None:
    certificate, key = Authority(tmp_path, "stranger").issue("anna")
    with pytest.raises(SignInNeeded, match="does not accept") as failure:
        poll(client_certificate=certificate, client_key=key)
    assert "client_certificate" in failure.value.remedy


def test_an_expired_one_is_not_accepted(poll: Poll, authority: Authority) -> None:
    certificate, key = authority.issue("anna", expired=True)
    with pytest.raises(SignInNeeded, match="does not accept") as failure:
        poll(client_certificate=certificate, client_key=key)
    assert "expired" in failure.value.remedy


def test_it_is_not_shown_to_a_server_that_is_not_trusted_whatever_the_environment_says(
    poll: Poll, authority: Authority, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.path))
    certificate, key = Authority(authority.path.parent, "stranger").issue("anna")
    with pytest.raises(Transient, match="certificate is not accepted") as failure:
        poll(client_certificate=certificate, client_key=key, ca_file=None)
    assert "ca_file" in failure.value.remedy
    assert server.log == []


def test_a_connection_that_ends_for_another_reason_says_nothing_of_certificates(
    poll: Poll, authority: Authority, server: ScriptedServer
) -> None:
    certificate, key = authority.issue("anna")
    server.stop()
    with pytest.raises(Transient, match="cannot be reached"):
        poll(client_certificate=certificate, client_key=key)


@pytest.mark.parametrize("words", ["No required SSL certificate was sent", "The SSL certificate error"])
def test_what_nginx_answers_instead_is_understood(words: str, tmp_path: Path) -> None:
    page = Answer(400, NGINX.format(words=words), {"Content-Type": "text/html"})
    with ScriptedServer(lambda request: page) as server:
        connector = connect(Options(url=server.url), Surroundings("practice", tmp_path))
        with pytest.raises(SignInNeeded, match="client certificate") as failure:
            connector.poll(Known())
    assert "client_certificate" in failure.value.remedy


# what cannot be used is said before anything is asked


URL = "https://cloud.example.org/dav/"


def unusable(tmp_path: Path, **options: Any) -> SignInNeeded:
    connector = connect(Options(url=URL, **options), Surroundings("practice", tmp_path))
    with pytest.raises(SignInNeeded) as failure:
        connector.poll(Known())
    return failure.value


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_passphrase(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("anna", passphrase=b"a word")
    error = unusable(tmp_path, client_certificate=certificate, client_key=key)
    assert "encrypted" in error.what
    assert "without a passphrase" in error.remedy


def test_a_key_of_another_certificate_is_refused(authority: Authority, tmp_path: Path) -> None:
    (certificate, _), (_, key) = authority.issue("anna"), authority.issue("bert")
    assert "client_key" in unusable(tmp_path, client_certificate=certificate, client_key=key).remedy


def test_a_missing_file_is_named_with_its_key(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.issue("anna")
    error = unusable(tmp_path, client_certificate=tmp_path / "none.crt", client_key=key)
    assert "none.crt" in error.what
    assert "client_certificate" in error.remedy
    error = unusable(tmp_path, client_certificate=certificate, client_key=tmp_path / "none.key")
    assert "none.key" in error.what
    assert "client_key" in error.remedy


def test_the_key_may_be_read_by_its_owner_only_and_the_certificate_by_all(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("anna")
    certificate.chmod(0o644)
    assert Options(url=URL, client_certificate=certificate, client_key=key).client_key == key
    with pytest.raises(ValidationError, match=r"others may read .*anna\.crt"):  # which would hold the key
        Options(url=URL, client_certificate=certificate)
    key.chmod(0o640)
    with pytest.raises(ValidationError, match=r"others may read .*anna\.key.*chmod 600"):
        Options(url=URL, client_certificate=certificate, client_key=key)

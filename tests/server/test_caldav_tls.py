"""Whose certificate is trusted: the system's authorities and the one in the configuration, nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kepthour_connectors.base import Known, Surroundings, Transient
from kepthour_connectors.caldav import Options, connect
from tests.fakes.scripted_http import FakeCalDav, ScriptedServer
from tests.support.calendars import single
from tests.support.certificates import Authority, serving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def url(authority: Authority) -> Iterator[str]:
    fake = FakeCalDav()
    fake.put("a.ics", single("a"))
    with ScriptedServer(fake, serving(*authority.issue("server"))) as server:
        yield f"{server.url}cal/"


def test_a_certificate_of_nobody_is_refused_with_the_remedy(url: str, tmp_path: Path) -> None:
    connector = connect(Options(url=url), Surroundings("practice", tmp_path))
    with pytest.raises(Transient, match="certificate") as failure:
        connector.poll(Known())
    assert "ca_file" in failure.value.remedy


def test_a_certificate_of_the_configured_authority_is_trusted(
    url: str, authority: Authority, tmp_path: Path
) -> None:
    connector = connect(Options(url=url, ca_file=authority.path), Surroundings("practice", tmp_path))
    assert len(connector.poll(Known()).changed) == 1
    connector.close()


def test_an_authority_in_the_environment_is_not_trusted(
    url: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.path))
    connector = connect(Options(url=url), Surroundings("practice", tmp_path))
    with pytest.raises(Transient, match="certificate"):
        connector.poll(Known())

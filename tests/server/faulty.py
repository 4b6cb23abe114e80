"""A calendar server with faults, a connector to it, and a caller that keeps what it got."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest

from kepthour_connectors.base import Batch, Connector, Known, Surroundings
from kepthour_connectors.caldav import Options, connect
from tests.fakes.scripted_http import FakeCalDav, ScriptedServer
from tests.support.calendars import single

SECRET_TITLE = "AB very private"


class Scene:
    """One calendar of the fake server; `poll` stores what comes, as the daemon does."""

    def __init__(self, fake: FakeCalDav, server: ScriptedServer, connector: Connector) -> None:
        self.fake, self.server, self.connector = fake, server, connector
        self.cursor: str | None = None
        self.etags: dict[str, str] = {}

    def poll(self, full: bool = False) -> Batch:
        self.server.log.clear()
        owed = frozenset(href for href, etag in self.etags.items() if not etag)
        batch = self.connector.poll(Known(self.cursor, MappingProxyType(dict(self.etags)), full, owed))
        for href in batch.deleted if batch.listed is None else self.etags.keys() - batch.listed:
            self.etags.pop(href, None)
        self.etags.update({each.href: each.etag for each in (*batch.changed, *batch.bad)})
        self.cursor = batch.cursor
        return batch

    @property
    def names(self) -> set[str]:
        return {href.removeprefix("/cal/").removesuffix(".ics") for href in self.etags}


@pytest.fixture
def scene(tmp_path: Any) -> Iterator[Scene]:
    fake = FakeCalDav()
    with ScriptedServer(fake) as server:
        connector = connect(Options(url=f"{server.url}cal/"), Surroundings("practice", tmp_path))
        yield Scene(fake, server, connector)
        connector.close()


@pytest.fixture
def synced(scene: Scene) -> Scene:
    """Three events, all known."""
    for name in ("a", "b", "c"):
        scene.fake.put(f"{name}.ics", single(name, SECRET_TITLE))
    scene.poll()
    assert scene.names == {"a", "b", "c"}
    return scene

"""How notices look on the real notification daemons: pictures for people, in build/screenshots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kepthour.channels.desktop import Options, make
from kepthour.core.ladder import Urgency
from kepthour.core.notice import Notice
from kepthour.core.words.text import Show
from kepthour.languages import tongue
from kepthour.ports import Channel
from tests.support.desktop import Desktop, missing_programs
from tests.support.fixtures import require
from tests.support.rungs import question, rung
from tests.support.screen import HEIGHT, WIDTH, Box, Picture
from tests.support.servers import SERVERS, Server
from tests.support.world import eventually

pytestmark = pytest.mark.desktop

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"
AROUND = 8  # pixels of the screen around a notice
NOTICES = {
    "t-5": rung(-5, Urgency.HIGH),
    "t-0": rung(0),
    "t+5-de": rung(5, spoken=tongue("de")),
    "question": question(),
    "question-de": question(tongue("de"), Show.ALIAS),
    "markup": replace(
        rung(0), title="<b>AB</b> & co at 14:00", text="50 min, <i>video</i> &amp; more. Check in."
    ),
}


def kind_of(server: type[Server]) -> str:
    return server.name


@pytest.fixture(params=SERVERS, ids=kind_of)
def desktop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desktop]:
    require(missing_programs(request.param))
    with Desktop(tmp_path / "desktop", request.param, plain=True) as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture
async def channel(desktop: Desktop) -> AsyncIterator[Channel]:
    made = make("desktop", Options())
    await made.open(lambda answer: None)
    yield made
    await made.close()


def seen(desktop: Desktop) -> tuple[Box, Picture]:
    """The only notice, once it has come to rest."""

    def at_rest() -> tuple[Box, Picture] | None:
        before, places = desktop.screen.picture(), desktop.server.places()
        return (places[0], before) if len(places) == 1 and desktop.screen.picture() == before else None

    box, picture = eventually(at_rest, "the notice, at rest")
    return box, picture


@pytest.mark.parametrize("name", NOTICES)
async def test_a_notice_is_on_the_screen_as_a_whole(desktop: Desktop, channel: Channel, name: str) -> None:
    notice: Notice = NOTICES[name]
    await channel.send(notice, None)
    box, picture = seen(desktop)
    assert box.left >= 0 and box.top >= 0 and box.right < WIDTH and box.bottom < HEIGHT
    around = Box(
        max(0, box.left - AROUND), max(0, box.top - AROUND),
        min(WIDTH - 1, box.right + AROUND), min(HEIGHT - 1, box.bottom + AROUND),
    )  # fmt: skip
    picture.cut(around).save(FOLDER / f"{desktop.server.name}-{name}.png")

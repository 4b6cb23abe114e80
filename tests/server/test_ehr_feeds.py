"""The entries shown for practice systems, on texts of the shapes that those systems were recorded to give."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kepthour.config import Configuration
from kepthour.config.reading import load
from kepthour.core.reading.occurrences import Occurrence, expand
from kepthour.core.reading.resources import read, slim
from kepthour.core.sessions import judge
from kepthour.plugins import Plugins
from kepthour_connectors import ics
from kepthour_connectors.base import Known, Surroundings
from tests.support.calendars import calendar, event

PAGE = Path(__file__).parents[2] / "docs" / "calendars" / "ehr-feeds.md"
HEAD = ("X-WR-CALNAME:SimplePractice", "X-PUBLISHED-TTL:PT10M")
VIDEO = "https://video.simplepractice.com/appt-0123456789abcdef"
SIMPLE = calendar(
    event("1000000001", "J.A. Appointment"),
    event("1000000002", "P.B. Appointment", "20260303T090000", "20260303T095000", f"URL;VALUE=URI:{VIDEO}"),
    head=HEAD,
)
SESSIONS = calendar(
    event(
        "20000001-260302@app.sessionshealth.com",
        "SH00001",
        "20260302T090000",
        "20260302T100000",
        "CLASS:PUBLIC",
    ),
    head=("METHOD:PUBLISH",),
)


def shown(product: str, folder: Path) -> Configuration:
    """The configuration that the page shows for `product`."""
    found = re.search(
        rf"^## {product}\n+```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found is not None
    file = folder / "config.toml"
    file.write_text(found.group(1), encoding="utf-8")
    return load(file, Plugins())


def occurrences(text: str, folder: Path) -> list[Occurrence]:
    """What comes of a feed's `text` by the way of a poll, in March 2026."""
    file = folder / "feed.ics"
    file.write_bytes(text.encode())
    batch = ics.connect(ics.Options(path=file), Surroundings("ehr", folder)).poll(Known())
    assert batch.bad == ()
    slimmed = [slim(read(each.payload)) for each in batch.changed]
    march = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    return [
        each for payload in slimmed for each in expand(read(payload), ZoneInfo("UTC"), *march).occurrences
    ]


@pytest.mark.parametrize(
    ("product", "text", "aliases"),
    [
        ("SimplePractice", SIMPLE, ["J.A.", "P.B."]),
        ("SimplePractice", SIMPLE.replace("J.A.", "Made Up"), ["", "P.B."]),
        ("Sessions Health", SESSIONS, ["SH00001"]),
        ("Sessions Health", SESSIONS.replace("SH00001", "Made Up"), [""]),
    ],
)
def test_the_shown_entry_takes_all_as_sessions_and_finds_aliases_but_no_full_names(
    product: str, text: str, aliases: list[str], tmp_path: Path
) -> None:
    config = shown(product, tmp_path)
    (entry,) = config.calendars
    judged = [judge(each, entry.name, entry.take, config.rules) for each in occurrences(text, tmp_path)]
    assert all(each.is_session for each in judged)
    assert sorted(each.client.reveal() for each in judged) == sorted(aliases)


def test_simplepractices_video_room_is_offered(tmp_path: Path) -> None:
    links = {each.uid: each.join_url.reveal() for each in occurrences(SIMPLE, tmp_path)}
    assert links == {"1000000001": "", "1000000002": VIDEO}


def test_simplepractices_wish_for_ten_minutes_is_heard(tmp_path: Path) -> None:
    file = tmp_path / "feed.ics"
    file.write_bytes(SIMPLE.encode())
    batch = ics.connect(ics.Options(path=file), Surroundings("ehr", tmp_path)).poll(Known())
    assert batch.refresh_after is not None
    assert batch.refresh_after.total_seconds() == 600

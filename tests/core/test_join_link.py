"""The link that a notice offers as "Join"."""

from __future__ import annotations

import pytest

from kepthour.core.reading.join import join_link
from kepthour.core.reading.resources import read
from tests.support.calendars import calendar, event


def link(*lines: str, hosts: tuple[str, ...] = ()) -> str | None:
    found = read(calendar(event("s", "AB", "20260302T100000", "20260302T105000", *lines)))
    return join_link(found.events[0], hosts)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DESCRIPTION:Join: https://zoom.us/j/1?pwd=a."], "https://zoom.us/j/1?pwd=a"),
        (["LOCATION:https://meet.google.com/abc"], "https://meet.google.com/abc"),
        (["URL:https://anna.doxy.me/room"], "https://anna.doxy.me/room"),
        (["DESCRIPTION:(https://meet.jit.si/x)"], "https://meet.jit.si/x"),
        (["DESCRIPTION:see https://example.org/form then https://zoom.us/j/2"], "https://zoom.us/j/2"),
        (["DESCRIPTION:http://zoom.us/j/1"], None),
        (["DESCRIPTION:https://evil.example/zoom.us"], None),
        (["DESCRIPTION:https://zoom.us.evil.example/j/1"], None),
        (["DESCRIPTION:https://zoom.us@evil.example/j/1"], None),
        (["DESCRIPTION:https://user@zoom.us/j/1"], None),
        (["DESCRIPTION:https://notzoom.us/j/1"], None),
        ([], None),
    ],
)
def test_only_https_links_to_known_hosts_are_offered(lines: list[str], expected: str | None) -> None:
    assert link(*lines) == expected


def test_a_conference_property_with_video_comes_first() -> None:
    found = link(
        "LOCATION:https://zoom.us/j/2",
        "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://whereby.com/anna",
    )
    assert found == "https://whereby.com/anna"


def test_the_users_own_hosts_are_allowed_too() -> None:
    assert link("DESCRIPTION:https://video.praxis.example/1") is None
    assert link("DESCRIPTION:https://video.praxis.example/1", hosts=("praxis.example",)) is not None

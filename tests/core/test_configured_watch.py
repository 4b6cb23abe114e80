"""What the configuration says of being watched, of evidence, and of how long anything is kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.configured import MINIMAL, faults, read


def test_without_its_table_there_is_no_heartbeat(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL).heartbeat is None


def test_a_heartbeat_comes_every_five_minutes_unless_it_is_said(tmp_path: Path) -> None:
    heartbeat = read(tmp_path, MINIMAL + '[heartbeat]\nurl = { env = "BEAT" }\n').heartbeat
    assert heartbeat is not None
    assert heartbeat.every == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("table", "path", "text"),
    [
        (
            'url = "https://example.org/ping/x"',
            "heartbeat.url",
            "a secret must not stand in the configuration",
        ),
        ('every = "5m"', "heartbeat.url", "is missing"),
        ('url = { env = "BEAT" }\nevery = "59s"', "heartbeat.every", 'must be at least "1m"'),
        ('url = { env = "BEAT" }\nevry = "5m"', "heartbeat.evry", 'did you mean "every"?'),
    ],
)
def test_what_is_wrong_with_a_heartbeat_is_said(tmp_path: Path, table: str, path: str, text: str) -> None:
    found = faults(tmp_path, f"{MINIMAL}[heartbeat]\n{table}\n")
    assert list(found) == [path]
    assert text in found[path]


def test_this_machine_is_not_watched_unless_it_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL).evidence == ()
    assert read(tmp_path, MINIMAL).keep_evidence == timedelta(days=30)
    text = MINIMAL + '[[evidence]]\ntype = "call"\nprograms = ["zoom"]\n[[evidence]]\ntype = "desktop"\n'
    config = read(tmp_path, text + '[retention]\nevidence = "7d"\n')
    assert [one.type for one in config.evidence] == ["call", "desktop"]
    assert config.keep_evidence == timedelta(days=7)


def test_sessions_are_kept_for_a_year_unless_it_is_said_and_long_enough_to_tell_what_is_usual(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, MINIMAL).keep_sessions == timedelta(days=365)
    assert read(tmp_path, MINIMAL + '[retention]\nsessions = "120d"\n').keep_sessions == timedelta(days=120)
    found = faults(tmp_path, MINIMAL + '[retention]\nsessions = "119d"\n')
    assert 'must be at least "120d"' in found["retention.sessions"]


def test_edits_as_evidence_need_no_source_and_have_every_calendar_read_anew(tmp_path: Path) -> None:
    without, with_them = read(tmp_path, MINIMAL), read(tmp_path, MINIMAL + '[[evidence]]\ntype = "edits"\n')
    assert (without.reads_edits, with_them.reads_edits) == (False, True)
    assert with_them.evidence == ()
    assert without.calendars[0].fingerprint != with_them.calendars[0].fingerprint


def test_a_room_in_which_silence_says_nothing_is_a_regular_expression(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL).in_person is None
    config = read(tmp_path, MINIMAL + "[verdict]\nin_person = '^Room 2'\n")
    assert config.in_person is not None and config.in_person.search("Room 21")
    assert (
        "regular expression"
        in faults(tmp_path, MINIMAL + "[verdict]\nin_person = '('\n")["verdict.in_person"]
    )

"""Configurations: what is right is understood, what is wrong is said, all at once and each by its path."""

from __future__ import annotations

from datetime import time, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfoNotFoundError

import pytest
import tzlocal

from kepthour import plugins
from kepthour.config.faults import Faulty
from kepthour.config.reading import load
from kepthour.core.ladder import PROFILES, ChannelRule, Rung, Urgency
from kepthour.core.sessions import Take
from kepthour.core.slots import Practice, Shift
from kepthour.plugins import Plugins
from tests.support.configured import MINIMAL, faults, read

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_shows_every_key_and_is_accepted() -> None:
    config = load(EXAMPLE, Plugins())
    assert [calendar.name for calendar in config.calendars] == ["practice", "ehr"]
    assert config.zone.key == "Europe/Berlin"
    assert config.ladder.rungs == PROFILES["standard"]
    assert [channel.name for channel in config.channels] == ["desktop", "script"]


@pytest.mark.parametrize(
    ("channels", "near", "urgencies"),
    [
        ('[channels.a]\ntype = "desktop"\n', ("a",), ["passive"]),
        ('[channels.a]\ntype = "desktop"\nurgency = "normal"\n', ("a",), ["normal"]),
        ('[channels.a]\ntype = "desktop"\n[channels.b]\ntype = "sound"\n', ("a",), ["passive", "critical"]),
        ('[channels.a]\ntype = "desktop"\n[channels.b]\ntype = "sound"\nurgency = "passive"\n', ("a", "b"),
         ["passive", "passive"]),
        ('[channels.a]\ntype = "desktop"\njoins = "-5m"\n[channels.b]\ntype = "sound"\n', ("a",),
         ["passive", "critical"]),
        ('[channels.a]\ntype = "desktop"\nurgency = "high"\n[channels.b]\ntype = "sound"\n', ("a",),
         ["high", "critical"]),
        ('[channels.b]\ntype = "sound"\n', ("b",), ["critical"]),
    ],
    ids=["one", "not the passive", "a bell besides", "a bell for all", "the calm one joins later", "none is calm",
         "a bell alone"],
)  # fmt: skip
def test_digests_go_to_channels_that_take_calm_notices(
    channels: str, near: tuple[str, ...], urgencies: list[str], tmp_path: Path
) -> None:
    config = read(tmp_path, MINIMAL + channels)
    assert config.near_channels == near
    assert [rule.urgency.value for rule in config.ladder.channels] == urgencies


@pytest.mark.parametrize("urgency", Urgency)
def test_a_channel_takes_rungs_from_its_urgency_on(urgency: Urgency) -> None:
    rule = ChannelRule("bell", urgency=urgency)
    order = [Urgency.PASSIVE, Urgency.NORMAL, Urgency.HIGH, Urgency.CRITICAL]
    taken = [one for one in order if rule.takes(Rung(timedelta(), "0m", one))]
    assert taken == order[order.index(urgency) :]


def test_a_rung_that_names_a_channel_goes_there_whatever_its_urgency() -> None:
    rule = ChannelRule("bell", urgency=Urgency.CRITICAL)
    assert rule.takes(Rung(timedelta(), "0m", Urgency.PASSIVE, channels=("bell",)))


def test_urgency_and_joins_both_hold() -> None:
    rule = ChannelRule("bell", joins=timedelta(minutes=2), urgency=Urgency.CRITICAL)
    assert not rule.takes(Rung(timedelta(minutes=1), "+1m", Urgency.CRITICAL))
    assert not rule.takes(Rung(timedelta(minutes=2), "+2m", Urgency.HIGH))
    assert rule.takes(Rung(timedelta(minutes=2), "+2m", Urgency.CRITICAL))


def test_the_example_names_every_key_that_the_models_know() -> None:
    from pydantic import BaseModel

    from kepthour.config import keys

    text = EXAMPLE.read_text(encoding="utf-8")
    models = [m for m in vars(keys).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    kinds_of = Plugins()
    models += [kinds_of.connector(name).Options for name in ("caldav", "google", "ics")]
    kinds = ("apprise", "command", "console", "desktop", "ntfy", "sound")
    models += [kinds_of.channel(name).Options for name in kinds]
    models += [kinds_of.observer(name).Options for name in kinds_of.observers()]
    names = {field.alias or name for m in models for name, field in m.model_fields.items()}
    missing = {
        name for name in names if not any(form in text for form in (f"{name} = ", f"[{name}", f".{name}]"))
    }
    assert missing == set()


def test_a_minimal_configuration_has_sensible_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, MINIMAL)
    (calendar,) = config.calendars
    assert (calendar.take, calendar.poll) == (Take.ALL, timedelta(minutes=2))
    assert calendar.stale_after == timedelta(minutes=6)
    assert [channel.name for channel in config.channels] == ["desktop"]
    assert config.ladder.missed_after == timedelta(minutes=15)
    assert config.digests.evening == time(18)


def test_notices_speak_as_the_environment_does_unless_the_configuration_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(tmp_path, MINIMAL).language == "en"
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert read(tmp_path, MINIMAL).language == "de"
    assert read(tmp_path, 'language = "en"\n' + MINIMAL).language == "en"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert read(tmp_path, MINIMAL).showing.tongue.language == "en"
    assert read(tmp_path, 'language = "de"\n' + MINIMAL).showing.tongue.language == "de"


def test_a_computer_that_does_not_tell_its_zone_needs_one_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflicting() -> NoReturn:
        raise ZoneInfoNotFoundError("/etc/timezone says one, /etc/localtime another")

    monkeypatch.setattr(tzlocal, "reload_localzone", conflicting)
    with pytest.raises(Faulty) as caught:
        read(tmp_path, MINIMAL)
    (fault,) = caught.value.faults
    assert str(fault) == (
        'timezone: is not given, and this computer does not tell its own; write an IANA name, such as "Europe/Berlin"'
    )


def test_a_machine_is_woken_only_on_request(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL).wake_before is None
    assert read(tmp_path, MINIMAL + '[wake]\nbefore = "5m"\n').wake_before is None
    assert read(tmp_path, MINIMAL + "[wake]\nenabled = true\n").wake_before == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("reminders", "insists"),
    [
        ("", False),
        ('profile = "gentle"', False),
        ('profile = "persistent"', True),
        ('profile = "persistent"\ninsist = false', False),
        ("insist = true", True),
    ],
)
def test_notices_insist_in_profile_persistent_unless_it_is_said_otherwise(
    reminders: str, insists: bool, tmp_path: Path
) -> None:
    config = read(tmp_path, f"{MINIMAL}[reminders]\n{reminders}\n")
    assert config.showing.insists is insists


def test_working_hours_are_the_usual_week_unless_some_are_named(tmp_path: Path) -> None:
    week = ((Shift(time(8), time(20)),),) * 5
    assert read(tmp_path, MINIMAL).practice == Practice((*week, (), ()))
    named = read(tmp_path, MINIMAL + '[practice.hours]\ntue = ["09:00-13:00", "14:30-24:00"]\n')
    tuesday = (Shift(time(9), time(13)), Shift(time(14, 30), None))
    assert named.practice.hours == ((), tuesday, (), (), (), (), ())
    assert load(EXAMPLE, Plugins()).practice == Practice()
    assert load(EXAMPLE, Plugins()).repair == read(tmp_path, MINIMAL).repair


def test_all_that_is_wrong_with_practice_and_repair_is_told_at_once(tmp_path: Path) -> None:
    wrong = """
[practice]
buffer = 10
travel = "-5m"
sessions_a_day = 0
[practice.hours]
mon = ["09:00-13:00", "12:00-18:00"]
tue = ["9-13", "14:00-24:00", "14:00-25:00"]
wed = ["14:00-14:00"]
thu = "08:00-12:00"
fri = ["08:00-24:00", "20:00-22:00"]
mo = []
[repair]
offer = 9
within = "12h"
high_need = ["AB", ""]
"""
    assert faults(tmp_path, MINIMAL + wrong) == {
        "practice.buffer": 'must be a text in quotes, such as "15m"',
        "practice.travel": 'is no duration; write a duration as "90s", "15m", "1h30m" or "1d"',
        "practice.sessions_a_day": "must be at least 1",
        "practice.hours.mon": "must be in their order, and must not overlap",
        "practice.hours.tue[0]": 'is no span of a day; write it as "09:00-13:00", up to "24:00"',
        "practice.hours.tue[2]": 'is no span of a day; write it as "09:00-13:00", up to "24:00"',
        "practice.hours.wed[0]": "must end after its start, on the same day",
        "practice.hours.thu": "must be a list",
        "practice.hours.fri": "must be in their order, and must not overlap",
        "practice.hours.mo": 'there is no such key; did you mean "mon"?',
        "repair.offer": "must be 3, 4 or 5",
        "repair.within": 'must be "1d" to "365d"',
        "repair.high_need[1]": "must not be empty",
    }


def test_own_rungs_replace_those_of_the_profile_and_keep_their_names(tmp_path: Path) -> None:
    config = read(tmp_path, MINIMAL + '[[reminders.rungs]]\nat = "-115s"\n')
    assert [rung.label for rung in config.ladder.rungs] == ["-115s"]
    assert config.ladder.rungs[0].offset == -timedelta(seconds=115)


def test_a_fingerprint_changes_with_the_source_and_not_with_the_polling(tmp_path: Path) -> None:
    before = read(tmp_path, MINIMAL).calendars[0].fingerprint
    assert read(tmp_path, MINIMAL + 'poll = "5m"\n').calendars[0].fingerprint == before
    assert read(tmp_path, MINIMAL.replace("a.ics", "b.ics")).calendars[0].fingerprint != before


CALDAV = '[[calendars]]\nname = "a"\ntype = "caldav"\nurl = "https://example.org/"\nusername = "anna"\n'
BROKEN: dict[str, tuple[str, str, str]] = {
    "bad TOML": ("[[calendars]\nname = 1", "", "not TOML"),
    "no calendar": ("", "calendars", "at least one [[calendars]]"),
    "an empty list of calendars": ("calendars = []", "calendars", "at least one [[calendars]]"),
    "an unknown key": (
        MINIMAL + '[reminder]\nprofile = "standard"\n',
        "reminder",
        'did you mean "reminders"?',
    ),
    "an unknown key of a calendar": (MINIMAL + 'pol = "2m"\n', "calendars[0].pol", 'did you mean "poll"?'),
    "an unknown key of a connector": (MINIMAL + 'urll = "x"\n', "calendars[0].urll", 'did you mean "url"?'),
    "a wrong type": (MINIMAL.replace('"a"', "7", 1), "calendars[0].name", "must be a text in quotes"),
    "a duplicate name": (MINIMAL * 2, "calendars[1].name", "calendars[0] has this name"),
    "an unknown kind of calendar": (MINIMAL.replace('"ics"', '"exchange"'), "calendars[0].type", '"caldav"'),
    "a bad zone": ('timezone = "Mars/Olympus"\n' + MINIMAL, "timezone", "Europe/Berlin"),
    "an unknown language": ('language = "tlh"\n' + MINIMAL, "language", 'there are "de", "en"'),
    "a language that is no text": ("language = 7\n" + MINIMAL, "language", "must be a text"),
    "a bad duration": (MINIMAL + 'poll = "two minutes"\n', "calendars[0].poll", '"15m"'),
    "a negative duration": (MINIMAL + 'poll = "-2m"\n', "calendars[0].poll", '"15m"'),
    "a number for a duration": (MINIMAL + "poll = 120\n", "calendars[0].poll", '"15m"'),
    "a plain-string password": (CALDAV + 'password = "hunter2"\n', "calendars[0].password", "keyring"),
    "a plain-string feed": (
        MINIMAL.replace('path = "~/a.ics"', 'url = "https://example.org/feed"'),
        "calendars[0].url",
        "keyring",
    ),
    "two ways to one secret": (
        CALDAV + 'password = { env = "A", keyring = "b" }\n',
        "calendars[0].password",
        "exactly one way",
    ),
    "plain http to another host": (
        CALDAV.replace("https:", "http:"),
        "calendars[0].url",
        "write https://",
    ),
    "a password in the address": (
        CALDAV.replace("example.org", "anna:pw@example.org"),
        "calendars[0].url",
        "must not hold a user name or password",
    ),
    "a bad regular expression": (
        MINIMAL + '[[sessions.rules]]\ntitle = "("\nis = "session"\n',
        "sessions.rules[0].title",
        "regular expression",
    ),
    "a rule that says neither": (
        MINIMAL + '[[sessions.rules]]\nis = "maybe"\n',
        "sessions.rules[0].is",
        "'session' or 'other'",
    ),
    "a rule for no calendar": (
        MINIMAL + '[[sessions.rules]]\ncalendar = "b"\nis = "session"\n',
        "sessions.rules[0].calendar",
        "no calendar of this name",
    ),
    "rules without a rule": (
        MINIMAL + 'sessions = "rules"\n',
        "calendars[0].sessions",
        'or say "all"',
    ),
    "an unknown profile": (
        MINIMAL + '[reminders]\nprofile = "loud"\n',
        "reminders.profile",
        "'standard', 'gentle' or 'persistent'",
    ),
    "rules that say nothing": (
        MINIMAL + '[[reminders.rules]]\nclient = "AB"\n',
        "reminders.rules[0]",
        "exactly one of",
    ),
    "no weekday": (
        MINIMAL + '[[reminders.rules]]\nweekday = ["monday"]\nprofile = "gentle"\n',
        "reminders.rules[0].weekday[0]",
        "'mon'",
    ),
    "two rungs at once for some": (
        MINIMAL + '[[reminders.rules]]\nalso = [{ at = "-1m" }, { at = "-60s" }]\n',
        "reminders.rules[0].also[1].at",
        "comes at the same time",
    ),
    "cues of seconds": (MINIMAL + '[quiet]\nend_cues = ["90s"]\n', "quiet.end_cues[0]", "whole minutes"),
    "a bad offset": (MINIMAL + '[[reminders.rungs]]\nat = "soon"\n', "reminders.rungs[0].at", '"-15m"'),
    "two rungs at the same time": (
        MINIMAL + '[[reminders.rungs]]\nat = "-1m"\n[[reminders.rungs]]\nat = "-60s"\n',
        "reminders.rungs[1].at",
        "at the same time",
    ),
    "a rung on no channel": (
        MINIMAL + '[[reminders.rungs]]\nat = "-1m"\nchannels = ["phone"]\n',
        "reminders.rungs[0].channels[0]",
        'no channel "phone"',
    ),
    "an unknown urgency": (
        MINIMAL + '[[reminders.rungs]]\nat = "-1m"\nurgency = "loud"\n',
        "reminders.rungs[0].urgency",
        "'critical'",
    ),
    "an urgency that there is not": (
        MINIMAL + '[channels.x]\ntype = "desktop"\nurgency = "loud"\n',
        "channels.x.urgency",
        "'passive', 'normal', 'high' or 'critical'",
    ),
    "an unknown kind of channel": (
        MINIMAL + '[channels.x]\ntype = "pigeon"\n',
        "channels.x.type",
        '"desktop"',
    ),
    "a command without words": (
        MINIMAL + '[channels.x]\ntype = "command"\nargv = []\n',
        "channels.x.argv",
        "must not be empty",
    ),
    "limits out of order": (
        MINIMAL + '[verdict]\nlate_after = "20m"\n',
        "verdict",
        "missed_after (15m) must not be shorter than late_after (20m)",
    ),
    "a deadline at the start": (
        MINIMAL + '[verdict]\nmissed_after = "0m"\n',
        "verdict",
        "longer than nothing",
    ),
    "an unknown way to show": (
        MINIMAL + '[privacy]\nnotice = "everything"\n',
        "privacy.notice",
        "'time' or 'alias'",
    ),
    "an unknown kind of evidence": (
        MINIMAL + '[[evidence]]\ntype = "camera"\n',
        "evidence[0].type",
        'installed are "call", "desktop", "edits"',
    ),
    "evidence that an account gives": (
        MINIMAL + '[[evidence]]\ntype = "meet"\n',
        "evidence[0].type",
        'installed are "call", "desktop"',
    ),
    "evidence of no type": (MINIMAL + "[[evidence]]\n", "evidence[0].type", "is missing"),
    "evidence twice": (
        MINIMAL + '[[evidence]]\ntype = "desktop"\n[[evidence]]\ntype = "desktop"\n',
        "evidence[1].type",
        "of this type already",
    ),
    "a key of edits as evidence": (
        MINIMAL + '[[evidence]]\ntype = "edits"\nprograms = ["zoom"]\n',
        "evidence[0].programs",
        "there is no such key",
    ),
    "edits as evidence twice": (
        MINIMAL + '[[evidence]]\ntype = "edits"\n[[evidence]]\ntype = "edits"\n',
        "evidence[1].type",
        "there is an [[evidence]] table of this type already",
    ),
    "a misspelt key of evidence": (
        MINIMAL + '[[evidence]]\ntype = "call"\nprogram = ["zoom"]\n',
        "evidence[0].program",
        'did you mean "programs"?',
    ),
    "calls in no program": (
        MINIMAL + '[[evidence]]\ntype = "call"\nprograms = []\n',
        "evidence[0].programs",
        "must not be empty",
    ),
    "evidence that is no table": ("evidence = [1]\n" + MINIMAL, "evidence[0]", "must be a table"),
    "evidence as one table": (
        MINIMAL + '[evidence]\ntype = "call"\n',
        "evidence",
        "must be a list",
    ),
    "evidence for an hour": (
        MINIMAL + '[retention]\nevidence = "1h"\n',
        "retention.evidence",
        'at least "1d"',
    ),
    "a bad time of day": (MINIMAL + '[digests]\nevening = "6 pm"\n', "digests.evening", '"18:00"'),
    "a database in the home of nobody": (
        MINIMAL + '[store]\nurl = "~nobody-here/a.db"\n',
        "store.url",
        "home folder",
    ),
    "a key in the home of nobody": (
        MINIMAL + '[store]\nkey = { file = "~nobody-here/key" }\n',
        "store.key.file",
        "home folder",
    ),
    "a password in the home of nobody": (
        CALDAV + 'password = { file = "~nobody-here/word" }\n',
        "calendars[0].password.file",
        "home folder",
    ),
    "a sound in the home of nobody": (
        MINIMAL + '[channels.bell]\ntype = "sound"\nfile = "~nobody-here/a.wav"\n',
        "channels.bell.file",
        "home folder",
    ),
    "a database without a place": (MINIMAL + '[store]\nurl = ""\n', "store.url", '"sqlite"'),
    "a connector without its source": (
        '[[calendars]]\nname = "a"\ntype = "ics"\n',
        "calendars[0]",
        "path",
    ),
}


@pytest.mark.parametrize(("text", "path", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_named_by_its_path_with_what_would_be_right(
    tmp_path: Path, text: str, path: str, hint: str
) -> None:
    found = faults(tmp_path, text)
    assert path in found
    assert hint in found[path]


@pytest.mark.parametrize(("text", "path", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_no_fault_repeats_a_value(tmp_path: Path, text: str, path: str, hint: str) -> None:
    said = " ".join(f"{key} {value}" for key, value in faults(tmp_path, text).items())
    assert "hunter2" not in said
    assert "example.org" not in said


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = (
        'timezone = "Mars"\n'
        + MINIMAL
        + 'poll = "x"\n[reminders]\nprofile = "loud"\n[channels.x]\ntype = "y"\n'
    )
    assert set(faults(tmp_path, text)) == {
        "timezone",
        "calendars[0].poll",
        "reminders.profile",
        "channels.x.type",
    }


def test_a_secret_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    secret.chmod(0o644)
    file = tmp_path / "config.toml"
    file.write_text(CALDAV + f'password = {{ file = "{secret}" }}\n')
    with pytest.raises(Faulty) as caught:
        load(file, Plugins())
    (fault,) = caught.value.faults
    said = f"others may read {secret}; close it with: chmod 600 {secret}"
    assert str(fault) == f"calendars[0].password.file: {said}"


def test_a_missing_configuration_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(Faulty) as caught:
        load(tmp_path / "none.toml", Plugins())
    assert "kepthour init" in caught.value.faults[0].text


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Faulty) as caught:
        load(file, Plugins())
    assert "UTF-8" in caught.value.faults[0].text


def test_the_program_s_own_kinds_are_found_without_looking_at_what_else_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked(**_wanted: str) -> object:
        raise AssertionError("every installed package was asked")

    monkeypatch.setattr(plugins, "entry_points", looked)
    assert Plugins().connector("ics").__name__ == "kepthour_connectors.ics"
    with pytest.raises(AssertionError, match="every installed package"):
        Plugins().connector("carrier pigeon")


def test_without_its_own_metadata_the_program_says_which_kinds_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> object:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(plugins, "distribution", missing)
    with pytest.raises(KeyError):
        Plugins().connector("carrier pigeon")

"""`repair ID cause`, `repair ID prevent` and `repair rules`, as a user meets them: in a pipe, and on a terminal."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from pathlib import Path

import pexpect
import pytest

from kepthour.cli.repair.measures import for_whom
from kepthour.core.ladder import Modality, Special
from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, Day
from tests.support.fence import TITLE
from tests.support.world import KEPTHOUR, World, eventually

RULES = '[[sessions.rules]]\ntitle = "^(?P<client>[A-Z]{2})"\nis = "session"\n'
MINE = f"""# my practice: keep this
timezone = "Europe/Berlin"

[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"   # by hand

{RULES}
# --- how I am reached ---
[channels.console]
type = "console"
"""
RULE = """
# kepthour repair 1 prevent moved
[[reminders.rules]]
client = "AB"
also = [{ at = "-2h", urgency = "normal" }]
"""
MOVED, FIRST = "It was moved 2 hours before its start.", "It was the first session of the day."
ONE_CHANNEL = "The last reminder (+5m) reached one channel: screen."


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a session that was moved in the morning, and missed: lived through once."""
    folder = tmp_path_factory.mktemp("stored")

    async def live() -> None:
        config = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULES
        day = Day(folder, "2026-03-02 08:00", config)
        day.put("one", "2026-03-02T16:00:00", title=f"AB {TITLE}")
        day.sync()
        await day.until("2026-03-02 08:01")
        day.put("one", "2026-03-02T10:00:00", title=f"AB {TITLE}")
        day.sync()
        await day.until("2026-03-02 10:16")
        day.app.settle(day.only().session.id, Verdict.MISSED, None)
        day.app.store.close()

    asyncio.run(live())
    return folder / "kepthour.db"


@pytest.fixture
def world(tmp_path: Path, stored: Path) -> World:
    made = World(tmp_path)
    made.configure(MINE)
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    shutil.copy(stored, made.store_file)
    return made


def text(world: World) -> str:
    return world.config_file.read_text(encoding="utf-8")


def step_seven(world: World) -> bool:
    (card,) = world.json("repair")["cards"]
    return next(one for one in card["steps"] if one["n"] == 7)["done_at"] is not None


def on_a_terminal(world: World, *args: str) -> pexpect.spawn[str]:
    return pexpect.spawn(str(KEPTHOUR), list(args), env=world.env, encoding="utf-8", timeout=30)


def ended(terminal: pexpect.spawn[str], status: int = 0) -> str:
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == status
    return str(terminal.before)


def test_what_may_have_been_the_cause_is_listed_as_facts(world: World) -> None:
    told = world.cli("repair", "1", "cause").stdout
    for fact in (MOVED, FIRST, ONE_CHANNEL):
        assert fact in told
    assert "kepthour repair 1 cause CODE" in told
    assert world.json("repair", "1", "cause") == {
        "card": "1",
        "session": world.json("repair")["cards"][0]["session"],
        "cause": None,
        "cause_word": None,
        "suggested": [
            {"cause": "moved", "fact": MOVED},
            {"cause": "first_of_the_day", "fact": FIRST},
            {"cause": "one_channel", "fact": ONE_CHANNEL},
        ],
    }


def test_what_was_picked_is_on_the_card_and_may_be_changed(world: World) -> None:
    assert "kepthour repair 1 prevent" in world.cli("repair", "1", "cause", "moved").stdout
    assert "You said that it was: moved shortly before." in world.cli("repair", "1").stdout
    world.cli("repair", "1", "cause", "other", "--word", "a call came in")
    assert "- cause: a call came in" in world.cli("repair", "1", "export").stdout
    (card,) = world.json("repair")["cards"]
    assert (card["cause"], card["cause_word"]) == ("other", "a call came in")
    world.cli("repair", "1", "cause", "none")
    (card,) = world.json("repair")["cards"]
    assert (card["cause"], card["cause_word"]) == (None, None)
    changes = world.json("repair", "1", "export")["changes"]
    assert [one["why"] for one in changes if one["what"] == "cause_named"] == ["moved", "other", "none"]


def test_own_words_are_said_with_other_alone(world: World) -> None:
    for args in (("moved", "--word", "x"), ("--word", "x"), ("other", "--word", " "), ("bad luck",)):
        world.cli("repair", "1", "cause", *args, expect=2)


def test_on_a_terminal_it_is_one_key(world: World) -> None:
    terminal = on_a_terminal(world, "repair", "1", "cause")
    terminal.expect(r"What was it, mostly\? ")
    assert f"1  {MOVED}" in terminal.before and "o  Something else." in terminal.before
    terminal.send("z1")
    assert "moved shortly before" in ended(terminal)
    assert world.json("repair")["cards"][0]["cause"] == "moved"


def test_on_a_terminal_there_is_a_word_of_ones_own_and_a_way_out(world: World) -> None:
    terminal = on_a_terminal(world, "repair", "1", "cause")
    terminal.expect(r"What was it, mostly\? ")
    terminal.send("o")
    terminal.expect(r"In your own words")
    terminal.sendline("a call came in")
    ended(terminal)
    assert world.json("repair")["cards"][0]["cause_word"] == "a call came in"
    terminal = on_a_terminal(world, "repair", "1", "cause")
    terminal.expect(r"Enter: leave it as it is \(a call came in\)")
    terminal.expect(r"What was it, mostly\? ")
    terminal.send("q")
    ended(terminal)
    assert world.json("repair")["cards"][0]["cause_word"] == "a call came in"


def test_the_difference_is_shown_and_nothing_is_written(world: World) -> None:
    told = world.cli("repair", "1", "prevent", "moved").stdout
    for line in RULE.strip().splitlines():
        assert f"\n+{line}\n" in told
    assert "--write" in told and "\x1b" not in told
    assert told.count("\n+") == len(RULE.splitlines()) + 1, "the name of the file is one"
    assert text(world) == MINE
    assert not step_seven(world)
    assert world.json("repair", "rules") == {"rules": []}


def test_what_is_written_is_the_rule_alone_and_the_old_file_is_kept(world: World) -> None:
    world.config_file.chmod(0o600)
    world.cli("repair", "1", "cause", "moved")
    told = world.cli("repair", "1", "prevent", "--write").stdout
    assert text(world) == MINE + RULE
    (backup,) = world.config_file.parent.glob("config.toml.before-*")
    assert backup.read_text(encoding="utf-8") == MINE and str(backup) in told
    assert backup.stat().st_mode & 0o777 == world.config_file.stat().st_mode & 0o777 == 0o600
    assert "from the next start of the daemon on" in told
    assert step_seven(world)
    world.cli("repair", "1", "step", "7", "undone")
    assert not step_seven(world)
    assert "It was written on" in world.cli("repair", "1", "prevent").stdout
    assert text(world) == MINE + RULE


def test_the_rules_that_were_written_are_listed_with_what_became_of_their_sessions(world: World) -> None:
    done = world.json("repair", "1", "prevent", "moved", "--write")
    assert (done["written"], done["rule"]["client"], done["stands"]) == (True, "AB", False)
    (rule,) = world.json("repair", "rules")["rules"]
    assert (rule["card"], rule["cause"], rule["stands"]) == ("1", "moved", True)
    assert rule["since"] == {"sessions": 0, "late": 0, "near_misses": 0, "missed": 0, "enough": False}
    assert rule["look_at"] == done["look_at"] or rule["look_at"][:10] == done["look_at"][:10]
    assert world.json("repair", "1", "cause")["cause"] == "moved"
    told = world.cli("repair", "rules").stdout
    assert "one more reminder 2 h before the start (client AB)" in told and "0, too few to tell" in told
    world.configure(MINE)
    assert "not in the configuration" in world.cli("repair", "rules").stdout
    world.cli("repair", "1", "rules", expect=2)


def test_on_a_terminal_it_is_coloured_and_asked(world: World) -> None:
    for said, after in (("n", MINE), ("y", MINE + RULE)):
        terminal = on_a_terminal(world, "repair", "1", "prevent", "moved")
        terminal.expect(r"Write it into the file\? \[y/N\]: ")
        assert '\x1b[32m+client = "AB"\x1b[0m' in terminal.before
        terminal.sendline(said)
        ended(terminal)
        assert text(world) == after


def test_both_are_offered_at_the_seventh_step_when_a_card_is_worked_through(world: World) -> None:
    terminal = on_a_terminal(world, "repair", "1", "work")
    for question, key in [("stop ", "\r")] * 6 + [
        ("what it was.*stop ", "w"),
        (r"mostly\? ", "1"),
        ("stop ", "r"),
        (r"y/N\]: ", "y\n"),
        ("not after all.*stop ", "q"),
    ]:
        terminal.expect(question)
        terminal.send(key)
    ended(terminal)
    assert step_seven(world) and text(world) == MINE + RULE


def test_a_running_daemon_takes_it_up_when_it_is_told_to(world: World) -> None:
    (world.home / "practice.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"
    )
    with world.daemon() as daemon:
        told = world.cli("repair", "1", "prevent", "moved", "--write").stdout
        assert f"kill -HUP {daemon.process.pid}\n" in told
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "configuration.reloaded" in daemon.said(), "the new configuration")


def test_without_a_cause_there_is_no_rule(world: World) -> None:
    assert "kepthour repair 1 cause" in world.cli("repair", "1", "prevent", expect=1).stderr


def test_where_no_setting_helps_that_is_said(world: World) -> None:
    assert "No setting helps here" in world.cli("repair", "1", "prevent", "calendar_not_read").stdout
    assert world.json("repair", "1", "prevent", "two_calendars")["help"] == "keep_it_in_one_calendar"
    refused = world.cli("repair", "1", "prevent", "calendar_not_read", "--write", expect=1)
    assert "There is nothing to write." in refused.stderr
    assert not step_seven(world)


def test_what_is_there_already_is_not_written_again(world: World) -> None:
    world.configure(
        MINE + "[wake]\nenabled = true\n[reminders]\ninsist = true\n[channels.desk]\ntype = 'desktop'\n"
    )
    was = text(world)
    told = world.cli("repair", "1", "prevent", "on_the_way", "--write").stdout
    assert "Your configuration has it already." in told and text(world) == was
    assert world.json("repair", "rules") == {"rules": []}


def test_a_faulty_file_is_not_touched(world: World) -> None:
    with_a_slip = MINE + "[remindrs]\n"
    world.cli("check", expect=1)
    world.configure(with_a_slip)
    assert "remindrs" in world.cli("repair", "1", "prevent", "moved", "--write", expect=2).stderr
    assert text(world) == with_a_slip


def test_one_that_is_read_only_gives_the_difference_and_a_sentence(world: World) -> None:
    world.config_file.chmod(0o444)
    told = world.cli("repair", "1", "prevent", "moved").stdout
    assert '+client = "AB"' in told and "by hand" in told and "--write" not in told
    refused = world.cli("repair", "1", "prevent", "moved", "--write", expect=1)
    assert '+client = "AB"' in refused.stdout and "read-only" in refused.stderr
    assert text(world) == MINE and not step_seven(world)
    assert world.json("repair", "rules") == {"rules": []}


def test_a_rule_that_would_be_put_aside_is_named(world: World) -> None:
    world.configure(MINE + '[[reminders.rules]]\nprofile = "gentle"\n')
    refused = world.cli("repair", "1", "prevent", "moved", expect=1)
    assert "rule 1 of [[reminders.rules]]" in refused.stderr


def test_a_rule_of_ones_own_that_is_extended_is_named(world: World) -> None:
    own = '[[reminders.rules]]\nalso = [{ at = "-45m" }]\n'
    world.configure(MINE + own)
    told = world.cli("repair", "1", "prevent", "moved", "--write").stdout
    assert "rule 1 of [[reminders.rules]]" in told
    assert text(world) == MINE + own.replace(" }]", ' }, { at = "-2h", urgency = "normal" }]')


def test_no_log_names_a_client_or_says_their_word(world: World) -> None:
    for args in (("cause", "other", "--word", "a call from CD"), ("prevent", "moved", "--write")):
        said = world.cli("-vv", "repair", "1", *args).stderr
        assert "AB" not in said and "CD" not in said


def test_where_no_setting_helps_none_is_offered(world: World) -> None:
    told = world.cli("repair", "1", "cause", "one_channel").stdout
    assert "No setting helps here" in told
    assert "One change that would help" not in told
    assert "One change that would help" in world.cli("repair", "1", "cause", "moved").stdout


@pytest.mark.parametrize(
    ("special", "said"),
    [
        (Special((), weekdays=frozenset({3, 0})), "on Mondays and Thursdays"),
        (Special((), client="AB", modality=Modality.VIDEO), "client AB, held by video"),
        (Special((), calendar="practice", place=re.compile("Clinic")), "at some places, calendar practice"),
        (Special(()), "all sessions"),
    ],
)
def test_for_whom_an_entry_is_that_a_rung_goes_into(special: Special, said: str) -> None:
    assert for_whom(special) == said

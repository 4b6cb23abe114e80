"""repair ID draft and note, as a therapist meets them: the text alone on standard output, the rest beside it."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.test_commands import CONFIG as A_PRACTICE
from tests.support.calendars import calendar, event
from tests.support.world import World

CONFIG = A_PRACTICE.replace("{2}", "{2,}")
AGO = {"QXALIAS": (20, 4), "CD": (2,)}  # by alias: so many hours ago it began, and was missed


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three missed sessions: card 1 of QXALIAS, card 2 of the same alias, card 3 of CD."""
    made = World(tmp_path_factory.mktemp("practice"))
    made.configure(CONFIG)
    now = datetime.now(UTC).replace(microsecond=0)
    stamp, events = "%Y%m%dT%H%M%SZ", []
    for alias, hours in AGO.items():
        for ago in hours:
            start = now - timedelta(hours=ago)
            end = start + timedelta(minutes=50)
            events.append(
                event(f"{alias}{ago}", f"{alias} individual", f"{start:{stamp}}", f"{end:{stamp}}", zone=None)
            )
    (made.home / "practice.ics").write_text(calendar(*events), encoding="utf-8", newline="")
    made.cli("sync")
    found = made.json("agenda", "--from", f"{now - timedelta(days=2):%Y-%m-%d}", "--to", "+1d")["sessions"]
    for one in sorted(found, key=lambda session: session["client"] != "QXALIAS"):
        made.cli("settle", one["id"], "missed")
    return made


@pytest.fixture
def world(practice: World) -> World:
    """Without templates of one's own, without a desktop, and in English."""
    shutil.rmtree(practice.config_file.parent / "templates", ignore_errors=True)
    practice.env |= {"LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        practice.env.pop(name, None)
    return practice


def stub(world: World, program: str, ends: int = 0) -> Path:
    """A program of that name, before all others: it keeps its arguments and its input."""
    folder = world.folder / "bin"
    folder.mkdir(exist_ok=True)
    kept = world.folder / f"{program}.kept"
    kept.unlink(missing_ok=True)
    (folder / program).write_text(f"#!/bin/sh\nprintf '%s' \"$*\" >'{kept}'\ncat >>'{kept}'\nexit {ends}\n")
    (folder / program).chmod(0o755)
    world.env["PATH"] = f"{folder}:{os.environ['PATH']}"
    return kept


def own(world: World, text: str, name: str = "missed-message") -> Path:
    file = world.config_file.parent / "templates" / "en" / f"{name}.j2"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_text_alone_is_on_standard_output(world: World) -> None:
    done = world.cli("repair", "1", "draft")
    assert done.stdout.startswith("Dear [client's name],\n\nI missed our appointment on ")
    assert done.stdout.endswith("\n[your name]\n")
    assert done.stderr == ""


def test_a_repeat_is_told_first_to_be_called_and_by_which_session(world: World) -> None:
    done = world.cli("repair", "2", "draft")
    first, second = done.stderr.splitlines()
    assert first == (
        "For you: call, rather than write (it is a repeat). Notes for it: kepthour repair 2 draft --length phone"
    )
    assert "the same alias waited for you on" in second
    assert "not the first time" in done.stdout
    other = world.cli("repair", "2", "draft", "--first")
    assert other.stderr == ""
    assert "not the first time" not in other.stdout


def test_the_free_times_of_slots_stand_in_it_by_the_words_of_its_language(world: World) -> None:
    offered = world.json("repair", "1", "slots")["slots"]
    assert offered
    starts = [datetime.fromisoformat(one["start"]) for one in offered]
    text = world.cli("repair", "1", "draft", "--times").stdout
    assert [line for line in text.splitlines() if line.startswith("– ")] == [
        f"– {start:%A}, {start.day} {start:%B}, {start:%H:%M}" for start in starts
    ]
    assert "[times]" not in text
    german = world.cli("repair", "1", "draft", "--times", "--language", "de").stdout
    assert all(f", {start:%H:%M} Uhr\n" in german for start in starts)


def test_cards_that_look_for_a_time_too_are_named_where_times_are_offered(world: World) -> None:
    """After a morning that was slept through, two clients must not be offered the same."""
    careful = "Careful: cards 2 and 3 look for a time, too: what you offer here, do not offer there.\n"
    assert careful in world.cli("repair", "1", "slots").stdout
    assert careful in world.cli("repair", "1", "draft", "--times").stderr
    assert world.json("repair", "1", "slots")["other_cards"] == ["2", "3"]
    world.cli("repair", "2", "step", "6", "skip", "--reason", "They did not want one.")
    assert "Careful: card 3 looks for a time, too:" in world.cli("repair", "1", "slots").stdout
    world.cli("repair", "2", "step", "6", "undone")


def test_notes_for_a_call_are_not_told_to_be_a_call(world: World) -> None:
    done = world.cli("repair", "3", "draft", "--length", "phone", "--client", "new", "--client", "minor")
    assert done.stderr == ""
    assert done.stdout.startswith("Notes for a call to [parent's name].")
    assert "kepthour repair 3 step 1 done" in done.stdout


def test_what_is_known_of_the_client_goes_along_to_the_notes_for_the_call(world: World) -> None:
    (said,) = world.cli("repair", "3", "draft", "--client", "new", "--client", "minor").stderr.splitlines()
    assert said.endswith("draft --length phone --client new --client minor")


def test_the_language_is_that_of_notices_or_the_one_asked_for(world: World) -> None:
    assert world.cli("repair", "1", "draft", "--language", "de").stdout.startswith("Guten Tag [Name],")
    world.env["LANG"] = "de_DE.UTF-8"
    assert world.cli("repair", "1", "draft").stdout.startswith("Guten Tag [Name],")
    assert world.cli("repair", "1", "draft", "--language", "en").stdout.startswith("Dear ")
    assert "de, en" in world.cli("repair", "1", "draft", "--language", "fr", expect=2).stderr


def test_a_reason_is_one_of_a_closed_list(world: World) -> None:
    assert "I was ill." in world.cli("repair", "1", "draft", "--reason", "ill").stdout
    assert "overlooked" in world.cli("repair", "1", "draft", "--reason", "the app", expect=2).stderr


def test_the_document_has_all_of_it(world: World) -> None:
    found = world.json("repair", "2", "draft", "--length", "letter")
    text = world.cli("repair", "2", "draft", "--length", "letter").stdout
    assert found.pop("text") == text.removesuffix("\n")
    earlier = datetime.fromisoformat(found.pop("earlier"))
    assert timedelta(hours=20) <= datetime.now(UTC) - earlier < timedelta(hours=21)
    assert len(found.pop("session")) == 10
    assert found == {
        "card": "2", "severity": 3, "call_first": True, "repeat": True, "subject": "Our appointment",
        "template": "missed-letter", "language": "en", "own_templates": [], "problem": None, "warnings": [],
        "placeholders": ["[client's name]", "[the one concrete change]", "[times]", "[your name]"],
        "taken_by": None,
    }  # fmt: skip


def test_a_template_of_ones_own_is_used_and_a_turn_that_hurts_is_told(world: World) -> None:
    file = own(world, "Hello, on {{ date }} at {{ time }}: I am sorry if that was hard.\n[times]\n")
    done = world.cli("repair", "1", "draft")
    assert done.stdout.startswith("Hello, on ")
    assert "“sorry if”" in done.stderr
    found = world.json("repair", "1", "draft")
    assert (found["own_templates"], len(found["warnings"])) == ([str(file)], 1)


def test_a_broken_template_is_named_with_its_line_and_the_built_in_text_is_there(world: World) -> None:
    plain = world.cli("repair", "1", "draft").stdout
    file = own(world, "Hello.\n{{ clinet }}\n")
    done = world.cli("repair", "1", "draft")
    assert done.stdout == plain
    assert f"{file}, line 2: 'clinet' is undefined" in done.stderr
    assert world.json("repair", "1", "draft")["problem"].startswith(f"{file}, line 2")


def test_a_copy_goes_to_the_clipboard_alone(world: World) -> None:
    text = world.cli("repair", "2", "draft").stdout.removesuffix("\n")
    world.env["WAYLAND_DISPLAY"] = "wayland-7"
    kept = stub(world, "wl-copy")
    done = world.cli("repair", "2", "draft", "--copy")
    assert kept.read_text(encoding="utf-8") == text
    assert done.stdout.startswith(
        "It is in the clipboard (wl-copy). Fill in before you use it: [client's name], "
    )
    assert "call, rather than write" in done.stderr


@pytest.mark.parametrize("option", ["--copy", "--mail"])
def test_what_cannot_be_handed_on_is_printed_and_said(world: World, option: str) -> None:
    text = world.cli("repair", "1", "draft").stdout
    stub(world, "xdg-open", ends=3)
    done = world.cli("repair", "1", "draft", option, expect=1)
    assert done.stdout == text
    assert {"--copy": "no desktop", "--mail": "no mail program"}[option] in done.stderr


def test_a_mail_is_begun_to_nobody(world: World) -> None:
    text = world.cli("repair", "1", "draft").stdout.removesuffix("\n")
    kept = stub(world, "xdg-open")
    done = world.cli("repair", "1", "draft", "--mail")
    link = urlsplit(kept.read_text(encoding="utf-8"))
    assert (link.scheme, link.netloc, link.path) == ("mailto", "", "")
    assert parse_qs(link.query) == {"subject": ["Our appointment"], "body": [text.replace("\n", "\r\n")]}
    assert done.stdout.startswith("It is in your mail program.")


def test_notes_for_a_call_go_into_no_mail_and_one_text_to_one_place(world: World) -> None:
    assert (
        "for you alone" in world.cli("repair", "1", "draft", "--length", "phone", "--mail", expect=2).stderr
    )
    assert "not both" in world.cli("repair", "1", "draft", "--copy", "--mail", expect=2).stderr


def test_a_note_is_for_the_record_unless_another_is_asked_for(world: World) -> None:
    assert world.cli("repair", "1", "note").stdout.startswith("Appointment scheduled for ")
    assert "Not to be billed" in world.cli("repair", "1", "note", "billing").stdout
    assert world.cli("repair", "1", "note", "supervision").stdout.startswith("For supervision.")
    world.env["WAYLAND_DISPLAY"] = "wayland-7"
    kept = stub(world, "wl-copy")
    assert "clipboard" in world.cli("repair", "1", "note", "billing", "--copy").stdout
    assert "Not to be billed" in kept.read_text(encoding="utf-8")


def test_the_first_contact_stands_in_the_record(world: World) -> None:
    assert "contacted: [when]" in world.cli("repair", "3", "note", "record").stdout
    world.cli("repair", "3", "step", "1", "done")
    assert "contacted: [when]" not in world.cli("repair", "3", "note", "record").stdout


def test_a_note_for_supervision_names_nobody_in_the_document_either(world: World) -> None:
    found = world.json("repair", "2", "note", "supervision")
    assert set(found) == {
        "template", "language", "text", "placeholders", "own_templates", "problem", "warnings", "taken_by",
    }  # fmt: skip
    session = world.json("repair", "2")["cards"][0]["session"]
    assert session not in json.dumps(found)


def test_what_was_no_fault_has_no_apology(world: World) -> None:
    session = world.json("repair", "3")["cards"][0]["session"]
    world.cli("settle", session, "client_no_show")
    for action in ("draft", "note"):
        done = world.cli("repair", "3", action, expect=1)
        assert done.stdout == ""
        assert "client no show" in done.stderr
    world.cli("settle", session, "missed")


def test_no_text_and_no_log_tells_the_alias(world: World) -> None:
    stub(world, "xdg-open")
    said = ""
    for more in (
        ["draft", "--mail"],
        ["draft", "--length", "phone", "--json"],
        ["note"],
        ["note", "supervision"],
    ):
        done = world.cli("repair", "2", *more, "-vv")
        said += done.stdout + done.stderr
    assert "appointment" in said
    assert "QXALIAS" not in said

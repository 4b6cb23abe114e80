"""Whatever a configuration holds, the command ends with a sentence. A longer run: `python -m tests.fuzz`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given

from tests.fuzz.configurations import Case, configurations
from tests.fuzz.whole import FEW, a_practice, met
from tests.support.world import World

_CALENDAR = b'[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\n'


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("practice")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield a_practice(folder)


@example(Case(b"", ("check",)))
@example(Case(b"\xef\xbb\xbf" + _CALENDAR, ("status",)))
@example(Case(_CALENDAR.replace(b"\n", b"\r\n"), ("agenda",)))
@example(Case(_CALENDAR.decode().encode("utf-16"), ("check",)))
@example(Case(_CALENDAR + b"[digests]\n[digests]\n", ("check",)))
@example(Case(b"x = " + b"9" * 5_000 + b"\n" + _CALENDAR, ("here",)))
@example(Case(_CALENDAR + b"[x]\ny = " + b"[" * 5_000 + b"]" * 5_000, ("rehearse",)))
@example(Case(_CALENDAR + b"[x]\ny = " + b"{a=" * 3_000 + b"1" + b"}" * 3_000, ("check",)))
@example(Case(_CALENDAR + b"# x\n" * 2_500_000, ("agenda",)))
@example(Case(b'[[calendars]]\ntype = "ics"\npath = "x"\n[calendars.name]\na = 1\n', ("check", "--json")))
@given(configurations())
@FEW
def test_whatever_a_configuration_holds_the_command_says_a_sentence(practice: World, case: Case) -> None:
    met(practice, case)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/", "it cannot be read (Is a directory)"),
        ("/dev/zero", "this is a device, and no file"),
        ("/dev/null", "this is a device, and no file"),
        ("/proc/self/mem", "it cannot be read"),
        ("x" * 300, "it cannot be read (File name too long)"),
        ("/nowhere", "there is no such file"),
    ],
)
def test_what_is_no_file_is_no_configuration(practice: World, place: str, said: str) -> None:
    assert said in practice.cli("agenda", "--config", place, expect=2).stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"# x\n" * 400_000, "larger than a configuration may be: 1 MiB"),
        (b"x = " + b"9" * 5_000, "a number or a date in it is too long"),
        (b"x = " + b"[" * 5_000 + b"]" * 5_000, "lie too deep in one another"),
        (_CALENDAR.decode().encode("utf-16"), "this is not a text in UTF-8"),
        (b"[[calendars]]\nname = {}\n", "calendars[0].name: must be a text in quotes"),
    ],
    ids=["large", "number", "deep", "utf-16", "name"],
)
def test_what_is_wrong_with_a_file_is_said_in_a_word(practice: World, content: bytes, said: str) -> None:
    practice.config_file.write_bytes(content)
    assert said in practice.cli("agenda", expect=2).stderr

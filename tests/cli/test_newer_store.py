"""A store that a newer version of the program wrote: every command refuses it in a sentence, and leaves it alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.commands import LEAVES
from tests.fuzz.used import Used, used_world
from tests.support.earlier import set_version

# What is asked for, where a command wants it.
_WORDS = {
    ("explain",): ["AB"],
    ("snooze",): ["5m"],
    ("late",): ["5m"],
    ("away",): ["--until", "+1d"],
    ("settle",): ["x", "late"],
    ("purge",): ["--before", "-30d", "--yes"],
    ("repair", "step"): ["1", "done"],
    ("repair", "close"): ["repaired"],
    ("repair", "hold"): ["1"],
    ("repair", "makeup"): ["none"],
    ("repair", "note"): ["record"],
}
# These ask no store: one that is plain is not decrypted, and a sign-in has its calendar looked for before.
_WITHOUT = {
    ("demo",), ("init",), ("auth", "google"), ("service", "install"), ("service", "show"), ("service", "uninstall"),
    ("store", "decrypt"),
}  # fmt: skip
COMMANDS = [leaf.words for leaf in LEAVES if leaf.words not in _WITHOUT]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    made = used_world(tmp_path_factory.mktemp("newer"))
    set_version(made.world.store_file, "9999")
    yield made


def lying_there(folder: Path) -> dict[str, bytes]:
    """But for the lock, which whoever takes it writes into."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file() and one.suffix != ".lock"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_newer_store_is_refused_in_a_sentence(used: Used, words: tuple[str, ...]) -> None:
    world = used.world
    before = lying_there(world.store_file.parent)
    about_a_card = words[0] == "repair" and words[1:] not in {(), ("rules",)}
    args = [*words[:1], *(["1"] if about_a_card else []), *words[1:]]
    more = (
        ["--key-file", str(world.folder / "key")] if words == ("store", "encrypt") else _WORDS.get(words, [])
    )
    done = world.cli(*args, *more, expect=1)
    said = done.stdout if words == ("check",) else done.stderr
    assert "was written by a newer Kept Hour" in said
    if words not in {("check",), ("run",)}:  # the daemon has a log before its word
        assert done.stderr.count("\n") == 1
    after = lying_there(world.store_file.parent)
    assert {name: after.get(name) for name in before} == before
    assert set(after) == set(before)

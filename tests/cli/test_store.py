"""`kepthour store encrypt` and `decrypt`, as a user meets them; and a key that is missing, wrong or locked away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from kepthour.store.sealing import Form, form
from tests.cli.test_commands import CONFIG, at, put
from tests.support import drawer
from tests.support.plays import in_a_world, played
from tests.support.sealed import DIGITS
from tests.support.world import KEPTHOUR, World, eventually

HASTY = Path(drawer.__file__).with_name("hasty.py")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return with_keyring(World(tmp_path))


def with_keyring(made: World) -> World:
    """A plain store with a session in three minutes, and a keyring."""
    made.env |= drawer.environment(made.folder / "kept.json")
    made.configure(CONFIG)
    put(made, ("one", "AB", at(minutes=3)))
    made.cli("sync")
    return made


def customize(world: World, site: str) -> None:
    """What its interpreters do before their program. Of its own environment (`forked.py`), so for `run_alone`."""
    world.env["PYTHONPATH"] += f":{world.folder}"
    (world.folder / "sitecustomize.py").write_text(site)


def tell_soon(world: World) -> None:
    """From now on its daemon tells of a store in trouble after a second."""
    world.program = (str(KEPTHOUR.with_name("python")), str(HASTY))


def kept(world: World) -> dict[str, str]:
    found: dict[str, str] = json.loads((world.folder / "kept.json").read_text())
    return found


def is_encrypted(world: World) -> bool:
    return form(world.store_file) is Form.ENCRYPTED


def aside(world: World) -> list[str]:
    return [one.name for one in world.store_file.parent.glob("*damaged*")]


@in_a_world
def locked_at_the_start_it_is_told_and_waited_for(world: World) -> None:
    with_keyring(world).cli("store", "encrypt")
    before = world.store_file.read_bytes()
    lock = world.folder / "kept.locked"
    tell_soon(world)
    lock.touch()
    put(world, ("one", "AB", at(minutes=4)))
    with world.daemon() as daemon:
        said = daemon.said()
        assert "The key of the store is not to be had" in said and "nothing can remind you" in said
        assert "Kept Hour waits for the key of its store, to watch practice." in said
        assert "is watching" not in said
        assert "could not be asked (KeyringLocked)" in said and "a text of the keyring's own" not in said
        (notice,) = eventually(world.received, "the word that it cannot remind", within=90)
        assert (notice["rung"], notice["title"]) == ("store", "Kept Hour cannot read its store")
        assert "(KeyringLocked)" in notice["text"] and "busy" not in notice["text"]
        assert world.store_file.read_bytes() == before
        lock.unlink()
        eventually(lambda: "store.usable_again" in daemon.said(), "the store", within=90)
        eventually(lambda: any(rung != "store" for rung in world.rungs()), "a reminder", within=90)
    assert aside(world) == []
    assert is_encrypted(world)


@in_a_world
def waiting_for_its_owner_it_is_told_and_asked_once(world: World) -> None:
    with_keyring(world).cli("store", "encrypt")
    prompt = world.folder / "kept.asks"
    tell_soon(world)
    prompt.touch()
    put(world, ("one", "AB", at(minutes=6)))
    with world.daemon() as daemon:
        assert "no answer within 20 seconds" in daemon.said()
        (notice,) = eventually(world.received, "the word that it cannot remind", within=120)
        assert (notice["rung"], notice["title"]) == ("store", "Kept Hour cannot read its store")
        assert prompt.read_text() == "asked\n"
        prompt.unlink()
        eventually(lambda: "store.usable_again" in daemon.said(), "the store", within=90)
    prompt.touch()
    with world.config_file.open("a") as file:
        file.write('\n[heartbeat]\nurl = { keyring = "beat" }\n')
    found = {
        one["subject"]: one for one in world.json("check", expect=1)["checks"] if one["name"] == "secret"
    }
    assert "gave no answer; it may be locked" in found["store: key"]["what"]
    assert "was not asked for" in found["heartbeat: url"]["what"]
    assert prompt.read_text() == "asked\n"
    assert aside(world) == []


_KEYRINGS = (locked_at_the_start_it_is_told_and_waited_for, waiting_for_its_owner_it_is_told_and_asked_once)


@pytest.fixture(scope="module", autouse=True)
def keyrings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """Begun before all other tests of this module, and asked for after them: both wait most of the time."""
    with played(_KEYRINGS, tmp_path_factory) as results:
        yield results


def test_encrypt_makes_a_key_keeps_it_in_the_keyring_and_says_so_in_the_configuration(world: World) -> None:
    before, plain = world.json("agenda"), world.config_file.read_text(encoding="utf-8")
    done = world.cli("store", "encrypt")
    key = kept(world)["kepthour-store/kepthour"]
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert key not in done.stdout + done.stderr
    assert is_encrypted(world)
    config = world.config_file.read_text(encoding="utf-8")
    assert config.startswith(plain) and 'key = { keyring = "kepthour-store" }' in config
    (backup,) = world.config_file.parent.glob("config.toml.before-*")
    assert backup.read_text(encoding="utf-8") == plain and str(backup) in done.stdout
    assert world.json("agenda") == before
    assert "is encrypted already" in world.cli("store", "encrypt").stdout
    assert kept(world) == {"kepthour-store/kepthour": key}


def test_a_link_to_a_store_stays_one_and_nothing_plain_is_left_behind_it(world: World) -> None:
    real = world.folder / "elsewhere" / "sessions.db"
    real.parent.mkdir()
    world.store_file.rename(real)
    world.store_file.symlink_to(real)
    world.cli("store", "encrypt")
    assert world.store_file.is_symlink() and form(real) is Form.ENCRYPTED
    assert world.json("agenda")["sessions"]


def test_decrypt_takes_it_back_and_leaves_the_key_where_it_is(world: World) -> None:
    before, plain = world.json("agenda"), world.config_file.read_text(encoding="utf-8")
    world.cli("store", "encrypt", "--keyring", "mine")
    assert world.json("store", "decrypt")["changed"] is True
    assert not is_encrypted(world)
    config = world.config_file.read_text(encoding="utf-8")
    assert config == plain + "\n"
    assert world.json("agenda") == before
    assert list(kept(world)) == ["mine/kepthour"]
    assert world.json("store", "decrypt")["changed"] is False
    assert (
        world.cli("store", "decrypt").stdout == f"{world.store_file} is not encrypted, and was not before.\n"
    )


def test_the_key_may_be_a_file_for_its_owner_alone(world: World) -> None:
    file = world.home / "keys" / "store"
    told = world.json("store", "encrypt", "--key-file", str(file))
    assert (told["encrypted"], told["changed"], told["left"]) == (True, True, [])
    assert file.stat().st_mode & 0o777 == 0o600
    assert f'key = {{ file = "{file}" }}' in world.config_file.read_text(encoding="utf-8")
    assert world.json("agenda")["sessions"]


@pytest.mark.parametrize("is_there", [False, True], ids=["to be made", "there"])
def test_a_key_file_that_others_may_replace_is_refused_before_anything_is_encrypted(
    world: World, is_there: bool
) -> None:
    folder = world.home / "keys"
    folder.mkdir()
    folder.chmod(0o777)
    if is_there:
        (folder / "store").touch(mode=0o600)
        (folder / "store").write_text(DIGITS)
    said = world.cli("store", "encrypt", "--key-file", str(folder / "store"), expect=1).stderr
    assert f"Others may put another file in the place of {folder}/store." in said
    assert f"chmod go-w {folder}" in said
    assert not is_encrypted(world) and (folder / "store").exists() is is_there
    world.json("agenda")  # the configuration is as it was
    folder.chmod(0o700)
    world.cli("store", "encrypt", "--key-file", str(folder / "store"))
    folder.chmod(0o777)
    assert world.json("agenda")["sessions"]  # the folder is opened by whomever: reminders go on
    found = world.json("check", expect=1)["checks"]  # no daemon runs
    (told,) = [one for one in found if one["subject"] == "store: key" and one["state"] == "problem"]
    assert (told["critical"], told["remedy"]) == (False, f"Run: chmod go-w {folder}")


def test_a_key_that_the_configuration_wants_in_such_a_folder_is_not_put_there(world: World) -> None:
    folder = world.home / "keys"
    folder.mkdir()
    folder.chmod(0o777)
    with world.config_file.open("a", encoding="utf-8") as config:
        config.write(f'[store]\nkey = {{ file = "{folder}/store" }}\n')
    said = world.cli("store", "encrypt", expect=1).stderr
    assert f"The key could not be kept. Others may put another file in the place of {folder}/store." in said
    assert f"Close it with: chmod go-w {folder}" in said
    assert not is_encrypted(world) and list(folder.iterdir()) == []


def test_a_key_file_that_is_there_is_used_and_never_written_over(world: World) -> None:
    file = world.home / "key"
    file.touch(mode=0o600)
    file.write_text("no key\n")
    assert "64 hexadecimal digits" in world.cli("store", "encrypt", "--key-file", str(file), expect=1).stderr
    assert file.read_text() == "no key\n" and not is_encrypted(world)
    file.write_text(DIGITS)
    world.cli("store", "encrypt", "--key-file", str(file))
    assert file.read_text() == DIGITS and is_encrypted(world)


def test_another_place_for_the_key_of_an_encrypted_store_is_refused_in_plain_words(world: World) -> None:
    plain = world.config_file.read_text(encoding="utf-8")
    file, other = world.home / "key", world.home / "other"
    world.cli("store", "encrypt", "--key-file", str(file))
    said = world.cli("store", "encrypt", "--key-file", str(other), expect=1).stderr
    assert f'is kept elsewhere: {{ file = "{file}" }}.' in said and "kepthour store decrypt" in said
    world.cli("store", "encrypt", "--key-file", str(file))
    world.config_file.write_text(plain, encoding="utf-8")
    for content, why in ((None, "has none"), ("f" * 64, "has another one")):
        if content is not None:
            other.touch(mode=0o600)
            other.write_text(content)
        said = world.cli("store", "encrypt", "--key-file", str(other), expect=1).stderr
        assert f'is encrypted already, and its key has to be named; {{ file = "{other}" }} {why}.' in said
        assert "--key-file; nothing was changed" in said and "[store]" not in said
    assert world.config_file.read_text(encoding="utf-8") == plain


def test_the_help_says_that_a_key_that_is_there_is_used(world: World) -> None:
    said = " ".join(world.cli("store", "encrypt", "--help").stdout.split())
    assert "with a new key, or the one that is kept there already" in said


def test_one_place_for_the_key_is_enough(world: World) -> None:
    assert "one place" in world.cli("store", "encrypt", "--keyring", "a", "--key-file", "b", expect=2).stderr


def test_a_configuration_that_names_a_key_gets_that(world: World) -> None:
    world.seal()
    world.configure(CONFIG)
    assert "kepthour store encrypt" in world.cli("agenda", expect=1).stderr
    world.cli("store", "encrypt")
    assert world.json("agenda")["sessions"]
    assert not list(world.config_file.parent.glob("*.before-*"))


def test_not_while_a_daemon_runs(world: World) -> None:
    with world.daemon():
        assert "already running" in world.cli("store", "encrypt", expect=1).stderr
        assert not is_encrypted(world)
    world.cli("store", "encrypt")
    with world.daemon():
        assert "already running" in world.cli("store", "decrypt", expect=1).stderr
        assert is_encrypted(world)


def test_a_configuration_that_cannot_be_written_is_told_before_anything_is_done(world: World) -> None:
    world.config_file.chmod(0o400)
    assert "read-only" in world.cli("store", "encrypt", expect=1).stderr
    assert not is_encrypted(world) and not (world.folder / "kept.json").exists()


def test_what_was_interrupted_goes_on_with_the_same_key(world: World) -> None:
    plain = world.config_file.read_text(encoding="utf-8")
    world.cli("store", "encrypt")
    world.config_file.write_text(plain, encoding="utf-8")  # killed before it was written
    key = kept(world)
    assert "[store] key" in world.cli("agenda", expect=1).stderr
    world.cli("store", "encrypt")
    assert kept(world) == key and world.json("agenda")["sessions"]


def test_a_damaged_store_that_was_kept_aside_is_named_and_goes_if_it_is_said(world: World) -> None:
    old = world.store_file.with_name("kepthour.db.damaged-20260101T000000")
    old.write_text("a client's name")
    of_an_update = world.store_file.with_name("kepthour.db.before-0011")
    of_an_update.write_text("a client's name")
    told = world.cli("store", "encrypt").stdout
    assert f"Not encrypted, since it is kept as it was: {old}" in told and "--delete-copies" in told
    assert old.exists() and str(of_an_update) in told
    assert world.json("store", "encrypt", "--delete-copies")["left"] == []
    assert not old.exists() and not of_an_update.exists()


def test_what_was_kept_aside_of_an_encrypted_store_is_not_called_plain(world: World) -> None:
    world.cli("store", "encrypt")
    content = world.store_file.read_bytes()
    aside = world.store_file.with_name("kepthour.db.damaged-20260101T000000")
    torn = world.store_file.with_name("kepthour.db.damaged-20260102T000000")
    plain = world.store_file.with_name("kepthour.db.damaged-20260103T000000")
    aside.write_bytes(content)
    torn.write_bytes(bytes(4096) + content[4096:])
    plain.write_bytes(bytes(4096) + b"a client's name" * 4096 + content[4096:8192])
    for one in (aside, torn, plain):
        for suffix in ("-wal", "-shm"):
            one.with_name(one.name + suffix).write_bytes(bytes(32))
    told = world.json("store", "encrypt", "--delete-copies")
    assert told["left"] == []
    left = {one.name for one in world.store_file.parent.glob("*.damaged-*")}
    assert left == {f"{one.name}{suffix}" for one in (aside, torn) for suffix in ("", "-wal", "-shm")}
    assert aside.read_bytes() == content


def test_check_says_whether_it_is_encrypted(world: World) -> None:
    def said() -> str:
        (line,) = [line for line in world.run(["check"]).stdout.splitlines() if " store " in line]
        return line

    assert "is whole, not encrypted," in said()
    world.cli("store", "encrypt")
    assert "is whole, encrypted," in said()


def test_check_says_whether_the_key_can_be_read(world: World) -> None:
    world.cli("store", "encrypt")

    def said() -> str:
        return next(line for line in world.run(["check"]).stdout.splitlines() if "store: key" in line)

    assert "It can be read (keyring)" in said()
    lost_key(world)
    assert "the keyring has nothing for nothing-there" in said().replace("The", "the")


def other_key(world: World) -> None:
    (world.home / "other").touch(mode=0o600)
    (world.home / "other").write_text("f" * 64)
    _say(world, f'file = "{world.home}/other"')


def no_key(world: World) -> None:
    world.configure(CONFIG)


def lost_key(world: World) -> None:
    _say(world, 'keyring = "nothing-there"')


def no_key_at_all(world: World) -> None:
    _say(world, 'env = "HOME"')


def _say(world: World, where: str) -> None:
    world.configure(CONFIG + f"\n[store]\nkey = {{ {where} }}\n")


WRONG = {
    other_key: "cannot be read with the key that the configuration names",
    no_key: "is encrypted, and the configuration names no key",
    lost_key: "the keyring has nothing for nothing-there",
    no_key_at_all: "64 hexadecimal digits",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: one.__name__)
def test_a_key_that_is_wrong_or_missing_is_one_clear_sentence_and_nothing_is_rescued(
    world: World, wrong
) -> None:  # type: ignore[no-untyped-def]
    world.cli("store", "encrypt")
    before = world.store_file.read_bytes()
    wrong(world)
    commands = [["agenda"], ["here"], ["status"], ["export"]]
    for command in commands if wrong is lost_key else [*commands, ["run"]]:
        said = world.cli(*command, expect=1).stderr
        assert WRONG[wrong] in said and "[store] key" in said
        assert len(said.splitlines()) == 1
        assert "ffff" not in said and str(world.home) not in said.replace(str(world.store_file), "")
    assert world.store_file.read_bytes() == before
    assert aside(world) == []


def test_without_the_extra_one_sentence_names_the_remedy(world: World) -> None:
    world.seal()
    world.configure(CONFIG)
    customize(
        world,
        "import importlib.util, sys\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *args: None if name == 'sqlcipher3' else found(name, *args)\n"
        "sys.modules['sqlcipher3'] = None\n",
    )
    done = world.run_alone(["agenda"])
    assert done.returncode == 2
    assert "store.key: what encrypts the store is not installed" in done.stderr
    assert 'with its extra "encryption": docs/install.md' in done.stderr
    world._sealed = ""
    world.configure(CONFIG)
    assert world.run_alone(["agenda"]).returncode == 0
    done = world.run_alone(["store", "encrypt"])
    assert done.returncode == 1 and 'with its extra "encryption": docs/install.md' in done.stderr
    assert not (world.folder / "kept.json").exists()


@pytest.mark.parametrize("sealed", [False, True])
def test_sqlcipher_is_loaded_for_an_encrypted_store_alone(world: World, sealed: bool) -> None:
    if sealed:
        world.cli("store", "encrypt")
    customize(
        world,
        "import atexit, sys\natexit.register(lambda: print('sqlcipher3' in sys.modules, file=sys.stderr))\n",
    )
    assert world.run_alone(["agenda"]).stderr == f"{sealed}\n"


@pytest.mark.parametrize("what", [play.__name__ for play in _KEYRINGS])
def test_a_keyring_that_gives_no_key(keyrings: dict[str, Future[None]], what: str) -> None:
    keyrings[what].result()

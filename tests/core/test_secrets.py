"""Where secrets may be kept, and that the configuration never holds one."""

from __future__ import annotations

import grp
import os
import pwd
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.credentials import Credential, SimpleCredential
from keyring.errors import KeyringLocked
from pydantic import ValidationError

from kepthour_connectors.keeping import keep_in_file
from kepthour_connectors.secrets import OpenToOthers, Secret, SecretUnavailable, well_placed

WORD = "correct horse"


def private(path: Path, text: str = f"{WORD}\n", mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


# Saying where


@pytest.mark.parametrize("value", [WORD, "", 7, None, ["a"], {}, {"vault": "x"}, {"env": "A", "file": "/b"}])
def test_a_plain_secret_or_an_unclear_place_is_refused_without_repeating_it(value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        Secret.model_validate(value)
    assert "say where it is kept" in str(refusal.value)
    assert WORD not in str(refusal.value)


@pytest.mark.parametrize(
    "value", [{"env": ""}, {"keyring": ""}, {"command": []}, {"credential": "../etc/passwd"}]
)
def test_an_empty_or_wandering_place_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Secret.model_validate(value)


def test_a_secret_is_equal_by_its_place_and_shows_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", WORD)
    secret = Secret(env="PLACE")
    assert secret.reveal() == WORD
    assert WORD not in repr(secret) + str(secret) + secret.model_dump_json()


# An environment variable


def test_an_environment_variable_is_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret(env="PLACE")
    monkeypatch.setenv("PLACE", "old")
    assert secret.reveal() == "old"
    monkeypatch.setenv("PLACE", "new")
    assert secret.reveal() == "new"


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("PLACE", raising=False)
    if value is not None:
        monkeypatch.setenv("PLACE", value)
    with pytest.raises(SecretUnavailable, match="PLACE is not set"):
        Secret(env="PLACE").reveal()


# A file


@pytest.mark.parametrize("text", [WORD, f"{WORD}\n", f"{WORD}\r\n", f"{WORD}\nthe rest is a note\n"])
def test_a_files_first_line_is_the_secret(tmp_path: Path, text: str) -> None:
    assert Secret(file=private(tmp_path / "secret", text)).reveal() == WORD


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o610])
def test_a_file_that_others_may_open_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "secret", mode=mode)
    with pytest.raises(ValidationError, match="chmod 600"):
        Secret(file=path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_ones_own_is_accepted(tmp_path: Path, mode: int) -> None:
    assert Secret(file=private(tmp_path / "secret", mode=mode)).reveal() == WORD


def test_a_home_folder_is_meant_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    private(tmp_path / "secret")
    assert Secret(file=Path("~/secret")).reveal() == WORD


def test_a_missing_file_is_told_only_when_it_is_needed(tmp_path: Path) -> None:
    secret = Secret(file=tmp_path / "secret")
    with pytest.raises(SecretUnavailable, match="could not be read"):
        secret.reveal()
    private(tmp_path / "secret")
    assert secret.reveal() == WORD


def in_a_folder(made: Path, mode: int) -> Path:
    made.mkdir()
    made.chmod(mode)
    return private(made / "secret")


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o703, 0o2777])
def test_no_secret_is_put_where_others_may_replace_it_and_one_that_is_there_is_used(
    tmp_path: Path, mode: int
) -> None:
    """A folder's mode changes though nobody touched what is ours: a refusal would cost the reminders."""
    path = in_a_folder(tmp_path / "kept", mode)
    with pytest.raises(OpenToOthers, match=f"in the place of {path}; .*chmod go-w {tmp_path}/kept"):
        well_placed(path)
    assert Secret(file=path).reveal() == WORD
    path.unlink()
    with pytest.raises(OpenToOthers, match=f"in the place of {path}; "):
        keep_in_file(path, WORD)
    assert not path.exists()


def test_all_folders_on_the_way_to_a_file_count_of_a_link_and_of_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    path = in_a_folder(tmp_path / "open" / "kept", 0o700)
    link = tmp_path / "open" / "link"
    link.symlink_to(private(tmp_path / "secret"))
    away = tmp_path / "link"
    away.symlink_to(path)
    (tmp_path / "open").chmod(0o777)
    for one in (path, link, away):
        with pytest.raises(OpenToOthers, match=f"chmod go-w {tmp_path}/open"):
            well_placed(one)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o1777, 0o2755])
def test_a_folder_in_which_others_replace_nothing_is_accepted(tmp_path: Path, mode: int) -> None:
    path = in_a_folder(tmp_path / "kept", mode)
    assert well_placed(path) == path


@pytest.mark.parametrize(
    ("members", "of_it_by_themselves", "accepted"),
    [([], [], True), (["anna"], [], True), (["anna", "bert"], [], False), ([], [4712], False)],
    ids=["nobody", "its owner", "another", "another's own group"],
)
def test_a_group_may_write_there_that_has_no_other_member(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    members: list[str],
    of_it_by_themselves: list[int],
    accepted: bool,
) -> None:
    """Many systems give each user a group, and make folders that it may write to."""
    users = {"anna": os.getuid(), "bert": 4711, "carl": 4712}
    group = (tmp_path).stat().st_gid
    known = [
        pwd.struct_passwd((name, "x", uid, group if uid in of_it_by_themselves else 99, "", "/", "/bin/sh"))
        for name, uid in users.items()
    ]
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: grp.struct_group(("own", "x", group, members)))
    monkeypatch.setattr(pwd, "getpwall", lambda: known)
    path = in_a_folder(tmp_path / "kept", 0o770)
    if accepted:
        assert well_placed(path) == path
    else:
        with pytest.raises(OpenToOthers, match="chmod go-w"):
            well_placed(path)


def test_a_directory_service_that_lists_nobody_makes_no_stranger_of_oneself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = pwd.struct_passwd(("anna", "x", os.getuid(), 99, "", "/", "/bin/sh"))
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("anna", "x", gid, ["anna"])))
    monkeypatch.setattr(pwd, "getpwall", list)
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: me)
    path = in_a_folder(tmp_path / "kept", 0o770)
    assert well_placed(path) == path


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
def test_a_file_without_a_text_in_its_first_line_gives_no_secret(tmp_path: Path, content: bytes) -> None:
    path = private(tmp_path / "secret")
    path.write_bytes(content)
    with pytest.raises(SecretUnavailable):
        Secret(file=path).reveal()


# A systemd credential


def test_a_credential_is_read_from_the_services_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private(tmp_path / "ehr-feed", mode=0o440)  # systemd's own mode; the folder is closed instead
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Secret(credential="ehr-feed").reveal() == WORD


def test_a_credential_outside_a_service_says_how_to_load_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretUnavailable, match="LoadCredential=ehr-feed"):
        Secret(credential="ehr-feed").reveal()


def test_a_credential_that_was_not_loaded_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SecretUnavailable, match="could not be read"):
        Secret(credential="ehr-feed").reveal()


# A command


def python(code: str) -> Secret:
    return Secret(command=(sys.executable, "-c", code))


def test_a_commands_first_line_is_the_secret() -> None:
    assert python(f"print({WORD!r}); print('a note')").reveal() == WORD


def test_a_command_gets_no_input_to_wait_for(tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("input")
    own = os.dup(0)
    with (tmp_path / "typed").open() as typed:
        os.dup2(typed.fileno(), 0)
    try:
        line = python("import sys; print('end' if sys.stdin.read() == '' else 'input')").reveal()
    finally:
        os.dup2(own, 0)
        os.close(own)
    assert line == "end"


@pytest.mark.parametrize(
    "code", [f"print({WORD!r}); raise SystemExit(3)", f"raise SystemExit({WORD!r})", "pass"]
)
def test_a_failing_or_silent_command_gives_no_secret_and_its_output_is_not_shown(code: str) -> None:
    with pytest.raises(SecretUnavailable) as failure:
        python(code).reveal()
    assert WORD not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailable, match="did not run"):
        Secret(command=(str(tmp_path / "pass"),)).reveal()


# The keyring


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked(WORD)
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def get_credential(self, service: str, username: str | None) -> Credential | None:
        if self.locked:
            raise KeyringLocked(WORD)
        for (kept_service, kept_name), password in self.kept.items():
            if kept_service == service and username in {None, kept_name}:
                return SimpleCredential(kept_name, password)
        return None


class PlainDrawer(Drawer):
    """A backend that cannot look for a credential without a name, as some are."""

    def get_credential(self, service: str, username: str | None) -> Credential | None:
        return None


@pytest.fixture(params=[Drawer, PlainDrawer])
def drawer(request: pytest.FixtureRequest) -> Iterator[Drawer]:
    before = keyring.get_keyring()
    drawer: Drawer = request.param()
    keyring.set_keyring(drawer)
    yield drawer
    keyring.set_keyring(before)


def test_the_keyring_gives_what_was_stored_as_its_message_says(drawer: Drawer) -> None:
    with pytest.raises(SecretUnavailable, match="keyring set kepthour-practice kepthour"):
        Secret(keyring="kepthour-practice").reveal()
    keyring.set_password("kepthour-practice", "kepthour", WORD)
    assert Secret(keyring="kepthour-practice").reveal() == WORD


def test_the_keyring_gives_nothing_of_another_service(drawer: Drawer) -> None:
    keyring.set_password("another", "kepthour", WORD)
    with pytest.raises(SecretUnavailable):
        Secret(keyring="kepthour-practice").reveal()


def test_a_locked_keyring_is_said_without_its_text(drawer: Drawer) -> None:
    drawer.locked = True
    with pytest.raises(SecretUnavailable, match="could not be asked") as failure:
        Secret(keyring="kepthour-practice").reveal()
    assert WORD not in str(failure.value)

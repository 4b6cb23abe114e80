"""kepthour auth google: the real command, a browser without a window, and the fake's consent page."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.oauth2.credentials import Credentials

from kepthour_connectors.google import CALENDAR_SCOPES, MEET_SCOPE
from tests.fakes.google import GoogleFake
from tests.fakes.google.oauth import CLIENT_SECRET
from tests.support.consent import browser
from tests.support.world import KEPTHOUR, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "file"
type = "ics"
path = "~/practice.ics"
[[calendars]]
name = "my google"
type = "google"
client_secret = "~/client.json"
token = "~/token.json"
"""


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake(lambda: datetime.now(UTC)) as fake:
        fake.add_account("anna@example.org")
        yield fake


@pytest.fixture
def world(tmp_path: Path, google: GoogleFake) -> World:
    made = World(tmp_path)
    made.configure(CONFIG)
    program, _seen = browser(tmp_path)
    made.env |= {"DISPLAY": ":none", "BROWSER": str(program)}
    give_client(made, google.client_secret_document())
    return made


def give_client(world: World, document: object) -> None:
    file = world.home / "client.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    file.chmod(0o600)


def auth(world: World, *args: str, expect: int = 0) -> str:
    """All that it says; and nothing of that is secret."""
    done = world.cli("auth", "google", *(args or ("my google",)), expect=expect)
    said = done.stdout + done.stderr
    for secret in (CLIENT_SECRET, "4/code", "1//refresh", "ya29", "code_verifier"):
        assert secret not in said
    return said


def stored(world: World) -> Path:
    return world.home / "token.json"


def test_a_sign_in_is_kept_as_google_auth_reads_it_and_for_its_owner_alone(world: World) -> None:
    said = auth(world)
    assert "Next: kepthour sync 'my google'" in said
    assert stored(world).stat().st_mode & 0o777 == 0o600
    document = json.loads(stored(world).read_text())
    who = Credentials.from_authorized_user_info(document)
    assert (who.scopes, bool(who.refresh_token), bool(who.token)) == (list(CALENDAR_SCOPES), True, True)
    assert (who.client_id, who.client_secret) == (document["client_id"], CLIENT_SECRET)
    assert who.expiry is not None


def test_what_is_asked_is_said_and_asked_with_pkce_offline_and_afresh(
    world: World, google: GoogleFake
) -> None:
    assert "All of it is reading" in auth(world)
    (asked,) = google.asked("/auth")
    assert asked.query["code_challenge_method"] == ["S256"]
    assert (asked.query["access_type"], asked.query["prompt"]) == (["offline"], ["consent"])
    assert asked.query["scope"][0].split() == list(CALENDAR_SCOPES)
    assert asked.query["redirect_uri"][0].startswith("http://127.0.0.1:")


def test_the_page_in_the_browser_points_back_to_the_terminal(world: World, tmp_path: Path) -> None:
    world.env["BROWSER"] = str(browser(tmp_path)[0])
    auth(world)
    # The browser is a process of its own, and the command does not wait for it.
    seen = tmp_path / "page.html"
    assert "the terminal says" in eventually(lambda: seen.exists() and seen.read_text(), "the page")


def test_by_default_it_is_kept_in_the_calendars_own_folder(world: World) -> None:
    world.configure(CONFIG.replace('token = "~/token.json"\n', ""))
    auth(world)
    (file,) = world.store_file.parent.glob("calendars/*/google-token.json")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_second_sign_in_takes_the_place_of_the_first(world: World) -> None:
    auth(world)
    first = stored(world).read_text()
    auth(world)
    assert stored(world).read_text() != first


def test_who_denies_is_told_so_and_nothing_changes(world: World, google: GoogleFake) -> None:
    auth(world)
    before = stored(world).read_text()
    google.sign_in.denies = True
    assert "The access was denied on Google's page." in auth(world, expect=1)
    assert stored(world).read_text() == before


@pytest.mark.parametrize(
    ("scope", "box"),
    [
        (CALENDAR_SCOPES[0], "to view the events on your calendars"),
        (CALENDAR_SCOPES[1], "to see the list of your calendars"),
        (MEET_SCOPE, "to read about your video meetings in Google Meet"),
    ],
)
def test_an_unticked_box_is_named_and_nothing_is_stored(
    world: World, google: GoogleFake, scope: str, box: str
) -> None:
    world.configure(CONFIG + "meet = true\n")
    google.sign_in.unticks = {scope}
    assert f"a box was not ticked: {box}. Nothing was stored." in auth(world, expect=1)
    assert not stored(world).exists()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"web": {"client_id": "x"}}, 'it must be a "Desktop app"'),
        ("{", "it is not JSON"),
        ([], 'it has no "installed" in it'),
        ({"installed": {"client_id": "x"}}, 'it lacks "client_secret"'),
        (
            {
                "installed": dict.fromkeys(
                    ("client_id", "client_secret", "auth_uri", "token_uri"), "http://x/"
                )
            },
            "plain http would send client data unprotected",
        ),
    ],
)
def test_a_wrong_client_file_is_told_by_its_key(world: World, document: object, sentence: str) -> None:
    give_client(world, document)
    said = auth(world, expect=1)
    assert "calendars[1].client_secret: " in said
    assert sentence in said
    assert "docs/calendars/google.md" in said


def test_a_missing_client_file_is_told_by_its_key(world: World) -> None:
    (world.home / "client.json").unlink()
    assert "calendars[1].client_secret: There is no file" in auth(world, expect=1)
    world.configure(CONFIG.replace('client_secret = "~/client.json"\n', ""))
    assert "calendars[1].client_secret: is missing" in auth(world, expect=1)


def test_a_client_that_google_does_not_know_is_told(world: World, google: GoogleFake) -> None:
    document = google.client_secret_document()
    document["installed"]["client_secret"] = "changed-since"
    give_client(world, document)
    assert "Google does not accept this client" in auth(world, expect=1)


def test_a_calendar_that_is_not_there_or_not_googles(world: World) -> None:
    said = auth(world, "nothing", expect=1)
    assert 'There is no calendar "nothing"' in said
    assert 'Those of type google are: "my google".' in said
    said = auth(world, "file", expect=1)
    assert '"file" is of type "ics"' in said
    assert '"my google"' in said


def test_a_port_that_is_taken_is_told(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = auth(world, "my google", "--port", str(port), expect=1)
    assert f"Port {port} on this machine cannot be listened on" in said
    assert "--port" in said


@pytest.mark.parametrize("how", ["asked", "no-desktop"])
def test_without_a_browser_the_address_and_the_way_by_ssh_are_printed(world: World, how: str) -> None:
    """The person opens the address by themselves, with all that stood before it already read."""
    if how == "no-desktop":
        del world.env["DISPLAY"]
    extra = ["--no-browser"] if how == "asked" else []
    with subprocess.Popen(
        [KEPTHOUR, "auth", "google", "my google", *extra], env=world.env, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if line.strip().startswith("http"):
                break
        address = lines[-1].strip()
        found = re.search(r"redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A(\d+)%2F", address)
        assert found is not None
        assert f"ssh -L {found[1]}:127.0.0.1:{found[1]} " in "".join(lines)
        opened = urllib.request.urlopen(address, timeout=60).read().decode()
        rest = running.stdout.read()
    assert "the terminal says" in opened
    assert "Signed in to Google" in rest
    assert running.returncode == 0
    assert stored(world).exists()


BACKEND = """
import json, os, pathlib
from keyring.backend import KeyringBackend

class Drawer(KeyringBackend):
    priority = 1
    place = pathlib.Path(os.environ["DRAWER"])

    def get_password(self, service, username):
        kept = json.loads(self.place.read_text()) if self.place.exists() else {}
        return kept.get(service + "/" + username)

    def set_password(self, service, username, password):
        self.place.write_text(json.dumps({service + "/" + username: password}))
"""


def test_it_may_be_kept_in_the_keyring(world: World, tmp_path: Path) -> None:
    (tmp_path / "drawer.py").write_text(BACKEND)
    world.env |= {
        "PYTHONPATH": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "drawer.Drawer",
        "DRAWER": str(tmp_path / "kept.json"),
    }
    world.configure(CONFIG.replace('"~/token.json"', '{ keyring = "kepthour-google" }'))
    auth(world)
    kept = json.loads((tmp_path / "kept.json").read_text())["kepthour-google/kepthour"]
    assert Credentials.from_authorized_user_info(json.loads(kept)).refresh_token
    assert not stored(world).exists()


def test_a_keyring_that_forgets_is_told(world: World) -> None:
    world.configure(CONFIG.replace('"~/token.json"', '{ keyring = "kepthour-google" }'))
    assert "calendars[1].token: The place for the sign-in does not keep it." in auth(world, expect=1)


def test_a_connection_that_sends_nothing_and_an_icon_are_no_answer(world: World) -> None:
    """Browsers open spare connections, and ask for an icon."""
    with (
        subprocess.Popen(
            [KEPTHOUR, "auth", "google", "my google", "--no-browser"],
            env=world.env,
            stdout=subprocess.PIPE,
            text=True,
        ) as running,
        contextlib.ExitStack() as spare,
    ):
        assert running.stdout is not None
        address = next(line.strip() for line in running.stdout if line.strip().startswith("http"))
        port = int(re.findall(r"127\.0\.0\.1%3A(\d+)", address)[0])
        spare.enter_context(socket.create_connection(("127.0.0.1", port)))
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/favicon.ico", timeout=60)
        urllib.request.urlopen(address, timeout=60).read()
        assert running.stdout.read().count("Signed in") == 1

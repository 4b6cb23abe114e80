"""What it asks about one calendar, a function a kind: the keys of its table in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kepthour.cli.init.asking import agree, ask, ask_secret, choose, choose_number
from kepthour.cli.init.vault import Vault
from kepthour.core.plain import one_line

if TYPE_CHECKING:
    from kepthour_connectors.base import Offered

Keys = Mapping[str, object]
KINDS = {
    "caldav": "on a server: Nextcloud, iCloud, Fastmail, mailbox.org, Radicale and others",
    "feed": "an iCal address, as practice systems give out",
    "google": "Google Calendar",
    "file": "an .ics file on this computer",
}
_GOOGLE = "https://console.cloud.google.com/"


@dataclass
class Before:
    """What was answered, for who corrects one of the answers. Secrets are in no representation."""

    kind: str = "caldav"
    said: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def ask(self, name: str, question: str, default: str | None) -> str:
        """An answer that nothing can be wrong with."""
        self.said[name] = ask(question, self.said.get(name, default), str)
        return self.said[name]


def asked_kind(before: Before) -> str:
    """Which kind it is."""
    click.echo("\nYour calendar is:")
    for name, meaning in KINDS.items():
        click.echo(f"  {name:<8}{meaning}")
    before.kind = choose("Which", tuple(KINDS), before.kind)
    return before.kind


def server(before: Before, vault: Vault) -> Keys:
    """A CalDAV account; which of its calendars, `chosen` asks."""
    url = before.said["server"] = ask(
        "The server (cloud.example.org), or the calendar's own address", before.said.get("server"), _server
    )
    import getpass

    username = before.ask("username", "Your user name there", getpass.getuser())
    click.echo(
        "If you sign in there with a second factor, make an app password first: docs/calendars says how."
    )
    password = before.secrets["password"] = ask_secret(
        "Your password there", before.secrets.get("password"), str
    )
    kept = vault.keep("The password", password)
    return {"type": "caldav", "url": url, "username": username, "password": kept, "poll": "2m"}


def chosen(account: Keys, offers: tuple[Offered, ...]) -> Keys:
    """`account` with the calendar that they choose."""
    at = 0
    if len(offers) > 1:
        click.echo("Your calendars there:")
        for number, one in enumerate(offers, start=1):
            click.echo(f"  {number}  {one_line(one.name) or '(without a name)'}")
        at = choose_number("Which holds your sessions", len(offers))
    elif offers[0].name:
        click.echo(f"Your calendar there: {one_line(offers[0].name)}")
    return {
        "type": account["type"],
        **offers[at].keys,
        **{key: account[key] for key in account if key != "url"},
    }


def unlisted(account: Keys, before: Before) -> Keys:
    """`account`, written without having been looked at."""
    from urllib.parse import urlsplit

    if urlsplit(str(account["url"])).path not in {"", "/"}:
        return account
    return {
        **account,
        "calendar": before.ask("calendar", "The calendar's name there", "Calendar"),
        "discover": True,
    }


def feed(before: Before, vault: Vault) -> Keys:
    """An iCal address, which is a secret."""
    click.echo("Who has the address can read the calendar, so it is kept as a password is.")
    address = before.secrets["address"] = ask_secret(
        "The feed's address", before.secrets.get("address"), _address
    )
    return {"type": "ics", "url": vault.keep("The address", address), "poll": "5m"}


def file(before: Before, vault: Vault) -> Keys:
    """A file that is there."""
    path = before.said["path"] = ask("The file", before.said.get("path", "~/sessions.ics"), _there)
    return {"type": "ics", "path": path}


def google(before: Before, vault: Vault) -> Keys:
    """A calendar of a Google account, with an OAuth client of their own; `sign_in` follows."""
    import platformdirs

    click.echo(
        f"Google lets only a client of your own read it: a file that you download from {_GOOGLE}\n"
        "How, step by step, in about ten minutes: docs/calendars/google.md. Have you none yet? Stop here: Ctrl-C."
    )
    usual = str(platformdirs.user_config_path("kepthour") / "google-client.json")
    path = before.said["client"] = ask("The client's file", before.said.get("client", usual), _there)
    _close(Path(path).expanduser())
    calendar = before.ask("google", "The calendar: primary, or its name as Google shows it", "primary")
    return {"type": "google", "calendar": calendar, "client_secret": path, "poll": "2m"}


def _close(path: Path) -> None:
    """A file from a browser is open to others, and would be refused."""
    if path.stat().st_mode & 0o077 and agree("Others may read that file. Close it (chmod 600)", default=True):
        path.chmod(0o600)


def _there(text: str) -> str:
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError("There is no such home folder.") from None
    if not path.is_absolute():
        raise ValueError(f"Write the whole path, from / or ~ on: {path.absolute()}, say.")
    with suppress(OSError):  # the name is too long, say
        if path.is_file():
            return text
    raise ValueError(f"There is no file {path}.")


def _server(text: str) -> str:
    from urllib.parse import urlsplit

    from kepthour_connectors.base import is_loopback

    if "://" not in text:
        host = urlsplit(f"//{text}").hostname
        text = f"{'http' if is_loopback(host) else 'https'}://{text}"
    return _checked(text)


def _address(text: str) -> str:
    from kepthour_connectors.ics import plain_address

    return _checked(plain_address(text.strip()))


def _checked(text: str) -> str:
    from kepthour_connectors.base import checked_url

    try:
        return checked_url(text)
    except ValueError as error:
        raise ValueError(f"That address {error}.") from None

"""Where a secret goes that was typed in: the keyring, or a file beside the configuration. And how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import click

from kepthour_connectors.keeping import Unkept

_SERVICE = "kepthour-practice"


class Vault:
    """What this run has stored. Nothing that was there before is touched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._had_folder = folder.exists()
        self._undo: dict[str, Callable[[], None]] = {}  # by what it is, for people

    def keep(self, what: str, secret: str) -> Mapping[str, str]:
        """Store it, in place of one that this run stored, and say where. Gives what the configuration says of it.

        `what`: "The password", say. Raises NeedsPerson.
        """
        self.take_back(quietly=True)
        return self._in_keyring(what, secret) or self._in_file(what, secret)

    def made(self, what: str, file: Path) -> None:
        """Another file of this run, which holds a secret."""
        self._undo[f"{what} ({file})"] = lambda: file.unlink(missing_ok=True)

    def take_back(self, *, quietly: bool = False) -> None:
        """Nothing came of it: what was stored goes. Says so of each."""
        while self._undo:
            what, undo = self._undo.popitem()
            try:
                undo()
                said = f"Taken back: {what}."
            except (Unkept, OSError):
                said = f"Still there: {what}. Delete it by hand."
                quietly = False
            if not quietly:
                with suppress(OSError):  # the terminal may be closed, and more is to go
                    click.echo(said, err=True)
        if not self._had_folder:
            with suppress(OSError):  # it is not there, or not empty
                self._folder.rmdir()

    def _in_keyring(self, what: str, secret: str) -> Mapping[str, str] | None:
        from kepthour_connectors.keeping import holds, keep_in_keyring, keyring_name, take_from_keyring

        name = keyring_name()
        if name is None:
            click.echo("There is no keyring here that keeps anything.")
            return None
        try:
            service = next(one for one in _names(_SERVICE) if not holds(one))
        except Unkept as error:
            click.echo(f"Your keyring cannot be used: {error}.")
            return None
        self._undo[f"{what} in the keyring ({service})"] = lambda: take_from_keyring(service)
        try:
            keep_in_keyring(service, secret)
        except Unkept as error:
            with suppress(Unkept):
                take_from_keyring(service)
            self._undo.clear()
            click.echo(f"Your keyring cannot be used: {error}.")
            return None
        click.echo(f'{what} is in your keyring now ({name}), under "{service}".')
        return {"keyring": service}

    def _in_file(self, what: str, secret: str) -> Mapping[str, str]:
        from kepthour.cli.init.writing import make_folder
        from kepthour.core.errors import NeedsPerson
        from kepthour_connectors.keeping import keep_in_file
        from kepthour_connectors.secrets import OpenToOthers

        make_folder(self._folder)
        for name in _names("practice"):
            file = (self._folder / f"{name}.secret").absolute()
            try:
                keep_in_file(file, secret)
            except FileExistsError:
                continue
            except OpenToOthers as error:
                raise NeedsPerson(
                    f"{what} was not stored: {error.what}.",
                    f"{error.sentences[1]} --config names another folder.",
                ) from None
            except Unkept as error:
                raise NeedsPerson(
                    f"{what} was not stored: {error}.", "Choose another with --config."
                ) from None
            self.made(what, file)
            click.echo(f"{what} is in a file now that only you can read: {file}")
            return {"file": str(file)}
        raise NeedsPerson(f"{what} was not stored: {self._folder} is full of others.", "Clear it up first.")


def _names(first: str) -> list[str]:
    return [first, *(f"{first}-{number}" for number in range(2, 100))]

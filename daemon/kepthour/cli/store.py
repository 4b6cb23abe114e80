"""store encrypt, store decrypt: the store, plain or with a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import document

if TYPE_CHECKING:
    from kepthour.config import Configuration
    from kepthour_connectors.secrets import Secret

_KEY = ("store", "key")
_REMARK = "Where the key of the store is kept."
_SERVICE = "kepthour-store"
_STATES = {  # (encrypted, changed)
    (True, True): "is encrypted",
    (True, False): "is encrypted already",
    (False, True): "is not encrypted any more",
    (False, False): "is not encrypted, and was not before",
}


@click.group()
@common
def store() -> None:
    """What Kept Hour keeps on the disk, encrypted or not. Needs the extra "encryption": docs/install.md."""


def _whole(_ctx: click.Context, _param: click.Parameter, file: Path | None) -> Path | None:
    """The same place whoever reads it, from wherever."""
    from kepthour_connectors.places import at_home

    try:
        return None if file is None else at_home(file).absolute()
    except ValueError as error:
        raise click.BadParameter(f"{file} {error}.") from None


@store.command()
@click.option(
    "--keyring", metavar="NAME", help=f"Keep the key in the keyring under NAME.  [default: {_SERVICE}]"
)
@click.option(
    "--key-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=_whole,
    help="Keep it in a file (0600).",
)
@click.option(
    "--delete-copies",
    is_flag=True,
    help="Delete damaged stores and those of before an update that were kept: they are not encrypted.",
)
@as_json
@common
@click.pass_context
def encrypt(
    ctx: click.Context, keyring: str | None, key_file: Path | None, delete_copies: bool, as_json: bool
) -> None:
    """Encrypt the store with a new key, or the one that is kept there already.

    Where it is kept is written into the configuration.

    Stop the daemon first. The key is never shown: without it nobody can read the store, you included.
    """
    if keyring is not None and key_file is not None:
        raise click.UsageError("A key is kept in one place: --keyring or --key-file.")
    config, where = _place_of_the_key(ctx.ensure_object(Setting), keyring, key_file)
    changed, left = _encrypt(config, where, delete_copies=delete_copies)
    backup = _write(config, where) if config.store_key is None else None
    _tell(config, as_json, encrypted=True, changed=changed, backup=backup, left=left)


@store.command()
@as_json
@common
@click.pass_context
def decrypt(ctx: click.Context, as_json: bool) -> None:
    """Take the encryption back, and the key out of the configuration. Stop the daemon first.

    The key stays where it is kept: backups of the encrypted store need it.
    """
    config = _configuration(ctx.ensure_object(Setting))
    changed = _decrypt(config)
    backup = _write(config, None) if config.store_key is not None else None
    _tell(config, as_json, encrypted=False, changed=changed, backup=backup, left=[])


def _configuration(setting: Setting) -> Configuration:
    from kepthour.config.reading import load
    from kepthour.plugins import Plugins
    from kepthour.runtime.logs import set_up

    set_up(setting.verbosity)
    return load(setting.config_file(), Plugins())


def _place_of_the_key(
    setting: Setting, keyring: str | None, key_file: Path | None
) -> tuple[Configuration, Secret]:
    """The configuration, and where the key is kept, or will be. Raises NeedsPerson if that cannot be written down."""
    from kepthour.config.replacing import check_writable
    from kepthour.core.errors import NeedsPerson
    from kepthour_connectors.secrets import OpenToOthers, Secret, private, well_placed

    config = _configuration(setting)
    if config.store_key is not None:
        if (keyring is not None or key_file is not None) and not _is_meant(
            config.store_key, keyring, key_file
        ):
            raise NeedsPerson(
                f"The configuration says that the key is kept elsewhere: {_inline(config.store_key)}.",
                "Leave the option out. For another key: kepthour store decrypt, and then this again.",
            )
        return config, config.store_key
    check_writable(config.file)  # before anything is encrypted
    if key_file is None:
        return config, Secret(keyring=keyring or _SERVICE)
    try:
        return config, Secret(file=well_placed(private(key_file)))
    except OpenToOthers as error:
        raise NeedsPerson(*error.sentences) from None


def _is_meant(where: Secret, keyring: str | None, key_file: Path | None) -> bool:
    if key_file is not None:
        return where.file == key_file
    return where.keyring == keyring


def _encrypt(config: Configuration, where: Secret, *, delete_copies: bool) -> tuple[bool, list[Path]]:
    """Whether there was anything to do; and what is left that is not encrypted."""
    from importlib.util import find_spec

    from kepthour.runtime.start import store_path
    from kepthour.runtime.store_key import made
    from kepthour.store import backups
    from kepthour.store.access import PLAIN, not_installed
    from kepthour.store.conversion import convert, wipe
    from kepthour.store.rescue import kept_aside
    from kepthour.store.sealing import Form, form

    if find_spec("sqlcipher3") is None:
        raise not_installed()
    path = store_path(config)
    with _locked(path) as now:
        if changed := form(path) is not Form.ENCRYPTED:
            convert(path, PLAIN, made(where), now)
        else:
            _check_key(path, where, is_named=config.store_key is not None)
        copies = [*kept_aside(path), *backups.all_of(path)]
        left = [one for one in copies if _is_plain(one)]
        if delete_copies:
            for one in left:
                wipe(one)
            left = []
    return changed, left


def _check_key(path: Path, where: Secret, *, is_named: bool) -> None:
    """One that was interrupted goes on, with the same key. `is_named`: by the configuration. Raises NeedsPerson."""
    from kepthour.core.errors import NeedsPerson
    from kepthour.runtime.start import access_with
    from kepthour.store.access import KeyUnavailable, WrongKey

    try:
        access_with(where).explain(path)
    except (KeyUnavailable, WrongKey) as error:
        if is_named:
            raise
        why = "has none" if isinstance(error, KeyUnavailable) else "has another one"
        raise NeedsPerson(
            f"The store {path} is encrypted already, and its key has to be named; {_inline(where)} {why}.",
            "Say where it is kept, with --keyring or --key-file; nothing was changed.",
        ) from error


def _is_plain(copy: Path) -> bool:
    """A journal is what its store is; of a torn file its pages tell."""
    from kepthour.store.rescue import BESIDE
    from kepthour.store.sealing import Form, form, looks_sealed

    for suffix in BESIDE:
        store = copy.with_name(copy.name.removesuffix(suffix))
        if store != copy and form(store) is not Form.NOTHING:
            return _is_plain(store)
    found = form(copy)
    return found is not Form.ENCRYPTED and not (found is Form.TORN and looks_sealed(copy))


def _decrypt(config: Configuration) -> bool:
    from kepthour.core.errors import NeedsPerson
    from kepthour.runtime.start import store_access, store_path
    from kepthour.store.access import PLAIN
    from kepthour.store.conversion import convert
    from kepthour.store.sealing import Form, form

    path = store_path(config)
    with _locked(path) as now:
        if form(path) in {Form.PLAIN, Form.NOTHING}:
            return False
        if config.store_key is None:
            PLAIN.check(path)
            raise NeedsPerson(f"The store {path} is damaged, and not encrypted.", "Start the daemon.")
        convert(path, store_access(config), PLAIN, now)
    return True


@contextmanager
def _locked(path: Path) -> Iterator[Any]:
    """No daemon runs meanwhile. Gives the time. Raises Held."""
    from kepthour.runtime.clock import SystemClock
    from kepthour.runtime.lock import StoreLock

    lock = StoreLock(path)
    lock.acquire()
    try:
        yield SystemClock().now()
    finally:
        lock.release()


def _write(config: Configuration, where: Secret | None) -> Path:
    """The configuration says where the key is (None: nothing of a key). Returns how it was, kept beside it."""
    from kepthour.config.replacing import replaced
    from kepthour.config.sections import Edit
    from kepthour.config.writing import edited, without
    from kepthour.core.errors import NeedsPerson
    from kepthour.runtime.clock import SystemClock

    try:
        if where is None:
            after = without(config.content, _KEY, _REMARK)
        else:
            value: Any = where.model_dump(mode="json", exclude_none=True)
            after = edited(config.content, Edit(_KEY, value), _REMARK)
        return replaced(config.file, config.content, after, SystemClock().now())
    except NeedsPerson as error:
        todo = "take key out of [store]" if where is None else f"say under [store]: key = {_inline(where)}"
        raise NeedsPerson(
            f"The store is done; the configuration is not: {error}", f"In it, {todo}."
        ) from error


def _inline(where: Secret) -> str:
    import json

    ((way, name),) = where.model_dump(mode="json", exclude_none=True).items()
    return f"{{ {way} = {json.dumps(name)} }}"


def _tell(
    config: Configuration,
    as_json: bool,
    *,
    encrypted: bool,
    changed: bool,
    backup: Path | None,
    left: list[Path],
) -> None:
    from kepthour.runtime.start import store_path

    path = store_path(config)
    if as_json:
        document(
            {
                "store": str(path),
                "encrypted": encrypted,
                "changed": changed,
                "backup": str(backup) if backup else None,
                "left": [str(one) for one in left],
            }
        )
        return
    click.echo(f"{path} {_STATES[encrypted, changed]}.")
    if backup is not None:
        click.echo(f"Written: {config.file}. As it was, it is kept in {backup}.")
    for one in left:
        click.echo(f"Not encrypted, since it is kept as it was: {one}")
    if left:
        click.echo("Delete these when you need them no more: kepthour store encrypt --delete-copies")
    if encrypted and changed:
        click.echo(
            "Backups from before are not encrypted. Keep a copy of the key somewhere else: without it, "
            "nobody can read the store."
        )

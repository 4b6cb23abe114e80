"""purge: one's own data gone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kepthour.cli.confirming import confirm
from kepthour.cli.context import Moment, Setting, as_json, common, moment
from kepthour.cli.printing import clock, document, stamp

if TYPE_CHECKING:
    from pathlib import Path

    from kepthour.config import Configuration


@click.command()
@click.option(
    "--before", type=Moment(), help="Only sessions that were over before then, with all about them."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@common
@click.pass_context
def purge(ctx: click.Context, before: str | None, yes: bool, as_json: bool) -> None:
    """Delete what Kept Hour stored: sessions, answers, verdicts, cards, reminders, sign-ins. It cannot be taken back.

    Your calendars, and the configuration, stay as they are; copies of it from before a change go. Take the data out
    first, if you need it: kepthour export.
    """
    setting = ctx.ensure_object(Setting)
    if before is not None:
        _purge_before(setting, before, yes=yes, as_json=as_json)
    else:
        _purge_all(setting, yes=yes, as_json=as_json)


def _purge_all(setting: Setting, *, yes: bool, as_json: bool) -> None:
    from kepthour.app import App
    from kepthour.core.errors import NeedsPerson
    from kepthour.plugins import Plugins
    from kepthour.runtime.belongings import belongings, remove
    from kepthour.runtime.clock import SystemClock
    from kepthour.runtime.lock import StoreLock
    from kepthour.runtime.logs import set_up
    from kepthour.runtime.start import store_path
    from kepthour.store.engine import Store

    set_up(setting.verbosity)
    plugins = Plugins()
    config, is_sound = setting.configuration_of_the_store(plugins, with_key=False)
    # Never opened: what goes need not be read, so no key is needed.
    folders = App(config, Store(store_path(config)), plugins, SystemClock()).folders()
    unnamed, left = ([], []) if is_sound else _unnamed(config, folders)
    folders += unnamed
    found = belongings(config, folders)
    if not found:
        _tell_unnamed([], left)
        document({"removed": [], "left": _names(left)}) if as_json else click.echo(
            "There is nothing to delete."
        )
        return
    lock = StoreLock(store_path(config))
    lock.acquire()  # a daemon would go on with a store that nobody sees any more
    try:
        _tell_unnamed(unnamed, left)
        if not yes:
            _ask(["This deletes, for good:", *(f"  {file}" for file in found)])
        found = belongings(config, folders)
        remove(found)
    except OSError as error:
        raise NeedsPerson(
            f"{error.filename} could not be deleted ({error.strerror}).", "Delete it by hand."
        ) from error
    finally:
        lock.release()
    if as_json:
        document({"removed": _names(found), "left": _names(left)})
        return
    click.echo(f"Deleted: {len(found)} files and folders. What an export or a backup holds is there still.")


def _unnamed(config: Configuration, named: list[Path]) -> tuple[list[Path], list[Path]]:
    """A file with a fault may not tell all names: folders of calendars and channels that go all the same, or stay."""
    from kepthour.runtime.belongings import all_folders, has_neighbour

    others = [one for one in all_folders(config) if one not in named]
    return ([], others) if has_neighbour(config) else (others, [])


def _tell_unnamed(unnamed: list[Path], left: list[Path]) -> None:
    if unnamed:
        click.echo(
            "The configuration may not have told all names, so all folders that calendars and channels have beside "
            "this store go with it.",
            err=True,
        )
    for one in left:
        click.echo(
            f"Left as it is, since another database lies beside this store, and it may be of that one: {one}. "
            "Delete it by hand if it is not.",
            err=True,
        )


def _names(found: list[Path]) -> list[str]:
    return [str(one) for one in found]


def _purge_before(setting: Setting, before: str, *, yes: bool, as_json: bool) -> None:
    from kepthour.core.reach import PLANNED_BEHIND
    from kepthour.pipeline import age
    from kepthour.store import backups
    from kepthour.store.rescue import kept_aside

    app = setting.app_of_the_store()
    at = moment(app, before, "--before")
    # those are watched: without what was answered they would be asked about anew
    if at > app.clock.now() - PLANNED_BEHIND:
        raise click.BadParameter("must lie a day back, or more", param_hint="--before")
    if not yes:
        _ask([f"This deletes, for good, all sessions that were over before {clock(at, app.config.zone)}."])
    count = age.forget(app.store, at)
    backups.forget(app.store.path)  # of before an update: what was deleted stands in it still
    left = kept_aside(app.store.path)
    if as_json:
        zone, names = app.config.zone, [str(file) for file in left]
        document({"before": stamp(at, zone), "sessions": count, "left": names})
        return
    click.echo(f"Deleted: {count} {'session' if count == 1 else 'sessions'}, with all about them.")
    for file in left:
        click.echo(f"Left as it is, since it is damaged: {file}. Delete it when you need it no more.")


def _ask(lines: list[str]) -> None:
    """Raises NeedsPerson, Abort."""
    from kepthour.core.errors import NeedsPerson

    for line in lines:
        click.echo(line, err=True)
    if not sys.stdin.isatty():
        raise NeedsPerson("Nobody can be asked here, so nothing was deleted.", "If you are sure: add --yes.")
    confirm("Delete it?", abort=True, err=True)

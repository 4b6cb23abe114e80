"""service: the daemon as a service of systemd."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import document

if TYPE_CHECKING:
    from kepthour.service.files import Unit
    from kepthour.service.manager import Manager

_system = click.option(
    "--system", is_flag=True, help="The system's service, for a machine without a desktop. As root."
)


@click.group()
@common
def service() -> None:
    """The daemon as a service of systemd: it starts with your login, and is started again whenever it ends.

    Without --system it is your own service: only that one can show notices on your desktop.
    """


@service.command()
@_system
@click.option("--now", is_flag=True, help="Start it, too; one that runs is started anew.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@common
@click.pass_context
def install(ctx: click.Context, system: bool, now: bool, dry_run: bool) -> None:
    """Write the units, and enable them. Says what it does; doing it again writes only what changed."""
    from kepthour.core.errors import NeedsPerson
    from kepthour.service.files import Standing, check_ours
    from kepthour.service.manager import Manager
    from kepthour.service.units import SERVICE

    setting = ctx.ensure_object(Setting)
    manager, config = Manager(system), _config(setting, system=system)
    has_config = _checked(config, manager, now=now)
    units = _units(manager, config)
    check_ours(unit.file for unit in units)
    does_run = not dry_run and manager.is_there()  # where there is no systemd at all, nothing is written
    for unit in units:
        is_there = unit.standing is Standing.INSTALLED
        click.echo(f"{'There already' if is_there else 'Would write' if dry_run else 'Written'}: {unit.file}")
        if not (dry_run or is_there):
            unit.write()
    if dry_run:
        click.echo(f"Would enable {SERVICE}{' and start it' if now else ''}.")
        return
    if not has_config:
        click.echo(f"There is no configuration yet: {config}. Write one: kepthour init --config {config}")
    if does_run:
        manager.tell("daemon-reload")
        manager.tell("enable", SERVICE)
        click.echo(f"Enabled: it starts with {'the machine' if system else 'your login'}.")
        if now:
            manager.tell("restart", SERVICE)
            click.echo(f"Started. {manager.state(SERVICE).get('StatusText', '')}".rstrip())
    else:
        manager.tell_offline("enable", SERVICE)
        click.echo("Enabled. Your systemd does not run here and now: it starts with your next login.")
        if now:
            raise NeedsPerson("It could not be started.", "Log in, or start it by hand: kepthour run")
    _hint(manager, now=now)


def _checked(config: Path, manager: Manager, *, now: bool) -> bool:
    """Whether there is a configuration. One that cannot be used must not cost a daemon that runs with an earlier one.

    Raises Faulty, NeedsPerson.
    """
    from kepthour.config.reading import load
    from kepthour.core.errors import NeedsPerson
    from kepthour.plugins import Plugins
    from kepthour.runtime.lock import StoreLock
    from kepthour.runtime.start import store_path
    from kepthour.service.units import SERVICE

    if not config.exists():
        if now:
            raise NeedsPerson(
                f"There is no configuration yet: {config}.", f"Write one: kepthour init --config {config}"
            )
        return False
    loaded = load(config, Plugins())
    if now and not manager.system:
        holder = StoreLock(store_path(loaded)).holder()
        if holder is not None and str(holder) != manager.state(SERVICE).get("MainPID"):
            raise NeedsPerson(
                f"Kept Hour runs already (process {holder}), not as this service.",
                "End it, and what starts it, first: two daemons cannot share a store.",
            )
    return True


@service.command()
@_system
@common
def uninstall(system: bool) -> None:
    """Stop it, and remove the units. Configuration and data stay."""
    from kepthour.service.files import check_ours
    from kepthour.service.manager import Manager
    from kepthour.service.units import ALERT, SERVICE

    manager = Manager(system)
    there = [manager.folder / name for name in (SERVICE, ALERT) if (manager.folder / name).exists()]
    if not there:
        click.echo("It is not installed.")
        return
    check_ours(there)
    is_running = manager.is_there()
    if manager.folder / SERVICE in there:
        if is_running:
            manager.tell("disable", "--now", SERVICE)
        else:
            manager.tell_offline("disable", SERVICE)
    for file in there:
        file.unlink()
        click.echo(f"Removed: {file}")
    if is_running:
        manager.tell("daemon-reload")
        click.echo("Nobody is reminded any more, unless you run it by hand.")
    else:
        click.echo("Your systemd could not be asked: a daemon that runs goes on until you log out.")
    click.echo("Configuration and data are where they were.")


@service.command()
@_system
@as_json
@common
@click.pass_context
def show(ctx: click.Context, system: bool, as_json: bool) -> None:
    """The units, whether they are installed, and how the service is."""
    from kepthour.service.manager import Manager, lingers
    from kepthour.service.units import SERVICE

    manager = Manager(system)
    state = manager.state(SERVICE)
    units = _units(manager, _config(ctx.ensure_object(Setting), system=system))
    shape: dict[str, Any] = {
        "system": system,
        "enabled": state.get("UnitFileState") == "enabled",
        "state": state.get("ActiveState"),
        "status": state.get("StatusText") or None,
        "pid": int(state.get("MainPID", 0)) or None,
        "restarts": int(state["NRestarts"]) if state.get("NRestarts", "").isdecimal() else None,
        "lingers": None if system else lingers(),
        "units": [
            {
                "name": unit.file.name,
                "path": str(unit.file),
                "state": unit.standing.value,
                "text": unit.text,
            }
            for unit in units
        ],
    }
    if as_json:
        document(shape)
        return
    for unit in units:
        click.secho(f"# {unit.file} ({unit.standing.value.replace('_', ' ')})", bold=True)
        click.echo(unit.text)
    enabled = "enabled" if shape["enabled"] else "not enabled"
    standing = shape["state"] or "not to be asked about (your systemd does not run here and now)"
    click.echo(f"The service is {standing}, and {enabled}. {shape['status'] or ''}".rstrip())
    if not system and not shape["lingers"]:
        click.echo(_LINGER)


_LINGER = (
    "It runs while you are logged in. To be reminded on other ways (a phone, say) before that, too: "
    "loginctl enable-linger"
)


def _hint(manager: Manager, *, now: bool) -> None:
    from kepthour.service.manager import lingers
    from kepthour.service.units import SERVICE

    if not now and manager.is_there():
        does_run = manager.state(SERVICE).get("ActiveState") == "active"
        click.echo(
            f"It runs still as it was started; anew: {manager.prefix} restart kepthour"
            if does_run
            else f"Start it now: {manager.prefix} start kepthour"
        )
    scope = "-u" if manager.system else "--user -u"
    click.echo(f"See how it is: {manager.prefix} status kepthour. What it says: journalctl {scope} kepthour")
    if not manager.system and not lingers():
        click.echo(_LINGER)


def _config(setting: Setting, *, system: bool) -> Path:
    from kepthour.service.wanted import SYSTEM_CONFIG

    return SYSTEM_CONFIG if system else setting.config_file().absolute()


def _units(manager: Manager, config: Path) -> list[Unit]:
    """Raises NeedsPerson."""
    from kepthour.service.files import Unit
    from kepthour.service.wanted import wanted_of_system, wanted_of_user

    wanted = wanted_of_system() if manager.system else wanted_of_user(config)
    return [Unit(manager.folder / name, text) for name, text in wanted.items()]

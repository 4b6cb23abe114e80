"""Machines whose time zone is not set as it usually is."""

from __future__ import annotations

from importlib.resources import files

from tests.support.world import World


def without_name(world: World) -> None:
    """The machine has the rules of Lima's time and not its name, as where `/etc/localtime` is a copied file."""
    copied = world.folder / "localtime"
    copied.write_bytes(files("tzdata.zoneinfo.America").joinpath("Lima").read_bytes())
    world.env["TZ"] = str(copied)

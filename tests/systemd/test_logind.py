"""Evidence of type `desktop`, with a real logind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from kepthour.core.spells import Sign
from kepthour.evidence.desktop import Options, observe
from tests.support.fixtures import require
from tests.support.machine import Login, Machine, missing_for_machine


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    require(missing_for_machine())
    with Machine() as made:
        yield made


@pytest.fixture(autouse=True)
def _on_its_bus(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", machine.address)


async def begun(machine: Machine, kind: str = "wayland") -> AsyncIterator[Login]:
    made = await Login.begin(machine, kind)
    yield made
    made.close(machine)


@pytest.fixture
async def desktop(machine: Machine) -> AsyncIterator[Login]:
    async for made in begun(machine):
        yield made


@pytest.fixture
async def other(machine: Machine) -> AsyncIterator[Login]:
    async for made in begun(machine, "x11"):
        yield made


async def test_without_a_login_nothing_can_be_told() -> None:
    assert await observe(Options()).look() is None
    assert await observe(Options()).obstacle() is not None


async def test_a_desktop_that_was_locked_and_left_idle(desktop: Login) -> None:
    observer = observe(Options())
    assert await observer.look() == frozenset()
    assert await observer.obstacle() is None
    await desktop.tell("Locked", True)
    assert await observer.look() == {Sign.LOCKED}
    await desktop.tell("Idle", True)
    assert await observer.look() == {Sign.LOCKED, Sign.IDLE}
    await desktop.tell("Locked", False)
    assert await observer.look() == {Sign.IDLE}


async def test_a_lock_that_nobody_carried_out_is_none(machine: Machine, desktop: Login) -> None:
    """`loginctl lock-session` only asks; that it is done, the desktop's locker tells."""
    machine.run("loginctl", "lock-session", desktop.id)
    assert await observe(Options()).look() == frozenset()


async def test_of_two_desktops_both_have_to_be_locked(desktop: Login, other: Login) -> None:
    await desktop.tell("Locked", True)
    assert await observe(Options()).look() == frozenset()
    await other.tell("Locked", True)
    assert await observe(Options()).look() == {Sign.LOCKED}


async def test_a_desktop_that_somebody_logged_out_of_is_none_whatever_still_runs_there(
    desktop: Login, other: Login
) -> None:
    await desktop.tell("Locked", True)
    other.end()
    async with asyncio.timeout(20):
        while await other.get("State") != "closing":
            await asyncio.sleep(0.01)
    assert await observe(Options()).look() == {Sign.LOCKED}


async def test_a_terminal_is_not_looked_at(machine: Machine) -> None:
    async for _terminal in begun(machine, "tty"):
        assert await observe(Options()).look() is None

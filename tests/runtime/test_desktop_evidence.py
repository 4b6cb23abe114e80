"""Evidence of type `desktop`, on a bus with a logind."""

from __future__ import annotations

import os

import pytest
from dbus_fast import DBusError

from kepthour.core.spells import Sign
from kepthour.evidence.desktop import Options, observe
from tests.support.fixtures import require
from tests.support.logind import Desktops, Logind, missing_for_desktops


async def test_a_desktop_is_locked_idle_both_or_neither(logind: Desktops) -> None:
    logind.log_in("1")
    observer = observe(Options())
    assert await observer.look() == frozenset()
    logind.lock("1")
    assert await observer.look() == {Sign.LOCKED}
    logind.leave_idle("1")
    assert await observer.look() == {Sign.LOCKED, Sign.IDLE}
    logind.lock("1", locked=False)
    assert await observer.look() == {Sign.IDLE}


async def test_of_two_desktops_both_have_to_be_locked(logind: Desktops) -> None:
    logind.log_in("1")
    logind.log_in("2", "x11")
    logind.lock("1")
    assert await observe(Options()).look() == frozenset()
    logind.lock("2")
    assert await observe(Options()).look() == {Sign.LOCKED}


async def test_other_users_and_terminals_are_not_looked_at(logind: Desktops) -> None:
    logind.log_in("1", uid=os.getuid() + 1)
    logind.log_in("2", "tty")
    logind.lock("1")
    logind.lock("2")
    assert await observe(Options()).look() is None
    logind.log_in("3")
    assert await observe(Options()).look() == frozenset()


async def test_a_logind_that_knows_no_sessions_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    require(missing_for_desktops())
    with Logind() as silent:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", silent.address)
        with pytest.raises(DBusError):
            await observe(Options()).look()


async def test_without_a_bus_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    with pytest.raises(FileNotFoundError):
        await observe(Options()).look()

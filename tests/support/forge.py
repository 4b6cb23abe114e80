"""A program, run as by itself: it has imported what the command loads, and forks for each that is asked of it.

A fork is a process like any other: memory, environment, descriptors and end of its own. It spares what every new
interpreter does anew, and what no test of a command's words is about: importing 600 modules.

It has also gone once, in a home of its own, through what most commands do: each fork would compile the same statements
and patterns anew, which takes longer than what it is asked for.

It runs the installed script itself. How it is asked: `forked.py`, which is the only one that starts it.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

_CONFIG = """\
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "all"
"""
_CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:forge
BEGIN:VEVENT
UID:one
DTSTAMP:20260101T000000Z
DTSTART:{start:%Y%m%dT%H%M%SZ}
DURATION:PT50M
SUMMARY:AB
END:VEVENT
END:VCALENDAR
"""
_USUAL = ("sync", "agenda", "status", "here", "log", "explain", "repair")
# Qt's, Alembic's own, and what draws with matplotlib, which reads its user's home as it is imported.
_NOT_TO_IMPORT = ("kepthour.channels.takeover", "kepthour.store.migrations", "kepthour.report.plots")


def _load() -> None:
    """All modules of the program, and what these import when they are used."""
    for root in ("kepthour", "kepthour_connectors"):
        package = import_module(root)
        for module in pkgutil.walk_packages(package.__path__, f"{root}."):
            if not module.name.startswith(_NOT_TO_IMPORT):
                import_module(module.name)


def _share_what_is_compiled() -> None:
    """All stores of one kind have one dialect, and what was compiled for it; as in `stores.py`."""
    module: Any = import_module("kepthour.store.engine")
    make = module.create_engine
    first: dict[Any, Any] = {}  # by driver

    def create_engine(url: str, **options: Any) -> Any:
        engine = make(url, **options)
        alike = first.setdefault(options["module"], engine)
        engine.dialect = engine.pool._dialect = alike.dialect
        engine._compiled_cache = alike._compiled_cache
        return engine

    module.create_engine = create_engine


def _go_through() -> None:
    """What is usual, in a home that is gone afterwards."""
    from kepthour.cli.context import Setting
    from kepthour.cli.main import cli

    before = dict(os.environ)
    with TemporaryDirectory(prefix="kepthour-forge-") as home, Path(os.devnull).open("w") as nothing:
        os.environ["HOME"] = home
        start = datetime.now(UTC) - timedelta(minutes=1)
        Path(home, "practice.ics").write_text(_CALENDAR.format(start=start))
        config = Path(home, "config.toml")
        config.write_text(_CONFIG)
        with redirect_stdout(nothing), redirect_stderr(nothing):
            for command in _USUAL:
                cli.main([command], standalone_mode=False, obj=Setting(config))
    os.environ.clear()
    os.environ.update(before)


def _wanted(request: int) -> dict[str, Any]:
    with os.fdopen(request, "rb") as file:
        file.seek(0)  # whoever wrote it shares its place
        found: dict[str, Any] = json.load(file)
        return found


class _Forge:
    """`control` brings requests; each has a socket of its own, on which the process is told, then its return code."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(control, selectors.EVENT_READ)

    def serve(self) -> list[str] | None:
        """Fork until nobody asks any more: then None. In a fork: what to run, with everything prepared."""
        while True:
            for key, _events in self._waiting.select():
                if key.fileobj is self._control:
                    message, fds, _flags, _address = socket.recv_fds(self._control, 100, 5)
                    if not message:
                        return None
                    argv = self._begin(_wanted(fds.pop(0)), fds)
                    if argv is not None:
                        return argv
                else:
                    self._end(key)

    def _begin(self, wanted: dict[str, Any], fds: list[int]) -> list[str] | None:
        asker, *standard = fds
        child = os.fork()
        if child == 0:
            self._let_go()
            os.close(asker)
            return _become(wanted, standard)
        for fd in standard:
            os.close(fd)
        ended = os.pidfd_open(child)
        answer = socket.socket(fileno=asker)
        answer.sendall(f"{child}\n".encode())
        self._waiting.register(ended, selectors.EVENT_READ, (child, ended, answer))
        self._waiting.register(answer, selectors.EVENT_READ, (child, ended, answer))
        return None

    def _let_go(self) -> None:
        """In a fork: of what is the others'. Held open here, their end would not be seen before ours."""
        for key in list(self._waiting.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            else:
                os.close(key.fd)
        self._waiting.close()

    def _end(self, key: selectors.SelectorKey) -> None:
        child, ended, answer = key.data
        if key.fileobj is answer:  # whoever asked waits no longer
            self._waiting.unregister(answer)
            os.kill(child, signal.SIGKILL)
            return
        _pid, status = os.waitpid(child, 0)
        self._waiting.unregister(ended)
        os.close(ended)
        if answer in self._waiting.get_map():
            self._waiting.unregister(answer)
            answer.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        answer.close()


def _become(wanted: dict[str, Any], standard: list[int]) -> list[str]:
    """What a new process finds: its standard streams, environment and folder, and signals as Python sets them."""
    for number, fd in enumerate(standard):
        os.dup2(fd, number)
        os.close(fd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if wanted["session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    if "CLOCK_SHIFT" in os.environ:
        ctypes.CDLL(None).take_up_shift()  # of the library that was preloaded
    os.chdir(wanted["folder"])
    argv: list[str] = wanted["argv"]
    return argv


def _serve(control: int) -> list[str] | None:
    del sys.path[0]  # beside this file there are modules that others' must not be taken for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests are stopped, and with them this
    _load()
    _share_what_is_compiled()
    _go_through()
    gc.collect()
    assert threading.active_count() == 1  # a fork has only the thread that forks
    gc.freeze()  # no fork has to copy what its garbage collector looks through
    return _Forge(socket.socket(fileno=control)).serve()


def _run_to_the_end(argv: list[str]) -> NoReturn:
    """The script, and what the interpreter does after it; but modules stay: their memory would have to be copied."""
    sys.argv[:] = argv
    sys.path.insert(0, str(Path(argv[0]).parent))
    code: object = 1
    try:
        runpy.run_path(argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    except BaseException:  # noqa: BLE001  what the interpreter does with one that nobody caught
        sys.excepthook(*sys.exc_info())
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    gc.collect()  # what nobody closed, a store say, is closed with its object
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    asked = _serve(int(sys.argv[1]))
    if asked is not None:
        _run_to_the_end(asked)

"""A command in a fork, as `World` runs it, says what the same command says in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.cli.main import cli
from tests.cli.test_commands import CONFIG, at, put
from tests.support.forked import run_forked
from tests.support.world import World, eventually

# Each command once: this is where all of them run in a new interpreter, which has loaded nothing but what they ask for.
COMMANDS = [
    ["--version"],
    ["--help"],
    ["agneda"],
    ["init", "--help"],
    ["demo", "--help"],
    ["auth", "google", "nothing"],
    ["check", "--json"],
    ["run", "--config", "/nowhere"],
    ["sync"],
    ["agenda", "--json"],
    ["explain", "one"],
    ["rehearse"],
    ["status", "--json"],
    ["log"],
    ["here"],
    ["ack"],
    ["snooze", "1m"],
    ["late", "3m"],
    ["out"],
    ["away"],
    ["settle"],
    ["sweep"],
    ["repair"],
    ["repair", "1", "slots"],
    ["repair", "1", "draft"],
    ["report"],
    ["service", "--help"],
    ["store", "--help"],
    ["export", "--json"],
    ["purge"],
]
_VARIES = re.compile(r"\d\d:\d\d(:\d\d)?(\.\d+)?|\b\d+(\.\d+)? ?(s|ms|seconds?)\b")


@pytest.fixture
def worlds(tmp_path: Path) -> tuple[World, World]:
    """Two machines alike, each with a session that has begun, and a store."""
    made = []
    start = at(minutes=-2)
    for name in ("forked", "alone"):
        folder = tmp_path / name
        folder.mkdir()
        world = World(folder)
        world.configure(CONFIG)
        put(world, ("one", "AB", start), ("other", "CD", start + timedelta(days=1)))
        made.append(world)
    return made[0], made[1]


def said(world: World, done: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    outputs = (done.stdout, done.stderr)
    return done.returncode, [_VARIES.sub("TIME", one.replace(str(world.folder), "")) for one in outputs]


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_what_a_fork_says_a_process_says(worlds: tuple[World, World], args: list[str]) -> None:
    forked, alone = worlds
    assert said(forked, forked.run(args)) == said(alone, alone.run_alone(args))


def test_each_command_is_among_them() -> None:
    assert set(cli.table) <= {args[0] for args in COMMANDS}


def script(folder: Path, text: str) -> str:
    file = folder / "script"
    file.write_text(text)
    return str(file)


ENDS = {
    "pass": (0, "", ""),
    "sys.exit()": (0, "", ""),
    "sys.exit(3)": (3, "", ""),
    "sys.exit('no')": (1, "", "no\n"),
    "print('a'); print('b', file=sys.stderr)": (0, "a\n", "b\n"),
    "import atexit; atexit.register(print, 'end')": (0, "end\n", ""),
    "import threading; threading.Timer(0.1, print, ['late']).start()": (0, "late\n", ""),
    "print(sys.stdin.read() == '', sys.stdout.isatty())": (0, "True False\n", ""),
    "print('x' * 200_000)": (0, "x" * 200_000 + "\n", ""),
    "os.kill(os.getpid(), 9)": (-9, "", ""),
    "print(sys.argv[1:])": (0, "['a', 'b']\n", ""),
    "print(dict(os.environ))": (0, "{'LANG': 'C.UTF-8', 'ONE': '1'}\n", ""),
}


@pytest.mark.parametrize("line", ENDS)
def test_a_fork_ends_as_a_process_does(tmp_path: Path, line: str) -> None:
    file = script(tmp_path, f"import os, sys\n{line}\n")
    env = {"LANG": "C.UTF-8", "ONE": "1"}
    alone = subprocess.run(
        [sys.executable, file, "a", "b"],
        env=env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    forked = run_forked(file, ["a", "b"], env)
    found = (forked.returncode, forked.stdout, forked.stderr)
    assert found == (alone.returncode, alone.stdout, alone.stderr) == ENDS[line]


def test_what_nobody_caught_is_told_and_fails(tmp_path: Path) -> None:
    done = run_forked(script(tmp_path, "1 / 0"), [], {"LANG": "C.UTF-8"})
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback") and "ZeroDivisionError" in done.stderr


def test_words_may_be_as_long_as_a_system_takes_them(tmp_path: Path) -> None:
    file, words = script(tmp_path, "import sys; print(*map(len, sys.argv[1:]))"), ["x" * 120_000] * 3
    alone = subprocess.run([sys.executable, file, *words], capture_output=True, text=True, check=True)
    assert run_forked(file, words, {"LANG": "C.UTF-8"}).stdout == alone.stdout == "120000 120000 120000\n"


def test_what_a_fork_does_stays_in_it(tmp_path: Path) -> None:
    line = (
        "import kepthour, os; print(hasattr(kepthour, 'mark')); kepthour.mark = 1; os.environ['MARK'] = '1'"
    )
    file = script(tmp_path, line)
    done = [run_forked(file, [], {"LANG": "C.UTF-8"}).stdout for _ in range(2)]
    assert done == ["False\n", "False\n"]
    assert "MARK" not in os.environ


def test_one_does_not_wait_for_another_that_began_later(tmp_path: Path) -> None:
    text = "import os, sys, time\nopen(sys.argv[1], 'w')\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.01)\n"
    file, env = script(tmp_path, text), {"LANG": "C.UTF-8"}
    begun, ended = ([tmp_path / f"{word}-{number}" for number in range(2)] for word in ("begun", "end"))
    with ThreadPoolExecutor(2) as threads:
        try:
            runs = []
            for one, end in zip(begun, ended, strict=True):
                runs.append(threads.submit(run_forked, file, [str(one), str(end)], env))
                eventually(one.exists, "its begin")
            ended[0].touch()
            assert runs[0].result(timeout=60).returncode == 0
            assert not runs[1].done()
        finally:
            ended[1].touch()


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    run_forked(script(tmp_path, "pass"), [], {"LANG": "C.UTF-8"})  # its forge is there
    file = script(tmp_path, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    with pytest.raises(subprocess.TimeoutExpired) as raised:
        run_forked(file, [], {"LANG": "C.UTF-8"}, seconds=3)
    process = Path(f"/proc/{int(raised.value.stdout or b'')}")
    eventually(lambda: not process.exists(), "its end")

"""Runs a command, and prints what it cost as JSON: seconds of wall and processor, megabytes at most in memory.

A process of its own, and a small one: the kernel counts the memory of whoever starts a command as the command's, too.

    python -I -S bench/timed.py OUT ERRORS COMMAND...
"""

import json
import os
import sys
import time


def main(out: str, errors: str, *command: str) -> None:
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    begun = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - begun
    cost = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}
    print(json.dumps({"code": os.waitstatus_to_exitcode(status), "cost": cost}))


if __name__ == "__main__":
    main(*sys.argv[1:])

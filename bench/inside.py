"""What one process of the product does with its own parts, no command around them.

python -m bench.inside poll CONFIG          as the daemon asks: a sync without the time that a command has
python -m bench.inside polls CONFIG URL N   N polls without news, each beside one bare REPORT; JSON, in ms
python -m bench.inside told CONFIG          what each line of its input says: poll, which gives how many changes it
                                            found, or plan; JSON each, with the processor's time in ms. After "often",
                                            it is done again and again for half a second, and the median counts
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.asking import Asker
from bench.measuring import Failed, seconds
from kepthour.app import App
from kepthour.config.reading import load
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.runtime.logs import set_up
from kepthour.runtime.start import store_path
from kepthour.store.engine import open_store

_MS = 1000.0
_OFTEN = 0.5  # seconds
# Before each, in seconds: a daemon's polls come a minute apart. One that follows at once finds all it needs in the
# processor's caches, the more so the sooner its server answers; that alone was a fifth of it.
_PAUSE = 0.1


def opened(file: str) -> App:
    """As the daemon opens it, its log included."""
    set_up(1)
    plugins = Plugins()
    config = load(Path(file), plugins)
    return App(config, open_store(store_path(config)), plugins, SystemClock())


def _ask(app: App) -> int:
    """One poll of the one calendar, and what follows from it; how many changes it found. Raises Failed."""
    (calendar,) = app.config.calendars
    polled = app.ask(calendar.name)
    if polled.problem is not None:
        raise Failed(f"the poll failed: {polled.problem}")
    return polled.changed


def poll(file: str) -> None:
    print(_ask(opened(file)))


def polls(file: str, url: str, rounds: str) -> None:
    app, asker = opened(file), Asker(url)
    for _ in range(2):  # the first connects, and compares whatever is compared once a day
        _ask(app)
        asker.ask()
    found: dict[str, list[float]] = {"poll": [], "report": []}
    works: dict[str, Callable[[], object]] = {"poll": lambda: _ask(app), "report": asker.ask}
    for number in range(int(rounds)):
        for name in list(works)[:: 1 if number % 2 else -1]:
            found[name].append(_MS * seconds(works[name]))
    print(json.dumps(found))


def told(file: str) -> None:
    app = opened(file)
    works: dict[str, Callable[[], object]] = {"poll": lambda: _ask(app), "plan": app.replan}
    for work in works.values():
        work()  # connects, and compiles statements
    for line in sys.stdin:
        *often, name = line.split()
        until = time.monotonic() + (_OFTEN if often else 0.0)
        given, took = set[object](), list[float]()
        while not took or time.monotonic() < until:
            if often:
                time.sleep(_PAUSE)
            begun = time.process_time()
            given.add(works[name]())
            took.append(_MS * (time.process_time() - begun))
        if len(given) != 1:
            raise Failed(f"each {name} gave something else")
        print(json.dumps({"gave": given.pop(), "cpu": statistics.median(took)}), flush=True)


_DOES: dict[str, Callable[..., None]] = {"poll": poll, "polls": polls, "told": told}

if __name__ == "__main__":
    _DOES[sys.argv[1]](*sys.argv[2:])

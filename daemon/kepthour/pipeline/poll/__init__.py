"""Asks one calendar what changed, and stores the answer whole or not at all.

1  read what is known: the cursor, what is owed   stage.py    (store, read)
2  ask the source                                 stage.py    (connector: network, no transaction stays open)
3  reduce and expand what changed, one by one     stage.py    (core: a bad resource is set aside, the others go on)
4  see what a person edited                       edited.py   (core.edits)
5  see whether it may be believed                 belief.py   (core.guard)
6  store batch, occurrences and cursor together   stage.py    (store, one transaction, with 5)

What is stored is expanded anew, without asking, by refresh.py.
"""

from kepthour.pipeline.poll.refresh import refresh
from kepthour.pipeline.poll.source import Polled, Source, Unmade
from kepthour.pipeline.poll.stage import poll

__all__ = ["Polled", "Source", "Unmade", "poll", "refresh"]

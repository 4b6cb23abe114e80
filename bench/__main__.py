"""Measures what things cost, beside programs that do the like, and says which aims are met: `make bench`.

What is measured and how to read it: docs/performance.md.
"""

import sys

from bench.alone import command

PARTS = (
    "sync", "polling", "agenda", "reading", "start", "rehearsing", "lateness", "holding", "idle", "growth", "sizes",
)  # fmt: skip
ALONE = ("requests", "takeover")  # only if asked for

if __name__ == "__main__":
    sys.exit(command(PARTS, "bench", __doc__, ALONE))

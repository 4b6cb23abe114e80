"""A browser without a window, as the variable BROWSER names one: it opens an address and follows where it is sent."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = """#!{python}
import sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
try:
    page = opener.open(sys.argv[1], timeout=60).read().decode()
except urllib.error.HTTPError as error:
    page = error.read().decode()
open({seen!r}, "w").write(page)
"""


def browser(folder: Path) -> tuple[Path, Path]:
    """The program, and the file in which the last page it saw will be."""
    program, seen = folder / "browser", folder / "page.html"
    program.write_text(_PROGRAM.format(python=sys.executable, seen=str(seen)), encoding="utf-8")
    program.chmod(0o755)
    return program, seen

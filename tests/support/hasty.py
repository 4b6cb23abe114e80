"""`kepthour` that tells of a store in trouble after a second, not twenty: hasty.py ARGUMENT…"""

from __future__ import annotations

from kepthour.cli.main import main
from kepthour.runtime import outage

outage._TELL_AFTER = 1.0
main()

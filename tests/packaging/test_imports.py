"""What a command loads, and how the source is laid out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_HEAVY = {"sqlalchemy", "alembic", "caldav", "niquests", "icalendar", "recurring_ical_events", "apscheduler",
          "dbus_fast", "keyring", "rich", "pydantic", "structlog"}  # fmt: skip


def loaded(code: str) -> set[str]:
    """The top-level packages in memory after `code`."""
    report = f"{code}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    code = "from kepthour.cli.main import cli\ntry:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded(code) & _HEAVY == set()


def test_reading_the_store_loads_no_network_no_scheduler_and_no_expander() -> None:
    code = "import kepthour.runtime.start, kepthour.views.agenda, kepthour.views.status"
    # structlog loads rich by itself where it is installed.
    assert loaded(code) & _HEAVY <= {"sqlalchemy", "pydantic", "structlog", "rich"}


CALDAV = """
[[calendars]]
name = "a"
type = "caldav"
url = "https://example.org/"
sessions = "all"
"""


@pytest.mark.parametrize("command", ["agenda", "status", "log", "rehearse", "repair"])
def test_a_command_that_polls_nothing_loads_no_connectors_libraries(tmp_path: Path, command: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CALDAV + f'[store]\nurl = "{tmp_path / "db"}"\n')
    code = f"import sys\nsys.argv = ['kepthour', '{command}', '--config', {str(file)!r}]\n"
    code += "from kepthour.cli import main\nmain._run()"
    assert loaded(code) & _HEAVY <= {"sqlalchemy", "alembic", "pydantic", "structlog", "rich"}


@pytest.mark.parametrize("kind", ["caldav", "ics"])
def test_naming_a_connector_loads_no_network(kind: str) -> None:
    assert loaded(f"import kepthour_connectors.{kind}") & _HEAVY <= {"pydantic"}


@pytest.mark.parametrize("kind", ["command", "console", "desktop"])
def test_naming_a_channel_loads_no_bus(kind: str) -> None:
    assert loaded(f"import kepthour.channels.{kind}") & _HEAVY <= {"pydantic"}


def test_naming_a_source_of_evidence_loads_no_network() -> None:
    found = loaded("import kepthour.evidence.meet")
    assert found & (_HEAVY | {"googleapiclient", "httplib2", "google"}) <= {"pydantic"}


@pytest.mark.parametrize("folder", ["daemon", "connectors"])
def test_the_source_roots_are_no_packages(folder: str) -> None:
    # An import package called "daemon" would collide with python-daemon's, silently.
    assert not (ROOT / folder / "__init__.py").exists()

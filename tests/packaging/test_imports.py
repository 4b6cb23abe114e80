"""What a command loads, and how the source is laid out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kepthour import pipeline

ROOT = Path(__file__).parents[2]
_HEAVY = {"sqlalchemy", "alembic", "caldav", "niquests", "icalendar", "recurring_ical_events", "apscheduler",
          "dbus_fast", "keyring", "rich", "pydantic", "google", "google_auth_oauthlib", "googleapiclient",
          "httplib2", "oauthlib", "requests", "PySide6", "jinja2",
          "matplotlib", "numpy", "tomlkit", "regex"}  # fmt: skip


def modules(code: str) -> set[str]:
    """The modules in memory after `code`."""
    report = f"{code}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def loaded(code: str) -> set[str]:
    """The top-level packages in memory after `code`."""
    return {name.partition(".")[0] for name in modules(code)}


def test_help_loads_nothing_heavy() -> None:
    code = "from kepthour.cli.main import cli\ntry:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded(code) & _HEAVY == set()


@pytest.mark.parametrize("words", ["", "re", "settle ", "repair 1 ", "agenda --"])
def test_a_pressed_tab_loads_nothing_heavy(words: str) -> None:
    told = {"COMP_WORDS": f"kepthour {words}", "COMP_CWORD": str(f"kepthour {words}".count(" "))}
    told["_KEPTHOUR_COMPLETE"] = "bash_complete"
    code = f"import os\nos.environ |= {told!r}\nfrom kepthour.cli.main import cli\n"
    code += "try:\n    cli.main([], prog_name='kepthour')\nexcept SystemExit:\n    pass"
    assert loaded(code) & _HEAVY == set()


def test_reading_the_store_loads_no_network_no_scheduler_and_no_expander() -> None:
    code = "import kepthour.runtime.start, kepthour.views.agenda, kepthour.views.status"
    assert loaded(code) & _HEAVY <= {"sqlalchemy", "pydantic"}


CALENDARS = """
[[calendars]]
name = "a"
type = "caldav"
url = "https://example.org/"
sessions = "all"
[[calendars]]
name = "b"
type = "google"
sessions = "all"
"""


@pytest.mark.parametrize("command", ["agenda", "status", "log", "rehearse", "repair", "report", "export"])
def test_a_command_that_polls_nothing_loads_no_connectors_libraries(tmp_path: Path, command: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CALENDARS + f'[store]\nurl = "{tmp_path / "db"}"\n')
    code = f"import sys\nsys.argv = ['kepthour', '{command}', '--config', {str(file)!r}]\n"
    code += "from kepthour.cli import main\nmain._run()"
    assert loaded(code) & _HEAVY <= {"sqlalchemy", "alembic", "pydantic", "rich"}


@pytest.mark.parametrize("command", ["agenda", "status", "log"])
def test_a_command_that_looks_loads_no_stage(tmp_path: Path, command: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CALENDARS + f'[store]\nurl = "{tmp_path / "db"}"\n')
    code = f"import sys\nsys.argv = ['kepthour', '{command}', '--config', {str(file)!r}]\n"
    code += "from kepthour.cli import main\nmain._run()\n"
    found = modules(code)
    assert "kepthour.app" in found
    assert {name for name in found if name.startswith("kepthour.pipeline.")} == set()
    # Nor what is about misses: ten modules with thirty records.
    of_misses = {
        "kepthour.store.cards",
        "kepthour.core.causes",
        "kepthour.core.rules",
        "kepthour.views.rules",
    }
    assert found & of_misses == set()


def test_a_daemon_loads_all_stages_when_it_starts() -> None:
    stages = {path.stem for path in (ROOT / "daemon/kepthour/pipeline").iterdir()} - {
        "__init__",
        "__pycache__",
    }
    assert set(pipeline.__all__) == stages
    wanted = {f"kepthour.pipeline.{stage}" for stage in stages} | {"kepthour.views.rules"}
    assert wanted <= modules("from kepthour import app\napp.load()")


def test_a_daemon_and_its_log_load_nothing_of_a_terminal() -> None:
    code = "from kepthour import app\nimport kepthour.runtime.daemon\nfrom kepthour.logger import log\n"
    code += "from kepthour.runtime.logs import set_up\napp.load()\nset_up(1)\nlog.warning('a.thing', n=1)"
    assert loaded(code) & {"click", "rich", "structlog", "pygments"} == set()


def test_a_command_seldom_looks_for_cycles_and_a_daemon_as_often_as_python_does(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "config.toml")  # a command that is refused has set up what it needs, too
    code = "import gc, sys\nusual = gc.get_threshold()\nfrom kepthour.cli import main\n"
    code += "def told(*words):\n    sys.argv = ['kepthour', *words, '--config', sys.argv[-1]]\n    try:\n"
    code += "        main.main()\n    except SystemExit:\n        return gc.get_threshold(), gc.get_freeze_count()\n"
    code += "(often, kept), (as_usual, kept_by_a_daemon) = told('agenda'), told('run')\n"
    # What a daemon has imported is not looked through at all.
    code += "print(often[0] > 100 * usual[0] and not kept, as_usual == usual and kept_by_a_daemon > 50_000)"
    done = subprocess.run([sys.executable, "-c", code, nowhere], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


@pytest.mark.parametrize("kind", ["caldav", "google", "ics"])
def test_naming_a_connector_loads_no_network(kind: str) -> None:
    assert loaded(f"import kepthour_connectors.{kind}") & _HEAVY <= {"pydantic"}


def test_google_s_libraries_are_loaded_by_a_google_calendar_only(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    ics = f'[[calendars]]\nname = "a"\ntype = "ics"\npath = "{tmp_path / "a.ics"}"\nsessions = "all"\n'
    google = '[[calendars]]\nname = "b"\ntype = "google"\nsessions = "all"\n'
    for text, expected in ((ics, set[str]()), (google, {"google", "googleapiclient", "httplib2"})):
        file = tmp_path / "config.toml"
        file.write_text(text + f'[store]\nurl = "{tmp_path / "db"}"\n')
        code = f"import sys\nsys.argv = ['kepthour', 'sync', '--config', {str(file)!r}]\n"
        code += "from kepthour.cli import main\nmain._run()"
        assert loaded(code) & {"google", "googleapiclient", "httplib2"} == expected


@pytest.mark.parametrize("kind", ["command", "console", "desktop", "sound", "takeover"])
def test_naming_a_channel_loads_neither_bus_nor_window(kind: str) -> None:
    assert loaded(f"import kepthour.channels.{kind}") & _HEAVY <= {"pydantic"}


@pytest.mark.parametrize("kind", ["call", "desktop", "meet"])
def test_naming_a_source_of_evidence_loads_no_bus_and_no_network(kind: str) -> None:
    assert loaded(f"import kepthour.evidence.{kind}") & _HEAVY <= {"pydantic"}


def test_the_daemon_s_side_of_the_window_loads_no_qt() -> None:
    code = "import kepthour.channels.takeover.channel, kepthour.channels.takeover.window"
    assert loaded(code) & _HEAVY <= {"pydantic"}


def test_naming_a_source_of_evidence_loads_no_network() -> None:
    found = loaded("import kepthour.evidence.meet")
    assert found & (_HEAVY | {"googleapiclient", "httplib2", "google"}) <= {"pydantic"}


def test_a_table_of_which_all_fits_loads_nothing_that_folds() -> None:
    code = "from kepthour.cli.table import lines\nlist(lines([('09:00', 'AB')], {width}))"
    assert "rich.console" not in modules(code.format(width=80))
    long = code.replace("AB", "AB " * 20)
    assert "rich.console" in modules(long.format(width=30))


@pytest.mark.parametrize("folder", ["daemon", "connectors"])
def test_the_source_roots_are_no_packages(folder: str) -> None:
    # An import package called "daemon" would collide with python-daemon's, silently.
    assert not (ROOT / folder / "__init__.py").exists()


def test_the_page_of_a_report_loads_what_draws_when_it_draws() -> None:
    assert (
        loaded("import kepthour.cli.report, kepthour.cli.report.shape, kepthour.core.report.telling") & _HEAVY
        == set()
    )
    assert loaded("import kepthour.report.page") & _HEAVY == {"jinja2"}


def test_the_templates_library_is_loaded_by_a_text_alone() -> None:
    code = "import kepthour.cli.repair.draft, kepthour.cli.repair.note, kepthour.views.drafts"
    assert loaded(code) & {"jinja2"} == set()
    assert loaded("import kepthour.drafts.render") & _HEAVY == {"jinja2"}

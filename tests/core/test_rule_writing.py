"""A rule is written into any valid configuration, as one difference: nothing else in the file changes by a byte."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kepthour.config import Configuration
from kepthour.config.reading import parse
from kepthour.config.rules import edit_of, is_there, setup_of, stands
from kepthour.config.sections import Edit, cut, joined
from kepthour.config.writing import edited, without
from kepthour.core.causes import Cause, Facts, LastRung
from kepthour.core.changes import KnownSession
from kepthour.core.errors import NeedsPerson
from kepthour.core.gaps import Gap, Pause
from kepthour.core.privacy import Phi
from kepthour.core.rules import Help, Kind, Rule, rule_for
from kepthour.plugins import Plugins

FILE = Path("config.toml")
PLUGINS = Plugins()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FACTS = Facts(MONDAY, last_rung=LastRung("+5m", ("desktop",), ()), gaps=(Gap(MONDAY, MONDAY, Pause.ASLEEP),))
REMARK = "kepthour repair 1 prevent"


def session(client: str = "AB", calendar: str = "a", place: str = "") -> KnownSession:
    return KnownSession(
        id="0123456789",
        calendar=calendar,
        uid="one",
        recurrence_id=None,
        start=MONDAY,
        end=MONDAY + timedelta(minutes=50),
        client=Phi(client),
        place=Phi(place),
        join_url=Phi(""),
        revision=1,
        cancelled=False,
    )


def read(content: bytes) -> Configuration:
    return parse(FILE, content, PLUGINS)


# ---- configurations as people write them

SPACE = st.sampled_from(
    ["", "\n", "\n\n", "# [wake] a heading\n", "\n# --- Channels: [x] ---\n\n", "# ä \u2028[no header]\n"]
)
END = st.sampled_from(["", "   # why: [x]", " # ü"])
CALENDARS = st.sampled_from([[('a', "2m"), ("b b", "30m")], [("a", "1h")], [("a", None), ("b b", "10m")]])  # fmt: skip
RULES = st.lists(
    st.sampled_from(
        [
            'client = "AB"\nalso = [{ at = "-2h" }] # c\n',
            'client = "CD"\nprofile = "gentle"\n',
            'weekday = ["mon"]\nalso = [\n  { at = "-90m", urgency = "high" }, # first\n  { at = "-30m" } # last\n]\n',
            'calendar = "a"\nrungs = [{ at = "-5m" }]\n',
            'client = "AB"\nweekday = ["tue"]\n[[reminders.rules.also]]\nat = "-2h"\n\n# of nothing\n',
            'modality = "in_person"\nprofile = "persistent"\n',
            'place = "Clinic"\n[[reminders.rules.rungs]]\nat = "-10m"\nurgency = "high"\n',
        ]
    ),
    max_size=3,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A valid file: every table in one of the forms that TOML has for it, in any order."""
    calendars = draw(CALENDARS)
    top, tables = ['timezone = "Europe/Berlin"' + draw(END) + "\n"], []
    top += draw(st.sampled_from([[], ["# a comment\n"], ['language = """\\\n  en"""\n']]))
    _calendars(draw, calendars, top, tables)
    _reminders(draw, list(draw(RULES)), top, tables)
    _channels(draw, top, tables)
    for name, forms in {
        "practice": ["buffer = \"10m\"", "buffer = \"25m\" # b", "travel = \"5m\"", None],
        "wake": ["enabled = false", "before = \"5m\"", "# enabled = true\n", None],
    }.items():  # fmt: skip
        _plain(draw, name, draw(st.sampled_from(forms)), top, tables)
    if draw(st.booleans()):
        tables.append("[verdict]\nin_person = '''\n[wake]\n# it is a pattern'''\n")
    text = "".join(part + draw(SPACE) for part in [*top, *draw(st.permutations(tables))])
    text = text.removesuffix("\n") if draw(st.booleans()) else text
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def _calendars(draw: st.DrawFn, calendars: Any, top: list[str], tables: list[str]) -> None:
    def lines(name: str, poll: str | None) -> list[str]:
        return [
            f'name = "{name}"',
            'type = "ics"',
            'path = "~/a.ics"',
            *([f'poll = "{poll}"'] if poll else []),
        ]

    if draw(st.booleans()):
        inside = ", ".join("{ " + ", ".join(lines(*one)) + " }" for one in calendars)
        top.append(f"calendars = [{inside}]{draw(END)}\n")
        return
    one_by_one = [
        "[[calendars]]\n" + "".join(f"{line}{draw(END)}\n" for line in lines(*one)) for one in calendars
    ]
    tables += one_by_one if draw(st.booleans()) else ["".join(one_by_one)]


def _reminders(draw: st.DrawFn, rules: list[str], top: list[str], tables: list[str]) -> None:
    keys = draw(
        st.sampled_from(
            [[], ['profile = "gentle"'], ['profile = "standard"', "early_if_odd = false"], ["insist = false"]]
        )
    )
    form = (
        draw(st.sampled_from(["header", "dotted", "inline"]))
        if keys
        else draw(st.sampled_from(["header", "none"]))
    )
    simple = [
        one.replace("\n", ", ").removesuffix(", ") for one in rules if one.count("\n") == 2 and "#" not in one
    ]
    if form == "inline":
        inside = ", ".join(
            [*keys, *(["rules = [" + ", ".join("{ " + one + " }" for one in simple) + "]"] if simple else [])]
        )
        top.append("reminders = { " + inside + " }\n")
        return
    if form == "dotted":
        top += [f"reminders.{key}{draw(END)}\n" for key in keys]
    header = "[reminders]" + draw(END) + "\n" if form == "header" else ""
    body = "".join(f"{key}{draw(END)}\n" for key in keys) if form == "header" else ""
    if form == "header" and draw(st.booleans()) and simple:
        body += "rules = [\n" + "".join("  { " + one + " },\n" for one in simple) + "]\n"
        rules = []
    entries = [f"[[reminders.rules]]\n{one}" for one in rules]
    if draw(st.booleans()):
        tables += [header + body, *entries] if header else entries
    else:
        tables.append(header + body + draw(SPACE) + "".join(entries))


def _channels(draw: st.DrawFn, top: list[str], tables: list[str]) -> None:
    phone = draw(
        st.sampled_from(
            ['type = "console"', 'type = "console"\njoins = "+2m"', 'type = "console"\njoins = "-5m"']
        )
    )
    form = draw(st.sampled_from(["headers", "inline", "dotted", "inside", "none"]))
    line = phone.replace("\n", ", ")
    if form == "inline":
        top.append('channels = { desktop = { type = "desktop" }, phone = { ' + line + " } }\n")
    elif form == "dotted":
        keys = "".join(f"phone.{key}{draw(END)}\n" for key in phone.split("\n"))
        tables.append(f'[channels]\ndesktop.type = "desktop"\n{keys}')
    elif form == "inside":
        tables.append(
            '[channels]\ndesktop = { type = "desktop" }\nphone = { ' + line + " }" + draw(END) + "\n"
        )
    elif form == "headers":
        tables += ['[channels.desktop]\ntype = "desktop"\n', f"[channels.phone]\n{phone}{draw(END)}\n"]


def _plain(draw: st.DrawFn, name: str, key: str | None, top: list[str], tables: list[str]) -> None:
    if key is None:
        return
    inside = [f"[{name}]{draw(END)}\n{key}\n"]
    if name == "practice":
        inside += ['[practice.hours]\nmon = ["08:00-12:00"]\n', f"{inside[0]}[practice.hours]\nmon = []\n"]
    if not key.startswith("#"):
        inside.append(f"{name} = {{ {key.partition(' #')[0]} }}\n")
        inside.append(f"{name}.{key}\n")
    form = draw(st.sampled_from(inside))
    (tables if form.startswith("[") else top).append(form)


CAUSES = st.sampled_from([one for one in Cause if one is not Cause.OTHER])
SESSIONS = st.builds(
    session,
    st.sampled_from(["AB", "CD", "", 'Ö "x"']),
    st.just("a"),
    st.sampled_from(["", "Clinic", "Room (2) \\ \"A\" 'b'"]),
)


# The last line has no end, and the rung goes behind it.
UNENDED = """timezone = "Europe/Berlin"
[[calendars]]
name = "a"
type = "ics"
path = "~/a.ics"
[[reminders.rules]]
place = "Clinic"
[[reminders.rules.rungs]]
at = "-10m"
urgency = "high\""""
# That is a header, and the key goes under it.
UNENDED_HEADER = UNENDED.partition("[[reminders")[0] + "[reminders]"


@settings(max_examples=400)
@given(texts(), CAUSES, SESSIONS)
@example(UNENDED, Cause.MOVED, session("AB", "a", "Clinic"))
@example(UNENDED + "\n# a remark", Cause.MOVED, session("AB", "a", "Clinic"))
@example(UNENDED_HEADER, Cause.ON_THE_WAY, session("AB", "a", ""))
@example(UNENDED_HEADER + " # a remark", Cause.ON_THE_WAY, session("AB", "a", ""))
def test_a_rule_is_all_that_changes(text: str, cause: Cause, about: KnownSession) -> None:
    content = text.encode()
    config = read(content)
    rule = rule_for(cause, FACTS, about, setup_of(config))
    if isinstance(rule, Help) or is_there(rule, about, config):
        return
    try:
        edit = edit_of(rule, about, config)
    except NeedsPerson as refusal:
        assert "names a profile" in str(refusal) and rule.kind is Kind.EXTRA_RUNG
        return
    after = edited(content, edit, REMARK)
    changed = read(after)
    assert is_there(rule, about, changed) and stands(rule, changed), "twice it would change nothing"
    assert len(list(differences(tomllib.loads(text), tomllib.loads(after.decode())))) == 1
    assert_one_hunk(text, after.decode())


def differences(one: Any, other: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where two documents differ; a table or an entry that only one of them has is one difference."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), (*path, key))
    elif isinstance(one, list) and isinstance(other, list):
        for at in range(max(len(one), len(other))):
            yield from differences(
                *(part[at] if at < len(part) else None for part in (one, other)), (*path, at)
            )
    elif one != other:
        yield path


def assert_one_hunk(before: str, after: str) -> None:
    """Lines are added in one place; at most one is changed, whose comment stays."""
    if after.endswith("\n") and not before.endswith("\n"):  # the one byte besides
        before += "\r\n" if "\r\n" in before else "\n"
    old, new = before.split("\n"), after.split("\n")
    opcodes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    hunks = [one for one in opcodes if one[0] != "equal"]
    gone = [line for _tag, i1, i2, _j1, _j2 in hunks for line in old[i1:i2]]
    come = [line for _tag, _i1, _i2, j1, j2 in hunks for line in new[j1:j2]]
    assert len(hunks) <= 2 and len(gone) <= 2, "a comma behind the entry before it may be one more"
    for line in gone:
        comment = line[line.rindex("#") :] if "#" in line else ""
        assert any(one.endswith(comment) for one in come)
    assert ("\r\n" in before) == ("\r\n" in after)


@given(texts())
def test_a_file_that_is_cut_at_its_headers_is_whole_again(text: str) -> None:
    sections = cut(text)
    assert joined(sections) == text
    paths = [one.path for one in sections if one.path]
    assert len(paths) == len(set(paths))


BASE = '[[calendars]]\nname = "a"\ntype = "ics"\npath = "~/a.ics"\n'
AB_TWO_HOURS = f"""# {REMARK}
[[reminders.rules]]
client = "AB"
also = [{{ at = "-2h", urgency = "normal" }}]
"""


def written(text: str, cause: Cause, about: KnownSession | None = None) -> str:
    content, who = text.encode(), about or session()
    config = read(content)
    rule = rule_for(cause, FACTS, who, setup_of(config))
    assert isinstance(rule, Rule)
    return edited(content, edit_of(rule, who, config), REMARK).decode()


def test_a_new_rule_comes_last_so_that_it_takes_the_place_of_none() -> None:
    rules = '[[reminders.rules]]\nclient = "CD"\nprofile = "gentle"\n[sweep]\nat = "21:00"\n'
    assert written(BASE + rules, Cause.MOVED) == f"{BASE}{rules}\n{AB_TWO_HOURS}"


def test_a_rule_of_the_users_own_that_counts_already_gets_the_rung() -> None:
    rules = '[[reminders.rules]]\nweekday = ["mon"]\nalso = [{ at = "-30m" }] # mine\n[sweep]\nat = "21:00"\n'
    got = written(BASE + rules, Cause.MOVED)
    assert got == (BASE + rules).replace(
        '[{ at = "-30m" }]', '[{ at = "-30m" }, { at = "-2h", urgency = "normal" }]'
    )


def test_where_a_profile_is_named_a_rung_is_refused_and_the_rule_is_named() -> None:
    rules = (
        '[[reminders.rules]]\nclient = "CD"\nprofile = "gentle"\n[[reminders.rules]]\nprofile = "gentle"\n'
    )
    with pytest.raises(NeedsPerson, match="rule 2 of") as refused:
        written(BASE + rules, Cause.MOVED)
    assert "by hand" in str(refused.value) or "yourself" in str(refused.value)


def test_a_new_key_stands_with_its_table_and_not_behind_the_heading_of_the_next() -> None:
    text = BASE + '\n[reminders]\nprofile = "standard"  # p\n\n# --- Sweep ---\n[sweep]\nat = "21:00"\n'
    assert written(text, Cause.ON_THE_WAY) == text.replace("# p\n", "# p\ninsist = true\n")


def test_a_calendar_is_found_by_its_name_wherever_it_stands() -> None:
    text = (
        BASE
        + '[sweep]\nat = "21:00"\n[[calendars]]\nname = "b"\ntype = "ics"\npath = "~/b.ics"\npoll = "1h" # slow\n'
    )
    assert written(text, Cause.SHORT_NOTICE, session(calendar="b")) == text.replace('"1h"', '"5m"')


def test_what_the_text_does_not_come_to_mean_is_refused() -> None:
    with pytest.raises(NeedsPerson, match="cannot be added to"):
        edited(b"wake = 3\n", Edit(("wake", "enabled"), True), REMARK)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (AB_TWO_HOURS, ""),
        (AB_TWO_HOURS, AB_TWO_HOURS.replace('"-2h"', '"-1h"')),
        (AB_TWO_HOURS, AB_TWO_HOURS.replace('"AB"', '"CD"')),
    ],
    ids=["deleted", "at another time", "of somebody else"],
)
def test_a_rule_that_was_taken_out_does_not_stand(before: str, after: str) -> None:
    config = read(BASE.encode())
    rule = rule_for(Cause.MOVED, FACTS, session(), setup_of(config))
    assert isinstance(rule, Rule)
    assert stands(rule, read((BASE + before).encode()))
    assert not stands(rule, read((BASE + after).encode()))


KEY_TAKEN_OUT = [
    ('a = 1\n[store] # mine\nurl = "x" # there\nkey = { keyring = "k" } # secret\n\n# next\n[z]\nb = 2\n',
     'a = 1\n[store] # mine\nurl = "x" # there\n\n# next\n[z]\nb = 2\n'),
    ('store.key.keyring = "k"\n[[c]]\nn = 1\n', "[[c]]\nn = 1\n"),
    ('[store.key]\nfile = "k"\n\n# next\n[z]\na = 1\n', "\n# next\n[z]\na = 1\n"),
    ('[store]\r\nkey = { file = "k" }\r\n[z]\r\na = 1\r\n', "[z]\r\na = 1\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), KEY_TAKEN_OUT)
def test_a_key_is_taken_out_and_every_other_byte_stays(before: str, after: str) -> None:
    assert without(before.encode(), ("store", "key")).decode() == after


@pytest.mark.parametrize(
    "text", ["", "# only this\n", '[store]\nurl = "x"\n[z]\na = 1\n', 'store.url = "x"\n[z]\na = 1\n']
)
def test_a_table_is_written_in_one_line_and_can_be_taken_out_again(text: str) -> None:
    edit = Edit(("store", "key"), {"keyring": "k"})
    written = edited(text.encode(), edit, "Where.")
    assert b'key = { keyring = "k" }' in written
    assert tomllib.loads(written.decode())["store"]["key"] == {"keyring": "k"}
    taken_out = tomllib.loads(without(written, ("store", "key")).decode())
    assert {name: value for name, value in taken_out.items() if value} == tomllib.loads(text)


@pytest.mark.parametrize(
    ("table", "left"),
    [
        ("# Remark\n[store]\n", ""),
        ("# my own\n[store]\n", "# my own\n"),
        ("[store]\n# my own\n", "[store]\n# my own\n"),
        ("[store]  # my own\n", "[store]  # my own\n"),
        ('[store]\nurl = "x"\n', '[store]\nurl = "x"\n'),
    ],
)
def test_a_table_goes_with_its_last_key_and_with_no_word_of_anybody_else(table: str, left: str) -> None:
    for end in ("\n", "\r\n"):
        before, wanted = (f"a = 1\n{one}".replace("\n", end) for one in (table, left))
        with_key = f"{before}key = 1{end}".encode()
        assert (
            without(with_key + f"[b]{end}".encode(), ("store", "key"), "Remark").decode()
            == f"{wanted}[b]{end}"
        )
        assert without(with_key, ("store", "key"), "Remark").decode() == wanted

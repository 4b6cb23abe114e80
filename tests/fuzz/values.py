"""Values that nobody means to write: for keys of a configuration, and for arguments."""

from __future__ import annotations

LONG = "x" * 100_000
SECRET = "hunter2-correct-horse"  # stands where a secret may never: what is said of it must not hold it
SLOW = "^(?:\\w+\\s?){0,50}[:;]$"  # on SLOW_TITLE it takes longer than anybody waits
SLOW_TITLE = "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj"

TEXTS = (
    "", " ", "\t\n", "\x00", "\x1b[31mred\x07", "\u202eevil", "\ufeffbom", "\ud7ff\U0010ffff",
    "a\u0301" * 40, "ſtraße İ",
    "👩‍👩‍👧", "%s %n {0} {x!r}", "${HOME}", "$(id)", "'; DROP TABLE sessions; --", "null", "None", "nan", "-",
    "--", "-1", "0",
    "١٢", "1e999", "9" * 400, LONG,
)  # fmt: skip
MOMENTS = (
    "today", "tomorrow", "now", "yesterday", "+7d", "-7d", "+99999d", "-99999d", "+0d", "9999-12-31",
    "9999-12-31T23:59:59",
    "0001-01-01", "0001-01-01T00:00", "1582-10-10", "2026-02-30", "2026-03-29T02:30", "2026-10-25T02:30",
    "24:00", "14:00",
    "12:61", "2026-11-24T14:00+23:59", "2026-11-24T14:00-24:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00",
    "20261124", "2026-W48-2", "2026-11-24T14:00:00.123456789Z", "1764000000", "-0001-01-01", "10000-01-01",
    "٢٠٢٦-١١-٢٤",
)  # fmt: skip
SPANS = (
    "0s", "1s", "5m", "90m", "1h30m", "1d", "10957d", "10958d", "999999999d", "99999999999999999999d", "-5m",
    "+5m", "1w",
    "1m1h", "5", "5 m", "1.5h", "٥m",
)  # fmt: skip
PATTERNS = (
    SLOW,
    "(",
    "[",
    "(?P<client>",
    "(?P<client>(a|a)*)$",
    "*",
    "\\",
    "(?P<1>x)",
    "(?<=a+)b",
    "a{99999999999}",
    "(?i",
    "",
)
ZONES = (
    "Nowhere/Land",
    "",
    "/etc/passwd",
    "../../etc/passwd",
    "Europe",
    "europe/berlin",
    "UTC+25",
    "posixrules",
    "localtime",
)
PLACES = (
    "/",
    "/dev/null",
    "/dev/full",
    "/dev/zero",
    "/proc/self/mem",
    "~",
    "~nobody-here/x",
    "./folder",
    "missing/deep/file",
)
# Nobody answers at port 9 of this machine, and nothing else is asked.
ADDRESSES = (
    "https://127.0.0.1:9/x/", "http://127.0.0.1:9/", "http://[::1", "https://", "http://example.org/",
    "file:///etc/passwd",
    f"https://anna:{SECRET}@127.0.0.1:9/", "https://127.0.0.1:99999/", "https://127.0.0.1:x/",
    "//127.0.0.1:9/", "ftp://127.0.0.1:9/",
    "https://127.0.0.1:9/\x00", "https://\u2100/", "javascript:alert(1)",
)  # fmt: skip

"""The program on a terminal: what is seen only there, bars and narrow tables, is seen to work."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from steelyard.cli.progress import WORK
from steelyard.ticks import Work

LONG = (
    "sample --units 3 --quarters 2 --book hospital/nine-prohibitions -o units",
    "assess units",
    "due",
    "show --check",
    "show --search 培训",
    "compare --against 2026Q1 --draws 100",
    "report --all -o pages",
)
"""Every command that shows how far it is, in the order in which each finds what it needs."""
SHORT = (
    *("books", "book show hospital/nine-prohibitions", "book clauses hospital/nine-prohibitions"),
    *(
        "plugins",
        "show",
        "demo --db other.db",
        "compare --help",
        "book diff school/base school/base",
    ),
)
"""Commands that show no bar, but tables."""
REFUSED = ("show none", "plan none.yaml", "no-such-command")
_ONE_PROCESS = """
import shlex, sys
from steelyard.cli.main import main
for line in sys.argv[1:]:
    print("\\x02" + line)
    try:
        main(shlex.split(line))
    except SystemExit as left:
        print("\\x03", left.code or 0)
"""


def on_terminal(folder: Path, width: int, lines: list[str]) -> dict[str, tuple[str, int]]:
    """Return what each command shows on a terminal of a width, and its exit code; all run in one
    process.
    """
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    told = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "NO_COLOR"}}
    process = subprocess.Popen(
        [sys.executable, "-c", _ONE_PROCESS, *lines], cwd=folder, env=told | {"TERM": "xterm"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    try:
        while more := os.read(ours, 65536):
            seen += more
    except OSError:  # as Linux ends a terminal whose other side is closed
        pass
    finally:
        os.close(ours)
    process.wait()
    found = {}
    for part in seen.decode().split("\x02")[1:]:
        line, _, rest = part.partition("\r\n")
        shown, _, code = rest.partition("\x03")
        found[line] = shown, int(code)
    return found


def test_every_kind_of_long_work_has_its_words() -> None:
    assert set(get_args(Work)) == set(WORK)


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of POSIX")
@pytest.mark.parametrize(("width", "language"), [(1, "zh"), (60, "en")])
def test_commands_end_on_a_terminal_of_any_width_as_elsewhere(
    tmp_path: Path, width: int, language: str
) -> None:
    lines = [f"{one} --lang {language}" for one in (*LONG, *SHORT)]
    found = on_terminal(tmp_path, width, [*lines, *REFUSED])
    assert {line: code for line, (_, code) in found.items()} == {
        **dict.fromkeys(lines, 0),
        **dict.fromkeys(REFUSED, 2),
    }
    assert [line for line, (shown, _) in found.items() if "Traceback" in shown] == []

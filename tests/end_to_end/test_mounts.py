"""On disks that are really read-only, or really full: mounted so for one process that alone sees
them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BOOK = "hospital/nine-prohibitions"
CASE = f"book: {BOOK}\nsubject: {{id: h-001, name: 某市第一医院}}\nperiod: 2026\nfacts: {{medical_staff: 812}}\n"
# Every command within one process, since each start of the program costs a second.
RUNS = """\
import contextlib, io, json, sys
from steelyard.cli.main import main
told = []
for words in json.loads(sys.argv[1]):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as left:
            code = left.code or 0
    told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""


@pytest.fixture
def mounts() -> None:
    """Skip where no disk can be mounted."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("mount") is None:
        pytest.skip("needs root, who may mount a disk, and `unshare` and `mount` (util-linux)")
    words = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    tried = subprocess.run(words, check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("needs the right to mount a disk, which this container has not")


def told(mount: str, commands: list[list[str]], **variables: str) -> list[tuple[int, str, str]]:
    """Return what commands end with where something was mounted first."""
    words = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    done = subprocess.run(
        [*words, sys.executable, "-c", RUNS, json.dumps(commands)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"STEELYARD_PLUGINS": "hospital", "LANG": "C.UTF-8"} | variables,
    )
    found: list[Any] = json.loads(done.stdout)
    return [(code, out, err) for code, out, err in found]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with a case and a store with one assessment."""
    from steelyard import Store, judge, load_book, read_case, save

    place = tmp_path / "disk"
    place.mkdir()
    (place / "case.yaml").write_text(CASE, encoding="utf-8")
    book = load_book(BOOK)
    case = read_case({"subject": "h-001", "period": "2026", "facts": {}}, book)
    with Store.open(place / "steelyard.db") as store:
        save(store, [judge(book, case)])
    return place


@pytest.mark.usefixtures("mounts")
def test_on_a_disk_that_cannot_be_written_all_is_read_and_nothing_lost(home: Path) -> None:
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    db, case = ["--db", str(home / "steelyard.db")], str(home / "case.yaml")
    found = told(
        f"mount --bind '{home}' '{home}' && mount -o remount,bind,ro '{home}'",
        [
            [*db, "show", "--format", "json"],
            [*db, "show", "--check"],
            [*db, "compare", "--no-save", "--format", "json"],
            [*db, "compare"],
            [*db, "assess", case],
            [*db, "assess", case, "--no-save", "--format", "json"],
            ["template", BOOK, "-o", str(home / "new.xlsx")],
            ["template", BOOK, "--from", case, "-o", case, "--force"],
            ["report", case, "-o", str(home / "new.html")],
            ["sample", "--units", "2", "--book", BOOK, "-o", str(home / "made")],
        ],
        XDG_CACHE_HOME=str(home / "cache"),
    )
    assert [code for code, _, _ in found] == [0, 0, 0, 2, 2, 0, 2, 2, 2, 2]
    for code, out, err in found:
        lines = [line for line in err.splitlines() if line.startswith("error: ")]
        assert len(lines) == (code == 2), err
        assert "Traceback" not in err
        assert code == 0 or out == ""
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.usefixtures("mounts")
def test_on_a_disk_that_is_full_nothing_is_half_there(home: Path) -> None:
    small = home / "small"
    small.mkdir()
    # After each command what lies on the disk is told, by a command that fails on it.
    left = ["assess", str(small), "--no-save"]
    found = told(
        f"mount -t tmpfs -o size=64k none '{small}' && head -c 50000 /dev/zero > '{small}/x.bin'",
        [
            ["template", BOOK, "-o", str(small / "new.xlsx")],
            ["report", str(home / "case.yaml"), "-o", str(small / "new.html")],
            ["--db", str(small / "new.db"), "assess", str(home / "case.yaml")],
            ["sample", "--units", "9", "--book", BOOK, "-o", str(small / "made")],
            left,
        ],
    )
    assert [code for code, _, _ in found] == [2, 2, 2, 2, 2]
    for _, out, err in found[:4]:
        assert out == ""
        assert "Traceback" not in err
        assert sum(line.startswith("error: ") for line in err.splitlines()) == 1, err
        assert "No space left" in err or "disk is full" in err, err
    assert ".tmp" not in found[4][2]
    assert "new.xlsx" not in found[4][2]
    assert "new.html" not in found[4][2]
    assert "made" not in found[4][2]

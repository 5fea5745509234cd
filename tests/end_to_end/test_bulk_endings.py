"""What `steelyard bulk` leaves when it is stopped or its disk is full: nothing that looks whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

BOOK = "hospital/base"
UNITS = 200_000
"""So many that the program is at work for a while, and their scores fill a small disk."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of many units."""
    path = tmp_path_factory.mktemp("facts") / "facts.parquet"
    with duckdb.connect() as duck:
        duck.execute(
            f"COPY (SELECT 'h-' || i AS subject, 5 AS medical_staff FROM range({UNITS}) r(i)) "  # noqa: S608
            f"TO '{path}' (FORMAT parquet)"
        )
    return path


def started(facts: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start a run, and return when it has begun to fill its folder."""
    words = ["bulk", BOOK, "--facts", str(facts), "--period", "2026", "--out", "out"]
    run = subprocess.Popen(
        [sys.executable, "-m", "steelyard", *words],
        cwd=folder,
        stderr=subprocess.PIPE,
        # A run in the background has been told to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    while run.poll() is None and not list(folder.glob(".out.*.tmp")):
        os.sched_yield()
    return run


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGTERM, 143, b"terminated\n"), (signal.SIGINT, 130, b"interrupted\n")],
    ids=["terminated", "interrupted"],
)
def test_a_run_that_is_stopped_leaves_nothing(
    facts: Path, tmp_path: Path, number: int, code: int, said: bytes
) -> None:
    run = started(facts, tmp_path)
    run.send_signal(number)
    _, told = run.communicate()
    assert (run.returncode, told) == (code, said)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_killed_leaves_nothing_that_looks_whole(facts: Path, tmp_path: Path) -> None:
    run = started(facts, tmp_path)
    run.kill()
    run.communicate()
    assert not (tmp_path / "out").exists()
    assert all(one.name.startswith(".out.") for one in tmp_path.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 64 KiB."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk (tmpfs)")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("this system does not let a small disk (tmpfs) be mounted")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S607


def test_a_full_disk_is_told_and_nothing_is_left(facts: Path, small_disk: Path) -> None:
    words = ["bulk", BOOK, "--facts", str(facts), "--period", "2026", "--out", "out"]
    ran = subprocess.run(
        [sys.executable, "-m", "steelyard", *words],
        cwd=small_disk,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: ")
    assert ran.stderr.count("\n") == 1
    assert list(small_disk.iterdir()) == []

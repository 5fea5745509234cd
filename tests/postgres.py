"""A PostgreSQL server of the tests' own, in a temporary folder on a socket, from Debian's packages."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_PROGRAMS = Path("/usr/lib/postgresql")
_UNPRIVILEGED = "nobody"


def programs() -> Path:
    """Return the folder of the newest server's programs; the test is skipped where there is none."""
    found = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda one: float(one.parts[-3]))
    if not found:
        pytest.skip("there is no PostgreSQL server here (Debian: postgresql)")
    return found[-1].parent


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    """Yield a connection to a server that lives as long as the block."""
    bin_ = programs()
    # Its socket's path may have no more than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = None
    if os.geteuid() == 0:
        # The server refuses to run as root.
        user = pwd.getpwnam(_UNPRIVILEGED).pw_uid
        os.chown(folder, user, -1)

    def run(*words: str) -> None:
        subprocess.run(
            [str(bin_ / words[0]), *words[1:]],
            user=user, cwd=folder, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -k {folder} -c fsync=off -c jit=off"
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            with psycopg.connect(host=str(folder), user="tests", dbname="postgres") as connection:
                yield connection
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""Whole processes, as a user starts them: Steelyard's commands against `sqlite-utils --help` and an
idle Python.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.rounds import ratio

ROUNDS = 25
EXAMPLE = (
    Path(__file__).parent.parent
    / "plugins/hospital/steelyard_hospital/examples/nine-prohibitions.yaml"
)


def main() -> None:
    """Run every command by turns, and print how many times as long each takes as
    `sqlite-utils --help`.
    """
    bin_ = Path(sys.executable).parent
    steelyard, other = str(bin_ / "steelyard"), "sqlite-utils --help"
    with tempfile.TemporaryDirectory() as folder:
        db = str(Path(folder) / "cases.db")
        commands = {
            other: [str(bin_ / "sqlite-utils"), "--help"],
            "python -c pass": [sys.executable, "-c", "pass"],
            "steelyard --help": [steelyard, "--help"],
            "steelyard assess CASE --no-save": [steelyard, "assess", str(EXAMPLE), "--no-save"],
            "steelyard assess CASE --no-save --format json": [
                steelyard,
                "assess",
                str(EXAMPLE),
                "--no-save",
                "--format",
                "json",
            ],
            "steelyard assess CASE": [steelyard, "assess", str(EXAMPLE), "--db", db],
        }
        # Only this benchmark's own shelf of books, filled by the first run as it is for a user.
        told = {**os.environ, "STEELYARD_CACHE": folder, "LANG": "en_US.UTF-8", "COLUMNS": "100"}
        found: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(ROUNDS + 1):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(
                    command,
                    env=told,
                    check=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                if number:
                    found[name].append(time.perf_counter() - start)
    print(f"{ROUNDS} interleaved runs; how many times as long as `{other}`, median [quartiles]")
    for name, seconds in found.items():
        if name != other:
            print(
                f"{name:46}{ratio(seconds, found[other])}   by medians "
                f"{statistics.median(seconds) / statistics.median(found[other]):.2f}"
            )


if __name__ == "__main__":
    main()

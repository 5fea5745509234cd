"""Work in other processes: in order, told where one dies, and over when the program is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import dying
import pytest

from steelyard.errors import SteelyardError
from steelyard.work.workers import cores, made_apart

TESTS = Path(dying.__file__).parent


def test_what_is_made_comes_in_order_and_no_worker_hears_what_is_sent_to_all() -> None:
    made = list(made_apart(dying.doubled, range(60), dying.start, ()))
    unheard = {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}
    assert made == [(number, unheard) for number in range(0, 120, 2)]
    assert list(made_apart(dying.doubled, [], dying.start, ())) == []


def test_what_is_raised_in_a_worker_is_raised_here_with_where_it_was() -> None:
    with pytest.raises(ValueError, match="-1") as caught:
        list(made_apart(dying.doubled, [1, -1, *range(60)], dying.start, ()))
    assert "in doubled" in caught.value.__notes__[0]
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("how", "when", "said"),
    [
        ("killed", "start", "a worker process was killed by signal 9 before its work was done"),
        ("killed", "7", "a worker process was killed by signal 9 before its work was done"),
        ("left", "7", "a worker process ended by itself, with exit code 3, before its work was"),
    ],
    ids=["as it starts", "at its work", "by itself"],
)
def test_a_worker_that_dies_is_told_and_nobody_waits_for_it(how: str, when: str, said: str) -> None:
    with pytest.raises(SteelyardError, match=said):
        list(made_apart(dying.work, range(12), dying.start, (how, when)))


ENDS = {
    signal.SIGTERM: (143, "terminated\n"),
    signal.SIGHUP: (129, "the terminal hung up\n"),
    signal.SIGINT: (130, "interrupted\n"),
    signal.SIGKILL: (-9, ""),
}


def test_workers_end_with_the_program_however_it_ends(tmp_path: Path) -> None:
    """Workers hold the output too: that it ends shows that all of them have."""
    code = (
        "import signal, sys, dying\n"
        "from steelyard.cli.ending import ended\n"
        "from steelyard.work.workers import made_apart\n"
        "if __name__ == '__main__':\n"
        # Whoever starts the tests in the background, or by nohup, has them ignore these.
        "    signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "    signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "    tell = lambda: len(list(made_apart(dying.waiting, range(9), dying.start, ())))\n"
        "    sys.exit(ended(tell, 'en'))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    about: dict[str, Any] = {
        "env": {**os.environ, "PYTHONPATH": str(TESTS)},
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "start_new_session": True,
    }
    running = {one: subprocess.Popen([sys.executable, str(script)], **about) for one in ENDS}
    for number, program in running.items():
        assert program.stdout is not None
        workers = [int(program.stdout.readline()) for _ in range(min(cores(), 9))]
        assert program.pid not in workers
        if number == signal.SIGKILL:
            program.kill()
        else:
            # As a terminal does it: to the program and all its workers.
            os.killpg(program.pid, number)
    for number, program in running.items():
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out, err) == (ENDS[number][0], "", ENDS[number][1])

"""DuckDB at work for `steelyard bulk`: whatever it is at, a signal ends it, and what it cannot do is
told in one line of ours.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import duckdb  # noqa: F401  # read before anything is timed
import pytest

from steelyard.bulk.engines.duck import Duck
from steelyard.errors import UsageError

Work = Callable[[Duck, Path], object]
ENDLESS = 10**14
WORDS = {"word": [f"{place:020}" for place in range(800_000)]}
"""So many that DuckDB takes a while to hold them."""


class StoppedError(Exception):
    """What the signal of these tests raises."""


@contextmanager
def ended(soon: float) -> Iterator[None]:
    """Send a signal while the block is at work, which must end by it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StoppedError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, soon)
    try:
        with pytest.raises(StoppedError):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# The first rows come at once, so that the rest is worked out while they are fetched.
ROWS = f"SELECT i FROM range({ENDLESS}) r(i) WHERE i < 9999 OR i = {ENDLESS}"  # noqa: S608  # our own
SUM = f"SELECT SUM(i) AS i FROM range({ENDLESS}) r(i)"  # noqa: S608
WITHOUT_END: dict[str, Work] = {
    "rows": lambda duck, _: duck.rows(ROWS),
    "arrays": lambda duck, _: duck.arrays(ROWS),
    "what is kept": lambda duck, _: duck.keep("endless", SUM),
    "what is written": lambda duck, folder: duck.write(SUM, folder / "endless"),
}


@pytest.mark.parametrize("work", WITHOUT_END.values(), ids=WITHOUT_END)
def test_a_signal_ends_work_that_would_not_end(work: Work, tmp_path: Path) -> None:
    with Duck(tmp_path / "spill") as duck:
        with ended(0.05):
            work(duck, tmp_path)
        assert duck.rows("SELECT 1") == [(1,)]


def test_a_signal_ends_the_holding_of_texts(tmp_path: Path) -> None:
    with Duck(tmp_path / "spill") as duck:
        with ended(0.05):
            duck.hold("words", WORDS)
        assert duck.rows("SELECT 1") == [(1,)]


# A figure that is none stands far enough behind for the first rows to be fetched by then.
LATE = "SELECT CAST(CASE WHEN i = 299999 THEN 'x' ELSE '1' END AS INTEGER) AS n FROM range(300000) r(i)"
CANNOT = {
    "texts that do not fit": (
        lambda duck: duck.hold("words", {"word": ["text" * 20] * 200_000}),
        "--memory: is not enough: ",
    ),
    "rows": (lambda duck: duck.rows(LATE), "bulk: Conversion Error: "),
    "arrays": (lambda duck: duck.arrays(LATE), "bulk: Conversion Error: "),
}


@pytest.mark.parametrize(("work", "line"), CANNOT.values(), ids=CANNOT)
def test_what_cannot_be_done_is_told_in_one_line(
    work: Callable[[Duck], object], line: str, tmp_path: Path
) -> None:
    with (
        Duck(tmp_path / "spill", "500KB", 1) as duck,
        pytest.raises(UsageError) as refused,
    ):
        work(duck)
    (fault,) = refused.value.faults
    assert fault.text().startswith(line)
    assert "\n" not in fault.text()

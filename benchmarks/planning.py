"""Plans for the example cases: how long each takes, and how many steps it has.

`.venv/bin/python benchmarks/planning.py [--book PART] [--largest]` plans every example whose
book's id holds PART, from its grade to each better one, and prints a line for each plan, then the
median and the worst. Times are the processor's, of this process alone; books are loaded before.
Beside seconds it says how many times as long a plan took as reading and weighing its case once.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import steelyard
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plan.planning import plan, reached

_TRIES = 5
PLUGINS = Path(__file__).parents[1] / "plugins"


def cases(part: str) -> list[Assessment]:
    """Return the examples whose book's id holds a text, weighed."""
    found = []
    for file in sorted(PLUGINS.glob("*/steelyard_*/examples/*.yaml")):
        case = steelyard.read_case(file)
        if part in case.book:
            found.append(steelyard.judge(steelyard.load_book(case.book), case))
    return found


def weighed(one: Assessment) -> float:
    """Return the seconds that reading and weighing a case take: the least of a few tries."""
    took = []
    for _ in range(_TRIES):
        start = time.process_time()
        case = parse_case(mark(one.case.document, "case"), one.book, "case")
        weigh(one.book, case)
        took.append(time.process_time() - start)
    return min(took)


def measured(one: Assessment, target: int) -> tuple[float, float]:
    """Plan once, print what came of it, and return the seconds that it took and how many weighings
    that is.
    """
    times = weighed(one)
    start = time.process_time()
    found = plan(one, target, lambda _rule, _case: None)
    took = time.process_time() - start
    book = one.book
    print(
        f"{book.id} {one.case.subject_id} {one.text(one.scored.low)} to"
        f" {one.grade_id(target)}: {found.outcome}, {len(found.steps)} steps, effort"
        f" {float(found.effort):g}, then {one.text(found.after.scored.low)};"
        f" {len(book.rules)} rules, {took:.2f} s, {took / times:.0f} weighings,"
        f" {'proved' if found.cheapest else 'not proved'}"
    )
    return took, took / times


def main() -> None:
    """Plan, and print the median and the worst."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--book", default="", help="only books whose id holds this text")
    words.add_argument("--largest", action="store_true", help="only the book of most rules")
    said = words.parse_args()
    found = cases(said.book)
    if said.largest:
        most = max(len(one.book.rules) for one in found)
        found = [one for one in found if len(one.book.rules) == most]
    took = [
        measured(one, target)
        for one in found
        for target in range(1, len(one.book.grades))
        if not reached(one, target)
    ]
    if took:
        for unit, some in zip(("s", "weighings"), zip(*took, strict=True), strict=True):
            median = statistics.median(some)
            print(f"{len(took)} plans: median {median:.2f} {unit}, worst {max(some):.2f} {unit}")


if __name__ == "__main__":
    main()

"""Plans for the example cases: how long each takes, and how many steps it has.

`.venv/bin/python benchmarks/planning.py [--book PART] [--largest]` plans every example whose
book's id holds PART, from its grade to each better one, and prints a line for each plan, then the
median and the worst. Times are the processor's, of this process alone; books are loaded before.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import steelyard
from steelyard.judging.assessment import Assessment
from steelyard.plan.planning import plan, reached

PLUGINS = Path(__file__).parents[1] / "plugins"


def cases(part: str) -> list[Assessment]:
    """Return the examples whose book's id holds a text, weighed."""
    found = []
    for file in sorted(PLUGINS.glob("*/steelyard_*/examples/*.yaml")):
        case = steelyard.read_case(file)
        if part in case.book:
            found.append(steelyard.judge(steelyard.load_book(case.book), case))
    return found


def measured(one: Assessment, target: int) -> float:
    """Plan once, print what came of it, and return the seconds that it took."""
    start = time.process_time()
    found = plan(one, target, lambda _rule, _case: None)
    took = time.process_time() - start
    book = one.book
    print(
        f"{book.id} {one.case.subject_id} {one.text(one.scored.low)} to"
        f" {one.grade_id(target)}: {found.outcome}, {len(found.steps)} steps, effort"
        f" {float(found.effort):g}, then {one.text(found.after.scored.low)};"
        f" {len(book.rules)} rules, {took:.2f} s"
    )
    return took


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
        print(f"{len(took)} plans: median {statistics.median(took):.2f} s, worst {max(took):.2f} s")


if __name__ == "__main__":
    main()

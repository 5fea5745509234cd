"""Proving rule books: each installed book, and made-up books of 20, 100 and 500 rules.

Processor time, since proofs run in one process and machines are shared; growth is a ratio.
"""

from __future__ import annotations

import json
import time
from typing import Any

import click

from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.plugins.installed import load_plugins
from steelyard.verify.proof import verify

SECONDS = 5.0
SIZES = (20, 100, 500)


def made_up(rules: int) -> RuleBook:
    """Return a book of so many rules: ten kinds in turn, each ten with facts and a register of
    their own.
    """
    groups = rules // 10
    facts: dict[str, Any] = {}
    registers: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    for n in range(groups):
        facts |= {
            f"staff_{n}": {"type": "integer", "min": 1, "max": 5000},
            f"trained_{n}": {"type": "integer", "min": 0, "max": f"staff_{n}"},
            f"coverage_{n}": {"is": f"trained_{n} / staff_{n}", "min": 0, "max": 1},
            f"rate_{n}": {"type": "number", "min": 0, "max": 1, "decimals": 2, "better": "higher"},
            f"level_{n}": {"type": ["A", "B", "C"]},
            f"done_{n}": "boolean",
        }
        registers[f"breaches_{n}"] = {
            "kind_of": {"type": "integer", "min": 1, "max": 3},
            "verified": "boolean",
            "corrected": "boolean",
        }
        over = f"breaches_{n}"
        forms: list[dict[str, Any]] = [
            {"requires": f"coverage_{n} >= 0.95", "points": 1},
            {"proportional": f"rate_{n}", "points": 1},
            {"requires": f"rate_{n} >= 0.8 and done_{n}", "points": 1},
            {
                "banded": f"rate_{n}",
                "bands": [{"at_least": 0.5, "points": 0.5}, {"at_least": 0.9, "points": 1}],
            },
            {"graded": f"level_{n}", "points": {"A": 1, "B": 0.5, "C": 0}},
            {"checklist": [{"id": f"item_{n}_{k}"} for k in range(5)], "points": 1},
            *(
                {
                    "demerit": {"over": over, "when": f"verified and kind_of == {k}", "each": 0.3},
                    "points": 1,
                }
                for k in (1, 2, 3)
            ),
            {
                "proportional": f"share({over}, corrected, verified)",
                "points": 1,
                "when_undefined": "pass",
            },
        ]
        listed += [{"id": f"rule-{n}-{k}", "section": "all", **one} for k, one in enumerate(forms)]
    return parse_book(
        json.dumps(
            {
                "book": "test/made-up",
                "version": "1.0.0",
                "sector": "test",
                "points": rules,
                "facts": facts,
                "records": registers,
                "sections": [{"id": "all", "points": rules}],
                "rules": listed,
                "grades": [
                    {"id": "good", "at_least": rules * 0.8},
                    {"id": "poor", "at_least": 0},
                ],
            }
        ),
        "made-up",
    )


def proved(book: RuleBook) -> tuple[float, int, int]:
    """Return the processor time that proving a book takes, how many claims, and how many are
    left undecided.
    """
    start = time.process_time()
    found = list(verify(book, SECONDS))
    return (
        time.process_time() - start,
        len(found),
        sum(one.state == "undecided" for one in found),
    )


@click.command()
@click.option("--books/--no-books", default=True, help="Each installed book, too.")
@click.option("--most", default=SIZES[-1], help="The largest made-up book.")
def main(books: bool, most: int) -> None:  # noqa: FBT001  # click hands options on by name
    """Print how long proofs take, and how they grow with the number of rules."""
    if books:
        plugins = load_plugins()
        library = Library(plugins.sources, (), plugins.measures, forms=plugins.all_forms)
        total = 0.0
        for source in library.sources:
            took, claims, open_ = proved(library.find(source.key))
            total += took
            print(f"{source.id}: {claims} claims, {open_} undecided, {took:.1f} s")
        print(f"all: {total:.0f} s of processor time")
    first = None
    for size in SIZES:
        if size <= most:
            took, claims, open_ = proved(made_up(size))
            first = first or took / size
            grown = took / size / first
            print(f"{size} rules: {claims} claims, {open_} undecided, {took:.1f} s, "
                  f"{grown:.2f} times as long a rule")  # fmt: skip


if __name__ == "__main__":
    main()

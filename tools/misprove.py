"""Plant faults of the kinds that proofs look for in copies of rule books, and count how many
`steelyard verify` finds and how many the books' own case tables notice:
`python tools/misprove.py hospital/base school/base --faults 6 --seed 1`.

A fault is found where something is refuted that was not refuted before. Kinds take turns. The same
seed plants the same; no file is changed.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from misread import CASES, Change, Misreading, noticed, sample

from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.plugins.installed import load_plugins
from steelyard.testing.tables import read_table
from steelyard.verify.proof import verify
from steelyard.verify.verdict import FAMILIES

SECONDS = 3.0
_FIGURE = re.compile(r"(>=|<=|>|<|==) *(\d+(?:\.\d+)?)\b")


def faults(document: Mapping[str, Any]) -> Iterator[Misreading]:
    """Yield every fault of these kinds that a resolved book offers."""
    for number, rule in enumerate(document["rules"]):
        yield from _in_rule(document, number, rule)
    yield from _in_rows(document)
    yield from _in_limits(document)


def _in_rule(document: Mapping[str, Any], number: int, rule: Any) -> Iterator[Misreading]:
    path: tuple[str | int, ...] = ("rules", number)
    name = str(rule["id"])
    better = _better(document)
    if "requires" in rule:
        text = str(rule["requires"])
        yield Misreading(
            "never passed", name, (Change((*path, "requires"), f"({text}) and not ({text})"),)
        )
        yield Misreading(
            "never missed", name, (Change((*path, "requires"), f"({text}) or not ({text})"),)
        )
        found = re.search(r"(\w+) *(>=|>) *\S+", text)
        if found and found[1] in better and text.count(found[1]) == 1:
            swapped = text.replace(found[2], "<", 1)
            yield Misreading("comparison swapped", name, (Change((*path, "requires"), swapped),))
    if "proportional" in rule:
        text = str(rule["proportional"])
        if text in better:
            yield Misreading(
                "rate reversed", name, (Change((*path, "proportional"), f"1 - {text}"),)
            )
        yield Misreading(
            "rate out of reach", name, (Change((*path, "proportional"), f"({text}) * 0.5"),)
        )
        yield Misreading("rate never 0", name, (Change((*path, "proportional"), f"1 + ({text})"),))
    bands: Any = rule.get("bands") or ()
    if len(bands) > 1:
        turned, far = copy.deepcopy(list(bands)), copy.deepcopy(list(bands))
        turned[0]["points"], turned[-1]["points"] = turned[-1]["points"], turned[0]["points"]
        yield Misreading("bands turned round", name, (Change((*path, "bands"), turned),))
        far[0]["at_least" if "at_least" in bands[0] else "above"] = "1000000000"
        yield Misreading("band out of reach", name, (Change((*path, "bands"), far),))
    if "demerit" in rule and rule["demerit"].get("when"):
        text = str(rule["demerit"]["when"])
        yield Misreading(
            "demerit never counts",
            name,
            (Change((*path, "demerit", "when"), f"({text}) and not ({text})"),),
        )
    if rule.get("when_undefined") and _divides(document, rule):
        yield Misreading("division unguarded", name, (Change((*path, "when_undefined"), None),))


def _divides(document: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    """Whether what a rule weighs holds a written quotient, by itself or by a worked-out fact; of a
    survey that nobody was asked proofs ask nothing.
    """
    written = json.dumps({key: rule[key] for key in ("requires", "proportional") if key in rule})
    worked_out = {
        name: str(fact["is"])
        for name, fact in document["facts"].items()
        if isinstance(fact, Mapping) and "is" in fact
    }
    used = [written, *(worked_out[one] for one in re.findall(r"\w+", written) if one in worked_out)]
    return any("/" in one for one in used)


def _better(document: Mapping[str, Any]) -> set[str]:
    return {
        name
        for name, fact in document["facts"].items()
        if isinstance(fact, Mapping) and fact.get("better") == "higher"
    }


def _in_rows(document: Mapping[str, Any]) -> Iterator[Misreading]:
    rows = document.get("consequences") or ()
    measures = document.get("measures") or {}
    for number, row in enumerate(rows):
        name = f"row {number + 1}"
        yield Misreading("row dropped", name, (Change(("consequences", number), None),))
        when = str(row.get("when", "True"))
        never = f"({when}) and not ({when})"
        yield Misreading(
            "row never fires", name, (Change(("consequences", number, "when"), never),)
        )
        for other in range(number + 1, len(rows)):
            one, two = row.get("all"), rows[other].get("all")
            same = all(row[key] == rows[other][key] for key in ("on", "falls_on"))
            if one and two and same and one[0] != two[0] and one[0] in measures:
                yield Misreading(
                    "measures that exclude",
                    f"{name} and row {other + 1}",
                    (Change(("measures", one[0], "excludes"), [two[0]]),),
                )


def _in_limits(document: Mapping[str, Any]) -> Iterator[Misreading]:
    conditions = [str(rule["requires"]) for rule in document["rules"] if "requires" in rule]
    lowest = document["grades"][-1]["id"]
    for number, text in enumerate(conditions):
        for kind, when in (
            ("limiter always bites", f"({text}) or not ({text})"),
            ("limiter never bites", f"({text}) and not ({text})"),
            ("limiter against full marks", text),
        ):
            limiter = {"id": f"planted-{number}", "when": when, "effect": {"cap_grade": lowest}}
            limiters = [*(document.get("limiters") or ()), limiter]
            yield Misreading(kind, text, (Change(("limiters",), limiters),))
    points = float(document.get("points", 100))
    yield Misreading(
        "grade out of reach",
        str(document["grades"][0]["id"]),
        (Change(("grades", 0, "at_least"), str(points + 1)),),
    )


def refuted(book: RuleBook) -> set[tuple[str, str, str]]:
    """Return what is refuted of a book."""
    families = [one for one in FAMILIES if one != "tailored"]
    found = verify(book, SECONDS, only=families)
    return {(one.check, one.about, one.beside) for one in found if one.state == "refuted"}


@click.command()
@click.argument("books", nargs=-1, required=True)
@click.option("--faults", "number", default=6, help="How many faults of each book.")
@click.option("--seed", default=1, help="Which of them.")
@click.option("--cases", default=CASES, type=click.Path(path_type=Path), help="Where tables lie.")
def main(books: tuple[str, ...], number: int, seed: int, cases: Path) -> None:
    """Plant faults in copies of BOOKS; say how many proofs find, and how many the tables notice."""
    plugins = load_plugins()
    library = Library(plugins.sources, (), plugins.measures, forms=plugins.all_forms)
    tried: Counter[str] = Counter()
    proved: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for name in books:
        book = library.find(name)
        before = refuted(book)
        entries = read_table((cases / f"{name}.yaml").read_text("utf-8"), name)
        for one, planted in sample(book, number, seed, plugins, faults):
            tried[one.kind] += 1
            found = refuted(planted) - before
            proved[one.kind] += bool(found)
            shown[one.kind] += noticed(planted, entries, plugins)
            if not found:
                click.echo(f"    not found: {name}, {one.kind}, {one.what}")
    for kind in sorted(tried):
        click.echo(f"{kind}: {tried[kind]} planted, {proved[kind]} proved, {shown[kind]} in tables")
    total = sum(tried.values())
    click.echo(
        f"all: {total} planted, {sum(proved.values())} proved, {sum(shown.values())} in tables"
    )


if __name__ == "__main__":
    main()

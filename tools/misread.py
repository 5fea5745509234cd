"""Plant misreadings in copies of rule books, and count which the case tables notice:
`python tools/misread.py agency/energy-office --faults 10 --seed 1`.

A misreading is what an author gets wrong who writes a scheme down as a book: two rules that look at
each other's fact, a figure one off, `<` for `<=`, `and` for `or`, a condition left out, another
value of a list, an item or a row forgotten, a party taken for another, a choice cut short. Kinds
take turns, so that a book full of swaps is not asked about swaps alone. The same seed plants the
same; no file is changed.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import click

from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import stored_book
from steelyard.errors import SteelyardError
from steelyard.plugins.installed import Plugins, load_plugins
from steelyard.testing.tables import Entry, read_table
from steelyard.testing.unmet import unmet
from steelyard.testing.weigh import weigh_entry

CASES = Path(__file__).parents[1] / "tests" / "cases"
TURNED = {">=": ">", "<=": "<", ">": ">=", "<": "<=", "and": "or", "or": "and"}
FORMS = ("requires", "proportional", "graded")

Path_ = tuple[str | int, ...]


class Change(NamedTuple):
    """What stands at a path of a resolved book afterwards; None takes it out."""

    path: Path_
    value: Any


class Misreading(NamedTuple):
    """One misreading: its kind, what it says, and what it changes."""

    kind: str
    what: str
    changes: tuple[Change, ...]

    def planted(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resolved book with it."""
        changed = copy.deepcopy(dict(document))
        for path, value in self.changes:
            holder: Any = _at(changed, path[:-1])
            if value is None:
                del holder[path[-1]]
            else:
                holder[path[-1]] = copy.deepcopy(value)
        return changed


def misreadings(document: Mapping[str, Any]) -> Iterator[Misreading]:
    """Yield every misreading that a resolved book offers."""
    yield from _swaps(document)
    yield from _figures(document)
    expressions = dict(_expressions(document))
    for path, text in expressions.items():
        yield from _in_expression(document, path, text, _values(expressions.values()))
    for number, row in enumerate(document.get("consequences") or ()):
        yield from _in_row(document, number, row)
    for number, rule in enumerate(document["rules"]):
        items = rule.get("checklist") or ()
        for place, item in enumerate(items if len(items) > 1 else ()):
            path = ("rules", number, "checklist", place)
            yield Misreading("item left out", f"{rule['id']}: {item['id']}", (Change(path, None),))


def _swaps(document: Mapping[str, Any]) -> Iterator[Misreading]:
    """Two rules of one section and form look at each other's fact, or have each other's item."""
    alike: dict[tuple[str, str, str], list[Path_]] = {}
    for number, rule in enumerate(document["rules"]):
        section = str(rule.get("section"))
        here: Path_ = ("rules", number)
        for form in FORMS:
            if form in rule:
                alike.setdefault((form, section, ""), []).append((*here, form))
        if "when" in (demerit := rule.get("demerit") or {}):
            alike.setdefault(("demerit", section, demerit["over"]), []).append(
                (*here, "demerit", "when")
            )
        if "checklist" in rule:
            alike.setdefault(("checklist", section, ""), []).append((*here, "checklist", 0))
    for (form, *_), paths in alike.items():
        for one, other in combinations(paths, 2):
            first, second = _at(document, one), _at(document, other)
            if first != second:
                rules = [document["rules"][path[1]]["id"] for path in (one, other)]
                changes = (Change(one, second), Change(other, first))
                yield Misreading(f"swap {form}", " / ".join(rules), changes)


def _figures(document: Mapping[str, Any]) -> Iterator[Misreading]:
    for name, parameter in (document.get("parameters") or {}).items():
        inside = isinstance(parameter, Mapping) and "values" in parameter
        dated = parameter["values"] if inside else parameter
        for day, figure in dated.items() if isinstance(dated, Mapping) else ():
            value = Decimal(str(figure))
            step = Decimal("0.01") if value % 1 else Decimal(1)
            for other in (value - step, value + step):
                path = ("parameters", name, *(("values",) if inside else ()), day)
                what = f"{name}: {other} for {figure}"
                yield Misreading("figure", what, (Change(path, str(other)),))


def _expressions(document: Mapping[str, Any]) -> Iterator[tuple[Path_, str]]:
    for number, rule in enumerate(document["rules"]):
        for key in ("requires", "proportional", "banded", "not_applicable"):
            if key in rule:
                yield ("rules", number, key), str(rule[key])
        if "when" in (rule.get("demerit") or {}):
            yield ("rules", number, "demerit", "when"), str(rule["demerit"]["when"])
    for part in ("limiters", "consequences"):
        for number, row in enumerate(document.get(part) or ()):
            if row.get("when"):
                yield (part, number, "when"), str(row["when"])
    for name, fact in (document.get("facts") or {}).items():
        if isinstance(fact, Mapping) and fact.get("is"):
            yield ("facts", name, "is"), str(fact["is"])


def _values(texts: Iterable[str]) -> Sequence[str]:
    return sorted({value for text in texts for value in re.findall(r"== '([^']+)'", text)})


def _in_expression(
    document: Mapping[str, Any], path: Path_, text: str, values: Sequence[str]
) -> Iterator[Misreading]:
    where = document["rules"][path[1]]["id"] if path[0] == "rules" else f"{path[0]} {path[1]}"

    def said(kind: str, what: str, other: str) -> Misreading:
        return Misreading(kind, f"{where}: {what} in `{text}`", (Change(path, other),))

    for found in re.finditer(r">=|<=|>|<|\band\b|\bor\b", text):
        word = found[0]
        other = f"{text[: found.start()]}{TURNED[word]}{text[found.end() :]}"
        kind = "and, or" if word.isalpha() else "strictness"
        yield said(kind, f"{TURNED[word]} for {word}", other)
    for found in re.finditer(r"([^(),]+?) and ([^(),]+?)(?=[),]|$)", text):
        for left in found.groups():
            other = text.replace(found[0], left.strip() if found.start() == 0 else f" {left}", 1)
            yield said("condition left out", f"only `{left.strip()}`", other)
    for found in re.finditer(r"== '([^']+)'", text):
        for value in values:
            if value != found[1]:
                other = f"{text[: found.start(1)]}{value}{text[found.end(1) :]}"
                yield said("another value", value, other)


def _in_row(
    document: Mapping[str, Any], number: int, row: Mapping[str, Any]
) -> Iterator[Misreading]:
    path: Path_ = ("consequences", number)
    name = f"row {number + 1}"
    yield Misreading("row left out", name, (Change(path, None),))
    fields = document["records"].get(row["on"]) or {}
    kinds = set(document.get("parties") or {})
    parties = {"subject"} | {field for field, said in fields.items() if _type(said) in kinds}
    for party in sorted(parties - {str(row["falls_on"])}):
        change = Change((*path, "falls_on"), party)
        yield Misreading("party", f"{name}: {party} for {row['falls_on']}", (change,))
    for place in range(len(options) if len(options := row.get("one_of") or ()) > 1 else 0):
        change = Change((*path, "one_of", place), None)
        yield Misreading("choice", f"{name}: without option {place + 1}", (change,))


def _type(said: object) -> str:
    return str(said.get("type") if isinstance(said, Mapping) else said)


def _at(document: Any, path: Path_) -> Any:
    for step in path:
        document = document[step]
    return document


def sample(
    book: RuleBook,
    number: int,
    seed: int,
    plugins: Plugins,
    offers: Callable[[Mapping[str, Any]], Iterator[Misreading]] = misreadings,
) -> Iterator[tuple[Misreading, RuleBook]]:
    """Yield so many misreadings with the books that have them; those that no book can be made of
    are passed over.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, nothing secret
    kinds: dict[str, list[Misreading]] = {}
    for one in offers(book.document):
        kinds.setdefault(one.kind, []).append(one)
    shuffled = [chance.sample(kinds[kind], len(kinds[kind])) for kind in sorted(kinds)]
    left = number
    for one in (one for turn in zip_longest(*shuffled) for one in turn if one is not None):
        if not left:
            return
        try:
            document = one.planted(book.document)
            planted = stored_book(
                document, book.id, measures=plugins.measures, forms=plugins.all_forms
            )
        except SteelyardError:
            continue
        left -= 1
        yield one, planted


def noticed(book: RuleBook, entries: Iterable[Entry], plugins: Plugins) -> bool:
    """Whether a table's entries come out otherwise by a book than they expect."""
    for entry in entries:
        try:
            expected, assessment = weigh_entry(entry, book, plugins.judge, book.id)
        except SteelyardError:
            return True
        if unmet(assessment, expected, "en"):
            return True
    return False


@click.command()
@click.argument("books", nargs=-1, required=True)
@click.option("--faults", default=10, help="How many misreadings of each book.")
@click.option("--seed", default=1, help="Which of them.")
@click.option("--cases", default=CASES, type=click.Path(path_type=Path), help="Where tables lie.")
def main(books: tuple[str, ...], faults: int, seed: int, cases: Path) -> None:
    """Plant misreadings in copies of BOOKS, and say how many their tables notice."""
    plugins = load_plugins()
    library = Library(plugins.sources, (), plugins.measures, forms=plugins.all_forms)
    for name in books:
        entries = read_table((cases / f"{name}.yaml").read_text("utf-8"), name)
        tried = list(sample(library.find(name), faults, seed, plugins))
        missed = [one for one, planted in tried if not noticed(planted, entries, plugins)]
        click.echo(f"{name}: {len(tried) - len(missed)} of {len(tried)}, {len(entries)} cases")
        for one in missed:
            click.echo(f"    not noticed: {one.kind}, {one.what}")


if __name__ == "__main__":
    main()

"""Cases put together: one that shows what several show apart, and one laid over another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from steelyard.verify.bench import Bench
from steelyard.verify.case_file import Document


class Shown(NamedTuple):
    """What a part can show at its best or its worst, and the points of that."""

    document: Document
    points: int


def joined(bench: Bench, shown: Iterable[Shown]) -> Document:
    """Return one case that shows all that some show."""
    facts: Document = {}
    records: Document = {}
    people: list[Document] = []
    first: Document = {}
    for number, (document, _) in enumerate(shown, 1):
        first = first or document
        names = {str(one["id"]): f"{one['id']}-{number}" for one in document["parties"]}

        def renamed(entry: Document, names: Any = names) -> Document:
            return {key: names.get(str(value), value) for key, value in entry.items()}

        facts.update(renamed(document["facts"]))
        people += [renamed(one) for one in document["parties"]]
        for register, rows in document["records"].items():
            records[register] = [renamed(row) for row in rows]
    for register in bench.book.registers:
        records.setdefault(register, [])
    return {**first, "facts": facts, "parties": people, "records": records}


def laid_over(document: Document, more: Document, number: int) -> Document:
    """Return a case with the facts of another in place of its own, and with its records beside
    its own.
    """
    names = {str(one["id"]): f"{one['id']}:{number}" for one in more["parties"]}

    def renamed(entry: Document) -> Document:
        return {key: names.get(str(value), value) for key, value in entry.items()}

    records = {**document["records"]}
    for register, rows in more["records"].items():
        own = [{**renamed(row), "id": f"{row['id']}:{number}"} for row in rows]
        records[register] = [*records.get(register, []), *own]
    return {
        **document,
        "facts": {**document["facts"], **more["facts"]},
        "parties": [*document["parties"], *map(renamed, more["parties"])],
        "records": records,
    }

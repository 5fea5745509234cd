"""Rows of tables that add up the others: they are no unit and no record, and are not counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from steelyard.bulk.intake.checks import Sql, Texts, Way
from steelyard.bulk.intake.given import PERIOD, Raw
from steelyard.bulk.intake.sources import quoted, text
from steelyard.bulk.intake.texts import Asked, Held
from steelyard.case.formats.quoted import meant
from steelyard.case.reading.totals import LONGEST, SUMS, adds_up, sum_told
from steelyard.expression.types import PartyOf, Text


class Labelled(NamedTuple):
    """A table, its columns of texts, and how they are read."""

    raw: Raw
    columns: Mapping[str, Held]
    texts: Mapping[str, Texts]


def adding_up(engine: Asked, tables: Mapping[str, Labelled]) -> dict[str, list[Way]]:
    """Return by table the ways in which a cell says that its row adds up the others."""
    places = [(name, *one) for name, table in tables.items() for one in _labels(table)]
    said = _words(engine, [(tables[name].raw, sql) for name, _, sql, _ in places])
    sums = {
        (name, key): [word for word in words if adds_up(meant(word), named=named)]
        for (name, key, _, named), words in zip(places, said, strict=True)
    }
    return {name: list(_ways(name, table, sums)) for name, table in tables.items()}


def _ways(
    name: str, table: Labelled, sums: Mapping[tuple[str, str], Sequence[str]]
) -> Iterator[Way]:
    places = {key: one.sql for key, one in table.columns.items() if one.label}
    for key, sql in (places | {PERIOD: _period()}).items():
        words = sums.get((name, key), [])
        ways = [f"{sql} IN ({', '.join(map(text, words))})"] if words else []
        # What is no plain text is seen to be such a label as it is read.
        if key in places and table.texts[key].why:
            ways.append(f"{table.texts[key].why} = ''")
        if ways:
            yield Way(" OR ".join(ways), key, sum_told(Sql(f"TRIM({sql})")))


def _period() -> str:
    return f"CAST(raw.{quoted(PERIOD)} AS VARCHAR)"


def _labels(table: Labelled) -> Iterator[tuple[str, str, bool]]:
    """Yield the columns of words that may hold such a label: what each is called, its text as SQL,
    and whether it holds names.
    """
    for key, one in table.columns.items():
        if one.label and isinstance(one.reader.column.kind, Text | PartyOf):
            yield key, one.sql, one.reader.names
    if PERIOD in table.raw.beside:
        yield PERIOD, _period(), True


def _words(engine: Asked, places: Sequence[tuple[Raw, str]]) -> list[list[str]]:
    """Return of each text of a table the short ones that may be such labels."""
    perhaps = text(f"(?i){'|'.join(SUMS)}")
    found: list[list[str]] = [[] for _ in places]
    queries = [
        f"SELECT DISTINCT {place} AS place, {sql} AS word "  # noqa: S608
        f"FROM {raw.opened.relation} AS raw "
        f"WHERE LENGTH({sql}) <= {LONGEST} AND regexp_matches({sql}, {perhaps})"
        for place, (raw, sql) in enumerate(places)
    ]
    if queries:
        for place, word in sorted(engine.rows(" UNION ALL ".join(queries)), key=str):
            found[int(str(place))].append(str(word))
    return found

"""Rows of tables that add up the others: they are no unit and no record, and are not counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from steelyard.bulk.intake.checks import Sql, Texts, Way
from steelyard.bulk.intake.given import PERIOD, Raw
from steelyard.bulk.intake.plainly import bare, no_word
from steelyard.bulk.intake.sources import quoted, text
from steelyard.bulk.intake.texts import Asked, Held
from steelyard.case.formats.quoted import meant
from steelyard.case.reading.totals import (
    LONGEST,
    SUMS,
    adds_up,
    may_add_up,
    may_be_sum,
    sum_told,
)
from steelyard.expression.types import Number, PartyOf, Text


class Labelled(NamedTuple):
    """A table, its columns of texts, and how they are read."""

    raw: Raw
    columns: Mapping[str, Held]
    texts: Mapping[str, Texts]


def adding_up(engine: Asked, tables: Mapping[str, Labelled]) -> dict[str, list[Way]]:
    """Return by table the ways in which a cell says that its row adds up the others, and of records
    also those in which it may.
    """
    places = [(name, *one) for name, table in tables.items() for one in _labels(table)]
    said = _words(engine, [(tables[name].raw, sql) for name, _, sql, _ in places])
    ways: dict[str, list[Way]] = {name: [] for name in tables}
    for (name, key, sql, named), words in zip(places, said, strict=True):
        sums = [word for word in words if adds_up(meant(word), named=named)]
        ways[name] += _sure(tables[name], key, sql, sums)
        doubtful = [
            word for word in words if word not in sums and may_add_up(meant(word), named=named)
        ]
        if doubtful and tables[name].raw.table.register:
            ways[name].append(_perhaps(tables[name], key, sql, doubtful))
    for name, table in tables.items():
        for key, one in table.columns.items():
            if one.label and not isinstance(one.reader.column.kind, Text | PartyOf):
                ways[name] += _sure(table, key, one.sql, [])
    return ways


def _sure(table: Labelled, key: str, sql: str, words: Sequence[str]) -> list[Way]:
    ways = [f"{sql} IN ({', '.join(map(text, words))})"] if words else []
    # What is not plainly written is seen to be such a label as it is read.
    if key in table.texts and table.texts[key].why:
        ways.append(f"{table.texts[key].why} = ''")
    return [Way(" OR ".join(ways), key, sum_told(_shown(sql)))] if ways else []


def _perhaps(table: Labelled, key: str, sql: str, words: Sequence[str]) -> Way:
    """Return the way in which a record may add up others: nothing but figures stands beside a cell
    that may say so, and it has no other id.
    """
    raw = table.raw
    beside = [f"{sql} IN ({', '.join(map(text, words))})"]
    for column in raw.table.columns:
        if column.name in (key, raw.table.key[0]) or column.name not in raw.held_in:
            continue
        if isinstance(column.kind, Number):
            continue
        if column.name not in table.columns:
            beside.append(f"raw.{quoted(raw.held_in[column.name])} IS NULL")
        elif column.name == "id":
            beside.append(f"{table.texts['id'].value} IS NULL")
        else:
            other = table.columns[column.name].sql
            beside.append(f"({other} IS NULL OR {no_word(other)})")
    return Way(" AND ".join(beside), key, may_be_sum(_shown(sql)))


def _shown(sql: str) -> Sql:
    return Sql(bare(sql))


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

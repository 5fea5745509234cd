"""What the tables of a book hold, for those who fill them: Parquet schemas, and CREATE TABLE in the
words of a database.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import (
    FACTS,
    SUBJECT,
    WAIVERS,
    WHOLE,
    Column,
    complete_column,
    tables,
)
from steelyard.bulk.intake.checks import sql_type
from steelyard.bulk.intake.given import (
    AS_OF,
    KIND,
    KNOWN,
    PARTIES,
    PERIOD,
    REGISTER,
    WHOLE_OF_WHOLE,
)
from steelyard.bulk.intake.sources import quoted
from steelyard.errors import UsageError, fault, nearest
from steelyard.expression.types import Date, Text

_PARQUET = {"text": "BYTE_ARRAY", "boolean": "BOOLEAN", "integer": "INT64", "date": "INT32"}
_LOGICAL = {"text": " (STRING)", "boolean": "", "integer": "", "date": " (DATE)"}
_INT64_DIGITS = 18


class _Table(NamedTuple):
    """A table that a user may hand in: its option, its name, and its columns."""

    option: str
    name: str
    columns: tuple[Column, ...]


def parquet_schemas(book: RuleBook) -> str:
    """Return the tables of a book as Parquet schemas, each under the option that names it."""
    return "\n".join(_schema(table) for table in _tables(book))


def create_tables(book: RuleBook, dialect: str) -> str:
    """Return the tables of a book as CREATE TABLE; raises UsageError for a dialect unknown."""
    known = sorted(name for name in sqlglot.Dialect.classes if name)
    if dialect not in known:
        raise UsageError(
            [
                fault(
                    "--dialect",
                    "there is no dialect `{name}`",
                    nearest(dialect, known),
                    name=dialect,
                )
            ]
        )
    return "\n".join(f"{_created(table, dialect)};\n" for table in _tables(book))


def _tables(book: RuleBook) -> Iterator[_Table]:
    complete = {complete_column(register) for register in book.registers}
    period, as_of = Column(PERIOD, "text", Text()), Column(AS_OF, "date", Date())
    every: dict[str, Column] = {}
    for table in tables(book).values():
        columns = [one for one in table.columns if one.name not in complete]
        unit, rest = columns[0], columns[1:]
        # A register that parts fill has a period of its own: that of the part.
        own = any(one.name == PERIOD for one in rest)
        named = {one.name for one in columns}
        whole = Column(WHOLE_OF_WHOLE if WHOLE in named else WHOLE, "text", Text())
        head = (unit, whole) if own else (unit, whole, period)
        if table.name == FACTS:
            yield _Table("--facts", FACTS, (*head, as_of, *rest))
        elif table.register:
            yield _Table(f"--register {table.register}=", table.register, (*head, *rest))
        elif table.kind:
            every |= {one.name: one for one in rest}
    if every:
        kind = Column(KIND, "text", Text(), required=True)
        fields = (one._replace(required=one.name == "id") for one in every.values())
        yield _Table("--parties", PARTIES, (*_unit(), period, kind, *fields))
    register = Column(REGISTER, "text", Text(), required=True)
    yield _Table("--registers-known", KNOWN, (*_unit(), period, register))
    waived = (
        Column("rule", "text", Text(), required=True),
        Column("authority", "text", Text(), required=True),
        Column("reason", "text", Text()),
        Column("until", "date", Date(), required=True),
    )
    yield _Table("--waivers", WAIVERS, (*_unit(), period, *waived))


def _unit() -> tuple[Column, ...]:
    return Column(SUBJECT, "text", Text(), required=True), Column(WHOLE, "text", Text())


def _schema(table: _Table) -> str:
    lines = [f"# {table.option}", f"message {table.name} {{"]
    for column in table.columns:
        said = "required" if column.required else "optional"
        if column.type == "decimal":
            kind = "INT64" if column.digits <= _INT64_DIGITS else "FIXED_LEN_BYTE_ARRAY(16)"
            logical = f" (DECIMAL({column.digits},{column.scale}))"
        else:
            kind, logical = _PARQUET[column.type], _LOGICAL[column.type]
        lines.append(f"  {said} {kind} {column.name}{logical};")
    return "\n".join([*lines, "}", ""])


def _created(table: _Table, dialect: str) -> str:
    columns = ", ".join(
        f"{quoted(one.name)} {sql_type(one)}{' NOT NULL' if one.required else ''}"
        for one in table.columns
    )
    tree = sqlglot.parse_one(f"CREATE TABLE {quoted(table.name)} ({columns})", read="duckdb")
    assert isinstance(tree, exp.Create)  # noqa: S101  # as it was written a line above
    return tree.sql(dialect=dialect, pretty=True)

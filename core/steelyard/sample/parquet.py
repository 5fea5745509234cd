"""A population as Parquet through DuckDB: one table a book, a row a case, facts as columns,
registers as lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from steelyard.book.model import Fact, Field, RuleBook
from steelyard.case.formats.headings import LEADING
from steelyard.errors import UsageError, fault
from steelyard.expression.types import Boolean, Choice, Date, Number, Survey, Type

if TYPE_CHECKING:
    import duckdb

_WIDEST_DECIMAL = 38


class Sheets:
    """Cases gathered book by book, line by line, until they are written as tables."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder for what is gathered."""
        self._folder = folder
        self._files: dict[str, IO[str]] = {}
        self._books: dict[str, RuleBook] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        for file in self._files.values():
            file.close()

    def take(self, line: str, book: RuleBook) -> None:
        """Gather one row, as `row_of` gives it."""
        if book.key not in self._files:
            self._files[book.key] = (self._folder / f"{len(self._files)}.json").open(
                "w", encoding="utf-8"
            )
            self._books[book.key] = book
        self._files[book.key].write(line + "\n")

    def write(self, paths: Mapping[str, Path]) -> None:
        """Write every book's table to its path; raises UsageError where DuckDB is not installed."""
        with connection() as duck:
            for key, file in self._files.items():
                file.flush()
                _copy(duck, Path(file.name), columns(self._books[key]), paths[key])


def connection() -> duckdb.DuckDBPyConnection:
    """Return DuckDB on one thread, so that rows keep their order; raises UsageError naming the
    extra that brings it.
    """
    try:
        import duckdb
    except ImportError:
        raise UsageError(
            [
                fault(
                    "--as parquet",
                    "DuckDB is not installed: `pip install steelyard[bulk]` brings it",
                )
            ]
        ) from None
    return duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False})


def _copy(
    duck: duckdb.DuckDBPyConnection, source: Path, kinds: Mapping[str, str], target: Path
) -> None:
    import duckdb

    spelt = ", ".join(f"{_quoted(name)}: {_text(kind)}" for name, kind in kinds.items())
    query = (
        f"COPY (SELECT * FROM read_json({_text(str(source))}, "  # noqa: S608  # names of ours and of books, quoted
        f"format = 'newline_delimited', maximum_object_size = 1073741824, "
        f"columns = {{{spelt}}})) "
        f"TO {_text(str(target))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA "
        f"{{made_up: 'yes, all of it: steelyard sample'}})"
    )
    try:
        duck.execute(query)
    except duckdb.Error as error:
        problem = str(error).partition("\n")[0]
        raise UsageError(
            [fault(target.name, "cannot be written: {problem}", problem=problem)]
        ) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def columns(book: RuleBook) -> dict[str, str]:
    """Return the columns of a book's table with their DuckDB types, in their order."""
    found = {key: "DATE" if key == "as_of" else "VARCHAR" for key, _ in LEADING}
    for fact in book.collected:
        found.update(_of_fact(fact))
    for kind in book.kinds.values():
        found[f"parties.{kind.id}"] = _list(
            ["id", *kind.fields], ["VARCHAR", *(_type(slot.type) for slot in kind.fields.values())]
        )
    for register in book.registers.values():
        slots = [slot for slot in register.fields.values() if slot.derived is None]
        found[register.id] = _list(
            ["id", *(slot.id for slot in slots)], ["VARCHAR", *(_type(slot.type) for slot in slots)]
        )
        found[f"{register.id}.complete"] = "BOOLEAN"
    return found


def _of_fact(fact: Fact) -> Iterator[tuple[str, str]]:
    if isinstance(fact.type, Survey):
        yield f"{fact.id}.positive", "BIGINT"
        yield f"{fact.id}.asked", "BIGINT"
    else:
        yield fact.id, _type(fact.type)
    if fact.nullable:
        yield f"{fact.id}.none", "BOOLEAN"


def _list(names: Iterable[str], kinds: Iterable[str]) -> str:
    fields = (f"{_quoted(name)} {kind}" for name, kind in zip(names, kinds, strict=True))
    return f"STRUCT({', '.join(fields)})[]"


def _type(kind: Type) -> str:
    match kind:
        case Boolean():
            return "BOOLEAN"
        case Date():
            return "DATE"
        case Number(scale=0):
            return "BIGINT"
        case Number(scale=scale):
            digits = max(len(str(abs(kind.low))), len(str(abs(kind.high))), scale + 1)
            return f"DECIMAL({18 if digits <= 18 else _WIDEST_DECIMAL}, {scale})"
    return "VARCHAR"


def row_of(document: Mapping[str, Any], as_of: str, book: RuleBook) -> str:
    """Return a case as one line of JSON with the columns of its book; what is not shown is null."""
    subject = document["subject"]
    row: dict[str, Any] = {
        "book": document["book"],
        "subject.id": subject["id"],
        "subject.name": subject["name"],
        "subject.part_of": subject.get("part_of") or None,
        "period": document["period"],
        "as_of": as_of,
    }
    facts, records, parties = (
        document.get("facts", {}),
        document.get("records", {}),
        document.get("parties", ()),
    )
    for fact in book.collected:
        said = facts.get(fact.id)
        if said is not None:
            row.update(_shown(fact, said))
    for kind in book.kinds.values():
        row[f"parties.{kind.id}"] = [
            _record(party, kind.fields.values()) for party in parties if party["kind"] == kind.id
        ]
    for register in book.registers.values():
        said = records.get(register.id)
        if said is not None:
            rows = said if isinstance(said, list) else said["rows"]
            row[register.id] = [_record(one, register.fields.values()) for one in rows]
            row[f"{register.id}.complete"] = isinstance(said, list)
    return json.dumps(row, ensure_ascii=False)


def _shown(fact: Fact, said: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    none = fact.nullable and said.get("value") == "none"
    if isinstance(fact.type, Survey) and not none:
        yield f"{fact.id}.positive", said["positive"]
        yield f"{fact.id}.asked", said["asked"]
    elif not none:
        yield fact.id, _plain(said["value"], fact.type)
    if fact.nullable:
        yield f"{fact.id}.none", none


def _record(said: Mapping[str, Any], slots: Iterable[Field]) -> dict[str, Any]:
    """Return a record or party; a field that is not known, or that says that there is none, is
    null.
    """
    return {"id": said["id"]} | {
        slot.id: _plain(said[slot.id], slot.type)
        for slot in slots
        if slot.id in said and _is_value(said[slot.id], slot)
    }


def _is_value(text: str, slot: Field) -> bool:
    if isinstance(slot.type, Choice) and text in slot.type.options:
        return True
    return not (
        (text == "unknown" and slot.missing != "refused")
        or (text == "none" and slot.missing == "none")
    )


def _plain(text: str, kind: Type) -> Any:
    return text == "true" if isinstance(kind, Boolean) else text

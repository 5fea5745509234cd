"""Runs of bulk as a source of comparisons: their scores column by column, no row by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.book.reading.load import stored_book
from steelyard.bulk.assessing import BOOK, RUN, SCHEMA
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.digests import digest
from steelyard.bulk.intake.sources import Source, opened, quoted, text
from steelyard.comparison.attainment import spread_of
from steelyard.comparison.snapshot import TableSource
from steelyard.comparison.table import MOST_UNITS, RATED, Heads, Table, too_long
from steelyard.errors import Fault, SteelyardError, UsageError, fault, refusal
from steelyard.expression.types import units_of
from steelyard.forms.form import CARRIED
from steelyard.forms.table import FORMS, Forms

if TYPE_CHECKING:
    from steelyard.book.model import Measure, RuleBook
    from steelyard.comparison.table import Integers

_SCORES = "scores.parquet"
_DIGITS = 38
_ID = 12


class Weighed(TableSource):
    """The scores of some runs, each in the folder that bulk wrote; later ones count before earlier.

    `rejected` counts the units of each folder that were handed in and are not weighed.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        spill: Path,
        *,
        measures: Mapping[str, Measure] | None = None,
        forms: Forms = FORMS,
    ) -> None:
        """Read the folders, with the measures and forms of plugins for their books; `spill` is
        where DuckDB puts what does not fit into memory.

        Raises UsageError with every folder that bulk did not write, or that is not as it wrote it.
        """
        faults: list[Fault] = []
        runs: list[_Run] = []
        for folder in dict.fromkeys(folders):
            try:
                runs.append(_run(folder, measures or {}, forms))
            except SteelyardError as error:
                faults.extend(error.faults)
        if faults:
            raise UsageError(faults)
        with Duck(spill) as duck:
            read = [_table(duck, run) for run in runs]
        self.rejected = {run.folder: run.rejected for run in runs}
        self._by_digest = {run.book.digest: run.book for run in runs}
        spreads = {digest: spread_of(book) for digest, book in self._by_digest.items()}
        super().__init__(_joined(read), spreads)

    def book(self, digest: str) -> RuleBook | None:
        """Return a book that a run weighed by."""
        return self._by_digest.get(digest)


class _Run(NamedTuple):
    """A run: its folder, its book, units rejected, and the digest of its scores."""

    folder: Path
    book: RuleBook
    rejected: int
    digest: str


def _run(folder: Path, measures: Mapping[str, Measure], forms: Forms) -> _Run:
    said = _document(folder / RUN)
    if said.get("schema") != SCHEMA:
        raise UsageError([_strange(folder / RUN)])
    try:
        left = said["counts"]["units"] - said["counts"]["weighed"]
        wanted, scores = str(said["book"]["digest"]), str(said["outputs"]["scores"])
    except (KeyError, TypeError):
        raise UsageError([_strange(folder / RUN)]) from None
    place = str(folder / BOOK)
    book = stored_book(_document(folder / BOOK), place, measures=measures, forms=forms)
    try:
        found = digest(folder / _SCORES)
    except OSError as error:
        raise UsageError([_unread(folder / _SCORES, error)]) from None
    message = "is not as it was written: its digest is {found}, and {run} says {wanted}"
    faults = [
        fault(str(folder / name), message, found=now, run=RUN, wanted=then)
        for name, now, then in ((BOOK, book.digest, wanted), (_SCORES, found, scores))
        if now != then
    ]
    if faults:
        raise UsageError(faults)
    most = max(_dimensions(book).values(), default=0)
    if max(most, book.points) * 10**CARRIED > MOST_UNITS:
        raise UsageError([too_long(place)])
    return _Run(folder, book, left, scores)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError([_unread(path, error)]) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError([_strange(path)])
    return found


def _strange(path: Path) -> Fault:
    return fault(str(path), "is not what `steelyard bulk` writes")


def _unread(path: Path, error: OSError) -> Fault:
    return fault(str(path), "cannot be read: {problem}", problem=refusal(error))


def _table(duck: Duck, run: _Run) -> Table:
    """Return the scores of a run; DuckDB turns whole columns into arrays."""
    import numpy as np

    scores = opened(duck, Source("scores", "--from", str(run.folder / _SCORES)))
    listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in _columns(run).items())
    read = duck.arrays(
        f"SELECT {listed} FROM {scores.relation} AS scores ORDER BY period, part_of, subject"  # noqa: S608  # quoted names
    )
    count = len(read["subject"])
    book = run.book

    def texts(name: str) -> list[str]:
        found: list[str] = np.ma.getdata(read[name]).tolist()
        return found

    def units(name: str) -> Integers:
        found: Integers = np.ma.getdata(read[name]).astype(np.int64)
        return found

    def same(said: str) -> list[str]:
        return [said] * count

    heads = Heads(
        assessment=texts("id"),
        unit=texts("subject"),
        name=same(""),
        sector=same(book.sector),
        book=same(book.id),
        version=same(book.version),
        digest=same(book.digest),
        period=texts("period"),
        as_of=texts("as_of"),
        case=same(""),
        grade_low=texts("grade_low"),
        grade_high=texts("grade_high"),
        veto=texts("veto"),
    )
    points = np.zeros((count, len(DIMENSIONS), 3), dtype=np.int64)
    for name in _dimensions(book):
        at = DIMENSIONS.index(name)
        for end, said in enumerate(("low", "high", "full")):
            points[:, at, end] = units(f"{name}.{said}")
    return Table(
        heads=heads,
        points=points,
        score=np.stack([units(one) for one in ("low", "high", "full")], axis=1),
        decimals=np.full(count, book.decimals, dtype=np.int64),
        coverage=units("coverage"),
        not_rated=units("not_rated"),
        carried=np.full(count, CARRIED, dtype=np.int64),
        perhaps=units("perhaps"),
        wholes=texts("part_of"),
    )


def _columns(run: _Run) -> dict[str, str]:
    """Return the columns that a table is made of as SQL: texts that are never NULL, and integers
    in units of their places.
    """
    book, name = run.book, run.digest.removeprefix("sha256:")[:_ID]
    found = {
        "subject": "subject",
        "part_of": "COALESCE(part_of, '')",
        "period": "period",
        "as_of": "CAST(as_of AS VARCHAR)",
        "id": f"CONCAT({text(name)}, '/', COALESCE(part_of || '/', ''), subject, '/', period)",
        **{name: name for name in ("grade_low", "grade_high", "veto")},
        **{name: _units(name, book.decimals) for name in ("low", "high", "full")},
        "coverage": _units("coverage", 4),
        "not_rated": _place("not_rated", RATED),
    }
    perhaps = ["0"]
    for name, full in _dimensions(book).items():
        column = f"dimension.{name}"
        asked = quoted(f"dimension.{name}.asked")
        for end in ("low", "high"):
            sql = _units(f"{column}.{end}", book.decimals + CARRIED)
            found[f"{name}.{end}"] = f"CASE WHEN {asked} = 'no' THEN 0 ELSE {sql} END"
        found[f"{name}.full"] = f"CASE WHEN {asked} = 'no' THEN 0 ELSE {full} END"
        bit = 1 << DIMENSIONS.index(name)
        perhaps.append(f"CASE WHEN {asked} = 'possible' THEN {bit} ELSE 0 END")
    found["perhaps"] = " + ".join(perhaps)
    return found


def _dimensions(book: RuleBook) -> dict[str, int]:
    """Return the dimensions of which scores have columns, with the points of their rules in units
    of the book's decimals.
    """
    found = {}
    for name, part in spread_of(book).parts.items():
        if name:
            units = units_of(part.points, book.decimals)
            assert units is not None  # noqa: S101  # they are the book's own
            found[name] = units
    return found


def _units(column: str, places: int) -> str:
    """Return a decimal as an integer in units of its places, exactly."""
    return (
        f"CAST(CAST({quoted(column)} AS DECIMAL({_DIGITS}, {places})) "
        f"* CAST({10**places} AS DECIMAL({places + 1}, 0)) AS BIGINT)"
    )


def _place(column: str, words: Iterable[str]) -> str:
    ways = " ".join(f"WHEN {text(word)} THEN {place}" for place, word in enumerate(words))
    return f"CASE {quoted(column)} {ways} END"


def _joined(tables: Sequence[Table]) -> Table:
    """Return the rows of several tables, one after the other."""
    import numpy as np

    if len(tables) == 1:
        return tables[0]
    heads = Heads(*([said for part in column for said in part] for column in zip(
        *(one.heads for one in tables), strict=True
    )))  # fmt: skip
    arrays: dict[str, Any] = {
        one.name: np.concatenate([getattr(table, one.name) for table in tables])
        for one in fields(Table)
        if one.name not in {"heads", "wholes"}
    }
    return Table(heads=heads, wholes=[one for part in tables for one in part.wholes], **arrays)

"""A case as the judge sees it: checked against its book, immutable, with the three kinds of absence
kept apart.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from steelyard.case.unit import Unit
from steelyard.errors import Fault
from steelyard.expression.values import Absent

Single = str | Absent | None
"""A text, option, tick or party id; UNKNOWN when not known; None when there is none."""


class Evidence(NamedTuple):
    """What stands behind a value."""

    value: str
    method: str = ""
    source: str = ""
    date: str = ""
    by: str = ""
    files: tuple[str, ...] = ()


def evidence_of(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the pieces of evidence behind a record of a case's document."""
    said: Any = record.get("evidence", ())
    return [said] if isinstance(said, Mapping) else said


class Given(NamedTuple):
    """A fact that was shown.

    `low` and `high` are units of the fact's scale, ordinals, positions of an ordered option, or 0/1
    for yes or no; both are None where the value is none or is a text, tick or unordered option,
    which stands in `word`. `conflict` says that the evidence disagrees; `survey` holds (positive,
    asked).
    """

    low: int | None
    high: int | None
    word: Single = None
    evidence: tuple[Evidence, ...] = ()
    conflict: bool = False
    survey: tuple[int, int] | None = None


class Party(NamedTuple):
    """A party of the case: `values` holds one entry per field of its kind, in the shape of a
    record's cell.
    """

    id: str
    kind: str
    values: Mapping[str, Any]


class Rows(NamedTuple):
    """A register of the case.

    `rows` are flat tuples laid out by `Layout`; `ids` name them; `complete` says that no more
    exist; `given` that the case speaks of the register at all. `raw` holds the same rows as they
    were read: the cells that were written and no others, before defaults and fields worked out.
    """

    complete: bool
    given: bool
    ids: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    raw: tuple[Mapping[str, Any], ...] = ()


class Roll(NamedTuple):
    """The parties of one kind as (id, flat tuple), and the flat tuple of one of whom nothing is
    known.
    """

    named: tuple[tuple[str, tuple[Any, ...]], ...]
    unnamed: tuple[Any, ...]


class Waiver(NamedTuple):
    """A rule that an authority has waived up to and including a day."""

    rule: str
    authority: str
    reason: str
    until: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Subject, book, period, and everything shown.

    `document` is the case in canonical plain data, `text` that data as one line (what is stored and
    digested); names of persons
    stand only in `names`. `named_at` is where the file names the subject.
    `part_of` names the whole that the subject is a part of. `flat` is the
    tuple of fact bounds that the compiled judge unpacks, `parameters` the units of every parameter
    of the book on `as_of`; `party_rows` holds the parties of each kind; `remarks` are what a reader
    should know though it is no fault; `embedded` are the pictures that its workbook holds, as the
    reading of cases gives them.
    """

    book: str
    subject_id: str
    subject_name: str
    sector: str
    period: str
    first: datetime.date
    last: datetime.date
    as_of: datetime.date
    facts: Mapping[str, Given]
    parties: Mapping[str, Party]
    registers: Mapping[str, Rows]
    waivers: Mapping[str, Waiver]
    flat: tuple[Any, ...]
    party_rows: Mapping[str, Roll]
    parameters: tuple[int, ...]
    given: frozenset[str]
    document: Mapping[str, Any]
    text: str
    digest: str
    names: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    named_at: str = ""
    part_of: str = ""
    remarks: tuple[Fault, ...] = ()
    embedded: tuple[Any, ...] = ()

    @property
    def unit(self) -> Unit:
        """Who is weighed."""
        return Unit(self.part_of, self.subject_id)

"""What the store keeps of an assessment: its document, and the row by which it is found and
compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.canonical import canonical
from steelyard.case.unit import Unit
from steelyard.forms.form import CARRIED
from steelyard.judging.earlier_form import brought_up_to_date

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment

Document = Mapping[str, Any]
Dimensions = Mapping[str, tuple[int, int, int, str]]
"""What each dimension earns, low and high, in units of 10**-(decimals + 6); its points in units of
10**-decimals; and whether anything is asked on it: yes, no or possible.
"""

_NOT_ASKED = frozenset({"not_applicable", "waived"})
_PLACES: Mapping[str, int] = MappingProxyType(
    {one: 3 * place for place, one in enumerate(DIMENSIONS)}
)

HEAD = (
    "id",
    "subject",
    "part_of",
    "subject_name",
    "sector",
    "book",
    "version",
    "digest",
    "period",
    "as_of",
    "case_digest",
    "grade_low",
    "grade_high",
    "veto",
    "coverage",
    "not_rated",
    "score_low",
    "score_high",
    "full",
    "decimals",
)
"""What a comparison reads of an assessment beside its points."""
REST = (
    "points",
    "carried",
    "perhaps",
    "settled",
    "schema",
    "plugins",
    "saved_at",
    "document_digest",
)
"""The other columns of its row; the last of all is the seal over them."""
COLUMNS = ("number", *HEAD, *REST, "seal")
"""All columns of the row of an assessment."""
ROW = ", ".join(f'assessments."{name}"' for name in COLUMNS)
WHOLE = (
    f"SELECT {ROW}, documents.pattern, document FROM assessments "  # noqa: S608  # our own words
    "LEFT JOIN documents ON assessment = number"
)
"""Asks for the row of an assessment, the number of its document's pattern, and that document."""


class Entry(NamedTuple):
    """One assessment to save, with all that it rests on: documents, the names of persons, the
    versions of plugins.

    `dimensions` is what `Assessment.dimensions` gives; None where only the document is at hand, so
    that the points of a dimension are summed from its findings. `sampled` is what a later
    comparison asks of its surveys; None where nobody worked that out.
    """

    assessment: Document
    case: Document
    names: Mapping[str, str]
    book: Document
    plugins: Mapping[str, str]
    dimensions: Dimensions | None = None
    sampled: Document | None = None


def entry_of(assessment: Assessment, plugins: Mapping[str, str]) -> Entry:
    """Return an assessment as the store takes it; `plugins` gives the version of each."""
    case = assessment.case
    return Entry(
        assessment.to_json(),
        dict(case.document),
        dict(case.names),
        dict(assessment.book.document),
        plugins,
        assessment.dimensions,
    )


class Row(NamedTuple):
    """An entry in the shape of the tables, but for its place in them.

    `head` has the columns of HEAD, `points` low, high and asked of every dimension as JSON,
    `document`, `case` and `sampled` are texts.
    """

    head: tuple[Any, ...]
    points: str
    carried: int
    perhaps: int | None
    settled: int
    schema: str
    document: str
    case: str
    names: Mapping[str, str]
    sampled: str | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """What stands in it, by its columns, but for what is known only when it is saved."""
        return dict(zip(HEAD, self.head, strict=True)) | {"settled": self.settled}

    @property
    def id(self) -> str:
        """The id of the assessment."""
        name: str = self.head[0]
        return name

    @property
    def book(self) -> str:
        """The digest of its book."""
        digest: str = self.head[HEAD.index("digest")]
        return digest

    @property
    def case_digest(self) -> str:
        """The digest of its case."""
        digest: str = self.head[HEAD.index("case_digest")]
        return digest


class Units(dict[str, int]):
    """Decimal texts as integers in units of 10**-decimals, each worked out once."""

    def __init__(self, decimals: int) -> None:
        """Start empty for one number of decimals."""
        super().__init__()
        self._decimals = decimals

    def __missing__(self, text: str) -> int:
        """Work out one text; raises ValueError where it is not a decimal or has more places."""
        whole, _, part = text.partition(".")
        if len(part) > self._decimals:
            raise ValueError(text)
        self[text] = units = int(whole + part.ljust(self._decimals, "0"))
        return units


class Ready(NamedTuple):
    """A row to save, with the document of its book and the versions of plugins."""

    row: Row
    book: Document
    plugins: Mapping[str, str]


def ready(entry: Entry | Ready) -> Ready:
    """Return an entry as it is saved; raises ValueError where a figure is not a decimal."""
    if isinstance(entry, Ready):
        return entry
    assessment, case, names, book, plugins, dimensions, sampled = entry
    return Ready(row_of(assessment, canonical(case), names, dimensions, sampled), book, plugins)


def row_of(
    assessment: Document,
    case: str,
    names: Mapping[str, str],
    dimensions: Dimensions | None = None,
    sampled: Document | None = None,
) -> Row:
    """Return the row of one assessment of a case, given as its canonical text; raises ValueError
    where a figure is not a decimal.

    The document is kept as it was given; the row says what its present form does.
    """
    given = brought_up_to_date(assessment)
    score, grade, book, subject = given["score"], given["grade"], given["book"], given["subject"]
    unit = Unit.of(subject)
    decimals = len(score["full"].partition(".")[2])
    units = _units(decimals)
    head = (
        given["id"],
        unit.id,
        unit.whole,
        subject.get("name") or "",
        subject.get("sector") or "",
        book["id"],
        book["version"],
        book["digest"],
        given["period"],
        given["as_of"],
        given["case"],
        grade["low"],
        grade["high"],
        given["veto"],
        given["coverage"],
        given["not_rated"],
        units[score["low"]],
        units[score["high"]],
        units[score["full"]],
        decimals,
    )
    points, carried, perhaps = (
        _summed(given["findings"], units) if dimensions is None else _carried(dimensions)
    )
    return Row(
        head,
        dumps(points),
        carried,
        perhaps,
        int(grade["settled"]),
        assessment["schema"],
        printed(assessment),
        case,
        names,
        None if sampled is None else dumps(sampled),
    )


@cache
def _units(decimals: int) -> Units:
    return Units(decimals)


def _carried(dimensions: Dimensions) -> tuple[list[int], int, int]:
    """Return the points of a row from what an assessment says of its dimensions."""
    row: list[int] = []
    perhaps = 0
    for place, name in enumerate(DIMENSIONS):
        low, high, full, asked = dimensions.get(name, (0, 0, 0, "no"))
        row += (0, 0, 0) if asked == "no" else (low, high, full)
        perhaps |= (asked == "possible") << place
    return row, CARRIED, perhaps


def _summed(findings: list[Document], units: Units) -> tuple[list[int], int, None]:
    """Return the points of a row from the findings alone, as the first edition summed them.

    A finding of a rule that may not apply shows 0 as its low end and its full mark as asked, so
    these ends may be wider, or elsewhere, than the true ones.
    """
    row = [0] * (3 * len(DIMENSIONS))
    for one in findings:
        at = _PLACES.get(str(one.get("dimension")))
        if at is None or one.get("section") is None or one["outcome"] in _NOT_ASKED:
            continue
        for place, end in enumerate(("low", "high", "full")):
            row[at + place] += units[one["points"][end]]
    return row, 0, None


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an assessment in short, in the shape of its document, from its columns."""
    places = row["decimals"]
    unit = Unit(row["part_of"], row["subject"])
    return {
        "id": row["id"],
        "as_of": row["as_of"],
        "book": {"id": row["book"], "version": row["version"]},
        "subject": {
            "id": unit.id,
            "name": row["subject_name"],
            "sector": row["sector"],
            **unit.named,
        },
        "period": row["period"],
        "coverage": row["coverage"],
        "score": {key: decimal_text(row[f"score_{key}"], places) for key in ("low", "high")}
        | {"full": decimal_text(row["full"], places)},
        "grade": {
            "low": row["grade_low"],
            "high": row["grade_high"],
            "settled": bool(row["settled"]),
        },
        "veto": row["veto"],
        "not_rated": row["not_rated"],
        **({"saved_at": row["saved_at"]} if "saved_at" in row else {}),
    }


def decimal_text(units: int, decimals: int) -> str:
    """Return units of 10**-decimals as the text that they came from."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def dumps(value: object) -> str:
    """Return plain data as JSON, keys in their own order."""
    return _JSON.encode(value)


def printed(document: Document) -> str:
    """Return an assessment as it is printed in a line, which is how it is kept."""
    return _PRINTED.encode(document)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value))


# Documents are trees: that none holds itself need not be asked at each of their nodes.
_JSON = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_plain
)
_PRINTED = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=_plain)

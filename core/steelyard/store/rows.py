"""What the store keeps of an assessment: its document, and the same as rows for SQL and search."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.forms.form import CARRIED
from steelyard.judging.earlier_form import brought_up_to_date

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment

Document = Mapping[str, Any]
Dimensions = Mapping[str, tuple[int, int, int, str]]
"""What each dimension earns, low and high, in units of 10**-(decimals + 6); its points in units of
10**-decimals; and whether anything is asked on it: yes, no or possible.
"""
Words = tuple[str, str, str]
"""A text of the index: whether it is a subject's or a finding's, Chinese, English."""

_OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pass": ("达标", "pass"),
        "partial": ("部分达标", "partial"),
        "fail": ("不达标", "fail"),
        "unknown": ("待查证", "unknown"),
        "not_applicable": ("不适用", "not applicable"),
        "waived": ("已豁免", "waived"),
    }
)
_FAST = 1
_NOT_ASKED = frozenset({"not_applicable", "waived"})
_PLACES: Mapping[str, int] = MappingProxyType(
    {one: 3 * place for place, one in enumerate(DIMENSIONS)}
)


class Entry(NamedTuple):
    """One assessment to save, with all that it rests on: documents, the names of persons, the
    versions of plugins.

    `dimensions` is what `Assessment.dimensions` gives; None where only the document is at hand, so
    that the points of a dimension are summed from its findings.
    """

    assessment: Document
    case: Document
    names: Mapping[str, str]
    book: Document
    plugins: Mapping[str, str]
    dimensions: Dimensions | None = None


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


class Rows(NamedTuple):
    """An entry in the shape of the tables; a text stands in full where the table holds its
    number.
    """

    id: str
    document: str
    head: tuple[Any, ...]
    not_rated: str
    subject: Words
    plugins: str
    findings: list[tuple[Any, ...]]
    consequences: list[tuple[Any, ...]]
    ledger: list[tuple[Any, ...]]
    attained: list[int | None]
    entry: Entry


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


class Making:
    """What the rows of all the assessments of one book share: titles, sentences, figures, each
    worked out once.
    """

    def __init__(self, book: Document) -> None:
        """Read the titles of a resolved book; what has none is called by its id."""
        rules = book.get("rules")
        measures = book.get("measures")
        self._rules = {
            rule.get("id"): _title(rule) for rule in rules or () if isinstance(rule, Mapping)
        }
        self._measures = (
            {key: _title(value) for key, value in measures.items()}
            if isinstance(measures, Mapping)
            else {}
        )
        self._heads: dict[tuple[str, str], tuple[str, str]] = {}
        self._units: dict[int, Units] = {}

    def units(self, decimals: int) -> Units:
        """Return the figures of one number of decimals."""
        return self._units.setdefault(decimals, Units(decimals))

    def finding(self, finding: Document) -> Words:
        """Return a rule's title, its outcome and the reason."""
        key = (finding["rule"], finding["outcome"])
        head = self._heads.get(key)
        if head is None:
            zh, en = self._rules.get(key[0]) or (key[0], key[0])
            said_zh, said_en = _OUTCOMES.get(key[1], (key[1], key[1]))
            head = self._heads[key] = (f"{zh}：{said_zh}。", f"{en}: {said_en}. ")
        because = finding["because"]
        return "said", head[0] + because["zh"], head[1] + because["en"]

    def consequence(self, consequence: Document) -> Words:
        """Return the measures that are imposed or may be chosen, and the reason."""
        because = consequence["because"]
        bundles = [
            [self._measures.get(one) or (one, one) for one in bundle]
            for bundle in consequence["options"]
        ]
        zh = "或".join("、".join(title[0] for title in bundle) for bundle in bundles)
        en = " or ".join(", ".join(title[1] for title in bundle) for bundle in bundles)
        return "said", f"{zh}。{because['zh']}", f"{en}. {because['en']}"


def rows_of(entry: Entry, making: Making) -> Rows:
    """Return the rows of one entry; raises ValueError where a figure is not a decimal.

    The document is kept as it was given; the rows say what its present form does.
    """
    given = brought_up_to_date(entry.assessment)
    score, grade, book, subject = given["score"], given["grade"], given["book"], given["subject"]
    decimals = len(score["full"].partition(".")[2])
    units = making.units(decimals)
    head = (
        given["id"],
        entry.assessment["schema"],
        book["id"],
        book["version"],
        book["digest"],
        subject["id"],
        subject.get("name") or "",
        subject.get("sector") or "",
        given["period"],
        given["as_of"],
        units[score["low"]],
        units[score["high"]],
        units[score["full"]],
        decimals,
        grade["low"],
        grade["high"],
        int(grade["settled"]),
        given["veto"],
        given["coverage"],
        given["case"],
    )
    findings = []
    for position, one in enumerate(given["findings"]):
        points = one["points"]
        low, high, full = units[points["low"]], units[points["high"]], units[points["full"]]
        section, dimension, outcome = one.get("section"), one.get("dimension"), one["outcome"]
        findings.append(
            (
                position,
                one["rule"],
                section,
                dimension,
                outcome,
                low,
                high,
                full,
                making.finding(one),
            )
        )
    consequences = []
    for position, one in enumerate(given["consequences"]):
        party = one["falls_on"]
        consequences.append(
            (
                position,
                party.get("kind"),
                party.get("id"),
                dumps(one["options"]),
                int(one["certain"]),
                one.get("record"),
                making.consequence(one),
            )
        )
    ledger = [
        (position, one["step"], one.get("id"), units[one["low"]], units[one["high"]])
        for position, one in enumerate(given["ledger"])
    ]
    name = f"{subject['id']} {subject.get('name') or ''}".strip()
    return Rows(
        given["id"],
        dumps(entry.assessment),
        head,
        given["not_rated"],
        ("subject", name, name),
        dumps(entry.plugins),
        findings,
        consequences,
        ledger,
        _summed(findings) if entry.dimensions is None else _carried(entry.dimensions),
        entry,
    )


def _carried(dimensions: Dimensions) -> list[int | None]:
    """Return the row of `attained` from what an assessment says of its dimensions."""
    row: list[int | None] = []
    perhaps = 0
    for place, name in enumerate(DIMENSIONS):
        low, high, full, asked = dimensions.get(name, (0, 0, 0, "no"))
        row += (0, 0, 0) if asked == "no" else (low, high, full)
        perhaps |= (asked == "possible") << place
    return [*row, CARRIED, perhaps]


def _summed(findings: Iterable[tuple[Any, ...]]) -> list[int | None]:
    """Return the row of `attained` from the findings alone, as the first edition summed it.

    A finding of a rule that may not apply shows 0 as its low end and its full mark as asked, so
    these ends may be wider, or elsewhere, than the true ones.
    """
    row = [0] * (3 * len(DIMENSIONS))
    for _, _, section, dimension, outcome, *points, _ in findings:
        at = _PLACES.get(dimension)
        if at is not None and section is not None and outcome not in _NOT_ASKED:
            for end, units in enumerate(points):
                row[at + end] += units
    return [*row, 0, None]


def decimal_text(units: int, decimals: int) -> str:
    """Return units of 10**-decimals as the text that they came from."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def dumps(value: object) -> str:
    """Return plain data as JSON, keys in their own order."""
    return _JSON.encode(value)


def pack(document: str) -> bytes:
    """Return a document as the store holds it."""
    return zlib.compress(document.encode("utf-8", "surrogatepass"), _FAST)


def unpack(packed: bytes) -> str:
    """Return a document back as it was; raises zlib.error where it is spoilt."""
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")


def _title(value: object) -> tuple[str, str] | None:
    title = value.get("title") if isinstance(value, Mapping) else None
    if isinstance(title, Mapping):
        return str(title.get("zh") or ""), str(title.get("en") or "")
    return None if title is None else (str(title), str(title))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value))


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)

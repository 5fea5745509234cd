"""Comparisons over a store: read from it, kept in it, and made again from what was kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from steelyard.comparison.attainment import Spread, spread
from steelyard.comparison.comparison import Comparison, compare
from steelyard.comparison.comparison_json import summary
from steelyard.comparison.options import Options
from steelyard.comparison.snapshot import Held
from steelyard.comparison.surveys import Surveyed
from steelyard.comparison.table import RATED, Heads, Table, table_of
from steelyard.errors import Plural, StoreError, fault
from steelyard.expression.types import decimal_of
from steelyard.forms.table import FORMS, Forms
from steelyard.messages import Title
from steelyard.store.attained import HEAD, asked, attained, attained_by, held, sampled
from steelyard.store.comparisons import Made, keep, kept
from steelyard.store.store import Store
from steelyard.ticks import Ticks, silent

if TYPE_CHECKING:
    from steelyard.book.model import Measure, RuleBook
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Judges

_COVERAGE = 4
_BOOKS = 64


class Saved:
    """The assessments of a store as a source; with `ids` only those, as a replay needs."""

    def __init__(
        self,
        store: Store,
        options: Options,
        *,
        measures: Mapping[str, Measure] | None = None,
        judges: Judges | None = None,
        forms: Forms = FORMS,
        ids: Sequence[str] | None = None,
    ) -> None:
        """Take the store, what is asked of it, and the measures, judges and forms of plugins for
        judging cases again.
        """
        from steelyard.comparison.change import nobody

        self._store = store
        self._options = options
        self._measures = measures or {}
        self._judges = judges or nobody
        self._forms = forms
        self._only = _table(store, attained_by(store, ids)) if ids is not None else None
        self._loaded = lru_cache(maxsize=_BOOKS)(self._load)

    def held(self) -> Iterable[Held]:
        """Return the periods, sectors, books and versions of the assessments."""
        # Of a replay too: what was asked for may have had no assessments of its own, such as a
        # period without this book.
        return [Held(*row) for row in held(self._store)]

    def table(self, period: str) -> Table:
        """Return the assessments of a period, of the sectors and books that are asked for."""
        if self._only is not None:
            return self._only.where(lambda one, _sector, _book, _version: one == period)
        return _table(
            self._store,
            attained(
                self._store, [period], sectors=self._options.sectors, books=self._options.books
            ),
        )

    def spread(self, table: Table) -> Mapping[str, Spread]:
        """Return how the books of a table spread over the dimensions, by digest."""
        heads = table.heads
        first: dict[str, int] = {}
        for place, digest in enumerate(heads.digest):
            first.setdefault(digest, place)
        found = {}
        for digest, place in first.items():
            rules = [
                (one, bonus, decimal_of(points, places))
                for one, bonus, points, places in asked(self._store, heads.assessment[place])
            ]
            document = self._store.book(digest)
            found[digest] = spread(
                rules,
                book=heads.book[place],
                version=heads.version[place],
                digest=digest,
                sector=heads.sector[place],
                title=_title(document.get("title"), heads.book[place]),
                grades={
                    one["id"]: _title(one.get("title"), one["id"])
                    for one in document.get("grades", ())
                },
            )
        return found

    def book(self, digest: str) -> RuleBook:
        """Return a book as it was when it was used."""
        return self._loaded(digest)

    def assessment(self, assessment: str) -> Assessment:
        """Return an assessment judged again from its case by its book."""
        from steelyard.case.reading.read import parse_case
        from steelyard.judging.assessment import weigh
        from steelyard.located_yaml import mark

        document = self._store.get(assessment)
        book = self._loaded(document["book"]["digest"])
        case = self._store.case(document["case"])
        return weigh(book, parse_case(mark(case, assessment), book, assessment), self._judges)

    def surveyed(self, assessments: Sequence[str]) -> Mapping[str, Surveyed]:
        """Return what was saved of the surveys of assessments."""
        found = sampled(self._store, assessments)
        return {name: Surveyed.of(said) for name, said in found.items()}

    def _load(self, digest: str) -> RuleBook:
        from steelyard.book.reading.load import stored_book

        document = self._store.book(digest)
        name = f"{self._store.name}: {document.get('book')}"
        return stored_book(document, name, measures=self._measures, forms=self._forms)


def compare_saved(
    store: Store,
    options: Options,
    *,
    measures: Mapping[str, Measure] | None = None,
    judges: Judges | None = None,
    forms: Forms = FORMS,
    ticks: Ticks = silent,
) -> Comparison:
    """Compare the assessments of a store. Raises UsageError for what is not there, StoreError where
    the file cannot serve.
    """
    return compare(
        Saved(store, options, measures=measures, judges=judges, forms=forms),
        options,
        judges=judges,
        ticks=ticks,
    )


def save(store: Store, comparison: Comparison, printed: str) -> None:
    """Keep a comparison: its method, the ids of what it rests on, what it found in short, and the
    fingerprint of all of it.
    """
    keep(
        store,
        Made(
            comparison.id,
            printed,
            comparison.options.document(),
            comparison.assessments,
            summary(comparison),
            comparison.result,
        ),
    )


def replay(
    store: Store,
    reference: str,
    *,
    measures: Mapping[str, Measure] | None = None,
    judges: Judges | None = None,
    forms: Forms = FORMS,
    ticks: Ticks = silent,
) -> tuple[Comparison, Made]:
    """Make a kept comparison again from the assessments that it rests on.

    The caller checks with `same` whether it is still the same. Raises StoreError for an unknown id,
    or where an assessment is no longer there.
    """
    made = kept(store, reference)
    options = Options.of(made.method)
    source = Saved(
        store, options, measures=measures, judges=judges, forms=forms, ids=made.assessments
    )
    found = compare(source, replace(options), judges=judges, ticks=ticks)
    if len(found.assessments) != len(made.assessments):
        lost = len(made.assessments) - len(found.assessments)
        raise StoreError(
            [
                fault(
                    store.name,
                    Plural(
                        "{count} assessment behind comparison `{id}` is no longer there",
                        "{count} assessments behind comparison `{id}` are no longer there",
                    ),
                    count=lost,
                    id=made.id,
                )
            ]
        )
    return found, made


def same(found: Comparison, made: Made) -> bool:
    """Whether a comparison made again is the one that was kept."""
    return found.id == made.id and found.result == made.result


def _table(store: Store, rows: Sequence[Sequence[Any]]) -> Table:
    at = {name: place for place, name in enumerate(HEAD)}
    texts = [
        "id",
        "subject",
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
    ]
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(HEAD) + 38)
    # Texts that repeat are kept once.
    once: dict[str, str] = {}
    heads = [[once.setdefault(one or "", one or "") for one in columns[at[name]]] for name in texts]
    try:
        coverage = {text: _coverage(text) for text in set(columns[at["coverage"]])}
        start = at["not_rated"]
        figures = [
            [coverage[row[at["coverage"]]], RATED.index(row[start]), *row[start + 1 :]]
            for row in rows
        ]
    except (TypeError, ValueError):
        raise StoreError([fault(store.name, "is damaged")]) from None
    return table_of(Heads(*heads), columns[at["part_of"]], figures)


def _coverage(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(_COVERAGE, "0"))


def _title(title: object, otherwise: str) -> Title:
    if isinstance(title, Mapping):
        return Title(str(title.get("zh") or otherwise), str(title.get("en") or otherwise))
    return Title(str(title or otherwise), str(title or otherwise))

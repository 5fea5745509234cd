"""The laws of the design, sections 4 and 5: whatever is still open, the truth lies within what was
said before.

Exempt by name: rules judged by plugins; what a bonus rule reads and is not shown (a bonus must be
claimed). Completions keep to declared ranges; a case that contradicts itself (CaseError) is thrown
away, and such cases are counted.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.forms.demerit import Demerit
from steelyard.judging.assessment import Assessment, weigh

from .strategies import Books, Cases, Completion, load, read

BOOKS = int(os.environ.get("STEELYARD_BOOKS_TRIED", "90"))
SHARDS = 6
KEPT = "own_"


class Try:
    """A random book with its cases and ways to complete them."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.books = Books(self.rng, bonus=KEPT)
        self.book: RuleBook = load(self.books.document())
        self.cases = Cases(self.rng, self.books.words, {**self.books.extra})
        self.completion = Completion(self.rng, self.cases, KEPT)
        self.kept = set(self.bonus_facts())

    def bonus_facts(self) -> Iterator[str]:
        """Yield the items and deliverables of bonus rules: they must be claimed too."""
        for rule in self.book.rules.values():
            if rule.bonus:
                items = getattr(rule.form, "items", ())
                yield from (item.id for item in items)
                stage = getattr(rule.form, "stage", None)
                if stage is not None:
                    yield from (one.id for one in self.book.stages[stage].deliverables)

    def steps(self, document: dict[str, Any]) -> list[Any]:
        # What a bonus rule asks and is not shown does not exist, so it stays as it is.
        hidden = {
            name: slot
            for name, slot in self.cases.facts.items()
            if name in self.kept and name not in document["facts"]
        }
        facts = self.cases.facts
        self.cases.facts = {name: slot for name, slot in facts.items() if name not in hidden}
        steps = self.completion.steps(document)
        self.cases.facts = facts
        return steps

    def completed(self, document: dict[str, Any]) -> dict[str, Any]:
        out = copy.deepcopy(document)
        for _ in range(4):
            for step in self.steps(out):
                step(out)
        return out

    def judged(self, document: dict[str, Any]) -> Assessment | None:
        case = read(document, self.book)
        return None if case is None else weigh(self.book, case)


def within(before: Assessment, after: Assessment, note: object) -> None:
    """Hold that everything said after lies within everything said before."""
    said = (note, before.case.document, after.case.document)
    assert before.scored.low <= after.scored.low <= after.scored.high <= before.scored.high, said
    for name, was in before.scored.sections.items():
        now = after.scored.sections[name]
        assert now is None or (was is not None and was[0] <= now[0] <= now[1] <= was[1]), (
            name,
            was,
            now,
            said,
        )
    for old, new in zip(before.verdicts, after.verdicts, strict=True):
        assert new.outcome == "not_applicable" or old.low <= new.low <= new.high <= old.high, (
            old,
            new,
            said,
        )
        if (
            old.outcome in {"pass", "partial", "fail", "not_applicable", "waived"}
            and old.low == old.high
        ):
            # A rule of which every outcome earns the same may still turn out not to apply; its
            # points are settled.
            assert (new.low, new.high) == (old.low, old.high), (old, new, said)
        if old.outcome in {"not_applicable", "waived"}:
            assert new.outcome == old.outcome, (old, new, said)
    assert (
        before.standing.low <= after.standing.low <= after.standing.high <= before.standing.high
    ), said
    settled = {"no": {"no"}, "yes": {"yes"}, "possible": {"no", "possible", "yes"}}
    assert after.standing.veto in settled[before.standing.veto], said
    assert after.standing.not_rated in settled[before.standing.not_rated], said
    for name, first in before.dimensions.items():
        second = after.dimensions[name]
        assert second.asked in settled[first.asked], (name, said)
        if second.asked != "no":
            assert first.low <= second.low <= second.high <= first.high, (name, said)
    assert after.coverage >= before.coverage, said
    sure = [
        {(one.row, one.kind, one.party, one.record) for one in side.consequences if one.certain}
        for side in (before, after)
    ]
    assert {one for one in sure[0] if one[2] != "unknown"} <= sure[1], said
    listed = {(one.row, one.kind, one.party, one.record) for one in before.consequences}
    for one in after.consequences:
        # A new record brings its own, and may bring somebody whom nobody has named before.
        known = (
            one.record in before.case.registers[before.book.consequences[one.row].on].ids
            if one.record
            else one.party != "unknown"
        )
        party = {(one.row, one.kind, who, one.record) for who in (one.party, "unknown")}
        assert not known or party & listed, (one, said)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_truth_lies_within_what_was_said_before(shard: int) -> None:
    held = discarded = settled = 0
    for number in range(BOOKS // SHARDS):
        tried = Try(f"truth {shard}/{number}")
        for _ in range(4):
            document = tried.cases.document()
            before = tried.judged(document)
            if before is None:
                discarded += 1
                continue
            for _ in range(3):
                after = next(
                    (
                        one
                        for one in (tried.judged(tried.completed(document)) for _ in range(4))
                        if one is not None
                    ),
                    None,
                )
                if after is None:
                    discarded += 1
                    continue
                held += 1
                settled += after.scored.low == after.scored.high
                within(before, after, number)
    assert held > discarded, (held, discarded)
    # What stays open then is a survey too small for its confidence, or what a zero leaves undefined
    # beside it.
    assert settled > held // 2, (settled, held)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_new_fact_only_narrows(shard: int) -> None:
    held = discarded = 0
    for number in range(BOOKS // SHARDS):
        tried = Try(f"narrow {shard}/{number}")
        document = tried.cases.document(random.Random(number).choice((0.0, 0.3, 0.6)))
        before = tried.judged(document)
        if before is None:
            discarded += 1
            continue
        for step in tried.steps(document)[:30]:
            fuller = copy.deepcopy(document)
            step(fuller)
            after = tried.judged(fuller)
            if after is None:
                discarded += 1
                continue
            held += 1
            within(before, after, number)
            document, before = fuller, after
    assert held > discarded, (held, discarded)


def test_the_ledger_adds_up_to_the_score_and_the_bytes_are_the_same() -> None:
    for number in range(40):
        tried = Try(f"ledger {number}")
        document = tried.cases.document()
        one, two = tried.judged(document), tried.judged(json.loads(json.dumps(document)))
        again = load(tried.book.document)  # type: ignore[arg-type]
        assert again.digest == tried.book.digest
        if one is None or two is None:
            continue
        assert (sum(e.low for e in one.ledger), sum(e.high for e in one.ledger)) == (
            one.scored.low,
            one.scored.high,
        )
        case = read(document, again)
        assert case is not None
        texts = {
            json.dumps(made.to_json(), ensure_ascii=False)
            for made in (one, two, weigh(again, case))
        }
        assert len(texts) == 1
        assert 0 <= one.scored.coverage <= 10**4


def test_a_unit_is_weighed_alone() -> None:
    for number in range(15):
        tried = Try(f"alone {number}")
        documents = [{**tried.cases.document(), "subject": f"s-{n}"} for n in range(4)]
        cases = [
            case
            for case in (read(document, tried.book) for document in documents)
            if case is not None
        ]
        alone = [weigh(tried.book, case).to_json() for case in cases]
        together = [weigh(tried.book, case).to_json() for case in reversed(cases)]
        assert alone == together[::-1]


def test_one_more_verified_breach_never_raises_a_score() -> None:
    tried_ = 0
    for number in range(90):
        rng = random.Random(f"breach {number}")
        tried = Try(f"breach {number}")
        # Only demerits: other forms may well gain by a record (a share of good ones, say).
        demerits = [
            rule
            for rule in tried.book.document["rules"]  # type: ignore[attr-defined]
            if "demerit" in rule and "bonus" not in rule
        ]
        if not demerits:
            continue
        rules = [
            {
                k: v
                for k, v in rule.items()
                if k not in {"not_applicable", "when_undefined", "section", "weight"}
            }
            for rule in demerits
        ]
        total = sum(float(rule["points"]) for rule in rules)
        plain = {
            **json.loads(json.dumps(tried.book.document)),
            "limiters": [],
            "consequences": [],
            "points": total,
            "rules": [{**rule, "section": "all"} for rule in rules],
            "sections": [{"id": "all", "points": total}],
            "grades": [{"id": "fail", "at_least": 0}],
        }
        plain.pop("bonus", None)
        book = load(plain)
        cases = Cases(rng, tried.books.words)
        for _ in range(4):
            document = cases.document()
            before = read(document, book)
            if before is None:
                continue
            more = copy.deepcopy(document)
            for name, slots in tried.books.words.registers.items():
                if name in more["records"]:
                    said = more["records"][name]
                    (said["rows"] if isinstance(said, dict) else said).append(
                        {"id": "one-more", **cases.cells(slots, 1.0)}
                    )
            after = read(more, book)
            if after is None:
                continue
            was, now = weigh(book, before), weigh(book, after)
            if any(v.outcome == "not_applicable" for v in (*was.verdicts, *now.verdicts)) or any(
                divides(book)
            ):
                continue
            tried_ += 1
            assert now.scored.low <= was.scored.low
            assert now.scored.high <= was.scored.high
    assert tried_ > 40


def divides(book: RuleBook) -> Iterator[bool]:
    """Return of each demerit whether what it reads of the case may change with the records."""
    for rule in book.rules.values():
        assert isinstance(rule.form, Demerit)
        written = next(one for one in book.document["rules"] if one["id"] == rule.id)["demerit"]  # type: ignore[attr-defined]
        yield any(
            word in f"{written.get('when', '')} {written['each']}"
            for word in ("calm", "average", "mean", "ratio", "/", "part", "share")
        )

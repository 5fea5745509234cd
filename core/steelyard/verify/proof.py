"""All that is to be proved of one book, family by family, with what the book excepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.book.model import EXCEPTED_AT_CASES, EXCEPTED_AT_RECORDS, Exempt, RuleBook
from steelyard.errors import Word, fault
from steelyard.messages import Language, Title
from steelyard.verify.alive import alive
from steelyard.verify.bench import Bench
from steelyard.verify.consistent import consistent
from steelyard.verify.fair import fair
from steelyard.verify.reachable import reachable
from steelyard.verify.safe import safe
from steelyard.verify.tailored import tailored
from steelyard.verify.verdict import FAMILIES, Family, Verdict
from steelyard.verify.whole import whole

SCHEMA = "steelyard/verification@1"
NO_WHERE = Word("the book's exception does not say `where` it is meant")
NO_BESIDE = Word("the book's exception does not say `beside` what it is meant")
STATES = ("proved", "refuted", "undecided", "excepted", "remarked")


@dataclass(frozen=True, slots=True)
class Verification:
    """Every verdict on a book."""

    book: RuleBook
    verdicts: tuple[Verdict, ...]
    seconds: float

    @property
    def refuted(self) -> bool:
        """Whether anything is refuted."""
        return any(one.state == "refuted" for one in self.verdicts)

    def counts(self) -> dict[str, int]:
        """Return how many verdicts there are of each state."""
        found = Counter(one.state for one in self.verdicts)
        return {state: found[state] for state in STATES}  # type: ignore[index]


def verify(
    book: RuleBook, limit: float, bases: Iterable[RuleBook] = (), *, only: Sequence[Family] = ()
) -> Iterator[Verdict]:
    """Yield the verdicts on a book; each check may take `limit` seconds.

    `bases` are the books that it extends; `only` leaves the other families out.
    """
    bench = Bench(book, limit)
    asked: dict[Family, Callable[[Bench], Iterator[Verdict]]] = {
        "alive": alive,
        "reachable": reachable,
        "whole": whole,
        "consistent": consistent,
        "fair": fair,
        "safe": safe,
        "tailored": lambda bench: (v for base in bases for v in tailored(bench, base)),
    }
    needed: set[Exempt] = set()
    for family in FAMILIES:
        if only and family not in only:
            continue
        for verdict in asked[family](bench):
            said = excepting(book, verdict)
            if verdict.state in {"refuted", "excepted"}:
                needed.update(said)
            yield _excepted(verdict, said)
    if not only:
        for one in book.exceptions:
            if one not in needed:
                says = fault("", "the book excepts `{check}` of `{about}`, which holds",
                             check=one.check, about=one.about)  # fmt: skip
                yield Verdict("consistent", "exceptions", one.about, says, one.beside, "remarked")


def excepting(book: RuleBook, verdict: Verdict) -> list[Exempt]:
    """Return the exceptions of a book that speak of a claim, though they may not say enough."""
    return [
        one
        for one in book.exceptions
        if (one.check, one.about) == (verdict.check, verdict.about)
        and one.beside in {"", verdict.beside}
    ]


def _excepted(verdict: Verdict, said: list[Exempt]) -> Verdict:
    """Return a verdict as the book's exceptions leave it: one that does not say all that tells the
    fault from others excepts nothing.
    """
    if verdict.state != "refuted" or verdict.why or not said:
        return verdict
    if all(one.beside != verdict.beside for one in said):
        return verdict._replace(why=NO_BESIDE)
    if verdict.check in EXCEPTED_AT_RECORDS | EXCEPTED_AT_CASES:
        return verdict._replace(why=NO_WHERE)
    return verdict._replace(state="excepted")


def reason_of(book: RuleBook, verdict: Verdict) -> Title:
    """Return the reason for which a book excepts a claim."""
    return next(one.reason for one in excepting(book, verdict) if one.beside == verdict.beside)


def to_json(found: Verification, language: Language, say: Callable[[str], str]) -> dict[str, Any]:
    """Return a verification as plain data in the published form `steelyard/verification@1`."""
    book = found.book
    return {
        "schema": SCHEMA,
        "book": {"id": book.id, "version": book.version, "digest": book.digest},
        "seconds": round(found.seconds, 3),
        "counts": found.counts(),
        "verdicts": [
            {
                "family": one.family,
                "check": one.check,
                "about": one.about,
                **({"beside": one.beside} if one.beside else {}),
                "claim": one.claim.text(say),
                "state": one.state,
                "why": (say(one.why.message) if one.why else "")
                if one.state != "excepted"
                else reason_of(book, one).of(language),
                "seconds": round(one.seconds, 3),
                "cases": list(one.cases),
            }
            for one in found.verdicts
        ],
    }

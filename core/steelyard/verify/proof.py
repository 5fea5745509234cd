"""All that is to be proved of one book, family by family, with what the book excepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.book.model import RuleBook
from steelyard.errors import fault
from steelyard.messages import Language
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
    reasons = {(one.check, one.about): one for one in book.exceptions}
    needed: set[tuple[str, str]] = set()
    for family in FAMILIES:
        if only and family not in only:
            continue
        for verdict in asked[family](bench):
            key = (verdict.check, verdict.about)
            if verdict.state == "refuted" and key in reasons:
                needed.add(key)
                yield verdict._replace(state="excepted")
            else:
                yield verdict
    if not only:
        for key, one in reasons.items():
            if key not in needed:
                says = fault("", "the book excepts `{check}` of `{about}`, which holds",
                             check=one.check, about=one.about)  # fmt: skip
                yield Verdict("consistent", "exceptions", one.about, says, "remarked")


def to_json(found: Verification, language: Language, say: Callable[[str], str]) -> dict[str, Any]:
    """Return a verification as plain data in the published form `steelyard/verification@1`."""
    book = found.book
    reasons = {(one.check, one.about): one.reason for one in book.exceptions}
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
                "claim": one.claim.text(say),
                "state": one.state,
                "why": (say(one.why.message) if one.why else "")
                if one.state != "excepted"
                else reasons[one.check, one.about].of(language),
                "seconds": round(one.seconds, 3),
                "cases": list(one.cases),
            }
            for one in found.verdicts
        ],
    }

"""What a comparison is asked: which units, on which dimensions, by which weights, with which
seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from steelyard.comparison.listing import ListRule, default_rules, rules_of
from steelyard.comparison.peers import Within
from steelyard.comparison.weights import Range, from_texts, given_texts

PEERS = 8
COVERAGE = Decimal("0.6")
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The arguments of a comparison.

    `period` is the latest one unless named; `against` an earlier one. Nothing named in `sectors`,
    `books` (ids or id@version) or `dimensions` means all: of the dimensions, all that every
    compared book has. `pairs` name units by their ids, or as unit@book. `possible_veto` sets units
    apart whose veto hangs on missing evidence. `draws` of 0 are as many as suit the number of
    units.
    """

    period: str = ""
    against: str = ""
    sectors: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    weights: Mapping[str, Range] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    peers: Within = "book"
    min_peers: int = PEERS
    min_coverage: Decimal = COVERAGE
    possible_veto: bool = False
    seed: int = SEED
    draws: int = 0
    lists: tuple[ListRule, ...] = field(default_factory=default_rules)

    def document(self) -> dict[str, Any]:
        """Return the arguments as plain data, from which `of` makes them again."""
        return {
            "period": self.period,
            "against": self.against,
            "sectors": list(self.sectors),
            "books": list(self.books),
            "dimensions": list(self.dimensions),
            "weights": given_texts(self.weights),
            "pairs": [list(pair) for pair in self.pairs],
            "peers": self.peers,
            "min_peers": self.min_peers,
            "min_coverage": f"{self.min_coverage:f}",
            "possible_veto": "apart" if self.possible_veto else "ranked",
            "seed": self.seed,
            "draws": self.draws,
            "lists": [rule.document() for rule in self.lists],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the arguments that a document holds."""
        return cls(
            period=document["period"],
            against=document["against"],
            sectors=tuple(document["sectors"]),
            books=tuple(document["books"]),
            dimensions=tuple(document["dimensions"]),
            weights=from_texts(document["weights"].items()),
            pairs=tuple((one, other) for one, other in document["pairs"]),
            peers=document["peers"],
            min_peers=document["min_peers"],
            min_coverage=Decimal(document["min_coverage"]),
            possible_veto=document["possible_veto"] == "apart",
            seed=document["seed"],
            draws=document["draws"],
            lists=rules_of(document["lists"]) if document["lists"] else (),
        )

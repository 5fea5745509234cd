"""A comparison: who stands where, among whom, by which method, and what changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.book_share import BookShare, book_share
from steelyard.comparison.changes import Changes, changes
from steelyard.comparison.correlation import Correlation, correlations
from steelyard.comparison.fingerprint import fingerprint
from steelyard.comparison.limited import Limited
from steelyard.comparison.lists import List, lists
from steelyard.comparison.options import Options
from steelyard.comparison.peers import Peers, peers
from steelyard.comparison.periods import latest
from steelyard.comparison.ranking import Ranking, draws_for, rank
from steelyard.comparison.snapshot import Held, Snapshot, Source, TableSource, snapshot
from steelyard.comparison.table import RATED, Table
from steelyard.comparison.unranked import WORDS, Apart, apart
from steelyard.comparison.weights import Weights, weights
from steelyard.errors import Fault, Plural, SteelyardError, UsageError, fault, nearest
from steelyard.ticks import Ticks, Work, silent
from steelyard.version import VERSION

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers, Truths
    from steelyard.judging.findings import Judges

SCHEMA = "steelyard/comparison@2"
# A comparison's id tells what was compared by which method, whatever the form that it is printed
# in: so what was made in the first form can be made again.
_IDENTITY = "steelyard/comparison@1"
_SHOWN = 5
_MOST_NAMED = 3
_MOST_LIKE = 5_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """All that a report of a comparison needs; every column runs along the rows of `now.table`, or
    says along what.

    `options` are complete: the period and the draws stand in them. `ranking` is None where
    `refused` says why. `assessments` are the ids of all that was read, earlier periods included.
    """

    options: Options
    now: Snapshot
    apart: Apart
    peers: Peers
    weights: Weights | None
    ranking: Ranking | None
    refused: Fault | None
    lists: tuple[List, ...]
    changes: Changes | None
    assessments: tuple[str, ...]

    @cached_property
    def id(self) -> str:
        """The comparison's own id: the same for the same arguments and assessments, and version of
        Steelyard.
        """
        words = json.dumps(
            [_IDENTITY, VERSION, self.options.document(), list(self.assessments)],
            sort_keys=True,
        )
        return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:20]

    @cached_property
    def book_share(self) -> BookShare | None:
        """How much of the ranking tells of the books; None where there is no ranking."""
        return None if self.ranking is None else book_share(self.now, self.ranking)

    @cached_property
    def correlations(self) -> tuple[Correlation, ...]:
        """How the dimensions of the ranking go together among the units ranked."""
        ranking = self.ranking
        return () if ranking is None else correlations(self.now, ranking.rows, ranking.dimensions)

    @cached_property
    def result(self) -> str:
        """The SHA-256 of all that was found."""
        parts = (
            self.now,
            self.apart.flags,
            self.peers,
            self.weights,
            self.ranking,
            self.refused,
            self.lists,
            self.changes,
        )
        return fingerprint(parts)


def compare(
    source: Source | Table,
    options: Options | None = None,
    *,
    judges: Judges | None = None,
    ticks: Ticks = silent,
) -> Comparison:
    """Compare the units of one period.

    `source` is a table of assessments, or whatever gives some. `judges` answers for rules of the
    form `judged` where cases are judged again to tell sampling error and changed rules apart. A
    pure function: the same source and options give the same comparison, bit by bit, on every
    machine. Raises UsageError for what is not there to be compared.
    """
    seen = _Seen(TableSource(source) if isinstance(source, Table) else source, options or Options())
    chosen = seen.options
    now = seen.snapshot(chosen.period)
    if not len(now.table):
        raise UsageError([_nothing(chosen)])
    missing = [
        name
        for name in chosen.dimensions
        if not any(name in book.dimensions for book in now.spreads)
    ]
    if missing:
        raise UsageError(
            [
                fault("--dimension", "no book that is compared has a rule on `{name}`", name=name)
                for name in missing
            ]
        )
    aside = apart(now, chosen.min_coverage, possible_veto=chosen.possible_veto)
    shares = weights(chosen.weights, now.dimensions) if now.dimensions else None
    rows = aside.ranked
    pairs = _pairs(chosen, now, aside)
    chosen = replace(chosen, draws=chosen.draws or draws_for(len(rows)))
    refused, ranking = _unranked(now, rows), None
    if refused is None and shares is not None:
        done = _Counter(ticks, "ranking", chosen.draws)
        ranking = rank(
            now.attained,
            rows,
            shares,
            certain=_certain(now, rows),
            draws=chosen.draws,
            seed=chosen.seed,
            pairs=pairs,
            tick=done.add,
        )
    elif pairs:
        raise UsageError([(refused or fault("", "there is no ranking")).under("--pair")])
    among = peers(
        now.table, now.attained, aside.peers, within=chosen.peers, minimum=chosen.min_peers
    )
    listed = lists(chosen.lists, now, shares, seen.past, Limited(seen.book))
    changed = None
    if chosen.against:
        from steelyard.comparison.change import nobody

        changed = changes(
            seen,
            seen.snapshot(chosen.against),
            now,
            judges or nobody,
            lambda did, total: ticks("changes", did, total),
        )
    return Comparison(
        options=chosen,
        now=now,
        apart=aside,
        peers=among,
        weights=shares,
        ranking=ranking,
        refused=refused,
        lists=listed,
        changes=changed,
        assessments=seen.ids(),
    )


class _Counter:
    """Adds up what is done."""

    def __init__(self, ticks: Ticks, what: Work, total: int) -> None:
        self.ticks, self.what, self.total, self.done = ticks, what, total, 0

    def add(self, done: int) -> None:
        self.done += done
        self.ticks(self.what, self.done, self.total)


class _Seen:
    """A source narrowed to what is asked for, that reads each period once and remembers what was
    read.
    """

    def __init__(self, source: Source, options: Options) -> None:
        held = list(source.held())
        self.options = _resolved(options, held)
        self.source = source
        self.periods = {one.period for one in held}
        self.snapshots: dict[str, Snapshot] = {}
        self.tables: dict[str, Table] = {}
        self.book = source.book
        self.assessment = source.assessment
        self.surveyed = source.surveyed
        self.spread = source.spread
        self.held = source.held

    def table(self, period: str) -> Table:
        if period not in self.tables:
            self.tables[period] = self.source.table(period).where(self._wanted)
        return self.tables[period]

    def _wanted(self, _period: str, sector: str, book: str, version: str) -> bool:
        return _fits(self.options, sector, book, version)

    def snapshot(self, period: str) -> Snapshot:
        if period not in self.snapshots:
            self.snapshots[period] = snapshot(self, period, self.options.dimensions)
        return self.snapshots[period]

    def past(self, period: str) -> tuple[Snapshot, Weights | None] | None:
        """Return an earlier period with the weights of a ranking in it, as lists look at it."""
        if period not in self.periods:
            return None
        found = self.snapshot(period)
        try:
            return found, weights(
                self.options.weights, found.dimensions
            ) if found.dimensions else None
        except SteelyardError:
            return found, None

    def ids(self) -> tuple[str, ...]:
        return tuple(
            name for period in sorted(self.tables) for name in self.tables[period].heads.assessment
        )


def _fits(options: Options, sector: str, book: str, version: str) -> bool:
    named = not options.books or book in options.books or f"{book}@{version}" in options.books
    return named and (not options.sectors or sector in options.sectors)


def _resolved(options: Options, held: Sequence[Held]) -> Options:
    """Return the options with a period that is there; raises UsageError with all names that are
    not.
    """
    if not held:
        raise UsageError([fault("", "there are no assessments to compare")])
    faults: list[Fault] = []
    periods = sorted({one.period for one in held})
    fitting = {one.period for one in held if _fits(options, one.sector, one.book, one.version)}
    period = options.period or latest(fitting or periods)
    for option, name in (("--period", options.period), ("--against", options.against)):
        if name and name not in periods:
            # Periods are alike in most of their letters, so that a nearest one says little without
            # the others.
            said = ", ".join(periods[-_SHOWN:])
            faults.append(
                fault(
                    option,
                    "there are no assessments of `{period}`; there are of {periods}",
                    nearest(name, periods),
                    period=name,
                    periods=said,
                )
            )
    if options.against and options.against == period:
        faults.append(fault("--against", "`{period}` is the period itself", period=period))
    elif options.against and latest([period, options.against]) == options.against:
        faults.append(
            fault(
                "--against",
                "`{against}` is not earlier than `{period}`",
                against=options.against,
                period=period,
            )
        )
    sectors = {one.sector for one in held}
    books = {one.book for one in held} | {f"{one.book}@{one.version}" for one in held}
    faults += [
        fault(
            "--sector",
            "there are no assessments of sector `{name}`",
            nearest(name, sectors),
            name=name,
        )
        for name in options.sectors
        if name not in sectors
    ]
    faults += [
        fault(
            "--book", "there are no assessments by book `{name}`", nearest(name, books), name=name
        )
        for name in options.books
        if name not in books
    ]
    if faults:
        raise UsageError(faults)
    return replace(options, period=period)


def _nothing(options: Options) -> Fault:
    said = [*options.sectors, *options.books]
    return fault(
        "",
        "no assessment of {period} fits {filters}",
        period=options.period,
        filters=tuple(said),
    )


def _unranked(now: Snapshot, rows: Integers) -> Fault | None:
    if not now.dimensions:
        books = len(now.spreads)
        counts = Counter(name for book in now.spreads for name in book.dimensions)
        most = sorted(counts, key=lambda name: (-counts[name], DIMENSIONS.index(name)))
        shared = [name for name in most[:_MOST_NAMED] if counts[name] > 1]
        if shared:
            return fault(
                "",
                "there is no ranking: the {count} books compared have no dimension in common; "
                "at least {least} of them have {most}",
                count=books,
                least=min(counts[name] for name in shared),
                most=tuple(WORDS[name] for name in shared),
            )
        said = Plural(
            "there is no ranking: the {count} book compared has no dimension",
            "there is no ranking: the {count} books compared have no dimension in common",
        )
        return fault("", said, count=books)
    if not len(rows):
        return fault("", "there is no ranking: every unit stands apart")
    return None


def _certain(now: Snapshot, rows: Integers) -> Truths:
    """Return which units stay in the ranking whatever is still shown.

    It may yet be vetoed, or left without a rating, or none of the rules on a dimension may apply to
    it; where nobody worked that out, this may be so where all is open there.
    """
    import numpy as np

    at = [DIMENSIONS.index(name) for name in now.dimensions]
    table = now.table
    points, carried = table.points[rows][:, at], table.carried[rows]
    full = points[:, :, 2] * 10 ** carried[:, None]
    open_ = ((points[:, :, 0] == 0) & (points[:, :, 1] == full)).any(axis=1)
    told = table.perhaps[rows]
    out = np.where(told < 0, open_, (told & sum(1 << place for place in at)) != 0)
    vetoed = np.array(table.heads.veto)[rows] != "no"
    found: Truths = ~vetoed & ~out & (table.not_rated[rows] == RATED.index("no"))
    return found


def _pairs(options: Options, now: Snapshot, aside: Apart) -> list[tuple[int, int]]:
    """Return the chosen pairs as places in the ranking; raises UsageError for units that are not in
    it.
    """
    if not options.pairs:
        return []
    heads = now.table.heads
    names: dict[str, list[int]] = {}
    for row, (unit, book) in enumerate(zip(now.table.units, heads.book, strict=True)):
        for name in dict.fromkeys((unit.id, str(unit))):
            names.setdefault(name, []).append(row)
            names.setdefault(f"{name}@{book}", []).append(row)
    places = {row: place for place, row in enumerate(aside.ranked.tolist())}
    faults: list[Fault] = []
    found = []
    for pair in options.pairs:
        chosen = [_place(name, names, places, now, aside, faults) for name in pair]
        found.append((chosen[0], chosen[1]))
    if faults:
        raise UsageError(faults)
    return found


def _place(
    name: str,
    names: Mapping[str, list[int]],
    places: Mapping[int, int],
    now: Snapshot,
    aside: Apart,
    faults: list[Fault],
) -> int:
    rows = names.get(name, [])
    if not rows:
        faults.append(
            fault(
                "--pair",
                "there is no unit `{name}` in this comparison",
                nearest(name, _like(name, names)),
                name=name,
            )
        )
    elif len(rows) > 1:
        said = ", ".join(f"{now.table.units[row]}@{now.table.heads.book[row]}" for row in rows)
        faults.append(
            fault(
                "--pair",
                "`{name}` stands here more than once: name one of {names}",
                name=name,
                names=said,
            )
        )
    elif rows[0] not in places:
        # Its first reason is enough for a refusal.
        faults.append(aside.reasons(rows[0])[0].said._replace(place=f"--pair: {name}"))
    return places.get(rows[0], 0) if rows else 0


def _like(name: str, names: Mapping[str, list[int]]) -> list[str]:
    """Return the names that begin or end alike, so that a hundred thousand need not be looked at
    closely.
    """
    return [one for one in names if one[:3] == name[:3] or one[-3:] == name[-3:]][:_MOST_LIKE]

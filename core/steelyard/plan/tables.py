"""What each part of a book says for the moves that concern it, worked out by weighing the case.

A part depends on the levers that it reads alone, so that one weighing tries moves of many parts at
once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import NamedTuple

from steelyard.expression.tree import Mean
from steelyard.plan.candidates import Parts, general
from steelyard.plan.levers import Key, Lever, Option, Piece
from steelyard.plan.reads import Reads
from steelyard.plan.trial import Bench, Said

_FEW, _MOST = 64, 128
"""Of more combinations than a few, options that others outdo are left out first; of more than the
most, a part is tried at some alone: each move, all, all but some.
"""

Moves = dict[Key, Option]


class Row(NamedTuple):
    """What a part says when its levers are moved so, and all its others are not."""

    moves: Mapping[Key, Option]
    said: Said


class Table(NamedTuple):
    """What some levers of a part bring about, apart from the part's others.

    `rows` begin with the case as it is. `whole` is false where not every combination was tried.
    """

    piece: Piece
    levers: tuple[Key, ...]
    rows: tuple[Row, ...]
    whole: bool


class Tables:
    """Tries the moves of one case."""

    def __init__(self, bench: Bench, parts: Parts) -> None:
        """Take the case and what each part of its book reads."""
        self.bench = bench
        self.parts = parts
        self.reads = Reads(bench.book)
        self.crowded: frozenset[Piece] = frozenset()

    def worth(self, levers: Iterable[Lever]) -> list[Lever]:
        """Return the levers, those of parts that read many without the options that another
        outdoes at no more effort.
        """
        every = list(levers)
        self.crowded = self._crowded(every)
        some = [
            lever for lever in every if any(self.parts.moves(lever, one) for one in self.crowded)
        ]
        kept = {lever.key: lever for lever in self._worth(some)}
        rest = {lever.key for lever in every} - {lever.key for lever in some}
        return [kept.get(one.key, one) for one in every if one.key in kept or one.key in rest]

    def _crowded(self, levers: Sequence[Lever]) -> frozenset[Piece]:
        """Return the parts that read so much that not all of it can be tried."""
        found = []
        for piece in self.parts.reads:
            own = tuple(lever for lever in levers if self.parts.moves(lever, piece))
            if any(_combined(group) > _FEW for group in self._groups(piece, own)):
                found.append(piece)
        return frozenset(found)

    def _worth(self, some: list[Lever]) -> list[Lever]:
        asked = [({lever.key: option}, lever) for lever in some for option in lever.options]
        found = self._try([({}, None), *((moves, lever) for moves, lever in asked)], some)
        base = found[0]
        if base is None:
            return []
        kept, place = list[Lever](), 1
        for lever in some:
            told = found[place : place + len(lever.options)]
            place += len(lever.options)
            pieces = [one for one in self.parts.reads if self.parts.moves(lever, one)]
            rows = [
                (option, _ends(pieces, said))
                for option, said in zip(lever.options, told, strict=True)
                if said is not None
            ]
            left = [one for one in rows if not _outdone(one, rows, _ends(pieces, base))]
            if left:
                kept.append(lever._replace(options=tuple(option for option, _ in left)))
        return kept

    def all(self, levers: Sequence[Lever], pieces: Iterable[Piece] | None = None) -> list[Table]:
        """Return the tables of some parts, else of all, those with no levers too."""
        plans: list[tuple[Piece, tuple[Lever, ...], list[Moves], bool]] = []
        for piece in self.parts.reads if pieces is None else pieces:
            own = tuple(lever for lever in levers if self.parts.moves(lever, piece))
            for group in self._groups(piece, own):
                rows, whole = self._combinations(piece, group)
                plans.append((piece, group, rows, whole))
        asked = [(moves, piece) for piece, _, rows, _ in plans for moves in rows]
        found = iter(self._try_pieces(asked, levers))
        tables = []
        for piece, group, rows, whole in plans:
            said = [(moves, one) for moves in rows if (one := next(found)) is not None]
            tables.append(
                Table(
                    piece,
                    tuple(lever.key for lever in group),
                    tuple(Row(moves, one) for moves, one in said),
                    whole,
                )
            )
        return tables

    # Which combinations

    def _groups(self, piece: Piece, levers: tuple[Lever, ...]) -> list[tuple[Lever, ...]]:
        """Return the levers of a part in groups whose effects add up: those of each part of a
        mean.
        """
        kind, name = piece
        points = self.bench.book.rules[name].lowered.points if kind == "rule" else None
        if not isinstance(points, Mean) or len(levers) < 2:
            return [levers]
        groups: list[set[Key]] = []
        for part in points.parts:
            keys = {*self.reads.of(part.earned), *self.reads.of(part.applies)}
            together = [one for one in groups if one & keys]
            groups = [one for one in groups if not one & keys]
            groups.append(keys.union(*together))
        found = [
            tuple(lever for lever in levers if general(lever.key) in group) for group in groups
        ]
        if sum(map(len, found)) != len(levers):
            return [levers]
        return [group for group in found if group] or [()]

    def _combinations(self, piece: Piece, levers: tuple[Lever, ...]) -> tuple[list[Moves], bool]:
        """Return the moves to try, the case as it is first, and whether these are all."""
        if _combined(levers) <= _MOST:
            choices = [(None, *lever.options) for lever in levers]
            keys = [lever.key for lever in levers]
            return [
                {key: one for key, one in zip(keys, chosen, strict=True) if one is not None}
                for chosen in product(*choices)
            ], piece not in self.crowded
        best = self._best(piece, levers)
        order = list(best)
        rows: list[Moves] = [{}]
        rows += [{lever.key: option} for lever in levers for option in lever.options]
        rows += [{key: best[key] for key in order[:count]} for count in range(2, len(order) + 1)]
        rows += [{key: best[key] for key in order[start:]} for start in range(1, len(order) - 1)]
        if len(order) <= _MOST // 4:
            rows += [{key: best[key] for key in order if key != out} for out in order[1:-1]]
        return list({frozenset(row.items()): row for row in rows}.values()), False

    def _best(self, piece: Piece, levers: tuple[Lever, ...]) -> Moves:
        """Return the moves that together do most for a part, like fields of records alike."""
        classes: dict[Key, list[Lever]] = {}
        for lever in levers:
            classes.setdefault(general(lever.key), []).append(lever)
        best: Moves = {lever.key: lever.options[-1] for lever in levers if lever.key[0] != "field"}
        for some in (one for one in classes.values() if one[0].key[0] == "field"):
            values = list(dict.fromkeys(option.value for lever in some for option in lever.options))
            tried = [
                {
                    **best,
                    **{
                        lever.key: option
                        for lever in some
                        for option in lever.options
                        if option.value == value
                    },
                }
                for value in [*values, None]
            ]
            found = self._try_pieces([(moves, piece) for moves in tried], levers)
            sign = 1 if piece[0] != "limiter" else -1
            best = max(
                zip(tried, found, strict=True),
                key=lambda one: (-9, -9) if one[1] is None else (_good(sign, one[1]), -len(one[0])),
            )[0]
        return best

    # Weighing

    def _try_pieces(
        self, asked: Sequence[tuple[Moves, Piece]], levers: Sequence[Lever]
    ) -> list[Said | None]:
        """Return what each part says after its moves; None where they contradict one another."""
        keys = {
            piece: frozenset(lever.key for lever in levers if self.parts.moves(lever, piece))
            for _, piece in asked
        }
        found: list[Said | None] = [None] * len(asked)
        jobs = [(moves, keys[piece]) for moves, piece in asked]
        for moves, places in _packed(jobs):
            said = self.bench.said(moves)
            for place in places:
                alone = said if said is not None else self.bench.said(asked[place][0])
                found[place] = None if alone is None else alone[asked[place][1]]
        return found

    def _try(
        self, asked: Sequence[tuple[Moves, Lever | None]], levers: Sequence[Lever]
    ) -> list[Mapping[Piece, Said] | None]:
        """Return what all parts that read a lever say after it alone is moved."""
        near: dict[Key, frozenset[Key]] = {}
        for lever in levers:
            pieces = [one for one in self.parts.reads if self.parts.moves(lever, one)]
            near[lever.key] = frozenset(
                one.key for one in levers if any(self.parts.moves(one, piece) for piece in pieces)
            )
        found: list[Mapping[Piece, Said] | None] = [None] * len(asked)
        jobs = [
            (moves, near[lever.key] if lever is not None else frozenset()) for moves, lever in asked
        ]
        for moves, places in _packed(jobs):
            said = self.bench.said(moves)
            for place in places:
                found[place] = said if said is not None else self.bench.said(asked[place][0])
        return found


def _packed(jobs: Sequence[tuple[Moves, frozenset[Key]]]) -> Iterator[tuple[Moves, list[int]]]:
    """Yield moves that can be tried at once, with the places of the jobs that they answer.

    A job wants its moves, and of the keys that it reads no others.
    """
    packs: list[tuple[dict[Key, Option | None], list[int]]] = []
    for place, (moves, keys) in enumerate(jobs):
        wanted: dict[Key, Option | None] = {key: moves.get(key) for key in keys} | dict(moves)
        for fixed, places in packs:
            if all(fixed.get(key, value) == value for key, value in wanted.items()):
                fixed.update(wanted)
                places.append(place)
                break
        else:
            packs.append((wanted, [place]))
    for fixed, places in packs:
        yield {key: option for key, option in fixed.items() if option is not None}, places


def _combined(levers: Iterable[Lever]) -> int:
    return prod(1 + len(lever.options) for lever in levers)


def _ends(pieces: Iterable[Piece], said: Mapping[Piece, Said]) -> tuple[Fraction, ...]:
    """Return both ends of what parts say, as figures of which more is better."""
    found: list[Fraction] = []
    for piece in pieces:
        one = said[piece]
        sign = -1 if piece[0] == "limiter" else 1
        gone = one.state in {"out", "waived"}
        found += [Fraction(-2)] * 2 if gone else [sign * one.low, sign * one.high]
    return tuple(found)


def _outdone(
    one: tuple[Option, tuple[Fraction, ...]],
    others: Iterable[tuple[Option, tuple[Fraction, ...]]],
    base: tuple[Fraction, ...],
) -> bool:
    """Whether another option, or none, surely does more for no more effort."""
    option, ends = one
    cheaper = [
        theirs
        for other, theirs in others
        if other.effort <= option.effort and other.climb <= option.climb
    ]
    return any(
        theirs != ends and all(a >= b for a, b in zip(theirs, ends, strict=True))
        for theirs in (base, *cheaper)
    )


def _good(sign: int, said: Said) -> tuple[Fraction, Fraction]:
    return (sign * said.low, sign * said.high) if sign > 0 else (-said.high, -said.low)

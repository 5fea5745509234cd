"""The terminal's report of a comparison: who stands where and how surely, and who stands apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.text import Text

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Spread
from steelyard.comparison.comparison import Comparison
from steelyard.comparison.comparison_json import notes
from steelyard.comparison.peers import NONE, PERCENTILE_PLACES, Z_PLACES
from steelyard.comparison.ranking import Ranking
from steelyard.comparison.smaa import INTERVAL
from steelyard.errors import shown
from steelyard.expression.types import number_text
from steelyard.messages import Title
from steelyard.report.text.lists import Rolls
from steelyard.report.text.sheet import (
    FEW,
    NOTHING,
    RIGHT,
    WIDE,
    WIDER,
    Sheet,
    per_cent,
    span,
    tenths,
)


class League(Sheet):
    """Prints a comparison in one language."""

    def comparison(self, found: Comparison, limit: int) -> None:
        """Print a comparison, with at most so many units in each table."""
        self._head(found)
        self._books(found, limit)
        self._standings(found, limit)
        self._ranking(found)
        self._attainments(found, limit)
        self._positions(found, limit)
        rolls = Rolls(self.language, self.file)
        if found.changes is not None:
            rolls.changes(found, found.changes, limit)
        for one in found.lists:
            rolls.list(found, one, limit)
        self._apart(found, limit)
        self._foot(found)

    def _head(self, found: Comparison) -> None:
        heads = found.now.table.heads
        line = Text(
            self.say("Comparison of {period}").format(period=found.now.period), style="bold"
        )
        sectors, books = len(set(heads.sector)), len(found.now.spreads)
        said = self.say(
            "{units} units, {sectors} sectors, {books} books; {ranked} can be ranked, {apart} stand apart"
        )
        apart = len(found.apart.unranked)
        counted = said.format(
            units=len(set(heads.unit)),
            sectors=sectors,
            books=books,
            ranked=len(heads.unit) - apart,
            apart=apart,
        )
        line.append(f"  {counted}", style="not bold")
        self.console.print(line)
        if found.now.superseded:
            ids = self.some([one[:8] for one, _ in found.now.superseded], FEW)
            said = self.say(
                "{count} earlier assessments of the same unit, book and period do not count: {ids}"
            )
            self.console.print(said.format(count=len(found.now.superseded), ids=ids))

    def _books(self, found: Comparison, limit: int) -> None:
        books = found.now.spreads
        legend = "  ".join(
            f"{number} {self.name(name)}" for number, name in enumerate(DIMENSIONS, 1)
        )
        title = self.say("How the points of each book spread over the dimensions, in per cent")
        table = self.table(
            (self.say("book"), WIDE),
            (self.say("units"), RIGHT),
            *((str(number), RIGHT) for number in range(1, len(DIMENSIONS) + 1)),
            (self.say("bonus rules"), RIGHT),
            title=title,
        )
        counts = Counter(found.now.table.heads.digest)
        for one in books[:limit]:
            table.add_row(
                f"{one.book}@{one.version}",
                str(counts[one.digest]),
                *self._parts(one),
                str(one.bonus or ""),
            )
        self.console.print(table)
        self.more(len(books) - limit)
        self.console.print(legend)
        compared = self.listed(self.name(name) for name in found.now.dimensions)
        if compared:
            said = self.say("Ranked on {count} of {all} dimensions: {dimensions}")
            self.console.print(
                said.format(
                    count=len(found.now.dimensions), all=len(DIMENSIONS), dimensions=compared
                )
            )
        lacking = [
            (name, [one.book for one in books if name not in one.dimensions]) for name in DIMENSIONS
        ]
        # Where one book alone is compared there is no telling which lacks it.
        told = [
            f"{self.name(name)} ({self.some(missing, FEW)})" if len(books) > 1 else self.name(name)
            for name, missing in lacking
            if missing
        ]
        if told:
            said = self.say("Not comparable, since a book has no rule on it: {dimensions}")
            self.console.print(said.format(dimensions=self.listed(told)))

    def _parts(self, one: Spread) -> list[str]:
        total = one.points
        shares: list[str] = []
        for name in DIMENSIONS:
            part = one.parts.get(name)
            if part is None or not part.points:
                shares.append(NOTHING)
            else:
                share = part.points / total * 100
                shares.append(("<1" if share < 1 else f"{share:.0f}") if one.counted else "✓")
        return shares

    def _order(self, found: Comparison) -> list[int]:
        """Return the rows to show: by rank, then by unit; where there is no ranking, by unit."""
        ranking = found.ranking
        if ranking is None:
            return list(found.apart.peers.tolist())
        places = sorted(range(len(ranking.rows)), key=lambda place: int(ranking.rank[place]))
        return [int(ranking.rows[place]) for place in places]

    def _standings(self, found: Comparison, limit: int) -> None:
        """Print the ranking, or why there is none."""
        ranking = found.ranking
        if ranking is None:
            if found.refused is not None:
                self.console.print(Text(found.refused.text(self.say), style="bold"))
            return
        order, books = self._order(found), found.now.table.heads.book
        places = {row: place for place, row in enumerate(ranking.rows.tolist())}
        table = self.table(
            (self.say("rank"), RIGHT),
            (self.say("unit"), WIDER),
            (self.say("book"), WIDE | {"ratio": 2}),
            (self.say("mean, %"), RIGHT),
            (self.say("if all were shown"), {"justify": "right"}),
            (self.say("{percent} % of draws").format(percent=INTERVAL), {"justify": "right"}),
            ("Borda", RIGHT),
            title=self.say("Ranking, best first"),
        )
        for row in order[:limit]:
            table.add_row(*self._ranked(ranking, places[row], [self._unit(found, row), books[row]]))
        self.console.print(table)
        self.more(len(order) - limit)
        if any(found.now.table.heads.veto[row] == "possible" for row in order[:limit]):
            self.console.print("* " + self.say("may be vetoed: what is still to be shown decides"))

    def _unit(self, found: Comparison, row: int) -> str:
        """Return a unit's id and name, marked where it may be vetoed."""
        heads = found.now.table.heads
        name = shown(f"{heads.unit[row]} {heads.name[row]}".strip())
        return f"{name} *" if heads.veto[row] == "possible" else name

    def _ranked(self, ranking: Ranking, place: int, cells: list[str]) -> list[str]:
        rank = str(ranking.rank[place]) + ("=" if ranking.level[place] > 1 else "")
        low, _, high = ranking.value[place].tolist()
        varied = ranking.varied
        drawn = "" if varied is None else span(int(varied.low[place]), int(varied.high[place]))
        bounds = span(int(ranking.best[place]), int(ranking.worst[place]))
        return [rank, *cells, per_cent(low, high, 1), bounds, drawn, str(ranking.borda[place])]

    def _positions(self, found: Comparison, limit: int) -> None:
        """Print score and grade, and where units stand among their peers."""
        heads, table_, peers = found.now.table.heads, found.now.table, found.peers
        order = self._order(found)
        if not order:
            return
        table = self.table(
            (self.say("unit"), WIDER),
            (self.say("score"), {"justify": "right"}),
            (self.say("grade"), {"overflow": "fold"}),
            (self.say("percentile"), {"justify": "right"}),
            ("z", RIGHT),
            ("n", RIGHT),
            title=self.say("Score, grade, and position among the peers"),
        )
        titles = {one.digest: one.grades for one in found.now.spreads}
        for row in order[:limit]:
            low, high, full = (
                number_text(int(one), int(table_.decimals[row]), int(table_.decimals[row]))
                for one in table_.score[row]
            )
            low_grade, high_grade = (
                self._grade(titles, heads.digest[row], one)
                for one in (heads.grade_low[row], heads.grade_high[row])
            )
            grade = span(low_grade, high_grade, " … ")
            measured = peers.groups.get(peers.group[row], {}).get("score")
            cells = [
                self._percentile(found, row),
                self._z(found, row),
                str(measured.n) if measured is not None else "",
            ]
            table.add_row(self._unit(found, row), f"{span(low, high)} / {full}", grade, *cells)
        self.console.print(table)
        self.more(len(order) - limit)
        self._refusals(found)

    def _grade(self, titles: Mapping[str, Mapping[str, Title]], digest: str, grade: str) -> str:
        """Return the title of a grade; its id where the book is not at hand."""
        title = titles[digest].get(grade)
        return (
            self.say("vetoed") if grade == "vetoed" else grade if title is None else self.of(title)
        )

    def _percentile(self, found: Comparison, row: int) -> str:
        ends = [
            int(column[row, 0])
            for column in (found.peers.least, found.peers.percentile, found.peers.most)
        ]
        if ends[1] == NONE:
            return NOTHING
        least, middle, most = (number_text(tenths(end, PERCENTILE_PLACES), 1, 1) for end in ends)
        return middle if least == most else f"{middle} ({least}–{most})"

    def _z(self, found: Comparison, row: int) -> str:
        z = int(found.peers.z[row, 0])
        return NOTHING if z == NONE else number_text(tenths(z, Z_PLACES), 1, 1)

    def _refusals(self, found: Comparison) -> None:
        """Name which groups are too small for positions, or have no spread, and whose scores are
        not compared.
        """
        small, flat, mixed = [], [], []
        for name, measures in found.peers.groups.items():
            score = measures["score"]
            if score.n < found.peers.minimum:
                small.append(f"{name} ({score.n})")
            elif score.refused is not None:
                mixed.append(name)
            elif score.spreadless:
                flat.append(name)
        if small:
            said = self.say("No percentile or z among fewer than {least} peers: {groups}")
            self.console.print(said.format(least=found.peers.minimum, groups=self.some(small, FEW)))
        if mixed:
            said = self.say(
                "No percentile of the score within {groups}: its units are scored by different books"
            )
            self.console.print(said.format(groups=self.some(mixed, FEW)))
        if flat:
            said = self.say(
                "No z within {groups}: at least half of the peers have the same score, so that the MAD is 0"
            )
            self.console.print(said.format(groups=self.some(flat, FEW)))

    def _attainments(self, found: Comparison, limit: int) -> None:
        order, heads, attained = (
            self._order(found)[:limit],
            found.now.table.heads,
            found.now.attained,
        )
        if not order:
            return
        # What no unit here was asked would only take the room of the names.
        shown_ = [place for place in range(len(DIMENSIONS)) if attained.asked[order, place].any()]
        title = self.say(
            "Attainment: per cent of the points asked on each dimension that were earned"
        )
        table = self.table(
            (self.say("unit"), WIDE), *((str(place + 1), RIGHT) for place in shown_), title=title
        )
        table.padding = (0, 1, 0, 0)
        for row in order:
            ends = [
                (int(attained.low[row, place]), int(attained.high[row, place])) for place in shown_
            ]
            table.add_row(
                shown(heads.unit[row]),
                *(per_cent(low, high, 0) if low >= 0 else NOTHING for low, high in ends),
            )
        self.console.print(table)

    def _ranking(self, found: Comparison) -> None:
        ranking = found.ranking
        if ranking is None:
            return
        without = {one.dimension: one for one in ranking.without}
        ranges = found.weights.ranges if found.weights is not None else {}
        table = self.table(
            (self.say("dimension"), {}),
            (self.say("weight"), RIGHT),
            (self.say("varied within"), RIGHT),
            (self.say("units that move without it"), {"justify": "right"}),
            (self.say("furthest, in ranks"), {"justify": "right"}),
            title=self.say("What the ranking hangs on"),
        )
        for name, share in zip(ranking.dimensions, ranking.weights, strict=True):
            left = without.get(name)
            moves = (
                (str(left.moved), str(left.furthest)) if left is not None else (NOTHING, NOTHING)
            )
            table.add_row(
                self.name(name), f"{share * 100 / ranking.over:.1f} %", ranges[name].text(), *moves
            )
        self.console.print(table)
        away = abs(ranking.borda - ranking.rank)
        said = self.say(
            "By Borda's count, which knows only who is ahead on each dimension, {moved} of {units} units stand elsewhere, at most {ranks} ranks away."
        )
        self.console.print(
            said.format(
                moved=int((away > 0).sum()), units=len(away), ranks=int(away.max(initial=0))
            )
        )
        heads, varied, rows = found.now.table.heads, ranking.varied, ranking.rows.tolist()
        for (one, other), (ahead, level, behind) in zip(
            ranking.pairs, varied.ahead.tolist() if varied is not None else (), strict=True
        ):
            said = self.say(
                "{one} is ahead of {other} with probability {ahead}, level with {level}, behind with {behind}."
            )
            shares = (f"{count / (ahead + level + behind):.3f}" for count in (ahead, level, behind))
            both = [rows[one], rows[other]]
            alike = heads.unit[both[0]] == heads.unit[both[1]]
            first, second = (
                shown(f"{heads.unit[row]}@{heads.book[row]}" if alike else heads.unit[row])
                for row in both
            )
            names = {"one": first, "other": second}
            self.console.print(
                said.format(**names, **dict(zip(("ahead", "level", "behind"), shares, strict=True)))
            )

    def _apart(self, found: Comparison, limit: int) -> None:
        rows, heads = found.apart.unranked.tolist(), found.now.table.heads
        if not rows:
            return
        table = self.table(
            (self.say("unit"), WIDE),
            (self.say("book"), WIDE),
            (self.say("why"), {"overflow": "fold", "ratio": 2}),
            title=self.say("Apart, never ranked"),
        )
        for row in rows[:limit]:
            reasons = self.listed(one.said.text(self.say) for one in found.apart.reasons(row))
            table.add_row(
                shown(f"{heads.unit[row]} {heads.name[row]}".strip()), heads.book[row], reasons
            )
        self.console.print(table)
        self.more(len(rows) - limit)

    def _foot(self, found: Comparison) -> None:
        options = found.options
        for one in notes(found):
            self.console.print(self._sentence(one.text(self.say)))
        said = self.say(
            "Method: mean of the attainments by the weights above; {draws} draws of weights and of missing evidence, seed {seed}; "
            "positions among at least {peers} peers; coverage at least {coverage}; equal values share a rank (1, 2, 2, 4)."
        )
        told = {
            "draws": options.draws,
            "seed": options.seed,
            "peers": options.min_peers,
            "coverage": f"{options.min_coverage:f}",
        }
        self.console.print(said.format(**told))
        self.console.print(self.say("Comparison {id}").format(id=found.id))

    def _sentence(self, text: str) -> str:
        return text[:1].upper() + text[1:] + ("。" if self.language == "zh" else ".")

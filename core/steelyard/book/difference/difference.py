"""What changed between two books, told in words: over what books mean, not over how they are
written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from steelyard.book.coverage import citations
from steelyard.book.difference.book_change import GROUPS, Change, points
from steelyard.book.difference.office_changes import office_changes
from steelyard.book.difference.rule_changes import rule_changes
from steelyard.book.difference.table_changes import table_changes
from steelyard.book.difference.vocabulary_changes import word_changes
from steelyard.book.model import RuleBook
from steelyard.forms.phrases import Said, listed, told
from steelyard.messages import Title

SCHEMA = "steelyard/book-diff@1"


class Diff(NamedTuple):
    """Two books and every change from the first to the second, grouped, what matters to a reader
    first.
    """

    old: RuleBook
    new: RuleBook
    changes: tuple[Change, ...]

    def grouped(self) -> Iterator[tuple[Title, tuple[Change, ...]]]:
        """Yield the groups that hold anything, with their changes."""
        for group, title in GROUPS.items():
            found = tuple(one for one in self.changes if one.group == group)
            if found:
                yield title, found

    @property
    def written_alike(self) -> bool:
        """Whether both say the same in the same order, apart from id and version; else what differs
        counts for nothing.
        """
        one, other = (
            {key: said for key, said in book.document.items() if key not in {"book", "version"}}
            for book in (self.old, self.new)
        )
        return one == other and list(one) == list(other)

    def to_json(self) -> dict[str, Any]:
        """Return the diff as plain data in the published form `steelyard/book-diff@1`."""
        return {
            "schema": SCHEMA,
            "from": _book(self.old),
            "to": _book(self.new),
            "changes": [
                {
                    "what": one.what,
                    "id": one.id,
                    "change": one.change,
                    "since": one.since or None,
                    "from": _plain(one.old),
                    "to": _plain(one.new),
                    "words": one.words._asdict(),
                }
                for _, group in self.grouped()
                for one in group
            ],
        }


def diff(old: RuleBook, new: RuleBook) -> Diff:
    """Return what changed from one book to another, apart from its id and version; the order of
    things is no change.
    """
    changes = [
        *_book_changes(old, new),
        *rule_changes(old, new),
        *table_changes(old, new),
        *word_changes(old, new),
        *office_changes(old, new),
        *_clauses(old, new),
    ]
    order = {group: place for place, group in enumerate(GROUPS)}
    return Diff(old, new, tuple(sorted(changes, key=lambda one: (order[one.group], -one.size))))


def _book(book: RuleBook) -> dict[str, str]:
    return {"id": book.id, "version": book.version, "digest": book.digest}


def _plain(said: Said) -> object:
    return said._asdict() if isinstance(said, Title) else said


def _book_changes(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    figures: tuple[tuple[str, Title, str, str], ...] = (
        (
            "points",
            Title("总分", "the book's points"),
            points(old, old.points),
            points(new, new.points),
        ),
        (
            "bonus",
            Title("加分上限", "the ceiling of the bonus"),
            points(old, old.bonus_ceiling),
            points(new, new.bonus_ceiling),
        ),
        (
            "decimals",
            Title("计分小数位", "the decimals of points"),
            str(old.decimals),
            str(new.decimals),
        ),
    )
    for key, title, was, now in figures:
        if was != now:
            yield Change(
                "points",
                "book",
                new.id,
                key,
                was,
                now,
                told(_FIGURE, title=title, old=was, new=now),
            )
    whole = (
        ("sector", Title("行业", "the sector"), old.sector, new.sector),
        ("effective", Title("施行期", "when it holds"), _span(old), _span(new)),
        (
            "accepts",
            Title("兼容版本", "the versions whose cases it takes"),
            listed(old.accepts),
            listed(new.accepts),
        ),
    )
    for key, title, before, after in whole:
        if before != after:
            yield Change(
                "book",
                "book",
                new.id,
                key,
                before,
                after,
                told(_FIGURE, title=title, old=before, new=after),
            )
    if old.title != new.title:
        yield Change(
            "words",
            "book",
            new.id,
            "title",
            old.title,
            new.title,
            told(_REWORDED, old=old.title, new=new.title),
        )
    if old.notes != new.notes:
        yield Change(
            "words",
            "book",
            new.id,
            "notes",
            old.notes,
            new.notes,
            Title("规则册的说明有改动", "the book's notes are reworded"),
        )


_FIGURE = Title("{title}：{new}（原为 {old}）", "{title}: {new}, was {old}")
_REWORDED = Title("规则册改称“{new}”，原称“{old}”", "the book is called “{new}”, was “{old}”")


def _span(book: RuleBook) -> Title:
    first, last = (day.isoformat() if day else "" for day in book.effective)
    if not first and not last:
        return Title("不限", "always")
    return Title(f"{first or '…'} 至 {last or '…'}", f"{first or '…'} to {last or '…'}")


def _clauses(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    """Yield the clauses that nothing cites any more, those newly cited, and what cites others than
    before.
    """
    was, now = (_cited(book) for book in (old, new))
    for clause in (one for one in was if one not in now):
        yield Change(
            "clauses",
            "clause",
            clause,
            "cited_no_more",
            listed(was[clause]),
            None,
            told(
                Title(
                    "条款 {id} 不再引用（原由 {by} 落实）",
                    "clause {id} is cited no more (was by {by})",
                ),
                id=clause,
                by=listed(was[clause]),
            ),
        )
    for clause in (one for one in now if one not in was):
        yield Change(
            "clauses",
            "clause",
            clause,
            "newly_cited",
            None,
            listed(now[clause]),
            told(
                Title("条款 {id} 新引用（由 {by} 落实）", "clause {id} is newly cited (by {by})"),
                id=clause,
                by=listed(now[clause]),
            ),
        )
    for clause in (one for one in now if one in was):
        # What came or went whole has been told; here only what stands in both books cites
        # differently.
        gone, come = _less(was[clause], now[clause]), _less(now[clause], was[clause])
        both_ = _names(old) & _names(new)
        if (set(gone) | set(come)) & both_:
            words = told(
                Title(
                    "条款 {id}：由 {new} 落实，原由 {old}",
                    "clause {id} is cited by {new}, was by {old}",
                ),
                id=clause,
                old=listed(was[clause]),
                new=listed(now[clause]),
            )
            yield Change(
                "clauses",
                "clause",
                clause,
                "cited_by",
                listed(was[clause]),
                listed(now[clause]),
                words,
            )


def _less(names: Iterable[str], others: Iterable[str]) -> list[str]:
    other = set(others)
    return [one for one in names if one not in other]


def _names(book: RuleBook) -> set[str]:
    return {name for name, _ in citations(book)}


def _cited(book: RuleBook) -> dict[str, list[str]]:
    """Return every clause with what cites it; rows of consequences by what they fall on, since
    their numbers move.
    """
    cited: dict[str, list[str]] = {}
    for name, cites in citations(book):
        for clause in cites:
            by = name.partition(":")[0] if name.startswith("consequence:") else name
            if by not in cited.setdefault(clause, []):
                cited[clause].append(by)
    return cited

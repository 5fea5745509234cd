"""What is undefined and what is only unknown: whether all that an expression reads is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from steelyard.book.layout import Column, key_of, layouts, path_of
from steelyard.book.model import Consequence, RuleBook
from steelyard.book.program import program
from steelyard.case.environment import is_known
from steelyard.case.model import Case
from steelyard.expression.tree import Name, Node, Over, Reach, Settle, children, walk
from steelyard.expression.types import Boolean, Survey, ranged
from steelyard.expression.values import UNKNOWN
from steelyard.judging.compiled.compile import settling
from steelyard.judging.compiled.counting import counting
from steelyard.judging.compiled.runtime import INAPPLICABLE, PERHAPS

_NOBODY: Mapping[str, str] = MappingProxyType({})


class Counted(NamedTuple):
    """What one function over records reads of each record that may count."""

    register: str
    claimed: bool
    where: Node | None
    paths: tuple[str, ...]


class Reads(NamedTuple):
    """The facts that an expression reads, and by register the fields; claimed ones count as known
    when not given.

    `overs` are the functions over records one by one. `here` are the fields of the record, or what
    is read of the party, at which the expression stands.
    """

    facts: tuple[Column, ...]
    claimed: tuple[Column, ...]
    registers: tuple[tuple[str, bool, tuple[Column, ...]], ...]
    overs: tuple[Counted, ...] = ()
    here: tuple[str, ...] = ()


class Open:
    """Answers the compiled judge's two questions about one case."""

    def __init__(self, book: RuleBook, case: Case) -> None:
        """Take the book and the case."""
        self.book = book
        self.case = case

    @cached_property
    def _around(self) -> tuple[Any, ...]:
        """What whether a record may count is asked of, but for the record and the party."""
        case = self.case
        days = tuple(day.toordinal() for day in (case.as_of, case.first, case.last))
        return case.flat, case.registers, case.parameters, case.given, days

    def settle(self, key: int, low: int, high: int, other: int | None) -> tuple[int, int, int]:
        """Return what a number left undecided is, where something that it reads may be undefined:
        its ends, and how surely it is defined.

        `other` stands where it is undefined; None where it then does not apply.
        """
        certain = self._known(settled_reads(self.book, key))
        if other is None:
            return (0, 0, INAPPLICABLE) if certain else (low, high, PERHAPS)
        if certain:
            return other, other, INAPPLICABLE
        return min(low, other), max(high, other), PERHAPS

    def blank(self, key: int) -> bool:
        """Whether an undecided condition of the program is undefined, not unknown."""
        return self._known(settled_reads(self.book, key))

    def unfounded(self, place: int, where: Any) -> bool:
        """Whether the undecided condition of a consequence is undefined, not unknown.

        `where` is the record or the party at which it stands.
        """
        row, reads = self.book.consequences[place], consequence_reads(self.book, place)
        if row.scope == "party":
            mine = self._known(reads, row, where) and self._party_known(where, reads.here)
            return mine and self._known(around_reads(self.book, place))
        if row.scope == "register" and reads.here:
            rows = self.case.registers[row.on]
            record = rows.rows[rows.ids.index(where)]
            return self._known(reads) and all(
                self._field_known(row.on, record, path) for path in reads.here
            )
        return self._known(reads)

    def _known(self, reads: Reads, at: Consequence | None = None, party: object = None) -> bool:
        """Whether all is known; of a consequence `at` parties only the party's own records are
        looked at.
        """
        case, owners = self.case, _NOBODY if at is None else at.owners
        if not all(is_settled(case.flat, column) for column in reads.facts):
            return False
        if not all(
            column.key.split(".")[0] not in case.given or is_settled(case.flat, column)
            for column in reads.claimed
        ):
            return False
        for over in reads.overs:
            rows = case.registers[over.register]
            if not (rows.complete or over.claimed):
                return False
            owner = (
                layouts(self.book).registers[over.register].columns[owners[over.register]].start
                if owners
                else None
            )
            for row in rows.rows:
                if owner is not None and row[owner] is not UNKNOWN and row[owner] != party:
                    continue
                mine = owner is None or row[owner] is not UNKNOWN
                if mine and all(self._field_known(over.register, row, path) for path in over.paths):
                    continue
                if self._may_count(over, row, "" if at is None else at.on, party):
                    return False
        return True

    def _may_count(self, over: Counted, row: tuple[Any, ...], kind: str, party: object) -> bool:
        """Whether a record may count; of one that surely does not, nothing is read."""
        if over.where is None:
            return True
        at = None
        if kind:
            roll = self.case.party_rows[kind]
            at = party, next((flat for name, flat in roll.named if name == party), roll.unnamed)
        return counting(self.book, over.register, over.where, kind)(*self._around, at, row)

    def _field_known(self, register: str, row: tuple[Any, ...], path: str) -> bool:
        """Whether a field of a record, or a path from it, leaves nothing open."""
        columns = layouts(self.book).registers[register].columns
        if path in columns:
            return is_settled(row, columns[path])
        name, *steps = path.split(".")
        return self._path_known(row[columns[name].start], steps)

    def _path_known(self, party: object, steps: list[str]) -> bool:
        for place, step in enumerate(steps, 1):
            if party is None or party is UNKNOWN:
                return party is None
            home = self.case.parties[str(party)]
            if place == len(steps):
                return is_known(home.values[step], self.book.kinds[home.kind].fields[step].type)
            party = home.values[step][0]
        return party is not UNKNOWN

    def _party_known(self, party: object, paths: tuple[str, ...]) -> bool:
        return not paths or (
            party is not UNKNOWN
            and all(not path or self._path_known(party, path.split(".")) for path in paths)
        )


def is_settled(flat: tuple[Any, ...], column: Column) -> bool:
    """Whether a cell of a flat tuple leaves nothing open."""
    start = column.start
    if column.certain:
        return True
    if isinstance(column.type, Survey) and flat[start + 3] == 0:
        return True
    if isinstance(column.type, Boolean):
        return bool(flat[start] == flat[start + 1])
    if ranged(column.type) is None:
        return flat[start] is not UNKNOWN
    if column.width == 3 and flat[start] is None:
        return True
    return bool(flat[start] == flat[start + 1]) and not (column.width == 3 and flat[start + 2])


@lru_cache(maxsize=64)
def _settles(book: RuleBook) -> list[Settle]:
    return settling(program(book).steps)


@lru_cache(maxsize=4096)
def settled_reads(book: RuleBook, key: int) -> Reads:
    """Return what a value of the program that settles reads."""
    return _reads(book, [_settles(book)[key].item])


@lru_cache(maxsize=4096)
def rule_reads(book: RuleBook, number: int) -> Reads:
    """Return what a rule's points depend on."""
    return _reads(book, [list(book.rules.values())[number].lowered.points])


@lru_cache(maxsize=4096)
def consequence_reads(book: RuleBook, place: int) -> Reads:
    """Return what the condition of a consequence reads."""
    row = book.consequences[place]
    when = row.when
    reads = _reads(book, [when] if when is not None else [], derived=row.scope != "party")
    if row.scope == "register" and when is not None:
        roots = (n for n in _outside(when) if _root(n) == "field")
        keys = {key for n in roots for key in _raw(book, row.on, n)}
        return reads._replace(here=tuple(sorted(keys)))
    if row.scope == "party" and when is not None:
        paths = {_path(n) for n in _names(when) if _root(n) == "party"}
        return reads._replace(here=tuple(sorted(paths)))
    return reads


@lru_cache(maxsize=4096)
def around_reads(book: RuleBook, place: int) -> Reads:
    """Return what the worked-out facts of a consequence at parties read: the case as a whole, not
    the party's rows.
    """
    when = book.consequences[place].when
    names = (
        {name.name for name in _names(when) if isinstance(name, Name) and name.kind == "fact"}
        if when is not None
        else set()
    )
    nodes = (book.facts[name].derived for name in sorted(names))
    return _reads(book, [node for node in nodes if node is not None])


def _reads(book: RuleBook, nodes: Iterable[Node], *, derived: bool = True) -> Reads:
    laid = layouts(book)
    facts: dict[str, Column] = {}
    claimed: dict[str, Column] = {}
    registers: dict[tuple[str, bool], dict[str, Column]] = {}
    overs: list[Counted] = []
    todo, seen = list(nodes), set[str]()
    while todo:
        node = todo.pop()
        for part in walk(node):
            if isinstance(part, Over):
                paths: dict[str, None] = {}
                own, columns = (
                    laid.registers[part.register].columns,
                    registers.setdefault((part.register, part.claimed), {}),
                )
                for inner in (part.value, part.where):
                    if inner is not None:
                        fields = (n for n in _outside(inner) if _root(n) == "field")
                        keys = [key for n in fields for key in _raw(book, part.register, n)]
                        columns |= {key: own[key] for key in keys if key in own}
                        paths |= dict.fromkeys(keys)
                overs.append(Counted(part.register, part.claimed, part.where, tuple(paths)))
        for name in (one for one in _names(node) if _root(one) == "fact"):
            root = path_of(name)[1] if isinstance(name, Reach) else name
            fact = book.facts[root.name] if isinstance(root, Name) else None
            if fact is not None and fact.derived is not None:
                if (
                    derived
                    and isinstance(root, Name)
                    and root.inner is None
                    and fact.id not in seen
                ):
                    seen.add(fact.id)
                    todo.append(fact.derived)
            elif isinstance(root, Name) and root.claimed:
                claimed[key_of(name)] = laid.facts.columns[key_of(name)]
            else:
                facts[key_of(name)] = laid.facts.columns[key_of(name)]
    return Reads(
        tuple(facts.values()),
        tuple(claimed.values()),
        tuple(
            (name, bonus, tuple(columns.values())) for (name, bonus), columns in registers.items()
        ),
        tuple(overs),
    )


def _raw(book: RuleBook, register: str, node: Name | Reach) -> Iterator[str]:
    """Yield the keys of what a field, or a path from it, is worked out from; itself where it is
    plain.
    """
    derived = book.registers[register].fields[node.name].derived if isinstance(node, Name) else None
    if derived is None:
        yield key_of(node)
        return
    for name in _names(derived):
        if _root(name) == "field":
            yield from _raw(book, register, name)


def _path(node: Name | Reach) -> str:
    return path_of(node)[0] if isinstance(node, Reach) else ""


def _outside(node: Node) -> list[Name | Reach]:
    """Return the names of a node, those inside functions over records left out."""
    if isinstance(node, Over):
        return []
    if isinstance(node, Reach):
        return [node]
    if isinstance(node, Name):
        return [node] if node.inner is None else _outside(node.inner)
    return [name for child in children(node) for name in _outside(child)]


def _root(node: Name | Reach) -> str:
    root = node if isinstance(node, Name) else path_of(node)[1]
    return root.kind if isinstance(root, Name) else ""


def _names(node: Node) -> list[Name | Reach]:
    """Return the outermost names of a node, functions over records included."""
    if isinstance(node, Reach):
        return [node]
    if isinstance(node, Name):
        return _names(node.inner) if node.inner is not None else [node]
    return [name for child in children(node) for name in _names(child)]

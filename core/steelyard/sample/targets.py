"""What the rules of a book wish for: which records should be there, which not, and what should be
true of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from steelyard.book.model import Rule, RuleBook
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Literal,
    Logic,
    Mean,
    Name,
    Node,
    Not,
    Over,
    Portion,
    Within,
    children,
    walk,
)

MOST_ROWS = 120
_FEW = 4
_PLACE = re.compile(r"at=\(\d+, \d+\)")

Worth = Callable[[Node], Fraction | None]
"""What an expression that reads no register comes to, as far as is known."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Of the records of a register for which `where` holds, `node` should hold, or should not
    (`want`).

    `grave` marks what limits the grade and so happens seldom.
    """

    where: Node | None
    node: Node | None
    want: bool
    dimension: str | None
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """Records for which `where` holds should be there: `count` of them, with `distinct` different
    where it is given.

    `asked` says that the very number earns points; else any number does, and only what they say
    counts.
    """

    where: Node | None
    count: int
    distinct: Node | None
    asked: bool
    dimension: str | None
    bonus: bool


@dataclass(slots=True)
class Wishes:
    """The wishes of a book: goals and presences by register, and what hangs on a fact.

    `rosters` are facts that say how many parties or records there are; `readers` the rules and
    `limits` the conditions of limiters that read a fact; `sanctioned` what a register's records are
    punished for; `methods` how registers are checked; `pairs` gives for a fact that another is
    measured by, such as last year's, that other and whether this one should be the higher.
    """

    goals: dict[str, list[Goal]] = field(default_factory=dict)
    presences: dict[str, list[Presence]] = field(default_factory=dict)
    rosters: set[str] = field(default_factory=set)
    readers: dict[str, list[Rule]] = field(default_factory=dict)
    limits: dict[str, list[Node]] = field(default_factory=dict)
    sanctioned: dict[str, list[Goal]] = field(default_factory=dict)
    pairs: dict[str, tuple[str, bool]] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)


def hinges(rule: Rule) -> list[Node]:
    """Return the expressions on which a rule's points hang: conditions, rates, and what is looked
    up in records; no points themselves.
    """
    return list(_hinges(rule.lowered.points))


def _hinges(node: Node) -> Iterator[Node]:
    match node:
        case Literal():
            return
        case Choose(condition=condition, then=then, otherwise=otherwise):
            yield condition
            yield from _hinges(then)
            yield from _hinges(otherwise)
        case Portion(rate=rate):
            yield rate
        case Mean() | Call() | Arithmetic():
            for part in children(node):
                yield from _hinges(part)
        case _:
            yield node


def whole(book: RuleBook, node: Node) -> Iterator[Node]:
    """Yield a node and everything below it; each derived fact is opened once, however often it is
    read.
    """
    opened: set[str] = set()
    left = [node]
    while left:
        for part in walk(left.pop()):
            yield part
            if (
                isinstance(part, Name)
                and part.kind == "fact"
                and part.inner is None
                and part.name not in opened
            ):
                derived = book.facts[part.name].derived
                if derived is not None:
                    opened.add(part.name)
                    left.append(derived)


def wishes_of(book: RuleBook, worth: Worth) -> Wishes:
    """Return what a book's rules, limiters and sanctions wish for."""
    reader = _Reader(book, worth)
    for rule in book.rules.values():
        reader.take(rule)
    for limiter in book.limiters:
        if limiter.when is not None:
            reader.limit(limiter.when)
            for part in whole(book, limiter.when):
                if isinstance(part, Name) and part.kind == "fact":
                    reader.found.limits.setdefault(part.name, []).append(limiter.when)
    for row in book.consequences:
        names = {name for bundle in row.options for name in bundle}
        if row.scope == "register" and any(
            name in book.measures and book.measures[name].kind == "sanction" for name in names
        ):
            reader.found.sanctioned.setdefault(row.on, []).append(
                Goal(None, row.when, want=False, dimension=None)
            )
    return reader.found


class _Reader:
    def __init__(self, book: RuleBook, worth: Worth) -> None:
        self.book = book
        self.worth = worth
        self.found = Wishes()
        self.rule: Rule | None = None
        self.grave = False
        # Derived facts already looked into for this rule: they may read one another many times
        # over.
        self._opened: set[tuple[str, bool]] = set()

    def take(self, rule: Rule) -> None:
        """Note what one rule wishes for."""
        self.rule = rule
        self._opened.clear()
        for part in (*hinges(rule), rule.not_applicable):
            if part is not None:
                self._note(rule, part)
        self.wish(rule.lowered.points, up=True)
        if rule.not_applicable is not None:
            # A rule that does not apply says nothing of the unit.
            self.wish(rule.not_applicable, up=False)
        self.rule = None

    def limit(self, condition: Node) -> None:
        """Note what keeps a limiter from biting."""
        self.grave = True
        self._opened.clear()
        self.wish(condition, up=False)
        self.grave = False

    def _note(self, rule: Rule, node: Node) -> None:
        for part in whole(self.book, node):
            if isinstance(part, Over) and rule.method:
                self.found.methods.setdefault(part.register, rule.method)
            if isinstance(part, Name) and part.kind == "fact":
                readers = self.found.readers.setdefault(part.name, [])
                if rule not in readers:
                    readers.append(rule)

    def pursue(self, register: str, goal: Goal) -> None:
        """Note a goal, once."""
        goals = self.found.goals.setdefault(register, [])
        if all(
            (said(goal.where), said(goal.node), goal.want)
            != (said(one.where), said(one.node), one.want)
            for one in goals
        ):
            goals.append(goal)

    def wish(self, node: Node, *, up: bool, target: Fraction | None = None) -> None:
        """Note what makes an expression true or large (or, not `up`, false or small); `target` is
        how large is enough.
        """
        match node:
            case Name(inner=Node() as inner):
                self.wish(inner, up=up, target=target)
            case Name(kind="fact", name=name):
                derived = self.book.facts[name].derived
                if derived is not None and (name, up) not in self._opened:
                    self._opened.add((name, up))
                    self.wish(derived, up=up, target=target)
            case Not(item=item):
                self.wish(item, up=not up)
            case Logic(items=items):
                for item in items:
                    self.wish(item, up=up)
            case Compare(op=op, left=left, right=right):
                more = up if op in {">", ">=", "=="} else not up
                extra = 1 if op == ">" else 0
                if (
                    self._is_plain(left)
                    and self._is_plain(right)
                    and type(left.type) is type(right.type)
                    and op not in {"==", "!="}
                ):
                    self.found.pairs.setdefault(
                        getattr(right, "name", ""), (getattr(left, "name", ""), not more)
                    )
                enough = self.worth(right)
                self.wish(left, up=more, target=None if enough is None else enough + extra)
                self.wish(right, up=not more, target=self.worth(left))
            case Arithmetic():
                self._arithmetic(node, up=up, target=target)
            case Choose(condition=condition, then=then, otherwise=otherwise):
                first, last = self.worth(then), self.worth(otherwise)
                self.wish(
                    condition, up=up if first is None or last is None or first >= last else not up
                )
                self.wish(then, up=up, target=target)
                self.wish(otherwise, up=up, target=target)
            case Call(function=function, arguments=arguments):
                self._call(function, arguments, up=up, target=target)
            case Over():
                self._over(node, up=up, target=target)
            case Portion(rate=rate):
                self.wish(rate, up=up, target=Fraction(1))
            case Mean(parts=parts):
                for part in parts:
                    self.wish(part.earned, up=up)

    def _is_plain(self, node: Node) -> bool:
        return (
            isinstance(node, Name)
            and node.kind == "fact"
            and self.book.facts[node.name].derived is None
        )

    def _arithmetic(self, node: Arithmetic, *, up: bool, target: Fraction | None) -> None:
        left, right = node.left, node.right
        if node.op == "/":
            under = self.worth(right)
            if any(isinstance(part, Over) for part in whole(self.book, left)):
                self.found.rosters.update(
                    part.name
                    for part in walk(right)
                    if isinstance(part, Name) and part.kind == "fact"
                )
            self.wish(
                left,
                up=up,
                target=None if under is None else under * (1 if target is None else target),
            )
            self.wish(right, up=not up)
        else:
            self.wish(left, up=up)
            self.wish(right, up=up if node.op in {"+", "*"} else not up)

    def _call(
        self, function: str, arguments: tuple[Node, ...], *, up: bool, target: Fraction | None
    ) -> None:
        if function == "part":
            self.wish(arguments[0], up=up)
            self.wish(arguments[1], up=not up)
            return
        bounds = (
            [bound for bound in map(self.worth, arguments) if bound is not None]
            if function == "min"
            else []
        )
        enough = min([*bounds, *([] if target is None else [target])], default=None)
        for argument in arguments:
            self.wish(argument, up=up, target=enough)

    def _over(self, node: Over, *, up: bool, target: Fraction | None) -> None:
        dimension = self.rule.dimension if self.rule is not None else None
        if node.function in {"share", "every"}:
            self.pursue(node.register, Goal(node.where, node.value, want=up, dimension=dimension))
            self._present(node, _FEW if node.where is None else 2, None, asked=False)
        elif up:
            if node.function == "distinct":
                named = max(
                    (
                        len(part.options)
                        for part in walk(node.where or node)
                        if isinstance(part, Within)
                    ),
                    default=3,
                )
                self._present(
                    node, named if target is None else _whole(target), node.value, asked=True
                )
            elif node.function in {"count", "any"}:
                self._present(
                    node,
                    1 if target is None or node.function == "any" else _whole(target),
                    None,
                    asked=True,
                )
            else:
                self._present(node, 3, None, asked=True)
        elif node.function in {"count", "any", "total", "distinct"}:
            self.pursue(
                node.register,
                Goal(None, node.where, want=False, dimension=dimension, grave=self.grave),
            )

    def _present(self, node: Over, count: int, distinct: Node | None, *, asked: bool) -> None:
        if not isinstance(distinct, Name):
            distinct = None
        rule = self.rule
        wish = Presence(
            node.where,
            min(count, MOST_ROWS),
            distinct,
            asked,
            rule.dimension if rule else None,
            bonus=rule is not None and rule.bonus,
        )
        presences = self.found.presences.setdefault(node.register, [])
        alike = [
            other
            for other in presences
            if (said(other.where), said(other.distinct)) == (said(wish.where), said(wish.distinct))
        ]
        if not alike:
            presences.append(wish)
        elif asked and (not alike[0].asked or wish.count > alike[0].count):
            presences[presences.index(alike[0])] = wish


def said(node: Node | None) -> str:
    """Return what an expression says, wherever it stands."""
    return _PLACE.sub("", repr(node))


def _whole(number: Fraction) -> int:
    return max(1, -(-number.numerator // number.denominator))

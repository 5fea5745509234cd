"""A rule book as one SQL statement over the clean tables: scores, and on demand findings."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from steelyard.book.model import RuleBook
from steelyard.book.program import program
from steelyard.bulk.checked import check
from steelyard.bulk.columns import FACTS, SUBJECT, alike_names
from steelyard.bulk.consequences import WEIGHED, Firing, nothing
from steelyard.bulk.faults import Faults
from steelyard.bulk.findings import Finding, no_finding
from steelyard.bulk.moments import Moments, moments_of
from steelyard.bulk.output import answered, as_decimal, chosen_text, decimal_literal, texts
from steelyard.bulk.sheet import HERE, Sheet, Written
from steelyard.bulk.steps import Steps
from steelyard.bulk.units import UnitNames
from steelyard.errors import Fault, UsageError, fault, nearest
from steelyard.expression.engines import ENGINES, Engine
from steelyard.expression.scaled import NOBODY, Sides, Span
from steelyard.forms.form import CARRIED
from steelyard.forms.judged import Judged
from steelyard.judging.compiled.compile import settling


@dataclass(frozen=True, slots=True)
class Statement:
    """What a book comes to in SQL.

    `shared` are the common table expressions up to `weighed`, one row a unit; `outputs` of each
    output its own further ones and the query over them.
    """

    dialect: str
    shared: Sequence[exp.CTE]
    outputs: Mapping[str, tuple[Sequence[exp.CTE], exp.Expr]]

    def query(self, output: str) -> str:
        """Return one output as a statement of its own."""
        own, select = self.outputs[output]
        return self._text([*self.shared, *own], select)

    def weighed(self) -> str:
        """Return the query whose rows, kept as a table `weighed`, all outputs can read."""
        select = self.shared[-1].this
        return self._text(self.shared[:-1], select)

    def over_weighed(self, output: str) -> str:
        """Return the query of one output over that table."""
        own, select = self.outputs[output]
        return self._text(own, select)

    def apart(self) -> tuple[Sequence[tuple[str, str]], Statement]:
        """Return the layers that several others read, each as a query to be kept under its name,
        and the statement over them: for an engine that works out a layer anew for every reader.
        """
        *before, last = self.shared
        tables = (table.name for cte in self.shared for table in cte.this.find_all(exp.Table))
        readers = Counter(tables)
        kept: list[tuple[str, str]] = []
        left: dict[str, exp.CTE] = {}
        for cte in before:
            if readers[cte.alias] > 1:
                kept.append((cte.alias, self._text(_needed(left, cte.this), cte.this)))
            else:
                left[cte.alias] = cte
        return kept, replace(self, shared=[*_needed(left, last.this), last])

    def _text(self, ctes: Sequence[exp.CTE], select: exp.Expr) -> str:
        if not ctes:
            return select.sql(dialect=self.dialect, copy=False)
        with_ = exp.With(expressions=list(ctes)).sql(dialect=self.dialect, copy=False)
        return f"{with_} {select.sql(dialect=self.dialect, copy=False)}"


def statement(
    book: RuleBook,
    *,
    period: str,
    as_of: datetime.date | None = None,
    dialect: str = "duckdb",
    findings: bool = False,
    consequences: bool = False,
    waivers: bool = False,
) -> Statement:
    """Return the statement that weighs every unit of the clean tables (`columns.tables`) by a book,
    in one period and as of one day.

    Raises UsageError for a dialect or book that cannot be weighed so.
    """
    engine = engine_of(dialect)
    refuse_unfit(book)
    moments = moments_of(book, period, as_of)
    try:
        return _Statement(book, engine, moments, waivers=waivers).made(
            findings=findings, consequences=consequences
        )
    except OverflowError as error:
        raise UsageError([_too_long(book, "", error, engine)]) from None


def _too_long(book: RuleBook, rule: str, error: OverflowError, engine: Engine) -> Fault:
    (digits,) = error.args
    message = "rule `{rule}` could need more than {digits} digits, which {engine} does not hold"
    if not rule:
        message = "this book could need more than {digits} digits, which {engine} does not hold"
    return fault(book.key, message, rule=rule, digits=digits, engine=engine.name)


def engine_of(dialect: str) -> Engine:
    """Return an engine by its name; raises UsageError for one that was not checked."""
    engine = ENGINES.get(dialect)
    if engine is None:
        message = "`{name}` is not a dialect that was checked: {known}"
        near = nearest(dialect, ENGINES)
        known = ", ".join(ENGINES)
        raise UsageError([fault("--dialect", message, near, name=dialect, known=known)])
    return engine


def refuse_unfit(book: RuleBook) -> None:
    """Raise UsageError with every rule that only a plugin's Python can judge, and with names that
    databases take for one.
    """
    judged = [
        (rule.id, rule.form.name) for rule in book.rules.values() if isinstance(rule.form, Judged)
    ]
    message = "rule `{rule}` is judged by a plugin (`{name}`), which SQL cannot do"
    faults = [fault(book.key, message, rule=rule, name=name) for rule, name in judged]
    for other, name in alike_names(book):
        if name == other:
            faults.append(fault(book.key, "`{name}` is the name of a column of ours", name=name))
        else:
            message = (
                "`{name}` and `{other}` are one name to a database: SQL cannot tell them apart"
            )
            faults.append(fault(book.key, message, name=name, other=other))
    if faults:
        raise UsageError(faults)


class _Statement:
    def __init__(self, book: RuleBook, engine: Engine, moments: Moments, *, waivers: bool) -> None:
        self.book = book
        self.engine = engine
        self.moments = moments
        self.program = program(book)
        self.sheet = Sheet(engine, "c", FACTS, {SUBJECT: SUBJECT})
        self.names = UnitNames(book, engine, moments, self.sheet, waivers=waivers)
        keys = {id(node): place for place, node in enumerate(settling(self.program.steps))}
        self.steps = Steps(self.names, keys)
        rules = {name: rule.id for rule in self.program.rules for name in rule[1:]}
        long: dict[str, Fault] = {}
        for name, node in self.program.steps.items():
            rule = rules.get(name)
            if rule is None and not self.steps.rules:
                if long:
                    raise UsageError(list(long.values()))
                self.steps.rules_done()
            if rule in long:
                continue
            try:
                self.steps.step(name, node)
            except OverflowError as error:
                if rule is None:
                    raise
                long[rule] = _too_long(book, rule, error, engine)

    def made(self, *, findings: bool, consequences: bool) -> Statement:
        written = Written(self.engine)
        columns, reads = self.scores()
        pairs = zip(self.program.rules, self.book.rules.values(), strict=True)
        told = [Finding(self.names, rule, steps) for steps, rule in pairs if findings]
        fired = [Firing(self.names, row) for row in self.book.consequences if consequences]
        reads = reads.union(*(one.reads for one in told), *(one.outside for one in fired))
        last = self.sheet.write(reads, written)
        written.rename(last, WEIGHED)
        self.sheet.layers[max(self.sheet.layers)] = WEIGHED
        shared = list(written.ctes)
        outputs: dict[str, tuple[Sequence[exp.CTE], exp.Expr]] = {
            "scores": ([], _from_weighed(columns, written))
        }
        if findings:
            said = [one.query(self.book, written.table(WEIGHED)) for one in told]
            outputs["findings"] = [], _together(said or [no_finding(written.table(WEIGHED))])
        if consequences:
            rows = [one.query(written) for one in fired]
            outputs["consequences"] = (
                written.ctes[len(shared) :],
                _together(rows or [nothing(written)]),
            )
        for tree in (*shared, *(part for own, query in outputs.values() for part in (*own, query))):
            check(tree, self.engine.name)
        return Statement(self.engine.name, shared, outputs)

    def span(self, step: str) -> Span:
        found = self.names.outcomes[step]
        assert isinstance(found, Span)  # noqa: S101  # a number's step
        return found

    def sides(self, step: str) -> Sides:
        found = self.names.outcomes[step]
        assert isinstance(found, Sides)  # noqa: S101  # a condition's step
        return found

    def scores(self) -> tuple[list[exp.Expr], frozenset[str]]:
        """Return the columns of the scores, and what they read."""
        book, decimals = self.book, self.book.decimals
        reads = NOBODY
        columns: list[exp.Expr] = [exp.column(SUBJECT, table=HERE, quoted=True)]

        def put(name: str, sql: exp.Expr) -> None:
            columns.append(exp.alias_(sql, name, quoted=True, copy=False))

        put("book", exp.Literal.string(book.key))
        put("period", exp.Literal.string(self.moments.period))
        score, grade = self.span("score"), self.span("grade")
        coverage = self.span("coverage").low
        for term in (*score[:2], *grade[:2], coverage):
            reads |= term.reads
        put("low", as_decimal(score.low, decimals))
        put("high", as_decimal(score.high, decimals))
        put("full", decimal_literal(book.points, decimals))
        ids = {-1: "vetoed"} | {place: one.id for place, one in enumerate(reversed(book.grades))}
        put("grade_low", chosen_text(grade.low, ids))
        put("grade_high", chosen_text(grade.high, ids))
        for name in ("veto", "not_rated"):
            sides = self.sides(name)
            reads |= sides.must.reads | sides.may.reads
            put(name, answered(sides))
        put("coverage", as_decimal(coverage, 4))
        faults = Faults(self.names)
        reads |= faults.reads
        for name in self.program.sections:
            asked = self.sides(f"asked:{name}")
            reads |= self._ends(put, f"section.{name}", f"printed:{name}", asked, decimals)
        for name in self.program.dimensions:
            asked = self.sides(f"dimension-asked:{name}")
            places = decimals + CARRIED
            reads |= self._ends(put, f"dimension.{name}", f"dimension:{name}", asked, places)
        put("fault", faults.column())
        return columns, reads

    def _ends(self, put: object, name: str, step: str, asked: Sides, places: int) -> frozenset[str]:
        span = self.span(step)
        for end, term in (("low", span.low), ("high", span.high)):
            put(f"{name}.{end}", texts(asked.may, as_decimal(term, places)))  # type: ignore[operator]  # it puts a column
        put(f"{name}.asked", answered(asked))  # type: ignore[operator]  # likewise
        return span.low.reads | span.high.reads | asked.must.reads | asked.may.reads


def _needed(ctes: Mapping[str, exp.CTE], query: exp.Expr) -> list[exp.CTE]:
    """Return those that a query reads, by way of others too, in their order."""
    found: set[str] = set()
    todo = [query]
    while todo:
        names = {table.name for table in todo.pop().find_all(exp.Table)} & ctes.keys() - found
        found |= names
        todo += [ctes[name].this for name in names]
    return [cte for name, cte in ctes.items() if name in found]


def _together(rows: Sequence[exp.Expr]) -> exp.Expr:
    """Return the rows of several queries, one after the other."""
    found = rows[0]
    for row in rows[1:]:
        found = exp.Union(this=found, expression=row, distinct=False)
    return found


def _from_weighed(columns: list[exp.Expr], written: Written) -> exp.Select:
    query = exp.Select(expressions=columns)
    table = exp.alias_(written.table(WEIGHED), HERE, table=True, copy=False)
    query.set("from_", exp.From(this=table))
    return query

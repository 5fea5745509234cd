"""Rows that do not fit their book, each with its place and reasons; a unit of which any row is at
fault is not weighed, as `assess` weighs no case with a fault.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from steelyard.book.model import UNDATED
from steelyard.bulk.columns import FACTS, SUBJECT, WAIVERS
from steelyard.bulk.intake.checks import Checked, Say, Sql, Way, told
from steelyard.bulk.intake.given import AS_OF, BOOK, KIND, KNOWN, PARTIES, UNIT_PERIOD, Raw
from steelyard.bulk.intake.limits import contradictions
from steelyard.bulk.intake.plainly import word
from steelyard.bulk.intake.sources import FILE, ROW, quoted, text
from steelyard.bulk.intake.typed import Rows, unit_shown
from steelyard.case.reading.identity import DRAWN_ALIKE
from steelyard.case.reading.parse_values import Wrong, wrong
from steelyard.expression.types import PartyOf, Survey

UNITS = "steelyard_units"
"""Every unit that the facts name: `unit`, `period`, `as_of`."""
NAMED = "steelyard_named"
"""Every party: `unit`, `period`, `party`, `kind`."""


def faulty(rows: Rows, say: Say) -> Iterator[str]:
    """Yield queries that give rejected rows: (register, file, row, unit, period, reason).

    The tables UNITS and NAMED must be there.
    """
    for name, raw in rows.raw.items():
        ways = list(_of_rows(rows, name, raw))
        found = rows.ever(raw, [way.when for way in ways])
        ways = [way for way, ever in zip(ways, found, strict=True) if ever]
        ways += [way for read in rows.cleaned[name].values() for way in read.ways]
        if ways:
            yield _locally(rows, name, raw, ways, say)
        yield from _twice(rows, name, raw, say)
        yield from _alike(rows, name, raw, say)
        if name != FACTS:
            yield _of_nobody(rows, name, raw, say)
        yield from _naming_nobody(rows, name, raw, say)
        if raw.table.register:
            yield from _out_of_period(rows, name, raw, say)
    yield from _of_no_kind(rows, say)


def _of_rows(rows: Rows, name: str, raw: Raw) -> Iterator[Way]:
    """Yield the ways in which a row is wrong though each of its values is one."""
    yield from rows.of_period(raw)
    yield from rows.adding_up[name]
    if name == FACTS:
        yield from rows.day().ways
        yield from _of_facts(rows, raw)
    elif name == WAIVERS:
        yield from _of_waivers(raw)
    if raw.table.kind:
        yield from _of_other_kinds(rows, raw)


def parties(rows: Rows) -> str:
    """Return the query of NAMED."""
    kinds = [one for one in rows.raw.values() if one.table.kind]
    return (
        " UNION ALL ".join(
            f"SELECT {quoted(SUBJECT)} AS unit, {quoted(UNIT_PERIOD)} AS period, "  # noqa: S608
            f"{quoted('id')} AS party, {text(one.table.kind)} AS kind "
            f"FROM {rows.some(one.table.name, one.table.key)} AS one"
            for one in kinds
        )
        or "SELECT '' AS unit, '' AS period, '' AS party, '' AS kind WHERE FALSE"
    )


def called(raw: Raw) -> str:
    """Return how a table is named to the user."""
    return PARTIES if raw.table.kind else raw.table.register or raw.table.name


def _locally(rows: Rows, name: str, raw: Raw, ways: list[Way], say: Say) -> str:
    """Return the rows of which a value is none, with all that is wrong of each."""
    unit = rows.cleaned[name][raw.table.key[0]].value
    where = " OR ".join(f"({way.when})" for way in ways)
    where = f"({raw.where}) AND ({where})" if raw.where else where
    reasons = ", ".join(f"CASE WHEN {way.when} THEN {told(way, say)} END" for way in ways)
    return (
        f"SELECT {text(called(raw))} AS register, raw.{quoted(FILE)} AS file, "  # noqa: S608  # names of ours and of books, quoted
        f"raw.{quoted(ROW)} AS row, "
        f"{unit} AS unit, {rows.period(raw)} AS period, CONCAT_WS('; ', {reasons}) AS reason "
        f"FROM {raw.opened.relation} AS raw WHERE {where}"
    )


def _found(
    rows: Rows,
    name: str,
    why: Wrong | tuple[Wrong, Wrong],
    say: Say,
    more: str,
    column: str = "",
    key: str = "",
) -> str:
    """Return rows of a typed table that are wrong by what else there is.

    `column` is the one at fault, `key` another that is asked for, and `more` follows FROM. Of two
    reasons the first is for a party who is not there.
    """
    raw = rows.raw[name]
    asked = [raw.table.key[0], *filter(None, (column, key))]
    unit = f"fine.{quoted(raw.table.key[0])}"
    reason = (
        told(Way("", column, why), say)
        if isinstance(why, Wrong)
        else f"CASE WHEN named.kind IS NULL THEN {told(Way('', column, why[0]), say)} "
        f"ELSE {told(Way('', column, why[1]), say)} END"
    )
    return (
        f"SELECT {text(called(raw))} AS register, fine.{quoted(FILE)} AS file, "  # noqa: S608
        f"fine.{quoted(ROW)} AS row, {unit} AS unit, fine.{quoted(UNIT_PERIOD)} AS period, "
        f"{reason} AS reason FROM {rows.some(name, asked)} AS fine {more}"
    )


def _twice(rows: Rows, name: str, raw: Raw, say: Say) -> Iterator[str]:
    """Yield the rows that cannot be told apart."""
    if raw.table.register and "id" not in raw.held_in:
        return
    # Rows that do not say theirs are all of one period.
    key = [*raw.table.key, *((UNIT_PERIOD,) if rows.dated(raw) else ())]
    if raw.table.name == KNOWN:
        return
    listed = ", ".join(map(quoted, key))
    same = " AND ".join(f"fine.{quoted(one)} = twice.{quoted(one)}" for one in key)
    table = f"{rows.some(name, raw.table.key)} AS every"
    if raw.table.kind:
        # Whatever their kinds, no two parties of a unit bear one id.
        named = zip(("unit", "party", "period"), key, strict=False)
        listed_ = ", ".join(f"{one} AS {quoted(to)}" for one, to in named)
        table = f"(SELECT {listed_} FROM {NAMED}) AS every"  # noqa: S608
    last = raw.table.key[-1]
    shown = Sql(f"fine.{quoted(last)}")
    why = (
        wrong("the unit stands twice in {period}", period=Sql(f"fine.{quoted(UNIT_PERIOD)}"))
        if name == FACTS
        else wrong("rule `{id}` is waived twice", id=shown)
        if name == WAIVERS
        else wrong("party `{id}` stands twice", id=shown)
        if raw.table.kind
        else wrong("record `{id}` stands twice", id=shown)
    )
    yield _found(
        rows,
        name,
        why,
        say,
        f"JOIN (SELECT {listed} FROM {table} GROUP BY {listed} "  # noqa: S608
        f"HAVING COUNT(*) > 1) AS twice ON {same}",
        key=last,
    )


def _alike(rows: Rows, name: str, raw: Raw, say: Say) -> Iterator[str]:
    """Yield the rows of which the ids look alike, and are written with other characters."""
    last = raw.table.key[-1]
    # What is plainly written holds no sign that is drawn as another is.
    if last not in rows.odd[name] or name in {KNOWN, WAIVERS}:
        return
    drawn = (text("".join(part)) for part in (DRAWN_ALIKE, DRAWN_ALIKE.values()))
    look = f"TRANSLATE({quoted(last)}, {', '.join(drawn)})"
    # Units are told apart through all periods, what is theirs within its unit and period.
    within = [] if name == FACTS else [raw.table.key[0], UNIT_PERIOD]
    listed = ", ".join([f"{look} AS look", *map(quoted, within)])
    ends = f"MIN({quoted(last)}) AS first, MAX({quoted(last)}) AS last"
    same = "".join(f" AND fine.{quoted(one)} = alike.{quoted(one)}" for one in within)
    own = f"fine.{quoted(last)}"
    other = f"CASE WHEN {own} = alike.first THEN alike.last ELSE alike.first END"
    why = wrong(
        "`{id}` looks like `{other}`, and is written with other characters",
        id=Sql(unit_shown(own)),
        other=Sql(unit_shown(other)),
    )
    yield _found(
        rows,
        name,
        why,
        say,
        f"JOIN (SELECT {listed}, {ends} FROM {rows.some(name, raw.table.key)} AS every "  # noqa: S608
        f"GROUP BY {', '.join(map(str, range(1, len(within) + 2)))} "
        f"HAVING MIN({quoted(last)}) <> MAX({quoted(last)})) AS alike "
        f"ON {look.replace(quoted(last), own, 1)} = alike.look{same}",
        last,
        key=last,
    )


def _of_nobody(rows: Rows, name: str, raw: Raw, say: Say) -> str:
    """Return the rows of a unit that the facts do not name."""
    unit = f"fine.{quoted(raw.table.key[0])}"
    why = wrong("`{id}` is not among the units", id=Sql(unit_shown(unit)))
    return _found(
        rows,
        name,
        why,
        say,
        f"LEFT JOIN {UNITS} AS units ON {_same_unit(rows, raw)} WHERE units.unit IS NULL "
        f"AND {unit} IS NOT NULL AND fine.{quoted(UNIT_PERIOD)} IS NOT NULL",
        raw.table.key[0],
    )


def _same_unit(rows: Rows, raw: Raw) -> str:
    same = f"units.unit = fine.{quoted(raw.table.key[0])}"
    if rows.dated(raw):
        same += f" AND units.period = fine.{quoted(UNIT_PERIOD)}"
    return same


def _naming_nobody(rows: Rows, name: str, raw: Raw, say: Say) -> Iterator[str]:
    """Yield the rows that name a party who is not one of the unit, or is of another kind."""
    unit = quoted(raw.table.key[0])
    for column in raw.table.columns:
        if not isinstance(column.kind, PartyOf) or column.name not in raw.held_in:
            continue
        shown = f"fine.{quoted(column.name)}"
        kind = column.kind.kind
        join = (
            f"LEFT JOIN {NAMED} AS named ON named.unit = fine.{unit} AND named.party = {shown} "
            f"AND named.period = fine.{quoted(UNIT_PERIOD)} WHERE {shown} IS NOT NULL "
            f"AND COALESCE(named.kind, '') <> {text(kind)}"
        )
        nobody = wrong("`{id}` is not among the parties", id=Sql(shown))
        other = wrong(
            "`{id}` is a {kind}, and a {wanted} is wanted",
            id=Sql(shown),
            kind=Sql("named.kind"),
            wanted=kind,
        )
        yield _found(rows, name, (nobody, other), say, join, column.name)


def _out_of_period(rows: Rows, name: str, raw: Raw, say: Say) -> Iterator[str]:
    """Yield the rows of a dated register that have no day of the period, or one after the day as of
    which the unit is judged.
    """
    register = rows.book.registers[raw.table.register]
    if register.dated in {"", UNDATED}:
        return
    day = f"fine.{quoted(register.dated)}"
    period = {one.name: one for one in rows.spans_known}
    first, last = (
        "CASE units.period "
        + " ".join(
            f"WHEN {text(name_)} THEN CAST({text(getattr(one, end).isoformat())} AS DATE)"
            for name_, one in period.items()
        )
        + " END"
        for end in ("first", "last")
    )
    shown, whole, as_of = Sql(day), Sql("units.period"), Sql("units.as_of")
    for when, why in (
        (
            f"({day} < {first} OR {day} > {last})",
            wrong("`{text}` does not lie within {whole}", text=shown, whole=whole),
        ),
        (
            f"{day} BETWEEN {first} AND {last} AND {day} > units.as_of",
            wrong("`{text}` is after {day}, as of which the case is judged", text=shown, day=as_of),
        ),
        (
            f"{day} IS NULL AND units.as_of < {first}",
            wrong("no day of {period} has come by {day}", period=whole, day=as_of),
        ),
    ):
        join = f"JOIN {UNITS} AS units ON {_same_unit(rows, raw)} WHERE {when}"
        yield _found(rows, name, why, say, join, register.dated)


def _of_facts(rows: Rows, raw: Raw) -> Iterator[Way]:
    """Yield the ways in which a row of facts contradicts itself, its book or its day."""
    book, read = rows.book, rows.cleaned[FACTS]
    if BOOK in raw.opened.columns:
        parts = book.version.split(".")
        named = [book.id, *(f"{book.id}@{'.'.join(parts[:n])}" for n in range(1, len(parts) + 1))]
        named += [f"{book.id}@{one}" for one in book.accepts]
        listed = ", ".join(map(text, named))
        why = wrong(
            "is for book `{other}`, not `{book}`", other=Sql(f"raw.{quoted(BOOK)}"), book=book.key
        )
        yield Way(f"COALESCE({word(BOOK)}, '') NOT IN ({listed})", BOOK, why)
    for fact in book.collected:
        if isinstance(fact.type, Survey):
            yield from _of_survey(
                fact.id, *(read[f"{fact.id}.{part}"] for part in ("positive", "asked"))
            )
        elif fact.nullable:
            both = f"{read[f'{fact.id}.none'].value} AND ({read[fact.id].value}) IS NOT NULL"
            yield Way(both, fact.id, wrong("has a value, and says that there is none"))
    values = {fact.id: read[fact.id].value for fact in book.collected if fact.id in read}
    given = {name for name in values if name in raw.held_in}
    yield from contradictions(book, values, given)
    for parameter in book.parameters.values():
        start = datetime.date.fromordinal(parameter.values[0][0]).isoformat()
        as_of = rows.as_of()
        why = wrong("`{name}` has no figure yet on {day}", name=parameter.id, day=Sql(as_of))
        yield Way(f"{as_of} < CAST({text(start)} AS DATE)", AS_OF, why)


def _of_survey(name: str, *counts: Checked) -> Iterator[Way]:
    positive, asked = (one.value for one in counts)
    refused = " OR ".join(f"({way.when})" for one in counts for way in one.ways) or "FALSE"
    yield Way(
        f"({positive} IS NULL) <> ({asked} IS NULL) AND NOT COALESCE({refused}, FALSE)",
        name,
        wrong("a survey wants both `positive` and `asked`"),
    )
    yield Way(
        f"{positive} > {asked}",
        name,
        wrong("{positive} out of {asked} cannot be", positive=Sql(positive), asked=Sql(asked)),
    )


def _of_waivers(raw: Raw) -> Iterator[Way]:
    if "authority" not in raw.opened.columns:
        yield Way("TRUE", "authority", wrong("is missing"))
        return
    yield Way(f"{word('authority')} IS NULL", "authority", wrong("is missing"))


def _of_other_kinds(rows: Rows, raw: Raw) -> Iterator[Way]:
    """Yield the ways in which a party gives what only parties of other kinds have."""
    if KIND not in raw.opened.columns:
        return
    own = {*(column.name for column in raw.table.columns), KIND, FILE, ROW, *raw.beside}
    own -= {field for kind in rows.book.kinds.values() for field in kind.fields} - {
        column.name for column in raw.table.columns
    }
    for name in raw.opened.columns:
        if name not in own and name != rows.period_column(raw):
            why = wrong("unknown field `{name}`", name=name)
            yield Way(f"{word(name)} IS NOT NULL", name, why)


def _of_no_kind(rows: Rows, say: Say) -> Iterator[str]:
    """Yield the parties of a kind that the book does not know."""
    raw = next((one for one in rows.raw.values() if one.table.kind), None)
    if raw is None or KIND not in raw.opened.columns:
        return
    kinds = ", ".join(map(text, rows.book.kinds))
    way = Way(
        f"COALESCE({word(KIND)}, '') NOT IN ({kinds})",
        KIND,
        wrong("unknown kind of party `{kind}`", kind=Sql(f"raw.{quoted(KIND)}")),
    )
    yield _locally(rows, raw.table.name, raw._replace(where=""), [way], say)

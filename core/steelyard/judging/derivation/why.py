"""Why: the derivation of one finding, of a measure that falls on somebody, or of one that does
not.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from steelyard.book.difference.book_change import BookWords
from steelyard.book.model import Consequence, Limiter
from steelyard.book.terms import OUTCOME_TITLES
from steelyard.case.environment import CaseWorld, PartyWorld, RecordWorld
from steelyard.expression.prose import uncapped
from steelyard.expression.types import Boolean
from steelyard.judging.assessment import Assessment
from steelyard.judging.compiled.compile import listing
from steelyard.judging.derivation.deriver import Derived, Deriver, World, facts_below
from steelyard.judging.findings import Followed
from steelyard.judging.shown import shown_of
from steelyard.messages import Title

_NEAREST = 3
_NOBODY = {
    "register": Title("没有记录", "there is no record"),
    "party": Title("没有登记这类对象", "no such party is entered"),
    "subject": Title("已经处理", "it follows already"),
}
_FALLEN = Title("都已适用", "it applies to each of them already")
_SURE = {True: Title("确定", "certain"), False: Title("可能", "possible")}


def of_rule(assessment: Assessment, name: str) -> Derived:
    """Return how the finding of a rule comes about."""
    book = assessment.book
    rule = book.rules[name]
    place = list(book.rules).index(name)
    verdict, finding = assessment.verdicts[place], assessment.findings[place]
    ends = [assessment.text(end) for end in (verdict.low, verdict.high)]
    points = ends[0] if ends[0] == ends[1] else f"{ends[0]} – {ends[1]}"
    full, outcome = assessment.text(rule.points), OUTCOME_TITLES[verdict.outcome]
    root = Title(
        f"{rule.title.zh}：{outcome.zh}，得{points}分，满分{full}分",
        f"{rule.title.en}: {outcome.en}, {points} of {full} points",
    )
    below = [Derived(finding.because)] if finding.because is not None else []
    asks = rule.form.asks(BookWords(book))
    below.append(Derived(Title(f"要求：{asks.zh}", f"it asks: {asks.en}")))
    deriver = Deriver(assessment)
    if rule.not_applicable is not None:
        out = deriver.condition(rule.not_applicable)
        below.append(Derived(Title("下列情形不适用", "it does not apply where"), out.holds, (out,)))
    if verdict.outcome not in {"waived", "not_applicable"}:
        below += _asked(deriver, assessment, name)
    return Derived(root, "", tuple(below))


def _asked(deriver: Deriver, assessment: Assessment, name: str) -> Iterator[Derived]:
    rule = assessment.book.rules[name]
    told = False
    for node, register in rule.form.expressions():
        if register is None:
            told = True
            if isinstance(node.type, Boolean):
                yield deriver.condition(node)
            else:
                yield from deriver.quantity(node)
    over = listing(rule.lowered.points)
    if over is not None:
        full = Fraction(rule.full, 10**assessment.book.decimals)
        yield deriver.lost(over, full)
    elif not told:
        yield from facts_below(deriver, rule.lowered.points)


def of_limiter(assessment: Assessment, limiter: Limiter) -> Derived:
    """Return why a limiter bites, does not, or may."""
    below: list[Derived] = []
    if limiter.when is not None:
        below.append(Deriver(assessment).condition(limiter.when))
    if limiter.floor is not None:
        below.append(_floor(assessment, *limiter.floor))
    holds = [one.holds for one in below]
    state = "no" if "no" in holds else "open" if "open" in holds else "yes"
    words = {
        "yes": Title("生效", "bites"), "no": Title("不生效", "does not bite"),
        "open": Title("尚不能排除", "is not excluded yet"),
    }[state]  # fmt: skip
    said = Title(f"{limiter.title.zh}：{words.zh}", f"{limiter.title.en}: {words.en}")
    return Derived(said, "", tuple(below))


def _floor(assessment: Assessment, section: str, units: int) -> Derived:
    ends = assessment.scored.sections.get(section)
    title, floor = assessment.book.sections[section].title, assessment.text(units)
    if ends is None:
        return Derived(Title(f"{title.zh}不适用", f"{title.en} does not apply"), "no")
    texts = [assessment.text(end) for end in ends]
    points = texts[0] if texts[0] == texts[1] else f"{texts[0]} – {texts[1]}"
    said = Title(
        f"{title.zh}得{points}分，底线为{floor}分",
        f"{title.en} has {points} points; {floor} is the floor",
    )
    return Derived(said, "yes" if ends[1] < units else "open" if ends[0] < units else "no")


def rows_of(assessment: Assessment, measure: str) -> list[int]:
    """Return the places of the rows that impose a measure, or one that entails it."""
    book = assessment.book
    wanted = {measure}
    while True:
        more = {one.id for one in book.measures.values() if wanted & set(one.entails)} - wanted
        if not more:
            break
        wanted |= more
    return [
        place
        for place, row in enumerate(book.consequences)
        if any(wanted & set(bundle) for bundle in row.options)
    ]


def of_measure(assessment: Assessment, measure: str) -> list[Derived]:
    """Return why a measure falls on each party on whom it falls or may fall; nothing where it falls
    on none.
    """
    rows = set(rows_of(assessment, measure))
    return [
        _followed(assessment, measure, one) for one in assessment.consequences if one.row in rows
    ]


def _followed(assessment: Assessment, measure: str, one: Followed) -> Derived:
    book = assessment.book
    row, title = book.consequences[one.row], book.measures[measure].title
    sure = _SURE[one.certain]
    kind = book.kinds[one.kind].title if one.kind in book.kinds else Title("本单位", "the unit")
    party = "" if one.kind == "subject" else f" {one.party}"
    said = Title(
        f"{title.zh}：落在{kind.zh}{party}（{sure.zh}）",
        f"{title.en} falls on {kind.en}{party} ({sure.en})",
    )
    below = [
        deriver.condition(row.when)
        for name, deriver in _places(assessment, row)
        if row.when is not None
        and name == (one.record or one.party if row.scope != "subject" else "")
    ]
    choice = len(row.options)
    if choice > 1:
        words = Title(
            f"由有权机关在{choice}种处理中选定", f"the authority chooses one of {choice} measures"
        )
        below.append(Derived(words))
    return Derived(said, "", tuple(below))


def not_of(assessment: Assessment, measure: str) -> list[Derived]:
    """Return of each row that imposes a measure why it does not apply, by what comes nearest, and
    what would have to be otherwise.
    """
    book = assessment.book
    fired = {(one.row, one.record or one.party) for one in assessment.consequences if one.certain}
    found = []
    for place in rows_of(assessment, measure):
        row = book.consequences[place]
        title = _occasion(assessment, row)
        tried = []
        places = list(_places(assessment, row))
        for name, deriver in places:
            if (place, name) in fired or row.when is None:
                continue
            tried.append((len(deriver.lacking(row.when)), name, deriver))
        tried.sort(key=lambda one: one[0])
        below = []
        for _, name, deriver in tried[:_NEAREST]:
            assert row.when is not None  # noqa: S101  # asked before
            lacks = deriver.lacking(row.when)
            said = Title(
                f"{name or '本单位'}：还须符合：" + "；".join(one.zh for one in lacks),
                f"{name or 'the unit'}: it would take: " + "; ".join(one.en for one in lacks),
            )
            below.append(Derived(said, "no", (deriver.condition(row.when),)))
        if not tried:
            below.append(Derived(_FALLEN if places else _NOBODY[row.scope]))
        if len(tried) > _NEAREST:
            left = len(tried) - _NEAREST
            below.append(Derived(Title(f"另有{left}条相差更多", f"{left} more lack more")))
        found.append(Derived(title, "", tuple(below)))
    return found


def _occasion(assessment: Assessment, row: Consequence) -> Title:
    book = assessment.book
    if row.scope == "subject":
        on = Title("本单位", "the unit")
    elif row.scope == "register":
        on = book.registers[row.on].title
    else:
        on = book.kinds[row.on].title
    where = Deriver(assessment, register=row.on if row.scope == "register" else None)
    said = where.words(row.when) if row.when is not None else None
    if row.scope == "register":
        every = Title(f"“{on.zh}”的每条记录", f"Every record of “{on.en}”")
    elif row.scope == "party":
        every = Title(f"每个{on.zh}", f"Every {uncapped(on.en)}")
    else:
        every = Title("本单位", "The unit")
    return (
        every
        if said is None
        else Title(f"{every.zh}，须：{said.zh}", f"{every.en}, where {said.en}")
    )


def _places(assessment: Assessment, row: Consequence) -> Iterator[tuple[str, Deriver]]:
    """Yield where a row is asked, by the record's or the party's id."""
    case = assessment.case
    world = CaseWorld(shown_of(assessment.book, case))
    if row.scope == "subject":
        yield "", Deriver(assessment, world)
    elif row.scope == "register":
        cells = world.shown_.registers[row.on][2]
        for name, one in zip(case.registers[row.on].ids, cells, strict=True):
            yield name, Deriver(assessment, RecordWorld(world, row.on, one), row.on)
    else:
        for party in case.parties.values():
            if party.kind == row.on:
                inside: World = PartyWorld(world, party.id, row.owners)
                yield party.id, Deriver(assessment, inside)

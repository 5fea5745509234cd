"""Points in proportion: a dropped rule's over the rest of its section, a rule's over its bands and
grades.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from steelyard.book.entries import copy_of, id_of, list_of
from steelyard.located_yaml import Items, Table, Text, Value, place_of

_MOST, _FINEST = 10**9, 9


def share(table: Table, sections: frozenset[str], fixed: frozenset[str]) -> dict[str, str]:
    """Share the points of dropped rules over the rest of their section, in proportion to the points
    there.

    `fixed` rules keep theirs. Gives the paths of changed points with a word for why. What cannot be
    shared exactly in the book's decimals goes to the largest remainders; where nothing can take it,
    the sums are left for the loader.
    """
    changed_: dict[str, str] = {}
    unit = unit_of(table)
    for name in sections:
        rules = [
            one
            for one in list_of(table.get("rules"))
            if isinstance(one, Table) and one.get("section") == name and one.get("bonus") is None
        ]
        if any(one.get("weight") is not None for one in rules):
            # The rest shares by weight as it stands.
            continue
        section = next(
            (
                one
                for one in list_of(table.get("sections"))
                if isinstance(one, Table) and id_of(one) == name
            ),
            None,
        )
        try:
            whole = _decimal(section.get("points")) if section is not None else Decimal(0)
            worth = {id_of(entry): _points(entry) for entry in rules}
        except (InvalidOperation, ValueError):
            continue
        missing = whole - sum(worth.values())
        open_ = {rule: points for rule, points in worth.items() if rule not in fixed and points > 0}
        if missing <= 0 or not open_:
            continue
        total = sum(open_.values())
        exact = {rule: points + missing * points / total for rule, points in open_.items()}
        given = {rule: points.quantize(unit, ROUND_FLOOR) for rule, points in exact.items()}
        left = int((sum(open_.values()) + missing - sum(given.values())) / unit)
        for one in sorted(exact, key=lambda rule: given[rule] - exact[rule])[:left]:
            given[one] += unit
        for entry in rules:
            if id_of(entry) in given:
                all_rules = list_of(table.get("rules"))
                all_rules[[id_of(one) for one in all_rules].index(id_of(entry))] = raised_to(
                    entry, given[id_of(entry)], unit
                )
                table["rules"] = all_rules
                changed_[f"rules.{id_of(entry)}.points"] = "shared"
    return changed_


def _points(rule: Table) -> Decimal:
    """Return the most that a rule can earn, as written."""
    bands, points = rule.get("bands"), rule.get("points")
    if isinstance(bands, Items):
        return max(_decimal(band.get("points")) for band in bands if isinstance(band, Table))
    if isinstance(points, Table):
        return max(_decimal(one) for one in points.values())
    return _decimal(points)


def _decimal(value: Value) -> Decimal:
    """Return points as written; what cannot be points raises, and is left for the loader to
    name.
    """
    number = Decimal(str(value))
    if (
        not number.is_finite()
        or number.copy_abs() > _MOST
        or int(number.as_tuple().exponent) < -_FINEST
    ):
        raise ValueError
    return number


def unit_of(table: Table) -> Decimal:
    """Return the least step of a book's points."""
    said = str(table.get("decimals"))
    return Decimal(1).scaleb(-int(said) if said in {"0", "1", "2", "3", "4"} else -2)


def has_steps(rule: Table) -> bool:
    """Whether a rule has points by band or by grade."""
    return isinstance(rule.get("bands"), Items) or isinstance(rule.get("points"), Table)


def raised_to(rule: Table, most: Decimal, unit: Decimal) -> Table:
    """Return a rule that earns `most` at best, its bands and grades in proportion, in steps of
    `unit`.
    """
    old, new = _points(rule), copy_of(rule)

    def raised(value: Value) -> Text:
        text = Text((Decimal(str(value)) * most / old).quantize(unit).normalize().__format__("f"))
        text.place = place_of(value, rule.place)
        return text

    bands, points = rule.get("bands"), rule.get("points")
    if isinstance(bands, Items):
        moved = list_of(bands)
        for place, band in enumerate(moved):
            if isinstance(band, Table):
                copy = copy_of(band)
                copy["points"] = raised(band.get("points"))
                moved[place] = copy
        new["bands"] = moved
    elif isinstance(points, Table):
        copy = copy_of(points)
        for option, value in points.items():
            copy[option] = raised(value)
        new["points"] = copy
    else:
        new["points"] = raised(points)
    return new

"""A plan as plain data, in the published form `steelyard/plan@1`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from steelyard.judging.assessment import Assessment
from steelyard.plan.levers import Key, Option
from steelyard.plan.planning import Block, Plan, Step
from steelyard.plan.what_if import Worth

SCHEMA = "steelyard/plan@1"
_BARE = frozenset({"already", "undecided", "unreachable"})
"""Outcomes of which no effort can be told."""


def effort_text(effort: Fraction) -> str:
    """Return an effort as a decimal."""
    return f"{(Decimal(effort.numerator) / Decimal(effort.denominator)).normalize():f}"


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data; points and efforts are decimal strings."""
    before, after = plan.before, plan.after
    return {
        "schema": SCHEMA,
        **_head(before),
        "target": before.grade_id(plan.target),
        "outcome": plan.outcome,
        "cheapest": plan.cheapest,
        **({} if plan.outcome in _BARE else {"at_least": effort_text(plan.bound)}),
        "effort": effort_text(plan.effort),
        **({} if plan.budget is None else {"budget": effort_text(plan.budget)}),
        **({} if plan.needed is None else {"needed": effort_text(plan.needed)}),
        "before": standing_json(before),
        "after": standing_json(after),
        "steps": [_step(before, one) for one in plan.steps],
        **({} if plan.best < 0 else {"best": before.grade_id(plan.best)}),
        **({"blocked_by": [_block(before, one) for one in plan.blocks]} if plan.blocks else {}),
    }


def what_if_json(before: Assessment, after: Assessment, worths: Sequence[Worth]) -> dict[str, Any]:
    """Return what other values make of a case, and what each single change is worth."""
    return {
        "schema": SCHEMA,
        **_head(before),
        "before": standing_json(before),
        "after": standing_json(after),
        "rules": list(_changed(before, after)),
        "worth": [
            {
                **_moved(one.key, one.option),
                "low": before.text(one.low),
                "high": before.text(one.high),
            }
            for one in worths
        ],
    }


def standing_json(one: Assessment) -> dict[str, Any]:
    """Return score, grade, veto and whether it is rated."""
    standing = one.standing
    return {
        "score": {"low": one.text(one.scored.low), "high": one.text(one.scored.high)},
        "grade": {
            "low": one.grade_id(standing.low),
            "high": one.grade_id(standing.high),
            "settled": one.settled,
        },
        "veto": standing.veto,
        "not_rated": standing.not_rated,
    }


def _head(one: Assessment) -> dict[str, Any]:
    book, case = one.book, one.case
    return {
        "case": case.digest,
        "book": {"id": book.id, "version": book.version, "digest": book.digest},
        "subject": {"id": case.subject_id, "name": case.subject_name},
        "period": case.period,
    }


def _moved(key: Key, option: Option) -> dict[str, Any]:
    value = dict(option.value)
    said: dict[str, Any] = {"does": option.kind}
    match key:
        case ("fact", name):
            said["fact"] = name
        case ("register", name):
            said["register"] = name
        case ("rows", name, _):
            return {**said, "register": name, "count": option.copies, "fields": value}
        case (_, name, record, field):
            said |= {"register": name, "record": record, "field": field}
    if value:
        said["value"] = value.get("value") or f"{value['positive']}/{value['asked']}"
    return said


def _step(before: Assessment, step: Step) -> dict[str, Any]:
    cites = [cite for name in step.rules for cite in before.book.rules[name].cites]
    return {
        **_moved(step.key, step.option),
        "effort": effort_text(step.option.effort),
        "gain": before.text(step.gain),
        "rules": list(step.rules),
        "cites": list(dict.fromkeys(cites)),
    }


def _block(before: Assessment, block: Block) -> dict[str, Any]:
    kind, name = block.piece
    if kind != "rule":
        return {kind: name}
    rule = before.book.rules[name]
    return {"rule": name, "most": before.text(block.most), "full": before.text(rule.points)}


def _changed(before: Assessment, after: Assessment) -> Iterator[dict[str, Any]]:
    for old, new in zip(before.verdicts, after.verdicts, strict=True):
        if (old.low, old.high, old.outcome) != (new.low, new.high, new.outcome):
            yield {
                "rule": old.rule,
                "before": {
                    "outcome": old.outcome,
                    "low": before.text(old.low),
                    "high": before.text(old.high),
                },
                "after": {
                    "outcome": new.outcome,
                    "low": after.text(new.low),
                    "high": after.text(new.high),
                },
            }

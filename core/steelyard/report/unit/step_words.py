"""What is to be done, in a sentence: each change that a plan may make of a case.

Titles and values stand in quotation marks, since a book's titles are phrases, questions and whole
sentences alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from steelyard.book.model import Fact, Field
from steelyard.errors import Plural
from steelyard.expression.types import Boolean, Choice, Date, Survey
from steelyard.messages import nested
from steelyard.plan.levers import NUMBERED, Key, Option
from steelyard.report.unit.evidence import worded
from steelyard.report.unit.reader import Reader

_SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "item": "Show that “{title}” is met",
        "done": "Show that “{title}” was done on {value}",
        "survey": "Show the survey “{title}” with {value} answering positively",
        "word": "Show that “{title}” is “{value}”",
        "figure": "Show that “{title}” is {value}",
    }
)
_CHANGED: Mapping[str, str] = MappingProxyType(
    {
        "item": "Meet “{title}”, which is not met now",
        "done": "Complete “{title}” and enter {value} as the day",
        "survey": "Raise the survey “{title}” from {now} answering positively to {value}",
        "survey anew": "Hold the survey “{title}” and reach {value} answering positively",
        "word": "Bring “{title}” from “{now}” to “{value}”",
        "raise": "Raise “{title}” from {now} to {value}",
        "lower": "Lower “{title}” from {now} to {value}",
        "figure": "Bring “{title}” to {value}",
    }
)
_SHOWN_OF_RECORD: Mapping[str, str] = MappingProxyType(
    {
        "none": "Show that “{title}” stays empty for record {record} of “{register}”",
        "word": "Show that “{title}” is “{value}” for record {record} of “{register}”",
        "figure": "Show that “{title}” is {value} for record {record} of “{register}”",
    }
)  # fmt: skip
_MENDED: Mapping[str, str] = MappingProxyType(
    {
        "word": "See to record {record} of “{register}”, so that “{title}” is “{value}”",
        "figure": "See to record {record} of “{register}” and enter {value} as “{title}”",
    }
)


def step_words(reader: Reader, key: Key, option: Option) -> str:
    """Return what a change of the reader's case is, as a sentence without its full stop."""
    match key:
        case ("register", name):
            return _complete(reader, name)
        case ("fact", name):
            return _fact(reader, reader.assessment.book.facts[name], option)
        case ("rows", name, _):
            return _records(reader, name, option)
    _, name, record, column = key
    register = reader.assessment.book.registers[name]
    field = register.fields[column]
    value = _text(option)
    words = _SHOWN_OF_RECORD if option.kind == "show" else _MENDED
    kind = "none" if value == "none" else "word" if _worded(field) else "figure"
    return reader.say(words[kind]).format(
        register=nested(reader.of(register.title)),
        record=record,
        title=nested(reader.of(field.full_title)),
        value=_value(reader, value, field),
    )


def _complete(reader: Reader, name: str) -> str:
    """Return that nothing is missing from a register, or that it holds nothing."""
    say = reader.say
    count = len(reader.assessment.case.registers[name].ids)
    said = (
        say("Confirm that the register “{title}” is complete; nothing is entered in it now")
        if not count
        else say("Confirm that the register “{title}” is complete; 1 record is entered in it now")
        if count == 1
        else say(
            Plural(
                "Confirm that the register “{title}” is complete; {count} record "
                "is entered in it now",
                "Confirm that the register “{title}” is complete; {count} "
                "records are entered in it now",
            )
        )
    )
    title = nested(reader.of(reader.assessment.book.registers[name].title))
    return said.format(title=title, count=count)


def _fact(reader: Reader, fact: Fact, option: Option) -> str:
    value, now = _text(option), _now(reader, fact)
    words = _SHOWN if option.kind == "show" else _CHANGED
    kind = _kind(fact)
    if words is _CHANGED and kind == "survey" and now.partition("/")[2] != value.partition("/")[2]:
        kind = "survey anew"
    if words is _CHANGED and kind == "figure" and fact.better is not None and _is_given(now):
        kind = "raise" if fact.better == "higher" else "lower"
    return reader.say(words[kind]).format(
        title=nested(reader.of(fact.full_title)),
        value=_value(reader, value, fact),
        now=_value(reader, now, fact),
    )


def _kind(fact: Fact) -> str:
    """Return which sentence tells of a fact."""
    if fact.origin == "item":
        return "item"
    if isinstance(fact.type, Survey):
        return "survey"
    if isinstance(fact.type, Date) and fact.origin == "deliverable":
        return "done"
    return "word" if _worded(fact) else "figure"


def _worded(slot: Fact | Field) -> bool:
    """Whether a value is a word, which is set in quotation marks."""
    return isinstance(slot.type, (Boolean, Choice))


def _is_given(now: str) -> bool:
    return now not in {"", "none", "unknown"}


def _now(reader: Reader, fact: Fact) -> str:
    given = reader.assessment.case.facts.get(fact.id)
    return given.evidence[-1].value if given is not None and given.evidence else ""


def _records(reader: Reader, name: str, option: Option) -> str:
    say = reader.say
    one = option.copies == 1
    fields = ("；" if reader.language == "zh" else "; ").join(_fields(reader, name, option))
    if fields:
        said = (
            say("Enter 1 more record in “{title}” ({fields})")
            if one
            else say("Enter {count} more records in “{title}” (each with {fields})")
        )
    else:
        said = (
            say("Enter 1 more record in “{title}”")
            if one
            else say("Enter {count} more records in “{title}”")
        )
    title = nested(reader.of(reader.assessment.book.registers[name].title))
    return said.format(count=option.copies, title=title, fields=fields)


def _fields(reader: Reader, name: str, option: Option) -> Iterator[str]:
    fields = reader.assessment.book.registers[name].fields
    for column, text in option.value:
        field = fields[column]
        value = reader.say("one of its own") if NUMBERED in text else _value(reader, text, field)
        yield f"{reader.of(field.full_title)}{reader.colon}{value}"


def _text(option: Option) -> str:
    value = dict(option.value)
    return value.get("value") or f"{value['positive']}/{value['asked']}"


def _value(reader: Reader, text: str, slot: Fact | Field) -> str:
    return nested(worded(reader, {"yes": "true", "no": "false"}.get(text, text), slot))

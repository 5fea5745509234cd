"""YAML read with its marks: scalars stay text and every value knows its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

import yaml

from steelyard.errors import CaseError, Fault, SteelyardError, Word, fault

DEEPEST = 30
LARGEST = 300_000
LONGEST = 32 * 1024 * 1024
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What would break a line, turn it round, steer a terminal, or be no text at all."""

_PROBLEMS = (
    Word("did not find expected node content"),
    Word("did not find expected key"),
    Word("did not find expected '-' indicator"),
    Word("did not find expected ',' or ']'"),
    Word("did not find expected ',' or a closing brace"),
    Word("did not find expected <document start>"),
    Word("did not find expected comment or line break"),
    Word("did not find expected alphabetic or numeric character"),
    Word("could not find expected ':'"),
    Word("mapping values are not allowed in this context"),
    Word("mapping keys are not allowed in this context"),
    Word("block sequence entries are not allowed in this context"),
    Word("found character that cannot start any token"),
    Word("found unexpected end of stream"),
    Word("found unexpected document indicator"),
    Word("found unknown escape character"),
    Word("found undefined tag handle"),
    Word("found incompatible YAML document"),
    Word("control characters are not allowed"),
    Word("expecting value"),
    Word("expecting ',' delimiter"),
    Word("expecting ':' delimiter"),
    Word("expecting property name enclosed in double quotes"),
    Word("extra data"),
    Word("unterminated string starting at"),
    Word("invalid control character at"),
    Word("invalid \\escape"),
    Word("invalid \\uXXXX escape"),
)
"""What is usually wrong with the form of a document, in the words of those who read it for us."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Text(str):
    """A scalar as typed, with its place."""

    __slots__ = ("place",)
    place: str


class Items(list["Value"]):
    """A sequence, with its place."""

    __slots__ = ("place", "size")
    place: str
    size: int


class Table(dict[str, "Value"]):
    """A mapping, with its place and the place of each key."""

    __slots__ = ("keys_at", "place", "size")
    place: str
    size: int
    keys_at: dict[str, str]


Value = Text | Items | Table | None


def unprintable(text: str) -> bool:
    """Whether a text holds what cannot be printed."""
    return not text.isprintable() and UNPRINTABLE.search(text) is not None


def place_of(value: object, otherwise: str) -> str:
    """Return the file:line of a marked value, or `otherwise` when it has none."""
    return getattr(value, "place", otherwise)


def key_place(table: object, key: str, otherwise: str) -> str:
    """Return the file:line of a key of a marked mapping."""
    places = getattr(table, "keys_at", None)
    found: str | None = places.get(key) if places else None
    return place_of(table, otherwise) if found is None else found


def mark(value: object, place: str) -> Value:
    """Return plain data (from JSON or a workbook) as marked values that all bear one place."""
    if isinstance(value, dict):
        table = Table((str(key), mark(item, place)) for key, item in value.items())
        table.place, table.keys_at, table.size = place, {}, len(table)
        return table
    if isinstance(value, (list, tuple)):
        items = Items(mark(item, place) for item in value)
        items.place, items.size = place, len(items)
        return items
    if value is None:
        return None
    text = Text("true" if value is True else "false" if value is False else value)
    text.place = place
    return text


def load(text: str, name: str, error: type[SteelyardError] = CaseError) -> Value:
    """Read one YAML document.

    `name` stands for the file in places. Aliases are expanded under a limit of 300,000 values;
    depth is at most 30; tags, duplicate keys and further documents are refused. Raises `error` with
    every duplicate key found.
    """
    if len(text) > LONGEST:
        raise error([fault(name, "is larger than {size} MiB", size=LONGEST // 1024 // 1024)])
    reader = _Reader(name, error)
    try:
        reader.take(_events(text))
    except yaml.MarkedYAMLError as problem:
        at = problem.problem_mark or problem.context_mark
        place = f"{name}:{at.line + 1}" if at else name
        if at and _tab_leads(text, at.line):
            raise error([fault(place, "a tab stands where YAML allows only spaces")]) from None
        raise error(
            [
                fault(
                    place, "is not valid YAML: {problem}", problem=problem_in(problem.problem or "")
                )
            ]
        ) from None
    except yaml.YAMLError as problem:
        said = problem_in(getattr(problem, "reason", "")) or Word("unreadable characters")
        behind = getattr(problem, "position", None)
        lines = text.encode("utf-8", "replace")[:behind].count(b"\n")
        place = name if behind is None else f"{name}:{lines + 1}"
        raise error([fault(place, "is not valid YAML: {problem}", problem=said)]) from None
    except RecursionError:
        raise error([fault(name, "is nested too deeply")]) from None
    except (UnicodeError, ValueError):
        raise error(
            [fault(name, "is not valid YAML: {problem}", problem=Word("unreadable characters"))]
        ) from None
    if reader.faults:
        raise error(reader.faults)
    return reader.root


def problem_in(said: str) -> str:
    """Return what is wrong with the form of a document, in words of ours where they are known."""
    # A brace of its own would stand for a value in the catalogue.
    plain = said.replace("'}'", "a closing brace")
    return next((word for word in _PROBLEMS if plain.startswith(word)), plain)


def first_of(text: str, key: str, name: str) -> Value:
    """Return what stands under one key at the top of a YAML document, reading no further than
    there; None where nothing does.

    What lies behind is not looked at, nor is anything refused: `load` does that.
    """
    reader = _Reader(name, CaseError)
    with suppress(yaml.YAMLError, SteelyardError, RecursionError, MemoryError, ValueError):
        reader.take(_until(reader, key, _events(text)))
    return reader.parent[key] if reader.has(key) else None  # type: ignore[index,call-overload]


def _events(text: str) -> Iterator[yaml.Event]:
    return iter(yaml.CSafeLoader(text).get_event, None)


def _until(reader: _Reader, key: str, events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield events, none more once a reader has what stands under a key at the top."""
    for event in events:
        yield event
        if reader.has(key):
            return


def _tab_leads(text: str, line: int) -> bool:
    lines = text.split("\n")
    said = lines[line] if line < len(lines) else ""
    return "\t" in said[: len(said) - len(said.lstrip())]


class _Reader:
    """Build marked values from parser events without recursion.

    `parent` is the table or sequence that is being filled, and `key` the key of a table whose value
    comes next, None where its next key does. `above` has what they were around each one that has
    begun, with its anchor.
    """

    def __init__(self, name: str, error: type[SteelyardError]) -> None:
        self.name = name
        self.error = error
        self.faults: list[Fault] = []
        self.root: Value = None
        self.documents = 0
        self.size = 0
        self.anchors: dict[str, Value] = {}
        self.parent: Table | Items | None = None
        self.key: str | None = None
        self.above: list[tuple[Table | Items | None, str | None, str | None]] = []
        self.line = -1
        self.place = name

    def take(self, events: Iterator[yaml.Event]) -> None:
        """Take events; those of scalars here, since most are."""
        for event in events:
            if type(event) is not yaml.ScalarEvent:
                self._take_other(event)
                continue
            value, parent, key = event.value, self.parent, self.key
            if event.tag is not None:
                self._untagged(event)
            if not value.isprintable() and unprintable(value):
                self._stop(event, "holds characters that cannot be printed")
            self.size += 1
            if self.size > LARGEST:
                self._grow(event, 0)
            if event.start_mark.line != self.line:  # type: ignore[union-attr]  # read events have one
                self._at(event)
            if value in _NULLS and event.implicit[0]:
                node = None
            elif key is None and type(parent) is Table and event.anchor is None:
                if value in parent:
                    self._twice(parent, value, self.place)
                self.key = value
                parent.keys_at[value] = self.place
                continue
            else:
                node = Text(value)
                node.place = self.place
            if event.anchor is not None:
                self.anchors[event.anchor] = node
            if key is not None:
                parent[key] = node  # type: ignore[index,call-overload]  # only a table has keys
                self.key = None
            elif type(parent) is Items:
                parent.append(node)
            else:
                self._put(event, node)

    def _take_other(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event, Table() if isinstance(event, yaml.MappingStartEvent) else Items())
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._stop(event, "holds more than one document")

    def has(self, key: str) -> bool:
        """Whether the table at the top is being read and has a value under a key."""
        return len(self.above) == 1 and type(self.parent) is Table and key in self.parent

    def _stop(self, event: yaml.Event, message: str, **values: object) -> NoReturn:
        raise self.error([fault(self._at(event), message, "", **values)])

    def _at(self, event: yaml.Event) -> str:
        mark_ = event.start_mark
        if mark_ is None:
            return self.name
        if mark_.line != self.line:
            # Values of one line share the text of their place.
            self.line = mark_.line
            self.place = f"{self.name}:{self.line + 1}"
        return self.place

    def _untagged(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None and event.tag != "!":
            self._stop(event, "tags such as `{tag}` are not read", tag=event.tag)

    def _start(self, event: yaml.CollectionStartEvent, node: Table | Items) -> None:
        self._untagged(event)
        if self.key is None and type(self.parent) is Table:
            self._stop(event, "a key must be plain text")
        if len(self.above) >= DEEPEST:
            self._stop(event, "is nested deeper than {depth} levels", depth=DEEPEST)
        node.place = self._at(event)
        node.size = self.size
        if type(node) is Table:
            node.keys_at = {}
        self._grow(event, 1)
        self.above.append((self.parent, self.key, event.anchor))
        self.parent, self.key = node, None

    def _end(self) -> None:
        node = self.parent
        assert node is not None  # noqa: S101  # only what has begun ends
        self.parent, self.key, anchor = self.above.pop()
        node.size = self.size - node.size
        if anchor:
            self.anchors[anchor] = node
        self._put(None, node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self.anchors:
            self._stop(event, "alias `{name}` has no anchor before it", name=event.anchor)
        node = self.anchors[event.anchor]
        self._grow(event, getattr(node, "size", 1))
        self._put(event, node)

    def _grow(self, event: yaml.Event, by: int) -> None:
        self.size += by
        if self.size > LARGEST:
            self._stop(event, "expands to more than {count} values", count=LARGEST)

    def _key(self, key: str, place: str) -> None:
        table: Table = self.parent  # type: ignore[assignment]  # only a table wants one
        if key in table:
            self._twice(table, key, place)
        self.key = key
        table.keys_at[key] = place

    def _twice(self, table: Table, key: str, place: str) -> None:
        first = table.keys_at[key]
        self.faults.append(
            fault(place, "key `{key}` stands twice, first at {first}", key=key, first=first)
        )

    def _put(self, event: yaml.Event | None, node: Value) -> None:
        parent = self.parent
        if parent is None:
            self.root = node
        elif type(parent) is Items:
            parent.append(node)
        elif self.key is not None:
            parent[self.key] = node  # type: ignore[call-overload]  # only the two kinds are ever opened
            self.key = None
        elif isinstance(node, Text):
            self._key(str(node), node.place)
        else:
            place = self._at(event) if event else parent.place
            raise self.error([fault(place, "a key must be plain text")])

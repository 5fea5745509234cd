"""Keep the Chinese catalogue complete: `python tools/catalogue.py` adds new messages to it and
drops those gone.

Messages are read from the source's own syntax trees. A message that reaches the reader without
being written out where it is made, by a constant or a table, stops the tool with its place.
"""

from __future__ import annotations

import ast
import datetime
import io
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from steelyard.cli.main import COMMANDS, program

CORE = Path(__file__).parent.parent / "core"
PO = CORE / "steelyard" / "locale" / "zh" / "LC_MESSAGES" / "steelyard.po"
MO = PO.with_suffix(".mo")

Id = str | tuple[str, str]
"""A message, or its singular and plural."""


class Sink(NamedTuple):
    """Where a call takes its message: the argument's position, `self` not counted, and its name."""

    position: int
    name: str


_SINKS: Mapping[str, Sink] = {
    "Fault": Sink(1, "message"),
    "Wrong": Sink(0, "message"),
    "Word": Sink(0, "text"),
    "Answer": Sink(1, "message"),
    "say": Sink(0, "message"),
    "translate": Sink(0, "message"),
}
"""What turns messages into faults and words; functions that pass a parameter on to one of these are
found.
"""
_ELSEWHERE = frozenset({"message", "help", "metavar", "options_metavar", "subcommand_metavar"})
"""Attributes that hold what is collected where it was made."""
_NOT_OURS = frozenset({"conditional_formatting"})
"""Objects of libraries with a method that is called as one of ours."""
CLICK: frozenset[Id] = frozenset(
    {
        "Usage:",
        "Options",
        "Show this message and exit.",
        "Show the version and exit.",
        "Missing command.",
        "required",
        ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
        "Option {name!r} does not take a value.",
        ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
        ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
        "{value} is not in the range {range}.",
        "{value!r} is not a valid {number_type}.",
    }
)
"""What click itself says to a user of our commands."""

_HEAD = (
    "# What Steelyard says, in Chinese. Made by tools/catalogue.py, which keeps the translations."
)
_DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class UnwrittenError(Exception):
    """A message is not written out where it is made; its place is told."""


def messages() -> dict[Id, list[str]]:
    """Return every message of the program, in the order of the source, with the files that say
    it.
    """
    found: dict[Id, list[str]] = {}
    pairs = [
        *_of_source(),
        *(
            (one, "core/steelyard/cli/main.py")
            for one in (*_of_commands(), *sorted(CLICK, key=str))
        ),
    ]
    for said, file in pairs:
        files = found.setdefault(said, [])
        if file not in files:
            files.append(file)
    return found


def updated(old: Catalog) -> Catalog:
    """Return a catalogue of the messages as they are now, with the translations of another."""
    new = Catalog(
        locale="zh",
        project="steelyard",
        version="1",
        header_comment=_HEAD,
        fuzzy=False,
        charset="utf-8",
        creation_date=_DAY,
        revision_date=_DAY,
        last_translator="Steelyard",
        language_team="Steelyard",
        msgid_bugs_address="Steelyard",
    )
    for said, files in messages().items():
        known = old.get(said)
        new.add(said, known.string if known is not None else "", [(file, 0) for file in files])
    return new


def read() -> Catalog:
    """Return the catalogue as committed, or an empty one."""
    if not PO.is_file():
        return Catalog(locale="zh")
    with PO.open("rb") as file:
        return read_po(file, locale="zh")


def compiled(catalogue: Catalog) -> bytes:
    """Return the bytes that gettext reads."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def click_says() -> set[Id]:
    """Return every text in the source of the installed click, and its pairs of singular and
    plural.
    """
    said: set[Id] = set()
    for file in Path(str(click.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(text)):
                    said.add(text)
                case ast.Call(
                    func=ast.Name(id="ngettext"),
                    args=[ast.Constant(value=one), ast.Constant(value=many), _],
                ):
                    said.add((str(one), str(many)))
    return said


def main() -> None:
    """Bring the catalogue up to date and say what changed."""
    old = read()
    new = updated(old)
    with PO.open("wb") as file:
        write_po(file, new, width=120, include_lineno=False)
    MO.write_bytes(compiled(new))
    for message in old:
        if message.id and message.id not in new:
            sys.stdout.write(f"dropped: {message.id} = {message.string}\n")
    for message in new:
        if message.id and not message.string:
            sys.stdout.write(f"to translate: {message.id}\n")
    sys.stdout.write(f"{len(new)} messages\n")


def _of_source() -> Iterator[tuple[Id, str]]:
    sinks = dict(_SINKS)
    modules = [
        _Module(file, ast.parse(file.read_text(encoding="utf-8")), sinks)
        for file in sorted((CORE / "steelyard").rglob("*.py"))
    ]
    size = 0
    while size < len(sinks):
        # A function that passes its parameter on takes messages too, and so may those that call it.
        size = len(sinks)
        for module in modules:
            module.collect()
    for module in modules:
        for said in module.collect():
            yield said, module.file.relative_to(CORE.parent).as_posix()


class _Module:
    """Finds the messages of one module; functions that pass a message on are added to `sinks`."""

    def __init__(self, file: Path, tree: ast.Module, sinks: dict[str, Sink]) -> None:
        self.file = file
        self.tree = tree
        self.sinks = sinks
        self.parents: dict[ast.AST, ast.AST] = {}
        self.calls: list[ast.Call] = []
        for node in ast.walk(tree):
            self.parents.update(dict.fromkeys(ast.iter_child_nodes(node), node))
            if isinstance(node, ast.Call):
                self.calls.append(node)
        self.calls.sort(key=lambda node: (node.lineno, node.col_offset))

    def collect(self) -> list[Id]:
        return [
            said
            for call in self.calls
            if (argument := self._argument(call)) is not None
            for said in self._texts(argument, call)
        ]

    def _argument(self, call: ast.Call) -> ast.expr | None:
        """Return the message of a call, or None when it takes none."""
        match call.func:
            case ast.Name(id=name):
                sink = self.sinks.get(self._known_as(name))
            case ast.Attribute(value=ast.Attribute(attr=owner)) if owner in _NOT_OURS:
                sink = None
            case ast.Attribute(attr=name):
                sink = self.sinks.get(self._known_as(name))
            case ast.Call(func=ast.Name(id="translator")):
                sink = Sink(0, "message")
            case _:
                sink = None
        if sink is None:
            return None
        if len(call.args) > sink.position:
            return call.args[sink.position]
        return next((word.value for word in call.keywords if word.arg == sink.name), None)

    def _texts(self, said: ast.expr, at: ast.AST) -> list[Id]:
        """Return the texts that an expression can be."""
        match said:
            case ast.Call(
                func=ast.Name(id="Plural"),
                args=[ast.Constant(value=str(one)), ast.Constant(value=str(many)), *_],
            ):
                return [(one, many)]
            case ast.Constant(value=str(text)):
                return [text]
            case ast.IfExp(body=one, orelse=other):
                return [*self._texts(one, at), *self._texts(other, at)]
            case ast.Subscript(value=table) if (texts := self._table(table, at)) is not None:
                return texts
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, *default]) if (
                texts := self._table(table, at)
            ) is not None:
                return [*texts, *(text for one in default for text in self._texts(one, at))]
            case ast.Name(id=name):
                return self._named(name, at)
        if isinstance(said, ast.Call) and self._argument(said) is not None:
            # What is translated already is no message any more, though it is handed to a function
            # of a message's name.
            return []
        if any(
            isinstance(node, ast.Attribute) and node.attr in _ELSEWHERE for node in ast.walk(said)
        ):
            return []
        raise UnwrittenError(
            f"{self.file}:{said.lineno}: `{ast.unparse(said)}` is a message that is not written out"
        )

    def _known_as(self, name: str) -> str:
        """Return the name under which a function is known: one that begins with `_` is its module's
        own.
        """
        return f"{self.file}:{name}" if name.startswith("_") else name

    def _named(self, name: str, at: ast.AST) -> list[Id]:
        """Return the texts of a variable; a parameter makes its function one that takes
        messages.
        """
        for function in self._around(at):
            names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
            if name in names:
                self.sinks.setdefault(
                    self._known_as(function.name),
                    Sink(names.index(name) - (names[0] in {"self", "cls"}), name),
                )
                return []
            values = _assigned(function, name)
            if values:
                return [text for value in values for text in self._texts(value, at)]
        raise UnwrittenError(
            f"{self.file}:{getattr(at, 'lineno', 0)}: `{name}` is a message that is not written out"
        )

    def _table(self, said: ast.expr, at: ast.AST) -> list[Id] | None:
        """Return the texts of the tables that an expression can be, or None when it is none."""
        match said:
            case ast.IfExp(body=one, orelse=other):
                both = self._table(one, at), self._table(other, at)
                return None if both[0] is None or both[1] is None else [*both[0], *both[1]]
            case ast.Name(id=name):
                values = next(
                    (
                        found
                        for function in self._around(at)
                        if (found := _assigned(function, name))
                    ),
                    [],
                )
                return self._table(values[0], at) if len(values) == 1 else self._tables().get(name)
        return None

    def _around(self, at: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield the functions in which a call stands, the innermost first."""
        node: ast.AST | None = at
        while node is not None:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node
            node = self.parents.get(node)

    def _tables(self) -> dict[str, list[Id]]:
        """Return the tables of the module whose values are texts."""
        tables: dict[str, list[Id]] = {}
        for node in self.tree.body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    found = next(
                        (one for one in ast.walk(value) if isinstance(one, ast.Dict)), None
                    )
                    texts = (
                        [one.value for one in found.values if isinstance(one, ast.Constant)]
                        if found
                        else []
                    )
                    if (
                        found
                        and len(texts) == len(found.values)
                        and all(isinstance(text, str) for text in texts)
                    ):
                        tables[name] = [str(text) for text in texts]
        return tables


def _assigned(function: ast.AST, name: str) -> list[ast.expr]:
    """Return what a variable of a function is set to."""
    return [
        one.value
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == name for to in one.targets)
    ]


def _of_commands() -> Iterator[str]:
    """Yield the helps of the commands and what stands for a value in them."""
    yield from _of_command(program)
    for name in COMMANDS:
        yield from _of_command(import_module(f"steelyard.cli.{name.replace('-', '_')}").command)


def _of_command(command: click.Command) -> Iterator[str]:
    if command.help:
        yield " ".join(command.help.split())
    yield from (
        str(command.options_metavar),
        *([command.subcommand_metavar] if isinstance(command, click.Group) else []),
    )
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield parameter.help
        if parameter.metavar:
            yield parameter.metavar
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _of_command(inner)


if __name__ == "__main__":
    main()

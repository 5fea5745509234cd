"""Small faults that could be planted in a module: what a mutation runner makes of its syntax tree.

Left alone is what decides no number: docstrings, annotations, what is imported for types only, and
words for readers.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORDS = frozenset({
    "asks", "because", "changes", "phrase", "told", "prose", "title", "shown", "headline",
    "__repr__", "__str__",
})  # fmt: skip
"""Functions that only make words."""
SPOKEN = frozenset({
    "fault", "say", "note", "TypeError", "NotImplementedError", "AssertionError", "assert_never",
})  # fmt: skip
"""Calls whose texts and figures are for readers, or that the types say are never reached."""
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_WORKED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
_TOKENS: tuple[tuple[str, str], ...] = (
    (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" == ", " != "),
    (" != ", " == "), (" + ", " - "), (" - ", " + "), (" += ", " -= "), (" -= ", " += "),
    (" // ", " * "), (" * ", " + "), (" and ", " or "), (" or ", " and "), ("not ", ""),
    ("min(", "max("), ("max(", "min("), ("True", "False"), ("False", "True"),
)  # fmt: skip
"""What is exchanged in the text of programs that a module writes."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in the tree of a module, the node of that number changed in one way.

    `function` is the qualified name and the first line of the outermost function around it, None
    where it stands at the level of a module or class and is in force from the import on.
    """

    path: Path
    node: int
    change: str
    line: int
    text: str
    function: tuple[str, int] | None

    def tree(self) -> ast.Module:
        """Return the module's tree with the fault in it."""
        tree = ast.parse(self.path.read_text("utf-8"))
        _Change(list(ast.walk(tree))[self.node], self.change).apply(tree)
        return ast.fix_missing_locations(tree)


def mutants(path: Path, *, writes: bool) -> list[Mutant]:
    """Return the faults of a module in the order of its lines; `writes` for one that writes
    programs, whose texts are then changed too.
    """
    source = path.read_text("utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    numbers = {id(node): number for number, node in enumerate(ast.walk(tree))}
    found = [
        Mutant(path, numbers[id(node)], change, node.lineno, lines[node.lineno - 1].strip(), inside)
        for node, inside in _deciding(tree, "", None)
        for change in _changes(node, writes=writes)
    ]
    return sorted(found, key=lambda one: (one.line, one.node, one.change))


Deciding = Iterator[tuple["ast.expr | ast.stmt", "tuple[str, int] | None"]]


def _deciding(node: ast.AST, outer: str, inside: tuple[str, int] | None) -> Deciding:
    """Yield the expressions and statements that decide something, with the function around
    them.
    """
    for child in _parts(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            if child.name in WORDS:
                continue
            first = min([child.lineno, *(one.lineno for one in child.decorator_list)])
            name = f"{outer}{child.name}"
            around = inside or (name, first)
            defaults = [*child.args.defaults, *(one for one in child.args.kw_defaults if one)]
            for default in defaults:
                yield default, inside
                yield from _deciding(default, outer, inside)
            for statement in child.body:
                if _told(statement):
                    continue
                yield statement, around
                yield from _deciding(statement, f"{name}.<locals>.", around)
            continue
        if isinstance(child, ast.expr | ast.stmt):
            yield child, inside
        below = f"{outer}{child.name}." if isinstance(child, ast.ClassDef) else outer
        yield from _deciding(child, below, inside)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is directly below a node and may decide something."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.Call(func=called) if _name(called) in SPOKEN:
            return
        case ast.Raise() | ast.Import() | ast.ImportFrom():
            return
        case ast.AnnAssign(value=value):
            if value is not None:
                yield value
            return
        case ast.Call(func=ast.Name(id="cast" | "TypeVar"), args=[_, *rest]):
            yield from rest
            return
        case ast.Subscript(value=ast.Name(id=name)) if name[:1].isupper():
            return
        case ast.arguments() | ast.arg() | ast.keyword(arg="strict"):
            return
        case ast.ClassDef(body=body):
            yield from (one for one in body if not _told(one))
        case ast.Assign(value=ast.BinOp(op=ast.BitOr())):
            return
        case _:
            for child in ast.iter_child_nodes(node):
                if not (isinstance(child, ast.stmt) and _told(child)):
                    yield child


def _told(statement: ast.stmt) -> bool:
    """Whether a statement is only a text for readers."""
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _name(node: ast.expr) -> str:
    return (
        node.id
        if isinstance(node, ast.Name)
        else node.attr
        if isinstance(node, ast.Attribute)
        else ""
    )


def _changes(node: ast.expr | ast.stmt, *, writes: bool) -> Iterator[str]:
    """Yield the ways in which a node can be changed."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.Compare(ops=ops):
            yield from (f"compare {n}" for n, op in enumerate(ops) if type(op) in _COMPARED)
        case ast.BinOp(op=op) if type(op) in _WORKED:
            if not _textual(node):
                yield "operator"
        case ast.AugAssign(op=op):
            if type(op) in _WORKED:
                yield "operator"
            yield "delete"
        case ast.BoolOp():
            yield "and/or"
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "drop sign"
        case ast.If() | ast.While() | ast.IfExp():
            yield "negate"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            pairs = enumerate(node.generators)
            yield from (f"filter {n}" for n, one in pairs if one.ifs)
        case ast.Constant(value=bool()):
            yield "flip"
        case ast.Constant(value=int()):
            yield from ("one more", "one less")
        case ast.Constant(value=str() as text) if writes:
            for old, _ in _TOKENS:
                yield from (f"text {old}#{n}" for n in range(text.count(old)))
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield "call"
        case ast.Return(value=ast.expr() as value):
            # None is as false as False, and that it should be true is tried where it stands.
            if not (isinstance(value, ast.Constant) and value.value in (None, False)):
                yield "return none"
        case ast.Expr(value=ast.Call(func=called)) if _name(called) not in SPOKEN:
            yield "delete"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "delete"
        case ast.Continue() | ast.Break():
            yield "delete"
        case ast.Slice(lower=lower, upper=upper):
            yield from ["no lower"] * (lower is not None) + ["no upper"] * (upper is not None)
        case _:
            return


def _textual(node: ast.BinOp) -> bool:
    """Whether it is known to put texts together, where an operator decides no number."""
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


@dataclass(slots=True)
class _Change:
    """Changes one node of a tree."""

    node: ast.AST
    change: str

    def apply(self, tree: ast.Module) -> None:
        kind, _, rest = self.change.partition(" ")
        node = self.node
        match node:
            case ast.Compare() if kind == "compare":
                node.ops[int(rest)] = _COMPARED[type(node.ops[int(rest)])]()
            case ast.BinOp() | ast.AugAssign() if kind == "operator":
                node.op = _WORKED[type(node.op)]()
            case ast.BoolOp():
                node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            case ast.UnaryOp():
                _put(tree, node, node.operand)
            case ast.If() | ast.While() | ast.IfExp():
                node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                node.generators[int(rest)].ifs = []
            case ast.Constant(value=bool() as value):
                node.value = not value
            case ast.Constant(value=int() as value):
                node.value = value + (1 if rest == "more" else -1)
            case ast.Constant(value=str() as text):
                old, _, place = self.change.removeprefix("text ").rpartition("#")
                at = [one.start() for one in re.finditer(re.escape(old), text)][int(place)]
                node.value = text[:at] + dict(_TOKENS)[old] + text[at + len(old) :]
            case ast.Call(func=ast.Name(id=name)):
                node.func = ast.Name(id=_CALLED[name], ctx=ast.Load())
            case ast.Return():
                node.value = ast.Constant(value=None)
            case ast.Slice():
                if rest == "lower":
                    node.lower = None
                else:
                    node.upper = None
            case _:
                _put(tree, node, ast.Pass())


def _put(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    """Put a node into the place of another."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, ast.copy_location(copy.copy(new), old))
                return
            if isinstance(value, list):
                for place, one in enumerate(value):
                    if one is old:
                        value[place] = ast.copy_location(copy.copy(new), old)
                        return

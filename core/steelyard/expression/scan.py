"""What may be read as an expression at all: words and signs under a whitelist, bounded in length
and depth before anything is parsed, so that hostile input ends in one line.
"""

from __future__ import annotations

import ast
import keyword
import re
from typing import NoReturn

from steelyard.errors import ExpressionError, fault
from steelyard.expression.foreign import foreign, meant_by
from steelyard.folding import folded

LONGEST = 2000
MOST_TOKENS = 400
DEEPEST_BRACKETS = 20
LONGEST_PREFIX = 8
DEEPEST = 100

# What Python keeps for itself and expressions use.
_OWN_WORDS = frozenset({"and", "or", "not", "in", "if", "else", "True", "False", "None"})
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))|(?P<name>[^\W\d]\w*)"
    r"|(?P<text>'[^'\\\n]*'|\"[^\"\\\n]*\")|(?P<sign>==|!=|<=|>=|[-+*/<>()\[\],.])"
)


def scanned(
    text: str, place: str, names: frozenset[str], constants: frozenset[str]
) -> tuple[str, ast.expr]:
    """Return a text as it is read, and Python's tree of it.

    `names` are what names something, `constants` the words that stand for a value. Raises
    ExpressionError with one line.
    """
    return _Scan(text, place, names, constants).read()


class _Scan:
    """Goes over one text, word by word."""

    def __init__(
        self, text: str, place: str, names: frozenset[str], constants: frozenset[str]
    ) -> None:
        self.original = text
        self.place = place
        self.names = names
        self.constants = constants

    def read(self) -> tuple[str, ast.expr]:
        plain = self._plain()
        try:
            body = ast.parse(plain, mode="eval").body
        except (SyntaxError, ValueError):
            self._refuse("`{text}` is not a complete expression", text=self.original.strip())
        except (RecursionError, MemoryError):
            self._refuse("the expression is nested too deeply")
        self._measure(body)
        return plain, body

    def _refuse(self, message: str, near: str = "", **values: object) -> NoReturn:
        raise ExpressionError([fault(self.place, message, near, **values)])

    def _plain(self) -> str:
        text = self.original
        if len(text) > LONGEST:
            self._refuse("the expression is longer than {count} characters", count=LONGEST)
        text = folded(text).strip()
        if not text:
            self._refuse("the expression is empty")
        if len(text) > LONGEST:
            self._refuse("the expression is longer than {count} characters", count=LONGEST)
        at = tokens = depth = prefix = others = 0
        before = ""
        parts: list[str] = []
        while at < len(text):
            found = _TOKEN.match(text, at)
            other = foreign(text, at)
            if found is None or other is not None:
                word = other.written if other else text[at : at + 12].split()[0]
                self._refuse(
                    "`{word}` cannot stand in an expression",
                    other.meant if other else "",
                    word=self._as_typed(text, at, word),
                )
            kind, word = str(found.lastgroup), found.group()
            if kind == "name" and not word.isidentifier():
                self._refuse("`{word}` cannot stand in an expression", word=word)
            at = found.end()
            if kind == "name" and before != "." and (meant := self._meant(word)):
                self._refuse("`{word}` cannot stand in an expression", meant, word=word)
            if kind == "space":
                parts.append(" ")
                continue
            tokens += 1
            depth += (word in "([") - (word in ")]") if kind == "sign" else 0
            prefix = prefix + 1 if word in {"not", "-", "+"} else 0
            others += word == "else"
            if (
                tokens > MOST_TOKENS
                or depth > DEEPEST_BRACKETS
                or prefix > LONGEST_PREFIX
                or others > DEEPEST_BRACKETS
            ):
                self._refuse("the expression is too long or nested too deeply")
            if kind == "text" and before == "text":
                self._refuse("two texts stand side by side at `{word}`", word=word)
            # A grade may be called `pass`, which Python keeps for itself.
            kept = kind == "name" and keyword.iskeyword(word) and word not in _OWN_WORDS
            parts.append(repr(word) if kept and word in self.constants else word)
            before = "." if word == "." else kind
        return "".join(parts)

    def _meant(self, word: str) -> str:
        """Return what is meant by a word of another language that names nothing here."""
        return "" if word in self.names else meant_by(word)

    def _as_typed(self, text: str, at: int, word: str) -> str:
        """Return a word of the plain text as it stands in the original, where that is as long."""
        plain = folded(self.original)
        start = at + len(plain) - len(plain.lstrip())
        typed = self.original[start : start + len(word)]
        same = len(plain) == len(self.original) and plain.strip() == text
        return typed if same else word

    def _measure(self, body: ast.AST) -> None:
        todo: list[tuple[ast.AST, int]] = [(body, 1)]
        while todo:
            item, depth = todo.pop()
            if depth > DEEPEST:
                self._refuse("the expression is nested too deeply")
            todo.extend((child, depth + 1) for child in ast.iter_child_nodes(item))

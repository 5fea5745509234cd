"""Spoiling good input in many ways: every input has a number, from which it can be made again."""

from __future__ import annotations

import copy
import json
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from random import Random
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.messages import translator

LONGEST_LINE = 400
PYTHON = re.compile(
    r"Traceback|object at 0x|<class|NoneType|\b(?:str|dict|tuple|Decimal)\b|\b[A-Z][a-z]+Error\b"
)
SHARES = {
    "cases": 35,
    "books": 15,
    "taking": 8,
    "rolled": 7,
    "expressions": 20,
    "csv": 10,
    "workbooks": 5,
}
FEW = {
    "cases": 1250,
    "books": 300,
    "taking": 130,
    "rolled": 250,
    "expressions": 4000,
    "csv": 500,
    "workbooks": 125,
}

TEXTS = (
    "",
    " ",
    "0",
    "-1",
    "1",
    "1.5",
    "1e400",
    "-1e400",
    "1e-400",
    "1e99999999",
    "-1e99999999",
    "1e-99999999",
    "0e99999999",
    "1e5",
    "1" * 39,
    "9" * 5000,
    "0." + "0" * 40 + "1",
    "1_000",
    "0x10",
    "１２",
    "１２．５",
    "٣",
    "½",
    "Ⅻ",
    "NaN",
    "nan",
    "inf",
    "-Infinity",
    "true",
    "yes",
    "on",
    "null",
    "~",
    "none",
    "无",
    "unknown",
    "不详",
    "na",
    "0001-01-01",
    "9999-12-31",
    "0000-00-00",
    "2026-02-30",
    "2026-13-01",
    "10000-01-01",
    "2026-02-28..2026-02-30",
    "1..2",
    "2..1",
    "..",
    "1~",
    "470/500",
    "500/470",
    "1/0",
    "0/0",
    "99999999999/99999999999",
    "50%",
    "%",
    "1,000",
    "1,00",
    "=1+1",
    "@x",
    "-",
    "−5",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "\x00",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\u200f",
    "\u061c",
    "\ufeff",
    "\ufffd",
    "\u0301" * 50,
    "𝟙",
    "ﬁ",
    "😀",
    "É",
    "ｔｒｕｅ",
    "x" * 10_000,
    "权" * 10_000,
    "`",
    "{x}",
    "{0}",
    "{",
    "}",
    "%s",
    "%(x)s",
    "\\",
    "'",
    '"',
    "a: b",
    "- a",
    "&a",
    "*a",
    "!!python/object:os.system",
    "#",
    "|",
    ">",
    "[]",
    "{}",
    "2026",
    "2026H3",
    "9999",
    "9998-12",
    "0000",
    "0001",
)
MILD = (
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "100",
    "1..2",
    "yes",
    "no",
    "unknown",
    "none",
    "不适用",
    "0001-01-01",
    "9999-12-31",
    "2026-03-01",
    "True",
)
SURROGATES = ("\ud800", "a\udfffb")
OTHERS: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: True,
    lambda: False,
    list,
    dict,
    lambda: [[]],
    lambda: [None],
    lambda: {"": ""},
    lambda: {"id": None},
    lambda: 0,
    lambda: -1,
    lambda: 10**400,
    lambda: -(10**20),
    lambda: 1.5,
    lambda: 1e308,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: ["a"] * 50,
    lambda: {"value": {"value": 1}},
    lambda: {"low": "2", "high": "1"},
    lambda: {"positive": "5", "asked": "0"},
    lambda: _nested(12),
    lambda: _nested(40),
    lambda: _nested(200),
    lambda: {"complete": "maybe", "rows": 3},
)
TOKENS = (
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "+",
    "-",
    "*",
    "/",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    " and ",
    " or ",
    " not ",
    " in ",
    " not in ",
    " if ",
    " else ",
    " is ",
    " for x in ",
    "lambda: ",
    ":=",
    "**",
    "//",
    "%",
    "@",
    "~",
    "|",
    "&",
    "^",
    "<<",
    "=",
    ";",
    ":",
    "{",
    "}",
    "'",
    '"',
    "'a'",
    '"b"',
    "f'{x}'",
    "b'x'",
    "r'x'",
    "u'x'",
    "True",
    "False",
    "None",
    "...",
    "0",
    "1",
    "0.5",
    "1e9",
    "0x1f",
    "1_0",
    "1j",
    "99999999999999",
    "0.1234567",
    "２",
    "'2026-02-30'",
    "'2026-01-01'",
    "count(",
    "any(",
    "every(",
    "share(",
    "total(",
    "highest(",
    "lowest(",
    "distinct(",
    "min(",
    "max(",
    "abs(",
    "round(",
    "days(",
    "part(",
    "known(",
    "given(",
    "__class__",
    ".__class__",
    "__import__",
    "eval(",
    "\x00",
    "\n",
    "\\\n",
    "\t",
    "\u202e",
    "ａｎｄ",
    "𝒙",
    "ｘ",
    "é",
    "*args",
    "**kw",
    "a=1",
    "yield",
    "await x",
    "#",
)
HOSTILE = (
    "().__class__",
    "().__class__.__bases__[0].__subclasses__()",
    '"a"*9999999999',
    "'a' * 99999",
    "9**9**9",
    "9" * 1999,
    "9" * 5000,
    "1" + "0" * 400,
    "0." + "0" * 500 + "1",
    "f'{1}'",
    "f'{__import__}'",
    "lambda: 1",
    "(lambda: 1)()",
    "[x for x in [1]]",
    "{x: 1}",
    "(x := 1)",
    "x if y",
    "not " * 500 + "True",
    "-" * 1500 + "1",
    "(" * 1000 + "1" + ")" * 1000,
    "[" * 1900,
    "1" + "+1" * 990,
    "1" + " if True else 1" * 120,
    "True and " * 200 + "True",
    "1 < " * 300 + "1",
    "'a' 'b'",
    "'a'\n'b'",
    "\x00",
    "a\x00b",
    "1\x001",
    "ｔｒｕｅ",
    "Тrue",
    "trainеd > 1",
    "tr\u200bue",
    "True\u202e",
    "__import__('os').system('id')",
    "exec('x')",
    "breakpoint()",
    "staff.__class__",
    "staff.real",
    "breaches[0]",
    "breaches.x",
    "any(any(breaches))",
    "count(count(breaches))",
    "yield 1",
    "await 1",
    "*staff",
    "staff, staff",
    "staff;staff",
    "staff = 1",
    "staff # x",
    "0b1",
    "1e5",
    "1E5",
    "1_0",
    "1j",
    "…",
    "...",
    "None == None",
    "staff in []",
    "staff in staff",
    "staff in [staff]",
    "staff in [1, [2]]",
    "1 in [1]",
    "True == True",
    "True < False",
    "not 1",
    "staff / 0",
    "staff / (staff - staff)",
    "1 / staff / staff / staff / staff",
    "staff * staff * staff * staff * staff",
    "min()",
    "max(1)",
    "round(1, staff)",
    "round(1, -1)",
    "round(1, 99999)",
    "round(1, True)",
    "days('2026-01-01', 3)",
    "days('0001-01-01', '9999-12-31')",
    "part(-1, 1)",
    "known(1)",
    "known(known(staff))",
    "given(breaches)",
    "count(breaches, 1)",
    "total(breaches, verified)",
    "и" * 2000,
    "ﷺ" * 200,
    "\ud800",
    "'\ud800' == remark",
    "{",
    "}",
    "`",
    "\\",
    "'",
    '"',
    "'''a'''",
    '"""',
    "(",
    ")",
    "()",
    "[]",
    "{}",
    ".",
    ",",
)


def _nested(depth: int) -> Any:
    value: Any = "x"
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def inputs(family: str) -> Iterator[Random]:
    """Yield a source of chance for each input: a few, or a share of STEELYARD_FUZZ, or
    STEELYARD_FUZZ_ONLY (`cases:17`).

    Prints on failure how to make the very input again.
    """
    only = os.environ.get("STEELYARD_FUZZ_ONLY", "")
    wanted, _, number = only.partition(":")
    total = int(os.environ.get("STEELYARD_FUZZ", "0"))
    count = total * SHARES[family] // 100 if total else FEW[family]
    first = int(os.environ.get("STEELYARD_FUZZ_FIRST", "0"))
    if not only:
        print(f"{family}: inputs {first} to {first + count - 1}")
    for one in (
        range(first, first + count) if not only else [int(number)] if wanted == family else []
    ):
        chance = Random(f"{family}:{one}")
        chance.name = f"{family}:{one}"  # type: ignore[attr-defined]
        yield chance


@contextmanager
def again(chance: Random) -> Iterator[None]:
    """Say with any failure how to make its input again."""
    try:
        yield
    except BaseException as error:
        error.add_note(
            f"once more: STEELYARD_FUZZ_ONLY={chance.name} pytest tests/core/test_fuzz.py"
        )  # type: ignore[attr-defined]
        raise


def is_safe(text: str) -> bool:
    """Whether a text holds nothing that could break a line or turn it round."""
    return not any(
        unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or "\u202a" <= letter <= "\u202e"
        for letter in text
    )


def check_refusal(error: SteelyardError) -> None:
    """Assert that every fault is one readable line in both languages."""
    assert error.faults
    for fault in error.faults:
        for language in ("en", "zh"):
            line = fault.text(translator(language))
            assert line.strip()
            assert is_safe(line), ascii(line[:2000])
            assert len(line) <= LONGEST_LINE, line[:2000]
            # What stands in backticks or in the place is the user's own.
            assert not PYTHON.search(re.sub(r"`[^`]*`", "", line.rpartition(": ")[2])), line


# Structure


def spoil(document: Any, chance: Random, *, times: int = 4, within: tuple[str, ...] = ()) -> Any:
    """Return a copy of plain data with a few nodes replaced, deleted, doubled, moved or given
    another kind.

    `within` names the keys at the top that are spoilt; all of them where none is named.
    """
    spoilt = copy.deepcopy(document)
    change = _nudge if chance.random() < 0.4 else _spoil
    for _ in range(chance.randint(1, times)):
        nodes = list(
            _nodes({key: spoilt[key] for key in within if key in spoilt} if within else spoilt)
        )
        if not nodes:
            return spoilt
        parent, key = chance.choice(nodes)
        change(parent, key, nodes, chance)
    return spoilt


def _nudge(parent: Any, key: Any, nodes: list[tuple[Any, Any]], chance: Random) -> None:
    """Change a node into what may well be right too."""
    if isinstance(parent[key], (dict, list)):
        if chance.random() < 0.3:
            del parent[key]
        return
    alike = [
        other[place]
        for other, place in nodes
        if place == key and not isinstance(other[place], (dict, list))
    ]
    match chance.randrange(4):
        case 0:
            del parent[key]
        case 1:
            parent[key] = chance.choice(alike)
        case 2:
            parent[key] = chance.choice(MILD)
        case _ if str(parent[key]).isdecimal():
            parent[key] = str(max(0, int(parent[key]) + chance.choice((-1, 1, -10, 100))))
        case _:
            parent[key] = None


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in list(pairs):
        yield value, key
        yield from _nodes(inner)


def _spoil(parent: Any, key: Any, nodes: list[tuple[Any, Any]], chance: Random) -> None:
    match chance.randrange(10):
        case 0 | 1 | 2:
            parent[key] = nasty(chance)
        case 3:
            parent[key] = chance.choice(OTHERS)()
        case 4:
            del parent[key]
        case 5:
            other, place = chance.choice(nodes)
            if (
                isinstance(other, dict)
                and place in other
                or isinstance(other, list)
                and place < len(other)
            ):
                parent[key] = copy.deepcopy(other[place])
        case 6 if isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        case 6 | 7 if isinstance(parent, dict):
            parent[_key(str(key), nodes, chance)] = parent.pop(key)
        case 8 if isinstance(parent[key], str):
            parent[key] = scratch(parent[key], chance)
        case 9:
            parent[key] = [parent[key]] if chance.random() < 0.5 else {"value": parent[key]}
        case _:
            parent[key] = nasty(chance)


def _key(key: str, nodes: list[tuple[Any, Any]], chance: Random) -> str:
    if chance.random() < 0.3:
        return str(chance.choice(nodes)[1])
    return nasty(chance) if chance.random() < 0.5 else scratch(key, chance)


def nasty(chance: Random) -> str:
    """Return one text that asks for trouble."""
    return chance.choice(SURROGATES) if chance.random() < 0.03 else chance.choice(TEXTS)


def scratch(text: str, chance: Random, times: int = 2) -> str:
    """Return a text with a few of its characters changed, lost, doubled, or something nasty put
    between them.
    """
    for _ in range(chance.randint(1, times)):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.choice((0, 1, 1, 2, 8)))
        put = chance.choice(
            (
                nasty(chance)[:20],
                chance.choice(TOKENS),
                chance.choice("019-._:, \t\n'\"[]{}#&*!|>%@"),
                text[at:to] * 2,
                "",
            )
        )
        text = text[:at] + put + text[to:]
    return text


def scratch_lines(text: str, chance: Random) -> str:
    """Return a text of lines with a few of them lost, doubled, moved, indented or scratched."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 4)):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(7):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[at])
            case 2:
                lines[at], lines[to] = lines[to], lines[at]
            case 3:
                lines[at] = chance.choice(("  ", " ", "\t", "- ")) + lines[at]
            case 4:
                lines[at] = lines[at][1:]
            case _:
                lines[at] = scratch(lines[at], chance)
        if not lines:
            break
    return "\n".join(lines)


def written(document: Any, chance: Random) -> tuple[str, str]:
    """Return plain data as the text of a file, and the suffix that goes with it."""
    if chance.random() < 0.4:
        return json.dumps(document), ".json"
    return json.dumps(
        document, ensure_ascii=chance.random() < 0.3, indent=1, allow_nan=True
    ), ".yaml"


# Bytes


def spoil_bytes(data: bytes, chance: Random) -> bytes:
    """Return bytes with a few of them changed, lost, doubled or cut off."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out) + 1)
        to = min(len(out), at + chance.choice((1, 1, 2, 16, 200)))
        match chance.randrange(6):
            case 0:
                out[at:to] = chance.randbytes(to - at)
            case 1:
                del out[at:to]
            case 2:
                out[at:at] = out[at:to]
            case 3:
                out[at:at] = nasty(chance)[:40].encode(
                    chance.choice(("utf-8", "utf-16", "gb18030")), "replace"
                )
            case 4 if chance.random() < 0.2:
                del out[at:]
            case _ if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case _:
                out += b"\x00"
    return bytes(out)


_NUMERAL = re.compile(r"(?<=[\"A-Z>])[0-9]+(?=[\"<:])")
_TAG = re.compile(r"<[^>]*>")
_CELL = re.compile(r"(?<=>)[^<>]+(?=</(?:v|t|f)>)")
_XML_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def spoil_workbook(data: bytes, chance: Random) -> bytes:
    """Return a workbook spoilt in its bytes, in the XML of its parts, or in the contents of its
    cells.
    """
    if chance.random() < 0.2:
        return spoil_bytes(data, chance)
    held = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as old,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        hit = set(chance.sample(names, 1 if chance.random() < 0.7 else 2))
        if chance.random() < 0.6:
            hit = {
                chance.choice(
                    [
                        name
                        for name in names
                        if "/worksheets/sheet" in name or name.endswith("sharedStrings.xml")
                    ]
                )
            }
        for name in names:
            content = old.read(name)
            if name in hit:
                if chance.random() < 0.03:
                    continue
                content = spoil_xml(content.decode("utf-8", "replace"), chance).encode(
                    "utf-8", "replace"
                )
            new.writestr(name, content)
    return held.getvalue()


def spoil_xml(text: str, chance: Random) -> str:
    """Return XML with a few cells, figures or tags changed, lost or doubled."""
    for _ in range(chance.randint(1, 3)):
        pattern = chance.choice((_CELL, _CELL, _CELL, _NUMERAL, _TAG))
        found = list(pattern.finditer(text))
        if not found:
            continue
        one = chance.choice(found)
        if pattern is _TAG:
            put = chance.choice(("", one[0] * 2, chance.choice(found)[0], scratch(one[0], chance)))
        elif pattern is _CELL:
            put = (
                nasty(chance).translate(_XML_TEXT)
                if chance.random() < 0.8
                else chance.choice(found)[0]
            )
        else:
            put = chance.choice(
                (
                    "0",
                    "1",
                    "-1",
                    "99",
                    "1048577",
                    "99999999999999999999",
                    "x",
                    "",
                    chance.choice(found)[0],
                )
            )
        text = text[: one.start()] + put + text[one.end() :]
    return text


def soup(names: list[str], chance: Random) -> str:
    """Return an expression of random tokens and names."""
    words = [
        chance.choice(TOKENS) if chance.random() < 0.55 else chance.choice(names)
        for _ in range(chance.randint(1, 14))
    ]
    return chance.choice((" ", "")).join(words)


def grown(names: list[str], chance: Random, depth: int = 4) -> str:
    """Return an expression that is well formed, though its types may not go together."""
    if depth == 0 or chance.random() < 0.2:
        return (
            chance.choice(names)
            if chance.random() < 0.7
            else chance.choice(("0", "1", "2.5", "'a'", "'2026-01-01'", "True", "1000000000000"))
        )
    one, two, three = (grown(names, chance, depth - 1) for _ in range(3))
    return chance.choice(
        (
            f"({one} + {two})",
            f"({one} - {two})",
            f"({one} * {two})",
            f"({one} / {two})",
            f"({one} >= {two})",
            f"({one} == {two})",
            f"({one} < {two} <= {three})",
            f"({one} and {two})",
            f"({one} or {two})",
            f"(not {one})",
            f"(-{one})",
            f"({one} if {two} else {three})",
            f"min({one}, {two})",
            f"max({one}, {two})",
            f"abs({one})",
            f"round({one}, 1)",
            f"days({one}, {two})",
            f"part({one}, {two})",
            f"known({one})",
            f"given({one})",
            f"({one} in [{two}, {three}])",
            f"({one} not in ['a', 'b'])",
            f"count(breaches, {one})",
            f"any(breaches, {one})",
            f"every(breaches, {one}, {two})",
            f"share(breaches, {one})",
            f"total(breaches, {one}, {two})",
            f"highest(breaches, {one})",
            f"lowest(breaches, {one}, {two})",
            f"distinct(breaches, {one})",
            f"({one}).role",
        )
    )

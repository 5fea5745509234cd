"""One case as it stands on paper, put down in every form that is read: texts as people type them,
cells as spreadsheets make them.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import yaml
from openpyxl import Workbook
from raw_workbooks import Look, Sheet, inline, package, piece, result

from steelyard.case.reading.parse_values import plain
from steelyard.located_yaml import mark

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")
SEPARATORS = (",", ";", "\t")
EVIDENCE = ("method", "source", "date", "by", "files")
HEAD = ("book", "subject.id", "subject.name", "period", "as_of", "subject.part_of")
_FIRST = {"1900": datetime.date(1899, 12, 30), "1904": datetime.date(1904, 1, 1)}
_LOOKS = (
    Look(),
    Look(14),
    Look(31),
    Look(58),
    Look(code='yyyy"年"m"月"d"日"'),
    Look(code="[$-804]yyyy/mm/dd;@"),
    Look(1),
    Look(2),
    Look(10),
    Look(49),
    Look(code="#,##0.0000_ "),
)
_DAYS, _NUMBERS = range(1, 6), (0, 6, 7, 9, 10)
# In a file parted by semicolons or tabs these have two readings, or one that a document refuses.
_UNCLEAR = re.compile(r"\d,\d|[1-9]\d{0,2}(?:\.\d{3})+(?!\d)")


Made = Decimal | datetime.date | bool | None
"""What a spreadsheet makes of a text, None where it stays one."""


class Said(str):
    """A text as it is typed, and what a spreadsheet makes of it where that is more than a text."""

    __slots__ = ("made",)
    made: Made


def said(text: str, made: Made = None) -> Said:
    """Return a text with what a spreadsheet makes of it."""
    one = Said(text)
    one.made = made
    return one


def made(text: str) -> Made:
    """Return what a spreadsheet makes of a text."""
    return text.made if isinstance(text, Said) else None


Row = dict[str, str]


class Register(NamedTuple):
    """The tick of completeness and the records of a register."""

    complete: str
    rows: list[Row]


@dataclass
class Paper:
    """A case on paper: what stands at its head, its facts (one that is shown several times stands
    on several rows), and its lists.
    """

    head: Row
    facts: list[tuple[str, Row]]
    parties: dict[str, list[Row]]
    records: dict[str, Register]
    waivers: list[Row]

    @property
    def rows(self) -> Iterator[Row]:
        """Every row of it."""
        yield self.head
        yield from (row for _, row in self.facts)
        for listed in self.parties.values():
            yield from listed
        for register in self.records.values():
            yield from register.rows
        yield from self.waivers

    @property
    def flat(self) -> bool:
        """Whether it fits on a sheet of facts."""
        return not (any(self.parties.values()) or self.records or self.waivers)

    @property
    def in_a_row(self) -> bool:
        """Whether it fits into one row of a table."""
        names = [name for name, _ in self.facts]
        return (
            self.flat
            and len(names) == len(set(names))
            and all(set(row) == {"value"} for _, row in self.facts)
        )

    @property
    def unclear(self) -> bool:
        """Whether a figure may be read in two ways where commas part no columns."""
        return any(_UNCLEAR.search(plain(text)) for row in self.rows for text in row.values())


def document_of(paper: Paper, surveys: Sequence[str], chance: Random) -> dict[str, Any]:
    """Return a paper as a document, in one of the shapes that mean the same."""
    head = paper.head
    subject = {
        key: head[f"subject.{key}"] for key in ("id", "name", "part_of") if f"subject.{key}" in head
    }
    facts: dict[str, list[Any]] = {}
    for name, row in paper.facts:
        entry: dict[str, Any] = dict(row)
        if set(entry) == {"value"} and chance.random() < 0.7:
            facts.setdefault(name, []).append(entry["value"])
            continue
        if name in surveys and "value" in entry and "asked" in entry:
            counts = {"positive": entry.pop("value"), "asked": entry.pop("asked")}
            entry |= {"value": counts} if chance.random() < 0.3 else counts
        if "files" in entry and chance.random() < 0.5:
            entry["files"] = [entry["files"]]
        facts.setdefault(name, []).append(entry)
    return {
        "book": head["book"],
        "subject": subject["id"] if set(subject) == {"id"} and chance.random() < 0.5 else subject,
        **{key: head[key] for key in ("period", "as_of") if key in head},
        "facts": {name: found[0] if len(found) == 1 else found for name, found in facts.items()},
        "parties": [
            {"kind": kind, **row} for kind, listed in paper.parties.items() for row in listed
        ],
        "records": {
            name: {
                **({"complete": register.complete} if register.complete else {}),
                "rows": [_nested(row) for row in register.rows],
            }
            for name, register in paper.records.items()
        },
        "waivers": [dict(row) for row in paper.waivers],
    }


def _nested(row: Row) -> dict[str, Any]:
    flat = {key: text for key, text in row.items() if not key.startswith("evidence.")}
    inner = {key[9:]: text for key, text in row.items() if key.startswith("evidence.")}
    return {**flat, **({"evidence": inner} if inner else {})}


def _bare(value: Any, dump: Any, chance: Random) -> Any:
    """Return a document of plain values, of which some figures and ticks stand without quotes."""
    if isinstance(value, dict):
        return {str(key): _bare(one, dump, chance) for key, one in value.items()}
    if isinstance(value, list):
        return [_bare(one, dump, chance) for one in value]
    text = str(value)
    if dump is not None and chance.random() < 0.5 and len(text) < 20:
        try:
            bare = json.loads(text, parse_constant=str)
        except ValueError:
            return text
        if isinstance(bare, (bool, int, float)) and dump(bare).strip("\n.") == text:
            return bare
    return text


def as_yaml(document: dict[str, Any], chance: Random) -> bytes:
    """Return a document as YAML, in one of its styles."""
    style = chance.choice((None, None, "'", '"'))
    return yaml.safe_dump(
        # Figures in a style of their own would be told to be figures by a tag.
        _bare(document, None if style else yaml.safe_dump, chance),
        allow_unicode=chance.random() < 0.8,
        default_style=style,
        default_flow_style=chance.choice((None, True, False)),
        width=chance.choice((20, 80, 100_000)),
        sort_keys=False,
        line_break=chance.choice(("\n", "\r\n")),
    ).encode(chance.choice(("utf-8", "utf-8-sig")))


def as_json(document: dict[str, Any], chance: Random) -> bytes:
    """Return a document as JSON."""
    return json.dumps(
        _bare(document, json.dumps, chance),
        ensure_ascii=chance.random() < 0.5,
        indent=chance.choice((None, 1)),
    ).encode(chance.choice(("utf-8", "utf-8-sig")))


def as_marked(document: dict[str, Any]) -> Any:
    """Return a document with its marks, without a file."""
    return mark(_bare(document, None, Random(0)), "paper")


class Page(NamedTuple):
    """A sheet: its role, the keys of its columns, its marked rows, and its rows."""

    role: str
    keys: Sequence[str]
    marks: Sequence[tuple[str, Sequence[str]]]
    rows: Sequence[Row]

    def grid(self) -> Iterator[list[str]]:
        """Yield the rows of cells, the hidden first ones too."""
        yield [f"steelyard:{self.role}", *self.keys]
        for mark_, cells in self.marks:
            yield [mark_, *cells]
        for row in self.rows:
            yield ["", *(row.get(key, "") for key in self.keys)]


def facts_page(paper: Paper, head: Sequence[tuple[str, Sequence[str]]], chance: Random) -> Page:
    """Return the sheet of facts; columns in any order, some of them empty."""
    more = (key for _, row in paper.facts for key in row)
    keys = list(dict.fromkeys(["id", "value", "asked", *EVIDENCE, *more]))
    if head:
        # The values of the head stand in the first column behind the marks.
        keys = ["id", *chance.sample(keys[1:], len(keys) - 1)]
    else:
        chance.shuffle(keys)
    return Page("facts", keys, head, [{"id": said(name), **row} for name, row in paper.facts])


def pages(paper: Paper, roles: Sequence[str], chance: Random) -> list[Page]:
    """Return the sheets of a workbook of one case; `roles` are those that its book gives it."""
    head = [(key, ["", paper.head.get(key, "")]) for key in HEAD]
    found = [
        Page("case", ["#", "value"], head, []),
        facts_page(paper, [], chance),
    ]
    lists: dict[str, tuple[str | None, Sequence[Row]]] = dict.fromkeys(roles, (None, ()))
    lists |= {f"party:{kind}": (None, rows) for kind, rows in paper.parties.items()}
    lists |= {f"register:{name}": one for name, one in paper.records.items()}
    lists["waivers"] = None, paper.waivers
    for role, (tick, rows) in lists.items():
        keys = list(dict.fromkeys(key for row in rows for key in row)) or ["id"]
        chance.shuffle(keys)
        marks: list[tuple[str, Sequence[str]]] = [("header", ["填写"] * len(keys))]
        if role.startswith("register:"):
            marks.insert(chance.randrange(2), ("complete", [tick or "", "◀ 此台账已完整"]))
        found.append(Page(role, keys, marks, rows))
    return found


def grids_of(found: Sequence[Page]) -> dict[str, list[list[str]]]:
    """Return the cells of the sheets by their names, with the hidden sheet that lists them."""
    named = {f"表{at}": one for at, one in enumerate(found, 1)}
    listed = [["", one.role, name] for name, one in named.items()]
    return {
        **{name: list(one.grid()) for name, one in named.items()},
        "_steelyard": [["steelyard:index", "1"], *listed],
    }


def as_workbook(grids: Mapping[str, Sequence[Sequence[str]]], chance: Random) -> bytes:
    """Return grids as a workbook, as the library writes it by which our own forms are made."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, grid in grids.items():
        sheet = workbook.create_sheet(name)
        for row, cells in enumerate(grid, 1):
            for column, text in enumerate(cells, 1):
                if not text:
                    continue
                cell = sheet.cell(row, column)
                value = made(text)
                if value is None or chance.random() < 0.4:
                    cell.value = escaped(text)
                    cell.data_type = "s"
                    if chance.random() < 0.5:
                        cell.number_format = "@"
                else:
                    cell.value = value
                    if isinstance(value, datetime.date):
                        cell.number_format = chance.choice(("yyyy-mm-dd", "m/d/yy", "yyyy年m月d日"))
                    elif isinstance(value, Decimal):
                        cell.number_format = chance.choice(("General", "0.00", "#,##0"))
    held = io.BytesIO()
    workbook.save(held)
    return held.getvalue()


def escaped(text: str) -> str:
    """Return a text as the format wants it written, by its own words (ISO/IEC 29500-1, 22.9.2.19)."""
    return re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)


class Raw:
    """Writes cells as other programs do."""

    def __init__(self, chance: Random) -> None:
        """Take the chance, which decides the style of the whole file too."""
        self.chance = chance
        self.strings: list[str] = []
        self.calendar = chance.choice(tuple(_FIRST))
        self.kind = chance.choice(("inline", "shared", "mixed"))

    def cell(self, text: str) -> str:
        """Return a cell as XML."""
        chance, value = self.chance, made(text)
        if not text:
            return "<c/>"
        if value is None or chance.random() < 0.4:
            return self.text(escaped(text))
        if isinstance(value, bool):
            return f'<c t="b"><v>{int(value)}</v></c>'
        if isinstance(value, datetime.date):
            if chance.random() < 0.3:
                return f'<c t="d" s="1"><v>{value.isoformat()}</v></c>'
            days = (value - _FIRST[self.calendar]).days
            return f'<c s="{chance.choice(_DAYS)}"><v>{days}</v></c>'
        written = chance.choice((f"{value}", f"{float(value)!r}", f"{value:e}".upper()))
        return f'<c s="{chance.choice(_NUMBERS)}"><v>{written}</v></c>'

    def text(self, text: str) -> str:
        """Return a cell with a text: its own, a shared one, or what a formula gave."""
        chance = self.chance
        kind = chance.choice(("inline", "shared", "result")) if self.kind == "mixed" else self.kind
        if kind == "inline":
            return inline(text)
        if kind == "result":
            return result(text)
        cut = chance.randrange(len(text)) if chance.random() < 0.2 and "_x" not in text else 0
        runs = [f"<r><rPr><b/></rPr>{piece(one)}</r>" for one in (text[:cut], text[cut:])]
        self.strings.append("".join(runs) if cut else piece(text))
        return f'<c t="s"><v>{len(self.strings) - 1}</v></c>'

    def package(self, grids: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
        """Return grids as a workbook."""
        chance = self.chance
        placed = chance.random() < 0.7
        sheets = [
            Sheet(
                grid[0],
                [self.cell(one) for one in grid[1]] if len(grid) > 1 else [],
                placed=placed,
                below=[[self.cell(one) for one in cells] for cells in grid[2:]],
            )
            for grid in grids.values()
        ]
        names = list(grids)
        return package(
            sheets[0],
            _LOOKS[1:],
            self.strings,
            properties='date1904="1"' if self.calendar == "1904" else "",
            strict=chance.random() < 0.3,
            prefix=chance.choice(("", "", "x")),
            beside=dict(zip(names[1:], sheets[1:], strict=True)),
        )


def as_csv(grid: Sequence[Sequence[str]], encoding: str, separator: str, chance: Random) -> bytes:
    """Return a grid as CSV."""
    held = io.StringIO(newline="")
    if chance.random() < 0.1:
        held.write(f"sep={separator}\r\n")
    rows = csv.writer(
        held,
        delimiter=separator,
        quoting=chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        lineterminator=chance.choice(("\n", "\r\n")),
    )
    rows.writerows(grid)
    return held.getvalue().encode(encoding)


def wide_grid(paper: Paper, chance: Random) -> list[list[str]]:
    """Return a paper as a table with a row per unit."""
    cells = [*paper.head.items(), *((name, row["value"]) for name, row in paper.facts)]
    chance.shuffle(cells)
    titles = [["规则册" if key == "book" else "标题" for key, _ in cells]]
    return [
        [key for key, _ in cells],
        *(titles if chance.random() < 0.5 else []),
        [text for _, text in cells],
    ]


def writings(
    paper: Paper, surveys: Sequence[str], roles: Sequence[str], chance: Random
) -> Iterator[tuple[str, bytes]]:
    """Yield the files, by their names, in every form in which the paper has a place."""
    yield "case.yaml", as_yaml(document_of(paper, surveys, chance), chance)
    yield "case.json", as_json(document_of(paper, surveys, chance), chance)
    grids = grids_of(pages(paper, roles, chance))
    yield "own.xlsx", as_workbook(grids, chance)
    yield "other.xlsx", Raw(chance).package(grids)
    if paper.flat:
        head = [(key, [text]) for key, text in paper.head.items()]
        chance.shuffle(head)
        grid = list(facts_page(paper, head, chance).grid())
        for number, separator in enumerate(SEPARATORS):
            encoding = chance.choice(ENCODINGS)
            yield f"facts-{number}-{encoding}.csv", as_csv(grid, encoding, separator, chance)
    if paper.in_a_row:
        grid = wide_grid(paper, chance)
        yield "wide.xlsx", Raw(chance).package({"表": grid})
        for number, separator in enumerate(SEPARATORS):
            encoding = chance.choice(ENCODINGS)
            yield f"wide-{number}-{encoding}.csv", as_csv(grid, encoding, separator, chance)


def put(folder: Path, name: str, content: bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content)
    return path

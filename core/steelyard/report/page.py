"""What a report is made of, before any format: parts of headings, paragraphs, lists, tables and
figures.

Every writer renders the same blocks; a cell holds a value, never its text, so that a workbook gets
real numbers.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

from steelyard.messages import Language

Kind = Literal["text", "code", "count", "points", "percent", "date"]
"""What a column holds. `code`: ids, set apart in print. `percent`: shares, 1 being all."""

Medium = Literal["page", "workbook", "terminal"]
"""What a report is read on. `page`: html, docx and pdf."""

DOCUMENTS: frozenset[Medium] = frozenset({"page", "workbook"})
WORKBOOK: frozenset[Medium] = frozenset({"workbook"})
TERMINAL: frozenset[Medium] = frozenset({"terminal"})
EVERYWHERE: frozenset[Medium] = DOCUMENTS | TERMINAL

_LINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BROKEN = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066\u2067"
    r"\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
)
_UNSAFE = re.compile(f"[{_BROKEN}\u2068\u2069]")
_UNSAFE_IN_SENTENCE = re.compile(f"[{_BROKEN}]")
_ISOLATES = re.compile("[\u2068\u2069]")
_RIGHT_TO_LEFT = range(0x590, 0x900)
_SPACE = re.compile(r"\s+")
_EXACT = Context(prec=60)
"""Whatever the caller's own arithmetic with decimals rounds to."""
LONGEST_HEADING = 120
UNDATED = datetime.date(1980, 1, 1)
"""The day of a page that speaks of none; no file of an archive is older."""


class Span(NamedTuple):
    """A number that lies between two ends; the ends agree where it is known."""

    low: Decimal
    high: Decimal

    @property
    def settled(self) -> bool:
        """Whether both ends agree."""
        return self.low == self.high


Cell = str | int | Decimal | Span | datetime.date | None


class Column(NamedTuple):
    """A column: `width` is its share of the page, `choices` says that it holds few different values
    to pick from.

    It stands on the media `on`, and `blank` where a cell has no value. On a terminal its words are
    not broken where it is `whole`, and its title is `brief` where one is given; under a brief
    title, which says so, percentages go without their sign.
    """

    title: str
    kind: Kind = "text"
    width: int = 10
    places: int = 0
    choices: bool = False
    on: frozenset[Medium] = EVERYWHERE
    brief: str = ""
    blank: str = ""
    whole: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers, which line up at the right."""
        return self.kind in {"count", "points", "percent"}


class Row(NamedTuple):
    """The cells of a row, in the order of the columns, and the lines behind it, in the order of
    `Detail.columns`.

    `id` is what others point to it by, `to` the id of the row that tells more,
    `href` the file that it names.
    """

    cells: tuple[Cell, ...]
    detail: tuple[tuple[Cell, ...], ...] = ()
    id: str = ""
    to: str = ""
    href: str = ""

    @classmethod
    def of(cls, *cells: Cell) -> Row:
        """Return a row with nothing behind it."""
        return cls(cells)


class Group(NamedTuple):
    """Rows that belong together under a title; an empty title for those of a table that has no
    groups.

    `name` is the short form of the title that stands in every row of a workbook.
    """

    title: str
    rows: tuple[Row, ...]
    name: str = ""


class Detail(NamedTuple):
    """What stands behind the rows of a table: pages show it under the cell of column `at`,
    workbooks on a sheet of its own.
    """

    title: str
    columns: tuple[Column, ...]
    at: int


class Table(NamedTuple):
    """Rows of typed columns; `total` is a last row, `grouped` the name of what the groups are,
    `empty` what to say of no rows.

    Of a table too wide for a page, pages show a few columns at a time after the first `kept`; 0 for
    one that is not. A terminal shows `most` rows at most; 0 for all.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    total: Row | None = None
    detail: Detail | None = None
    grouped: str = ""
    empty: str = ""
    kept: int = 0
    most: int = 0

    @classmethod
    def plain(cls, name: str, title: str, columns: Iterable[Column], rows: Iterable[Row]) -> Table:
        """Return a table without groups."""
        return cls(name, title, tuple(columns), (Group("", tuple(rows)),))

    def on(self, medium: Medium) -> Table:
        """Return the table with the columns that stand on a medium."""
        places = [place for place, column in enumerate(self.columns) if medium in column.on]
        if len(places) == len(self.columns):
            return self
        kept = sum(place < self.kept for place in places)
        detail = self.detail
        if detail is not None:
            detail = detail._replace(at=places.index(detail.at)) if detail.at in places else None
        return self.pick(places)._replace(kept=kept, detail=detail)

    def pick(self, places: Sequence[int]) -> Table:
        """Return the table with the columns at some places."""

        def cut(row: Row) -> Row:
            return row._replace(cells=tuple(row.cells[place] for place in places))

        return self._replace(
            columns=tuple(self.columns[place] for place in places),
            groups=tuple(group._replace(rows=tuple(map(cut, group.rows))) for group in self.groups),
            total=None if self.total is None else cut(self.total),
        )

    @property
    def heading(self) -> int:
        """The column that names a row: the first of words."""
        return next(
            (place for place, one in enumerate(self.columns) if one.kind in {"text", "code"}), 0
        )

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all groups."""
        return tuple(row for group in self.groups for row in group.rows)


class Bar(NamedTuple):
    """A bar: what is sure reaches to `low`, what is open from there to `high`."""

    label: str
    low: Decimal
    high: Decimal


class Mark(NamedTuple):
    """A line across the bars, such as the cut-off of a grade."""

    label: str
    at: Decimal


class Bars(NamedTuple):
    """A chart of bars from nothing to `full`; `kind` and `places` say how its numbers read. A label
    takes so many lines at most of so many signs, a Chinese one counting two.
    """

    title: str
    bars: tuple[Bar, ...]
    full: Decimal
    kind: Kind = "points"
    places: int = 0
    marks: tuple[Mark, ...] = ()
    words: tuple[str, str] = ("", "")
    label: tuple[int, int] = (2, 30)


class Heat(NamedTuple):
    """A chart of shares in rows and columns, a shade each; None where there is nothing to
    compare.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[Span | None, ...], ...]


class Whisker(NamedTuple):
    """A value between two ends that is not always their middle."""

    label: str
    low: Decimal
    at: Decimal
    high: Decimal


class Whiskers(NamedTuple):
    """A chart of values with the range in which each may lie."""

    title: str
    rows: tuple[Whisker, ...]
    words: tuple[str, str]


class Strip(NamedTuple):
    """The values of one group."""

    label: str
    values: tuple[Decimal, ...]


class Strips(NamedTuple):
    """A chart of groups, each with all its values and a box from quarter to quarter."""

    title: str
    rows: tuple[Strip, ...]


class Slope(NamedTuple):
    """A value before and after."""

    label: str
    before: Decimal
    after: Decimal


class Slopes(NamedTuple):
    """A chart of what went up and what went down from one period to another."""

    title: str
    before: str
    after: str
    rows: tuple[Slope, ...]
    words: tuple[str, str]


Chart = Bars | Heat | Whiskers | Strips | Slopes


class Heading(NamedTuple):
    """A heading within a part."""

    text: str


class Paragraph(NamedTuple):
    """A paragraph; a `note` is set smaller, a `warning` apart."""

    text: str
    tone: Literal["plain", "note", "warning"] = "plain"


class Listing(NamedTuple):
    """A list of short texts, perhaps numbered from 1."""

    items: tuple[str, ...]
    numbered: bool = False

    def marks(self, dot: str) -> list[str]:
        """Return what stands before each item: its number, or a dot."""
        return [f"{number}." if self.numbered else dot for number in range(1, len(self.items) + 1)]


class Fact(NamedTuple):
    """One line of a list of facts; `remark` says more about its value, and the row of the id `to`
    about it all.
    """

    name: str
    value: Cell
    kind: Kind = "text"
    places: int = 0
    remark: str = ""
    to: str = ""

    @property
    def column(self) -> Column:
        """The column in which its value would stand."""
        return Column(self.name, self.kind, places=self.places)


class Facts(NamedTuple):
    """Names and values; the `large` ones are seen first."""

    facts: tuple[Fact, ...]
    large: bool = False


class Figure(NamedTuple):
    """A chart, the one sentence that says how it reads, and the table behind it."""

    id: str
    title: str
    reading: str
    chart: Chart
    table: Table


Block = Heading | Paragraph | Listing | Facts | Table | Figure


class Part(NamedTuple):
    """A part of a report, with the name that templates call it by."""

    id: str
    title: str
    blocks: tuple[Block, ...]

    def under(self) -> Iterator[tuple[Block, str]]:
        """Yield each block with the heading that it stands under."""
        above = self.title
        for block in self.blocks:
            above = block.text if isinstance(block, Heading) else above
            yield block, above


class Page(NamedTuple):
    """A whole report.

    `head` is the red line of a letter, `day` the day that it speaks of, `words` what a template may
    name besides the parts, `key` a digest that stands for the content. A terminal prints the title
    of one that is `headed`; a list is announced by its command.
    """

    language: Language
    head: str
    title: str
    subtitle: str
    day: datetime.date
    key: str
    parts: tuple[Part, ...]
    words: Mapping[str, str] = MappingProxyType({})
    headed: bool = True

    @classmethod
    def plain(
        cls, language: Language, key: str, title: str, blocks: Iterable[Block], subtitle: str = ""
    ) -> Page:
        """Return a page of one part, which speaks of no day."""
        part = Part(key, title, tuple(blocks))
        return cls(language, title, title, subtitle, UNDATED, key, (part,))


def clean(text: str) -> str:
    """Return a text without what steers a screen or breaks a file: each such sign is shown as a
    replacement character.
    """
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _LINES.sub("\n", text))


def sentence(text: str) -> str:
    """Return a sentence of ours without what `clean` takes out, but with the marks that `isolated`
    puts around a user's words.
    """
    return _UNSAFE_IN_SENTENCE.sub("\N{REPLACEMENT CHARACTER}", _LINES.sub("\n", text))


def flat(text: str) -> str:
    """Return a sentence for formats that know no isolation; its marks stay only where some words
    run from right to left.
    """
    said = sentence(text)
    return said if any(ord(sign) in _RIGHT_TO_LEFT for sign in said) else _ISOLATES.sub("", said)


def in_line(text: str, longest: int = LONGEST_HEADING) -> str:
    """Return a text as one line of at most so many characters, for headings."""
    line = _SPACE.sub(" ", clean(text)).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


def isolated(text: str) -> str:
    """Return a user's words for the middle of a sentence, so that those of a right-to-left script
    leave the rest in its order.
    """
    return f"\N{FIRST STRONG ISOLATE}{clean(text)}\N{POP DIRECTIONAL ISOLATE}"


def paged(table: Table, most: int = 6) -> list[Table]:
    """Return a table as it fits on a page: one that is too wide as several, with the first columns
    repeated.
    """
    rest = range(table.kept, len(table.columns))
    if not table.kept or len(rest) <= most:
        return [table]
    found = []
    for number, start in enumerate(rest[::most], 1):
        places = [*range(table.kept), *rest[start - table.kept : start - table.kept + most]]
        found.append(table.pick(places)._replace(id=f"{table.id}-{number}", kept=0))
    return found


def number_in(value: Decimal | int, kind: Kind, places: int) -> str:
    """Return one number as people read it: points with the book's places, shares in percent."""
    if kind not in {"percent", "points"}:
        return f"{value}"
    number = Decimal(value).scaleb(2 if kind == "percent" else 0, _EXACT)
    text = f"{number.quantize(Decimal(f'1E-{places}'), ROUND_HALF_UP, _EXACT):f}"
    return f"{text}%" if kind == "percent" else text


def shown(cell: Cell, column: Column, dash: str = "–") -> str:
    """Return a cell's text, as people read it; `dash` stands between two ends."""
    match cell:
        case None:
            return column.blank
        case str():
            return clean(cell)
        case Span(low=low, high=high):
            ends = [number_in(end, column.kind, column.places) for end in (low, high)]
            return ends[0] if ends[0] == ends[1] else dash.join(ends)
        case datetime.date():
            return cell.isoformat()
        case _:
            return number_in(cell, column.kind, column.places)

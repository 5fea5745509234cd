"""A report on a terminal or in a text file: Chinese columns line up, one width where nobody
watches, and nothing steers the screen.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from typing import TextIO, assert_never

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text

from steelyard.messages import Language
from steelyard.report.page import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Figure,
    Heading,
    Listing,
    Page,
    Paragraph,
    Table,
    clean,
    flat,
    shown,
)
from steelyard.report.phrases import Phrases
from steelyard.wrapping import widths_of, wrapped

PLAIN_WIDTH = 110


class _Console(Console):
    """A console that leaves it to the program how it ends where nobody reads."""

    def on_broken_pipe(self) -> None:
        """Raise what was raised."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


class Terminal(Phrases):
    """Prints pages in one language; nothing is coloured where the output is no terminal."""

    def __init__(
        self, language: Language, console: Console | None = None, file: TextIO | None = None
    ) -> None:
        """Take the language, and perhaps a console or a file to print to."""
        super().__init__(language)
        self._said: set[str] = set()
        # Output that is read by a program or a file gets one width, whatever the terminal.
        width = None if (file or sys.stdout).isatty() else PLAIN_WIDTH
        self.console = console or _Console(
            file=file, width=width, highlight=False, markup=False, emoji=False
        )

    def page(self, page: Page) -> None:
        """Print a page: its title, then its parts one below the other."""
        # What a page is called is not said again over its part or its table.
        self._said = {"", page.title}
        if page.headed:
            line = Text(clean(page.title), style="bold")
            line.append(f"  {clean(page.subtitle)}" if page.subtitle else "", style="not bold")
            self.console.print(line)
        for part in page.parts:
            if part.title not in self._said:
                self._bold(part.title)
            for block in part.blocks:
                self._block(block)

    def _block(self, block: Block) -> None:
        match block:
            case Heading(text=text):
                self.console.print()
                self._bold(text)
            case Paragraph(text=text, tone=tone):
                self.console.print(Text(flat(text), style="bold" if tone == "warning" else ""))
            case Listing():
                self._listing(block)
            case Facts(facts=facts, large=True):
                self._large(facts)
            case Facts(facts=facts):
                for fact in facts:
                    self.console.print(Text(f"{clean(fact.name)}{self.colon}{_told(fact)}"))
                    if fact.remark:
                        self.console.print(Text(f"  {clean(fact.remark)}"))
            case Table():
                self._table(block)
            case Figure(reading=reading, table=table):
                self.console.print(Text(flat(reading)))
                self._table(table)
            case _:
                assert_never(block)

    def _bold(self, text: str) -> None:
        self.console.print(Text(flat(text), style="bold"))

    def _listing(self, listing: Listing) -> None:
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for mark, item in zip(listing.marks("-"), listing.items, strict=True):
            grid.add_row(f"  {mark}", Text(flat(item)))
        self.console.print(grid)

    def _large(self, facts: tuple[Fact, ...]) -> None:
        line = Text()
        for fact in facts:
            value = _told(fact)
            if fact.remark:
                value = self.say("{value}, {remark}").format(value=value, remark=clean(fact.remark))
            line.append(f"{_lowered(fact.name)} ").append(value, style="bold").append("   ")
        self.console.print(line)

    def _table(self, whole: Table) -> None:
        table = whole.on("terminal")
        if not table.rows:
            if table.empty:
                self.console.print(Text(flat(table.empty)))
            return
        rows = list(_rows(table))
        most = table.most or len(rows)
        heads, total = self._heads(table), _total(table)
        lines = [heads, *rows[:most], *total]
        texts = [list(column) for column in zip(*lines, strict=True)]
        folded = any("\n" in text for line in lines for text in line)
        widths = [max(cell_len(line) for text in one for line in text.split("\n")) for one in texts]
        between = 2 if table.kept else 3
        if 2 + sum(widths) + between * (len(widths) - 1) > self.console.width:
            self._narrowed(table, rows[:most], texts, total, between)
        elif folded:
            self.console.print(self._grid(table, rows[:most]))
        else:
            self._lined_up(table, lines, widths, between)
        if len(rows) > most:
            self.console.print(self.say("… and {count} more").format(count=len(rows) - most))

    def _lined_up(
        self, table: Table, lines: list[list[str]], widths: list[int], between: int
    ) -> None:
        """Print a table each of whose rows takes one line, as a grid would stand: laid out cell by
        cell, thousands of rows take longer than to weigh what they tell.
        """
        if title := self._title(table):
            self._bold(title)
        edge = " " * (2 + sum(widths) + between * (len(widths) - 1))
        numeric = [False] * bool(table.grouped) + [column.numeric for column in table.columns]
        laid = [_line(line, widths, numeric, " " * between) for line in lines]
        bold = Style(bold=True)
        segments = [
            Segment(edge),
            Segment(laid[0], bold),
            Segment(f" {edge[2:].replace(' ', '─')} "),
        ]
        total = len(laid) - (table.total is not None)
        segments += map(Segment, laid[1:total])
        segments += [Segment(line, bold) for line in laid[total:]]
        self.console.print(Segments([*segments, Segment(edge)], new_lines=True), end="")

    def _narrowed(
        self,
        table: Table,
        rows: list[list[str]],
        texts: list[list[str]],
        total: list[list[str]],
        between: int,
    ) -> None:
        """Print a table that is wider than the screen: its texts wrapped where no word breaks, else
        what its rows are called on lines of their own.
        """
        whole = [False] * bool(table.grouped) + [column.whole for column in table.columns]
        room = self.console.width - 2 - between * (len(texts) - 1)
        widths = widths_of(texts, whole, room)
        if widths is not None:
            self.console.print(self._grid(table, _wrapped(rows, widths), widths))
            return
        name = whole.index(False) if False in whole else 0
        rest = [place for place in range(len(texts)) if place != name]
        room += between
        widths = widths_of([texts[one] for one in rest], [whole[one] for one in rest], room)
        alone = widths_of([texts[name]], [False], self.console.width - 1)
        if widths is None or alone is None or not rest or table.grouped:
            self.console.print(self._grid(table, rows))
            return
        self._folded(table, [*rows, *total], name, widths)

    def _folded(self, table: Table, rows: list[list[str]], name: int, widths: list[int]) -> None:
        """Print a table of which one column, what the rows are called, stands above the others."""
        left = table._replace(
            columns=tuple(one for place, one in enumerate(table.columns) if place != name),
            total=None,
        )
        self.console.print(self._grid(left, [], widths))
        for row in rows:
            self.console.print(Text(f" {row[name]}"))
            values = [text for place, text in enumerate(row) if place != name]
            grid = self._grid(left._replace(title=""), _wrapped([values], widths), widths)
            grid.show_header = grid.show_edge = False
            self.console.print(grid)

    def _heads(self, table: Table) -> list[str]:
        """Return what stands over the columns."""
        heads = [clean(one.brief) or _lowered(one.title) for one in table.columns]
        return [_lowered(table.grouped), *heads] if table.grouped else heads

    def _title(self, table: Table) -> str:
        """Return what stands over a table; nothing where that was just said."""
        return "" if table.title in self._said else flat(table.title)

    def _grid(self, table: Table, rows: list[list[str]], widths: list[int] | None = None) -> Grid:
        title = self._title(table)
        grid = Grid(
            box=box.SIMPLE_HEAD,
            title=Text(title, style="bold") if title else None,
            title_justify="left",
            pad_edge=False,
            # A title breaks where its table ends, so a small table is made as wide as its title.
            min_width=min(cell_len(title), self.console.width) or None,
        )
        if table.kept:
            grid.padding = (0, 1, 0, 0)
        columns = (Column(""),) * bool(table.grouped) + table.columns
        for place, (column, head) in enumerate(zip(columns, self._heads(table), strict=True)):
            grid.add_column(
                Text(head),
                justify="right" if column.numeric else "left",
                no_wrap=column.whole,
                overflow="fold",
                width=None if widths is None else widths[place],
            )
        for row in rows:
            grid.add_row(*map(Text, row))
        for row in _total(table):
            grid.add_row(*map(Text, row), style="bold")
        return grid


def _line(texts: list[str], widths: list[int], numeric: list[bool], between: str) -> str:
    """Return a row as one line, each text to its side of its column."""
    cells = (
        " " * (width - cell_len(text)) + text if right else text + " " * (width - cell_len(text))
        for text, width, right in zip(texts, widths, numeric, strict=True)
    )
    return f" {between.join(cells)} "


def _total(table: Table) -> list[list[str]]:
    """Return the texts of the last row, which adds the others up; none where a table has none."""
    if table.total is None:
        return []
    return [[*([""] if table.grouped else []), *_cells(table.columns, table.total.cells)]]


def _wrapped(rows: list[list[str]], widths: list[int]) -> list[list[str]]:
    """Return rows with the texts of their cells in lines of at most some widths."""
    return [
        [
            "\n".join(line for part in text.split("\n") for line in wrapped(part, width))
            for text, width in zip(row, widths, strict=True)
        ]
        for row in rows
    ]


def _rows(table: Table) -> Iterator[list[str]]:
    """Yield the texts of each row; the title of a group stands in its first."""
    for group in table.groups:
        title = clean(group.title)
        for row in group.rows:
            yield [*([title] if table.grouped else []), *_cells(table.columns, row.cells)]
            title = ""


def _cells(columns: tuple[Column, ...], cells: tuple[Cell, ...]) -> list[str]:
    texts = []
    for column, cell in zip(columns, cells, strict=True):
        text = shown(cell, column, " – " if column.kind == "points" else "–")
        bare = column.brief and column.kind == "percent" and not isinstance(cell, str)
        texts.append(text.replace("%", "") if bare else text)
    return texts


def _told(fact: Fact) -> str:
    """Return a value that stands alone, without the zeros that line up those of a column."""
    text = shown(fact.value, fact.column, " – ")
    if fact.kind == "percent" and "." in text:
        return text.removesuffix("%").rstrip("0").rstrip(".") + "%"
    return text


def _lowered(title: str) -> str:
    """Return a title with a small letter, as it stands over a column of a terminal."""
    text = clean(title)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]

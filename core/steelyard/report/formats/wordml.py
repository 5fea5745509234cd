"""Blocks of a report as WordprocessingML, the markup inside a Word document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never
from xml.sax.saxutils import escape

from steelyard.report.page import (
    Block,
    Facts,
    Figure,
    Heading,
    Listing,
    Paragraph,
    Part,
    Row,
    Table,
    clean,
    flat,
    paged,
    shown,
)

_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_REFERENCES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINK = '<w:color w:val="0B4F7D"/>'
_LONG = 1200
_LINE, _HEAD, _GROUP = "A6A6A6", "E4E9ED", "F3F5F7"
# Half-points: 10.5 points for what stands apart, 9 for tables, 8 for what stands behind a cell.
_APART, _SMALL, _TINY = 21, 18, 16
# A template's body may have lines of exact height, which would cut pictures and part small print.
_TIGHT, _LOOSE = ' w:line="240" w:lineRule="auto"', ' w:line="300" w:lineRule="auto"'


class Styles:
    """The styles of a template by the names that Word gives them in every language; what it lacks
    is set directly.
    """

    def __init__(self, ids: Mapping[str, str], width: int) -> None:
        """Take the ids of the styles by lower-case name, and the width of the text in twentieths of
        a point.
        """
        self._ids = ids
        self.width = width

    def heading(self, level: int) -> str:
        """Return the properties of a paragraph that is a heading."""
        style = self._ids.get(f"heading {level}")
        named = f'<w:pStyle w:val="{escape(style)}"/>' if style else ""
        spaced = "" if style else _spacing(before=240, after=80)
        outline = f'<w:outlineLvl w:val="{level - 1}"/>'
        return f"<w:pPr>{named}<w:keepNext/>{spaced}{outline}</w:pPr>"

    def known(self, level: int) -> bool:
        """Whether the template has a style for a level of heading."""
        return f"heading {level}" in self._ids


class Writer:
    """Writes blocks as markup; `draw` gives the markup of a figure's picture, `refer` the name that
    the document has for a file, and `rows` are the ids of the rows that are in it to be led to.
    """

    def __init__(
        self,
        styles: Styles,
        draw: Callable[[Figure], str],
        refer: Callable[[str], str],
        rows: frozenset[str],
        *,
        indented: bool,
    ) -> None:
        """Take the styles, the pictures, where links lead, and whether paragraphs are indented as
        Chinese ones are.
        """
        self._styles = styles
        self._draw = draw
        self._refer = refer
        self._rows = rows
        self._marked: set[str] = set()
        self._indented = indented

    def part(self, part: Part) -> str:
        """Return a part with its heading, as elements side by side under one root."""
        blocks = "".join(self._block(block, above) for block, above in part.under())
        spaces = f'xmlns:w="{_SPACE}" xmlns:r="{_REFERENCES}"'
        return f"<w:body {spaces}>{self._heading(part.title, 1)}{blocks}</w:body>"

    def _block(self, block: Block, above: str) -> str:
        match block:
            case Heading(text=text):
                return self._heading(text, 2)
            case Paragraph(text=text, tone=tone):
                return self._paragraph(text, tone)
            case Listing(items=items):
                return "".join(
                    _paragraph(
                        _run(f"{mark} {flat(item)}"),
                        '<w:ind w:left="420" w:hanging="280"/>' + _spacing(),
                    )
                    for mark, item in zip(block.marks("•"), items, strict=True)
                )
            case Facts():
                return self._facts(block)
            case Table():
                return self._tables(block, above)
            case Figure():
                return self._figure(block)
            case _:
                assert_never(block)

    def _heading(self, text: str, level: int) -> str:
        run = _run(flat(text)) if self._styles.known(level) else _run(flat(text), "<w:b/>")
        return f"<w:p>{self._styles.heading(level)}{run}</w:p>"

    def _paragraph(self, text: str, tone: str) -> str:
        if tone == "note":
            return _paragraph(_run(flat(text), _size(_APART)), _spacing(after=120, line=_LOOSE))
        warning = (
            '<w:pBdr><w:left w:val="single" w:sz="24" w:space="6" w:color="B3000C"/></w:pBdr>'
            if tone == "warning"
            else ""
        )
        indent = (
            '<w:ind w:firstLineChars="200" w:firstLine="560"/>'
            if self._indented and not warning
            else ""
        )
        return _paragraph(_run(flat(text)), warning + _spacing() + indent)

    def _figure(self, figure: Figure) -> str:
        title = _paragraph(
            _run(figure.title, "<w:b/>" + _size(_APART)),
            "<w:keepNext/>" + _spacing(before=160, line=_LOOSE),
        )
        reading = _paragraph(
            _run(flat(figure.reading), _size(_APART)),
            "<w:keepNext/>" + _spacing(after=60, line=_LOOSE),
        )
        picture = (
            f"<w:p><w:pPr><w:keepNext/>{_spacing(after=60, line=_TIGHT)}<w:jc "
            f'w:val="center"/></w:pPr>{self._draw(figure)}</w:p>'
        )
        return title + reading + picture + self._tables(figure.table, figure.title)

    def _facts(self, facts: Facts) -> str:
        large = facts.large
        widths = [
            int(self._styles.width * share)
            for share in ((0.22, 0.33, 0.45) if large else (0.3, 0.7))
        ]
        rows = []
        for fact in facts.facts:
            value = shown(fact.value, fact.column)
            cells = [_cell([self._linked(fact.name, _size(_APART), fact.to)], widths[0], "")]
            if large:
                cells += [
                    _cell([_run(value, "<w:b/>" + _size(28))], widths[1], ""),
                    _cell([_run(clean(fact.remark), _size(_APART))], widths[2], ""),
                ]
            else:
                cells.append(
                    _cell(
                        [_run(f"{value} {clean(fact.remark)}".rstrip(), _size(_APART))],
                        widths[1],
                        "",
                    )
                )
            rows.append(_row(cells, long=len(value) > _LONG))
        return _grid(widths, rows) + _after()

    def _linked(self, text: str, properties: str, to: str, href: str = "") -> str:
        """Return a run that leads to a file, or to a row of this document, where there is one."""
        if href:
            where = f'r:id="{escape(self._refer(href))}"'
        elif to in self._rows:
            where = f'w:anchor="{_bookmark(to)}"'
        else:
            return _run(text, properties)
        return f"<w:hyperlink {where}>{_run(text, properties + _LINK)}</w:hyperlink>"

    def _mark(self, row: str) -> str:
        """Return the mark by which links find a row; a part that stands twice is marked once."""
        if row not in self._rows or row in self._marked:
            return ""
        self._marked.add(row)
        mark = f'w:id="{len(self._marked)}"'
        return f'<w:bookmarkStart {mark} w:name="{_bookmark(row)}"/><w:bookmarkEnd {mark}/>'

    def _tables(self, table: Table, above: str) -> str:
        return "".join(self._table(one, above) for one in paged(table.on("page")))

    def _table(self, table: Table, above: str) -> str:
        if not table.rows:
            return (
                _paragraph(_run(table.empty, _size(_APART)), _spacing(line=_LOOSE))
                if table.empty
                else ""
            )
        columns = table.columns
        whole = sum(column.width for column in columns)
        widths = [self._styles.width * column.width // whole for column in columns]
        head = [
            _cell(
                [_run(c.title, "<w:b/>" + _size(_TINY if c.numeric else _SMALL))],
                w,
                _HEAD,
                right=c.numeric,
                keep=True,
            )
            for c, w in zip(columns, widths, strict=True)
        ]
        rows = [_row(head, header=True)]
        for group in table.groups:
            if group.title and group.rows:
                title = _run(clean(group.title), "<w:b/>" + _size(_SMALL))
                rows.append(
                    _row(
                        [_cell([title], sum(widths), _GROUP, span=len(columns), keep=True)],
                        long=len(group.title) > _LONG,
                    )
                )
            rows += [self._row(table, row, widths) for row in group.rows]
        if table.total is not None:
            rows.append(self._row(table, table.total, widths, bold=True))
        caption = _paragraph(
            _run(table.title, "<w:b/>" + _size(_APART)),
            "<w:keepNext/>" + _spacing(before=120, after=40, line=_LOOSE),
        )
        return ("" if table.title == above else caption) + _grid(widths, rows) + _after()

    def _row(self, table: Table, row: Row, widths: list[int], *, bold: bool = False) -> str:
        cells, longest = [], 0
        for place, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
            text = shown(row.cells[place], column)
            properties = ("<w:b/>" if bold else "") + _size(_SMALL)
            lines = [
                self._mark(row.id) + self._linked(text, properties, row.to, row.href)
                if place == table.heading
                else _run(text, properties)
            ]
            behind = (
                list(_behind(table, row))
                if table.detail is not None and table.detail.at == place
                else []
            )
            longest = max(longest, len(text) + sum(map(len, behind)))
            lines += [_run(line, _size(_TINY)) for line in behind]
            cells.append(_cell(lines, width, _GROUP if bold else "", right=column.numeric))
        return _row(cells, long=longest > _LONG)


def _bookmark(row: str) -> str:
    """Return the name of a row's mark: Word takes forty letters and figures."""
    return f"r{hashlib.sha256(row.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def _behind(table: Table, row: Row) -> Iterable[str]:
    """Yield what stands behind a row as lines."""
    detail = table.detail
    for line in row.detail if detail is not None else ():
        words = (
            [shown(cell, column) for cell, column in zip(line, detail.columns, strict=True)]
            if detail is not None
            else []
        )
        yield "• " + " · ".join(word for word in words if word)


def _run(text: str, properties: str = "") -> str:
    """Return a run of text; line breaks become Word's own."""
    lines = [
        f'<w:t xml:space="preserve">{escape(line)}</w:t>'
        for line in text.replace("\t", " ").split("\n")
    ]
    return f"<w:r><w:rPr>{properties}</w:rPr>{'<w:br/>'.join(lines)}</w:r>"


def _size(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


def _spacing(*, before: int = 0, after: int = 0, line: str = "") -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}"{line}/>'


def _paragraph(runs: str, properties: str) -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def _after() -> str:
    """Return the short empty paragraph that keeps a table from the next."""
    return _paragraph("", _spacing(line=' w:line="160" w:lineRule="exact"'))


def _cell(
    runs: list[str],
    width: int,
    fill: str,
    *,
    right: bool = False,
    span: int = 1,
    keep: bool = False,
) -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    spans = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    properties = (
        ("<w:keepNext/>" if keep else "")
        + _spacing(before=20, after=20, line=_TIGHT)
        + '<w:ind w:firstLineChars="0" w:firstLine="0"/>'
    )
    properties += f'<w:jc w:val="{"right" if right else "left"}"/>'
    paragraphs = "".join(_paragraph(run, properties) for run in runs)
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" '
        f'w:type="dxa"/>{spans}{shade}</w:tcPr>{paragraphs}</w:tc>'
    )


def _row(cells: list[str], *, header: bool = False, long: bool = False) -> str:
    """Return a row; one that is longer than a page may break across pages."""
    properties = ("" if long else "<w:cantSplit/>") + ("<w:tblHeader/>" if header else "")
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def _grid(widths: list[int], rows: list[str]) -> str:
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{_LINE}"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    margins = (
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" '
        'w:type="dxa"/></w:tblCellMar>'
    )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" '
        f'w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f"<w:tblLayout "
        f'w:type="fixed"/>{margins}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )

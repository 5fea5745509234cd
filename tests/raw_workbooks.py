"""Workbooks put together part by part, as other programs write them and our own writer cannot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = {
    MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
    RELATED: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Look(NamedTuple):
    """A style: a built-in number format, or a code of its own; and what its font holds."""

    number: int = 0
    code: str = ""
    font: str = ""


class Sheet(NamedTuple):
    """A row of keys and one of cells, each as XML; what stands before and after the rows; whether
    cells and rows say where they are; the rows of cells that follow.
    """

    keys: Sequence[str]
    cells: Sequence[str]
    before: str = ""
    after: str = ""
    placed: bool = True
    row: str = ""
    below: Sequence[Sequence[str]] = ()


def piece(text: str) -> str:
    """Return the inside of a string, blanks and all."""
    return f'<t xml:space="preserve">{escape(text)}</t>'


def inline(text: str) -> str:
    """Return a cell that keeps its own text."""
    return f'<c t="inlineStr"><is>{piece(text)}</is></c>'


def result(text: str) -> str:
    """Return a cell with the text that a formula gave."""
    return f'<c t="str"><f>T(A1)</f><v>{escape(text)}</v></c>'


def number(value: object, style: int = 0, more: str = "") -> str:
    """Return a cell with a number, in a style, worked out by a formula if `more` holds one."""
    return f'<c s="{style}">{more}<v>{value}</v></c>'


def shared(index: int) -> str:
    """Return a cell with one of the strings kept apart."""
    return f'<c t="s"><v>{index}</v></c>'


def package(
    sheet: Sheet,
    looks: Sequence[Look] = (),
    strings: Sequence[str] = (),
    *,
    properties: str = "",
    strict: bool = False,
    prefix: str = "",
    target: str = "worksheets/sheet1.xml",
    backslashes: bool = False,
    more: Mapping[str, bytes] = {},  # read alone
    beside: Mapping[str, Sheet] = {},  # read alone
) -> bytes:
    """Return the file of a workbook of one sheet, and of those `beside` it by their names.

    `strings` are the insides of shared strings, `properties` the attributes of the workbook's;
    `prefix` is the namespace's, `target` how the sheet's part is named.
    """
    others = dict(enumerate(beside.items(), 2))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": _relations(
            ("rId1", "worksheet", target),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "sharedStrings", "sharedStrings.xml"),
            ("rId4", "theme", "theme/theme1.xml"),
            *((f"rId{8 + at}", "worksheet", f"worksheets/sheet{at}.xml") for at in others),
        ),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">'
        f'<workbookPr {properties}/><sheets><sheet name="表" sheetId="1" r:id="rId1"/>'
        + "".join(
            f'<sheet name="{name}" sheetId="{at}" r:id="rId{8 + at}"/>'
            for at, (name, _) in others.items()
        )
        + "</sheets></workbook>",
        "xl/worksheets/sheet1.xml": _sheet(sheet),
        **{f"xl/worksheets/sheet{at}.xml": _sheet(one) for at, (_, one) in others.items()},
        "xl/styles.xml": _styles(looks),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">'
        + "".join(f"<si>{one}</si>" for one in strings)
        + "</sst>",
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in parts.items():
            said = text
            if prefix and name.startswith("xl/") and "_rels" not in name:
                said = _prefixed(text, prefix)
            for loose, narrow in STRICT.items() if strict else ():
                said = said.replace(loose, narrow)
            entry = zipfile.ZipInfo(name)
            if backslashes:
                entry.filename = name.replace("/", "\\")
            archive.writestr(entry, _HEAD + said)
        for name, content in more.items():
            archive.writestr(name, content)
    return held.getvalue()


def _relations(*said: tuple[str, str, str]) -> str:
    entries = "".join(
        f'<Relationship Id="{name}" Type="{RELATED}/{kind}" Target="{target}"/>'
        for name, kind, target in said
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _sheet(sheet: Sheet) -> str:
    rows = []
    for number_, cells in enumerate((map(inline, sheet.keys), sheet.cells, *sheet.below), 1):
        placed = [
            one.replace("<c", f'<c r="{get_column_letter(column)}{number_}"', 1)
            if sheet.placed
            else one
            for column, one in enumerate(cells, 1)
        ]
        at = f' r="{number_}"' if sheet.placed else ""
        rows.append(f"<row{at}{sheet.row}>{''.join(placed)}</row>")
    return (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATED}">{sheet.before}'
        f"<sheetData>{''.join(rows)}</sheetData>{sheet.after}</worksheet>"
    )


def _styles(looks: Sequence[Look]) -> str:
    every = [Look(), *looks]
    formats = "".join(
        f'<numFmt numFmtId="{164 + number_}" formatCode="{escape(one.code, {chr(34): "&quot;"})}"/>'
        for number_, one in enumerate(every)
        if one.code
    )
    fonts = "".join(f"<font>{one.font}<sz val='11'/></font>" for one in every)
    cells = "".join(
        f'<xf numFmtId="{164 + number_ if one.code else one.number}" fontId="{number_}" xfId="0"/>'
        for number_, one in enumerate(every)
    )
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><fonts>{fonts}</fonts>'
        f'<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs>{cells}</cellXfs>'
        '<dxfs><dxf><font><strike/></font><numFmt numFmtId="58" formatCode="0"/></dxf></dxfs>'
        "</styleSheet>"
    )


def _prefixed(text: str, prefix: str) -> str:
    """Return a part whose elements bear a prefix, as some libraries write them."""
    said = text.replace(f'xmlns="{MAIN}"', f'xmlns:{prefix}="{MAIN}"')
    out = ""
    for piece in said.split("<"):
        if piece[:1] == "/":
            out += f"</{prefix}:{piece[1:]}"
        elif piece:
            out += f"<{prefix}:{piece}"
    return out

"""The files behind what was shown, each with its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from steelyard.case.model import evidence_of
from steelyard.report.page import Column, Paragraph, Part, Row, Table
from steelyard.report.unit.reader import Reader

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def shown_files(reader: Reader) -> Part:
    """Return the list of the case's files: what each shows, and its digest where it was looked
    up.
    """
    say = reader.say
    rows = tuple(_rows(reader))
    columns = (
        Column(say("File"), width=30),
        Column(say("What it shows"), width=34),
        Column(say("By"), width=12),
        Column(say("SHA-256"), "code", 34),
    )
    said = say("Links lead to files that lie beside this report; the digest tells whether they are "
               "those that were looked up.")  # fmt: skip
    table = Table.plain("files", say("Files shown"), columns, rows)
    return Part("files", say("Files shown"), (Paragraph(said, "note"), table))


def has_files(reader: Reader) -> bool:
    """Whether any file stands behind the case."""
    return bool(reader.assessment.case.document.get("files")) or any(_rows(reader))


def _rows(reader: Reader) -> Iterator[Row]:
    case, book = reader.assessment.case, reader.assessment.book
    digests = dict(case.document.get("files", {}))
    left = dict(digests)
    for name, said in case.document["facts"].items():
        for piece in said if isinstance(said, list) else [said]:
            for file in piece.get("files", ()):
                left.pop(file, None)
                yield _row(file, reader.of(book.facts[name].full_title), piece, digests)
    for name, register in case.document["records"].items():
        for row in register["rows"]:
            for piece in evidence_of(row):
                for file in piece.get("files", ()):
                    left.pop(file, None)
                    what = f"{reader.of(book.registers[name].title)} {row['id']}"
                    yield _row(file, what, piece, digests)
    for file in left:
        yield _row(file, "", {}, digests)


def _row(file: str, what: str, piece: Any, digests: Any) -> Row:
    digest = str(digests.get(file, "")).removeprefix("sha256:")
    return Row((file, what, piece.get("by", ""), digest), href=link_to(file))


def link_to(file: str) -> str:
    """Return where a link to a file leads from a page beside it; empty where it leads to a place of
    another machine.
    """
    if _ADDRESS.fullmatch(file):
        return file
    path = file.replace("\\", "/")
    if _SCHEME.match(path) or path.startswith("/"):
        return ""
    return "./" + quote(path.removeprefix("./"))

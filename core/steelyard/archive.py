"""What a workbook's file may be, looked at before anything unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

from steelyard.errors import CaseError, Fault, fault

MOST_ROWS = 100_000
MOST_COLUMNS = 1_000
LAST_ROW = 1_048_576
MOST_BYTES = 64 * 1024 * 1024
_MOST_PARTS = 5_000
_RATIO = 500
_SMALL = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ENCODING = re.compile(r"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")
_PLAIN_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "us-ascii", "ascii"})
_PARTS_OF_XML = (".xml", ".rels", ".vml")


def read_bytes(name: str, data: bytes) -> dict[str, bytes]:
    """Return the unpacked parts of a workbook's file, refusing what is none or what would unpack to
    too much.

    Raises CaseError, by what the file is: an old or locked workbook, another format, a bomb,
    unneeded markup. What is no sound archive at all raises as `zipfile` does.
    """
    wrong = _no_archive(name, data)
    if wrong is not None:
        raise CaseError([wrong])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wrong = _bad_directory(name, archive.infolist())
        if wrong is not None:
            raise CaseError([wrong])
        parts = {
            entry.filename: archive.read(entry)
            for entry in archive.infolist()
            if not entry.is_dir()
        }
    if any(
        _multiplies(content)
        for part, content in parts.items()
        if part.lower().endswith(_PARTS_OF_XML)
    ):
        raise CaseError([fault(name, "holds markup that no workbook needs, and is not read")])
    return parts


def _no_archive(name: str, data: bytes) -> Fault | None:
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            return fault(name, "is locked with a password: save it without one")
        return fault(name, "is an old .xls workbook: save it as .xlsx")
    if not data:
        return fault(name, "is empty")
    return None if data.startswith(b"PK") else fault(name, "is not an .xlsx workbook")


def _bad_directory(name: str, entries: Sequence[zipfile.ZipInfo]) -> Fault | None:
    names = {entry.filename for entry in entries}
    if len(entries) > _MOST_PARTS or len(names) != len(entries):
        return fault(name, "is not a workbook that can be read")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        return fault(name, "unpacks to more than {size} MiB", size=MOST_BYTES // 1024 // 1024)
    if any(entry.file_size > max(_SMALL, _RATIO * entry.compress_size) for entry in entries):
        return fault(name, "unpacks to far more than a workbook of its size would hold")
    if any(entry.flag_bits & 1 for entry in entries):
        return fault(name, "is locked with a password: save it without one")
    if "xl/workbook.bin" in names:
        return fault(name, "is a binary .xlsb workbook: save it as .xlsx")
    if "content.xml" in names:
        return fault(name, "is an OpenDocument file: save it as .xlsx")
    return None


def _multiplies(content: bytes) -> bool:
    """Whether a part bears a document type, which could multiply without end, in whatever encoding
    it hides.
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8-sig")
    said = _ENCODING.match(text)
    return "<!DOCTYPE" in text or (said is not None and said[1].lower() not in _PLAIN_ENCODINGS)

"""A workbook as the content of its file, made in memory: openpyxl by itself puts every sheet, names
of persons too, into a temporary file first, which a full disk cuts off.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import TYPE_CHECKING, Any

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from openpyxl import Workbook


_DAY = datetime.datetime(1980, 1, 1)  # noqa: DTZ001  # as the format writes it


class _Writer(ExcelWriter):
    """Writes sheets as openpyxl does, but for the temporary files."""

    def write_worksheet(self: Any, ws: Any) -> None:  # its stubs leave out what it is made of
        """Put one sheet into the archive."""
        ws._drawing = SpreadsheetDrawing()  # noqa: SLF001  # as openpyxl's own writer does
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images  # noqa: SLF001
        held = io.BytesIO()
        writer: Any = WorksheetWriter(ws, held)
        writer.write()
        ws._rels = writer._rels  # noqa: SLF001
        self._archive.writestr(ws.path[1:], held.getvalue())
        self.manifest.append(ws)


class _Archive(zipfile.ZipFile):
    """An archive that does not note when it is written."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """Put one part into the archive."""
        entry = zipfile.ZipInfo(str(zinfo_or_arcname), _DAY.timetuple()[:6])
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        super().writestr(entry, data)


def packed(workbook: Workbook) -> bytes:
    """Return a workbook as the content of its file, the same every time."""
    workbook.properties.creator = "Steelyard"
    workbook.properties.created = workbook.properties.modified = _DAY
    held = io.BytesIO()
    _Writer(workbook, _Archive(held, "w", zipfile.ZIP_DEFLATED)).save()
    return held.getvalue()

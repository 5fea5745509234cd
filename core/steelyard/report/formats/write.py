"""The formats of reports: which one a file is written in, what it needs, and a report in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from steelyard.errors import UsageError, fault
from steelyard.report.page import Page

Format = Literal["html", "docx", "xlsx", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "docx", "xlsx", "pdf")
_SUFFIXES: Mapping[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".pdf": "pdf",
}
_CHARTS = ("altair", "vl_convert")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "html": (*_CHARTS, "jinja2"),
    "docx": (*_CHARTS, "docxtpl"),
    "xlsx": (*_CHARTS, "PIL"),
    "pdf": (*_CHARTS, "jinja2", "weasyprint"),
}


def format_of(path: Path, asked: Format | None) -> Format:
    """Return the format in which a file is written: the one asked for, else its suffix's; raises
    UsageError where they disagree.
    """
    suffix = _SUFFIXES.get(path.suffix.lower())
    if asked is None and suffix is None:
        wanted = tuple(f".{one}" for one in FORMATS)
        raise UsageError(
            [
                fault(
                    str(path),
                    "a report is written as one of {suffixes}, or as `--format` says",
                    suffixes=wanted,
                )
            ]
        )
    if asked is not None and suffix not in (None, asked):
        raise UsageError([fault(str(path), "is no name for the format `{format}`", format=asked)])
    return asked or suffix or "html"


def require(form: Format) -> None:
    """Raise UsageError where a library that the extra `report` brings is missing or cannot work."""
    if sys.flags.optimize > 1:
        # Altair copies its docstrings from class to class while it is imported.
        said = (
            "charts need a Python that keeps docstrings: without `-OO`, and PYTHONOPTIMIZE below 2"
        )
        raise UsageError([fault(f"--format {form}", said)])
    missing = [name for name in _NEEDS[form] if find_spec(name) is None]
    if missing:
        said = "this format needs {modules}, which `pip install '{extra}'` brings"
        raise UsageError(
            [
                fault(
                    f"--format {form}",
                    said,
                    modules=tuple(f"`{one}`" for one in missing),
                    extra="steelyard[report]",
                )
            ]
        )


def made(page: Page, form: Format, template: Path | None = None) -> bytes:
    """Return a report in a format; `template` is for Word documents alone."""
    match form:
        case "html":
            from steelyard.report.formats.html import html

            return html(page).encode()
        case "docx":
            from steelyard.report.formats.docx import docx

            return docx(page, template)
        case "xlsx":
            from steelyard.report.formats.xlsx import xlsx

            return xlsx(page)
        case "pdf":
            from steelyard.report.formats.pdf import pdf

            return pdf(page)

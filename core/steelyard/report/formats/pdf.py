"""A report on paper: the page of HTML, set by WeasyPrint."""

from __future__ import annotations

import unicodedata
import warnings
from logging import LogRecord, getLogger
from typing import Any

from steelyard.errors import Fault, UsageError, fault
from steelyard.report.formats.html import html
from steelyard.report.page import Page

_FONTS = (
    (range(0x1100, 0x1200), "fonts-noto-cjk"),
    (range(0x2E80, 0xD7B0), "fonts-noto-cjk"),
    (range(0xF900, 0xFB00), "fonts-noto-cjk"),
    (range(0xFE30, 0xFE50), "fonts-noto-cjk"),
    (range(0xFF00, 0xFFF0), "fonts-noto-cjk"),
    (range(0x1F000, 0x1FB00), "fonts-noto-color-emoji"),
    (range(0x20000, 0x40000), "fonts-noto-cjk"),
)
"""The package of Debian that brings a font with the characters of a range; else `_OTHERS`."""
_OTHERS = "fonts-noto-core"
_NAMED = 5
"""How many characters without a font a refusal shows."""


def pdf(page: Page) -> bytes:
    """Return a report as PDF on A4; raises UsageError where a library of the system is missing, or
    no font of the machine has some of the characters.
    """
    writer = _writer()
    unset: set[str] = set()

    def note(record: LogRecord) -> bool:
        # WeasyPrint draws a box and says which character it stands for in a warning alone.
        character = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        drawn_as_box = record.getMessage().startswith(".notdef glyph")
        if drawn_as_box and unicodedata.category(str(character)) not in {"Co", "Cn"}:
            unset.add(str(character))
        return not drawn_as_box

    logger = getLogger("weasyprint")
    logger.addFilter(note)
    try:
        made = writer(string=html(page), url_fetcher=_fetch).write_pdf(
            pdf_identifier=page.key.encode(), pdf_tags=True
        )
    finally:
        logger.removeFilter(note)
    if unset:
        raise UsageError(_without_font(unset))
    return bytes(made)


def _writer() -> Any:
    """Return what sets pages, where the libraries and fonts of the system are there."""
    try:
        with warnings.catch_warnings():
            # Without any font Pango would end the whole process.
            warnings.filterwarnings("error", message=".*FontConfig")
            from weasyprint import HTML
    except UserWarning:
        raise UsageError(
            [
                fault(
                    "pdf",
                    "this machine has no fonts: install some (on Debian {package})",
                    package="fonts-noto-core fonts-noto-cjk",
                )
            ]
        ) from None
    except OSError as error:
        name = str(error).split(":", 1)[0].strip()
        raise UsageError(
            [
                fault(
                    "pdf",
                    "needs a library of the system that is not there: `{name}` (Pango, "
                    "on Debian libpango-1.0-0 libpangoft2-1.0-0)",
                    name=name,
                )
            ]
        ) from None
    return HTML


def _without_font(characters: set[str]) -> list[Fault]:
    """Return a fault for each package of fonts that characters without one ask for."""
    wanted: dict[str, list[str]] = {}
    for one in sorted(characters):
        package = next((name for span, name in _FONTS if ord(one) in span), _OTHERS)
        wanted.setdefault(package, []).append(one)
    return [
        fault(
            "pdf",
            "no font of this machine has {characters}: install one that does (on Debian {package})",
            characters=" ".join(f"`{one}`" for one in found[:_NAMED])
            + (" …" if len(found) > _NAMED else ""),
            package=package,
        )
        for package, found in wanted.items()
    ]


def _fetch(url: str, *_: object, **__: object) -> dict[str, object]:
    """Refuse every address: a report holds all it needs."""
    raise ValueError(url)

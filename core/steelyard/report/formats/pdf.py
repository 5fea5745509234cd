"""A report on paper: the page of HTML, set by WeasyPrint."""

from __future__ import annotations

from steelyard.errors import UsageError, fault
from steelyard.report.formats.html import html
from steelyard.report.page import Page


def pdf(page: Page) -> bytes:
    """Return a report as PDF on A4; raises UsageError where a library of the system is missing."""
    try:
        from weasyprint import HTML
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
    made = HTML(string=html(page), url_fetcher=_fetch).write_pdf(
        pdf_identifier=page.key.encode(), pdf_tags=True
    )
    return bytes(made)


def _fetch(url: str, *_: object, **__: object) -> dict[str, object]:
    """Refuse every address: a report holds all it needs."""
    raise ValueError(url)

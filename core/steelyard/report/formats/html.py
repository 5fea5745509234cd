"""A report as one page of HTML that holds all it needs: it opens from a USB stick, and reads
without JavaScript too.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from steelyard.messages import translator
from steelyard.report.charts import svg
from steelyard.report.page import (
    Cell,
    Fact,
    Figure,
    Page,
    Span,
    Table,
    clean,
    paged,
    sentence,
    shown,
)
from steelyard.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_ISOLATED = re.compile("\N{FIRST STRONG ISOLATE}([^\u2068\u2069]*)\N{POP DIRECTIONAL ISOLATE}")


def html(page: Page) -> str:
    """Return a report as a page; it asks the network for nothing, and its only script is known by
    its digest.
    """
    from markupsafe import Markup

    say = translator(page.language)
    script, style = _template("page.js"), _template("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    words = {
        "skip": say("Skip to the report"),
        "contents": say("Contents"),
        "behind": say("The table behind it"),
        "filter": say("Only rows with"),
        "all": say("all"),
        "expand": say("Open all evidence"),
        "collapse": say("Close all evidence"),
        "shown": say("{shown} of {all} rows shown"),
        "made": say("Made by Steelyard {version}.").format(version=VERSION),
    }
    return _page_template().render(
        page=page,
        words=words,
        version=VERSION,
        style=Markup(style),  # noqa: S704  # our own files
        script=Markup(script),  # noqa: S704  # our own files
        script_hash=f"sha256-{digest}",
        shown=shown,
        clean=clean,
        told=_told,
        order=_order,
        runs=_runs,
        width=_width,
        drawn=_drawn,
        paged=paged,
        name=lambda block: type(block).__name__,
    )


@cache
def _page_template() -> Template:
    """Return the template of every page, compiled once."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_template("page.html"))


def _template(name: str) -> str:
    return files("steelyard.report.formats").joinpath("templates", name).read_text("utf-8")


def _told(fact: Fact) -> str:
    return shown(fact.value, fact.column)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield a sentence in pieces, and of each whether it is a user's and stands in its own
    direction.
    """
    for place, piece in enumerate(_ISOLATED.split(sentence(text))):
        if piece:
            yield clean(piece), place % 2 == 1


def _order(cell: Cell) -> Markup:
    """Return the attributes by which a cell is sorted: its number, or both ends of it."""
    from markupsafe import Markup

    match cell:
        case Span(low=low, high=high):
            return Markup(' data-value="{}" data-high="{}"').format(low, high)
        case int() | Decimal():
            return Markup(' data-value="{}"').format(cell)
        case datetime.date():
            return Markup(' data-value="{}"').format(cell.toordinal())
    return Markup("")


def _width(table: Table, place: int) -> float:
    """Return a column's share of the page in percent."""
    return round(100 * table.columns[place].width / sum(one.width for one in table.columns), 2)


def _drawn(figure: Figure) -> Markup:
    """Return a figure's drawing, hidden from readers of the screen: its title, its sentence and its
    table say the same.
    """
    from markupsafe import Markup

    return Markup(  # noqa: S704  # escaped by Vega
        svg(figure.chart, figure.id).replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    )

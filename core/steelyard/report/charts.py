"""Charts by Vega-Lite, drawn offline: they must read in black and white, and to those who do not
see all colours.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib import import_module
from typing import Any

from steelyard.report.comparison.plots import heat, size, slopes, strips, whiskers
from steelyard.report.page import (
    Bar,
    Bars,
    Chart,
    Heat,
    Slopes,
    Strips,
    Whiskers,
    in_line,
    number_in,
)

WIDTH = 640
_LOW_ROW, _ROW, _LINE = 30, 24, 16
# Dark and light of one hue differ in any print; the outline keeps the light one from fading into
# the paper.
_SURE, _OPEN, _EDGE, _MARK = "#0b4f7d", "#cfe3f1", "#0b4f7d", "#8a1c00"
_FACE = (
    "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, WenQuanYi Micro "
    "Hei, Noto Sans, Arial, sans-serif"
)
_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')
_OUTSIDE = re.compile(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"')


def svg(chart: Chart, name: str) -> str:
    """Return a chart as an SVG element for a page; `name` keeps its ids apart from those of other
    charts.
    """
    # Inside a page the element needs no namespaces, and so the page holds no address at all.
    head, _, body = _drawn(chart).partition(">")
    return _numbered(_OUTSIDE.sub("", head) + ">" + body, name)


def svg_file(chart: Chart) -> str:
    """Return a chart as an SVG file of its own."""
    return _numbered(_drawn(chart), "chart") + "\n"


def _drawn(chart: Chart) -> str:
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(json.dumps(spec(chart))))
    return drawn[drawn.index("<svg") :]


def _numbered(whole: str, name: str) -> str:
    # The library numbers what it draws through, and so the same chart would differ from run to run.
    numbers = {
        one: f"{name}-{number}" for number, one in enumerate(dict.fromkeys(_ID.findall(whole)))
    }
    return _REFERENCE.sub(lambda found: found[1] + numbers.get(found[2], found[2]), whole)


def png(chart: Chart) -> bytes:
    """Return a chart as a picture of twice the size, sharp in print."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(json.dumps(spec(chart)), scale=2))


def spec(chart: Chart) -> dict[str, Any]:
    """Return a chart as a Vega-Lite specification."""
    match chart:
        case Bars():
            drawn = _bars(chart)
        case Heat():
            drawn = heat(chart)
        case Whiskers():
            drawn = whiskers(chart)
        case Strips():
            drawn = strips(chart)
        case Slopes():
            drawn = slopes(chart)
    config: dict[str, Any] = {
        "font": _FACE,
        "background": "white",
        "view": {"stroke": None},
        "axis": {
            "labelFontSize": 12,
            "titleFontSize": 12,
            "labelColor": "#222",
            "titleColor": "#222",
            "titleFontWeight": "normal",
        },
        "legend": {"labelFontSize": 12, "labelColor": "#222"},
    }
    return dict(drawn.to_dict(validate=False)) | {"config": config}


def _altair() -> Any:
    """Return the library, untyped: its types name every colour there is, and refuse what they do
    not foresee.
    """
    return import_module("altair")


def _bars(chart: Bars) -> Any:
    """Draw what is sure dark, what is open light beside it, the numbers at the end and the marks
    across.
    """
    alt = _altair()

    full = float(chart.full) or 1.0
    rows = [_row(number, bar, chart) for number, bar in enumerate(chart.bars)]
    parts = [
        {"row": row["row"], "part": word, "from": ends[0], "to": ends[1]}
        for row in rows
        for word, ends in zip(
            chart.words, ((0.0, row["low"]), (row["low"], row["high"])), strict=True
        )
        if ends[1] > ends[0]
    ]
    y = alt.Y(
        "row:N",
        sort=[row["row"] for row in rows],
        axis=None,
        scale=alt.Scale(paddingInner=0.35, paddingOuter=0.3),
    )
    scale = alt.Scale(domain=[0, full], nice=False)
    numbers = alt.Axis(
        title=chart.title,
        format=".0%" if chart.kind == "percent" else "~f",
        grid=True,
        gridColor="#ddd",
        tickCount=6,
    )
    color = alt.Color(
        "part:N",
        scale=alt.Scale(domain=list(chart.words), range=[_SURE, _OPEN]),
        legend=alt.Legend(
            title=None,
            orient="bottom",
            direction="horizontal",
            symbolType="square",
            symbolStrokeColor=_EDGE,
            symbolStrokeWidth=1,
        ),
    )
    solid = (
        alt.Chart(
            alt.Data(values=parts or [{"row": "0", "part": chart.words[0], "from": 0, "to": 0}])
        )
        .mark_bar(stroke=_EDGE, strokeWidth=1)
        .encode(y=y, x=alt.X("from:Q", scale=scale, axis=numbers), x2="to:Q", color=color)
    )
    ends = alt.Chart(alt.Data(values=rows)).encode(
        y=y, x=alt.X("high:Q", scale=scale, axis=numbers), text="text:N"
    )
    written = {"align": "left", "dx": 6, "fontSize": 12}
    halo, text = (
        ends.mark_text(**written, color="white", stroke="white", strokeWidth=4),
        ends.mark_text(**written, color="#111"),
    )
    layers = [solid, *_marks(chart, scale), halo, text, *_names(rows, y)]
    tallest = max((len(row["lines"]) for row in rows), default=1)
    tall = _ROW + _LINE * (tallest - 1) if tallest > 1 else _LOW_ROW
    height = max(tall * len(rows), 46)
    return alt.layer(*layers).properties(
        width=_room(rows), height=height, padding={"left": 4, "right": 10, "top": 4, "bottom": 4}
    )


def _names(rows: list[dict[str, Any]], y: Any) -> list[Any]:
    """Draw the names of the rows: an axis would cut long ones, or set their second lines into the
    next row.
    """
    alt = _altair()

    drawn = []
    for lines in sorted({len(row["lines"]) for row in rows}):
        some = [row for row in rows if len(row["lines"]) == lines]
        up = -_LINE * (lines - 1) // 2
        names = alt.Chart(alt.Data(values=some)).mark_text(
            align="right", dx=-8, dy=up, fontSize=12, lineHeight=_LINE, color="#222"
        )
        drawn.append(names.encode(y=y, x=alt.value(0), text="lines:N"))
    return drawn


def _marks(chart: Bars, scale: Any) -> list[Any]:
    """Draw the cut-offs as dashed lines with their names above, on two levels where there are
    several.
    """
    alt = _altair()

    if not chart.marks:
        return []
    levels = 1 if len(chart.marks) < 3 else 2
    drawn = []
    for level in range(levels):
        marks = [mark for place, mark in enumerate(chart.marks) if place % levels == level]
        data = alt.Data(
            values=[
                {"at": float(mark.at), "label": f"{mark.label} {_number(mark.at, chart)}"}
                for mark in marks
            ]
        )
        x = alt.X("at:Q", scale=scale)
        base = alt.Chart(data).encode(x=x)
        # The white line below keeps the dashes in sight where they cross a dark bar.
        drawn += [
            base.mark_rule(color="white", strokeWidth=4),
            base.mark_rule(color=_MARK, strokeDash=[5, 3], strokeWidth=1.5),
            base.mark_text(
                align="center", baseline="bottom", dy=-3, fontSize=11, color=_MARK
            ).encode(text="label:N", y=alt.value(-15 * level)),
        ]
    return drawn


def _row(number: int, bar: Bar, chart: Bars) -> dict[str, Any]:
    ends = [_number(end, chart) for end in (bar.low, bar.high)]
    return {
        "row": str(number),
        "lines": wrapped(bar.label, *chart.label),
        "low": float(bar.low),
        "high": float(bar.high),
        "text": ends[0] if bar.low == bar.high else f"{ends[0]}–{ends[1]}",
    }


def _number(value: Decimal, chart: Bars) -> str:
    return number_in(value, chart.kind, chart.places)


def _room(rows: list[dict[str, Any]]) -> int:
    """Return the width that names and numbers beside the bars leave."""
    names = max((size(line) for row in rows for line in row["lines"]), default=0)
    texts = max((size(row["text"]) for row in rows), default=0)
    return max(int(WIDTH - 6.4 * names - 6.6 * texts - 40), 200)


def wrapped(text: str, most: int = 2, room: int = 30) -> list[str]:
    """Return a name as at most so many lines that fit beside a chart; Chinese signs are two
    wide.
    """
    lines, line = [], ""
    words = re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", in_line(text, 400))
    for word in words:
        while size(word) > room:
            lines.append(line + word[: room - size(line)])
            line, word = "", word[room - size(line) :]  # noqa: PLW2901  # the rest of a word too long for a line
        if size(line + word.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += word
    lines.append(line.rstrip())
    if len(lines) > most:
        cut = lines[most - 1]
        return [*lines[: most - 1], cut[: max(len(cut) - 1, 1)] + "…"]
    return lines

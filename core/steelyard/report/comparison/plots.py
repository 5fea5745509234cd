"""The charts of a comparison: heat map, whiskers, strips with boxes, slopes."""

from __future__ import annotations

import math
from decimal import Decimal
from importlib import import_module
from typing import Any

from steelyard.report.page import Heat, Slope, Slopes, Span, Strips, Whiskers, in_line, number_in

# Forty rows fit on a page of A4 beside their caption, when they stand closer.
_ROW, _CLOSE_ROW, _MANY = 22, 17, 26
_DARK, _LIGHT, _INK, _MARK = "#0b4f7d", "#cfe3f1", "#222222", "#8a1c00"
# One hue from light to dark, so that a print in black and white keeps the order; written on in
# black, then in white.
_SHADES = ("#f2f7fb", "#cfe3f1", "#9cc5e0", "#5f9fc9", "#2a74a6", "#0b4f7d")
_WHITE_FROM = 0.55
_APART = 15
_LONGEST = 34
_WIDE_FROM = 0x2E7F


def heat(chart: Heat) -> Any:
    """Draw shares as shades, each with its number in per cent; what cannot be compared stays blank,
    with a dash.
    """
    alt = _altair()
    cells = [
        {
            "row": str(row),
            "column": name,
            "share": None if one is None else float((one.low + one.high) / 2),
            "text": _shares(one),
        }
        for row, values in enumerate(chart.values)
        for name, one in zip(chart.columns, values, strict=True)
    ]
    labels = alt.Data(
        values=[{"row": str(place), "text": _short(name)} for place, name in enumerate(chart.rows)]
    )
    y = alt.Y(
        "row:N",
        sort=[str(place) for place in range(len(chart.rows))],
        axis=None,
        scale=alt.Scale(padding=0.04),
    )
    x = alt.X(
        "column:N",
        sort=list(chart.columns),
        axis=alt.Axis(title=None, orient="top", labelAngle=-40, ticks=False, domain=False),
        scale=alt.Scale(padding=0.03),
    )
    base = alt.Chart(alt.Data(values=cells)).encode(x=x, y=y)
    shades = alt.Scale(domain=[0, 1], range=list(_SHADES))
    # Squares, since what sets pages for print draws no gradient.
    legend = alt.Legend(
        title=chart.title,
        orient="bottom",
        direction="horizontal",
        format=".0%",
        type="symbol",
        symbolType="square",
        symbolSize=160,
        symbolStrokeColor=_DARK,
        symbolStrokeWidth=1,
        values=[0, 0.2, 0.4, 0.6, 0.8, 1],
        titleLimit=400,
    )
    tiles = base.mark_rect(stroke="#ffffff").encode(
        color=alt.Color("share:Q", scale=shades, legend=legend)
    )
    blank = base.transform_filter("datum.share === null").mark_rect(
        fill="#ffffff", stroke="#bbbbbb", strokeDash=[2, 2]
    )
    ink = alt.condition(
        f"datum.share !== null && datum.share >= {_WHITE_FROM}", alt.value("white"), alt.value(_INK)
    )
    texts = base.mark_text(fontSize=9).encode(text="text:N", color=ink)
    names = (
        alt.Chart(labels)
        .mark_text(align="right", dx=-6, fontSize=11, color=_INK)
        .encode(y=y, x=alt.value(0), text="text:N")
    )
    return alt.layer(tiles, blank, texts, names).properties(
        width=36 * len(chart.columns), height=_height(len(chart.rows))
    )


def whiskers(chart: Whiskers) -> Any:
    """Draw a mark for each value and a line over where it may lie, first things first."""
    alt = _altair()
    rows: list[dict[str, Any]] = [
        {
            "row": str(place),
            "name": _short(one.label),
            "low": float(one.low),
            "at": float(one.at),
            "high": float(one.high),
        }
        for place, one in enumerate(chart.rows)
    ]
    text = {place: f"{one.at} ({one.low}–{one.high})" for place, one in enumerate(chart.rows)}
    for place, row in enumerate(rows):
        row["text"] = text[place]
    most = max((row["high"] for row in rows), default=1.0)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("row:N", sort=[str(place) for place in range(len(rows))], axis=None)
    )
    scale = alt.Scale(domain=[min(0.5, most), most + 0.5], nice=False)
    axis = alt.Axis(title=chart.title, format="d", tickMinStep=1, grid=True, gridColor="#dddddd")
    line = base.mark_rule(strokeWidth=2, color=_DARK).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    ends = [
        base.mark_tick(thickness=2, size=10, color=_DARK).encode(x=alt.X(f"{end}:Q", scale=scale))
        for end in ("low", "high")
    ]
    mark = base.mark_point(
        shape="diamond", size=70, filled=True, fill="white", stroke=_MARK, strokeWidth=2, opacity=1
    )
    written = base.mark_text(align="left", fontSize=10, color=_INK).encode(
        x=alt.value(455), text="text:N"
    )
    names = base.mark_text(align="right", dx=-6, fontSize=11, color=_INK).encode(
        x=alt.value(0), text="name:N"
    )
    layers = [line, *ends, mark.encode(x=alt.X("at:Q", scale=scale)), written, names]
    return alt.layer(*layers).properties(width=445, height=max(_height(len(rows)), 44))


def strips(chart: Strips) -> Any:
    """Draw every value of a group as a ring, over a box from the first quarter to the third with
    the median as a line.
    """
    alt = _altair()
    rows = [
        {"row": str(place), "share": float(value)}
        for place, one in enumerate(chart.rows)
        for value in one.values
    ]
    labels = [
        {"row": str(place), "name": f"{_short(one.label)} ({len(one.values)})"}
        for place, one in enumerate(chart.rows)
    ]
    y = alt.Y("row:N", sort=[str(place) for place in range(len(chart.rows))], axis=None)
    axis = alt.Axis(title=chart.title, format=".0%", grid=True, gridColor="#dddddd", tickCount=6)
    x = alt.X(
        "share:Q",
        scale=alt.Scale(
            domain=_reach([float(value) for one in chart.rows for value in one.values]), nice=False
        ),
        axis=axis,
    )
    base = alt.Chart(alt.Data(values=rows))
    box = base.mark_boxplot(
        extent="min-max",
        size=14,
        box={"fill": _LIGHT, "stroke": _DARK},
        median={"stroke": _DARK, "strokeWidth": 3},
        rule={"stroke": _DARK},
    ).encode(x=x, y=y)
    points = base.mark_point(size=18, color=_MARK, opacity=0.7, strokeWidth=1).encode(x=x, y=y)
    names = alt.Chart(alt.Data(values=labels)).mark_text(
        align="right", dx=-6, fontSize=11, color=_INK
    )
    return alt.layer(box, points, names.encode(y=y, x=alt.value(0), text="name:N")).properties(
        width=460,
        height=max(30 * len(chart.rows) if len(chart.rows) <= 12 else _height(len(chart.rows)), 46),
    )


def slopes(chart: Slopes) -> Any:
    """Draw a line from before to after: whole where it went up, dashed where it went down, with its
    name at its end.
    """
    alt = _altair()
    ends = [float(value) for one in chart.rows for value in (one.before, one.after)] or [0.0, 1.0]
    low, high = max(min(ends) - 0.03, 0.0), min(max(ends) + 0.03, 1.0)
    height = max(_APART * len(chart.rows) + 40, 240)
    places = _spread(chart.rows, low, high, height)
    rows, names = [], []
    for number, (one, place) in enumerate(zip(chart.rows, places, strict=True)):
        way = chart.words[0 if one.after >= one.before else 1]
        rows += [
            {"unit": str(number), "when": when, "share": float(value), "way": way}
            for when, value in ((chart.before, one.before), (chart.after, one.after))
        ]
        told = f"{_short(one.label)}  {_whole(one.before)} → {_whole(one.after)}"
        names.append({"text": told, "y": place, "from": _at(float(one.after), low, high, height)})
    x = alt.X(
        "when:N",
        sort=[chart.before, chart.after],
        axis=alt.Axis(title=None, labelAngle=0, orient="top"),
        scale=alt.Scale(padding=0.02),
    )
    axis = alt.Axis(title=None, format=".0%", grid=True, gridColor="#eeeeee")
    y = alt.Y("share:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=axis)
    dash = alt.StrokeDash(
        "way:N",
        scale=alt.Scale(domain=list(chart.words), range=[[1, 0], [5, 4]]),
        legend=alt.Legend(
            title=None, orient="bottom", symbolType="stroke", symbolSize=400, symbolStrokeWidth=2
        ),
    )
    color = alt.Color(
        "way:N",
        scale=alt.Scale(domain=list(chart.words), range=[_DARK, _MARK]),
        legend=alt.Legend(title=None, orient="bottom", symbolType="stroke"),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y, detail="unit:N", color=color)
    lines = base.mark_line(strokeWidth=2).encode(strokeDash=dash)
    dots = base.mark_point(filled=True, size=35)
    said = alt.Chart(alt.Data(values=names)).mark_text(align="left", fontSize=10, color=_INK)
    text = said.encode(x=alt.value(300), y=alt.Y("y:Q", scale=None, axis=None), text="text:N")
    leads = alt.Chart(alt.Data(values=names)).mark_rule(color="#999999", strokeWidth=0.7)
    lead = leads.encode(
        x=alt.value(277), x2=alt.value(297), y=alt.Y("from:Q", scale=None, axis=None), y2="y:Q"
    )
    return (
        alt.layer(alt.layer(lines, dots), alt.layer(lead, text))
        .resolve_scale(y="independent")
        .properties(width=280, height=height)
    )


def _reach(values: list[float]) -> list[float]:
    """Return the stretch of shares that values take up, in whole tenths: what lies close together
    is told apart.
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    return [max(math.floor(low * 10 - 0.1), 0) / 10, min(math.ceil(high * 10 + 0.1), 10) / 10]


def _spread(rows: tuple[Slope, ...], low: float, high: float, height: float) -> list[float]:
    """Return where the names stand, in points from above: beside their values, but never one over
    another.
    """
    wanted = sorted(
        (_at(float(one.after), low, high, height), place) for place, one in enumerate(rows)
    )
    found = [0.0] * len(rows)
    least = 6.0
    for want, place in wanted:
        found[place] = max(want, least)
        least = found[place] + _APART
    most = height - 2.0
    for _, place in reversed(wanted):
        found[place] = min(found[place], most)
        most = found[place] - _APART
    return found


def _at(share: float, low: float, high: float, height: float) -> float:
    return height * (1 - (share - low) / ((high - low) or 1))


def _height(rows: int) -> int:
    return rows * (_ROW if rows <= _MANY else _CLOSE_ROW)


def _short(name: str) -> str:
    """Return a name that fits beside a chart; names differ at their beginnings, ids at their ends,
    so the middle goes.
    """
    line = in_line(name, 400)
    if size(line) <= _LONGEST:
        return line
    head, tail = _fitting(line, _LONGEST // 2), _fitting(line[::-1], _LONGEST // 2 - 1)[::-1]
    return f"{head}…{tail}"


def _fitting(text: str, most: int) -> str:
    """Return the beginning of a text that is at most so wide."""
    taken = 0
    for place, sign in enumerate(text):
        taken += size(sign)
        if taken > most:
            return text[:place]
    return text


def size(text: str) -> int:
    """Return how wide a text is set, in Latin signs; Chinese ones are two wide."""
    return sum(2 if ord(sign) > _WIDE_FROM else 1 for sign in text)


def _shares(one: Span | None) -> str:
    if one is None:
        return "–"
    ends = [_whole(end).rstrip("%") for end in one]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def _whole(share: Decimal) -> str:
    return number_in(share, "percent", 0)


def _altair() -> Any:
    return import_module("altair")

"""The pages that people read, taken apart: their fenced examples and their tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
WALK = ROOT / "docs" / "write-a-plugin.md"
"""The page whose commands are run in an environment of their own."""
PAGES: tuple[Path, ...] = (
    ROOT / "README.md",
    ROOT / "README.zh.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
_FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`([\w./-]+\.(?:yaml|csv|py))`")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


class Fence(NamedTuple):
    """A fenced block: its language, its text, and the file that the paragraph before it names."""

    language: str
    body: str
    file: str


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks of a page in its order."""
    found = []
    for one in _FENCE.finditer(text):
        paragraph = text[: one.start()].rstrip("\n").rpartition("\n\n")[2]
        named = _NAMED.findall(paragraph)
        found.append(Fence(one["language"], one["body"], named[-1] if named else ""))
    return found


def tables(text: str) -> dict[str, list[list[list[str]]]]:
    """Return the tables under each heading of a page: rows of cells, the heading row first, the
    ruled one left out.
    """
    found: dict[str, list[list[list[str]]]] = {}
    heading, open_ = "", False
    for line in _FENCE.sub("", text).splitlines():
        title = _HEADING.fullmatch(line)
        heading = title[1] if title else heading
        if not line.startswith("|"):
            open_ = False
            continue
        if not open_:
            found.setdefault(heading, []).append([])
        open_ = True
        if not line.startswith("|---"):
            found[heading][-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def code(cell: str) -> list[str]:
    """Return what stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)

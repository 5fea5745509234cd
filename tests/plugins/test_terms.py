"""One English term for each Chinese one (docs/terms.md), in every book at its second version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pages import ROOT

from steelyard.book.library import Library
from steelyard.plugins.installed import load_plugins

PAGE = (ROOT / "docs" / "terms.md").read_text("utf-8")
BOOKS = sorted(
    source.key
    for source in load_plugins(strict=True).sources
    if int(source.version.partition(".")[0]) >= 2
)


def table(heading: str) -> dict[str, tuple[str, ...]]:
    """Return the first column of a table of the page with the choices of its second."""
    _, _, rest = PAGE.partition(f"| {heading} |")
    rows: dict[str, tuple[str, ...]] = {}
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0]] = tuple(one.strip().lower() for one in cells[1].split(";"))
    return rows


TERMS, NOT_WRITTEN = table("中文"), table("not")


def texts(part: Any, *, notes: bool, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a resolved book in both languages: titles, and notes where wanted."""
    if isinstance(part, dict):
        if set(part) == {"zh", "en"}:
            if notes or key != "notes":
                yield part["zh"], part["en"]
            return
        for name, inner in part.items():
            yield from texts(inner, notes=notes, key=name)
    elif isinstance(part, list):
        for inner in part:
            yield from texts(inner, notes=notes, key=key)


def terms_in(chinese: str) -> set[str]:
    """Return the terms of a Chinese title, the longest where one holds another."""
    for term in sorted(TERMS, key=len, reverse=True):
        if term in chinese:
            return {term} | terms_in(chinese.replace(term, " "))
    return set()


def test_a_longer_term_counts_for_those_within_it() -> None:
    assert terms_in("投诉举报按期办结") == {"投诉举报", "按期办结"}
    assert terms_in("举报调查") == {"举报"}


@pytest.mark.parametrize("key", BOOKS)
def test_titles_use_the_terms(library: Library, key: str) -> None:
    wrong = [
        (term, chinese, english)
        for chinese, english in texts(library.find(key).document, notes=False)
        for term in sorted(terms_in(chinese))
        if not any(one in english.lower() for one in TERMS[term])
    ]
    assert not wrong


@pytest.mark.parametrize("key", BOOKS)
def test_nothing_says_what_is_not_written(library: Library, key: str) -> None:
    assert not [
        (word, english)
        for _, english in texts(library.find(key).document, notes=True)
        for word in NOT_WRITTEN
        if word in english.lower()
    ]

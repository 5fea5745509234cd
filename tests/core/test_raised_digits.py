"""A numeral that is no digit beside digits is no part of their number: not in a book, not in an
option.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from steelyard.book.reading.load import parse_book
from steelyard.comparison.shares import share_in
from steelyard.errors import BookError, Fault
from steelyard.folding import folded

BOOK = """
book: test/drawn
version: 1.0.0
sector: test
points: 10
facts: {{{name}: {{type: integer, min: 0, max: 100}}}}
parameters: {{p: {{values: {{2000-01-01: "{parameter}"}}}}}}
sections: [{{id: all, points: 10}}]
rules: [{{id: many, section: all, requires: "{reads} >= {bound}", points: 10}}]
grades: [{{id: good, at_least: "{grade}"}}, {{id: any, at_least: 0}}]
"""
PLAIN = {"name": "v", "reads": "v", "parameter": "3", "bound": "9", "grade": "9"}


def book(**said: str) -> str:
    return BOOK.format(**{**PLAIN, **said})


@pytest.mark.parametrize("drawn", ["9²", "9₂", "9⑤", "①", "9½", "⑼", "⒐", "9٣", "㊿", "9🄁"])
@pytest.mark.parametrize("key", ["parameter", "bound", "grade"])
def test_a_figure_of_a_book_has_digits_alone(key: str, drawn: str) -> None:
    with pytest.raises(BookError) as refused:
        parse_book(book(**{key: drawn}), "book")
    assert drawn in str(refused.value)


@pytest.mark.parametrize(("wide", "narrow"), [("９", "9"), ("1０", "10")])
def test_a_figure_in_wide_digits_is_that_figure(wide: str, narrow: str) -> None:
    found = parse_book(book(bound=wide, grade=narrow), "book")
    same = parse_book(book(bound=narrow, grade=narrow), "book")
    assert found.rules["many"].lowered == same.rules["many"].lowered


@pytest.mark.parametrize("name", ["m²", "v①", "v½"])
def test_a_name_has_letters_and_digits_alone(name: str) -> None:
    with pytest.raises(BookError):
        parse_book(book(name=name, reads=name), "book")
    with pytest.raises(BookError, match="cannot stand in an expression"):
        parse_book(book(reads=name), "book")


def test_a_name_in_another_drawing_is_that_name() -> None:
    assert parse_book(book(name="ｖ", reads="𝐯"), "book").facts.keys() == {"v"}


@pytest.mark.parametrize("text", ["0.9²", "9⑤%", "½", "٦٠%", "0.٦", "①", "²%"])
def test_a_share_has_digits_alone(text: str) -> None:
    assert isinstance(share_in(text, 4, "place"), Fault)


@pytest.mark.parametrize("text", ["60%", "６０％", "0.6", "０．６", " 60 % "])
def test_a_share_in_any_width_is_that_share(text: str) -> None:
    assert share_in(text, 4, "place") == Decimal("0.6")


def test_whole_words_are_folded_as_unicode_composes_them() -> None:
    # A letter and the accent that follows it are one sign, also where a raised digit stands beside.
    assert folded("e\u0301²") == "é²"
    assert folded("ﾊﾟ①") == "パ①"

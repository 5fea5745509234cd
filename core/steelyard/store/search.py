"""Looking for words in what is saved, so that Chinese text of any length is found, a single
character included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from steelyard.book.terms import OUTCOME_TITLES
from steelyard.case.unit import Unit

_CHINESE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
# What may be a mark that stands over a letter; Unicode has more kinds of them than are named here
# one by one.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u302a-\u302d\u3099\u309a"
    "\ua66f-\uabff\ufb1e\ufe00-\ufe2f\U00010000-\U0001ffff\U000e0100-\U000e01ef]"
)
_WORD = re.compile(r"[^\W_]+")
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_MOST_TERMS = 8
_MOST_REMEMBERED = 200_000

Document = Mapping[str, Any]
_Words = tuple[str, str]


def words_of(text: str) -> str:
    """Return the words of a text between blanks, each Chinese character a word of its own; case,
    width and accents are gone.
    """
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text)).lower()
    if _ACCENT.search(plain):
        plain = "".join(one for one in plain if unicodedata.category(one) != "Mn")
    return f" {' '.join(_WORD.findall(_CHINESE.sub(_apart, plain)))} "


class Search:
    """What is looked for: words, or texts in quotation marks, at most 8; each is to be found as it
    stands.

    What has neither letter nor figure is left out; where nothing else is asked, nothing is found.
    """

    def __init__(self, text: str) -> None:
        """Read what a user wrote."""
        terms = (quoted or bare for quoted, bare in _TERM.findall(text))
        phrases = dict.fromkeys(words_of(term) for term in terms)
        self.phrases = [one for one in phrases if one.strip()][:_MOST_TERMS]
        self._titles: dict[str, _Titles] = {}
        self._held: dict[str, frozenset[str]] = {}

    def finds(self, assessment: Document, digest: str, book: Callable[[str], Document]) -> bool:
        """Whether every phrase is in the name or id of the subject or in the id of its whole or,
        together with the others that are not, in one finding or consequence; `book` finds a
        document by its digest.
        """
        if not self.phrases:
            return False
        subject = assessment["subject"]
        named = self._in(f"{Unit.of(subject)} {subject.get('name') or ''}")
        rest = {one for one in self.phrases if one not in named}
        if not rest:
            return True
        if digest not in self._titles:
            self._titles[digest] = _Titles(book(digest))
        texts = self._titles[digest].texts(assessment)
        return any(rest <= self._in(text) for text in texts)

    def _in(self, text: str) -> frozenset[str]:
        found = self._held.get(text)
        if found is None:
            words = words_of(text)
            # Most reasons are those of many units.
            if len(self._held) >= _MOST_REMEMBERED:
                self._held.clear()
            found = self._held[text] = frozenset(one for one in self.phrases if one in words)
        return found


class _Titles:
    """The titles of a book, which stand before the reasons of its rules and measures."""

    def __init__(self, book: Document) -> None:
        rules = book.get("rules")
        self._rules = {
            one["id"]: _title(one)
            for one in (rules if isinstance(rules, list) else ())
            if isinstance(one, Mapping) and "id" in one
        }
        measures = book.get("measures")
        self._measures = (
            {key: _title(value) for key, value in measures.items()}
            if isinstance(measures, Mapping)
            else {}
        )

    def texts(self, assessment: Document) -> Iterator[str]:
        """Yield every finding with its title and outcome, every consequence with its measures, in
        Chinese and English.
        """
        for one in assessment["findings"]:
            rule, outcome, because = one["rule"], one["outcome"], one["because"]
            zh, en = self._rules.get(rule) or (rule, rule)
            told = OUTCOME_TITLES[outcome].zh if outcome in OUTCOME_TITLES else outcome
            yield (
                f"{zh}：{told}。{because['zh']} {en}: {outcome.replace('_', ' ')}. {because['en']}"
            )
        for one in assessment["consequences"]:
            because = one["because"]
            bundles = [
                [self._measures.get(name) or (name, name) for name in bundle]
                for bundle in one["options"]
            ]
            zh = "或".join("、".join(title[0] for title in bundle) for bundle in bundles)
            en = " or ".join(", ".join(title[1] for title in bundle) for bundle in bundles)
            yield f"{zh}。{because['zh']} {en}. {because['en']}"


def _title(value: object) -> _Words | None:
    title = value.get("title") if isinstance(value, Mapping) else None
    if isinstance(title, Mapping):
        return str(title.get("zh") or ""), str(title.get("en") or "")
    return None if title is None else (str(title), str(title))


def _apart(run: re.Match[str]) -> str:
    return f" {' '.join(run.group())} "

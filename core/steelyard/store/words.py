"""Words for the full-text index, by which Chinese text of any length is found, a single character
included.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable

_CHINESE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_MOST_TERMS = 8
_SAID = (
    "number IN (SELECT assessment FROM findings WHERE text IN (SELECT rowid FROM words "
    "WHERE words MATCH ?)"
    " UNION SELECT assessment FROM consequences WHERE text IN (SELECT rowid FROM words "
    "WHERE words MATCH ?))"
)


def spaced(text: str) -> str:
    """Return the text with each Chinese character standing alone, as the index holds it."""
    return _CHINESE.sub(_apart, unicodedata.normalize("NFKC", text))


def phrases(text: str) -> list[str]:
    """Return what a user looks for as phrases of the index: one for each word or text in quotation
    marks, at most 8.

    What has neither letter nor figure is left out, since the index does not hold it.
    """
    terms = (quoted or bare for quoted, bare in _TERM.findall(unicodedata.normalize("NFKC", text)))
    wanted = [term for term in dict.fromkeys(terms) if any(letter.isalnum() for letter in term)]
    return [
        '"' + spaced(term).replace('"', " ").replace("\0", " ").strip() + '"'
        for term in wanted[:_MOST_TERMS]
    ]


def condition(search: str, is_named: Callable[[str], bool]) -> tuple[str, list[str]]:
    """Return the SQL condition, and its values, under which an assessment has what is looked for.

    `is_named` tells whether some subject bears a phrase. Any such phrase may mean the subject; the
    others must then stand together in the text of one finding or consequence.
    """
    terms = phrases(search)
    if not terms:
        return "0", []
    named = [term for term in terms if is_named(term)]
    choices: list[str] = []
    values: list[str] = []
    for chosen in itertools.chain.from_iterable(
        itertools.combinations(named, size) for size in range(len(named) + 1)
    ):
        rest = [term for term in terms if term not in chosen]
        parts = []
        if chosen:
            parts.append("subject_text IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append(" AND ".join(f"subject: {term}" for term in chosen))
        if rest:
            parts.append(_SAID)
            values += [" AND ".join(f"said: {term}" for term in rest)] * 2
        choices.append(f"({' AND '.join(parts)})")
    return f"({' OR '.join(choices)})", values


def _apart(run: re.Match[str]) -> str:
    return f" {' '.join(run.group())} "

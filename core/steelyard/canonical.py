"""The one text of a document, and the digest by which everybody knows it: a case, a book, what a
store keeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value))


# Documents are trees: that none holds itself need not be asked at each of their nodes.
_CANONICAL = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    sort_keys=True,
    separators=(",", ":"),
    default=_plain,
)


def canonical(document: object) -> str:
    """Return plain data as JSON without blanks, keys in the order of their characters."""
    return _CANONICAL.encode(document)


def known_by(text: str) -> str:
    """Return the digest of a canonical text, by which its case or its book is known."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

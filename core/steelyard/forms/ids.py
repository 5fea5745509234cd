"""How ids are written, as patterns."""

from __future__ import annotations

KEBAB = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
WORD = r"^[^\W\d]\w*$"
TICKABLE = r"^[^\W\d][\w-]*$"
UNBROKEN = r"^\S+$"
BOOK_ID = r"^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*$"
VERSION = r"^[0-9]+(\.[0-9]+){0,3}$"
REFERENCE = r"^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*(@[0-9.]+)?$"

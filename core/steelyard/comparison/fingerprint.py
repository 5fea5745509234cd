"""The fingerprint of a result: one digest over all its numbers and texts, the same on every
machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from steelyard.errors import Plural

SINCE = "since"


def fingerprint(value: object) -> str:
    """Return the SHA-256 of a value made of texts, numbers, columns, and tuples, lists, mappings
    and dataclasses of them.

    A column that came later, whose field tells by SINCE what was always so before, is left out
    where it says nothing else: so what was made before it came still has the same fingerprint.
    """
    digest = hashlib.sha256()
    _take(value, digest.update)
    return digest.hexdigest()


def _tells(column: Any, always: object) -> bool:
    """Whether a column says anything but what was always so before it came."""
    import numpy as np

    return bool((np.asarray(column) != always).any())


def _take(value: Any, update: Any) -> None:
    import numpy as np

    if isinstance(value, np.ndarray):
        update(f"array {value.shape} ".encode())
        update(np.ascontiguousarray(value, dtype="<i8").tobytes())
    elif dataclasses.is_dataclass(value):
        update(f"{type(value).__name__}(".encode())
        for one in dataclasses.fields(value):
            part = getattr(value, one.name)
            if SINCE not in one.metadata or _tells(part, one.metadata[SINCE]):
                _take(part, update)
        update(b")")
    elif isinstance(value, Mapping):
        update(f"mapping {len(value)} ".encode())
        for key, one in value.items():
            _take(key, update)
            _take(one, update)
    elif isinstance(value, (list, tuple)):
        update(f"list {len(value)} ".encode())
        if value and all(type(one) is str for one in value):
            # A column of texts at once, each with its length, since a text may hold anything.
            update("".join(f"{len(one)}:{one}" for one in value).encode("utf-8", "surrogatepass"))
        else:
            for one in value:
                _take(one, update)
    else:
        said = str(value)
        # A message that counts was a plain text when comparisons were first kept.
        kind = "str" if isinstance(value, Plural) else type(value).__name__
        update(f"{kind} {len(said)}:{said}".encode("utf-8", "surrogatepass"))

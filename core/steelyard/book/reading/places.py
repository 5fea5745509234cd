"""Where in a book's file a thing stands: file:line and the field, in the book's own words."""

from __future__ import annotations

from typing import Any

from steelyard.located_yaml import Items, Table, key_place, place_of


class Places:
    """Finds file:line and the field for a path such as ("rules", "training", "requires")."""

    def __init__(self, raw: Table, name: str) -> None:
        self.raw = raw
        self.name = name

    def __call__(self, *path: str | int) -> str:
        """Return the place of a path, as far as it is written."""
        at, words = locate(self.raw, path, self.name)
        return f"{at}: {words}" if words else at


def locate(raw: object, path: tuple[str | int, ...], name: str) -> tuple[str, str]:
    """Return the nearest known file:line of a path and the path in the book's own words."""
    at, words, value = place_of(raw, name), "", raw
    for step in path:
        if isinstance(value, Table):
            at = key_place(value, str(step), at)
            inner: Any = value.get(str(step))
            if str(step) not in value and step in {"values", "type"}:
                continue
            words += f".{step}" if words else str(step)
        elif isinstance(value, Items):
            inner, label = _element(value, step)
            words += label
        else:
            if isinstance(step, str) and value is None:
                words += f".{step}" if words else step
            continue
        value = inner
        at = place_of(value, at)
    return at, words


def _element(items: Items, step: str | int) -> tuple[Any, str]:
    if isinstance(step, int):
        inner = items[step] if step < len(items) else None
        name = inner.get("id") if isinstance(inner, Table) else None
        return inner, f".{name}" if name else f"[{step + 1}]"
    for inner in items:
        if isinstance(inner, Table) and inner.get("id") == step:
            return inner, f".{step}"
    return None, f".{step}"

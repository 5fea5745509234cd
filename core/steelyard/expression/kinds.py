"""The closed set of node kinds, over which every reading's `match` is complete."""

from __future__ import annotations

from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Literal,
    Logic,
    Name,
    Not,
    Over,
    Reach,
    Within,
)

Kind = Arithmetic | Call | Choose | Compare | Literal | Logic | Name | Not | Over | Reach | Within

"""The closed sets of node kinds, over which every reading's `match` is complete."""

from __future__ import annotations

from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Call,
    Choose,
    Compare,
    Coverage,
    Defined,
    Literal,
    Logic,
    Mean,
    Name,
    Not,
    Over,
    Portion,
    Present,
    Reach,
    Settle,
    Within,
)

Kind = (
    Arithmetic
    | Call
    | Choose
    | Compare
    | Literal
    | Logic
    | Name
    | Not
    | Over
    | Present
    | Reach
    | Within
)
"""What expressions are made of."""
Scored = Mean | Asked | Portion | Settle | Defined | Coverage
"""What scoring adds: only forms and programs bring these."""

"""The examples of wholes hold rows frozen from the examples of their parts;
`python tools/freeze.py` renews their ids.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from steelyard.book.library import Library

TOOL = Path(__file__).parents[2] / "tools" / "freeze.py"


def test_frozen_rows_are_what_their_parts_examples_come_to(library: Library) -> None:
    spec = importlib.util.spec_from_file_location("freeze", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    sys.modules["freeze"] = tool
    spec.loader.exec_module(tool)
    assert list(tool.stale(library)) == []
    assert (
        sum(
            "assessment:" in path.read_text("utf-8")
            for path in TOOL.parents[1].glob("plugins/*/*/examples/*.yaml")
        )
        >= 4
    )

"""What takes seconds by itself, and is run where it is asked for, as `.ci/run` does."""

from __future__ import annotations

import os

import pytest

ALL_PAGES = os.environ.get("STEELYARD_PAGES") == "all"
in_full = pytest.mark.skipif(
    not ALL_PAGES, reason="takes seconds by itself: STEELYARD_PAGES=all asks for it"
)

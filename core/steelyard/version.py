"""The version of Steelyard, which whatever is made by it names."""

from __future__ import annotations

VERSION = "0.1.0"

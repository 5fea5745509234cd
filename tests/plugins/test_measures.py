"""What the measures of the books last, and what they bring with them, is what their schemes say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml
from plugins.stated import HOME

from steelyard.book.library import Library
from steelyard.plugins.installed import load_plugins

STATED: Mapping[str, Mapping[str, Mapping[str, object]]] = yaml.safe_load(
    (HOME / "measures.yaml").read_text("utf-8")
)


@pytest.mark.parametrize(
    "name", sorted({source.id for source in load_plugins(strict=True).sources})
)
def test_measures_last_and_entail_what_is_stated(library: Library, name: str) -> None:
    measures = library.find(name).measures.values()
    said = STATED.get(name, {})
    assert {one.id: one.lasts for one in measures if one.lasts} == said.get("lasts", {})
    entailed = {one.id: list(one.entails) for one in measures if one.entails}
    assert entailed == said.get("entails", {})

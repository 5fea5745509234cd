"""Every answer in JSON names the published form that it has, so that a program knows what it reads."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from program import answer
from reported import HALF

from steelyard.cli.main import COMMANDS, program
from steelyard.cli.settings import Settings

BOOK = "hospital/nine-prohibitions"
CASE = str(HALF)
FORMS: dict[str, tuple[tuple[str, ...], str]] = {
    "books": (("books",), "steelyard/books@1"),
    "plugins": (("plugins",), "steelyard/plugins@1"),
    "show": (("show",), "steelyard/assessments@1"),
    "show, checked": (("show", "--check"), "steelyard/store-check@1"),
    "book show": (("book", "show", BOOK), "steelyard/book@1"),
    "book clauses": (("book", "clauses", BOOK), "steelyard/clauses@1"),
    "book check": (("book", "check", BOOK), "steelyard/book-check@1"),
    "book diff": (("book", "diff", BOOK, BOOK), "steelyard/book-diff@1"),
    "assess": (("assess", CASE), "steelyard/assessment@2"),
    "why": (("why", CASE, "kickbacks"), "steelyard/why@1"),
    "due": (("due", CASE, "--on", "2026-03-10"), "steelyard/due@1"),
    "rescore": (("rescore", "STORED", "--book", BOOK), "steelyard/change@2"),
}
ELSEWHERE = {"agree", "bulk", "compare", "gather", "plan", "sample", "verify"}
"""Commands whose own tests look at the form of what they print."""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a folder with a store, and the id of the assessment in it."""
    folder = tmp_path_factory.mktemp("stored")
    assert answer(folder, {}, "assess", CASE).code == 0
    (found,) = json.loads(answer(folder, {}, "show", "--format", "json").out)["assessments"]
    return folder, found["id"]


@pytest.mark.parametrize(("words", "form"), FORMS.values(), ids=FORMS)
def test_an_answer_names_its_form(
    stored: tuple[Path, str], words: tuple[str, ...], form: str
) -> None:
    folder, name = stored
    asked = [name if word == "STORED" else word for word in words]
    ran = answer(folder, {}, *asked, "--format", "json")
    said = json.loads(ran.out)
    assert next(iter(said.items())) == ("schema", form)


def test_no_command_that_prints_json_is_forgotten() -> None:
    context = click.Context(program, obj=Settings("en"))
    named = {name: program.get_command(context, name) for name in COMMANDS}
    group = named["book"]
    assert isinstance(group, click.Group)
    named |= {f"book {name}": one for name, one in group.commands.items()}
    printing = {
        name
        for name, one in named.items()
        if one is not None
        and any(
            isinstance(kept.type, click.Choice) and "json" in kept.type.choices
            for kept in one.params
        )
    }
    assert printing == {name.partition(",")[0] for name in FORMS} | ELSEWHERE

"""Real distributions whose scoring forms are bad in every way: each is refused by name in one line,
and the rest goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from wheels import Asked, installed, module_of, runs_in, steelyard_in, wheel

CODE = """\
from dataclasses import dataclass
from importlib.resources import files
from pydantic import create_model
from steelyard import Form, FormFact, FormKeys, Item, ItemEntry, Lowered, Title, hookimpl
from steelyard.expression.tree import Choose, Literal, Name
from steelyard.expression.types import Boolean, Number

@dataclass(frozen=True)
class Own(Form):
    word: str
    key = "KEY"
    title = Title("自带", "of its own")

    @classmethod
    def keys(cls):
        return create_model("Keys", __base__=FormKeys, KEY=(str | None, None))

    @classmethod
    def read(cls, entry, draft):
        return cls(entry.KEY)

    @classmethod
    def mark(cls, entry, draft):
        return super().mark(entry, draft)

    @classmethod
    def brings(cls, entry):
        return [FormFact.tick(ItemEntry(id=entry.KEY))]

    def lower(self, context):
        full, none = context.points(context.full), context.points(0)
        return Lowered(context.choose(context.met(self.word), full, none))

    def asks(self, words):
        return Title(self.word, self.word)

    def because(self, teller, language):
        return self.word + " is all"

    def changes(self, new, notes):
        yield from super().changes(new, notes)

    @property
    def items(self):
        return (Item(self.word, Title(self.word, self.word)),)

@hookimpl
def steelyard_forms():
    return [Own]

@hookimpl
def steelyard_books():
    return [files(__name__) / "books"]
"""
BOOK = """\
book: clinic/NAME
version: VERSION
sector: clinic
sections: [{id: all, points: 100}]
rules:
  - {id: one, section: all, KEY: WORD, points: 60}
  - {id: two, section: all, checklist: [{id: secret}], points: 40}
grades: [{id: any, at_least: 0}]
"""
CASE = """\
book: clinic/NAME
subject: {id: c-1}
period: "2026"
facts: {clean: yes, secret: yes}
"""
FULL = "return Lowered(context.choose(context.met(self.word), full, none))"
LOADED = "PLACE: rules.one: "
"""What stands before a fault of a book's rule."""


class Bad(NamedTuple):
    """A way in which a form is bad: what stands for what in its code, what is told, and by which
    command.
    """

    old: str
    new: str
    told: str
    command: str = "assess case.yaml --no-save"


DIFF = "book diff clinic/NAME@1.0.0 clinic/NAME"
READS = "`KEY` reads `secret`, which its entry does not name"
OUTSIDE = "`KEY` can earn what lies outside 0 to its points"
LOOSE = "`KEY` gives trees that do not hold together"
FORMS: dict[str, Bad] = {
    "read-raises": Bad(
        "return cls(entry.KEY)", "raise OSError('gone')", f"{LOADED}LINE: `KEY.read` fails: gone"
    ),
    "read-ends": Bad(
        "return cls(entry.KEY)", "raise SystemExit(3)", f"{LOADED}LINE: `KEY.read` ends the program"
    ),
    "read-other": Bad(
        "return cls(entry.KEY)",
        "return entry.KEY",
        f"{LOADED}`KEY.read` must give a form or None, not `clean`",
    ),
    "mark-raises": Bad(
        "return super().mark(entry, draft)", "return 1 // 0",
        f"{LOADED}LINE: `KEY.mark` fails: integer division or modulo by zero",
    ),
    "mark-below": Bad(
        "return super().mark(entry, draft)", "return -1",
        f"{LOADED}`KEY.mark` must give points of at least 0, not `-1`",
    ),
    "brings-raises": Bad(
        "return [FormFact.tick(ItemEntry(id=entry.KEY))]", "yield 1 // 0",
        f"{LOADED}LINE: `KEY.brings` fails: integer division or modulo by zero",
    ),
    "brings-other": Bad(
        "return [FormFact.tick(ItemEntry(id=entry.KEY))]", "return [entry.KEY]",
        f"{LOADED}`KEY.brings` must give facts, not `('clean',)`",
    ),
    "lower-raises": Bad(
        FULL, "return self.nothing",
        f"{LOADED}LINE: `KEY.lower` fails: 'Own' object has no attribute 'nothing'",
    ),
    "lower-other": Bad(
        FULL, "return self.word", f"{LOADED}`KEY.lower` must give trees, not `clean`"
    ),
    "lower-unknown": Bad(
        FULL, "return Lowered(context.choose(context.met('dirty'), full, none))",
        f"{LOADED}LINE: `KEY.lower` fails: key error 'dirty'",
    ),
    "above": Bad(
        FULL, "return Lowered(context.add(full, context.number(1)))", f"{LOADED}{OUTSIDE}"
    ),
    "below": Bad(
        FULL, "return Lowered(Literal(type=context.type, value=-1))", f"{LOADED}{OUTSIDE}"
    ),
    "other-scale": Bad(FULL, "return Lowered(context.number(1))", f"{LOADED}{OUTSIDE}"),
    "reads": Bad(
        FULL, "return Lowered(context.choose(context.met('secret'), full, none))",
        f"{LOADED}{READS}",
    ),
    "untrue": Bad(
        FULL, "return Lowered(Choose(type=context.type, condition=full, "
              "then=full, otherwise=none))",
        f"{LOADED}{LOOSE}",
    ),
    "hollow": Bad(
        FULL, "return Lowered(Choose(type=context.type, condition=None, "
              "then=full, otherwise=none))",
        f"{LOADED}{LOOSE}",
    ),
    "widened": Bad(
        FULL, "return Lowered(Name(type=context.type, kind='fact', name=self.word))",
        f"{LOADED}{LOOSE}",
    ),
    "of-the-whole": Bad(
        FULL, "return Lowered(Name(type=context.type, kind='outcome', name='score'))",
        f"{LOADED}{LOOSE}",
    ),
    "items-raise": Bad(
        "return (Item(self.word, Title(self.word, self.word)),)", "return 1 // 0",
        f"{LOADED}LINE: `KEY.items` fails: integer division or modulo by zero",
    ),
    "items-other": Bad(
        "return (Item(self.word, Title(self.word, self.word)),)", "return [self.word]",
        f"{LOADED}`KEY.items` must give items, not `('clean',)`",
    ),
    "items-of-others": Bad(
        "return (Item(self.word, Title(self.word, self.word)),)",
        "return (Item('secret', Title(self.word, self.word)),)",
        f"{LOADED}`KEY` has the item `secret`, which it does not bring as a fact",
    ),
    "because-raises": Bad(
        'return self.word + " is all"', "return self.words",
        "LINE: `KEY.because` fails: 'Own' object has no attribute 'words'",
    ),
    "because-none": Bad(
        'return self.word + " is all"', "return None",
        "`KEY.because` must give a text, not `None`",
    ),
    "because-empty": Bad(
        'return self.word + " is all"', "return ''", "`KEY.because` must give a text, not ``"
    ),
    "asks-raises": Bad(
        "return Title(self.word, self.word)\n", "return 1 // 0\n",
        "LINE: `KEY.asks` fails: integer division or modulo by zero", DIFF,
    ),
    "asks-text": Bad(
        "return Title(self.word, self.word)\n", "return self.word\n",
        "`KEY.asks` must give a title, not `tidy`", DIFF,
    ),
    "changes-raises": Bad(
        "yield from super().changes(new, notes)", "yield 1 // 0",
        "LINE: `KEY.changes` fails: integer division or modulo by zero", DIFF,
    ),
    "changes-other": Bad(
        "yield from super().changes(new, notes)", "yield new.word",
        "`KEY.changes` must give changes, not `('clean',)`", DIFF,
    ),
}  # fmt: skip
GOOD = "sound"


def filled(text: str, name: str, **words: str) -> str:
    """Return a text with the names of one plugin in it."""
    key = f"own_{name.replace('-', '_')}"
    for word, value in {"NAME": name, "KEY": key, **words}.items():
        text = text.replace(word, value)
    return text


def code_of(name: str) -> str:
    """Return the code of one plugin."""
    bad = FORMS.get(name)
    code = CODE if bad is None else CODE.replace(bad.old, bad.new, 1)
    assert bad is None or code != CODE
    return filled(code, name)


def told_of(name: str) -> str:
    """Return what must be told of one plugin, in one line."""
    module, code = module_of(name), code_of(name)
    new = filled(FORMS[name].new, name).strip()
    line = code[: code.index(new)].count("\n") + 1
    said = filled(
        FORMS[name].told,
        name,
        PLACE=f"{module}/books/book.yaml:6",
        LINE=f"{module}/__init__.py:{line}",
    )
    return f"plugin {name}: {said}"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment with all of them installed, and a sound one."""
    folder = tmp_path_factory.mktemp("forms")
    wheels = [
        wheel(
            folder,
            name,
            code_of(name),
            {
                "book.yaml": filled(BOOK, name, VERSION="1.1.0", WORD="clean"),
                "old.yaml": filled(BOOK, name, VERSION="1.0.0", WORD="tidy"),
            },
        )
        for name in (*FORMS, GOOD)
    ]
    return installed(folder, wheels)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_a_sound_form_is_weighed_told_and_compared(python: Path, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(filled(CASE, GOOD))
    words = ("assess", "case.yaml", "--no-save", "--format", "json")
    done = steelyard_in(python, tmp_path, *words, STEELYARD_PLUGINS=GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["score"]["low"] == found["score"]["high"] == "100.00"
    assert found["findings"][0]["because"] == {"zh": "clean is all", "en": "clean is all"}
    diff = steelyard_in(python, tmp_path, *filled(DIFF, GOOD).split(), STEELYARD_PLUGINS=GOOD)
    assert (diff.returncode, diff.stderr) == (0, "")
    assert "asks “clean”, was “tidy”" in diff.stdout


def times(name: str) -> int:
    """Return how often a form is used."""
    often = os.environ.get("STEELYARD_FAULTS") or not FORMS[name].told.startswith(LOADED)
    return 2 if often or name == next(iter(FORMS)) else 1


@pytest.fixture(scope="module")
def refusals(
    python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[subprocess.CompletedProcess[str]]]:
    """Return what was said where each form was used: twice where the second time the book comes
    from the cache, and where it never does, of the first or in the long run of all.
    """
    asked = []
    for name, bad in FORMS.items():
        folder = tmp_path_factory.mktemp("form")
        (folder / "case.yaml").write_text(filled(CASE, name))
        plugins = {"STEELYARD_PLUGINS": f"{GOOD},{name}"}
        asked += [Asked(folder, filled(bad.command, name).split(), plugins)] * times(name)
    ran = iter(runs_in(python, asked, tmp_path_factory.mktemp("said")))
    return {name: [next(ran) for _ in range(times(name))] for name in FORMS}


@pytest.mark.parametrize("name", FORMS)
def test_a_bad_form_is_refused_in_one_line(
    refusals: dict[str, list[subprocess.CompletedProcess[str]]], name: str
) -> None:
    for done in refusals[name]:
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines() == [f"error: {told_of(name)}"]


def test_the_rest_goes_on_and_strict_stops(python: Path, tmp_path: Path) -> None:
    # Of the sectors that are installed here none is asked.
    ours = {"STEELYARD_PLUGINS": ",".join((*FORMS, GOOD))}
    done = steelyard_in(python, tmp_path, "books", "--format", "json", **ours)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert f"clinic/{GOOD}" in {one["id"] for one in json.loads(done.stdout)["books"]}
    loaded = [name for name, bad in FORMS.items() if bad.told.startswith("PLACE")]
    assert len(loaded) > 10
    for name in loaded:
        assert f"warning: {told_of(name)}\n" in done.stderr
    strict = steelyard_in(python, tmp_path, "--strict", "books", **ours)
    assert (strict.returncode, strict.stdout) == (2, "")
    assert "Traceback" not in strict.stderr

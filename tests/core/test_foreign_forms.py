"""Books whose rules are in a form that a plugin brings: kept, stored and read back by the same form
alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from steelyard import BookError, Form, Options, Store, explain, judge, save
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book, stored_book
from steelyard.case.reading.read import parse_case
from steelyard.comparison.saved import Saved
from steelyard.expression.tree import Name
from steelyard.forms.check import misfits
from steelyard.forms.form import Lowering
from steelyard.forms.table import FORMS, with_forms
from steelyard.judging.book_cache import Shelf
from steelyard.located_yaml import mark
from steelyard.plugins.forms import hold

HERE = Path(__file__).parent / "one_place"
TEXT = """\
book: city/visitors
version: 1.0.0
sector: city
sections: [{id: all, points: 100}]
rules:
  - {id: languages, section: all, most_of: {best: 2, of: [{id: one}, {id: two}]}, points: 100}
grades: [{id: any, at_least: 0}]
"""
Bring = Callable[[str], type[Form]]


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bring:
    """Return what brings the form in a version, from a module of its own that can be changed."""
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "most_of_here.py").write_text((HERE / "most_of.py").read_text("utf-8"), "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "most_of_here", raising=False)

    def bring(version: str) -> type[Form]:
        form: type[Form] = import_module("most_of_here").MostOf
        hold(form, "museum", f"steelyard-museum {version}")
        return form

    return bring


def read(form: type[Form]) -> RuleBook:
    return parse_book(TEXT, "book.yaml", forms=with_forms([form]))


def judged(book: RuleBook) -> Any:
    document = {
        "book": book.id, "subject": {"id": "m-1"}, "period": "2026",
        "facts": {"one": "yes", "two": "no"},
    }  # fmt: skip
    return judge(book, parse_case(mark(document, "case"), book, "case"))


def test_a_stored_book_is_read_back_as_it_was(bring: Bring) -> None:
    form = bring("1.0")
    book = read(form)
    assert book.document["forms"] == {"most_of": "steelyard-museum 1.0"}
    again = stored_book(book.document, "store", forms=with_forms([form]))
    assert (again.digest, again.document, again.rules["languages"].form) == (
        book.digest,
        book.document,
        book.rules["languages"].form,
    )
    assert judged(again).id == judged(book).id


def test_another_version_makes_another_digest_and_is_refused(bring: Bring) -> None:
    first = read(bring("1.0"))
    second = read(bring("1.1"))
    assert first.digest != second.digest
    with pytest.raises(BookError) as refused:
        stored_book(first.document, "store", forms=with_forms([bring("1.1")]))
    assert str(refused.value) == (
        "store:1: forms: form `most_of` was brought by steelyard-museum 1.0, "
        "and steelyard-museum 1.1 is in use"
    )


def test_a_form_that_is_not_there_is_named(bring: Bring) -> None:
    document = dict(read(bring("1.0")).document)
    document["forms"] = {**document["forms"], "checklist": "steelyard-old 2.0"}
    with pytest.raises(BookError) as refused:
        stored_book(document, "store", forms=FORMS)
    # A form of the core is not what another plugin brought under its key.
    assert sorted(str(refused.value).splitlines()) == [
        "store:1: forms: form `checklist` is brought by steelyard-old 2.0, which is not in use",
        "store:1: forms: form `most_of` is brought by steelyard-museum 1.0, which is not in use",
    ]


def test_a_form_that_no_rule_has_is_not_in_the_digest(bring: Bring) -> None:
    plain = TEXT.replace("most_of: {best: 2, of: [{id: one}, {id: two}]}", "checklist: [{id: one}]")
    forms = with_forms([bring("1.0")])
    said = parse_book(plain + "forms: {most_of: steelyard-museum 1.0}\n", "book.yaml", forms=forms)
    assert "forms" not in said.document
    assert said.digest == parse_book(plain, "book.yaml").digest


def test_a_comparison_judges_again_with_the_form(bring: Bring, tmp_path: Path) -> None:
    form = bring("1.0")
    found = judged(read(form))
    with Store.open(tmp_path / "x.db") as store:
        save(store, [found])
        source = Saved(store, Options(), forms=with_forms([form]))
        again = source.assessment(found.id)
        assert again.id == found.id
        assert explain(again, "languages", "en") == "1 met, 2 are enough"
        with pytest.raises(BookError, match="`most_of` is brought by steelyard-museum"):
            Saved(store, Options()).assessment(found.id)


@pytest.fixture
def shelved(bring: Bring, tmp_path: Path) -> Callable[..., tuple[RuleBook, set[Path]]]:
    """Return what reads the book by way of a shelf, and says which entries the shelf then has."""
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "visitors.yaml").write_text(TEXT)

    def read(version: str) -> tuple[RuleBook, set[Path]]:
        forms = with_forms([bring(version)])
        shelf = Shelf(tmp_path / "cache", forms.values())
        library = Library((), [str(tmp_path / "books")], {}, shelf, forms=forms)
        return library.find("city/visitors"), set((tmp_path / "cache").glob("*.book"))

    return read


def test_a_kept_book_has_its_form_again(shelved: Callable[..., tuple[RuleBook, set[Path]]]) -> None:
    book, entries = shelved("1.0")
    kept, still = shelved("1.0")
    assert (len(entries), still) == (1, entries)
    assert (kept.digest, kept.rules) == (book.digest, book.rules)
    assert judged(kept).id == judged(book).id


def test_another_version_or_another_text_of_the_form_is_read_anew(
    shelved: Callable[..., tuple[RuleBook, set[Path]]], tmp_path: Path
) -> None:
    shelved("1.0")
    book, entries = shelved("1.1")
    assert len(entries) == 2
    assert book.document["forms"] == {"most_of": "steelyard-museum 1.1"}
    # What is installed for editing keeps its version.
    file = tmp_path / "module" / "most_of_here.py"
    os.utime(file, (1, 1))
    assert len(shelved("1.1")[1]) == 3


HELPERS = {
    # How the form's module comes by it, and the file that then changes.
    "a module beside it": ("from helper_here import LIMIT", "helper_here.py"),
    "a module that is imported when it is needed": (
        "def later():\n    import os, helper_here as helper\n",
        "helper_here.py",
    ),
    "a module of its package": ("from package_here import LIMIT", "package_here/inner.py"),
    "data of its package": ("import package_here", "package_here/limits.json"),
    "a module that its helper imports": ("import first_here", "helper_here.py"),
}


@pytest.mark.parametrize(("line", "file"), HELPERS.values(), ids=HELPERS)
def test_a_book_is_read_anew_when_what_its_form_stands_on_has_changed(
    shelved: Callable[..., tuple[RuleBook, set[Path]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    file: str,
) -> None:
    folder = tmp_path / "module"
    for name in ("helper_here", "first_here", "package_here", "package_here.inner"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (folder / "package_here").mkdir()
    for name, text in {
        "helper_here.py": "LIMIT = 1\n",
        "first_here.py": "from helper_here import LIMIT\n",
        "package_here/__init__.py": "from .inner import LIMIT\n",
        "package_here/inner.py": "LIMIT = 1\n",
        "package_here/limits.json": "1\n",
    }.items():
        (folder / name).write_text(text)
        os.utime(folder / name, (1, 1))
    module = folder / "most_of_here.py"
    module.write_text(module.read_text("utf-8") + f"\n{line}\n", "utf-8")
    assert len(shelved("1.0")[1]) == len(shelved("1.0")[1]) == 1
    # Of the same length, and put back to the same time, as tools that unpack archives do.
    (folder / file).write_text((folder / file).read_text().replace("1", "2"))
    os.utime(folder / file, (1, 1))
    assert len(shelved("1.0")[1]) == 2


def test_a_book_whose_form_has_gone_is_made_again(
    shelved: Callable[..., tuple[RuleBook, set[Path]]],
) -> None:
    book, [entry] = shelved("1.0")
    entry.write_bytes(entry.read_bytes().replace(b"most_of_here", b"most_of_gone"))
    again, entries = shelved("1.0")
    assert (again.digest, entries) == (book.digest, {entry})
    assert b"most_of_gone" not in entry.read_bytes()


def test_a_form_that_cannot_be_kept_is_read_every_time(
    shelved: Callable[..., tuple[RuleBook, set[Path]]],
    bring: Bring,
) -> None:
    # As a class that is made inside a function.
    bring("1.0").__qualname__ = "make.<locals>.MostOf"
    book, entries = shelved("1.0")
    assert (entries, book.rules["languages"].form.key) == (set(), "most_of")


def test_every_tree_of_the_cores_forms_holds_together(library: Library) -> None:
    """What plugins' trees are held to is no more than ours are."""
    found = []
    for book in map(library.find, (source.key for source in library.sources)):
        facts = {
            one.id: Name(type=one.type, kind="fact", name=one.id) for one in book.facts.values()
        }
        for rule in book.rules.values():
            context = Lowering(rule.id, rule.full, book.decimals, rule.bonus, facts, book.stages)
            if misfits(rule.lowered, context):
                found.append(f"{book.key}: {rule.id}")
    assert found == []

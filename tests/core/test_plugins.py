"""Plugins and the library of their books: what is found, what is refused, and with which words."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path

import click
import pytest
from sites import Site, only_site

import steelyard
from steelyard import BookError, CaseError, Finding, PluginError, hookspecs
from steelyard.book.library import Library, scan
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plugins.installed import Plugins, load_plugins
from steelyard.plugins.loading import HOOKS

BOOK = "book: {id}\nversion: {version}\ntitle: {{zh: 册, en: Book}}\n"
HEAD = "from importlib.resources import files\nfrom steelyard import hookimpl, Measure, Title\n"
BOOKS = "@hookimpl\ndef steelyard_books():\n    return [files(__name__) / 'books']\n"
MEASURES = (
    "@hookimpl\ndef steelyard_measures():\n    return [Measure(id='fine', kind='sanction', "
    "title=Title('罚款', 'Fine'))]\n"
)
FORM = """
from dataclasses import dataclass
from pydantic import create_model
from steelyard import Form, FormKeys, Lowered

@dataclass(frozen=True)
class {name}(Form):
    key = {key!r}
    title = Title('自带', 'of its own')

    @classmethod
    def keys(cls):
        return create_model('Keys', __base__=FormKeys, **dict.fromkeys({fields!r}, (str | None, None)))

    @classmethod
    def read(cls, entry, draft): return cls()
    def lower(self, context): return Lowered(context.points(context.full))
    def asks(self, words): return Title('无', 'nothing')
    def because(self, teller, language): return 'as ever'
"""
FORMS = "@hookimpl\ndef steelyard_forms(): return [{names}]\n"


def form(key: str, *more: str) -> str:
    return FORM.format(name="Mine", key=key, fields=(key, *more)) + FORMS.format(names="Mine")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return only_site(tmp_path, monkeypatch, HEAD)


def lines(plugins: Plugins) -> list[str]:
    return [fault.text() for fault in plugins.faults]


def test_a_good_plugin_is_listed_with_what_it_brings(site: Site) -> None:
    module = site.put(
        "good", BOOKS + MEASURES, books={"x.yaml": BOOK.format(id="hospital/x", version="1.0")}
    )
    plugins = load_plugins(strict=True)
    [entry] = plugins.entries
    assert entry[:6] == (
        "good",
        "1.2",
        "steelyard-good",
        "ok",
        ("steelyard_books", "steelyard_measures"),
        ("hospital/x@1.0",),
    )
    assert entry.reason() == ""
    assert plugins.versions() == {"good": "1.2"}
    assert list(plugins.measures) == ["fine"]
    assert [source.name for source in plugins.sources] == [f"{module}/books/x.yaml"]


BAD = {
    "an import that fails": (
        "raise RuntimeError('no licence')",
        "{module}/__init__.py:3: cannot be imported: no licence",
    ),
    "an import that ends the program": (
        "raise SystemExit",
        "{module}/__init__.py:3: ends the program when it is imported",
    ),
    "an error without words": (
        "assert False",
        "{module}/__init__.py:3: cannot be imported: assertion error",
    ),
    "a syntax error": ("def (:", "{module}/__init__.py:3: cannot be imported: invalid syntax"),
    "a misspelt hook": (
        "@hookimpl\ndef steelyard_bookz(): return []",
        "unknown hook `steelyard_bookz`; did you mean `steelyard_books`?",
    ),
    "a misspelt hook without its mark": (
        "def steelyard_measure(): return []",
        "unknown hook `steelyard_measure`; did you mean `steelyard_measures`?",
    ),
    "a hook without its mark": (
        "def steelyard_books(): return []",
        "`steelyard_books` is not marked with `@hookimpl`",
    ),
    "an unknown argument": (
        "@hookimpl\ndef steelyard_assessed(assesment): pass",
        "`steelyard_assessed` has no argument `assesment`; did you mean `assessment`?",
    ),
    "a wrapper": (
        "@hookimpl(wrapper=True)\ndef steelyard_judge(rule):\n    return (yield)",
        "`steelyard_judge` is a wrapper, which could change what other plugins give",
    ),
    "no hook": ("x = 1", "brings no hook"),
    "a hook that fails": (
        "@hookimpl\ndef steelyard_books():\n    return {}['books']",
        "{module}/__init__.py:5: `steelyard_books` fails: key error 'books'",
    ),
    "a hook that ends the program": (
        "@hookimpl\ndef steelyard_measures():\n    raise SystemExit(3)",
        "{module}/__init__.py:5: `steelyard_measures` ends the program",
    ),
    "books that are a text": (
        "@hookimpl\ndef steelyard_books(): return 'books'",
        "`steelyard_books` must give a list, not `books`",
    ),
    "books that are texts": (
        "@hookimpl\ndef steelyard_books(): return ['books']",
        "`steelyard_books` must give files or folders, not `books`",
    ),
    "books that are not there": (BOOKS, "{module}/books: there is no such file or folder"),
    "measures of another kind": (
        "@hookimpl\ndef steelyard_measures(): return ['fine']",
        "`steelyard_measures` must give measures, not `fine`",
    ),
    "a measure twice": (
        (
            "@hookimpl\ndef steelyard_measures(): return [Measure(id='a', kind='reward', "
            "title=Title('奖', 'A'))] * 2"
        ),
        "measure `a` stands twice",
    ),
    "a form that is no class": (
        "@hookimpl\ndef steelyard_forms(): return ['most_of']",
        "`steelyard_forms` must give classes of forms, each with a `key`, not `most_of`",
    ),
    "a form whose key is no word": (
        form("Most of"),
        "`Most of` cannot be the key of a form",
    ),
    "a form under the key of one of ours": (
        form("checklist"),
        "form `checklist`: a rule has the key `checklist` already",
    ),
    "a form under another key of rules": (
        form("most_of", "best", "cites"),
        "form `most_of`: a rule has the key `cites` already",
    ),
    "a form twice": (
        form("most_of").replace("[Mine]", "[Mine] * 2"),
        "form `most_of` stands twice",
    ),
    "a form that is none": (
        form("most_of").replace("(Form)", ""),
        (
            "`steelyard_forms` must give classes of forms, each with a `key`, not `<class "
            "'{module}.Mine'>`"
        ),
    ),
    "a form whose keys fail": (
        form("most_of").replace("return create_model(", "return no_model("),
        "{module}/__init__.py:15: `most_of.keys` fails: name 'no_model' is not defined",
    ),
    "a form whose keys are no model": (
        form("most_of").replace("return create_model(", "return len or create_model("),
        "`most_of.keys` must give a model made of `FormKeys` with `most_of`",
    ),
    "a form whose keys are a model of its own making": (
        form("most_of").replace("__base__=FormKeys, ", ""),
        "`most_of.keys` must give a model made of `FormKeys` with `most_of`",
    ),
    "a form whose keys leave out its own": (
        form("most_of", "best").replace("('most_of', 'best')", "('best',)"),
        "`most_of.keys` must give a model made of `FormKeys` with `most_of`",
    ),
    "a form that every rule would have to say": (
        form("most_of").replace("(str | None, None)", "(str, ...)"),
        "form `most_of`: its key `most_of` must be None where a rule does not say it",
    ),
    "a form that every rule would say": (
        form("most_of").replace("(str | None, None)", "(str, '')"),
        "form `most_of`: its key `most_of` must be None where a rule does not say it",
    ),
    "two forms with one key": (
        form("most_of", "best")
        + FORM.format(name="Other", key="least_of", fields=("least_of", "best"))
        + FORMS.format(names="Mine, Other"),
        "form `least_of`: form `most_of` has the key `best` already",
    ),
    "a form without a title": (
        form("most_of").replace("    title = ", "    name = "),
        "form `most_of` has no `title`",
    ),
    "a form that says no points": (
        form("most_of").replace("def lower", "def lowers"),
        "form `most_of` has no `lower`",
    ),
    "a form that is no dataclass": (
        form("most_of").replace("@dataclass(frozen=True)", ""),
        "form `most_of` is no dataclass",
    ),
    "a hook for forms that fails": (
        "@hookimpl\ndef steelyard_forms():\n    return [1 / 0]",
        "{module}/__init__.py:5: `steelyard_forms` fails: division by zero",
    ),
}


SPOILT: dict[str, tuple[str, bytes | None, str]] = {
    "a folder in place of METADATA": (
        "METADATA",
        None,
        "plugin alpha: METADATA: does not say which distribution this is, and of what version",
    ),
    "METADATA without a version": (
        "METADATA",
        b"Metadata-Version: 2.1\nName: steelyard-alpha\n",
        "plugin alpha: METADATA: does not say which distribution this is, and of what version",
    ),
    "METADATA in no encoding": (
        "METADATA",
        b"Name: \xff\xfe\xfd",
        "plugin alpha: METADATA: does not say which distribution this is, and of what version",
    ),
    "a folder in place of the entry points": (
        "entry_points.txt",
        None,
        "`entry_points.txt` of distribution `steelyard-alpha` cannot be read",
    ),
    "entry points in no encoding": (
        "entry_points.txt",
        b"[steelyard]\nalpha = \xff",
        "`entry_points.txt` of distribution `steelyard-alpha` cannot be read",
    ),
}


@pytest.mark.parametrize(("file", "content", "told"), SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("only", ["", "good"], ids=["wanted", "blocked"])
def test_metadata_that_cannot_be_read_is_named_and_the_rest_goes_on(
    site: Site, file: str, content: bytes | None, told: str, only: str
) -> None:
    site.put("alpha", MEASURES)
    site.put("good", BOOKS, books={"x.yaml": BOOK.format(id="hospital/x", version="1.0")})
    path = site.folder / "steelyard_alpha-1.2.dist-info" / file
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    plugins = load_plugins(only=only)
    assert lines(plugins) == [told]
    assert [entry.name for entry in plugins.entries if entry.state == "ok"] == ["good"]
    with pytest.raises(PluginError, match=re.escape(told)):
        load_plugins(only=only, strict=True)


@pytest.mark.parametrize(("code", "reason"), BAD.values(), ids=BAD)
def test_a_bad_plugin_is_skipped_and_named_and_the_rest_goes_on(
    site: Site, code: str, reason: str
) -> None:
    module = site.put("bad", code)
    site.put("good", BOOKS, books={"x.yaml": BOOK.format(id="hospital/x", version="1.0")})
    plugins = load_plugins()
    reason = reason.format(module=module) if "{module}" in reason else reason
    assert [(entry.name, entry.state, entry.reason()) for entry in plugins.entries] == [
        ("bad", "refused", reason),
        ("good", "ok", ""),
    ]
    assert lines(plugins) == [f"plugin bad: {reason}"]
    assert plugins.versions() == {"good": "1.2"}
    with pytest.raises(PluginError, match=re.escape(reason)):
        load_plugins(strict=True)


HEADERS = {
    "no book": (
        "title: {zh: 册}\nversion: 1.0\n",
        "books/x.yaml: is not a rule book: no line `book: …` stands at the left margin",
    ),
    "no version": (
        "book: a/x\n",
        "books/x.yaml: is not a rule book: no line `version: …` stands at the left margin",
    ),
    "an id of another form": (
        "version: 1.0\nbook: x # mine\n",
        "books/x.yaml:2: book: `x` is not the id of a book, such as `hospital/nine-prohibitions`",
    ),
    "a version of another form": (
        "book: a/x\nversion: v1\n",
        "books/x.yaml:2: version: `v1` is not a version, such as `1.0.0`",
    ),
}


@pytest.mark.parametrize(("text", "reason"), HEADERS.values(), ids=HEADERS)
def test_a_book_whose_header_cannot_be_read_is_refused(site: Site, text: str, reason: str) -> None:
    module = site.put("bad", BOOKS, books={"x.yaml": text})
    [entry] = load_plugins().entries
    assert (entry.state, entry.reason()) == ("refused", f"{module}/{reason}")


def test_an_empty_folder_of_books_is_refused(site: Site) -> None:
    module = site.put("bad", BOOKS, books={"readme.txt": "nothing yet"})
    assert load_plugins().entries[0].reason() == f"{module}/books: holds no rule book"


def test_interrupting_the_program_is_not_a_fault_of_a_plugin(site: Site) -> None:
    site.put("bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_plugins()


def test_the_first_plugin_keeps_an_id_that_two_bring(site: Site) -> None:
    for name in ("one", "two"):
        site.put(
            name,
            BOOKS,
            books={
                "x.yaml": BOOK.format(id="hospital/x", version=f"{len(name)}.{name == 'one':d}")
            },
        )
    for name in ("alpha", "beta"):
        site.put(name, MEASURES)
    plugins = load_plugins()
    assert {entry.name: entry.state for entry in plugins.entries} == {
        "alpha": "ok",
        "beta": "refused",
        "one": "ok",
        "two": "refused",
    }
    assert lines(plugins)[0] == "plugin beta: measure `fine` is brought by plugin `alpha`"
    assert re.fullmatch(
        r"plugin two: \S+/books/x.yaml: book `hospital/x` is brought by plugin `one`",
        lines(plugins)[1],
    )
    assert [source.plugin for source in plugins.sources] == ["one"]


def test_forms_are_brought_with_their_distribution_and_version(site: Site) -> None:
    site.put("alpha", form("most_of", "best"))
    site.put("beta", form("most_of") + MEASURES)
    site.put("delta", form("fewest_of", "best"))
    site.put("gamma", form("best_of"))
    plugins = load_plugins()
    assert lines(plugins) == [
        "plugin beta: form `most_of`: its key `most_of` is brought by plugin `alpha`",
        "plugin delta: form `fewest_of`: its key `best` is brought by plugin `alpha`",
    ]
    # Nothing of a refused plugin is used.
    assert not plugins.measures
    assert [(key, *one[1:], one.form.distribution) for key, one in plugins.forms.items()] == [
        ("most_of", "alpha", "steelyard-alpha", "1.2", "steelyard-alpha 1.2"),
        ("best_of", "gamma", "steelyard-gamma", "1.2", "steelyard-gamma 1.2"),
    ]
    assert [entry.forms for entry in plugins.entries] == [("most_of",), (), (), ("best_of",)]


def test_a_name_that_two_distributions_give_is_kept_by_the_first(site: Site) -> None:
    site.put("a", MEASURES, point="same")
    site.put("b", BOOKS, point="same")
    plugins = load_plugins()
    assert [(entry.distribution, entry.state) for entry in plugins.entries] == [
        ("steelyard-a", "ok"),
        ("steelyard-b", "refused"),
    ]
    assert lines(plugins) == [
        "plugin same: keeps its name, which distribution `steelyard-b` gives a plugin too",
        (
            "plugin same: distribution `steelyard-b` gives a plugin the name that "
            "`steelyard-a` gives one"
        ),
    ]
    assert list(plugins.measures) == ["fine"]


def test_an_entry_point_that_names_no_module(site: Site) -> None:
    site.put("bad", "", target="not a module")
    assert load_plugins().entries[0].reason() == "`not a module` is not the name of a module"


def test_one_module_under_two_names_is_taken_once(site: Site) -> None:
    module = site.put("a", MEASURES)
    site.put("b", "", target=module)
    assert [entry.reason() for entry in load_plugins().entries] == ["", "is the same as plugin `a`"]


def test_spoilt_metadata_of_one_distribution_does_not_hide_the_others(site: Site) -> None:
    site.put("good", MEASURES)
    site.put("bad", "", target="x\nnonsense")
    plugins = load_plugins()
    assert [entry.name for entry in plugins.entries if entry.state == "ok"] == ["good"]
    assert any("steelyard-bad" in line or "plugin bad" in line for line in lines(plugins))


def test_plugins_are_allowed_and_blocked_by_name(site: Site) -> None:
    for name in ("a", "b", "c"):
        site.put(name, MEASURES.replace("fine", f"fine_{name}"))
    chosen = load_plugins(only=" a, b,", block="b")
    assert {entry.name: (entry.state, entry.reason()) for entry in chosen.entries} == {
        "a": ("ok", ""),
        "b": ("blocked", "is in the list `STEELYARD_BLOCK`"),
        "c": ("blocked", "is not in the list `STEELYARD_PLUGINS`"),
    }
    assert not chosen.faults
    typo = load_plugins(block="hospitall,aa")
    assert lines(typo) == [
        "STEELYARD_BLOCK: no plugin is called `hospitall`",
        "STEELYARD_BLOCK: no plugin is called `aa`; did you mean `a`?",
    ]


LATER = """
@hookimpl
def steelyard_commands(app):
    app.command('{name}')(lambda: None)
    {trouble}

@hookimpl
def steelyard_report_sections(language):
    {trouble}
    return [('{name}', language)]

@hookimpl
def steelyard_assessed(assessment):
    {trouble}
    assessment.append('{name}')
"""


def test_a_hook_that_fails_later_is_named_once_and_the_others_are_still_asked(site: Site) -> None:
    site.put("a", LATER.format(name="a", trouble="raise ValueError('too late')"))
    site.put("b", LATER.format(name="b", trouble="pass"))
    plugins = load_plugins()
    app, told = click.Group(), []
    plugins.add_commands(app)
    assert list(app.commands) == ["b"]
    assert plugins.report_sections(None, "zh") == [("b", "zh")]
    plugins.assessed(told)
    plugins.assessed(told)
    assert told == ["b", "b"]
    assert [re.sub(r"\S+/__init__.py:\d+", "FILE", line) for line in lines(plugins)] == [
        f"plugin a: FILE: `{hook}` fails: too late"
        for hook in ("steelyard_commands", "steelyard_report_sections", "steelyard_assessed")
    ]
    with pytest.raises(PluginError, match="too late"):
        load_plugins(strict=True).assessed(told)


def test_a_plugin_cannot_take_the_place_of_a_command(site: Site) -> None:
    site.put("a", LATER.format(name="assess", trouble="pass"))
    app = click.Group(commands={"assess": click.Command("assess")})
    mine = app.commands["assess"]
    plugins = load_plugins()
    plugins.add_commands(app)
    assert app.commands == {"assess": mine}
    assert lines(plugins) == ["plugin a: there is a command `assess` already"]


def test_a_section_of_another_kind_is_named(site: Site) -> None:
    site.put("a", "@hookimpl\ndef steelyard_report_sections(): return 'text'")
    plugins = load_plugins()
    assert plugins.report_sections(None, "en") == []
    assert lines(plugins) == [
        "plugin a: `steelyard_report_sections` must give titles and texts, not `text`"
    ]


def test_the_first_finding_counts_and_what_is_none_is_named(site: Site) -> None:
    site.put("a", "@hookimpl\ndef steelyard_judge(rule): return 9.5")
    site.put("b", "@hookimpl\ndef steelyard_judge(case, rule): return None")
    site.put(
        "c",
        "@hookimpl\ndef steelyard_judge(rule): return __import__('steelyard').Finding(rule, 1, 2)",
    )
    plugins = load_plugins()
    assert plugins.judge("neighbours", None) == Finding("neighbours", 1, 2)
    assert lines(plugins) == ["plugin a: `steelyard_judge` must give a finding, not `9.5`"]
    assert load_plugins(block="c").judge("neighbours", None) is None


JUDGED = """\
book: town/judged
version: 1.0.0
title: {zh: 册, en: Book}
sector: town
points: 10
decimals: 2
facts: {clean: {type: boolean}}
sections: [{id: all, points: 10}]
rules:
  - {id: view, section: all, points: 6, judged: by_eye}
  - {id: clean, section: all, points: 4, requires: clean}
grades: [{id: good, at_least: 8}, {id: poor, at_least: 0}]
"""
FINDS = (
    "@hookimpl\ndef steelyard_judge(rule, case):\n    from decimal import Decimal as D\n    {0}\n"
)
ANSWERS = {
    # Of 6 points; `clean` brings 4 more.
    "all": ("return __import__('steelyard').Finding(rule.id, D(6), D(6))", "pass", (10, 10)),
    "nothing": ("return __import__('steelyard').Finding(rule.id, D(0), D(0))", "fail", (4, 4)),
    "a part": (("return __import__('steelyard').Finding(rule.id, "
               "D('2.5'), D('2.5'))"), "partial", ("6.50", "6.50")),
    "bounds": (("return __import__('steelyard').Finding(rule.id, "
               "D(1), D('5.25'))"), "unknown", (5, "9.25")),
    "nobody": ("return None", "unknown", (4, 10)),
    "another rule only": (("return __import__('steelyard').Finding(rule.id, D(6), D(6)) if rule.id "
                          "== 'x' else None"), "unknown", (4, 10)),
    "from the case": (("return __import__('steelyard').Finding(rule.id, *2 * [D(6 if "
                      "case.subject_id == 'u' else 0)])"), "pass", (10, 10)),
    "an error": ("raise ValueError('no eyes')", "unknown", (4, 10)),
}  # fmt: skip


def _weighed(plugins: Plugins) -> Assessment:
    book = Library(plugins.sources, (), plugins.measures).find("town/judged")
    document = {
        "book": book.key, "subject": {"id": "u"}, "period": "2026", "facts": {"clean": "yes"},
    }  # fmt: skip
    return weigh(book, parse_case(mark(document, "made"), book, "made"), plugins.judge)


@pytest.mark.parametrize(("answer", "outcome", "score"), ANSWERS.values(), ids=ANSWERS)
def test_what_a_plugin_finds_counts(site: Site, answer, outcome, score) -> None:
    site.put("eye", FINDS.format(answer) + BOOKS, books={"judged.yaml": JUDGED})
    plugins = load_plugins()
    found = _weighed(plugins)
    assert (found.low, found.high) == tuple(Decimal(end) for end in score)
    assert found.findings[0].outcome == outcome
    assert sum(entry.low for entry in found.ledger) == found.scored.low
    told = ["no eyes" in line for line in lines(plugins)]
    assert told == ([True] if "raise" in answer else [])


BEYOND = {
    "above the full mark": ("D(7), D(7)", "at 7 to 7, outside 0 to 6"),
    "below nothing": ("D(-1), D(3)", "at -1 to 3, outside 0 to 6"),
    "the wrong way round": ("D(4), D(3)", "at 4 to 3, outside 0 to 6"),
    "a little above": ("D(6), D('6.00000001')", "at 6 to 6.00000001, outside 0 to 6"),
}


@pytest.mark.parametrize(("ends", "said"), BEYOND.values(), ids=BEYOND)
def test_a_finding_beyond_the_rules_points_is_refused(site: Site, ends, said) -> None:
    answer = f"return __import__('steelyard').Finding(rule.id, {ends})"
    site.put("eye", FINDS.format(answer) + BOOKS, books={"judged.yaml": JUDGED})
    with pytest.raises(CaseError, match=re.escape(f"rule `view` was judged {said}")):
        _weighed(load_plugins())


def test_an_error_of_a_judging_plugin_is_fatal_where_plugins_must_be_sound(site: Site) -> None:
    site.put(
        "eye", FINDS.format("raise ValueError('no eyes')") + BOOKS, books={"judged.yaml": JUDGED}
    )
    with pytest.raises(PluginError, match="no eyes"):
        _weighed(load_plugins(strict=True))


def test_plugins_are_asked_by_name_unless_they_say_first(site: Site) -> None:
    section = "def steelyard_report_sections(): return [('{0}', '')]"
    site.put("a", "@hookimpl\n" + section.format("a"))
    site.put("b", "@hookimpl\n" + section.format("b"))
    site.put("c", "@hookimpl(tryfirst=True)\n" + section.format("c"))
    assert [title for title, _ in load_plugins(strict=True).report_sections(None, "en")] == [
        "c",
        "a",
        "b",
    ]


def test_every_hook_is_documented_with_its_exact_signature() -> None:
    page = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text("utf-8")
    documented = dict(
        re.findall(r"^## (steelyard_\w+)\n\n```python\n(.*)\n```$", page, re.MULTILINE)
    )
    exact = {
        name: f"def {name}{inspect.signature(getattr(hookspecs, name))}".replace("'", "")
        for name in HOOKS
    }
    assert documented == exact
    for name in HOOKS:
        assert (
            inspect.getdoc(getattr(hookspecs, name)).splitlines()[0].split(".")[0].split(",")[0]
            in page
        )


def test_the_public_names_are_there_and_light() -> None:
    for name in steelyard.__all__:
        assert getattr(steelyard, name) is not None
    code = textwrap.dedent("""
        import sys, steelyard
        assert set(steelyard.__all__) <= set(dir(steelyard))
        heavy = {"pydantic", "yaml", "openpyxl", "sqlite_utils", "click", "pluggy"} & set(sys.modules)
        assert not heavy, heavy
        assert not hasattr(steelyard, "nothing")
    """)
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={"PYTHONPATH": str(Path(steelyard.__file__).parents[1])},
    )


class Shelf:
    """A folder of the user's own books."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.chdir(tmp_path)
    return Shelf(tmp_path / "mine")


def test_folders_are_searched_one_level_deep(shelf: Shelf) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1"))
    shelf.put("more/b.yml", "# ours\r\n\"book\": 'own/b'  # id\r\n" + 'version: "2.0"\r\n')
    shelf.put("more/deeper/c.yaml", "nonsense")
    shelf.put(".hidden/d.yaml", "nonsense")
    shelf.put("notes.txt", "nonsense")
    shelf.put("cases/e.yaml", "book: own/a\nsubject: {id: h-1}\n")
    # The same folder, named from here and by its whole path.
    library = Library(folders=["mine", str(Path("mine").resolve())])
    assert [
        (source.key, source.name, source.plugin, source.origin) for source in library.sources
    ] == [
        ("own/a@1", "mine/a.yaml", "", "mine"),
        ("own/b@2.0", "mine/more/b.yml", "", "mine"),
    ]
    assert library.ignored == ("mine/cases/e.yaml",)
    assert library.text("own/a").startswith("book: own/a")


FOUND = {
    "the newest, by number": ("own/a", "1.10"),
    "a version": ("own/a@1.9", "1.9"),
    "the newest of a kind": ("own/a@1", "1.10"),
    "a whole version before a beginning": ("own/a@0", "0"),
}


@pytest.mark.parametrize(("reference", "version"), FOUND.values(), ids=FOUND)
def test_a_reference_means_one_version(shelf: Shelf, reference: str, version: str) -> None:
    for number in ("1.9", "1.10", "0", "0.5"):
        shelf.put(f"a-{number}.yaml", BOOK.format(id="own/a", version=number))
    assert Library(folders=["mine"]).source(reference).version == version


UNKNOWN = {
    "an id": ("own/aa", "case.yaml:1: unknown book `own/aa`; did you mean `own/a`?"),
    "a version": ("own/a@2", "case.yaml:1: book `own/a` has no version `2`; it has 1.9, 1.10"),
    "no version": ("own/a@", "case.yaml:1: book `own/a` has no version ``; it has 1.9, 1.10"),
    "nonsense": ("own/a@../x", "case.yaml:1: book `own/a` has no version `../x`; it has 1.9, 1.10"),
}


@pytest.mark.parametrize(("reference", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_reference_is_named_with_what_there_is(
    shelf: Shelf, reference: str, message: str
) -> None:
    for number in ("1.9", "1.10"):
        shelf.put(f"a-{number}.yaml", BOOK.format(id="own/a", version=number))
    with pytest.raises(BookError) as caught:
        Library(folders=["mine"]).source(reference, "case.yaml:1")
    assert str(caught.value) == message


def test_without_any_books_the_message_says_so() -> None:
    with pytest.raises(BookError, match="unknown book `own/a`; no books are installed"):
        Library().source("own/a")


def test_what_lies_astray_in_a_folder_refuses_only_what_needs_it(shelf: Shelf) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1") + SMALL)
    shelf.put("b.yaml", BOOK.format(id="own/a", version="1") + SMALL)
    shelf.put("c.yaml", "book: own/c\n")
    shelf.put("d.yaml", BOOK.format(id="own/d", version="1") + SMALL)
    shelf.put("e.yaml", BOOK.format(id="own/d", version="new"))
    shelf.put("f.yaml", BOOK.format(id="own/f", version="1") + SMALL)
    shelf.put("notes.yaml", "services: {}\n")
    (shelf.folder / "x.yaml").write_bytes(b"book: own/\xff\n")
    twice = "mine/b.yaml: book `own/a@1` stands already in `mine/a.yaml`"
    unsaid = "mine/c.yaml: is not a rule book: no line `version: …` stands at the left margin"
    untold = "mine/e.yaml:2: version: `new` is not a version, such as `1.0.0`"
    library = Library(folders=["mine"])
    assert {one.text() for one in library.astray} == {
        twice,
        unsaid,
        untold,
        "mine/notes.yaml: is not a rule book: no line `book: …` stands at the left margin",
        "mine/x.yaml: is not UTF-8 text",
    }
    assert library.find("own/f").id == "own/f"
    # The version that is named is there, whatever the other may be.
    assert library.find("own/d@1").version == "1"
    for reference, line in (
        ("own/a", twice),
        ("own/a@1", twice),
        ("own/c", unsaid),
        ("own/d", untold),
    ):
        with pytest.raises(BookError) as caught:
            library.find(reference)
        assert str(caught.value) == line


def test_a_folder_that_is_not_there_and_a_file_that_is_named_are_refused(shelf: Shelf) -> None:
    shelf.put("c.yaml", "book: own/c\n")
    with pytest.raises(BookError) as caught:
        Library(folders=["mine/c.yaml", "nowhere"])
    assert str(caught.value).splitlines() == [
        "mine/c.yaml: is not a rule book: no line `version: …` stands at the left margin",
        "nowhere: there is no such file or folder",
    ]


def test_a_book_that_is_read_is_not_what_it_wants(shelf: Shelf) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1") + "sector: own\nextends: own/b\n")
    with pytest.raises(BookError) as caught:
        Library(folders=["mine"]).find("own/a")
    assert str(caught.value) == "mine/a.yaml:5: extends: unknown book `own/b`"


def test_without_a_folder_of_books_the_message_says_how_one_is_named(shelf: Shelf) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1"))
    with pytest.raises(BookError) as caught:
        Library(scan(Path("mine"), "mine").sources).source("city/pool", "case.yaml:1")
    assert str(caught.value) == (
        "case.yaml:1: unknown book `city/pool`; a folder with further books is named by `--books`"
    )


def test_a_book_is_parsed_once_and_only_when_asked_for(shelf: Shelf) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1") + SMALL)
    shelf.put("b.yaml", BOOK.format(id="own/b", version="1") + "nonsense: [")
    library = Library(folders=["mine"])
    book = library.find("own/a@1")
    assert (book.id, book.version, book.origin) == ("own/a", "1", "mine/a.yaml")
    assert library.find("own/a") is book
    with pytest.raises(BookError, match=r"mine/b\.yaml"):
        library.find("own/b")


def test_a_tailored_book_finds_its_base_and_the_clauses_of_both(shelf: Shelf) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1.0") + SMALL)
    shelf.put(
        "b.yaml", BOOK.format(id="own/b", version="1") + "sector: hospital\nextends: own/a@1\n"
    )
    shelf.put(
        "clauses/a.csv",
        'id,kind,zh,en,figure\nA1,requirement,甲,First,\nA2,target,乙,"Second, too",> 95%\n',
    )
    shelf.put("../clauses/b.csv", "\ufeffid,kind,zh,en,figure\r\nB1,requirement,丙,Third,\r\n")
    library = Library(folders=["mine"])
    assert library.find("own/b").points == 100 * 100
    assert [tuple(clause) for clause in library.clauses("own/b").values()] == [
        ("A1", "requirement", ("甲", "First"), ""),
        ("A2", "target", ("乙", "Second, too"), "> 95%"),
        ("B1", "requirement", ("丙", "Third"), ""),
    ]
    shelf.put("b.yaml", BOOK.format(id="own/b", version="1") + "sector: hospital\nextends: own/c\n")
    with pytest.raises(BookError, match=r"mine/b\.yaml:5: extends: unknown book `own/c`"):
        Library(folders=["mine"]).find("own/b")


INVENTORIES = {
    "other columns": (
        "id,zh\n",
        "mine/clauses/a.csv:1: the columns must be `id,kind,zh,en,figure`",
    ),
    "nothing": ("", "mine/clauses/a.csv:1: the columns must be `id,kind,zh,en,figure`"),
    "every fault": (
        "id,kind,zh,en,figure\nA1,requirement,甲\n,x,甲,First,\nA1,x,甲,First,\n\nA1,x,甲,First,\n",
        (
            "mine/clauses/a.csv:2: has 3 cells where 5 are wanted\n"
            "mine/clauses/a.csv:3: `id` and `kind` must not be empty\n"
            "mine/clauses/a.csv:6: clause `A1` stands already in line 4"
        ),
    ),
    "an open quotation": (
        'id,kind,zh,en,figure\nA1,x,"甲',
        "mine/clauses/a.csv:2: a quotation mark or separator is out of place",
    ),
}


@pytest.mark.parametrize(("text", "message"), INVENTORIES.values(), ids=INVENTORIES)
def test_a_bad_inventory_of_clauses_is_told_line_by_line(
    shelf: Shelf, text: str, message: str
) -> None:
    shelf.put("a.yaml", BOOK.format(id="own/a", version="1"))
    shelf.put("clauses/a.csv", text)
    with pytest.raises(BookError) as caught:
        Library(folders=["mine"]).clauses("own/a")
    assert str(caught.value) == message


SMALL = """
sector: hospital
facts:
  staff: {type: integer, min: 0, title: {zh: 人数, en: Staff}}
sections:
  - {id: all, title: {zh: 全部, en: All}, points: 100}
rules:
  - {id: staffed, title: {zh: 有人, en: Staffed}, section: all, dimension: service, method: records, requires: staff >= 1, points: 100, basis: default}
grades:
  - {id: pass, title: {zh: 合格, en: Pass}, at_least: 60}
  - {id: fail, title: {zh: 不合格, en: Fail}, at_least: 0}
"""

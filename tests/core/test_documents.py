"""The reference pages say what the code does: keys, functions, limits, words, messages, and every
example.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]  # it brings no types
import pytest
import yaml
from foreign import forms
from pages import PAGES, ROOT, Fence, code, fences, tables
from pydantic import BaseModel

from steelyard import archive, load_book, located_yaml
from steelyard.book import document
from steelyard.book.model import DIMENSIONS, METHODS, RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.book.reading.rules import Z_SQUARED
from steelyard.book.reading.vocabulary import MOMENTS, Vocabulary
from steelyard.book.schema import book_schema
from steelyard.book.tailoring import inherit
from steelyard.book.tailoring.inherit import resolve
from steelyard.case.environment import CaseWorld
from steelyard.case.model import Case
from steelyard.case.reading import parse_values, read, records
from steelyard.case.reading.read import parse_case
from steelyard.comparison import weights
from steelyard.comparison.listing import read_rules
from steelyard.errors import BookError, ExpressionError
from steelyard.expression import scan as scanning
from steelyard.expression import types
from steelyard.expression.functions.table import CORE
from steelyard.expression.parse import Scope, parse
from steelyard.expression.reference import Evaluation, half_away
from steelyard.expression.types import Boolean, Date, Number
from steelyard.expression.values import Bounds, Truth
from steelyard.forms import entries
from steelyard.forms.table import FORMS
from steelyard.judging.assessment import weigh
from steelyard.judging.ledger import Step
from steelyard.judging.shown import shown_of
from steelyard.located_yaml import load
from steelyard.plan.efforts import read_efforts
from steelyard.testing.tables import read_table

BOOKS_PAGE = (ROOT / "docs" / "rule-books.md").read_text("utf-8")
EXPRESSIONS_PAGE = (ROOT / "docs" / "expressions.md").read_text("utf-8")
BOOKS_TABLES, EXPRESSIONS_TABLES = tables(BOOKS_PAGE), tables(EXPRESSIONS_PAGE)
REAL_BOOKS = sorted(ROOT.glob("plugins/*/*/books/*.yaml"))

BookEntry = document.book_entry(tuple(FORMS.values()))
"""A book whose rules may be of any of the core's forms."""


def inside(model: type[BaseModel], key: str) -> type[BaseModel]:
    """Return the model of what stands under a key."""
    todo: list[Any] = [model.model_fields[key].annotation]
    while todo:
        one = todo.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
        todo.extend(get_args(one))
    raise AssertionError(key)


RuleEntry = inside(BookEntry, "rules")
MODELS: dict[str, type[BaseModel]] = {
    "Book": BookEntry,
    "Title": entries.TitleEntry,
    "Effective": document.Span,
    "Bonus pot": document.PotEntry,
    "Parameters": document.ParameterEntry,
    "Facts and fields": document.FactEntry,
    "Parties and registers": document.Columns,
    "Sections": document.SectionEntry,
    "Exceptions": document.ExceptionEntry,
    "Rules": RuleEntry,
    "Checklist items": inside(RuleEntry, "checklist"),
    "Bands": inside(RuleEntry, "bands"),
    "Demerits": inside(RuleEntry, "demerit"),
    "Bonus groups": document.GroupEntry,
    "Limiters": document.LimiterEntry,
    "Effects": document.EffectEntry,
    "Measures": document.MeasureEntry,
    "Consequences": document.ConsequenceEntry,
    "Stages": document.StageEntry,
    "Windows": document.WindowEntry,
    "Deliverables": document.DeliverableEntry,
    "Ladder": document.RungEntry,
    "Grades": document.GradeEntry,
    "Tailoring": document.TailorEntry,
}


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys of a part of a book as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def documented(table: list[list[str]]) -> list[str]:
    """Return the keys that a table documents."""
    return [key for row in table[1:] for key in code(row[0])]


def table_of(found: dict[str, list[list[list[str]]]], heading: str, first: str) -> list[list[str]]:
    """Return the one table under a heading whose first column bears a name."""
    [table] = [one for one in found[heading] if one[0][0] == first]
    return table


# Keys


@pytest.mark.parametrize(("heading", "model"), MODELS.items(), ids=MODELS)
def test_every_key_of_a_part_is_documented_and_no_other(
    heading: str, model: type[BaseModel]
) -> None:
    assert sorted(documented(table_of(BOOKS_TABLES, heading, "key"))) == sorted(keys_of(model))


def test_every_part_of_a_book_has_a_table() -> None:
    parts = {
        one.__name__
        for module in (document, entries)
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, BaseModel) and one not in {BaseModel, entries.Strict, entries.FormKeys}
    }
    forms = {"BandEntry", "DemeritEntry"}
    assert parts | forms == {one.__name__ for one in MODELS.values()}
    keyed = {
        heading
        for heading, found in BOOKS_TABLES.items()
        if any(one[0][0] == "key" for one in found)
    }
    assert keyed == {*MODELS, "The case"}


@pytest.mark.parametrize(("heading", "model"), MODELS.items(), ids=MODELS)
def test_what_is_required_is_documented_as_required(heading: str, model: type[BaseModel]) -> None:
    told = {
        key: row[-1] for row in table_of(BOOKS_TABLES, heading, "key")[1:] for key in code(row[0])
    }
    for name, field in model.model_fields.items():
        if field.is_required():
            assert told[field.alias or name] == "required"


def test_the_keys_of_a_case_are_documented_and_no_other() -> None:
    assert documented(table_of(BOOKS_TABLES, "The case", "key")) == list(read.KEYS)


def test_forms_methods_and_dimensions_are_documented() -> None:
    form_line = re.search(r"Exactly one of the eight forms: (.*)", BOOKS_PAGE)
    assert form_line is not None
    assert set(code(form_line[1])) == {
        "requires",
        "checklist",
        "graded",
        "banded",
        "proportional",
        "demerit",
        "stage",
        "judged",
    }
    dimension = next(
        row for row in table_of(BOOKS_TABLES, "Rules", "key") if row[0] == "`dimension`"
    )
    assert tuple(code(dimension[1])) == DIMENSIONS
    said = re.search(r"`method` is how evidence is gathered: ((?:`\w+`[,.\s]*)+)", BOOKS_PAGE)
    assert said is not None
    assert tuple(code(said[1])) == METHODS


def test_ledger_steps_are_documented() -> None:
    steps = set(get_args(Step))
    section = BOOKS_PAGE.partition("## How a case is scored")[2].partition("## The case")[0]
    assert steps == set(re.findall(r"^[0-9]\. `(\w+)`", section, re.MULTILINE))


WORDS = {
    "yes": parse_values.YES,
    "no": parse_values.NO,
    "not applicable (a checklist item)": parse_values.NOT_APPLICABLE,
    "not known": parse_values.UNKNOWN_WORDS,
    "none (where it may be none)": parse_values.NONE_WORDS,
    "not done (a deliverable)": parse_values.NOT_DONE,
}


def test_every_word_that_a_clerk_may_write_is_documented_and_no_other() -> None:
    table = table_of(BOOKS_TABLES, "The case", "meaning")
    assert {row[0]: frozenset(code(row[1])) for row in table[1:]} == WORDS


# Functions and limits


def test_every_function_is_documented_and_no_other() -> None:
    told = [
        code(row[0])[0].partition("(")[0]
        for row in table_of(EXPRESSIONS_TABLES, "Functions", "function")[1:]
    ]
    assert sorted(told) == sorted(CORE.names)


@pytest.mark.parametrize("name", CORE.names)
def test_a_function_takes_the_documented_arguments(name: str) -> None:
    rows = table_of(EXPRESSIONS_TABLES, "Functions", "function")[1:]
    [signature] = [code(row[0])[0] for row in rows if code(row[0])[0].startswith(f"{name}(")]
    arguments = signature[len(name) + 1 : -1].split(", ")
    if name in CORE.aggregates:
        wanted = {
            "none": [],
            "condition": ["cond"],
            "number": ["value"],
            "ranged": ["value"],
            "field": ["field"],
        }[CORE.aggregates[name].value]
        assert arguments == ["T", *wanted, "when"]
        return
    entry = CORE.scalars[name]
    if arguments[-1] == "…":
        assert (entry.least, entry.most) == (len(arguments) - 1, 9)
    elif arguments[-1] == "places":
        assert (entry.least, entry.most) == (1, 2)
    else:
        assert entry.least == entry.most == len(arguments)


def test_every_limit_of_expressions_is_the_codes_own() -> None:
    assert {
        row[0]: row[1] for row in table_of(EXPRESSIONS_TABLES, "What is refused", "limit")[1:]
    } == {
        "characters": str(scanning.LONGEST),
        "words and signs": str(scanning.MOST_TOKENS),
        "open brackets": str(scanning.DEEPEST_BRACKETS),
        "`else` in one expression": str(scanning.DEEPEST_BRACKETS),
        "`not`, `-`, `+` in a row": str(scanning.LONGEST_PREFIX),
        "depth of the tree": str(scanning.DEEPEST),
        "decimals": str(types.SCALE_CAP),
        "digits": str(types.DIGITS),
        "size of a number": power(types.WIDEST),
        "records of a register, in bounds": power(types.MOST),
    }


def power(number: int) -> str:
    """Return a power of ten as it is printed."""
    exponent = len(str(number)) - 1
    assert number == 10**exponent
    return "10" + str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def test_confidences_are_the_codes_own() -> None:
    rows = table_of(EXPRESSIONS_TABLES, "Surveys and samples", "confident")[1:]
    assert {Decimal(one): Decimal(two) for one, two in rows} == {
        c: Decimal(z).scaleb(-6) for c, z in Z_SQUARED.items()
    }


def bound(model: type[BaseModel], key: str, name: str) -> int:
    """Return a bound that a key declares: `ge`, `le` or `max_length`."""
    found = model.model_fields[key].metadata
    annotated = [part for part in found if hasattr(part, name)]
    assert annotated, (model, key, name)
    value: int = getattr(annotated[0], name)
    return value


LIMITS = {
    "rows of a register": (BOOKS_PAGE, f"holds at most {records._MOST_ROWS:,} records"),
    "rows and columns of a table": (
        BOOKS_PAGE,
        f"at most {archive.MOST_ROWS:,} rows and {archive.MOST_COLUMNS:,} columns",
    ),
    "size of a table": (BOOKS_PAGE, f"a file {archive.MOST_BYTES // 2**20} MiB"),
    "size of a document": (BOOKS_PAGE, f"(YAML and JSON {located_yaml.LONGEST // 2**20} MiB)"),
    "depth": (BOOKS_PAGE, f"depth over {located_yaml.DEEPEST}"),
    "values": (BOOKS_PAGE, f"more than {located_yaml.LARGEST:,} values"),
    "books that extend each other": (BOOKS_PAGE, f"At most {inherit._DEEPEST} books deep"),
    "decimals of points": (BOOKS_PAGE, f"0 to {bound(BookEntry, 'decimals', 'le')} | 2 |"),
    "weight of an item": (
        BOOKS_PAGE,
        (
            f"{bound(inside(RuleEntry, 'checklist'), 'weight', 'ge')} to "
            f"{bound(inside(RuleEntry, 'checklist'), 'weight', 'le')} | 1 |"
        ),
    ),
    "downgrade": (
        BOOKS_PAGE,
        f"so many grades lower, 0 to {bound(document.EffectEntry, 'downgrade', 'le')};",
    ),
    "year of a rung": (BOOKS_PAGE, f"first, 1 to {bound(document.RungEntry, 'year', 'le')} |"),
    "moments": (EXPRESSIONS_PAGE, ", ".join(f"`{one}`" for one in MOMENTS)),
    "confidences": (BOOKS_PAGE, "0.8, 0.9, 0.95 or 0.99"),
}


@pytest.mark.parametrize(("page", "words_"), LIMITS.values(), ids=LIMITS)
def test_every_limit_of_books_and_cases_is_the_codes_own(page: str, words_: str) -> None:
    assert words_ in page


def test_reserved_names_of_fields_are_documented() -> None:
    from steelyard.book.reading.fields import RESERVED, RESERVED_OF_PARTIES

    said = re.search(
        r"A field cannot be called ((?:`\w+`[,\s]*)+)a\s+party's nor ((?:`\w+`[\sor]*)+)",
        BOOKS_PAGE,
    )
    assert said is not None
    assert set(code(said[1])) == RESERVED
    assert set(code(said[2])) == RESERVED_OF_PARTIES


# Examples


def yaml_fences() -> Iterator[tuple[str, Path, Fence]]:
    for page in PAGES:
        found = [one for one in fences(page.read_text("utf-8")) if one.language in {"yaml", "yml"}]
        yield from (
            (f"{page.relative_to(ROOT)}-{number}", page, one) for number, one in enumerate(found, 1)
        )


def is_book(text: str) -> bool:
    """Whether a fence holds a whole book."""
    return bool(
        re.search(r"^book:", text, re.MULTILINE) and re.search(r"^version:", text, re.MULTILINE)
    )


def is_case(text: str) -> bool:
    """Whether a fence holds a whole case."""
    return bool(
        re.search(r"^book:", text, re.MULTILINE) and re.search(r"^subject:", text, re.MULTILINE)
    )


def on_the_page(page: Path) -> Callable[[str], tuple[str, str]]:
    """Return a way to find the books that a page shows."""
    shown = [
        one.body
        for one in fences(page.read_text("utf-8"))
        if one.language == "yaml" and is_book(one.body)
    ]
    by_id = {str(load(text, "page")["book"]): text for text in shown}  # type: ignore[index, call-overload]
    return lambda reference: (by_id[reference.partition("@")[0]], reference)


@pytest.mark.parametrize(
    ("page", "fence"),
    [(p, f) for _, p, f in yaml_fences()],
    ids=[name for name, _, _ in yaml_fences()],
)
def test_an_example_loads(page: Path, fence: Fence) -> None:
    base = on_the_page(page)
    if is_book(fence.body):
        parse_book(fence.body, "example", base=base, forms=forms())
    elif is_case(fence.body):
        read_on(page, fence.body)
    elif fence.body.startswith("- name:"):
        assert not any(one.faults for one in read_table(fence.body, "table"))
    elif fence.body.startswith("weights:"):
        assert weights.read(fence.body, "weights")
    elif fence.body.startswith("lists:"):
        assert read_rules(fence.body, "lists")
    elif re.match(r"rules: \{\w+: [\d.]+\}", fence.body):
        assert read_efforts(fence.body, "efforts", load_book("hospital/nine-prohibitions"))
    else:
        # A part of a book: its form alone is checked, since its names stand elsewhere.
        head = "book: a/part\nversion: 1.0.0\nsector: part\n"
        grades = (
            ""
            if re.search(r"^grades:", fence.body, re.MULTILINE)
            else "grades: [{id: any, at_least: 0}]\n"
        )
        BookEntry.model_validate(load(f"{head}{grades}{fence.body}", "part", BookError))


def read_on(page: Path, text: str) -> tuple[RuleBook, Case]:
    """Read a case of a page against the book that the page shows."""
    base = on_the_page(page)
    said = load(text, "case")
    reference = read.book_of(said, "case")[0]
    book = parse_book(*base(reference), base=base, forms=forms())
    return book, parse_case(said, book, "case")


def test_the_example_scores_what_the_page_says() -> None:
    page = ROOT / "docs" / "rule-books.md"
    [example] = [
        one.body for one in fences(BOOKS_PAGE) if one.language == "yaml" and is_case(one.body)
    ]
    found = weigh(*read_on(page, example))
    said = re.search(r"It scores (\d+) to (\d+) and is graded (\w+) to (\w+)", BOOKS_PAGE)
    assert said is not None
    grades = [found.grade_id(place) for place in (found.standing.low, found.standing.high)]
    assert [found.low, found.high, *grades] == [
        Decimal(said[1]),
        Decimal(said[2]),
        said[3],
        said[4],
    ]


def test_the_example_uses_every_form_and_every_part() -> None:
    [example] = [
        one.body
        for one in fences(BOOKS_PAGE)
        if one.language == "yaml" and one.file == "books/library.yaml"
    ]
    book = load(example, "example")
    assert isinstance(book, dict)
    assert set(keys_of(BookEntry)) - set(book) == {
        "extends",
        "tailor",
        "notes",
        "points",
        "decimals",
        "accepts",
        "exceptions",
        "forms",
    }
    rules = {key for rule in book["rules"] or () for key in rule or ()}
    assert {
        "requires",
        "checklist",
        "graded",
        "banded",
        "proportional",
        "demerit",
        "stage",
        "judged",
        "bonus",
    } <= rules


# What an author must know

SAID: dict[str, tuple[str, dict[str, Any], tuple[str, str, str, str]]] = {
    "a fact not given is unknown": (
        "A *fact* not given is unknown",
        {"facts": {"tidiness": None}},
        ("tidy", "unknown", "0.00", "10.00"),
    ),
    "a field not given may be unknown": (
        "A record's *field* not given is what its `missing` says",
        {},
        ("complaints", "unknown", "16.00", "18.00"),
    ),
    "a register as a list is complete": (
        "A *register* given as a list is complete",
        {"records": {"complaints": []}},
        ("complaints", "pass", "20.00", "20.00"),
    ),
    "a register may be left open": (
        "with `complete: false` more\n  records may exist",
        {"records": {"complaints": {"complete": "false", "rows": []}}},
        ("complaints", "unknown", "0.00", "20.00"),
    ),
    "a register not given is open": (
        "one not given is open and empty",
        {"records": {}},
        ("complaints", "unknown", "0.00", "20.00"),
    ),
    "a bonus must be claimed": (
        "a fact not given is none, so a comparison with it is\n  false",
        {"facts": {"award": None}},
        ("city-award", "fail", "0.00", "0.00"),
    ),
    "undefined does not apply": (
        "or a survey that asked nobody, is\n  *undefined*: the rule does not apply",
        {"facts": {"satisfaction": "0/0"}},
        ("readers-pleased", "not_applicable", "0.00", "0.00"),
    ),
    "what is late": ("Done late earns `late`", {}, ("reports", "partial", "7.50", "7.50")),
    "an open window is not asked": (
        "A deliverable not done while its window is open is not asked.",
        {"as_of": "2026-07-30", "facts": {"report_written": None, "report_published": "none"}},
        ("reports", "unknown", "0.00", "10.00"),
    ),
    "an open window asks nothing": (
        "not asked.",
        {"as_of": "2026-07-30", "facts": {"report_written": "none", "report_published": "none"}},
        ("reports", "not_applicable", "0.00", "0.00"),
    ),
    "the last day asks": (
        "On the window's last day it is.",
        {"as_of": "2026-07-31", "facts": {"report_written": "none", "report_published": "none"}},
        ("reports", "fail", "0.00", "0.00"),
    ),
    "done after as_of is not done": (
        "done after `as_of` is not done yet",
        {"as_of": "2026-08-01"},
        ("reports", "partial", "5.00", "5.00"),
    ),
    "as_of chooses parameters": (
        "chooses parameters",
        {"as_of": "2027-01-01"},
        ("lending", "fail", "0.00", "0.00"),
    ),
    "a waiver holds on its last day": (
        "`until` is included",
        {"waivers": [{"rule": "tidy", "authority": "city", "until": "2026-12-31"}]},
        ("tidy", "waived", "0.00", "0.00"),
    ),
    "evidence that disagrees about a number": (
        "makes a range from the\nleast to the greatest",
        {"facts": {"borrowers": ["1000", "1200"]}},
        ("reach", "unknown", "5.00", "6.00"),
    ),
    "evidence that disagrees about a word": (
        "(of words and ticks: unknown)",
        {"facts": {"tidiness": ["A", "B"]}},
        ("tidy", "unknown", "0.00", "10.00"),
    ),
    "a typed range": (
        "A range may be typed: `80..90`",
        {"facts": {"borrowers": "1000..1200"}},
        ("reach", "unknown", "5.00", "6.00"),
    ),
}


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the finding of the page's case, some of it said otherwise."""
    page = ROOT / "docs" / "rule-books.md"
    [example] = [
        one.body for one in fences(BOOKS_PAGE) if one.language == "yaml" and is_case(one.body)
    ]
    book, _ = read_on(page, example)
    said = inherit.plain(load(example, "case"))
    assert isinstance(said, dict)
    facts = {
        key: value
        for key, value in (said["facts"] | changes.get("facts", {})).items()
        if value is not None
    }
    return weigh(
        book, parse_case(located_yaml.mark(said | changes | {"facts": facts}, "case"), book, "case")
    ).to_json()


@pytest.mark.parametrize(("sentence", "changes", "expected"), SAID.values(), ids=SAID)
def test_what_an_author_must_know_is_so(
    sentence: str, changes: dict[str, Any], expected: tuple[str, str, str, str]
) -> None:
    assert sentence in BOOKS_PAGE
    [found] = [one for one in changed(changes)["findings"] if one["rule"] == expected[0]]
    assert (found["outcome"], found["points"]["low"], found["points"]["high"]) == expected[1:]


def test_a_section_none_of_whose_rules_applies_shares_its_points() -> None:
    assert (
        "a section none of whose rules applies shares its points over\n  the other sections"
        in BOOKS_PAGE
    )
    order = ("house", "tidy", "reports", "story")
    waivers = [{"rule": rule, "authority": "city", "until": "2026-12-31"} for rule in order]
    found = changed({"waivers": waivers, "facts": {"award": None}, "records": {"complaints": []}})
    assert found["score"] == {"low": "90.83", "high": "90.83", "full": "100.00"}  # 54.5 of 60
    assert {"step": "redistribution", "id": "book", "low": "36.33", "high": "36.33"} in found[
        "ledger"
    ]


def test_when_nothing_applies_the_case_is_not_rated() -> None:
    assert "When nothing applies the case is not rated." in BOOKS_PAGE
    rules = [one["rule"] for one in changed({})["findings"]]
    assert (
        changed(
            {
                "waivers": [
                    {"rule": one, "authority": "city", "until": "2026-12-31"} for one in rules
                ]
            }
        )["not_rated"]
        == "yes"
    )


# Expressions as the page writes them


def example_of_expressions() -> tuple[Scope, RuleBook, Case]:
    """Return the names of the page's book, the book, and the page's case."""
    book_text, case_text = [one.body for one in fences(EXPRESSIONS_PAGE) if one.language == "yaml"]
    entry = BookEntry.model_validate(resolve(book_text, "page", inherit.no_base).table)
    vocabulary = Vocabulary(entry, lambda *_: "")
    vocabulary.build()
    assert not vocabulary.faults
    book, case = read_on(ROOT / "docs" / "expressions.md", case_text)
    return vocabulary.scope(), book, case


SCOPE, BOOK, CASE = example_of_expressions()


def rows(heading: str) -> list[tuple[str, str]]:
    """Return the rows of the table of written expressions under a heading."""
    return [
        (code(row[0])[0], row[1]) for row in table_of(EXPRESSIONS_TABLES, heading, "written")[1:]
    ]


@pytest.mark.parametrize(("text", "gives"), rows("What may be written"))
def test_an_expression_gives_what_the_page_says(text: str, gives: str) -> None:
    match parse(text, SCOPE).type:
        case Boolean():
            said = "a condition"
        case Date():
            said = "a date"
        case Number(scale=0):
            said = "a whole number"
        case Number(scale=scale):
            said = f"a number with {scale} decimal{'s' * (scale > 1)}"
        case other:
            said = str(other)
    assert said == gives


@pytest.mark.parametrize(("text", "reads"), rows("Two-sided values"))
def test_an_expression_reads_as_the_page_says(text: str, reads: str) -> None:
    node = parse(text, SCOPE)
    found = Evaluation(CaseWorld(shown_of(BOOK, CASE))).read(node)
    if isinstance(found, Truth):
        assert ("holds" if found.must else "open" if found.may else "does not hold") == reads
    else:
        assert isinstance(found, Bounds)
        low, _, high = reads.partition(" … ")
        places = node.type.scale if isinstance(node.type, Number) else 6
        assert [Fraction(low), Fraction(high or low)] == [
            half_away(end, places) for end in found[:2]
        ]


@pytest.mark.parametrize(("text", "message"), rows("What is refused"))
def test_an_expression_is_refused_with_the_message_that_the_page_gives(
    text: str, message: str
) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text, SCOPE)
    assert str(refused.value) == message


# The schema


class Plain(yaml.SafeLoader):
    """YAML as editors read it (the core schema of YAML 1.2): `on` is text, a date is text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _form, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", "~nN"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Plain.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(f"^(?:{_form})$"),
        [*_first, *([""] if _tag == "null" else [])],
    )


def as_plain(text: str) -> dict[str, Any]:
    """Return a book as the plain data that an editor checks."""
    said: dict[str, Any] = json.loads(json.dumps(yaml.load(text, Plain)))  # noqa: S506  # a safe loader of our own
    return said


ALL_BOOKS = {one.stem: one.read_text("utf-8") for one in REAL_BOOKS} | {
    name: f.body for name, _, f in yaml_fences() if is_book(f.body)
}


@pytest.mark.parametrize("text", ALL_BOOKS.values(), ids=ALL_BOOKS)
def test_the_schema_accepts_what_the_loader_accepts(text: str) -> None:
    validator = jsonschema.Draft202012Validator(book_schema(forms()))
    assert [
        f"{one.json_path}: {one.message}" for one in validator.iter_errors(as_plain(text))
    ] == []


WRONG: dict[str, dict[str, Any]] = {
    "a wrong key of the book": {"ruels": []},
    "a wrong key of a rule": {"rules": [{"id": "a", "point": 3}]},
    "a wrong key of a fact": {"facts": {"a": {"typ": "boolean"}}},
    "a wrong dimension": {"rules": [{"id": "a", "dimension": "servic"}]},
    "an id with capitals": {"sections": [{"id": "One", "points": 3}]},
    "no grades": {"grades": []},
    "a base without a list": {"extends": {"town/library@1": "lending"}},
    "a base in parts by kind": {"extends": {"town/library@1": {"rules": ["lending"]}}},
    "a base that is no id": {"extends": {"town library": ["lending"]}},
    "a list of mappings": {"extends": [{"town/library@1": ["lending"]}]},
    "a wrong way of tailoring": {"extends": "town/library", "tailor": {"sett": {}}},
    "clauses without their thing": {
        "extends": "town/library",
        "tailor": {"set": {"cites": ["A.1"]}},
    },
    "clauses in a mapping": {
        "extends": "town/library",
        "tailor": {"set": {"cites": {"lending": {"a": "A.1"}}}},
    },
    "points in a list": {"extends": "town/library", "tailor": {"set": {"points": [3]}}},
    "a wrong part to add": {
        "extends": "town/library",
        "tailor": {"add": {"itms": {"house": [{"id": "x"}]}}},
    },
    "items without their rule": {
        "extends": "town/library",
        "tailor": {"add": {"items": [{"id": "x"}]}},
    },
    "a wrong key of an item to add": {
        "extends": "town/library",
        "tailor": {"add": {"items": {"house": [{"id": "x", "titel": "X"}]}}},
    },
    "fields in a list": {
        "extends": "town/library",
        "tailor": {"add": {"fields": {"complaints": ["urgent"]}}},
    },
    "items to replace": {
        "extends": "town/library",
        "tailor": {"replace": {"items": {"house": [{"id": "x"}]}}},
    },
    "a length that is none": {
        "records": {"months": {"from_book": "town/branch", "every": "monthly"}}
    },
    "a roster in a list": {
        "records": {"months": {"from_book": "town/branch", "roster": ["branch"]}}
    },
    "a part's book that is no id": {"records": {"months": {"from_book": "branch month"}}},
}
RIGHT: dict[str, dict[str, Any]] = {
    "a whole base": {"extends": "town/library@1"},
    "bases": {"extends": ["town/library", "town/other@1.2"]},
    "a base in parts": {
        "extends": {"town/library@1": ["lending", "breaches.date"], "town/other": []}
    },
    "all that is tailored": {
        "extends": "town/library",
        "tailor": {
            "set": {
                "cites": {"lending": ["A.1"], "quiet_room": "A.2"},
                "points": {"lending": 3, "tidy": {"A": 4}},
                "parameters": {"floor": {"2026-07-01": 0.3}},
                "lending": {"requires": "lending_rate >= 0.3"},
            },
            "drop": {"story": {"zh": "无", "en": "none"}, "reach": "elsewhere"},
            "add": {
                "items": {"house": [{"id": "x"}]},
                "deliverables": {"half-year": [{"id": "y"}]},
                "fields": {"complaints": {"urgent": "boolean"}},
                "rules": [{"id": "more", "section": "order", "requires": "x", "points": 3}],
            },
            "replace": {"facts": {"tidiness": ["A", "B"]}},
        },
    },
    "rules to add": {
        "extends": "town/library",
        "tailor": {"add": [{"id": "more", "section": "order", "requires": "x", "points": 3}]},
    },
    "parts rolled up": {
        "records": {
            "months": {
                "from_book": "town/branch@1",
                "roster": "branches",
                "every": "month",
                "passed": {"is": "veto"},
            }
        }
    },
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=RIGHT)
def test_the_schema_knows_how_books_are_taken_over_and_rolled_up(change: dict[str, Any]) -> None:
    book = {
        "book": "town/own",
        "version": "1.0.0",
        "sector": "library",
        "grades": [{"id": "a", "at_least": 0}],
    }
    assert [
        f"{one.json_path}: {one.message}"
        for one in jsonschema.Draft202012Validator(book_schema()).iter_errors(book | change)
    ] == []


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_the_schema_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    [text] = [
        one.body
        for one in fences((ROOT / "README.md").read_text("utf-8"))
        if one.language == "yaml"
    ]
    wrong = as_plain(text) | change
    assert not jsonschema.Draft202012Validator(book_schema()).is_valid(wrong)
    with pytest.raises(BookError):
        parse_book(json.dumps(wrong), "wrong")


def test_the_schema_is_a_schema() -> None:
    assert book_schema()["title"] == "Steelyard rule book"
    jsonschema.Draft202012Validator.check_schema(book_schema())


def test_every_key_of_the_schema_is_described_in_both_languages() -> None:
    bare = []

    def look(part: object, path: str) -> None:
        if isinstance(part, dict):
            for key, said in part.get("properties", {}).items():
                zh, _, en = said.get("description", "").partition(" | ")
                if not re.search("[\u4e00-\u9fff]", zh) or not re.search("[A-Za-z]", en):
                    bare.append(f"{path}.{key}")
            for key, inner in part.items():
                look(inner, f"{path}/{key}")
        elif isinstance(part, list):
            for inner in part:
                look(inner, path)

    look(book_schema(), "")
    assert bare == []

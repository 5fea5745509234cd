"""The pytest plugin: case tables of anybody's rule books are tests, told in the book's words, with
the rules' coverage.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from itertools import islice
from pathlib import Path

import pytest
from asked import ALL_PAGES

# pytester forgets what a run inside this one imports, and some of it can be imported only once.
import steelyard.book.reading.load
import steelyard.testing.coverage
import steelyard.testing.items
import steelyard.testing.unmet
import steelyard.testing.weigh
from steelyard.book.library import Library

pytest_plugins = "pytester"

ROOT = Path(__file__).parents[2]
BOOK = """\
book: museum/visitors
version: 1.0.0
sector: museum
title: {zh: 观众服务, en: Visitor service}
facts: {satisfaction: {type: survey, title: {zh: 观众满意度, en: Visitor satisfaction}}}
records: {thefts: {title: {zh: 失窃, en: Thefts}, proven: {type: boolean, title: {zh: 查实, en: Proven}}}}
sections: [{id: service, title: {zh: 服务, en: Service}, points: 100}]
rules:
  - {id: satisfied, title: {zh: 观众满意, en: Visitors are satisfied}, section: service, requires: satisfaction >= 0.9, points: 60}
  - {id: clean, title: {zh: 整洁, en: The halls are clean}, section: service, checklist: [{id: swept, title: {zh: 清扫, en: Swept}}], points: 40}
  - {id: prize, title: {zh: 获奖, en: A prize}, bonus: true, requires: satisfaction >= 0.99, points: 1}
bonus: 1
measures: {warned: {kind: sanction, title: {zh: 警告, en: Warned}}}
consequences: [{on: thefts, when: proven, falls_on: subject, all: [warned]}]
ladder: [{id: city, title: {zh: 市级, en: City}, year: 1, needs: score >= 80}]
grades: [{id: good, title: {zh: 良好, en: Good}, at_least: 60}, {id: poor, title: {zh: 待改进, en: Poor}, at_least: 0}]
"""
PLEASED = """\
- name: visitors are pleased
  case: {facts: {satisfaction: 99/100, swept: yes}, records: {thefts: []}}
  expect:
    findings: {satisfied: pass, clean: {outcome: pass, points: 40}, prize: {points: [1, 1], because: 99%}}
    grade: good
    score: {low: 100, high: 100}
    veto: "no"
    not_rated: no
    coverage: 1
    consequences: {}
    ladder: {city: "yes"}
"""
TIRED = """\
- name: visitors are tired, and something was stolen
  case: {facts: {satisfaction: 80/100, swept: no}, records: {thefts: [{proven: true}]}}
  expect: {findings: {satisfied: fail, clean: fail}, grade: {low: poor, high: poor}, consequences: {subject: [[[warned]]]}}
- name: only the halls were looked at
  case: {facts: {swept: yes}}
  expect: {score: [40, 100], consequences: {subject: []}}
- name: only visitors were asked
  case: {facts: {satisfaction: 80/100}}
  expect: {findings: {clean: unknown}}
"""
EMPTY = """\
- name: nothing is shown yet
  case:
  expect: {findings: {clean: unknown}}
"""


@pytest.fixture(scope="module", autouse=True)
def _read_before() -> None:
    """Read a book before pytester looks at what is imported, whichever test comes first."""
    steelyard.book.reading.load.parse_book(BOOK, "before.yaml")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return somebody's project with a book of their own."""
    for name in ("STEELYARD_BOOKS", "STEELYARD_PLUGINS", "STEELYARD_BLOCK", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    pytester.makeini("[pytest]\naddopts = -p no:hypothesispytest\nsteelyard_books = books\n")
    write(pytester, "books/visitors.yaml", BOOK)
    return pytester


def write(project: pytest.Pytester, name: str, text: str) -> None:
    """Write a file of the project."""
    path = project.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_entries_are_tests_and_all_rules_are_covered(project):
    write(project, "cases/visitors.yaml", PLEASED + TIRED)
    result = project.runpytest("--rule-coverage-under", "100", "-v")
    result.assert_outcomes(passed=4)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "cases/visitors.yaml::visitors are pleased PASSED*",
            "*= rule coverage =*",
            "museum/visitors@1.0.0  100%  rules: 3, consequence rows: 1, entries: 4",
        ]
    )


def test_a_failure_is_told_in_the_books_words(project):
    write(
        project,
        "cases/museum/visitors.yaml",
        "# One entry\n- name: tired\n  case: {facts: {satisfaction: 80/100}, records: "
        "{thefts: [{proven: yes}]}}\n"
        """\
  expect:
    findings: {satisfied: {outcome: pass, points: 60}, clean: {points: 40}, prize: {because: no prize}}
    grade: good
    score: 100
    veto: "yes"
    not_rated: yes
    coverage: 0.2
    consequences: {subject: []}
    ladder: {city: open}
""",
    )
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    said = result.stdout.str()
    assert "Traceback" not in said
    assert "Error" not in said
    assert (
        """\
cases/museum/visitors.yaml:2: tired
  rule `satisfied`, Visitors are satisfied: expected pass, 60 points, got fail, 0 points
      because visitor satisfaction 80% is below 90%
  rule `clean`, The halls are clean: expected unknown, 40 points, got unknown, 0 to 40 points
      because 0 of 1 items met; still to be shown: Swept
  reason of rule `prize`, A prize: expected no prize, got visitor satisfaction 80% is below 99%
  score: expected 100, got 0 to 40
  grade: expected good, got poor
  veto: expected yes, got no
  not rated: expected yes, got no
  coverage: expected 0.2, got 0.6
  consequences for `subject`: expected no consequence, got [[[warned]]]
  rung `city`: expected open, got no
"""
        in said
    )


def test_an_empty_case_leaves_no_rule_in_doubt(project):
    write(project, "cases/visitors.yaml", PLEASED + EMPTY)
    result = project.runpytest()
    lines = result.stdout.str()
    assert "never unknown: satisfied (Visitors are satisfied), clean (The halls are clean)" in lines


PROVEN = "records: {thefts: [{proven: true}]}"
MAYBE = "records: {thefts: [{}]}"
FOLLOWS = {
    "said certain, and is": (PROVEN, "{subject: [{all: [[warned]], certain: yes}]}", True),
    "said certain, and is possible": (MAYBE, "{subject: [{all: [[warned]], certain: yes}]}", False),
    "said possible, and is": (MAYBE, "{subject: [{all: [[warned]], certain: no}]}", True),
    "said possible, and is certain": (PROVEN, "{subject: [{all: [[warned]], certain: no}]}", False),
    "not said": (MAYBE, "{subject: [[[warned]]]}", True),
    "nothing else, and there is": (PROVEN, "{p-1: [], only: yes}", False),
    "nothing else, and nothing is": ("records: {thefts: []}", "{only: yes}", True),
    "others may": (PROVEN, "{p-1: []}", True),
    "one certain and one not": (
        "records: {thefts: [{}, {proven: true}]}",
        "{subject: [[[warned]], {all: [[warned]], certain: no}], only: yes}",
        True,
    ),
}


@pytest.mark.parametrize(("case", "wanted", "met"), FOLLOWS.values(), ids=FOLLOWS)
def test_a_table_says_what_follows_for_sure_and_that_nothing_else_does(project, case, wanted, met):
    entry = f"- {{name: a, case: {{{case}}}, expect: {{consequences: {wanted}}}}}\n"
    write(project, "cases/visitors.yaml", entry)
    project.runpytest().assert_outcomes(**{"passed" if met else "failed": 1})


def test_whether_a_consequence_is_certain_is_told(project):
    wanted = "{subject: [{all: [[warned]], certain: yes}]}"
    entry = f"- {{name: a, case: {{{MAYBE}}}, expect: {{consequences: {wanted}}}}}\n"
    write(project, "cases/visitors.yaml", entry)
    said = project.runpytest().stdout.str()
    assert (
        "consequences for `subject`: expected [[[warned]] certain], got [[[warned]] possible]"
        in said
    )


def test_a_test_in_python_counts_in_the_rules_coverage(project):
    write(project, "cases/visitors.yaml", PLEASED)
    write(
        project,
        "test_more.py",
        """\
from pathlib import Path
from steelyard.book.library import Library, scan
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark

def test_more(steelyard_exercised):
    library = Library(scan(Path("books"), "books").sources)
    book = library.find("museum/visitors")
    for facts in ({"satisfaction": "1/2"}, {"swept": "no"}):
        document = {"book": book.key, "subject": {"id": "m"}, "period": "2026", "facts": facts,
                    "records": {"thefts": [{"proven": "yes"}]}}
        steelyard_exercised(weigh(book, parse_case(mark(document, "made"), book, "made")))
""",
    )
    result = project.runpytest("--rule-coverage-under", "100")
    result.stdout.fnmatch_lines(["museum/visitors@1.0.0  100%  rules: 3, *, entries: 3"])
    assert result.ret == 0


def test_what_nothing_exercises_is_named(project):
    write(project, "cases/visitors.yaml", PLEASED)
    result = project.runpytest()
    assert result.ret == 0
    assert """\
museum/visitors@1.0.0  33%  rules: 3, consequence rows: 1, entries: 1
    never failed: satisfied (Visitors are satisfied), clean (The halls are clean), prize (A prize)
    never unknown: satisfied (Visitors are satisfied), clean (The halls are clean)
    consequence rows that never followed: 1 (books/visitors.yaml:14: consequences[1])
""" in result.stdout.str()


@pytest.mark.parametrize("how", ["option", "ini"])
def test_a_run_fails_under_a_figure(project, how):
    write(project, "cases/visitors.yaml", PLEASED)
    if how == "ini":
        project.makeini(
            "[pytest]\naddopts = -p no:hypothesispytest\nsteelyard_books = "
            "books\nrule_coverage_under = 33.4\n"
        )
    result = project.runpytest(*(["--rule-coverage-under", "33.4"] if how == "option" else []))
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["rule coverage of museum/visitors@1.0.0 is 33%, under 33.4%"])


@pytest.mark.parametrize(
    "words",
    [("-k", "pleased"), ("cases/visitors.yaml::visitors are pleased",)],
    ids=["by a word", "by its name"],
)
def test_part_of_the_entries_is_not_held_to_the_figure(project, words):
    write(project, "cases/visitors.yaml", PLEASED + TIRED)
    result = project.runpytest("--rule-coverage-under", "100", *words)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["not told: only part of the entries ran"])


@pytest.mark.parametrize("figure", ["x", "101", "-1"])
def test_a_figure_that_is_no_per_cent_is_refused(project, figure):
    result = project.runpytest(f"--rule-coverage-under={figure}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: rule-coverage-under: `{figure}` is not a number from 0 to 100"]
    )


def test_what_an_entry_exercised_survives_the_way_between_processes(project):
    write(project, "cases/visitors.yaml", PLEASED + TIRED)
    project.makeconftest("""
        import json, pytest
        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            sent = json.loads(json.dumps(item.config.hook.pytest_report_to_serializable(config=item.config, report=report)))
            return item.config.hook.pytest_report_from_serializable(config=item.config, data=sent)
    """)
    project.runpytest().stdout.fnmatch_lines(["museum/visitors@1.0.0  100%*"])


# Several processes

MORE = PLEASED.replace("visitors are pleased", "visitors are pleased elsewhere")
NO_TABLE = "cases/login.yaml: holds no case table, and is passed over"
WHOLE = "museum/visitors@1.0.0  100%  rules: 3, consequence rows: 1, entries: 5"
LACKING = (  # three rules passed of what nine would show: each failed, two unknown, the row too
    "    never unknown: satisfied (Visitors are satisfied), clean (The halls are clean)",
    "rule coverage of museum/visitors@1.0.0 is 33%, under 100%",
)
SHARED = {
    "what any of them covers counts": ({"a": TIRED, "b": PLEASED + MORE}, (), 0, [WHOLE]),
    "what none covers is told once": ({"a": PLEASED, "b": MORE}, (), 1, LACKING),
    "what is left out is not judged": (
        {"a": TIRED, "b": PLEASED + MORE}, ("--deselect", "cases/museum/a"), 0,
        ["not told: only part of the entries ran"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "words", "code", "lines"),
    [pytest.param(*one, id=name) for name, one in islice(SHARED.items(), None if ALL_PAGES else 1)],
)
def test_processes_that_share_a_run_tell_one_coverage(project, tables, words, code, lines):
    pytest.importorskip("xdist", reason="needs the package pytest-xdist")
    write(project, "cases/login.yaml", "- {name: login, expect: {status: 200}}\n")
    for name, text in tables.items():
        write(project, f"cases/museum/{name}/visitors.yaml", text)
    alone = ("-n", "2", "-p", "no:hypothesispytest")
    result = project.runpytest_subprocess(*alone, "--rule-coverage-under", "100", *words)
    assert result.ret == code
    told = result.stdout.str().splitlines()
    for line in (*lines, NO_TABLE):
        assert told.count(line) == 1, told


# Which files are tables, and of which book


def test_files_of_others_are_left_alone(project):
    write(
        project, "cases/login.yaml", "- {name: login, request: {path: /}, expect: {status: 200}}\n"
    )
    write(project, "cases/tagged.yaml", "expect: !include other.yaml\n")
    write(
        project,
        "cases/list.yaml",
        "[1, {expect: {}}, [name, case], {name: [x], case: y, expect: [{}]}]\n",
    )
    write(
        project,
        "cases/visitors.yaml",
        "book: museum/visitors\nsubject: m-1\nperiod: '2026'\nfacts: {satisfaction: 9/10}\n",
    )
    write(project, "elsewhere/visitors.yaml", PLEASED)
    result = project.runpytest()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "rule coverage" not in result.stdout.str()


def test_what_is_passed_over_beside_tables_is_named(project):
    write(project, "cases/login.yaml", "- {name: login, expect: {status: 200}}\n")
    write(project, "cases/visitors.yaml", PLEASED)
    result = project.runpytest()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["cases/login.yaml: holds no case table, and is passed over"])


@pytest.mark.parametrize(
    "words",
    [("--steelyard-cases", "spec/tables"), ("spec/tables/visitors.yaml",)],
    ids=["named", "asked for"],
)
def test_other_folders_can_be_named(project, words):
    write(project, "spec/tables/visitors.yaml", PLEASED)
    project.runpytest(*words).assert_outcomes(passed=1)


def test_a_folder_may_be_named_by_its_whole_path(project):
    write(project, "spec/tables/visitors.yaml", PLEASED)
    project.runpytest("--steelyard-cases", str(project.path / "spec")).assert_outcomes(passed=1)


def test_in_folders_that_the_project_names_every_file_is_a_table(project):
    project.makeini(
        "[pytest]\naddopts = -p no:hypothesispytest\nsteelyard_books = "
        "books\nsteelyard_cases = tables\n"
    )
    write(project, "tables/login.yaml", "status: 200\n")
    write(project, "cases/visitors.yaml", PLEASED)
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "tables/login.yaml:1: is no table of cases: a list of entries with `name`, "
                "`case` and `expect` is wanted"
            )
        ]
    )


def test_a_case_may_name_its_book(project):
    write(
        project, "cases/mixed.yaml", PLEASED.replace("case: {", "case: {book: museum/visitors@1, ")
    )
    project.runpytest().assert_outcomes(passed=1)


def test_an_installed_book_is_found_by_its_folder_or_its_stem(project):
    entry = "- {name: empty, case: {}, expect: {score: {low: 0, high: 100}}}\n"
    write(project, "cases/hospital/nine-prohibitions.yaml", entry)
    write(project, "cases/street-office.yaml", entry)
    result = project.runpytest()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["community/street-office@*", "hospital/nine-prohibitions@*"])


def test_a_stem_of_two_books_is_not_guessed(project):
    write(
        project,
        "books/garden.yaml",
        BOOK.replace("museum/visitors", "garden/visitors").replace(
            "sector: museum", "sector: garden"
        ),
    )
    write(project, "cases/visitors.yaml", PLEASED)
    write(project, "cases/garden/visitors.yaml", PLEASED)
    result = project.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "cases/visitors.yaml: may be about any of garden/visitors, museum/visitors: "
                "name one as `book:` in the case, or the folder after the sector"
            ),
        ]
    )


def test_a_table_of_no_book_says_so(project):
    write(project, "cases/visitor.yaml", PLEASED)
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "cases/visitor.yaml:1: no book is called after this file: name one as "
                "`book:` in the case, or call the file SECTOR/BOOK.yaml"
            ),
        ]
    )


def test_a_broken_book_fails_its_entries_by_name(project):
    write(
        project, "books/visitors.yaml", BOOK.replace("satisfaction >= 0.9,", "satisfacton >= 0.9,")
    )
    write(project, "cases/visitors.yaml", PLEASED)
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "books/visitors.yaml:9: rules.satisfied.requires: unknown name "
                "`satisfacton`; did you mean `satisfaction`?"
            )
        ]
    )


# Bad tables

AT = "cases/visitors.yaml"
BAD = {
    "not a list": (
        "name: x\ncase: {}\nexpect: {}\n",
        [
            (
                f"{AT}:1: is no table of cases: a list of entries with `name`, `case` and "
                f"`expect` is wanted"
            )
        ],
    ),
    "empty": (
        "# nothing\n",
        [
            (
                f"{AT}: is no table of cases: a list of entries with `name`, `case` and "
                f"`expect` is wanted"
            )
        ],
    ),
    "an empty list": ("[]\n", [f"{AT}: holds no entry"]),
    "no YAML": ("- [1, 2\n- x", [f"{AT}:3: is not valid YAML: did not find expected ',' or ']'"]),
    "an unknown key": (
        "- {name: a, cases: {}, expect: {}}\n",
        [f"{AT}:1: unknown key `cases`; did you mean `case`?"],
    ),
    "an unknown key in expect": (
        "- {name: a, expect: {finding: {}}}\n",
        [f"{AT}:1: unknown key `finding`; did you mean `findings`?"],
    ),
    "an unknown key of a finding": (
        "- {name: a, expect: {findings: {clean: {point: 3}}}}\n",
        [f"{AT}:1: unknown key `point`; did you mean `points`?"],
    ),
    "an unknown rule": (
        "- name: a\n  expect:\n    findings:\n      cleen: pass\n",
        [f"{AT}:4: cleen: unknown rule `cleen`; did you mean `clean`?"],
    ),
    "an unknown outcome": (
        "- {name: a, expect: {findings: {clean: passed}}}\n",
        [
            (
                f"{AT}:1: clean: `passed` is not one of pass, partial, fail, unknown, "
                f"not_applicable, waived; did you mean `pass`?"
            )
        ],
    ),
    "points that are no number": (
        "- {name: a, expect: {findings: {clean: {points: [many, 3]}}}}\n",
        [f"{AT}:1: clean.points: `many` is not a number"],
    ),
    "three points": (
        "- {name: a, expect: {score: [1, 2, 3]}}\n",
        [f"{AT}:1: score: a list here holds the least and the most"],
    ),
    "an unknown grade": (
        "- {name: a, expect: {grade: goood}}\n",
        [f"{AT}:1: grade: `goood` is not one of good, poor, vetoed; did you mean `good`?"],
    ),
    "an unknown veto": (
        "- {name: a, expect: {veto: maybe}}\n",
        [f"{AT}:1: veto: `maybe` is not one of no, possible, yes"],
    ),
    "an unknown measure": (
        "- {name: a, expect: {consequences: {subject: [[[warnd]]]}}}\n",
        [f"{AT}:1: consequences.subject: unknown measure `warnd`; did you mean `warned`?"],
    ),
    "consequences that are no list": (
        "- {name: a, expect: {consequences: {subject: warned}}}\n",
        [f"{AT}:1: consequences.subject: a list of consequences is wanted, each a list of options"],
    ),
    "an unknown rung": (
        "- {name: a, expect: {ladder: {cty: yes}}}\n",
        [f"{AT}:1: ladder.cty: unknown rung `cty`; did you mean `city`?"],
    ),
    "a faulty case": (
        "- name: a\n  case:\n    facts: {satisfaction: 180/100, swpt: yes}\n  expect: {}\n",
        [
            f"{AT}:3: facts.satisfaction: 180 out of 100 cannot be",
            f"{AT}:3: facts.swpt: unknown fact `swpt`; did you mean `swept`?",
        ],
    ),
    "a case that is no mapping": (
        "- {name: a, case: 3, expect: {}}\n",
        [f"{AT}:1: case: a mapping is wanted"],
    ),
    "an unknown book": (
        "- {name: a, case: {book: museum/visitor}, expect: {}}\n",
        [f"{AT}:1: unknown book `museum/visitor`; did you mean `museum/visitors`?"],
    ),
    "no expectation": ("- {name: a, case: {}}\n", [f"{AT}:1: `expect` is missing"]),
    "no name": (
        "- {case: {}, expect: {}}\n",
        [f"{AT}:1: name: says nothing; what the case shows is wanted"],
    ),
    "a name twice": (
        "- {name: a, expect: {}}\n- {name: a, expect: {}}\n",
        [f"{AT}:2: an entry of this name stands already at {AT}:1"],
    ),
    "an entry that is no mapping": (
        "- {name: a, expect: {}}\n- 17\n",
        [f"{AT}:2: an entry is a mapping with `name`, `case` and `expect`"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), BAD.values(), ids=BAD)
def test_a_bad_table_is_a_named_failure_with_its_place(project, text, lines):
    write(project, AT, text)
    result = project.runpytest("--no-header", "-rN")
    assert result.parseoutcomes()["failed"] == 1
    assert "errors" not in result.parseoutcomes()
    told = result.stdout.str()
    assert "Traceback" not in told
    assert [line for line in told.splitlines() if line.startswith(AT + ":")] == lines


def test_what_is_no_text_is_a_named_failure(project):
    write(project, AT, "")
    (project.path / AT).write_bytes(b"\xff\xfe\x00")
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{AT}: is not UTF-8 text"])


# What it costs others, and this repository


def test_pytest_starts_without_books(tmp_path):
    told = "import json, sys, steelyard.testing.plugin; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert (
        loaded & {"pydantic", "yaml", "openpyxl", "numpy", "rich", "click", "sqlite_utils"} == set()
    )
    assert {
        name
        for name in loaded
        if name.startswith("steelyard.")
        and not name.startswith(("steelyard.testing", "steelyard.version"))
    } == set()


def test_every_book_of_the_plugins_has_a_table(library: Library):
    wanted = {source.id for source in library.sources}
    assert (
        wanted
        - {f"{path.parent.name}/{path.stem}" for path in (ROOT / "tests" / "cases").rglob("*.yaml")}
        == set()
    )


def test_this_repository_holds_its_tables_to_all_rules():
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    assert said["rule_coverage_under"] == "100"

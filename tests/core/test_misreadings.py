"""The wrong readings that tools/misread.py plants: which, and that a book with one is another."""

from __future__ import annotations

import copy
from pathlib import Path

import yaml
from misread import Trial, chosen
from misreadings import misreadings
from pages import ROOT

from steelyard.plugins.installed import Plugins

BOOK = """
parameters:
  floor: {values: {2020-01-01: 0.8}}
facts:
  shown: {is: count(acts) / size}
  size: {type: integer}
  first: {is: count(acts)}
records:
  acts: {kind: {type: {good: {}, bad: {}}}}
rules:
  - {id: enough, section: s, requires: shown >= floor, when_undefined: fail}
  - {id: some, section: s, requires: first > 2 and size > 0}
  - {id: sheet, section: s, checklist: [{id: a}, {id: b}]}
  - {id: kept, section: t, demerit: {over: acts, when: kind == 'bad', each: 1}}
  - {id: dated, section: t, stage: spring, late: 0.5}
stages:
  - {id: spring, window: {months: [3, 4]}, deliverables: [{id: report}]}
consequences:
  - {on: acts, when: kind == 'bad', falls_on: person, one_of: [[warned], [fined]]}
  - {on: acts, falls_on: person.head, all: [warned]}
grades:
  - {id: pass, at_least: 60}
  - {id: fail, at_least: 0}
"""
PLANTED = {
    "facts swapped": ["enough and some", "shown and first"],
    "item dropped": ["sheet: a", "sheet: b"],
    "threshold one off": [
        "spring: to month 5", "floor 0.8, +1", "floor 0.8, -1", "pass, +1", "dated: late",
        "rules.1.requires: first > 3 and size > 0", "rules.1.requires: first > 2 and size > 1",
    ],
    "condition dropped": [
        "enough: when_undefined", "rules.1.requires: first > 2", "rules.1.requires: size > 0",
        "row 1 on acts: when",
    ],
    "other side of an edge": [
        "rules.0.requires: shown > floor", "rules.1.requires: first >= 2 and size > 0",
        "rules.1.requires: first > 2 and size >= 0",
    ],
    "and for or": ["rules.1.requires: first > 2 or size > 0"],
    "another value": [
        "rules.3.demerit.when: kind != 'bad'", "rules.3.demerit.when: kind == 'good'",
        "consequences.0.when: kind != 'bad'", "consequences.0.when: kind == 'good'",
    ],
    "row dropped": ["row 1 on acts", "row 2 on acts"],
    "choice changed": ["row 1 on acts: all"],
    "another party": ["row 1 on acts: person.head", "row 2 on acts: person"],
}  # fmt: skip


def test_every_wrong_reading_of_a_book_is_planted_once() -> None:
    document = yaml.load(BOOK, yaml.BaseLoader)  # noqa: S506
    found: dict[str, list[str]] = {}
    for one in misreadings(document):
        found.setdefault(one.kind, []).append(one.what)
        planted = copy.deepcopy(document)
        one.plant(planted)
        assert planted != document, one
    assert found == PLANTED


def test_a_table_notices_that_two_rules_read_each_others_facts(
    plugins: Plugins, tmp_path: Path
) -> None:
    trial = Trial("school/base", ROOT / "tests" / "cases", plugins, tmp_path)
    swapped = dict(chosen(trial.document, 1, 1))["facts swapped"]
    library = trial.with_fault(swapped[0])
    assert library is not None
    assert trial.noticed(library)

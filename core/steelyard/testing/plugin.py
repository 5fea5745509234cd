"""The pytest plugin: case tables of rule books are collected as tests, and the run ends with the
rules' coverage.

Nothing is imported here that a project without case tables would have to pay for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from steelyard.testing.bench import BENCH, EXERCISED, SUFFIXES, Bench
from steelyard.testing.items import CaseEntry, CaseTable

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a project may say: where its tables and books lie, and how much of its rules they
    must exercise.
    """
    group = parser.getgroup("steelyard", "case tables of Steelyard's rule books")
    group.addoption(
        "--steelyard-cases",
        action="append",
        metavar="DIR",
        default=[],
        help="A folder of case tables, by its name or its path from the project's root "
        "(default: any folder named cases).",
    )
    group.addoption(
        "--steelyard-books",
        action="append",
        metavar="DIR",
        default=[],
        help="A folder with rule books of the project's own.",
    )
    group.addoption(
        "--rule-coverage-under",
        metavar="PERCENT",
        default=None,
        help="Fail when the tables of a book exercise less than so many per cent of its rules "
        "and consequence rows.",
    )
    parser.addini(
        "steelyard_cases",
        "folders of case tables, by name or path; every YAML file in them is then one",
        type="args",
        default=[],
    )
    parser.addini(
        "steelyard_books", "folders with rule books of the project's own", type="args", default=[]
    )
    parser.addini("rule_coverage_under", "fail under so many per cent of rule coverage", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Start the run's bench."""
    config.stash[BENCH] = Bench(config)
    config.pluginmanager.register(config.stash[BENCH], "steelyard-bench")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a YAML file in a folder of case tables."""
    if file_path.suffix not in SUFFIXES:
        return None
    bench = parent.config.stash[BENCH]
    if not bench.takes(file_path, asked=parent.session.isinitpath(file_path)):
        return None
    table: CaseTable = CaseTable.from_parent(parent, path=file_path)
    return table


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note that not all entries run."""
    for item in items:
        if isinstance(item, CaseEntry):
            item.config.stash[BENCH].deselected = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Send what an entry exercised along with its report, which also reaches pytest from another
    process.
    """
    report = yield
    if call.when == "call":
        said = [item.exercised] if isinstance(item, CaseEntry) else item.stash.get(EXERCISED, [])
        if said:
            report.steelyard = said
    return report


@pytest.fixture
def steelyard_exercised(request: pytest.FixtureRequest) -> Callable[[Assessment], None]:
    """Return what counts an assessment in the rules' coverage, as if a table held its case."""
    from steelyard.testing.coverage import marks_of

    said = request.node.stash.setdefault(EXERCISED, [])

    def count(assessment: Assessment) -> None:
        one = {"table": request.node.nodeid, "entries": 1, "book": assessment.book.key}
        said.append({**one, "marks": marks_of(assessment)})

    return count

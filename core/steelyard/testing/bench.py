"""What one run of pytest keeps while it works through case tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from steelyard.messages import Language
    from steelyard.testing.coverage import RuleCoverage
    from steelyard.testing.weigh import Books

CASES = "cases"
SUFFIXES = (".yaml", ".yml")
_SENT = "steelyard"


class Bench:
    """What one run of pytest keeps: the books, what was passed over, and what the entries
    exercised.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Read what the project says; nothing is loaded yet."""
        self.config = config
        self.named = bool(config.getoption("steelyard_cases") or config.getini("steelyard_cases"))
        self.folders = [
            *config.getoption("steelyard_cases"),
            *config.getini("steelyard_cases"),
        ] or [CASES]
        self.under = _percent(
            config.getoption("rule_coverage_under") or config.getini("rule_coverage_under")
        )
        self.passed_over: list[str] = []
        self.ran: list[dict[str, Any]] = []
        self.deselected = False
        self._books: Books | None = None
        self._told: dict[str, RuleCoverage] | None = None

    @property
    def books(self) -> Books:
        """The books at hand."""
        if self._books is None:
            from steelyard.testing.weigh import Books

            root, start = self.config.rootpath, self.config.invocation_params.dir
            folders = {
                self.shown(root / one): root / one for one in self.config.getini("steelyard_books")
            }
            folders |= {
                self.shown(start / one): start / one
                for one in self.config.getoption("steelyard_books")
            }
            self._books = Books(folders)
        return self._books

    @property
    def language(self) -> Language:
        """The language of the reader's locale."""
        from steelyard.messages import reader_language

        return reader_language()

    def say(self, message: str) -> str:
        """Return a message in the reader's language."""
        from steelyard.messages import translator

        return translator(self.language)(message)

    def shown(self, path: Path) -> str:
        """Return a path as the user would write it from where pytest was started."""
        try:
            return Path(os.path.relpath(path, self.config.invocation_params.dir)).as_posix()
        except ValueError:  # another drive
            return path.as_posix()

    def takes(self, path: Path, *, asked: bool) -> bool:
        """Whether a file is a case table.

        In folders that the project names, every YAML file is one. Elsewhere a file that has nothing
        to do with us must be left alone: it is taken where its path names a book, or where it holds
        entries and says which book they are about.
        """
        inside = self._inside(path)
        if not inside and not asked:
            return False
        if inside and self.named:
            return True
        from steelyard.testing.tables import is_ours

        taken = is_ours(path, lambda: self.books.ids)
        if not taken:
            self.passed_over.append(self.shown(path))
        return taken

    def _inside(self, path: Path) -> bool:
        root = self.config.rootpath
        parts = (path.relative_to(root) if path.is_relative_to(root) else path).parent.parts
        for one in map(Path, self.folders):
            if one.is_absolute() and path.is_relative_to(one):
                return True
            if any(one.parts == parts[at : at + len(one.parts)] for at in range(len(parts))):
                return True
        return False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what an entry exercised."""
        self.ran += getattr(report, "steelyard", ())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run whose tables exercise too little.

        A worker of pytest-xdist has seen only its share: it sends what it saw while collecting,
        and the process that hands out the tests decides.
        """
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[_SENT] = {"passed_over": self.passed_over, "deselected": self.deselected}
        elif session.exitstatus == pytest.ExitCode.OK and self._short():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker of pytest-xdist saw while it collected; one that broke down sends
        nothing.
        """
        said = getattr(node, "workeroutput", {}).get(_SENT, {})
        # Every worker collects all the tables.
        new = (one for one in said.get("passed_over", ()) if one not in self.passed_over)
        self.passed_over += list(new)
        self.deselected |= said.get("deselected", False)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the rules' coverage."""
        if not any(one["book"] for one in self.ran):
            return
        write = terminalreporter.write_line
        terminalreporter.section(self.say("rule coverage"))
        for one in self.books.plugins.faults:
            write(f"{self.say('warning')}: {one.text(self.say)}", yellow=True)
        for name in self.passed_over:
            write(self.say("{file}: holds no case table, and is passed over").format(file=name))
        if not self.whole:
            write(self.say("not told: only part of the entries ran"))
            return
        short = self._short()
        for coverage in self._covered().values():
            write(self._line(coverage), red=coverage in short)
            for line in self._lacking(coverage):
                write(f"    {line}")
        for coverage in short:
            said = self.say("rule coverage of {book} is {percent}%, under {wanted}%")
            write(
                said.format(book=coverage.book.key, percent=coverage.percent(), wanted=self.under),
                red=True,
            )

    @property
    def whole(self) -> bool:
        """Whether every entry of every table taken ran."""
        option = self.config.getoption
        narrowed = (
            self.deselected
            or option("lf", default=False)
            or any("::" in str(one) for one in self.config.args)
        )
        ran: dict[str, int] = {}
        for one in self.ran:
            ran[one["table"]] = ran.get(one["table"], 0) + 1
        return not narrowed and all(ran[one["table"]] >= one["entries"] for one in self.ran)

    def _covered(self) -> dict[str, RuleCoverage]:
        """Return what was exercised of each book, by its key."""
        if self._told is None:
            from steelyard.testing.coverage import RuleCoverage

            self._told = {}
            for one in sorted(
                (one for one in self.ran if one["book"]), key=lambda one: str(one["book"])
            ):
                key = one["book"]
                if key not in self._told:
                    self._told[key] = RuleCoverage(self.books.library.find(key))
                self._told[key].add(one["marks"])
        return self._told

    def _short(self) -> list[RuleCoverage]:
        """Return the books that fall short of the figure that was asked for."""
        if self.under is None or not self.ran or not self.whole:
            return []
        return [
            one
            for one in self._covered().values()
            if 100 * one.share()[0] < self.under * one.share()[1]
        ]

    def _line(self, coverage: RuleCoverage) -> str:
        said = self.say(
            "{book}  {percent}%  rules: {rules}, consequence rows: {rows}, entries: {entries}"
        )
        book = coverage.book
        return said.format(
            book=book.key,
            percent=coverage.percent(),
            rules=len(book.rules),
            rows=len(book.consequences),
            entries=coverage.entries,
        )

    def _lacking(self, coverage: RuleCoverage) -> Iterator[str]:
        lacks = coverage.lacks()
        said = (
            self.say("never passed: {rules}"),
            self.say("never failed: {rules}"),
            self.say("never unknown: {rules}"),
        )
        for message, rules in zip(said, lacks[:3], strict=True):
            if rules:
                yield message.format(
                    rules=", ".join(f"{one.id} ({one.title.of(self.language)})" for one in rules)
                )
        if lacks.never_fired:
            rows = ", ".join(f"{one.number} ({one.place})" for one in lacks.never_fired)
            yield self.say("consequence rows that never followed: {rows}").format(rows=rows)


def _percent(said: str) -> Decimal | None:
    """Return the figure to hold the rules' coverage to, or None where none is asked for."""
    if not said:
        return None
    try:
        figure = Decimal(said)
    except InvalidOperation:
        figure = Decimal(-1)
    if not 0 <= figure <= 100:
        from steelyard.errors import fault
        from steelyard.messages import reader_language, translator

        wrong = fault("rule-coverage-under", "`{text}` is not a number from 0 to 100", text=said)
        raise pytest.UsageError(wrong.text(translator(reader_language())))
    return figure


BENCH = pytest.StashKey[Bench]()
EXERCISED = pytest.StashKey[list[dict[str, Any]]]()

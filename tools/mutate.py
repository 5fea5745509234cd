"""Plant small faults in the modules that decide numbers, and count how many the tests notice.

`python tools/mutate.py --per-module 20 --seed 1` takes twenty faults of each module, tries one at a
time, and prints a table. The working tree is never touched.

What has been read and collected once is used for every fault: a process is forked for each. A fault
within a function is put in its place there; one that is in force from the import on, and one that
the first tests did not notice, is tried in a process that imports everything anew.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, NoReturn, cast

import pytest
import yaml
from mutants import Mutant, mutants

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core"
EXCUSED = ROOT / "tools" / "excused.yaml"
SMALL = {
    "STEELYARD_BOOKS_TRIED": "12",
    "STEELYARD_EXPRESSIONS": "400",
    "STEELYARD_FUZZ": "0",
}
"""How much the random tests try for one fault."""
_LEAST_SECONDS = 20
_NOWHERE = "its function was not found"
_MEMORY = 6 * 1024**3
_FOREIGN = ("hypothesis", "numpy", "pydantic", "yaml", "openpyxl", "sqlite_utils", "click", "rich")
"""What costs time to import and is never changed."""


class Group(NamedTuple):
    """Modules with the tests that should notice a fault in them.

    `first` are quick; `more` are asked about what those let pass. `writes` names the modules that
    write programs.
    """

    modules: tuple[str, ...]
    first: tuple[str, ...]
    more: tuple[str, ...]
    writes: tuple[str, ...] = ()


GROUPS: dict[str, Group] = {
    "judge": Group(
        ("judging/compiled/*.py", "judging/slow/*.py", "judging/*.py", "book/program.py"),
        ("semantics", "slow_judge", "faults_noticed", "grades", "ladder", "dated",
         "judge_differential"),
        ("laws", "reasons", "remarks", "plugins", "rollup", "offices", "book_cache", "expression_differential"),
        ("judging/compiled/*.py",),
    ),
    "forms": Group(
        ("forms/*.py",),
        ("semantics", "slow_judge", "faults_noticed", "grades", "judge_differential"),
        ("laws", "remarks", "documents", "diff", "tailor", "plugins", "reasons"),
    ),
    "expression": Group(
        ("expression/*.py", "expression/functions/*.py"),
        ("semantics", "slow_judge", "faults_noticed", "expression_differential",
         "judge_differential"),
        ("laws", "remarks", "documents", "reasons"),
        ("expression/python.py", "expression/loops.py", "expression/lines.py",
         "expression/functions/*.py"),
    ),
    "compare": Group(
        ("comparison/*.py",),
        ("compare", "compare_changes", "compare_lists", "compare_oracle", "compare_weights",
         "change"),
        ("report_comparison", "store"),
    ),
    "book": Group(
        ("book/reading/*.py", "book/tailoring/*.py"),
        ("grades", "dated", "offices", "tailor", "lint", "semantics"),
        ("tailoring_in_time", "documents", "lint_cases", "remarks", "rollup", "plugins", "diff"),
    ),
    "store": Group(
        ("store/*.py",), ("store", "migration"), ("compare", "compare_changes", "rollup", "change")
    ),
}  # fmt: skip


class Outcome(NamedTuple):
    """What became of a mutant: the test that noticed it, or nothing."""

    noticed: str
    seconds: float


@dataclass(slots=True)
class Tried:
    """What was tried of one module."""

    all: int
    chosen: list[Mutant]
    excused: int = 0
    outcomes: dict[Mutant, Outcome] = field(default_factory=dict)

    @property
    def noticed(self) -> int:
        """How many were noticed."""
        return sum(bool(one.noticed) for one in self.outcomes.values())


def main() -> int:
    """Try what the command line asks for; return 1 where the least share is not reached."""
    asked = _arguments()
    os.environ |= SMALL | {"HYPOTHESIS_STORAGE_DIRECTORY": tempfile.mkdtemp()}
    for name in _FOREIGN:
        importlib.import_module(name)
    excuses = _excuses()
    short = []
    for name in asked.group or GROUPS:
        tried = _group(GROUPS[name], excuses, asked)
        _print(name, tried, asked.survivors)
        judged = sum(len(one.outcomes) for one in tried.values())
        if 100 * sum(one.noticed for one in tried.values()) < asked.least * judged:
            short.append(name)
    return bool(short)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("group", nargs="*", help=f"of {', '.join(GROUPS)}; all if none is named")
    parser.add_argument("--per-module", type=int, default=20, metavar="N")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="", help="modules whose path holds this")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes at a time")
    parser.add_argument("--quick", action="store_true", help="ask the first tests alone")
    parser.add_argument("--least", type=int, default=0, help="the share below which to fail")
    parser.add_argument("--survivors", type=Path, help="the file for what nobody noticed")
    asked = parser.parse_args()
    unknown = sorted(set(asked.group) - set(GROUPS))
    if unknown:
        parser.error(f"no group is called {', '.join(unknown)}")
    return asked


def modules_of(patterns: Iterable[str]) -> list[Path]:
    """Return the modules that patterns mean, without those that are only a sentence."""
    found = {one for pattern in patterns for one in (CORE / "steelyard").glob(pattern)}
    return sorted(one for one in found if one.name != "__init__.py")


def _excuses() -> set[tuple[str, str, str]]:
    told = yaml.safe_load(EXCUSED.read_text("utf-8")) or []
    return {(one["module"], one["line"], one.get("change", "")) for one in told}


def _group(
    group: Group, excuses: set[tuple[str, str, str]], asked: argparse.Namespace
) -> dict[str, Tried]:
    """Try the mutants of a group's modules."""
    writers = set(modules_of(group.writes))
    tried: dict[str, Tried] = {}
    for path in modules_of(group.modules):
        name = str(path.relative_to(CORE / "steelyard"))
        if asked.only not in name:
            continue
        made = mutants(path, writes=path in writers)
        chosen = random.Random(f"{asked.seed}:{name}").sample(  # noqa: S311  # no secret
            made, min(asked.per_module, len(made))
        )
        kept = [
            one
            for one in chosen
            if not {(name, one.text, one.change), (name, one.text, "")} & excuses
        ]
        tried[name] = Tried(len(made), kept, len(chosen) - len(kept))
    everything = [one for told in tried.values() for one in told.chosen]
    quick = [one for one in everything if one.function]
    first, more = (_files(names) for names in (group.first, group.more))
    outcomes = dict(_in_place(quick, first, asked.jobs)) if quick else {}
    left = [one for one in everything if not (one in outcomes and outcomes[one].noticed)]
    if asked.quick:
        left = [one for one in left if one not in outcomes]
    for tests in (first,) if asked.quick else (first, more):
        outcomes |= dict(_anew(left, tests, asked.jobs))
        left = [one for one in left if not outcomes[one].noticed]
    for told in tried.values():
        told.outcomes = {one: outcomes[one] for one in told.chosen}
    return tried


def _files(names: Iterable[str]) -> list[str]:
    paths = (ROOT / "tests" / "core" / f"test_{name}.py" for name in names)
    return [str(path) for path in paths if path.exists()]


# Processes


def _forked(
    work: Callable[[Mutant], str], these: Sequence[Mutant], jobs: int, seconds: Callable[[], float]
) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield what a process of its own says of each mutant; what takes too long or dies is noticed
    too.
    """
    waiting, running = list(reversed(these)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            one = waiting.pop()
            reader, writer = os.pipe()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                child = os.fork()
            if child == 0:
                os.close(reader)
                _child(work, one, writer, seconds())
            os.close(writer)
            running[child] = (one, reader)
        child, status, used = os.wait4(-1, 0)
        one, reader = running.pop(child)
        with os.fdopen(reader) as said:
            told = said.read()
        if os.WIFSIGNALED(status):
            told = f"ended by {signal.Signals(os.WTERMSIG(status)).name}"
        spent = used.ru_utime + used.ru_stime
        outcome = Outcome(told, spent)
        where = f"{one.path.relative_to(CORE / 'steelyard')}:{one.line}: {one.change}"
        sign = "." if told else f"\npassed so far: {where}: {one.text} ({spent:.0f} s)\n"
        print(sign, end="", file=sys.stderr, flush=True)
        yield one, outcome


def _child(
    work: Callable[[Mutant], str], one: Mutant, writer: int, seconds: float
) -> NoReturn:
    """Do the work in this process, and end it."""
    limit = int(max(_LEAST_SECONDS, seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    try:
        said = work(one)
    except BaseException:  # noqa: BLE001  # whatever a fault brings about has been noticed
        said = traceback.format_exc().splitlines()[-1]
    os.write(writer, said.encode()[:2000])
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


# In a process that has read everything


def _in_place(
    these: list[Mutant], tests: list[str], jobs: int
) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield the outcomes of mutants within functions."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        session = _Session(these, jobs, writer)
        _pytest(tests, session)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        for line in said:
            number, *outcome = json.loads(line)
            if outcome[0] != _NOWHERE:
                yield these[number], Outcome(*outcome)
    os.waitpid(child, 0)


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    options = ["-q", "-s", "--no-header", "--continue-on-collection-errors", "-p", "no:cacheprovider"]
    options += [f"--rootdir={ROOT}", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    os.chdir(ROOT)
    return int(pytest.main([*options, *tests], plugins=[_Calm(), *plugins]))


class _Calm:
    """Lets random tests take their time, and draw the same each time."""

    def pytest_configure(self) -> None:
        from hypothesis import HealthCheck, settings

        settings.register_profile(
            "mutation", deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        settings.load_profile("mutation")


class _Session:
    """Runs the collected tests once for every mutant, those that noticed others nearby first."""

    def __init__(self, these: list[Mutant], jobs: int, writer: int) -> None:
        self.these, self.jobs, self.writer = these, jobs, writer
        self.seconds: dict[str, float] = {}
        self.noticed: dict[Path, Counter[str]] = {}
        self.failed: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # What could not be collected has been named already, and can notice nothing.
        session.testsfailed = 0
        session.shouldfail = session.shouldstop = False
        self._measure(session)
        numbers = {one: number for number, one in enumerate(self.these)}
        whole = sum(self.seconds.values())
        run = functools.partial(self._run, session)
        for one, outcome in _forked(run, self.these, self.jobs, lambda: 4 * whole):
            if outcome.noticed:
                self.noticed.setdefault(one.path, Counter())[outcome.noticed] += 1
            line = json.dumps([numbers[one], *outcome])
            os.write(self.writer, f"{line}\n".encode())
        return True

    def _measure(self, session: pytest.Session) -> None:
        """Run everything once without a fault; what fails then can notice none."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, 1)
            _items(session, session.items, stop=False)
            os.write(writer, json.dumps([self.seconds, self.failed]).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            self.seconds, failed = json.loads(said.read() or "[{}, []]")
        os.waitpid(child, 0)
        for one in failed:
            print(f"fails without a fault, and is left out: {one}", file=sys.stderr)
        session.items = [one for one in session.items if one.nodeid not in failed]
        files: Counter[str] = Counter()
        for name, seconds in self.seconds.items():
            files[name.partition("::")[0]] += int(seconds * 1000)
        print(f"{len(session.items)} tests, milliseconds: {dict(files)}", file=sys.stderr)

    def _run(self, session: pytest.Session, one: Mutant) -> str:
        put = _put_in_place(one)
        if not put:
            return _NOWHERE
        before = self.noticed.get(one.path, Counter())
        items = sorted(
            session.items,
            key=lambda item: (-before[item.nodeid], self.seconds.get(item.nodeid, 0)),
        )
        _items(session, items, stop=True)
        return self.failed[0] if self.failed else ""


def _items(session: pytest.Session, items: Sequence[pytest.Item], *, stop: bool) -> None:
    """Run tests in this process, up to the first that fails if it is to stop there."""
    factory: Any = session.config._tmp_path_factory  # type: ignore[attr-defined]  # noqa: SLF001
    factory._given_basetemp = Path(tempfile.gettempdir()) / f"tests-{os.getpid()}"  # noqa: SLF001
    for number, item in enumerate(items):
        following = items[number + 1] if number + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if stop and session.testsfailed:
            return


def _put_in_place(one: Mutant) -> bool:
    """Give a function that is already there the code with the fault; False where it is not
    found.
    """
    name, line = one.function or ("", 0)
    module = sys.modules.get(module_name(one.path))
    code = _code(compile(one.tree(), str(one.path), "exec"), name, line)
    function = _function(module, name, line) if module else None
    if code is None or function is None:
        return False
    function.__code__ = code
    for known in list(sys.modules.values()):
        if known is not None and known.__name__.startswith("steelyard"):
            for value in list(vars(known).values()):
                with suppress(Exception):
                    value.cache_clear()
    return True


def module_name(path: Path) -> str:
    """Return the name under which a module is imported."""
    return ".".join(path.relative_to(CORE).with_suffix("").parts)


def _code(outer: CodeType, name: str, line: int) -> CodeType | None:
    for one in outer.co_consts:
        if isinstance(one, CodeType):
            if one.co_qualname == name and one.co_firstlineno == line:
                return one
            found = _code(one, name, line)
            if found is not None:
                return found
    return None


def _function(module: ModuleType, name: str, line: int) -> FunctionType | None:
    found: Any = module
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    candidates = [found] if found is not None else []
    while candidates:
        one = candidates.pop()
        if isinstance(one, FunctionType) and one.__code__.co_firstlineno == line:
            return one
        for way in ("__wrapped__", "__func__", "func", "fget", "fset"):
            inner = getattr(one, way, None)
            if inner is not None and inner is not one:
                candidates.append(inner)
    return None


# In a process that reads everything anew


class _Overlay(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with a fault in it, and all others as they are."""

    def __init__(self, one: Mutant) -> None:
        self.one = one

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != module_name(self.one.path):
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self.one.path))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.one.path)
        exec(compile(self.one.tree(), str(self.one.path), "exec"), vars(module))  # noqa: S102  # our own code


class _First:
    """Remembers which test failed first."""

    def __init__(self) -> None:
        self.name = ""

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid


def _anew(
    these: list[Mutant], tests: list[str], jobs: int
) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield the outcomes of mutants, each in a process that imports what it tests."""
    if not these or not tests:
        yield from ((one, Outcome("", 0)) for one in these)
        return
    failing = _failing(tests)
    left_out = [f"--{'deselect' if '::' in one else 'ignore'}={one}" for one in failing]

    def run(one: Mutant) -> str:
        first = _First()
        sys.meta_path.insert(0, cast("Any", _Overlay(one)))
        ended = _pytest([*tests, *left_out, "-x"], first)
        return first.name or ("" if ended == 0 else f"pytest ended with {ended}")

    yield from _forked(run, these, jobs, lambda: 600)


def _failing(tests: list[str]) -> list[str]:
    """Return the tests that fail without a fault."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        failed: list[str] = []

        class All:
            def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
                if report.failed:
                    failed.append(report.nodeid)

            def pytest_collectreport(self, report: pytest.CollectReport) -> None:
                if report.failed:
                    failed.append(report.nodeid)

        _pytest(tests, All())
        os.write(writer, json.dumps(failed).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        failing: list[str] = json.loads(said.read() or "[]")
    os.waitpid(child, 0)
    for one in failing:
        print(f"fails without a fault, and is left out: {one}", file=sys.stderr)
    return failing


# What is told


def _print(name: str, tried: dict[str, Tried], survivors: Path | None) -> None:
    rows = [
        (module, told.all, told.excused, len(told.outcomes), told.noticed)
        for module, told in tried.items()
        if told.all
    ]
    rows.append((f"**{name}**", *(sum(row[place] for row in rows) for place in range(1, 5))))  # type: ignore[arg-type,misc]
    print(f"\n\n| {name} | possible | excused | tried | noticed | share |\n|---|---|---|---|---|---|")
    for module, every, excused, count, noticed in rows:
        share = f"{100 * noticed / count:.0f} %" if count else "–"
        print(f"| {module} | {every} | {excused} | {count} | {noticed} | {share} |")
    left = [
        (module, one)
        for module, told in tried.items()
        for one, outcome in told.outcomes.items()
        if not outcome.noticed
    ]
    lines = [f"{module}:{one.line}: {one.change}: {one.text}" for module, one in left]
    print("\n".join(["", *lines]), flush=True)
    if survivors is not None:
        with survivors.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())

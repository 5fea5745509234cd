"""Trying planted faults, each in a process of its own, by the tests that should notice them.

What has been read and collected once is used for every fault: a process is forked for each. A fault
within a function is put in its place there; one that is in force from the import on, and one that
the first tests did not notice, is tried in a process that imports everything anew. Where the first
tests alone are asked, of those that were not noticed only the ones in functions that had run while
everything was read.
"""

from __future__ import annotations

import functools
import gc
import importlib.abc
import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple, NoReturn, cast

import click
import pytest
from mutants import Mutant

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core"
_LEAST_SECONDS = 20
_MEMORY = 6 * 1024**3
_NOWHERE = "its function was not found"
_FOREIGN = ("hypothesis", "numpy", "pydantic", "yaml", "openpyxl", "sqlite_utils", "rich")
"""What costs time to import and is never changed."""


class Outcome(NamedTuple):
    """What became of a mutant: the test that noticed it, or nothing; the seconds it took; and
    whether its function had run before the fault was put in its place.
    """

    noticed: str
    seconds: float
    late: bool = False


def ready() -> None:
    """Import once what every process needs."""
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = tempfile.mkdtemp()
    for name in _FOREIGN:
        importlib.import_module(name)


def say(text: str, end: str = "\n") -> None:
    """Tell whoever watches how it goes."""
    click.echo(text + end, nl=False, err=True)


def _forked(
    work: Callable[[Mutant], str], these: Sequence[Mutant], jobs: int, seconds: Callable[[], float]
) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield what a process of its own says of each mutant; what takes too long or dies is noticed
    too.
    """
    waiting = list(reversed(these))
    running: dict[int, tuple[Mutant, int]] = {}
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
        say(sign, end="")
        yield one, outcome


def _child(work: Callable[[Mutant], str], one: Mutant, writer: int, seconds: float) -> NoReturn:
    """Do the work in this process, and end it."""
    limit = int(max(_LEAST_SECONDS, seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    _hold_memory()
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


def _hold_memory() -> None:
    """Let this process write to so much memory; what is only reserved, as by what draws charts, is
    free.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# In a process that has read everything


def in_place(these: list[Mutant], tests: list[str], jobs: int) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield the outcomes of mutants within functions."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        session = _Session(these, jobs, writer)
        sys.setprofile(session.ran)
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
    options = [
        "-q",
        "-s",
        "--no-header",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
    ]
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
        self.early: set[tuple[str, int]] = set()

    def ran(self, frame: FrameType, event: str, _: object) -> None:
        """Remember a function, by its file and first line, that runs before the first test."""
        if event == "call":
            self.early.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.setprofile(None)
        # What could not be collected has been named already, and can notice nothing.
        session.testsfailed = 0
        session.shouldfail = False
        imported = self._measure(session)
        # What is imported only when it is needed would be so for every fault anew, and a fault in
        # it could not be put in its place.
        sys.setprofile(self.ran)
        for name in imported:
            with suppress(Exception):
                importlib.import_module(name)
        sys.setprofile(None)
        gc.freeze()
        numbers = {one: number for number, one in enumerate(self.these)}
        whole = sum(self.seconds.values())
        run = functools.partial(self._run, session)
        for one, outcome in _forked(run, self.these, self.jobs, lambda: 4 * whole):
            if outcome.noticed:
                self.noticed.setdefault(one.path, Counter())[outcome.noticed] += 1
            late = one.function is not None and (str(one.path), one.function[1]) in self.early
            line = json.dumps([numbers[one], *outcome._replace(late=late)])
            os.write(self.writer, f"{line}\n".encode())
        return True

    def _measure(self, session: pytest.Session) -> list[str]:
        """Run everything once without a fault, and return the names of what was imported then; what
        fails then can notice none.
        """
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, 1)
            _hold_memory()
            _items(session, session.items, stop=False)
            os.write(writer, json.dumps([self.seconds, self.failed, [*sys.modules]]).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            told = said.read()
        _, status = os.waitpid(child, 0)
        if not told:
            # Every fault would seem to be noticed.
            ended = f"the tests end with {os.waitstatus_to_exitcode(status)} without a fault"
            raise RuntimeError(ended)
        self.seconds, failed, imported = json.loads(told)
        for one in failed:
            say(f"fails without a fault, and is left out: {one}")
        session.items = [one for one in session.items if one.nodeid not in failed]
        files: Counter[str] = Counter()
        for name, seconds in self.seconds.items():
            files[name.partition("::")[0]] += int(seconds * 1000)
        say(f"{len(session.items)} tests, milliseconds: {dict(files)}")
        return cast("list[str]", imported)

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


class _Failed:
    """Remembers what failed, in its order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.names.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.names.append(report.nodeid)


def anew(these: list[Mutant], tests: list[str], jobs: int) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield the outcomes of mutants, each in a process that imports what it tests."""
    if not these or not tests:
        yield from ((one, Outcome("", 0)) for one in these)
        return
    failing = _failing(tests)
    left_out = [f"--{'deselect' if '::' in one else 'ignore'}={one}" for one in failing]

    def run(one: Mutant) -> str:
        failed = _Failed()
        sys.meta_path.insert(0, cast("Any", _Overlay(one)))
        ended = _pytest([*tests, *left_out, "-x", "--assert=plain"], failed)
        return [*failed.names, f"pytest ended with {ended}" if ended else ""][0]

    yield from _forked(run, these, jobs, lambda: 600)


def _failing(tests: list[str]) -> list[str]:
    """Return the tests that fail without a fault."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        failed = _Failed()
        _pytest(tests, failed)
        os.write(writer, json.dumps(failed.names).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        failing: list[str] = json.loads(said.read() or "[]")
    os.waitpid(child, 0)
    for one in failing:
        say(f"fails without a fault, and is left out: {one}")
    return failing

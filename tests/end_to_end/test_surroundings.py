"""The program in odd surroundings: streams that are closed, full or not read, names that no file
can bear, a folder that is gone, locales that mean nothing; and who may read what it writes.
"""

from __future__ import annotations

import functools
import importlib
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dying
import pytest

BOOK = "hospital/nine-prohibitions"
CASE = """\
book: hospital/nine-prohibitions
subject: h-001
period: 2026
"""
NAMED = CASE + "parties: [{id: p-1, kind: person, name: 某甲, role: physician}]\n"

PROGRAM = f"{sys.executable} -m steelyard"
SPARE = {"LANG": "C.UTF-8", "STEELYARD_PLUGINS": "hospital", "PYTHONUNBUFFERED": ""}
FULL = "error: stdout: cannot be used: No space left on device\n"
STREAMS: dict[str, tuple[str, int, str, str]] = {
    "a full output": (f"{PROGRAM} plugins --format json >/dev/full", 2, "", FULL),
    "a closed output": (
        f"{PROGRAM} plugins --format json >&-",
        2,
        "",
        "error: stdout: cannot be used: Bad file descriptor\n",
    ),
    "an output that nobody reads": (
        f"set -o pipefail; {PROGRAM} plugins --format json | true",
        141,
        "",
        "",
    ),
    "closed errors": (f"{PROGRAM} show 2>&-", 2, "", ""),
    "full errors": (f"{PROGRAM} show 2>/dev/full", 2, "", ""),
    "all closed": (f"{PROGRAM} show <&- >&- 2>&-", 2, "", ""),
    "a closed input": (f"{PROGRAM} --version <&-", 0, "steelyard, version 0.1.0\n", ""),
    "no docstrings": (
        f"{sys.executable} -OO -m steelyard report --write-template a.docx",
        2,
        "",
        (
            "error: --format docx: charts need a Python that keeps docstrings: without `-OO`, and "
            "PYTHONOPTIMIZE below 2\n"
        ),
    ),
    "ASCII alone": (
        f"PYTHONIOENCODING=ascii {PROGRAM} --lang zh show",
        2,
        "",
        "错误: steelyard.db: 没有这个结果库\n",
    ),
}


def test_streams_that_are_closed_or_full_or_not_read(tmp_path: Path) -> None:
    """All at once, since each starts the program."""
    running = {
        name: subprocess.Popen(
            ["/bin/bash", "-c", line],
            cwd=tmp_path,
            env={**os.environ, **SPARE},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name, (line, *_) in STREAMS.items()
    }
    ended = {}
    for name, program in running.items():
        out, err = program.communicate(timeout=60)
        ended[name] = (program.returncode, out.decode(), err.decode())
    assert ended == {name: tuple(expected) for name, (_, *expected) in STREAMS.items()}
    assert list(tmp_path.iterdir()) == []


LONG, WITHIN = "x" * 300, "case.yaml/x"
READ = (LONG, WITHIN, "\udcff\udcfe", "a\nb")
TAKERS: dict[str, tuple[str, ...]] = {
    "assess": ("assess", "{}.yaml"),
    "store": ("show", "--db", "{}"),
    "show": ("show", "{}"),
    "report": ("report", "{}", "-o", "a.html"),
    "report -o": ("report", "case.yaml", "-o", "{}.html"),
    "report --template": ("report", "case.yaml", "-o", "a.docx", "--template", "{}"),
    "rescore": ("rescore", "{}", "--book", BOOK),
    "rescore --book": ("rescore", "case.yaml", "--book", "{}.yaml"),
    "template": ("template", "{}", "-o", "a.yaml"),
    "template -o": ("template", BOOK, "-o", "{}.yaml"),
    "template --from": ("template", BOOK, "-o", "a.yaml", "--from", "{}"),
    "books": ("books", "--books", "{}"),
    "book show": ("book", "show", "{}"),
    "book check": ("book", "check", "{}.yaml"),
    "book check --cases": ("book", "check", "book.yaml", "--cases", "{}"),
    "book diff": ("book", "diff", BOOK, "{}"),
    "book code": ("book", "code", "{}.yaml"),
    "compare --lists": ("compare", "--lists", "{}"),
    "compare -o": ("compare", "-o", "{}"),
    "sample": ("sample", "--units", "1", "--book", BOOK, "-o", "{}/a"),
    "sample --as": ("sample", "--units", "1", "--book", BOOK, "-o", "{}.db/a", "--as", "store"),
    "new-plugin": ("new-plugin", "museum", "-o", "{}/a"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEELYARD_PLUGINS", "hospital")
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    (tmp_path / "named.yaml").write_text(NAMED, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("words", TAKERS.values(), ids=TAKERS)
def test_a_name_that_no_file_can_bear_is_one_line(
    run: Any, home: Path, words: tuple[str, ...]
) -> None:
    before = sorted(home.iterdir())
    for name in (LONG, WITHIN) if "-o" in words and "a.html" not in words else READ:
        said = run(*(word.format(name) for word in words))
        assert said.code == 2, (name, said.err)
        (line,) = [one for one in said.err.splitlines() if not one.startswith("warning: ")]
        assert line.startswith("error: ")
        assert sorted(home.iterdir()) == before


NO_FILE = "is neither a file nor a folder"
ENDLESS: dict[str, tuple[tuple[str, ...], str]] = {
    "a store": (("show", "--db", "device"), f"device: {NO_FILE}"),
    "a store to be": (("assess", "case.yaml", "--db", "device"), f"device: {NO_FILE}"),
    "efforts": (
        ("plan", "case.yaml", "--to", "excellent", "--effort", "device"),
        "device: cannot be read: it is no regular file",
    ),
    "weights": (
        ("compare", "--weights", "device"),
        "--weights: device: cannot be read: it is no regular file",
    ),
    "lists": (
        ("compare", "--lists", "device"),
        "--lists: device: cannot be read: it is no regular file",
    ),
    "a letter": (
        ("report", "case.yaml", "-o", "a.docx", "--template", "device"),
        "device: cannot be read: it is no regular file",
    ),
}


@pytest.mark.parametrize(("words", "line"), ENDLESS.values(), ids=ENDLESS)
def test_what_may_never_end_is_not_read(
    run: Any, home: Path, words: tuple[str, ...], line: str
) -> None:
    """A device that does end stands for pipes and devices that do not."""
    (home / "device").symlink_to(os.devnull)
    said = run(*words)
    assert (said.code, said.out, said.err) == (2, "", f"error: {line}\n")


EMPTY = {
    "a case": (("assess", "", "--no-save"), "steelyard assess: FILE…"),
    "one of several": (("gather", "case.yaml", "", "-o", "a.yaml"), "steelyard gather: FILE…"),
    "a store": (("show", "--db", ""), "steelyard show: --db"),
    "a store, first": (("--db=", "show"), "steelyard: --db"),
    "evidence": (("assess", "case.yaml", "--evidence", ""), "steelyard assess: --evidence"),
    "waivers": (("bulk", BOOK, "--facts", "f.csv", "--waivers", ""), "steelyard bulk: --waivers"),
    "a book to check": (("book", "check", ""), "steelyard book check: BOOK"),
    "a period": (("show", "--period", ""), "steelyard show: --period"),
}


@pytest.mark.parametrize(("words", "place"), EMPTY.values(), ids=EMPTY)
def test_an_empty_word_is_neither_this_folder_nor_nothing(
    run: Any, home: Path, words: tuple[str, ...], place: str
) -> None:
    """As a shell makes of `"$CASE"` where no such variable is set."""
    said = run(*words)
    line = f"error: {place}: is empty: write what is meant, or leave it out\n"
    assert (said.code, said.out, said.err) == (2, "", line)
    assert not (home / "steelyard.db").exists()


def test_a_name_of_several_lines_is_told_in_one_that_steers_no_terminal(
    run: Any, home: Path
) -> None:
    said = run("template", BOOK, "-o", "a\x1b[31m\nb.yaml")
    assert (said.code, said.err) == (
        0,
        "wrote a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b.yaml\n",
    )


MISNAMED = {
    "facts": ("bulk", BOOK, "--period", "2026", "--facts", "\udcd6.csv"),
    "facts, among others": ("bulk", BOOK, "--period", "2026", "--facts", "*.csv"),
    "what is weighed": (
        *("bulk", BOOK, "--period", "2026", "--facts", "facts.csv"),
        *("--out", "\udcd6"),
    ),
    "a population": (
        *("sample", "--units", "1", "--quarters", "1", "--book", BOOK),
        *("-o", "\udcd6.parquet"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", MISNAMED.values(), ids=MISNAMED)
def test_a_name_that_is_no_utf_8_is_told_where_tables_cannot_bear_it(
    run: Any, home: Path, words: tuple[str, ...]
) -> None:
    """A name in GB18030, as an old system writes it."""
    pytest.importorskip("duckdb", reason="DuckDB is not installed")
    for name in ("facts.csv", "\udcd6.csv"):
        (home / name).write_text("subject,medical_staff\nh-1,5\n", encoding="utf-8")
    before = sorted(home.iterdir())
    said = run(*words)
    assert said.code == 2
    assert said.err.startswith("error: \N{REPLACEMENT CHARACTER}")
    assert "has a name that is not in UTF-8: rename it, or its folder, first\n" in said.err
    assert sorted(home.iterdir()) == before


def test_a_store_whose_name_leaves_no_room_beside_it_leaves_no_file(run: Any, home: Path) -> None:
    before = sorted(home.iterdir())
    said = run("assess", "case.yaml", "--db", "n" * 250)
    assert said.code == 2
    assert said.err.endswith(": cannot be opened: File name too long\n")
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [(("--units", "many"), " 1 到 10000000 之间的整数"), (("--seed", "1e400"), "整数")],
    ids=["--units", "--seed"],
)
def test_a_word_that_is_no_number_is_told_in_the_readers_language(
    run: Any, home: Path, words: tuple[str, str], why: str
) -> None:
    said = run("--lang", "zh", "sample", *words)
    option, word = words
    assert said.err == f"错误: steelyard sample: {option}: `{word}` 不是{why}\n"


SURROUNDINGS: dict[str, dict[str, str | None]] = {
    "no home": {"HOME": None, "XDG_CACHE_HOME": None, "STEELYARD_CACHE": None},
    "a locale that means nothing": {"LC_ALL": "xx_YY.nonsense"},
    "no locale": {"LC_ALL": None, "LANG": None},
    "a narrow terminal": {"COLUMNS": "20", "TERM": "dumb"},
    "no terminal": {"TERM": None, "COLUMNS": "0"},
    "no folder for temporary files": {"TMPDIR": "/nonexistent"},
}


@pytest.mark.parametrize("about", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_odd_surroundings_change_nothing(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch, about: dict[str, str | None]
) -> None:
    said = run("assess", "case.yaml", "--no-save")
    for name, value in about.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", None)
    again = run("assess", "case.yaml", "--no-save")
    assert (again.code, again.out, again.err) == (0, said.out, "")


@pytest.mark.parametrize(
    "words",
    [("show",), ("assess", "case.yaml"), ("template", BOOK, "-o", "a.yaml"), ("sample",)],
    ids=lambda words: words[0],
)
def test_a_folder_that_is_gone_is_one_line(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (home / "gone").mkdir()
    monkeypatch.chdir(home / "gone")
    (home / "gone").rmdir()
    said = run(*words)
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("error: ")


def test_a_full_folder_for_temporary_files_is_named(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.work import weighing

    # As where there are more results than memory is taken for, and no file may grow beyond this.
    monkeypatch.setattr(weighing, "_IN_MEMORY", 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        said = run("assess", "case.yaml")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"error: {tempfile.gettempdir()}: cannot be used: File too large\n"
    assert not (home / "steelyard.db").exists()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_holds_names_of_persons_is_for_its_owner_alone(run: Any, home: Path) -> None:
    before = os.umask(0o022)
    try:
        for case in ("case.yaml", "named.yaml"):
            for form in ("yaml", "xlsx"):
                assert run("template", BOOK, "--from", case, "-o", f"{case}.{form}").code == 0
        assert run("assess", "named.yaml").code == 0
        # A file that is there has the mode that its owner gave it.
        (home / "mine.yaml").touch(0o640)
        assert run("template", BOOK, "--from", "named.yaml", "-o", "mine.yaml", "--force").code == 0
    finally:
        os.umask(before)
    modes = {path.name: mode(path) for path in home.iterdir()}
    assert {name for name, one in modes.items() if one == 0o600} == {
        "named.yaml.yaml",
        "named.yaml.xlsx",
        "steelyard.db",
    }
    assert modes["mine.yaml"] == 0o640
    assert modes["case.yaml.xlsx"] == modes["case.yaml.yaml"] == 0o644


def test_no_file_is_called_a_hyphen(run: Any, home: Path) -> None:
    for words in (
        ("compare", "--format", "json", "-o", "-"),
        ("report", "case.yaml", "--format", "html", "-o", "-"),
    ):
        said = run(*words)
        assert (said.code, said.out) == (2, "")
        assert "error: -: may mean the output of the program, or a file of that name" in said.err
    assert not (home / "-").exists()


WORKERS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "assess": ("weighing", "_weigh_chunk", "_start", ("assess", "many")),
    "due": ("weighing", "_weigh_chunk", "_start", ("due", "many", "-o", "out.ics")),
    "sample": (
        "sample_jobs", "_chunk", "_start",
        ("sample", "--units", "60", "--quarters", "1", "--book", BOOK, "-o", "out"),
    ),
    "sample, store": (
        "sample_jobs", "_chunk", "_start",
        ("sample", "--units", "60", "--quarters", "1", "--book", BOOK, "-o", "out.db"),
    ),
}  # fmt: skip
SAID = {
    "killed": "a worker process was killed by signal 9 before its work was done; perhaps there was "
    "not enough memory",
    "left": "a worker process ended by itself, with exit code 3, before its work was done",
}
DEATHS = {
    "killed as it starts": ("start", "killed"),
    "killed at its first task": ("first", "killed"),
    "killed at a later task": ("later", "killed"),
    "killed when its work is made": ("made", "killed"),
    "ended as it starts": ("start", "left"),
    "ended when its work is made": ("made", "left"),
}
SOME = {("assess", "later"), ("due", "made"), ("sample", "start"), ("sample, store", "first")}


def deaths() -> Iterator[Any]:
    """Yield every command that has workers with every death of one; most of them only where
    STEELYARD_FAULTS is as large as in `.ci/long`, since each starts several processes.
    """
    all_of_them = int(os.environ.get("STEELYARD_FAULTS", "0")) >= 100
    for command in WORKERS:
        for name, (when, how) in DEATHS.items():
            if all_of_them or (how == "killed" and (command, when) in SOME):
                yield pytest.param(command, when, how, id=f"{command}, {name}")


@pytest.mark.parametrize(("command", "when", "how"), list(deaths()))
def test_a_worker_that_dies_ends_the_command_in_a_line_and_leaves_nothing(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch, command: str, when: str, how: str
) -> None:
    name, work, start, words = WORKERS[command]
    module = importlib.import_module(f"steelyard.work.{name}")
    fill(home)
    if when == "start":
        monkeypatch.setattr(module, start, functools.partial(dying.dying_as_it_starts, how))
    else:
        dies = functools.partial(dying.dying_at_work, when, how, module.__name__, work)
        monkeypatch.setattr(module, work, dies)
    before = sorted(home.rglob("*"))
    said = run(*words)
    assert (said.code, said.out, said.err) == (2, "", f"error: {SAID[how]}\n")
    # A store may be there, with what was saved in it: less than a hundred, so nothing.
    assert [one for one in sorted(home.rglob("*")) if not one.name.startswith("out.db")] == before
    if (home / "out.db").exists():
        found = run("show", "--db", "out.db", "--check")
        assert (found.code, found.out.split()[0]) == (0, "0")


def test_a_worker_without_memory_ends_the_command_in_a_line(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.work import weighing

    fill(home)
    monkeypatch.setattr(weighing, "_weigh_chunk", dying.out_of_memory)
    said = run("assess", "many")
    assert (said.code, said.out, said.err) == (2, "", "error: there is not enough memory\n")
    assert not (home / "steelyard.db").exists()


def fill(home: Path) -> None:
    """Put as many cases into a folder as are shared among processes, and more than one a task."""
    (home / "many").mkdir()
    for number in range(70):
        case = CASE.replace("001", f"{number:03}")
        (home / "many" / f"{number}.yaml").write_text(case, encoding="utf-8")

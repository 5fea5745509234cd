"""A further sector in an afternoon: the walk-through as written, in an environment of its own, the
core untouched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from asked import ALL_PAGES, in_full
from pages import ROOT, WALK, fences
from wheels import Asked, Forks

from steelyard.cli.main import main

# Stands for itself in every command that follows.
ACTIVATION = ". .venv/bin/activate"
SCAFFOLD = "steelyard-museum"
# Otherwise the program, once it is installed with the plugin, runs in forks of one process.
EACH_ALONE = ALL_PAGES
_FORKED = re.compile(
    r"(?P<settings>(?:[A-Z_]+=\S* )*) ?steelyard (?P<words>(?!new-plugin)[^|&;<>$`*?~]+)"
)


class Ran(NamedTuple):
    """One command of the page and what came of it."""

    line: str
    code: int
    out: str
    err: str


class Walk:
    """A folder in which the page's commands are run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ran: list[Ran] = []
        self.before = ""
        self.forks: Forks | None = None
        home = folder / "home"
        home.mkdir()
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(
                ("STEELYARD_", "LC_", "LANG", "PYTHON", "PIP_", "COV_", "VIRTUAL_")
            )
        }
        # What the page calls python3 is the Python of these tests, as packages are for one Python.
        named = home / "bin" / "python3"
        named.parent.mkdir()
        named.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        named.chmod(0o755)
        found = (folder / ".venv" / "bin", named.parent, kept.get("PATH", ""))
        path = os.pathsep.join(map(str, found))
        self.environment = kept | {
            "PATH": path,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "LANG": "C.UTF-8",
        }

    def run(self, line: str) -> Ran:
        """Run one command as it stands on the page."""
        forked = None if EACH_ALONE else _FORKED.fullmatch(line)
        if forked is not None:
            settings = dict(one.split("=", 1) for one in forked["settings"].split())
            asked = Asked(self.folder, shlex.split(forked["words"]), settings)
            if self.forks is None:
                python = self.folder / ".venv" / "bin" / "python"
                self.forks = Forks(python, self.environment, self.folder / "home")
            done = self.forks.run(asked)
        else:
            if "pip " in line:
                self.close()
            done = subprocess.run(
                ["sh", "-c", line],  # noqa: S607
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        return Ran(line, done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """End the process of the forks, which sees nothing of what is installed from now on."""
        if self.forks is not None:
            self.forks.close()
        self.forks = None

    def json(self, line: str) -> Any:
        """Run a command that prints JSON, and return it."""
        ran = self.run(line)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    @property
    def core(self) -> Path:
        """The core as it was installed."""
        [found] = (self.folder / ".venv").glob("lib/python*/site-packages/steelyard")
        return found

    def digest(self) -> str:
        """Return a digest of every file of the core."""
        whole = hashlib.sha256()
        for path in sorted(self.core.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                whole.update(f"{path.relative_to(self.core)}\n".encode() + path.read_bytes())
        return whole.hexdigest()

    def offline(self) -> None:
        """Let the fresh environment find here what it would fetch: all that is installed but
        Steelyard and its sectors.
        """
        outside, bin_ = self.folder / "outside", self.folder / ".venv" / "bin"
        outside.mkdir()
        for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
            for entry in Path(place).iterdir():
                if (
                    not entry.name.startswith(("steelyard", "_steelyard", "__editable__", "pip"))
                    and entry.suffix != ".pth"
                ):
                    (outside / entry.name).symlink_to(entry)
        [site] = (self.folder / ".venv").glob("lib/python*/site-packages")
        (site / "outside.pth").write_text(f"{outside}\n")
        python = bin_ / "python"
        pip = (
            f'#!/bin/sh\nverb=$1\nshift\nexec "{python}" -m pip --disable-pip-version-check '
            f'"$verb" --quiet --no-index --no-build-isolation "$@"\n'
        )
        for name, text in {
            "pip": pip,
            "pytest": f'#!/bin/sh\nexec "{python}" -m pytest -p no:hypothesispytest "$@"\n',
        }.items():
            (bin_ / name).unlink(missing_ok=True)
            (bin_ / name).write_text(text)
            (bin_ / name).chmod(0o755)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Yield the folder after the whole page; what follows a failing command is not run."""
    walk = Walk(tmp_path_factory.mktemp("walk"))
    walked(walk)
    yield walk
    walk.close()


def walked(walk: Walk) -> None:
    """Run the commands of the page up to the first that fails."""
    (walk.folder / "core").symlink_to(ROOT / "core")
    for fence in fences(WALK.read_text("utf-8")):
        if fence.file:
            path = walk.folder / fence.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.body, "utf-8")
        for line in fence.body.splitlines() if fence.language == "sh" else ():
            if line == ACTIVATION:
                walk.offline()
                continue
            if line.startswith("steelyard new-plugin"):
                walk.before = walk.digest()
            walk.ran.append(walk.run(line))
            if walk.ran[-1].code:
                return


def test_every_command_of_the_page_runs(walk: Walk) -> None:
    assert [one for one in walk.ran if one.code] == []
    assert [one for one in walk.ran if "Traceback" in one.err or "warning" in one.err.lower()] == []


def test_the_sector_is_there_and_the_core_untouched(walk: Walk) -> None:
    listed = walk.json("steelyard books --format json")["books"]
    assert {one["id"]: (one["plugin"], one["checkable"], one["cited"]) for one in listed} == {
        "museum/service": ("museum", 9, 9),
        "museum/collection": ("museum", 6, 6),
    }
    assert walk.before == walk.digest()


def test_a_case_is_assessed(walk: Walk) -> None:
    found = walk.json(
        f"steelyard assess {SCAFFOLD}/steelyard_museum/examples/service.yaml --no-save "
        f"--format json"
    )
    assert (found["book"]["id"], found["subject"]["sector"], found["coverage"]) == (
        "museum/service",
        "museum",
        "1.00",
    )
    assert found["score"]["low"] == found["score"]["high"]
    half = walk.json(
        f"steelyard assess {SCAFFOLD}/steelyard_museum/examples/service-half.yaml "
        f"--no-save --format json"
    )
    assert half["score"]["low"] != half["score"]["high"]


def test_the_sector_is_blocked_and_unblocked(walk: Walk) -> None:
    states = [
        {
            one["name"]: one["state"]
            for one in walk.json(f"{setting} steelyard plugins --format json")["plugins"]
        }
        for setting in ("STEELYARD_BLOCK=museum", "")
    ]
    assert states == [{"museum": "blocked"}, {"museum": "ok"}]
    assert walk.json("STEELYARD_BLOCK=museum steelyard books --format json")["books"] == []
    refused = walk.run(
        f"STEELYARD_BLOCK=museum steelyard assess "
        f"{SCAFFOLD}/steelyard_museum/examples/service.yaml --no-save"
    )
    assert (refused.code, refused.out) == (2, "")
    assert "unknown book `museum/service`" in refused.err


def test_its_tests_are_told_with_the_rules_coverage(walk: Walk) -> None:
    first, second = (one.out for one in walk.ran if one.line == f"pytest {SCAFFOLD}")
    assert "museum/service@0.1.0  100%  rules: 4, consequence rows: 2, entries: 8" in first
    assert "11 passed" in first
    assert "museum/collection@0.1.0  100%  rules: 3, consequence rows: 1, entries: 7" in second
    assert "18 passed" in second


def test_the_books_leave_nothing_to_remark(walk: Walk) -> None:
    assert walk.json(f"steelyard book check {SCAFFOLD}/steelyard_museum/books --format json") == {
        "schema": "steelyard/book-check@1",
        "remarks": [],
        "notes": [],
    }


# A form of its own

OWN_FORM = ROOT / "tests" / "core" / "one_place" / "most_of.py"
BOOK = "city/visitors --books city/books"
REASON = "1 met, 2 are enough"
GONE = (
    "error: steelyard.db: city/visitors:1: forms: "
    "form `most_of` is brought by steelyard-museum 0.1.0, which is not in use\n"
)
OTHER = (
    "error: steelyard.db: city/visitors:1: forms: form `most_of` was brought by "
    "steelyard-museum 0.1.0, and steelyard-museum 0.2.0 is in use\n"
)
BOTH = """
import itertools
import json
from fractions import Fraction

from steelyard import judge, load_book, read_case
from steelyard.judging.slow.judge import judge_slowly

book = load_book("city/visitors", folders=["city/books"])
found = []
for words in itertools.product((None, "yes", "no", "na"), repeat=3):
    facts = zip(("english", "sign_language", "braille"), words)
    given = {name: word for name, word in facts if word is not None}
    case = read_case({"subject": "m-1", "period": "2026", "facts": given}, book)
    fast, slow = judge(book, case), judge_slowly(book, case)
    assert (Fraction(fast.low), Fraction(fast.high)) == (slow.score.low, slow.score.high), words
    found.append([words, str(fast.low), str(fast.high)])
print(json.dumps(found))
"""


def saved(walk: Walk) -> str:
    """Return the id of the assessment that the page made."""
    [one] = walk.json("steelyard show --format json")["assessments"]
    return str(one["id"])


def test_the_page_shows_a_form_that_the_house_checks(walk: Walk) -> None:
    [shown] = [
        one.body
        for one in fences(WALK.read_text("utf-8"))
        if one.file == f"{SCAFFOLD}/steelyard_museum/most_of.py"
    ]
    assert shown == OWN_FORM.read_text("utf-8")


def test_what_the_page_says_of_the_form_is_printed(walk: Walk) -> None:
    page = WALK.read_text("utf-8")
    told = page[page.index("## 7.") : page.index("## 8.")]
    printed = "".join(one.out for one in walk.ran) + GONE
    lines = {line.strip() for line in printed.splitlines()}
    shown = [
        line for one in fences(told) if one.language == "text" for line in one.body.split("\n")
    ]
    assert len([line for line in shown if line]) == 3
    assert [line for line in shown if line and line.strip() not in lines] == []


def test_both_judges_weigh_the_form_alike(walk: Walk) -> None:
    (walk.folder / "both.py").write_text(BOTH, "utf-8")
    found = walk.json("python both.py")
    assert len(found) == 4**3
    for words, low, high in found:
        met, open_ = words.count("yes"), words.count(None)
        # Two are enough for 100 points, one is worth 50.
        assert (low, high) == (
            f"{50 * min(met, 2)}.00",
            f"{50 * min(met + open_, 2)}.00",
        )


def test_the_form_is_named_with_its_distribution_and_version(walk: Walk) -> None:
    [plugin] = walk.json("steelyard plugins --format json")["plugins"]
    assert plugin["forms"] == ["most_of"]
    shown = walk.json(f"steelyard book show {BOOK} --format json")
    assert shown["book"]["forms"] == {"most_of": "steelyard-museum 0.1.0"}
    assert "most_of" in walk.json("steelyard book schema")["$defs"]["RuleEntry"]["properties"]


def test_the_resolved_book_is_a_book_too(walk: Walk) -> None:
    shown = walk.json(f"steelyard book show {BOOK} --format json")
    lines = [f"{key}: {json.dumps(said)}" for key, said in shown["book"].items()]
    (walk.folder / "resolved.yaml").write_text("\n".join(lines))
    diff = walk.json(
        "steelyard book diff city/visitors resolved.yaml --books city/books --format json"
    )
    assert diff["changes"] == []
    assert diff["to"]["digest"] == shown["digest"]


def test_the_empty_case_has_the_items_of_the_form(walk: Walk) -> None:
    cells = {
        cell.value
        for sheet in openpyxl.load_workbook(walk.folder / "visitors.xlsx")
        for row in sheet.iter_rows()
        for cell in row
    }
    assert {"english", "sign_language", "braille"} <= cells


def test_a_saved_assessment_is_judged_again_with_the_form(walk: Walk) -> None:
    shown = walk.run(f"steelyard show {saved(walk)}")
    assert (shown.code, shown.err) == (0, "")
    assert REASON in shown.out
    # By hand: one of three where all three are asked, 33.33 points, is 16.67 less than 50.
    change = walk.run(f"steelyard rescore {saved(walk)} --book visitors-next.yaml")
    assert (change.code, change.err) == (0, "")
    assert "-16.67" in change.out


def without(walk: Walk, setting: str) -> None:
    """Look at what can still be done where the plugin is not in use."""
    one = saved(walk)
    shown = walk.run(f"{setting} steelyard show {one}")
    assert (shown.code, shown.err) == (0, GONE.replace("error", "warning"))
    assert REASON in shown.out
    assert "50.00 / 100.00" in shown.out
    assert REASON in walk.run(f"{setting} steelyard show {one} --format json").out
    for words in (
        f"rescore {one} --book visitors-next.yaml",
        f"rescore {one} --book museum/service",
        f"report {one} -o visit.html",
    ):
        refused = walk.run(f"{setting} steelyard {words}")
        assert (refused.code, refused.out, refused.err) == (2, "", GONE)
    unknown = (
        "city/books/visitors.yaml:13: rules.languages: unknown key `most_of`; "
        "were it a form, the plugin that brings it is not in use\n"
    )
    for words in ("book check city/books/visitors.yaml", f"book show {BOOK}"):
        refused = walk.run(f"{setting} steelyard {words}")
        assert (refused.code, refused.out, refused.err) == (2, "", f"error: {unknown}")
    listed = walk.run(f"{setting} steelyard books --books city/books")
    assert (listed.code, listed.err) == (0, f"warning: {unknown}")


@in_full
def test_where_the_plugin_is_blocked_what_was_saved_is_shown(walk: Walk) -> None:
    without(walk, "STEELYARD_BLOCK=museum")


def test_where_the_plugin_is_gone_what_was_saved_is_shown(walk: Walk) -> None:
    assert walk.run("python -m pip uninstall --yes --quiet steelyard-museum").code == 0
    try:
        without(walk, "")
    finally:
        assert walk.run("pip install --no-deps dist/steelyard_museum-0.1.0-*.whl").code == 0


@in_full
def test_another_version_of_the_plugin_makes_another_book(walk: Walk) -> None:
    def digest() -> str:
        return str(walk.json(f"steelyard book show {BOOK} --format json")["digest"])

    def install(version: str) -> None:
        wheel = f"dist/steelyard_museum-{version}-*.whl"
        assert walk.run(f"pip install --force-reinstall --no-deps {wheel}").code == 0

    before, one = digest(), saved(walk)
    project = walk.folder / SCAFFOLD / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace('"0.1.0"', '"0.2.0"'), "utf-8")
    assert walk.run(f"pip wheel --no-deps -w dist ./{SCAFFOLD}").code == 0
    install("0.2.0")
    try:
        assert digest() != before
        refused = walk.run(f"steelyard rescore {one} --book visitors-next.yaml")
        assert (refused.code, refused.out, refused.err) == (2, "", OTHER)
    finally:
        install("0.1.0")
    assert digest() == before
    assert walk.run(f"steelyard rescore {one} --book visitors-next.yaml").code == 0


# The scaffold itself


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def scaffold(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    """Run the command and return its exit code and what it said."""
    with pytest.raises(SystemExit) as left:
        main(["new-plugin", *words])
    return int(left.value.code or 0), capsys.readouterr().err.splitlines()


def test_the_scaffold_passes_its_own_tests_before_it_is_installed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scaffold(capsys, "night-school")[0] == 0
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        command,
        cwd=folder / "steelyard-night-school",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "night-school/service@0.1.0  100%" in done.stdout


def test_the_scaffold_is_clean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scaffold(capsys, "museum")
    # tests/core/test_python_page.py asks the type checker.
    for words in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", *words, "."],
            cwd=folder / SCAFFOLD,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_stands_where_the_scaffolds_book_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scaffold(capsys, "museum")
    book = folder / SCAFFOLD / "steelyard_museum/books/service.yaml"
    said = book.read_text("utf-8").splitlines()[0].partition("$schema=")[2]
    schema = json.loads((book.parent / said).read_text("utf-8"))
    assert schema["title"] == "Steelyard rule book"


def test_titles_may_hold_anything_that_can_be_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = """a "b": 'c' {d} # $name \\n ］"""
    assert scaffold(capsys, "museum", "--zh", title, "--en", title, "-o", "inner/most")[0] == 0
    home = folder / "inner" / "most" / SCAFFOLD / "steelyard_museum"
    with pytest.raises(SystemExit) as left:
        main(["book", "show", "museum/service", "--format", "json", "--books", str(home / "books")])
    assert not left.value.code
    assert json.loads(capsys.readouterr().out)["book"]["title"] == {
        "zh": f"{title}服务",
        "en": f"{title}: service",
    }


def test_it_says_what_it_wrote_and_what_comes_next(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = scaffold(capsys, "museum")
    assert (code, said) == (
        0,
        [
            "wrote steelyard-museum",
            "next: pip install -e steelyard-museum, then pytest steelyard-museum",
        ],
    )
    assert [one.name for one in folder.iterdir()] == [SCAFFOLD]


FORM = "small letters, digits and single hyphens, at most 40"
REFUSED = {
    "capitals": (
        ["Museum"],
        f"new-plugin: `Museum` cannot be the name of a sector: {FORM}; did you mean `museum`?",
    ),
    "an underscore": (
        ["night_school"],
        (
            f"new-plugin: `night_school` cannot be the name of a sector: {FORM}; did you "
            f"mean `night-school`?"
        ),
    ),
    "Chinese": (["博物馆"], f"new-plugin: `博物馆` cannot be the name of a sector: {FORM}"),
    "a path": (
        ["../museum"],
        f"new-plugin: `../museum` cannot be the name of a sector: {FORM}; did you mean `museum`?",
    ),
    "a digit first": (
        ["1st"],
        f"new-plugin: `1st` cannot be the name of a sector: {FORM}; did you mean `st`?",
    ),
    "two hyphens": (
        ["a--b"],
        f"new-plugin: `a--b` cannot be the name of a sector: {FORM}; did you mean `a-b`?",
    ),
    "nothing": ([""], "steelyard new-plugin: NAME: is empty: write what is meant, or leave it out"),
    "too long": (
        ["m" * 41],
        (
            f"new-plugin: `{'m' * 41}` cannot be the name of a sector: {FORM}; did you mean "
            f"`{'m' * 40}`?"
        ),
    ),
    "its own prefix": (
        ["steelyard-museum"],
        (
            "new-plugin: `steelyard-museum` would be called steelyard-steelyard-museum; did "
            "you mean `museum`?"
        ),
    ),
    "an installed sector": (
        ["hospital"],
        "new-plugin: there is a sector `hospital` already, from steelyard-hospital",
    ),
    "a folder that is there": (
        ["museum", "-o", "taken"],
        "taken/steelyard-museum: is there already: choose another place with -o",
    ),
    "a file in the way": (
        ["museum", "-o", "file"],
        "file/steelyard-museum: cannot be written: Not a directory",
    ),
    "a title of two lines": (
        ["museum", "--zh", "a\nb"],
        "new-plugin: --zh: `a�b` cannot be a title: one line of at most 40 characters",
    ),
    "a title too long": (
        ["museum", "--en", "e" * 41],
        f"new-plugin: --en: `{'e' * 41}` cannot be a title: one line of at most 40 characters",
    ),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    (folder / "taken" / SCAFFOLD).mkdir(parents=True)
    (folder / "file").write_text("x")
    assert scaffold(capsys, *words) == (2, [f"error: {line}"])
    assert sorted(str(one.relative_to(folder)) for one in folder.rglob("*")) == [
        "file",
        "taken",
        f"taken/{SCAFFOLD}",
    ]


def test_a_sector_that_is_blocked_is_still_taken(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_BLOCK", "school")
    assert scaffold(capsys, "school") == (
        2,
        ["error: new-plugin: there is a sector `school` already, from steelyard-school"],
    )

"""Every command that a page shows runs as shown, and the command line stays light, helpful and
exact about its names.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pages import PAGES, ROOT, WALK, fences
from program import Answer, answer

import steelyard
from steelyard.cli.main import COMMANDS, program
from steelyard.cli.settings import Settings
from steelyard.messages import LANGUAGES, Language

# Whatever installs, runs the tests or takes long is the work of .ci/run, which starts from the
# README's own commands.
LEFT_TO_CI: tuple[str, ...] = (
    (
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && "
        ".venv/bin/steelyard demo"
    ),
    ".venv/bin/pytest",
    ".venv/bin/pip install ",
    ".ci/run",
    ".ci/long",
    "STEELYARD_READERS=",
    "python benchmarks/",
    ".venv/bin/python benchmarks/",
    "python -m benchmarks",
    ".venv/bin/python -m benchmarks",
    ".venv/bin/python tools/",
)
HEAVY = (
    "duckdb",
    "sqlglot",
    "z3",
    "openpyxl",
    "pyspark",
    "pydantic",
    "sqlite_utils",
    "rich",
    "yaml",
    "numpy",
    "altair",
    "docx",
    "weasyprint",
    "jinja2",
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a fresh user: the installed program first, nothing set, caches of
    their own.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        # What is tested stays on the path, wherever it is installed from.
        if key == "PYTHONPATH"
        or not key.startswith(("STEELYARD_", "LC_", "LANG", "PYTHON", "COV_"))
    }
    home = tmp_path / "home"
    home.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {
        "PATH": path,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LANG": "C.UTF-8",
    }


def commands(body: str) -> list[str]:
    """Return the commands of a block, a line each; what a backslash continues is one."""
    lines = (line.strip() for line in body.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def is_left_to_ci(line: str) -> bool:
    """Whether a command is one that CI runs; what ends in a blank, a slash, a `=` or a
    module begins one.
    """
    return any(
        line.startswith(one) if one.endswith((" ", "/", "=", "benchmarks")) else line == one
        for one in LEFT_TO_CI
    )


FRONT = ROOT / "README.md"
# The long run takes all pages, and the commands of the first as a fresh user's.
ALL = os.environ.get("STEELYARD_PAGES") == "all"
HERE = [page for page in PAGES if page != WALK] if ALL else [FRONT]


def ran_alone(line: str, folder: Path, environment: Mapping[str, str]) -> Answer:
    """Run a command as a fresh user does who types it."""
    done = subprocess.run(
        ["sh", "-c", line],  # noqa: S607
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def ran_here(line: str, folder: Path, environment: Mapping[str, str]) -> Answer:
    """Run a command that asks nothing of a shell within this process, a second sooner."""
    assert not re.search(r"[|&;<>$`*?~]", line), f"`{line}` is for a shell"
    return answer(folder, {"HOME": environment["HOME"]}, *shlex.split(line)[1:])


@pytest.mark.parametrize("page", HERE, ids=[str(page.relative_to(ROOT)) for page in HERE])
def test_every_command_of_a_page_runs_in_its_order(
    page: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    shown = fences(page.read_text("utf-8"))
    for fence in shown:
        if fence.language == "yaml" and fence.file:
            (folder / fence.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / fence.file).write_text(fence.body, "utf-8")
    for fence in shown:
        for line in (
            commands(fence.body) if fence.language in {"sh", "bash", "shell", "console"} else ()
        ):
            if is_left_to_ci(line):
                continue
            assert line.startswith("steelyard "), f"{page.name}: nobody runs `{line}`"
            run = ran_alone if ALL and page == FRONT else ran_here
            ran = run(line, folder, environment)
            assert ran.code == 0, f"{page.name}: `{line}`\n{ran.out}\n{ran.err}"
            assert "Traceback" not in ran.err
            # The pages hand in a template as it is, which is told.
            told = [one for one in ran.err.splitlines() if "still the example" not in one]
            assert "warning" not in "\n".join(told)


def test_the_pages_show_commands_at_all() -> None:
    shown = [
        line
        for page in PAGES
        for f in fences(page.read_text("utf-8"))
        if f.language == "sh"
        for line in commands(f.body)
    ]
    run = {line.split()[1] for line in shown if line.startswith("steelyard ")}
    assert {"books", "template", "assess", "show", "book"} <= run


def test_every_command_is_shown_somewhere() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert [name for name in COMMANDS if f"steelyard {name}" not in text] == []


def test_the_readme_in_both_languages_shows_the_same_book_and_commands() -> None:
    english, chinese = (
        fences((ROOT / name).read_text("utf-8")) for name in ("README.md", "README.zh.md")
    )
    books = [[f.body for f in page if f.language == "yaml"] for page in (english, chinese)]
    assert books[0] == books[1]
    lines = [
        [
            line.replace(" --lang zh", "")
            for f in page
            if f.language == "sh"
            for line in commands(f.body)
        ]
        for page in (english, chinese)
    ]
    assert [line for line in lines[1] if line not in lines[0]] == []


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


# The program


def test_the_programs_help_imports_nothing_heavy(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    told = (
        "import json, sys\nfrom steelyard.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert loaded & set(HEAVY) == set()
    assert not any(
        name.startswith(
            ("steelyard.judging", "steelyard.case", "steelyard.store", "steelyard.report")
        )
        for name in loaded
    )


def test_importing_the_package_imports_nothing_heavy(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    told = "import json, sys, steelyard; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", told],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert loaded & {*HEAVY, "click", "pluggy"} == set()


def test_the_installed_program_answers(tmp_path: Path, environment: dict[str, str]) -> None:
    program_ = shutil.which("steelyard", path=environment["PATH"])
    assert program_ is not None
    assert Path(program_).parent == Path(sys.executable).parent
    done = subprocess.run(
        [program_, "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert steelyard.__version__ in done.stdout


def inner(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    """Return a command and those within it, by their full names."""
    found = [(name, command)]
    if isinstance(command, click.Group):
        for key, one in command.commands.items():
            found += inner(one, f"{name} {key}")
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    context = click.Context(program, obj=Settings("en"))
    command = program.get_command(context, name)
    assert command is not None
    for full, one in inner(command, name):
        assert (one.help or "").strip().endswith("."), full
        for option in one.params:
            if isinstance(option, click.Option):
                assert option.help, f"{full} {option.name}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_lists_every_command_with_its_first_line(language: Language) -> None:
    shown = (
        CliRunner().invoke(program, ["--lang", language, "--help"], obj=Settings(language)).output
    )
    told = dict(
        line.split(maxsplit=1)
        for line in shown.splitlines()
        if line.startswith("  ") and len(line.split(maxsplit=1)) == 2
    )
    assert set(COMMANDS) <= set(told)


def test_public_names_are_exact() -> None:
    assert sorted(steelyard.__all__) == list(steelyard.__all__)
    assert len(set(steelyard.__all__)) == len(steelyard.__all__)
    assert set(steelyard.__all__) == {*steelyard._HOMES, "__version__"}
    for name in steelyard.__all__:
        assert getattr(steelyard, name) is not None
    for name, home in steelyard._HOMES.items():
        defined = getattr(steelyard, name)
        assert getattr(sys.modules[home], name) is defined
    with pytest.raises(AttributeError, match="no attribute 'Judge'"):
        _ = steelyard.Judge

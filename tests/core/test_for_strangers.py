"""What the pages and settings for newcomers say is so."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pages import ROOT, code, fences, tables

import steelyard

CORE = ROOT / "core" / "steelyard"
GUIDES = ("CONTRIBUTING.md", "SECURITY.md")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
DISTRIBUTIONS = (ROOT / "core", *sorted((ROOT / "plugins").iterdir()))
RUN = (ROOT / ".ci" / "run").read_text("utf-8")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def prose_of(name: str) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(name), flags=re.DOTALL | re.MULTILINE)


def rooms() -> set[str]:
    """Return the packages and modules at the top of the core."""
    folders = {one.parent.name for one in CORE.glob("*/__init__.py")}
    modules = {one.stem for one in CORE.glob("*.py")} - {"__init__"}
    return folders | modules


def drawn() -> list[list[str]]:
    """Return the rows of the drawing, top first, without what is said of them."""
    drawing = fences(text_of("docs/architecture.md"))[0].body
    rows = [re.findall(r"\w+", line.partition("—")[0]) for line in drawing.splitlines()]
    return [row for row in rows if row]


def layers() -> list[list[str]]:
    """Return the rows of the contract by which imports are checked."""
    settings = tomllib.loads(text_of("pyproject.toml"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    assert contract["type"] == "layers"
    rows = [re.findall(r"\w+", one.replace("steelyard.", "")) for one in contract["layers"]]
    return [kept for row in rows if (kept := [one for one in row if one in rooms()])]


# The architecture


def test_the_drawing_shows_every_room_once() -> None:
    shown = [name for row in drawn() for name in row]
    assert sorted(shown) == sorted(rooms())


def test_the_drawing_is_the_contract_of_the_layers() -> None:
    place = {name: number for number, row in enumerate(drawn()) for name in row}
    rows = layers()
    for upper, lower in itertools.pairwise(rows):
        assert max(place[name] for name in upper) < min(place[name] for name in lower)


def test_every_path_of_the_architecture_is_there() -> None:
    told = code(prose_of("docs/architecture.md"))
    paths = [one for one in told if "/" in one and re.fullmatch(r"[\w./-]+", one)]
    paths += [one for one in told if re.fullmatch(r"\w+\.py", one)]
    assert len(paths) > 20
    missing = [one for one in paths if not (CORE / one).exists() and not (ROOT / one).exists()]
    assert missing == []


def test_the_architecture_says_what_to_touch_for_each_kind() -> None:
    (table,) = tables(text_of("docs/architecture.md"))["To add X, touch Y"]
    said = " ".join(row[0] for row in table)
    for kind in ("form", "function", "reading", "part of a report", "writer", "hook", "command"):
        assert kind in said
    assert "key of a book" in said


# Contributing


def test_what_a_contributor_is_told_to_run_is_there() -> None:
    lines = [
        line
        for fence in fences(text_of("CONTRIBUTING.md"))
        if fence.language == "sh"
        for line in fence.body.splitlines()
    ]
    assert len(lines) > 5
    for line in lines:
        program, *arguments = line.split()
        if program.startswith(".venv/bin/"):
            beside = Path(sys.executable).parent
            assert shutil.which(program.removeprefix(".venv/bin/"), path=str(beside)), line
        else:
            assert program == "python3", line
        for one in arguments:
            if "/" in one or one.endswith(".txt"):
                assert list(ROOT.glob(one)), f"`{line}` names {one}"


def test_what_a_contributor_checks_is_what_is_checked_before_landing() -> None:
    told = text_of("CONTRIBUTING.md")
    for line in RUN.splitlines():
        if re.match(r"\.venv/bin/(ruff check|mypy|lint-imports)", line):
            assert line in told


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_and_link_of_a_guide_leads_somewhere(guide: str) -> None:
    text = text_of(guide)
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    assert [one for one in links if not (ROOT / one).exists()] == []
    paths = [
        one
        for one in code(prose_of(guide))
        if re.fullmatch(r"[\w./-]+\.(py|md|po|yaml|txt)", one)
        and not re.search(r"[A-Z]{4}", one.rpartition("/")[2].removesuffix(".md"))
    ]
    roots = (ROOT, CORE)
    assert [one for one in paths if not any((root / one).exists() for root in roots)] == []


def test_what_security_says_of_the_environment_is_read_somewhere() -> None:
    read = "\n".join(one.read_text("utf-8") for one in CORE.rglob("*.py"))
    for name in re.findall(r"STEELYARD_[A-Z]+", text_of("SECURITY.md")):
        assert f'"{name}"' in read


@pytest.mark.parametrize(
    ("page", "words"), [("README.md", "No licence"), ("README.zh.md", "许可证")]
)
def test_that_no_licence_is_chosen_is_said(page: str, words: str) -> None:
    assert words in text_of(page)
    assert list(ROOT.glob("LICEN[CS]E*")) == []


# Metadata


def metadata(distribution: Path) -> dict[str, Any]:
    told: dict[str, Any] = tomllib.loads((distribution / "pyproject.toml").read_text("utf-8"))
    return dict(told["project"])


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda one: one.name)
def test_every_distribution_says_the_same_of_itself(distribution: Path) -> None:
    ours, core = metadata(distribution), metadata(ROOT / "core")
    for key in ("authors", "classifiers", "requires-python", "version"):
        assert ours[key] == core[key]
    assert ours["authors"] == [{"name": "The Steelyard founders"}]
    assert ours["version"] == steelyard.__version__
    assert len(set(ours["keywords"])) > 4
    assert (distribution / ours["readme"]).exists() or (ROOT / ours["readme"]).exists()
    assert not [one for one in ours["classifiers"] if one.startswith("License")]
    assert "license" not in ours
    python = [
        one.rpartition(" ")[2]
        for one in ours["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", one)
    ]
    assert tuple(python) == PYTHONS


# The workflow, and the checks before a commit


def test_the_workflow_runs_what_must_be_green_on_every_python() -> None:
    (job,) = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"].values()
    assert tuple(job["strategy"]["matrix"]["python"]) == PYTHONS
    assert "${{ matrix.python }}" in job["container"]
    assert [one["run"] for one in job["steps"] if "run" in one] == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_checks_before_a_commit_are_those_of_the_build() -> None:
    (repository,) = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        command = re.sub(r"^sh -c '(.*)'$", r"\1", hook["entry"])
        assert command in RUN

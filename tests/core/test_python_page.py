"""What docs/python.md shows runs and prints what it says; the public names are those it lists, and
type checkers know them.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from asked import in_full
from pages import ROOT, Fence, code, fences, tables
from program import answer

import steelyard

PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")


def examples() -> list[tuple[str, str]]:
    """Return every program of the page with what the next block says that it prints."""
    shown = [*fences(PAGE), Fence("", "", "")]
    return [
        (one.body, after.body if after.language == "text" else "")
        for one, after in pairwise(shown)
        if one.language == "python"
    ]


@pytest.mark.parametrize(("program", "said"), examples())
def test_every_program_prints_what_the_page_says(
    program: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "docs/python.md", "exec"), {"__name__": "__main__"})  # noqa: S102  # our own page
    printed = "".join(f"{line.rstrip()}\n" for line in capsys.readouterr().out.splitlines())
    assert printed == said


def test_the_page_lists_every_public_name() -> None:
    [rows] = tables(PAGE)["Every public name"]
    assert sorted(name for row in rows[1:] for name in code(row[0])) == sorted(steelyard.__all__)


TYPED = """
from decimal import Decimal
from typing import assert_type

from steelyard import (
    Assessment, Case, Comparison, Options, Points, Row, RuleBook, Store, Table, compare, explain,
    judge, load_book, published, read_case, save,
)

book = load_book("hospital/nine-prohibitions")
assert_type(book, RuleBook)
case = read_case({"subject": "h-001", "period": "2026"}, book)
assert_type(case, Case)
found = judge(book, case)
assert_type(found, Assessment)
assert_type(found.low, Decimal)
assert_type(explain(found, "kickbacks", "zh"), str)
assert_type(compare([found], Options(min_peers=3)), Comparison)
some = Points(Decimal(1), Decimal(2), Decimal(3))
own = Table.of([Row(unit="a", sector="s", book="b/c", period="2026", earned={"service": some})])
assert_type("".join(published(compare(own))), str)
with Store.open("x.db") as store:
    assert_type(store, Store)
    assert_type(save(store, [found]).new, tuple[str, ...])
    assert_type(compare(store), Comparison)
judge(case, book)  # type: ignore[arg-type]
explain(found, language="fr")  # type: ignore[arg-type]
steelyard_is_typed: int = load_book("x")  # type: ignore[assignment]
"""


@in_full
def test_type_checkers_know_the_public_names_and_a_new_plugin(tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(TYPED, encoding="utf-8")
    assert answer(tmp_path, {}, "new-plugin", "museum").code == 0
    scaffold = tmp_path / "steelyard-museum"
    files = [*scaffold.rglob("*.py"), tmp_path / "uses.py"]
    words = ["--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache"), *map(str, files)]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = f"Success: no issues found in {len(files)} source files\n"
    assert (done.returncode, done.stdout) == (0, told)
    assert len(files) > 1


def test_what_is_passed_over_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_BLOCK", "nobody")
    with pytest.warns(UserWarning, match="STEELYARD_BLOCK: no plugin is called `nobody`"):
        steelyard.load_book("hospital/nine-prohibitions", folders=[tmp_path])


def test_no_package_bears_the_name_of_a_verb() -> None:
    verbs = {name for name, home in steelyard._HOMES.items() if home == "steelyard.work.verbs"}
    rooms = {one.name.removesuffix(".py") for one in Path(steelyard.__file__).parent.iterdir()}
    assert verbs
    assert not verbs & rooms
    assert all(callable(getattr(steelyard, name)) for name in verbs)


def test_nothing_below_the_command_line_prints() -> None:
    """What work finds is given back; the terminal writer of reports writes where it is told."""
    core = Path(steelyard.__file__).parent
    files = [one for one in core.rglob("*.py") if one.relative_to(core).parts[0] != "cli"]
    assert len(files) > 150
    words = ("click.echo(", "\n    print(", " print(", "sys.stdout.write(", "sys.stderr.write(")
    found = [
        f"{one.relative_to(core)}: {word.strip()}"
        for one in files
        for word in words
        if word in one.read_text("utf-8")
    ]
    assert found == []

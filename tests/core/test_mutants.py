"""The runner of planted faults: what it plants, what it leaves alone, and that its lists are true."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from mutants import Mutant, mutants
from mutate import APART, EXCUSED, GROUPS, _files, modules_of, without_group
from pages import ROOT, code, tables
from planted import CORE

LEFT_ALONE = '''
"""A module with 3 sentences."""
from __future__ import annotations

import re

if TYPE_CHECKING:
    A = 1 < 2

size: Literal[3]
"""What it is, 1 < 2."""


@dataclass(frozen=True)
class Thing:
    """A thing of 4 parts."""

    part: tuple[int, ...]

    def because(self) -> str:
        return "1" if self.part[0] < 1 else "2"


def read(text: Mapping[str, 5]) -> int:
    """Read 6 of them."""
    if False is text:
        raise ValueError(text[:7])
'''
PLANTED: dict[str, tuple[str, bool, list[str]]] = {
    "a comparison": ("a < b", False, ["compare 0"]),
    "two comparisons in one": ("a < b <= c", False, ["compare 0", "compare 1"]),
    "a sum": ("a + b", False, ["operator"]),
    "texts put together": ("'a' + b", False, []),
    "a condition": ("a if b else c", False, ["negate"]),
    "either": ("a or b", False, ["and/or"]),
    "not": ("not a", False, ["drop sign"]),
    "a number": ("f(2)", False, ["one less", "one more", "delete"]),
    "a truth": ("True", False, ["flip"]),
    "a filter": ("[a for a in b if a]", False, ["filter 0"]),
    "the least": ("c = min(a, b)", False, ["call"]),
    "a slice": ("a[b:c]", False, ["no lower", "no upper"]),
    "a part that is set": ("a.b = c", False, ["delete"]),
    "a sum that grows": ("a += b", False, ["delete", "operator"]),
    "a text": ("a = 'x < y'", False, []),
    "a text of a program": ("a = 'x < y and z'", True, ["text  < #0", "text  and #0"]),
    "a figure in a message": ("fault('', 'at least {n}', n=3)", False, []),
    "two texts as strict as each other": ("zip(a, b, strict=True)", False, ["delete"]),
}


def planted(tmp_path: Path, source: str, *, writes: bool = False) -> list[Mutant]:
    path = tmp_path / "module.py"
    path.write_text(source, "utf-8")
    return mutants(path, writes=writes)


@pytest.mark.parametrize(("source", "writes", "changes"), PLANTED.values(), ids=PLANTED)
def test_what_is_planted(tmp_path: Path, source: str, writes: bool, changes: list[str]) -> None:  # noqa: FBT001
    assert sorted(one.change for one in planted(tmp_path, source, writes=writes)) == sorted(changes)


def test_what_decides_nothing_is_left_alone(tmp_path: Path) -> None:
    left = [(one.text, one.change) for one in planted(tmp_path, LEFT_ALONE)]
    # The one condition that decides whether anything is refused.
    line = "if False is text:"
    assert sorted(left) == [(line, "compare 0"), (line, "flip"), (line, "negate")]


def test_a_fault_is_of_the_outermost_function_around_it(tmp_path: Path) -> None:
    source = (
        "a = 1\nclass B:\n    @property\n    def c(self, d=2):\n        def e():\n           "
        " return 3\n"
    )
    functions = {one.text: one.function for one in planted(tmp_path, source)}
    assert functions == {
        "a = 1": None,
        "def c(self, d=2):": None,
        "return 3": ("B.c", 3),
    }


@pytest.mark.parametrize("group", GROUPS)
def test_every_fault_of_a_module_is_another_program(group: str) -> None:
    path = modules_of(GROUPS[group].modules)[0]
    sound = ast.dump(ast.parse(path.read_text("utf-8")))
    made = mutants(path, writes=True)
    for one in made[:: max(1, len(made) // 20)]:
        tree = one.tree()
        assert ast.dump(tree) != sound
        compile(tree, str(path), "exec")


@pytest.mark.parametrize("group", GROUPS)
def test_the_tests_and_modules_of_a_group_are_there(group: str) -> None:
    told = GROUPS[group]
    for names in (told.first, told.more):
        assert len(_files(names)) == len(names)
    assert all(modules_of([pattern]) for pattern in (*told.modules, *told.writes))


def test_every_module_of_the_rooms_that_decide_numbers_is_of_a_group_or_apart() -> None:
    assert without_group() == []


@pytest.mark.parametrize(("pattern", "reason"), APART.items(), ids=APART)
def test_what_is_apart_is_there_and_has_its_reason(pattern: str, reason: str) -> None:
    assert [*(CORE / "steelyard").glob(pattern)]
    assert len(reason.split()) > 2


EXCUSES: list[dict[str, Any]] = yaml.safe_load(EXCUSED.read_text("utf-8")) or []


@pytest.mark.parametrize("excuse", EXCUSES, ids=lambda one: f"{one['module']} {one['line'][:30]}")
def test_an_excused_line_still_stands_and_has_its_reason(excuse: dict[str, Any]) -> None:
    assert set(excuse) <= {"module", "line", "change", "reason"}
    made = mutants(CORE / "steelyard" / excuse["module"], writes=True)
    changes = {one.change for one in made if one.text == excuse["line"]}
    assert changes
    assert excuse.get("change", next(iter(changes))) in changes
    assert len(excuse["reason"].split()) > 3


def test_the_table_of_what_was_found_names_modules_that_are_there() -> None:
    rows = [
        row
        for page in tables((ROOT / "docs" / "testing.md").read_text("utf-8")).values()
        for table in page
        for row in table
    ]
    named = [one for row in rows for one in code(row[0]) if one.endswith(".py")]
    assert [one for one in named if not (CORE / "steelyard" / one).exists()] == []

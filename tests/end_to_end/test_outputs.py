"""One rule for every `-o`: the suffix decides, what is there stays unless `--force` is said, and all
of it is told before any work is done.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from program import Answer, answer

BOOK = """\
book: town/small
version: 1.0.0
sector: town
offices: {works: {zh: 后勤科, en: Works}}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2, better: higher, method: site, responsible: works}
sections: [{id: all, points: 100}]
rules: [{id: rated, section: all, proportional: rate, points: 100}]
stages: [{id: start, window: {months: [2]}, deliverables: [{id: plan, title: Plan}]}]
grades: [{id: high, at_least: 90}, {id: low, at_least: 0}]
"""
CASE = "book: town/small\nsubject: {id: t-1, name: T}\nperiod: 2026\nfacts: {rate: 0.80}\n"
FACTS = "subject,rate\nt-1,0.5\n"


class Writer(NamedTuple):
    """A command that writes to `OUT`, by which suffix, and what it needs besides the core."""

    words: tuple[str, ...]
    suffix: str
    needs: str = "click"


FILES = {
    "template": Writer(("template", "town/small", "-o", "OUT"), ".xlsx"),
    "template, yaml": Writer(("template", "town/small", "-o", "OUT"), ".yaml"),
    "template, wide": Writer(("template", "town/small", "--wide", "-o", "OUT"), ".csv"),
    "template, what matters": Writer(
        ("template", "town/small", "--what-matters", "-o", "OUT"), ".xlsx"
    ),
    "template, a phone's form": Writer(
        ("template", "town/small", "--as", "xlsform", "-o", "OUT"), ".xlsx"
    ),
    "gather": Writer(("gather", "case.yaml", "-o", "OUT"), ".yaml"),
    "due": Writer(("due", "case.yaml", "-o", "OUT"), ".ics", "icalendar"),
    "plan --chart": Writer(("plan", "case.yaml", "--chart", "OUT"), ".svg", "vl_convert"),
    "report": Writer(("report", "case.yaml", "-o", "OUT"), ".xlsx", "PIL"),
    "report --write-template": Writer(("report", "--write-template", "OUT"), ".docx", "docxtpl"),
    "compare": Writer(("compare", "--no-save", "-o", "OUT"), ".json"),
    "compare, text": Writer(("compare", "--no-save", "-o", "OUT"), ".txt"),
}
FOLDERS = {
    "template --by": Writer(("template", "town/small", "--by", "method", "-o", "OUT"), ""),
    "report --all": Writer(("report", "--all", "-o", "OUT"), "", "jinja2"),
    "sample": Writer(("sample", "--units", "1", "--book", "town/small", "-o", "OUT"), ""),
    "sample, parquet": Writer(
        ("sample", "--units", "1", "--book", "town/small", "-o", "OUT"), ".parquet", "duckdb"
    ),
    "verify": Writer(("verify", "books/small.yaml", "-o", "OUT"), "", "z3"),
    "bulk": Writer(
        ("bulk", "town/small", "--facts", "facts.csv", "--period", "2026", "--out", "OUT"),
        "",
        "sqlglot",
    ),
    "new-plugin": Writer(("new-plugin", "museum", "-o", "OUT"), "/steelyard-museum"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the book, a case, a table and a store."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "books").mkdir()
    for name, text in (("books/small.yaml", BOOK), ("case.yaml", CASE), ("facts.csv", FACTS)):
        (folder / name).write_text(text, "utf-8")
    assert run(folder, ("assess", "case.yaml"), "").code == 0
    return folder


def run(desk: Path, words: tuple[str, ...], out: str, *more: str) -> Answer:
    settings = {"STEELYARD_BOOKS": "books", "STEELYARD_PLUGINS": "none"}
    return answer(desk, settings, *(out if word == "OUT" else word for word in words), *more)


def refused(desk: Path, words: tuple[str, ...], out: str, *more: str) -> str:
    """Return the one line that a command is refused with, having changed nothing."""

    def there() -> dict[Path, bytes]:
        return {one: one.read_bytes() for one in desk.rglob("*") if one.is_file()}

    before = there()
    ran = run(desk, words, out, *more)
    lines = [line for line in ran.err.splitlines() if not line.startswith("warning: ")]
    assert (ran.code, ran.out, len(lines)) == (2, "", 1), (ran.out, ran.err)
    assert there() == before
    return lines[0]


@pytest.mark.parametrize("writer", FILES.values(), ids=FILES)
def test_a_file_is_written_by_its_suffix_and_over_another_only_with_force(
    desk: Path, tmp_path: Path, writer: Writer
) -> None:
    if find_spec(writer.needs) is None:
        pytest.skip(f"needs the extra that brings {writer.needs}")
    words, there = writer.words, tmp_path / f"there{writer.suffix}"
    there.write_text("mine", "utf-8")
    line = refused(desk, words, str(there))
    assert (
        line
        == f"error: {there}: is there already: write to another file, or over it with `--force`"
    )
    assert there.read_text("utf-8") == "mine"
    for name in ("odd.foo", "odd"):
        line = refused(desk, words, str(tmp_path / name))
        assert line.startswith(f"error: {tmp_path / name}: ")
        assert writer.suffix in line
    folder = tmp_path / f"folder{writer.suffix}"
    folder.mkdir()
    assert (
        refused(desk, words, str(folder)) == f"error: {folder}: cannot be written: Is a directory"
    )
    lost = tmp_path / "none" / f"lost{writer.suffix}"
    assert (
        refused(desk, words, str(lost))
        == f"error: {lost}: cannot be written: No such file or directory"
    )
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith((".", "odd"))] == []
    ran = run(desk, words, str(there), "--force")
    assert ran.code == 0, ran.err
    assert there.read_bytes() != b"mine"


@pytest.mark.parametrize("writer", FOLDERS.values(), ids=FOLDERS)
def test_what_is_never_written_over_says_to_choose_another_place(
    desk: Path, tmp_path: Path, writer: Writer
) -> None:
    if find_spec(writer.needs) is None:
        pytest.skip(f"needs the extra that brings {writer.needs}")
    out = tmp_path / ("out.parquet" if writer.suffix == ".parquet" else "out")
    there = Path(f"{out}{writer.suffix}") if writer.suffix.startswith("/") else out
    there.parent.mkdir(exist_ok=True)
    there.write_text("mine", "utf-8")
    said = f"error: {there}: is there already: choose another place with -o"
    assert refused(desk, writer.words, str(out)) == said
    there.unlink()
    there.mkdir()
    (there / "kept").touch()
    assert refused(desk, writer.words, str(out)) == said


@pytest.mark.parametrize(
    "writer", [one for one in FOLDERS.values() if not one.suffix],
    ids=[name for name, one in FOLDERS.items() if not one.suffix],
)  # fmt: skip
def test_a_folder_is_not_given_the_name_of_a_file(
    desk: Path, tmp_path: Path, writer: Writer
) -> None:
    if find_spec(writer.needs) is None:
        pytest.skip(f"needs the extra that brings {writer.needs}")
    out = tmp_path / "out.XLSX"
    line = refused(desk, writer.words, str(out))
    said = "a folder is wanted, and a name that ends in .XLSX is that of a file"
    assert line == f"error: {out}: {said}"
    assert not out.exists()

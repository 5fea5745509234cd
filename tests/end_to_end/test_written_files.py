"""Whatever a command writes with -o: modes and links are kept, odd places refused, and a file may
be written over the very one that is read.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

for library_ in ("altair", "vl_convert", "jinja2", "PIL"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")

BOOK = "agency/tourism-bureau"
CASE = """\
book: agency/tourism-bureau
subject: t-001
period: 2026
"""


@pytest.fixture
def home(run: Any, tmp_path: Path) -> Path:
    """Return a folder with a case, a store that holds it, and a private file behind a link."""
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    assert run("assess", "case.yaml").code == 0
    (tmp_path / "private").mkdir()
    return tmp_path


WRITERS = {
    "template": ("yaml", ("template", BOOK)),
    "template, a workbook": ("xlsx", ("template", BOOK)),
    "template, wide": ("csv", ("template", BOOK, "--wide")),
    "report": ("html", ("report", "case.yaml")),
    "report, a workbook": ("xlsx", ("report", "case.yaml")),
    "report of a comparison": ("html", ("report", "--compare")),
    "compare, text": ("txt", ("compare", "--no-save")),
    "compare, JSON": ("json", ("compare", "--no-save", "--format", "json")),
    "compare, html": ("html", ("compare", "--no-save", "--format", "html")),
}


@pytest.mark.parametrize(("suffix", "words"), WRITERS.values(), ids=WRITERS)
def test_every_writer_keeps_modes_and_links_and_refuses_odd_places(
    run: Any, home: Path, suffix: str, words: tuple[str, ...]
) -> None:
    behind, link = home / "private" / f"x.{suffix}", home / f"link.{suffix}"
    behind.write_bytes(b"mine")
    behind.chmod(0o600)
    link.symlink_to(f"private/x.{suffix}")
    refused = run(*words, "-o", link.name)
    assert (refused.code, behind.read_bytes()) == (2, b"mine")
    assert "is there already: write to another file, or over it with `--force`" in refused.err
    done = run(*words, "-o", link.name, "--force")
    assert done.code == 0, done.err
    assert link.is_symlink()
    assert len(behind.read_bytes()) > 100
    assert stat.S_IMODE(behind.stat().st_mode) == 0o600
    os.mkfifo(home / f"pipe.{suffix}")
    odd = run(*words, "-o", f"pipe.{suffix}", "--force")
    assert (odd.code, odd.out) == (2, "")
    assert odd.err == f"error: pipe.{suffix}: is no regular file, and is not written over\n"
    assert [one for one in home.rglob("*") if one.name.endswith(".tmp")] == []


@pytest.mark.parametrize("suffix", ["xlsx", "yaml"])
def test_a_form_may_be_written_over_the_case_that_fills_it(
    run: Any, home: Path, suffix: str
) -> None:
    name = f"mine.{suffix}"
    assert run("template", BOOK, "--from", "case.yaml", "-o", name).code == 0
    again = run("template", BOOK, "--from", name, "-o", name, "--force")
    assert again.code == 0, again.err
    before, after = (run("assess", one, "--format", "json").json() for one in ("case.yaml", name))
    assert before["case"] == after["case"]
    # What cannot be filled in leaves the file as it was.
    content = (home / name).read_bytes()
    (home / "other.yaml").write_text(CASE + "nonsense: 1\n", encoding="utf-8")
    assert run("template", BOOK, "--from", "other.yaml", "-o", name, "--force").code == 2
    assert (home / name).read_bytes() == content


def test_the_text_that_a_book_is_judged_by_can_be_read(run: Any) -> None:
    text = run("book", "code", BOOK).out
    compile(text, BOOK, "exec")
    assert text.startswith("def judge(")
    lines = text.splitlines()
    assert all(line.strip() for line in lines)
    said = {word for line in lines if line.strip()[0] == "#" for word in re.split("[# :]+", line)}
    rules = run("book", "show", BOOK, "--format", "json").json()["book"]["rules"]
    assert {one["id"] for one in rules} <= said
    assert run("book", "code", "nobody/knows").code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    {
        "written into no folder": (
            ["due", "case.yaml", "-o", "nowhere/due.ics"],
            "nowhere/due.ics: 无法写入：没有此文件或文件夹",
        ),
        "a folder in no folder, before minutes of proving": (
            ["verify", BOOK, "-o", "nowhere/cases"],
            "nowhere/cases: 无法写入：没有此文件或文件夹",
        ),
        "written through a file": (
            ["template", BOOK, "-o", "case.yaml/new.yaml"],
            "case.yaml/new.yaml: 无法写入：路径中有一段不是文件夹",
        ),
        "read where nothing is": (
            ["compare", "--weights", "nothing.yaml"],
            "--weights: nothing.yaml: 无法读取：没有此文件或文件夹",
        ),
    }.values(),
    ids=["a file in no folder", "a folder in no folder", "through a file", "read where nothing is"],
)
@pytest.mark.usefixtures("home")
def test_what_the_system_refuses_is_told_in_chinese(run: Any, words: list[str], told: str) -> None:
    ran = run(*words, "--lang", "zh")
    assert (ran.code, ran.out, ran.err) == (2, "", f"错误: {told}\n")

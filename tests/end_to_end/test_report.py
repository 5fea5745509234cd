"""`steelyard report` as an evaluator runs it: every format from the store, names on request,
refusals that leave nothing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from paper import font_without_chinese, on_paper
from program import Answer, answer
from reported import HALF

from steelyard.errors import SteelyardError

from .test_store_checked import BOOK, CASE

for library_ in ("altair", "vl_convert", "jinja2", "docxtpl", "PIL"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")

FULL = HALF.with_name("nine-prohibitions.yaml")
MOST_PAGES = 8
SIGNS = {"html": b"<!doctype html>", "docx": b"PK", "xlsx": b"PK"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a folder in which a bundled case is saved that has a person with a name, and the
    assessment's id.
    """
    folder = tmp_path_factory.mktemp("kept")
    text = HALF.read_text("utf-8").replace(
        "{id: p-17, kind: person", "{id: p-17, name: 甲某某, kind: person"
    )
    assert "甲某某" in text
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    assert answer(folder, {}, "assess", "case.yaml").code == 0
    found: str = json.loads(answer(folder, {}, "show", "--format", "json").out)["assessments"][0][
        "id"
    ]
    return folder, found


@pytest.fixture
def saved(kept: tuple[Path, str], tmp_path: Path) -> str:
    """Return the id of that assessment, of which the folder of the test has a copy."""
    folder, found = kept
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return found


@pytest.fixture(scope="module")
def reported(
    kept: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], tuple[Answer, Path]]:
    """Return what writes a report of it in a format and a language, once for all who ask: what was
    said, and the file, in a folder of its own.
    """

    @cache
    def write(form: str, language: str) -> tuple[Answer, Path]:
        folder = tmp_path_factory.mktemp("reported")
        shutil.copytree(kept[0], folder, dirs_exist_ok=True)
        file = folder / f"report.{form}"
        words = ("--format", form, "-o", file.name, "--lang", language)
        return answer(folder, {}, "report", kept[1][:6], *words), file

    return write


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith("steelyard.db")}


@pytest.mark.parametrize("form", SIGNS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_saved_assessment_is_reported_in_every_format(
    reported: Callable[[str, str], tuple[Answer, Path]], form: str, language: str
) -> None:
    ran, file = reported(form, language)
    assert (ran.code, ran.out) == (0, "")
    assert f"report.{form}" in ran.err
    assert file.read_bytes().startswith(SIGNS[form])
    assert left_in(file.parent) == {"case.yaml", f"report.{form}"}


def test_a_report_on_paper_is_a_pdf_of_few_a4_pages(run: Any, tmp_path: Path) -> None:
    on_paper()
    assert run("report", str(FULL), "-o", "report.pdf").code == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-1.7")
    if shutil.which("pdfinfo") is None:
        pytest.skip("needs pdfinfo (poppler-utils)")
    told = subprocess.run(
        ["pdfinfo", "report.pdf"],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "A4" in told
    assert int(told.partition("Pages:")[2].split()[0]) <= MOST_PAGES
    text = subprocess.run(
        ["pdftotext", "report.pdf", "-"],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    places = [
        text.index(title)
        for title in (
            "At a glance",
            "What follows, and for whom",
            "Consequences by party",
            "Why: what cost most",
            "What is still to be shown",
            "The ledger",
            "The method",
        )
    ]
    assert places == sorted(places)


def test_names_are_shown_only_on_request(
    run: Any, saved: str, reported: Callable[[str, str], tuple[Answer, Path]], tmp_path: Path
) -> None:
    assert run("report", saved, "-o", "names.html", "--names").code == 0
    # Names of persons are for the owner of the file alone.
    assert stat.S_IMODE(Path("names.html").stat().st_mode) == 0o600
    assert "甲某某" not in reported("html", "en")[1].read_text("utf-8")
    assert "甲某某" in (tmp_path / "names.html").read_text("utf-8")


def test_a_case_in_a_file_is_reported_without_being_saved_and_as_from_the_store(
    run: Any,
    kept: tuple[Path, str],
    reported: Callable[[str, str], tuple[Answer, Path]],
    tmp_path: Path,
) -> None:
    shutil.copy(kept[0] / "case.yaml", tmp_path)
    assert run("report", "case.yaml", "-o", "report.html").code == 0
    assert left_in(tmp_path) == {"case.yaml", "report.html"}
    assert not (tmp_path / "steelyard.db").exists()
    assert (tmp_path / "report.html").read_bytes() == reported("html", "en")[1].read_bytes()


def test_the_issuer_stands_in_the_red_head(run: Any, saved: str, tmp_path: Path) -> None:
    from docx import Document

    assert run("report", saved, "-o", "report.docx", "--issuer", "某市卫生健康委员会").code == 0
    document = Document(str(tmp_path / "report.docx"))
    assert document.paragraphs[0].text == "某市卫生健康委员会"


def test_the_default_letter_can_be_written_changed_and_used(
    run: Any, saved: str, tmp_path: Path
) -> None:
    from docx import Document

    assert run("report", "--write-template", "own.docx").code == 0
    document = Document(str(tmp_path / "own.docx"))
    document.add_paragraph("Seal of {{ unit }}")
    document.save(str(tmp_path / "own.docx"))
    assert run("report", saved, "-o", "report.docx", "--template", "own.docx").code == 0
    assert Document(str(tmp_path / "report.docx")).paragraphs[-1].text == "Seal of 某市中心医院"


def test_a_comparison_is_reported_fresh_and_as_it_was_saved(run: Any, tmp_path: Path) -> None:
    for number in range(3):
        text = HALF.read_text("utf-8").replace("id: h-002", f"id: h-{number}")
        (tmp_path / f"case{number}.yaml").write_text(text, encoding="utf-8")
    assert run("assess", *(f"case{number}.yaml" for number in range(3))).code == 0
    assert run("report", "--compare", "-o", "fresh.html").code == 0
    saved = json.loads(run("compare", "--format", "json").out)["id"]
    assert run("report", "--compare", saved[:8], "-o", "saved.html").code == 0
    assert run("compare", "--format", "html", "-o", "printed.html").code == 0
    fresh = (tmp_path / "fresh.html").read_bytes()
    assert (
        fresh == (tmp_path / "saved.html").read_bytes() == (tmp_path / "printed.html").read_bytes()
    )
    assert b"Comparison of 2026" in fresh


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{id}"], "error: steelyard report: `-o FILE` is missing"),
        (["-o", "x.html"], "error: steelyard report: `ID` is missing"),
        (
            ["{id}", "-o", "x"],
            (
                "error: x: a report is written as one of .html, .docx, .xlsx, .pdf, or as "
                "`--format` says"
            ),
        ),
        (
            ["{id}", "-o", "x.odt"],
            (
                "error: x.odt: a report is written as one of .html, .docx, .xlsx, .pdf, or "
                "as `--format` says"
            ),
        ),
        (
            ["{id}", "--format", "docx", "-o", "x.html"],
            "error: x.html: is no name for the format `docx`",
        ),
        (
            ["{id}", "--format", "odt", "-o", "x.odt"],
            "error: steelyard report: --format: `odt` is none of",
        ),
        (
            ["{id}", "-o", "x.html", "--template", "t.docx"],
            "error: --template: is for the format `docx`, not `html`",
        ),
        (["{id}", "-o", "x.docx", "--template", "t.docx"], "error: t.docx: cannot be read: "),
        (["zz", "-o", "x.html"], "error: steelyard.db: there is no assessment `zz`"),
        (["{id}", "-o", "case.yaml/x.html"], "error: case.yaml/x.html: cannot be written: "),
        (["{id}", "-o", "none/x.html"], "error: none/x.html: cannot be written: "),
        (["{id}", "-o", "taken.html"], "error: taken.html: is there already"),
        (["{id}", "-o", "x.html", "--period", "2026"], "error: --period: goes with `--compare`"),
        (["--compare", "-o", "x.html", "--names"], "error: --names: a comparison names no persons"),
        (
            ["--compare", "{id}", "-o", "x.html", "--against", "2025"],
            "error: --against: a saved comparison has its own",
        ),
        (
            ["--compare", "-o", "x.html", "--period", "1999"],
            "error: --period: there are no assessments of `1999`",
        ),
        (["--compare", "nothing", "-o", "x.html"], "error: steelyard.db: "),
        (["--write-template", "taken.docx"], "error: taken.docx: is there already"),
        (
            ["--write-template", "own.txt"],
            "error: own.txt: a template is a Word document: name it .docx",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_reported_is_refused_in_one_line_and_leaves_nothing(
    run: Any, saved: str, tmp_path: Path, words: list[str], said: str
) -> None:
    for name in ("taken.html", "taken.docx"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    before = left_in(tmp_path)
    ran = run("report", *(word.format(id=saved) for word in words))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert ran.err.startswith(said), ran.err
    assert left_in(tmp_path) == before
    assert (tmp_path / "taken.html").read_text("utf-8") == "mine"


def test_a_file_that_is_there_is_written_over_only_by_force(
    run: Any, saved: str, tmp_path: Path
) -> None:
    (tmp_path / "taken.xlsx").write_text("mine", encoding="utf-8")
    assert run("report", saved, "-o", "taken.xlsx", "--force").code == 0
    assert (tmp_path / "taken.xlsx").read_bytes().startswith(SIGNS["xlsx"])


def test_two_cases_in_a_file_are_refused(run: Any, tmp_path: Path) -> None:
    rows = "book,subject.id,period\nhospital/nine-prohibitions,a,2026\nhospital/nine-prohibitions,b,2026\n"
    (tmp_path / "cases.csv").write_text(rows, encoding="utf-8")
    ran = run("report", "cases.csv", "-o", "x.html")
    assert ran.code == 2
    assert ran.err.count("\n") >= 1
    assert left_in(tmp_path) == {"cases.csv"}


@pytest.mark.parametrize(
    ("form", "module"),
    [("html", "altair"), ("docx", "docxtpl"), ("xlsx", "PIL"), ("pdf", "weasyprint")],
)
def test_a_missing_library_names_the_extra_that_brings_it(
    run: Any, saved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, module: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "steelyard.report.formats.write.find_spec",
        lambda name: None if name == module else found(name),
    )
    ran = run("report", saved, "-o", f"x.{form}")
    assert (ran.code, ran.err) == (
        2,
        (
            f"error: --format {form}: this format needs `{module}`, which `pip install "
            f"'steelyard[report]'` brings\n"
        ),
    )
    assert left_in(tmp_path) == {"case.yaml"}


def test_a_missing_library_of_the_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from steelyard.report.formats.pdf import pdf
    from steelyard.report.formats.write import require

    class Broken:
        def __getattr__(self, name: str) -> object:
            raise OSError("cannot load library 'libpango-1.0-0': error")

    monkeypatch.setitem(sys.modules, "weasyprint", Broken())  # type: ignore[arg-type]
    with pytest.raises(SteelyardError, match=r"libpango-1\.0-0"):
        pdf(None)  # type: ignore[arg-type]
    require("html")


_FONTS_OF = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{0}/fonts</dir><cachedir>{0}/cache</cachedir></fontconfig>"""


@pytest.mark.parametrize(
    ("fonts", "said"),
    [
        ((), "pdf: this machine has no fonts: install some (on Debian fonts-noto-core"),
        ((font_without_chinese(),), " …: install one that does (on Debian fonts-noto-cjk)"),
    ],
    ids=["no font at all", "a font without Chinese"],
)
def test_a_pdf_that_no_font_can_set_is_refused(
    tmp_path: Path, fonts: tuple[str, ...], said: str
) -> None:
    """Pages of empty boxes were written, and without any font the process ended by a signal."""
    on_paper()
    (tmp_path / "pool.yaml").write_text(BOOK, "utf-8")
    case = CASE.format(unit="一游泳健身", year=2026, positive=60)
    (tmp_path / "case.yaml").write_text(case, "utf-8")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts.conf").write_text(_FONTS_OF.format(tmp_path))
    for one in fonts:
        shutil.copy(one, tmp_path / "fonts")
    words = ("-o", "report.pdf", "--lang", "en", "--books", "pool.yaml")
    ran = subprocess.run(
        [sys.executable, "-m", "steelyard", "report", "case.yaml", *words],
        cwd=tmp_path,
        env={**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert not (tmp_path / "report.pdf").exists()


def test_sections_of_plugins_are_in_the_report_and_a_plugin_that_fails_is_named(
    run: Any, saved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.errors import fault
    from steelyard.plugins.installed import Plugins

    def sections(self: Plugins, *_: object) -> list[tuple[str, str]]:
        self._note(fault("", "`{hook}` fails: too late", hook="steelyard_report_sections"))
        return [("Of a plugin", "=1+1 <b>bold</b>")]

    monkeypatch.setattr(Plugins, "report_sections", sections)
    ran = run("report", saved, "-o", "report.html")
    assert ran.code == 0
    assert "warning: `steelyard_report_sections` fails: too late" in ran.err
    text = (tmp_path / "report.html").read_text("utf-8")
    assert (
        text.index('id="method"')
        < text.index(">Of a plugin</h2>")
        < text.index("=1+1 &lt;b&gt;bold&lt;/b&gt;")
    )


@pytest.fixture(scope="module")
def printed(
    reported: Callable[[str, str], tuple[Answer, Path]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, bytes]:
    """Return the folder of what the office program prints of the letter and the workbook, each to a
    PDF named by its format, and what it said.
    """
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("needs LibreOffice (libreoffice-writer-nogui, libreoffice-calc-nogui)")
    folder = tmp_path_factory.mktemp("printed")
    names = ("docx.docx", "xlsx.xlsx")
    for name in names:
        shutil.copy(reported(Path(name).stem, "zh")[1], folder / name)
    done = subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{folder}/office",
            "--headless",
            "--convert-to",
            "pdf",
            *names,
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return folder, done.stderr + done.stdout


@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_libreoffice_opens_what_offices_get(printed: tuple[Path, bytes], form: str) -> None:
    folder, said = printed
    if form == "docx" and b"could not be loaded" in said:
        pytest.skip("needs LibreOffice Writer (libreoffice-writer-nogui)")
    assert (folder / f"{form}.pdf").read_bytes().startswith(b"%PDF")

"""The files behind facts and records: named in cells, by links and by pictures, looked up in a
folder, and kept by their digests.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clerks import Clerk
from openpyxl.drawing.image import Image
from PIL import Image as Drawn
from program import Answer, answer

from steelyard.case.formats.files import cases_in
from steelyard.case.model import Case
from steelyard.work.evidence import EvidenceFolder, checked
from steelyard.work.workspace import Workspace

BOOK = """
book: town/seen
version: 1.0.0
title: {zh: 实地考察, en: Seen}
sector: town
facts: {staff: {type: integer, title: {zh: 人数, en: Staff}}}
records: {faults: {title: {zh: 问题, en: Faults}, seen: boolean}}
sections: [{id: all, points: 100}]
rules:
  - {id: ticks, section: all, points: 60, method: site, checklist: [{id: door}, {id: wall}]}
  - {id: spotless, section: all, points: 40, demerit: {over: faults, when: seen, each: 3}}
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
HEAD = 'book: town/seen\nsubject: {id: t-1}\nperiod: "2026"\n'


class Desk:
    """A folder with the book and a folder of evidence."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "books").mkdir()
        (folder / "books" / "seen.yaml").write_text(BOOK, "utf-8")
        (folder / "shown").mkdir()

    def file(self, name: str, content: bytes = b"x", day: str = "2026-05-01") -> str:
        """Put a file into the folder of evidence and return its digest."""
        path = self.folder / "shown" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        year, month, date = map(int, day.split("-"))
        moment = datetime.datetime(year, month, date, 12, tzinfo=datetime.UTC).timestamp()
        os.utime(path, (moment, moment))
        return "sha256:" + hashlib.sha256(content).hexdigest()

    def put(self, body: str, name: str = "case.yaml") -> None:
        (self.folder / name).write_text(HEAD + body, "utf-8")

    def run(self, *words: str) -> Answer:
        return answer(self.folder, {"STEELYARD_BOOKS": "books"}, *words)

    def warned(self, *words: str) -> list[str]:
        """Assess with the folder of evidence, and return what is warned of."""
        ran = self.run("assess", *words, "--evidence", "shown", "--no-save")
        assert ran.code == 0, ran.err
        return [one.removeprefix("warning: ") for one in ran.err.splitlines() if "warning" in one]

    def workbook(self, fill: Callable[[Clerk], Any], name: str = "case.xlsx") -> Path:
        path = self.folder / name
        ran = self.run("template", "town/seen", "-o", name, "--force")
        assert ran.code == 0, ran.err
        clerk = Clerk(path)
        clerk.case(subject__id="t-1")
        fill(clerk)
        return clerk.save()

    def case(self, name: str) -> Case:
        workspace = Workspace(folders=(str(self.folder / "books"),))
        (case,) = cases_in(self.folder / name, workspace.book_for_case)
        return case


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def drawn(shade: int) -> bytes:
    held = io.BytesIO()
    Drawn.new("RGB", (4, 4), (shade, 0, 0)).save(held, "PNG")
    return held.getvalue()


# In a folder


LINKS = {
    "to a file outside": ("../secret.pdf", False),
    "to a link that leads outside": ("out.pdf", False),
    "from the root": ("/etc/hostname", False),
    "to another file within": ("b.pdf", True),
}


@pytest.mark.parametrize(("target", "counts"), LINKS.values(), ids=LINKS)
def test_a_link_counts_as_evidence_only_where_it_stays_within_the_folder(
    desk: Desk, target: str, *, counts: bool
) -> None:
    desk.file("b.pdf", b"paper")
    (desk.folder / "secret.pdf").write_bytes(b"paper")
    (desk.folder / "shown" / "out.pdf").symlink_to("../secret.pdf")
    (desk.folder / "shown" / "a.pdf").symlink_to(target)
    desk.put("facts: {door: {value: yes, files: [a.pdf]}}\n")
    said = (
        "case.yaml: facts.door: `a.pdf` is a link that leads out of shown, and counts as no "
        "evidence: put the file itself there"
    )
    assert desk.warned("case.yaml") == ([] if counts else [said])
    looked = checked(desk.case("case.yaml"), EvidenceFolder(desk.folder / "shown"))
    assert ("files" in looked.document) == counts


def test_the_folder_itself_may_be_a_link(desk: Desk) -> None:
    desk.file("b.pdf", b"paper")
    (desk.folder / "linked").symlink_to("shown")
    desk.put("facts: {door: {value: yes, files: [b.pdf]}}\n")
    looked = checked(desk.case("case.yaml"), EvidenceFolder(desk.folder / "linked"))
    assert looked.remarks == ()


def test_the_digests_of_what_is_there_are_kept_and_what_is_missing_is_named(desk: Desk) -> None:
    digest = desk.file("a.pdf", b"paper")
    desk.put(
        "facts: {door: {value: yes, files: [a.pdf, b.pdf]}}\n"
        "records: {faults: [{id: f-1, seen: no, files: c.jpg}]}\n"
    )
    ran = desk.run("assess", "case.yaml", "--evidence", "shown", "--format", "json")
    assert ran.code == 0
    assert [line for line in ran.err.splitlines() if "warning" in line] == [
        "warning: case.yaml: facts.door: `b.pdf` is not in shown",
        "warning: case.yaml: records.faults.f-1: `c.jpg` is not in shown",
    ]
    # It stands in the notes of the assessment too, and the digest in the case that is stored.
    assert len(json.loads(ran.out)["notes"]) == 2
    looked = checked(desk.case("case.yaml"), EvidenceFolder(desk.folder / "shown"))
    assert looked.document["files"] == {"a.pdf": digest}
    assert looked.digest != desk.case("case.yaml").digest


NAMES = {
    # how the file is written, where it lies, and the warning behind its place
    "by its name alone, in a folder within": ("a.jpg", ["x/a.jpg"], ""),
    "by a path": ("x/a.jpg", ["x/a.jpg", "a.jpg"], ""),
    "by a path as Windows writes it": ("x\\\\a.jpg", ["x/a.jpg"], ""),
    "from where the workbook lay": ("../shown/x/a.jpg", ["shown/x/a.jpg"], ""),
    "from a disk of another machine": ("C:\\\\Users\\\\clerk\\\\x\\\\a.jpg", ["x/a.jpg"], ""),
    "as an address of a file": ("file:///C:/photos/x/a.jpg", ["x/a.jpg"], ""),
    "the one at the top, of two": ("a.jpg", ["a.jpg", "x/a.jpg"], ""),
    "one of two": ("a.jpg", ["x/a.jpg", "y/a.jpg"], "`a.jpg` may be shown/x/a.jpg or shown/y/a.jpg: write the folder too"),
    "in another folder than it says": ("z/a.jpg", ["x/a.jpg"], "`z/a.jpg` is not in shown"),
    "a step back within": ("x/../a.jpg", ["a.jpg", "x/a.jpg"], ""),
    "a step back from another folder": ("y/../x/a.jpg", ["x/a.jpg"], ""),
    "a step back to where it is not": ("x/../b.jpg", ["x/b/a.jpg"], "`x/../b.jpg` is not in shown"),
    "above the folder": ("../../case.yaml", [], "`../../case.yaml` is not in shown"),
    "an address": ("https://example.org/a.jpg", ["a.jpg"], "`https://example.org/a.jpg` is not looked up: it is an address"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "files", "said"), NAMES.values(), ids=NAMES)
def test_a_file_is_found_by_its_place_or_not_at_all(
    desk: Desk, name: str, files: list[str], said: str
) -> None:
    for number, file in enumerate(files):
        desk.file(file, bytes([number]))
    desk.put(f'facts: {{door: {{value: yes, files: "{name}"}}}}\n')
    assert desk.warned("case.yaml") == ([f"case.yaml: facts.door: {said}"] if said else [])


def test_one_photo_under_two_ticks_is_named_and_under_one_is_not(desk: Desk) -> None:
    desk.file("a.jpg", b"photo")
    desk.file("copy.jpg", b"photo")
    desk.put(
        "facts: {door: [{value: yes, files: a.jpg, by: 甲}, {value: yes, files: a.jpg, by: 乙}], wall: {value: yes, files: copy.jpg}}\n"
    )
    assert desk.warned("case.yaml") == [
        "case.yaml: facts.wall: `copy.jpg` also stands behind facts.door, as `a.jpg`: one file for two things"
    ]


def test_what_is_older_than_the_period_is_named(desk: Desk) -> None:
    desk.file("old.jpg", b"1", "2025-12-31")
    desk.file("new.jpg", b"2", "2026-01-01")
    desk.put(
        "facts: {door: {value: yes, files: [old.jpg, new.jpg]}, wall: {value: yes, files: new.jpg, date: 2025-06-01}}\n"
    )
    assert [one.partition(": ")[2] for one in desk.warned("case.yaml")] == [
        "facts.door: `old.jpg` was last changed on 2025-12-31, before 2026 begins",
        "facts.wall: its evidence `new.jpg` is of 2025-06-01, before 2026 begins",
        "facts.wall: `new.jpg` also stands behind facts.door, as `new.jpg`: one file for two things",
    ]


def test_a_file_that_is_no_longer_the_one_shown_before_is_named(desk: Desk) -> None:
    desk.file("a.pdf", b"changed")
    digest = hashlib.sha256(b"as shown").hexdigest()
    desk.put(f"facts: {{door: {{value: yes, files: a.pdf}}}}\nfiles: {{a.pdf: sha256:{digest}}}\n")
    assert desk.warned("case.yaml") == [
        "case.yaml: facts.door: `a.pdf` is no longer the file that was shown before"
    ]


def test_without_a_folder_nothing_is_looked_up_and_a_wrong_one_is_refused(desk: Desk) -> None:
    desk.put("facts: {door: {value: yes, files: b.pdf}}\n")
    ran = desk.run("assess", "case.yaml", "--no-save")
    assert (ran.code, ran.err) == (0, "")
    ran = desk.run("assess", "case.yaml", "--no-save", "--evidence", "none")
    assert (ran.code, ran.err) == (2, "error: --evidence: none: there is no such folder\n")


# In a workbook

LISTED = {
    "one": ("a.jpg", ["a.jpg"]),
    "one a line": ("a.jpg\nb, c.jpg", ["a.jpg", "b, c.jpg"]),
    "with commas between": ("a.jpg, b.pdf", ["a.jpg", "b.pdf"]),
    "with Chinese signs between": ("a.jpg；b.pdf、c.png", ["a.jpg", "b.pdf", "c.png"]),
    "a name with a comma": ("会议纪要，终稿.docx", ["会议纪要，终稿.docx"]),
    "an address": ("https://example.org/a,b;c.jpg", ["https://example.org/a,b;c.jpg"]),
}


@pytest.mark.parametrize(("cell", "files"), LISTED.values(), ids=LISTED)
def test_a_cell_lists_files(desk: Desk, cell: str, files: list[str]) -> None:
    desk.workbook(lambda clerk: clerk.fact("door", "是", files=cell))
    assert list(desk.case("case.xlsx").facts["door"].evidence[0].files) == files


def test_a_cell_that_may_list_one_or_several_is_refused(desk: Desk) -> None:
    desk.workbook(lambda clerk: clerk.fact("door", "是", files="a.jpg、附件"))
    ran = desk.run("assess", "case.xlsx", "--no-save")
    assert ran.code == 2
    assert "`a.jpg、附件` may be one file or 2: write one to a line" in ran.err


def linked(clerk: Clerk, key: str, text: str | None, link: str) -> None:
    row = clerk.fact("door", "是")
    cell = clerk.sheet("facts").cell(row, clerk.column("facts", key))
    if text is not None:
        cell.value = text
    cell.hyperlink = link


LINKS = {
    "on the value": ("value", None, "photos/a.jpg", ["photos/a.jpg"]),
    "on the name of the file": ("files", "a.jpg", "photos/a.jpg", ["photos/a.jpg"]),
    "under words": ("files", "现场照片", "photos/a.jpg", ["photos/a.jpg"]),
    "with signs written by their numbers": ("value", None, "%E7%85%A7%20a.jpg", ["照 a.jpg"]),
    "an address": ("value", None, "https://example.org/a%20b", ["https://example.org/a%20b"]),
    "a letter to somebody": ("value", None, "mailto:a@example.org", []),
}


@pytest.mark.parametrize(("key", "text", "link", "files"), LINKS.values(), ids=LINKS)
def test_a_link_on_a_cell_names_a_file(
    desk: Desk, key: str, text: str | None, link: str, files: list[str]
) -> None:
    desk.workbook(lambda clerk: linked(clerk, key, text, link))
    assert list(desk.case("case.xlsx").facts["door"].evidence[0].files) == files


def test_a_link_of_a_formula_names_a_file(desk: Desk) -> None:
    path = desk.workbook(lambda clerk: clerk.fact("door", "是", files="照片"))
    swapped(path, "照片", '<f>HYPERLINK("p/a.jpg","照片")</f><v>照片</v>')
    assert desk.case("case.xlsx").facts["door"].evidence[0].files == ("p/a.jpg",)


def test_a_name_whose_link_leads_elsewhere_is_refused(desk: Desk) -> None:
    desk.workbook(lambda clerk: linked(clerk, "files", "b.jpg", "photos/a.jpg"))
    ran = desk.run("assess", "case.xlsx", "--no-save")
    assert ran.code == 2
    assert "names `b.jpg` and leads to `photos/a.jpg`: leave one of them" in ran.err


def swapped(
    path: Path, text: str, inside: str, more: dict[str, bytes] | None = None, rels: str = ""
) -> None:
    """Let a cell that holds a text hold something else, as other programs write it."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    sheet = next(s for s in book.worksheets if s["A1"].value == "steelyard:facts")
    number = book.worksheets.index(sheet) + 1
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = f"xl/worksheets/sheet{number}.xml"
    start = parts[name].index(f'<c r="{cell.coordinate}"'.encode())
    end = parts[name].index(b"</c>", start)
    whole = f'<c r="{cell.coordinate}" t="str">{inside}'.encode()
    parts[name] = parts[name][:start] + whole + parts[name][end:]
    if rels:
        key = "xl/_rels/workbook.xml.rels"
        parts[key] = parts[key].replace(b"</Relationships>", rels.encode() + b"</Relationships>")
    with zipfile.ZipFile(path, "w") as new:
        for key, content in {**parts, **(more or {})}.items():
            new.writestr(key, content)


def pictured(clerk: Clerk, **at: int) -> None:
    """Put a picture beside facts, the shade of each apart."""
    for name, shade in at.items():
        sheet = clerk.sheet("facts")
        row = clerk.fact(name, "是") if name in {"door", "wall"} else 2
        sheet.add_image(Image(io.BytesIO(drawn(shade))), f"M{row}")


def test_pictures_in_a_workbook_are_told_of_and_taken_out_where_a_folder_is_named(
    desk: Desk,
) -> None:
    desk.workbook(lambda clerk: pictured(clerk, door=1, wall=2))
    case = desk.case("case.xlsx")
    (one,), (other,) = (case.facts[name].evidence[0].files for name in ("door", "wall"))
    assert one == f"door-{hashlib.sha256(drawn(1)).hexdigest()[:12]}.png"
    assert case.document["files"][one] == "sha256:" + hashlib.sha256(drawn(1)).hexdigest()
    ran = desk.run("assess", "case.xlsx", "--no-save")
    assert "is a picture that the workbook holds, as `door-" in ran.err
    assert not list((desk.folder / "shown").iterdir())
    assert desk.warned("case.xlsx") == []
    assert (desk.folder / "shown" / one).read_bytes() == drawn(1)
    assert (desk.folder / "shown" / other).read_bytes() == drawn(2)
    # Once more, nothing changes.
    assert desk.warned("case.xlsx") == []


def test_one_picture_beside_two_ticks_is_named(desk: Desk) -> None:
    desk.workbook(lambda clerk: pictured(clerk, door=1, wall=1))
    (line,) = desk.warned("case.xlsx")
    assert "also stands behind facts.door" in line


def test_a_picture_beside_nothing_is_kept_too(desk: Desk) -> None:
    desk.workbook(lambda clerk: pictured(clerk, nothing=9))
    (name,) = desk.case("case.xlsx").document["files"]
    assert name.startswith("picture-")
    desk.warned("case.xlsx")
    assert (desk.folder / "shown" / name).read_bytes() == drawn(9)


def test_a_picture_in_a_cell_as_wps_keeps_it(desk: Desk) -> None:
    path = desk.workbook(lambda clerk: clerk.fact("door", "是", files="PICTURE"))
    images = (
        '<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" '
        'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><etc:cellImage><xdr:pic>'
        '<xdr:nvPicPr><xdr:cNvPr id="2" name="ID_AB12"/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId1"/>'
        "</xdr:blipFill></xdr:pic></etc:cellImage></etc:cellImages>"
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    swapped(
        path,
        "PICTURE",
        '<f>_xlfn.DISPIMG("ID_AB12",1)</f><v>=DISPIMG("ID_AB12",1)</v>',
        {
            "xl/cellimages.xml": images.encode(),
            "xl/_rels/cellimages.xml.rels": (
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                f'<Relationship Id="rId1" Type="{kind}" Target="media/image1.png"/></Relationships>'
            ).encode(),
            "xl/media/image1.png": drawn(7),
        },
        '<Relationship Id="rIdWps" Type="http://www.wps.cn/officeDocument/2020/cellImage" Target="cellimages.xml"/>',
    )
    case = desk.case("case.xlsx")
    digest = hashlib.sha256(drawn(7)).hexdigest()
    assert case.facts["door"].evidence[0].files == (f"door-{digest[:12]}.png",)


def test_a_picture_in_a_cell_as_excel_keeps_it(desk: Desk) -> None:
    path = desk.workbook(lambda clerk: clerk.fact("door", "是", files="PICTURE"))
    swapped(path, "PICTURE", "<v>#VALUE!</v>")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rich = "http://schemas.microsoft.com/office/spreadsheetml/2017/richdata"
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "xl/metadata.xml": f'<metadata xmlns="{main}" xmlns:xlrd="{rich}"><futureMetadata name="XLRICHVALUE" count="1"><bk>'
        '<extLst><ext uri="{3e2802c4}"><xlrd:rvb i="0"/></ext></extLst></bk></futureMetadata>'
        '<valueMetadata count="1"><bk><rc t="1" v="0"/></bk></valueMetadata></metadata>',
        "xl/richData/rdrichvalue.xml": f'<rvData xmlns="{rich}" count="1"><rv s="0"><v>0</v><v>5</v></rv></rvData>',
        "xl/richData/richValueRel.xml": '<richValueRels xmlns="http://schemas.microsoft.com/office/spreadsheetml/2022/richvaluerel" '
        f'xmlns:r="{related}"><rel r:id="rId1"/></richValueRels>',
        "xl/richData/_rels/richValueRel.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{related}/image" Target="../media/image1.png"/></Relationships>',
    }
    with zipfile.ZipFile(path) as old:
        held = {name: old.read(name) for name in old.namelist()}
    name = next(one for one, content in held.items() if b"<v>#VALUE!</v>" in content)
    held[name] = re.sub(rb't="str"><v>#VALUE!', b't="e" vm="1"><v>#VALUE!', held[name])
    with zipfile.ZipFile(path, "w") as new:
        for key, content in {**held, **parts, "xl/media/image1.png": drawn(6)}.items():
            new.writestr(key, content)
    case = desk.case("case.xlsx")
    digest = hashlib.sha256(drawn(6)).hexdigest()
    assert case.facts["door"].evidence[0].files == (f"door-{digest[:12]}.png",)
    assert list(case.document["files"]) == [f"door-{digest[:12]}.png"]


def test_gather_takes_pictures_out_or_refuses(desk: Desk) -> None:
    desk.workbook(lambda clerk: pictured(clerk, door=3))
    desk.put("facts: {wall: no}\n", "b.yaml")
    ran = desk.run("gather", "case.xlsx", "b.yaml", "-o", "all.xlsx")
    assert ran.code == 2
    assert (
        "is a picture that the workbook holds (in all: 1): name the folder that takes them with"
        in ran.err
    )
    assert not (desk.folder / "all.xlsx").exists()
    ran = desk.run("gather", "case.xlsx", "b.yaml", "-o", "all.xlsx", "--evidence", "taken")
    assert ran.code == 0, ran.err
    (taken,) = (desk.folder / "taken").iterdir()
    assert taken.read_bytes() == drawn(3)
    # The gathered case names the file and keeps its digest, and holds the picture no more.
    case = desk.case("all.xlsx")
    assert case.document["files"] == {taken.name: "sha256:" + hashlib.sha256(drawn(3)).hexdigest()}
    assert case.embedded == ()
    ran = desk.run("assess", "all.xlsx", "--evidence", "taken", "--no-save")
    assert (ran.code, ran.err) == (0, "")


def test_evidence_without_a_value_is_told_of(desk: Desk) -> None:
    desk.put("facts: {door: {files: a.pdf}}\n")
    assert desk.warned("case.yaml") == [
        "case.yaml:4: facts.door: evidence is given for it, and no value: it stays unknown"
    ]


def test_digests_that_are_none_are_refused(desk: Desk) -> None:
    desk.put("files: {a.pdf: sha256:12}\n")
    ran = desk.run("assess", "case.yaml", "--no-save")
    assert ran.code == 2
    assert ran.err == (
        "error: case.yaml:4: files.a.pdf: `sha256:12` is no SHA-256: 64 figures of 0-9 and a-f\n"
    )


def test_a_report_lists_the_files_with_their_digests_and_links_them(desk: Desk) -> None:
    digest = desk.file("a b.pdf", b"paper").removeprefix("sha256:")
    desk.put(
        'facts: {door: {value: yes, by: 甲, files: [a b.pdf, "https://example.org/p"]},\n'
        '  wall: {value: yes, files: ["C:\\\\x\\\\c.jpg", "javascript:alert(1)"]}}\n'
    )
    assert desk.run("assess", "case.yaml", "--evidence", "shown").code == 0
    (line,) = json.loads(desk.run("show", "--format", "json").out)["assessments"]
    ran = desk.run("report", line["id"], "-o", "report.html")
    assert ran.code == 0, ran.err
    page = (desk.folder / "report.html").read_text("utf-8")
    assert digest in page
    links = re.findall(r'<a href="([^"#][^"]*)"', page)
    assert links == ["./a%20b.pdf", "https://example.org/p"]


def on(clerk: Clerk, role: str, row: int, shade: int) -> None:
    clerk.sheet(role).add_image(Image(io.BytesIO(drawn(shade))), f"C{row}")


def test_pictures_and_links_beside_records(desk: Desk) -> None:
    def filled(clerk: Clerk) -> None:
        first = clerk.row("register:faults", 0, id="f-1", seen="是", evidence__files="a.pdf")
        clerk.row("register:faults", 1, seen="否")
        on(clerk, "register:faults", first, 5)
        cell = clerk.sheet("register:faults").cell(
            first + 1, clerk.column("register:faults", "seen")
        )
        cell.hyperlink = "b.pdf"

    desk.workbook(filled)
    one, other = desk.case("case.xlsx").document["records"]["faults"]["rows"]
    name = f"faults-f-1-{hashlib.sha256(drawn(5)).hexdigest()[:12]}.png"
    assert one["evidence"] == {"files": ["a.pdf", name]}
    assert other["evidence"] == {"files": ["b.pdf"]}


MISPLACED = {
    "on a heading": (lambda clerk: on(clerk, "facts", clerk.fact("door") - 1, 1), "stands beside no fact"),
    "a link in the sheet of waivers": (
        lambda clerk: setattr(
            clerk.sheet("waivers").cell(clerk.row("waivers", 0, rule="ticks", authority="县", until="2026-12-31"),
                                        clerk.column("waivers", "authority")), "hyperlink", "a.pdf"),
        "a link to `a.pdf` has no place here: put it beside a fact or a record",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fill", "said"), MISPLACED.values(), ids=MISPLACED)
def test_what_shows_nothing_is_refused_and_not_dropped(desk: Desk, fill: Any, said: str) -> None:
    desk.workbook(fill)
    ran = desk.run("assess", "case.xlsx", "--no-save")
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert said in line


def test_links_and_pictures_in_a_table_with_a_row_per_unit(desk: Desk) -> None:
    from openpyxl import load_workbook

    desk.run("template", "town/seen", "--wide", "-o", "units.xlsx")
    path = desk.folder / "units.xlsx"
    book = load_workbook(path)
    sheet = book.worksheets[1] if book.worksheets[0].sheet_state == "hidden" else book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for key, value in {
        "book": "town/seen@1.0.0",
        "subject.id": "t-1",
        "period": "2026",
        "door": "是",
        "staff": "8",
    }.items():
        sheet.cell(4, columns[key]).value = value
    sheet.cell(4, columns["door"]).hyperlink = "a.pdf"
    book.save(path)
    assert desk.case("units.xlsx").facts["door"].evidence[0].files == ("a.pdf",)
    sheet.cell(4, columns["subject.id"]).hyperlink = "b.pdf"
    book.save(path)
    ran = desk.run("assess", "units.xlsx", "--no-save")
    assert ran.code == 2
    assert "a picture or a link has no place here: put it on a unit's fact" in ran.err


def test_a_saved_case_with_files_is_weighed_again(desk: Desk) -> None:
    desk.file("a.pdf")
    desk.put(
        "facts: {door: {value: yes, files: a.pdf}}\n"
        "records: {faults: [{id: f-1, seen: yes, evidence: [{by: 甲}, {by: 乙, files: [a.pdf]}]}]}\n"
    )
    assert desk.run("assess", "case.yaml", "--evidence", "shown").code == 0
    (line,) = json.loads(desk.run("show", "--format", "json").out)["assessments"]
    ran = desk.run("rescore", line["id"], "--book", "town/seen@1.0.0")
    assert ran.code == 0, ran.err
    assert desk.run("show", "--check").code == 0

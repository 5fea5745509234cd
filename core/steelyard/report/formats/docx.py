"""A report as a Word document, set into a template that an authority can replace with its own."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

from steelyard.archive import MOST_BYTES, read_bytes
from steelyard.errors import CaseError, UsageError, fault, nearest, refusal
from steelyard.files import content_of
from steelyard.report.charts import WIDTH, png
from steelyard.report.formats.container import steady
from steelyard.report.formats.letter import letter
from steelyard.report.formats.wordml import Styles, Writer
from steelyard.report.page import Figure, Page, Part, Table

if TYPE_CHECKING:
    from docx.document import Document
    from docxtpl import DocxTemplate
    from jinja2 import Environment

WHOLE, MORE = "report", "more"
_EMU_PER_TWIP = 635


def docx(page: Page, template: Path | None = None) -> bytes:
    """Return a report as a Word document; raises UsageError for a template that is broken or names
    what is not there.
    """
    place = str(template) if template is not None else "letter"
    content = letter() if template is None else _read(template)
    markers = _markers(page)
    rendered = _rendered(content, place, {**_words(page), **markers})
    _fill(rendered, page, markers, place)
    out = io.BytesIO()
    rendered.save(out)
    return steady(out.getvalue(), page.day.isoformat())


def placeholders(page: Page) -> tuple[str, ...]:
    """Return the names that a template may use for a page."""
    return (*_words(page), *_markers(page))


def _words(page: Page) -> dict[str, str]:
    day = (
        f"{page.day.year}年{page.day.month}月{page.day.day}日"
        if page.language == "zh"
        else page.day.isoformat()
    )
    return {
        "head": page.head,
        "title": page.title,
        "subtitle": page.subtitle,
        "day": day,
        "language": page.language,
        **page.words,
    }


def _markers(page: Page) -> dict[str, str]:
    """Return what stands for the parts while the template is filled: texts that nobody can have
    written into a case.
    """
    names = [WHOLE, *(part.id for part in page.parts if not part.id.startswith(MORE)), MORE]
    digest = hashlib.sha256(repr(page).encode("utf-8", "replace")).hexdigest()[:24]
    return {name: f"\ue000{digest}:{name}\ue001" for name in names}


def _read(template: Path) -> bytes:
    try:
        content = content_of(template, MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            [fault(str(template), "cannot be read: {reason}", reason=refusal(error))]
        ) from None
    try:
        parts = read_bytes(str(template), content) if len(content) <= MOST_BYTES else {}
    except (
        CaseError,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        ExpatError,
        NotImplementedError,
        ValueError,
        OSError,
        EOFError,
        RuntimeError,
    ):
        parts = {}
    except zipfile.zlib.error:  # type: ignore[attr-defined]  # the module that unpacks, under the name that raises
        parts = {}
    if "word/document.xml" not in parts:
        raise UsageError([fault(str(template), "is not a Word document (.docx) that can be read")])
    return content


def _rendered(content: bytes, place: str, known: Mapping[str, str]) -> Document:
    from docxtpl import DocxTemplate
    from jinja2 import TemplateError
    from markupsafe import Markup, escape

    from steelyard.report.formats.placeholders import Placeholders

    environment = Placeholders(place)
    # docxtpl reads `{_{` in what it has filled in as a placeholder kept from it; written so, a
    # user's stays a user's.
    words = {name: Markup(str(escape(text)).replace("_", "&#95;")) for name, text in known.items()}  # noqa: S704  # escaped just there
    try:
        template = DocxTemplate(io.BytesIO(content))
        unknown = sorted(_named(template, environment) - set(known))
        if not unknown:
            template.render(words, environment, autoescape=True)
    except UsageError:
        raise
    except TemplateError as error:
        raise UsageError(
            [
                fault(
                    place,
                    "the template cannot be filled: {reason}",
                    reason=error.message or type(error).__name__,
                )
            ]
        ) from None
    except Exception as error:  # noqa: BLE001  # what a broken document or a wild placeholder raises has no bounds
        raise UsageError(
            [
                fault(
                    place,
                    "the template cannot be filled: {reason}",
                    reason=str(error) or type(error).__name__,
                )
            ]
        ) from None
    if unknown:
        raise UsageError(
            [
                fault(place, "unknown placeholder `{name}`", nearest(name, known), name=name)
                for name in unknown
            ]
        )
    document: Document = template.docx
    return document


def _named(template: DocxTemplate, environment: Environment) -> set[str]:
    found: set[str] = template.get_undeclared_template_variables(environment)
    return found


def _fill(document: Document, page: Page, markers: Mapping[str, str], place: str) -> None:
    """Put the parts where the template asks for them, and refuse a template that asks where none
    can stand.
    """
    from docx.oxml import parse_xml
    from lxml.etree import tostring

    wanted = [
        (at, _parts(page, name))
        for name, marker in markers.items()
        for at in _places(document, marker)
    ]
    writer = _writer(document, page, [part for _, parts in wanted for part in parts])
    for at, parts in wanted:
        for part in parts:
            for element in parse_xml(writer.part(part)):
                # An element that declares its namespace itself moves in linear time; one
                # whose parent declares it takes the square of its size.
                at.addprevious(parse_xml(tostring(element)))
        _removed(at)
    left = [
        name
        for name, marker in markers.items()
        if any(marker.strip("\ue000\ue001") in text for text in _texts(document))
    ]
    if left:
        raise UsageError(
            [
                fault(
                    place,
                    "`{name}` wants a paragraph of its own in the body of the letter",
                    name=f"{{{{ {name} }}}}",
                )
                for name in left
            ]
        )
    if not wanted:
        raise UsageError(
            [
                fault(
                    place,
                    "has no place for a report: it wants `{name}` in a paragraph of its own",
                    name="{{ report }}",
                )
            ]
        )


def _parts(page: Page, name: str) -> list[Part]:
    if name == WHOLE:
        return list(page.parts)
    return [
        part
        for part in page.parts
        if part.id == name or (name == MORE and part.id.startswith(f"{MORE}-"))
    ]


def _places(document: Document, marker: str) -> list[Any]:
    """Return the paragraphs of the body that hold a marker and nothing else."""
    from docx.oxml.ns import qn

    found = []
    for paragraph in document.element.body.iter(qn("w:p")):
        text = "".join(node.text or "" for node in paragraph.iter(qn("w:t")))
        if text.strip() == marker and paragraph.find(f".//{qn('w:p')}") is None:
            found.append(paragraph)
    return found


def _removed(paragraph: Any) -> None:
    """Take a marker out; what must end in a paragraph, as a cell of a table does, keeps it
    empty.
    """
    from docx.oxml.ns import qn

    parent = paragraph.getparent()
    if parent is None:
        return
    if parent.tag == qn("w:body") or paragraph.getnext() is not None:
        parent.remove(paragraph)
        return
    for run in paragraph.findall(qn("w:r")):
        paragraph.remove(run)


def _texts(document: Document) -> Iterator[str]:
    """Yield the markup of every part that was filled."""
    for part in document.part.package.iter_parts():
        if part.partname.endswith(".xml"):
            yield part.blob.decode("utf-8", "replace")


def _writer(document: Document, page: Page, parts: list[Part]) -> Writer:
    from docx.opc.constants import RELATIONSHIP_TYPE

    ids = {str(style.name).lower(): style.style_id for style in document.styles if style.name}
    section = document.sections[0]
    width = (
        (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    ) // _EMU_PER_TWIP
    twips = width if width > 0 else 8800

    def draw(figure: Figure) -> str:
        return _picture(document, figure, twips * _EMU_PER_TWIP)

    def refer(file: str) -> str:
        return document.part.relate_to(file, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)

    tables = (block for part in parts for block in part.blocks if isinstance(block, Table))
    rows = frozenset(row.id for table in tables for row in table.rows if row.id)
    return Writer(Styles(ids, twips), draw, refer, rows, indented=page.language == "zh")


def _picture(document: Document, figure: Figure, room: int) -> str:
    """Return the markup of a figure's picture, as wide as on screen or as the text, with its
    sentence for those who do not see it.
    """
    from docx.shared import Emu, Inches

    image = png(figure.chart)
    wide = min(room, Inches(WIDTH / 96))
    inline: Any = document.part.new_pic_inline(io.BytesIO(image), width=Emu(wide))
    inline.docPr.set("descr", figure.reading)
    inline.docPr.set("name", figure.title)
    return f"<w:r><w:drawing>{inline.xml}</w:drawing></w:r>"

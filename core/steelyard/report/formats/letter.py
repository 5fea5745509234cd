"""The letter that reports are set in unless an authority brings its own: red head, red rule, body
in Song and FangSong.

Sizes and margins follow GB/T 9704-2012, the layout of official documents.
"""

from __future__ import annotations

import io
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from steelyard.report.formats.container import steady

if TYPE_CHECKING:
    from docx.document import Document as Letter
    from docx.text.paragraph import Paragraph

_RED = "C00000"
_MADE = "2012-07-01"
"""The day that the letter bears as that of its making: of the layout that it follows."""
_SONG, _FANG, _HEI, _KAI, _LATIN = "宋体", "仿宋", "黑体", "楷体", "Times New Roman"


def letter() -> bytes:
    """Return the default template, with the placeholders that any template may use."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    # Opened here: the library takes a disk that fails for a file that is not there.
    with (files("docx") / "templates" / "default.docx").open("rb") as file:
        document = Document(file)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    section.footer_distance = Mm(25)
    # Without it programs set Chinese signs as those of another script.
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    _style(document, "Normal", _FANG, 16, line=28)
    _style(document, "Heading 1", _HEI, 16, before=14)
    _style(document, "Heading 2", _KAI, 15, before=8)
    head = document.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(head, "{{ head }}", _SONG, 36, bold=True, color=_RED)
    _spaced(head, after=10)
    under = document.add_paragraph()
    under.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(under, "{{ subtitle }}", _FANG, 14)
    _spaced(under, after=6)
    _ruled(under)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(title, "{{ title }}", _SONG, 22, bold=True)
    _spaced(title, before=20, after=14)
    document.add_paragraph("{{ report }}")
    day = document.add_paragraph()
    day.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _write(day, "{{ day }}", _FANG, 16)
    day.paragraph_format.space_before = Pt(16)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(foot, "— ", _SONG, 14)
    _page_number(foot)
    _write(foot, " —", _SONG, 14)
    document.core_properties.author = "Steelyard"
    out = io.BytesIO()
    document.save(out)
    return steady(out.getvalue(), _MADE)


def _style(
    document: Letter,
    name: str,
    face: str,
    size: float,
    *,
    before: float = 0,
    line: float | None = None,
) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style: Any = document.styles[name]
    style.font.name, style.font.size, style.font.color.rgb = _LATIN, Pt(size), RGBColor(0, 0, 0)
    style.font.bold, style.font.italic = None, None
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for slot in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{slot}"), _LATIN)
    fonts.set(qn("w:eastAsia"), face)
    spacing = style.paragraph_format
    spacing.space_before, spacing.space_after = Pt(before), Pt(2 if before else 0)
    if line is not None:
        spacing.line_spacing = Pt(line)


def _write(
    paragraph: Paragraph, text: str, face: str, size: float, *, bold: bool = False, color: str = ""
) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = _LATIN, Pt(size), bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)  # noqa: SLF001  # python-docx has no other way
    if color:
        run.font.color.rgb = RGBColor.from_string(color)


def _spaced(paragraph: Paragraph, *, before: float = 0, after: float = 0) -> None:
    """Set the height of a line, which the exact one of the body would cut."""
    from docx.shared import Pt

    paragraph.paragraph_format.line_spacing = 1.1
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = (
        Pt(before),
        Pt(after),
    )


def _ruled(paragraph: Paragraph) -> None:
    """Draw the red rule below a paragraph."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    rule = (
        f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="18" w:space="8" '
        f'w:color="{_RED}"/></w:pBdr>'
    )
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001  # python-docx has no other way
    properties.insert_element_before(
        parse_xml(rule), "w:shd", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _page_number(paragraph: Paragraph) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    size = '<w:rPr><w:sz w:val="28"/></w:rPr>'
    field = (
        f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r>{size}<w:t>1</w:t></w:r></w:fldSimple>'
    )
    paragraph._p.append(parse_xml(field))  # noqa: SLF001  # python-docx has no other way

"""The parts of a workbook's file as sheets, strings and formats, whichever program wrote them.

Names of elements are taken without their namespace, so that the strict form is read as the
transitional one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple, TypeVar
from xml.etree import ElementTree

from steelyard.case.formats.number_formats import BUILT_IN, GENERAL, NumberFormat, parsed

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_RICH = ("metadata", "richdata/rdrichvalue", "richdata/richvaluerel")
_VALUES = "XLRICHVALUE"
_OFF = frozenset({"0", "false", "off"})
_HIGH_OR_LOW = frozenset({"superscript", "subscript"})


T = TypeVar("T")


class Run(NamedTuple):
    """A piece of text in one font; without one of its own it stands in that of its cell."""

    text: str
    styled: bool = False
    struck: bool = False
    raised: bool = False


class Style(NamedTuple):
    """What is known of a cell's looks: its number format, and its font."""

    form: NumberFormat = NumberFormat()
    struck: bool = False
    raised: bool = False


class Part(NamedTuple):
    """A sheet: its name, the content of its part, and where this lies in the package."""

    name: str
    content: bytes
    path: str = ""


class Package:
    """The parts of a workbook by their names."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        """Take the unpacked parts; raises as the XML parser and mappings do where one is damaged or
        missing.
        """
        self._parts = {_clean(name): content for name, content in parts.items()}
        self._book = next(
            (target for kind, target in self._related("").values() if kind == "officedocument"),
            "xl/workbook.xml",
        )
        root = _parsed(self._parts[self._book])
        self._relations = self._related(self._book)
        properties = next(_named(root, "workbookPr"), None)
        self.from_1904 = properties is not None and is_on(properties.get("date1904"))
        self.sheets = tuple(self._sheets(root))
        self.strings: Sequence[tuple[Run, ...]] = ()
        self.styles: Sequence[Style] = ()
        for kind, target in self._relations.values():
            if kind == "sharedstrings":
                self.strings = [
                    tuple(runs_of(one)) for one in _named(_parsed(self._parts[target]), "si")
                ]
            elif kind == "styles":
                self.styles = _styles(_parsed(self._parts[target]))

    def _sheets(self, root: ElementTree.Element) -> Iterator[Part]:
        """Yield the sheets of cells; charts and macros have none."""
        for sheet in _named(root, "sheet"):
            identity = next(
                value for key, value in sheet.attrib.items() if key.rpartition("}")[2] == "id"
            )
            kind, target = self._relations[identity]
            if kind == "worksheet":
                yield Part(sheet.attrib["name"], self._parts[target], target)

    def links_of(self, part: str) -> dict[str, str]:
        """Return where the relations of a part lead that leave the package, by their ids."""
        return {
            one.attrib["Id"]: one.attrib["Target"]
            for one in self._relationships(part)
            if one.get("TargetMode") == "External"
        }

    def pictures_of(self, drawing: str) -> Iterator[tuple[int, int, str, bytes]]:
        """Yield the row and the column at which each picture of a drawing begins, both 0 where it
        is tied to no cell, the name of its part, and its content.
        """
        related = self._related(drawing)
        for anchor in _parsed(self._parts[drawing]):
            corner = next(_named(anchor, "from"), None)
            at = {} if corner is None else {_local(one): int(one.text or 0) + 1 for one in corner}
            for blip in _named(anchor, "blip"):
                target = related.get(_embedded(blip), ("", ""))[1]
                if target in self._parts:
                    yield at.get("row", 0), at.get("col", 0), target, self._parts[target]

    def cell_images(self) -> dict[str, tuple[str, bytes]]:
        """Return the pictures that WPS keeps in cells, by the names by which formulas show them:
        the name of the part and its content.
        """
        found = {}
        for kind, target in self._relations.values():
            if kind == "cellimage" and target in self._parts:
                related = self._related(target)
                for image in _named(_parsed(self._parts[target]), "cellImage"):
                    name = next((one.get("name", "") for one in _named(image, "cNvPr")), "")
                    blip = next(_named(image, "blip"), None)
                    part = related.get(_embedded(blip), ("", ""))[1] if blip is not None else ""
                    if part in self._parts:
                        found[name] = part, self._parts[part]
        return found

    @cached_property
    def value_images(self) -> Mapping[int, tuple[str, bytes]]:
        """The pictures that Excel keeps as values of cells, by the number of the value's metadata,
        counted from 1: the name of the part and its content.
        """
        roots = [self._parts.get(f"xl/{name}.xml") for name in _RICH]
        if None in roots:
            return {}
        about, values, relations = (_parsed(one) for one in roots if one is not None)
        rich = [list(one) for one in _named(about, "futureMetadata") if one.get("name") == _VALUES]
        held = [[one.text or "" for one in _named(rv, "v")] for rv in _named(values, "rv")]
        targets = self._related(f"xl/{_RICH[2]}.xml")
        parts = [
            targets.get(value, ("", ""))[1]
            for rel in _named(relations, "rel")
            for key, value in rel.attrib.items()
            if key.endswith("}id")
        ]
        found: dict[int, tuple[str, bytes]] = {}
        records = (one for block in _named(about, "valueMetadata") for one in block)
        for number, record in enumerate(records, 1):
            with suppress(LookupError, StopIteration, ValueError):
                block = standing_at(rich[0], record[0].attrib["v"])
                index = next(_named(block, "rvb")).attrib["i"]
                part = standing_at(parts, standing_at(held, index)[0])
                found[number] = part, self._parts[part]
        return found

    @property
    def pictures(self) -> dict[str, bytes]:
        """Every picture of the package to which a relation leads, by the name of its part."""
        if not any(name.startswith("xl/media/") for name in self._parts):
            return {}
        owners = (
            one.removesuffix(".rels").split("_rels/") for one in self._parts if ".rels" in one
        )
        targets = {
            target
            for owner in owners
            for kind, target in self._related("".join(owner)).values()
            if kind == "image"
        }
        return {name: self._parts[name] for name in targets if name in self._parts}

    def drawing_of(self, sheet: Part, relation: str) -> str:
        """Return the part of a sheet's drawing, empty where there is none."""
        target = self._related(sheet.path).get(relation, ("", ""))[1]
        return target if target in self._parts else ""

    def _relationships(self, part: str) -> Iterator[ElementTree.Element]:
        folder, _, name = part.rpartition("/")
        content = self._parts.get(_clean(f"{folder}/_rels/{name}.rels"))
        return iter(()) if content is None else _named(_parsed(content), "Relationship")

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the kind and the part of every relation of a part, by its id."""
        folder = part.rpartition("/")[0]
        return {
            one.attrib["Id"]: (
                one.attrib["Type"].rpartition("/")[2].lower(),
                _clean(posixpath.join("/", folder, one.attrib["Target"].replace("\\", "/"))),
            )
            for one in self._relationships(part)
            if one.get("TargetMode") != "External"
        }


def runs_of(string: ElementTree.Element) -> Iterator[Run]:
    """Yield the pieces of a string, without how its signs are pronounced."""
    for one in string:
        name = _local(one)
        if name == "t":
            yield Run(unescaped(one.text or ""))
        elif name == "r":
            fonts = list(_named(one, "rPr"))
            text = "".join(part.text or "" for part in one if _local(part) == "t")
            yield Run(unescaped(text), bool(fonts), *(_font(fonts[0]) if fonts else ()))


def standing_at(items: Sequence[T], number: str | int) -> T:
    """Return what stands at a number from 0 up; raises LookupError or ValueError for any other,
    where Python counts numbers below 0 from the end.
    """
    place = int(number)
    if place < 0:
        raise IndexError(number)
    return items[place]


def unescaped(text: str) -> str:
    """Return a text with the signs that the format writes by their numbers: `_x000D_` is a carriage
    return.
    """
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # A sign beyond the first plane stands as a pair.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escaped(text: str) -> str:
    """Return a text as the format writes it, so that what looks like a sign's number is kept."""
    return _ESCAPED.sub(lambda found: f"_x005F{found[0]}", text)


def is_on(said: str | None) -> bool:
    """Whether a switch is on that the format writes as a word or a figure."""
    return said is not None and said.lower() not in _OFF


def raises(said: str | None) -> bool:
    """Whether a font's alignment raises or lowers its text."""
    return said in _HIGH_OR_LOW


def _styles(root: ElementTree.Element) -> Sequence[Style]:
    codes = dict(BUILT_IN)
    for table in _named(root, "numFmts"):
        for one in table:
            codes[int(one.attrib["numFmtId"])] = one.get("formatCode", GENERAL)
    fonts = [_font(one) for table in _named(root, "fonts") for one in table]
    return [
        Style(
            parsed(codes.get(int(one.get("numFmtId", "0")), GENERAL)),
            *(standing_at(fonts, one.get("fontId", "0")) if fonts else (False, False)),
        )
        for table in _named(root, "cellXfs")
        for one in table
    ]


def _font(font: ElementTree.Element) -> tuple[bool, bool]:
    """Return whether a font strikes its text out, and whether it raises or lowers it."""
    struck = any(is_on(one.get("val", "1")) for one in _named(font, "strike"))
    return struck, any(raises(one.get("val")) for one in _named(font, "vertAlign"))


def _parsed(content: bytes) -> ElementTree.Element:
    # Parts that bear a document type, which could multiply, were refused before.
    return ElementTree.fromstring(content)  # noqa: S314


def _named(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (one for one in root.iter() if _local(one) == name)


def _embedded(blip: ElementTree.Element) -> str:
    return next((value for key, value in blip.attrib.items() if key.endswith("}embed")), "")


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _clean(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/").lower()

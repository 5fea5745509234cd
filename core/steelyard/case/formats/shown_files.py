"""The files that a cell, a link on it or a picture beside it names as evidence."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from steelyard.case.formats.grid import items, marked
from steelyard.case.formats.ooxml import Package, Part
from steelyard.case.formats.sheet_cells import VALUED, Lie, column_letters, corners
from steelyard.case.reading.written import Embedded
from steelyard.errors import Fault, fault
from steelyard.located_yaml import Items, Text

_BETWEEN = re.compile(r"[;；,，、|]")
_SUFFIX = re.compile(r".*\.[A-Za-z0-9]{1,5}")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_LINKED = re.compile(r'\bHYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
_SHOWN = re.compile(r'\bDISPIMG\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
_UNSOUND = re.compile(r"[^\w.-]+")
_MOST = 1_000

Beside = Mapping[int, Sequence[tuple[int, Text]]]


class Named(NamedTuple):
    """The files that a row names, and why what it says of them cannot be taken."""

    files: Items | None
    fault: Fault | None = None


def beside(place: str, sheet: Part, lie: Lie, package: Package) -> tuple[Beside, frozenset[str]]:
    """Return what links and pictures of a sheet name, by row, each with its column, and the parts
    of the pictures; row 0 is that of a picture that is tied to no cell.
    """
    found: dict[int, list[tuple[int, Text]]] = {}
    for row, column, text in itertools.chain(
        _links(sheet, lie, package), _formulas(lie, package), _pictures(sheet, lie, package)
    ):
        text.place = f"{place}!{column_letters(column)}{row}" if row else place
        found.setdefault(row, []).append((column, text))
    taken = {one.part for some in found.values() for _, one in some if isinstance(one, _Picture)}
    return found, frozenset(taken)


def left_over(name: str, package: Package, taken: frozenset[str]) -> list[tuple[int, Text]]:
    """Return the pictures of a workbook that no sheet shows at a place of its own."""
    strays: list[tuple[int, Text]] = []
    for part, content in sorted(package.pictures.items()):
        if part not in taken:
            picture = _Picture.of(part, content)
            picture.place = name
            strays.append((0, picture))
    return strays


def files_in_row(cell: Text | None, at: int, more: Sequence[tuple[int, Text]], what: str) -> Named:
    """Return the files behind the thing of a row: those that the cell at column `at` lists, and
    those that links and pictures beside the row name. A picture is named after `what` it shows.
    """
    listed = [] if cell is None else _listed(cell)
    if isinstance(listed, Fault):
        return Named(None, listed)
    names = [marked(one, cell.place) for one in listed] if cell is not None else []
    for column, text in more:
        if isinstance(text, _Picture):
            names.append(called(text, what))
            continue
        if column == at and cell is not None:
            if _last(text) != _last(cell) and _SUFFIX.fullmatch(cell):
                return Named(
                    None,
                    fault(
                        cell.place,
                        "names `{name}` and leads to `{link}`: leave one of them",
                        name=cell,
                        link=text,
                    ),
                )
            # The cell shows how the link is called.
            names = [one for one in names if one not in listed]
        names.append(text)
    once = {str(one): one for one in names}
    return Named(items(next(iter(once.values())).place, list(once.values())) if once else None)


def called(picture: Text, what: str) -> Embedded:
    """Return a picture under a name that says what it shows, and which no other picture bears."""
    assert isinstance(picture, _Picture)  # noqa: S101  # whoever asks has looked
    sound = _UNSOUND.sub("_", what).strip("._") or "picture"
    suffix = PurePosixPath(picture.part).suffix or ".bin"
    one = Embedded(f"{sound}-{picture.digest.partition(':')[2][:12]}{suffix}")
    one.place, one.content = picture.place, picture.content
    return one


def is_picture(text: Text) -> bool:
    """Whether a file that stands beside a row is a picture."""
    return isinstance(text, _Picture)


class _Picture(Embedded):
    """A picture that has no name yet."""

    __slots__ = ("part",)
    part: str

    @classmethod
    def of(cls, part: str, content: bytes) -> _Picture:
        one = cls("")
        one.part, one.content = part, content
        return one


def _listed(cell: Text) -> list[str] | Fault:
    """Return the names that a cell lists: one a line, or parted by signs where that can be told."""
    found: list[str] = []
    for line in filter(None, (one.strip() for one in cell.splitlines())):
        parts = [one.strip() for one in _BETWEEN.split(line)]
        if len(parts) == 1 or _ADDRESS.fullmatch(line):
            found.append(line)
            continue
        suffixed = [_SUFFIX.fullmatch(one) is not None for one in parts]
        if all(suffixed):
            found += parts
        elif not any(suffixed[:-1]):
            # The signs belong to the one name.
            found.append(line)
        else:
            return fault(
                cell.place,
                "`{text}` may be one file or {count}: write one to a line",
                text=line,
                count=len(parts),
            )
    return found


def _links(sheet: Part, lie: Lie, package: Package) -> Iterator[tuple[int, int, Text]]:
    if not lie.links:
        return
    targets = package.links_of(sheet.path)
    for reference, relation in lie.links:
        if relation not in targets:
            # It leads to another place of the workbook.
            continue
        top, left, bottom, right = corners(reference)
        cells = itertools.product(range(top, bottom + 1), range(left, right + 1))
        for row, column in itertools.islice(cells, _MOST):
            yield from _link(row, column, targets[relation])


def _formulas(lie: Lie, package: Package) -> Iterator[tuple[int, int, Text]]:
    images = package.cell_images() if lie.showing else {}
    for row, column, formula in lie.showing:
        for name in _LINKED.findall(formula):
            yield from _link(row, column, name.replace('""', '"'))
        if formula.startswith(VALUED):
            image = package.value_images.get(int(formula.removeprefix(VALUED)))
            if image is not None:
                yield row, column, _Picture.of(*image)
        for name in _SHOWN.findall(formula):
            if name in images:
                yield row, column, _Picture.of(*images[name])


def _link(row: int, column: int, target: str) -> Iterator[tuple[int, int, Text]]:
    """Yield where a link leads, unless that is a letter to somebody or a place of the workbook."""
    if target.lower().startswith("mailto:") or target.startswith("#"):
        return
    yield row, column, Text(target if _ADDRESS.fullmatch(target) else unquote(target))


def _pictures(sheet: Part, lie: Lie, package: Package) -> Iterator[tuple[int, int, Text]]:
    for relation in lie.drawings:
        drawing = package.drawing_of(sheet, relation)
        if drawing:
            for row, column, part, content in package.pictures_of(drawing):
                yield row, column, _Picture.of(part, content)


def _last(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]

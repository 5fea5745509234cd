"""Where rule books are found: an index of their headers, so that only the book in use is ever
parsed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from steelyard.errors import BookError, Fault, Plural, fault, nearest, refusal
from steelyard.files import misread_table
from steelyard.forms.table import FORMS, Forms
from steelyard.messages import Title

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from steelyard.book.model import Measure, RuleBook

_SUFFIXES = (".yaml", ".yml")
_COLUMNS = ("id", "kind", "zh", "en", "figure")
_LINE = (
    r"""^(?:{key}|"{key}"|'{key}')[ \t]*:[ \t]+"""
    r"""(?:"(.*)"|'(.*)'|([^\s#"'][^\s#]*))[ \t]*(?:[ \t]#.*)?\r?$"""
)
_BOOK = re.compile(_LINE.format(key="book"), re.MULTILINE)
_VERSION = re.compile(_LINE.format(key="version"), re.MULTILINE)
_CASE = re.compile(r"^subject[ \t]*:", re.MULTILINE)
_EXTENDS = re.compile(r"^extends[ \t]*:", re.MULTILINE)
_ID = re.compile(r"[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*")
_NUMBERS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}")
Base = Callable[[str], tuple[str, str]]
_NO_MEASURES: Mapping[str, Measure] = MappingProxyType({})


class Clause(NamedTuple):
    """One demand of a source scheme, as its inventory lists it."""

    id: str
    kind: str
    title: Title
    figure: str


class Place(NamedTuple):
    """A file or folder, and the name by which messages call it."""

    file: Traversable
    name: str

    def beside(self) -> tuple[Place, ...]:
        """Return the folder that holds this place; nothing where it cannot be told."""
        if isinstance(self.file, Path):
            # Path(".").parent is "." again, where the folder above is meant.
            above = Path(os.path.abspath(self.file)).parent  # noqa: PTH100  # links stay as the user wrote them
            return (
                Place(
                    above,
                    ".." if self.name in {".", ""} else self.name.rstrip("/").rpartition("/")[0],
                ),
            )
        folder: Traversable | None = getattr(self.file, "parent", None)
        return (Place(folder, self.name.rpartition("/")[0]),) if folder is not None else ()

    def inner(self, *steps: str) -> Place:
        """Return a place below this one."""
        lead = f"{self.name.rstrip('/')}/" if self.name and self.name != "." else ""
        return Place(self.file.joinpath(*steps), lead + "/".join(steps))


class Source(NamedTuple):
    """One version of one book, not yet parsed.

    `name` stands for the file in places. `plugin` is empty for a book from a folder of the user's;
    `origin` is the plugin or that folder. `inventories` are the places where the list of its
    clauses may lie, nearest first.
    """

    id: str
    version: str
    plugin: str
    name: str
    origin: str
    file: Traversable
    inventories: tuple[Place, ...] = ()

    @property
    def key(self) -> str:
        """Return id@version."""
        return f"{self.id}@{self.version}"

    def read(self) -> str:
        """Return the text of the book; raises BookError when the file cannot be read."""
        return _text(self.file, self.name)


class Astray(NamedTuple):
    """A file in a folder of the user's that cannot be taken for a book, and the id of the book that
    it may be a version of; empty where it names none.
    """

    id: str
    faults: tuple[Fault, ...]


class Found(NamedTuple):
    """What a place holds: books, faults of files that should be books, the names of cases passed
    over, and what lies astray in a folder of the user's.
    """

    sources: list[Source]
    faults: list[Fault]
    ignored: list[str]
    astray: list[Astray]


def scan(root: Traversable, name: str, *, plugin: str = "", lenient: bool = False) -> Found:
    """Return the books in a file, or in a folder and the folders right below it; `name` stands for
    it in places.

    Only the lines `book:` and `version:` at the left margin are read. A `lenient` look keeps what
    lies astray in a folder apart from the faults.
    """
    found = Found([], [], [], [])
    place, owner = Place(root, name), (plugin, plugin or name)
    try:
        if root.is_file():
            folders = place.beside()
            _take(
                found,
                place,
                (*folders, *(above for folder in folders for above in folder.beside())),
                owner,
            )
        elif root.is_dir():
            _take_folder(found, place, (place, *place.beside()), owner, lenient=lenient)
        else:
            found.faults.append(fault(name, "there is no such file or folder"))
    except OSError as error:
        found.faults.append(fault(name, "cannot be read: {problem}", problem=refusal(error)))
    return found


class Keeper(Protocol):
    """Keeps books that were read before, and has others read."""

    def book(
        self, source: Source, beside: object, base: Base, load: Callable[[str, Base], RuleBook]
    ) -> RuleBook:
        """Return a book, kept or read by `load`; `beside` is all that it depends on apart from its
        text and bases.
        """


class Library:
    """The books at hand: those that plugins bring and those in the user's own folders."""

    def __init__(
        self,
        sources: Iterable[Source] = (),
        folders: Iterable[str] = (),
        measures: Mapping[str, Measure] = _NO_MEASURES,
        shelf: Keeper | None = None,
        forms: Forms = FORMS,
    ) -> None:
        """Index `sources` and the books in `folders`; raises BookError where a folder, or a file
        that is named, cannot be taken.

        What lies astray in a folder is noted in `astray` and refuses only the books that it may be.
        A `shelf` keeps books that were read before; `forms` are those that rules may have.
        """
        self._forms = forms
        self._shelf = shelf
        given, faults, ignored = list(sources), list[Fault](), list[str]()
        astray: list[Astray] = []
        # The same folder may be named twice, from here and by its whole path.
        named: dict[str, str] = {}
        for folder in folders:
            named.setdefault(os.path.realpath(folder), folder)
        self._folders = tuple(named.values())
        for folder in self._folders:
            found = scan(Path(folder), folder, lenient=True)
            given += found.sources
            faults += found.faults
            ignored += found.ignored
            astray += found.astray
        if faults:
            raise BookError(faults)
        self.ignored: tuple[str, ...] = tuple(ignored)
        self._unclear: dict[str, list[Fault]] = {}
        self._measures = measures
        self._loaded: dict[str, RuleBook] = {}
        self._by_id: dict[str, list[Source]] = {}
        first: dict[str, Source] = {}
        for source in given:
            other = first.setdefault(source.key, source)
            if other is not source:
                twice = fault(
                    source.name,
                    "book `{book}` stands already in `{other}`",
                    book=source.key,
                    other=other.name,
                )
                astray.append(Astray(source.key, (twice,)))
                continue
            self._by_id.setdefault(source.id, []).append(source)
        for one in astray:
            self._unclear.setdefault(one.id, []).extend(one.faults)
        self.astray: tuple[Fault, ...] = tuple(one.faults[0] for one in astray)
        for versions in self._by_id.values():
            versions.sort(key=lambda source: _numbers(source.version))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every version of every book, by id and then oldest first."""
        return tuple(source for _, versions in sorted(self._by_id.items()) for source in versions)

    def source(self, reference: str, place: str = "", apart: str = "") -> Source:
        """Return what `id`, `id@version` or `id@first-numbers-of-a-version` means; the newest where
        several fit.

        Raises BookError at `place` for an unknown book or version; the book `apart` is not what
        could be meant.
        """
        found = self._source(reference, place, apart)
        if found.key in self._unclear:
            raise BookError(self._unclear[found.key])
        return found

    def _source(self, reference: str, place: str, apart: str) -> Source:
        name, at, version = reference.partition("@")
        versions = self._by_id.get(name)
        # A file of the same book whose version cannot be read may be the one that is meant.
        if name in self._unclear and (versions is None or reference not in map(_key, versions)):
            raise BookError(self._unclear[name])
        if not versions:
            if not self._by_id:
                raise BookError(
                    [fault(place, "unknown book `{name}`; no books are installed", name=reference)]
                )
            near = nearest(name, self._by_id.keys() - {apart})
            if not near and not self._folders:
                raise BookError(
                    [
                        fault(
                            place,
                            "unknown book `{name}`; a folder with further books is named by "
                            "`--books`",
                            name=reference,
                        )
                    ]
                )
            raise BookError([fault(place, "unknown book `{name}`", near, name=reference)])
        if not at:
            return versions[-1]
        exact = [source for source in versions if source.version == version]
        if exact:
            return exact[-1]
        numbers = _numbers(version) if _NUMBERS.fullmatch(version) else ()
        close = [
            source
            for source in versions
            if numbers and _numbers(source.version)[: len(numbers)] == numbers
        ]
        if close:
            return close[-1]
        known = tuple(source.version for source in versions)
        raise BookError(
            [
                fault(
                    place,
                    "book `{book}` has no version `{version}`; it has {versions}",
                    book=name,
                    version=version,
                    versions=known,
                )
            ]
        )

    def text(self, reference: str, place: str = "") -> str:
        """Return the text of a book as it was written; raises BookError as `source` does."""
        return self.source(reference, place).read()

    def find(self, reference: str, place: str = "") -> RuleBook:
        """Return the rule book that a reference means, parsed once; raises BookError with every
        fault of its text.
        """
        source = self.source(reference, place)
        book = self._loaded.get(source.key)
        if book is None:
            book = self._read(source)
            self._loaded[source.key] = book
        return book

    def _read(self, source: Source) -> RuleBook:
        inventory = tuple(self.clauses(source.key))

        def load(text: str, base: Base) -> RuleBook:
            # Reading brings in the model of the form of books, which a book from the shelf does not
            # need.
            from steelyard.book.reading.load import parse_book

            return parse_book(
                text,
                source.name,
                base=base,
                plugin=source.plugin,
                measures=self._measures,
                inventory=inventory,
                forms=self._forms,
            )

        def base(reference: str) -> tuple[str, str]:
            return self._base(reference, source.id)

        if self._shelf is None:
            return load(source.read(), base)
        return self._shelf.book(source, self._beside(inventory), base, load)

    def _beside(self, inventory: tuple[str, ...]) -> object:
        """Return all that a book depends on apart from its text and its bases."""
        foreign = [
            (key, form.distribution) for key, form in self._forms.items() if form.distribution
        ]
        return self._measures, inventory, foreign

    def clauses(self, reference: str) -> dict[str, Clause]:
        """Return the inventory of clauses of a book and of those that it extends, by id, in the
        inventory's order.

        Nothing is given where no inventory lies beside the book. Raises BookError with every fault
        of the file.
        """
        return self._clauses(reference, ())

    def _clauses(self, reference: str, above: tuple[str, ...]) -> dict[str, Clause]:
        source = self.source(reference)
        clauses: dict[str, Clause] = {}
        text = source.read()
        # A book that goes round in a circle is refused when it is read.
        if source.key not in above and _EXTENDS.search(text):
            from steelyard.book.tailoring.inherit import references
            from steelyard.located_yaml import first_of

            for base, _ in references(first_of(text, "extends", source.name)):
                if base.partition("@")[0] in self._by_id:
                    clauses |= self._clauses(base, (*above, source.key))
        for place in source.inventories:
            if place.file.is_file():
                return clauses | _inventory(place)
        return clauses

    def places(self, reference: str) -> Callable[..., str]:
        """Return what finds file:line and the field of a path such as ("rules", "training") in a
        book that loads.
        """
        from steelyard.book.reading.load import places_in

        source = self.source(reference)
        return places_in(source.read(), source.name, self._base)

    def _base(self, reference: str, apart: str = "") -> tuple[str, str]:
        source = self.source(reference, apart=apart)
        return source.read(), source.name


def _key(source: Source) -> str:
    return source.key


def _take_folder(
    found: Found,
    folder: Place,
    homes: tuple[Place, ...],
    owner: tuple[str, str],
    *,
    lenient: bool,
) -> None:
    deeper = homes[0] is not folder
    for entry in sorted(folder.file.iterdir(), key=lambda entry: entry.name):
        inner = folder.inner(entry.name)
        if entry.name.startswith((".", "_")):
            continue
        if entry.name.endswith(_SUFFIXES) and entry.is_file():
            _take(found, inner, (folder, *homes) if deeper else homes, owner, lenient=lenient)
        elif not deeper and entry.is_dir():
            _take_folder(found, inner, homes, owner, lenient=lenient)


def _take(
    found: Found,
    place: Place,
    homes: tuple[Place, ...],
    owner: tuple[str, str],
    *,
    lenient: bool = False,
) -> None:
    """Take a file for a book; a `lenient` look keeps its faults apart."""
    plugin, origin = owner
    faults: list[Fault] = []
    book = ""
    try:
        # YAML ends a line at a lone CR too.
        text = re.sub("\r\n?", "\n", _text(place.file, place.name))
    except BookError as error:
        faults.extend(error.faults)
        text = ""
    if not plugin and _CASE.search(text):
        found.ignored.append(place.name)
        return
    if not faults:
        book = _header(faults, text, place.name, "book")
        version = _header(faults, text, place.name, "version")
    if faults and lenient:
        found.astray.append(Astray(book, tuple(faults)))
    elif faults:
        found.faults.extend(faults)
    elif book and version:
        list_of_clauses = f"{place.file.name.rpartition('.')[0]}.csv"
        inventories = tuple(home.inner("clauses", list_of_clauses) for home in homes)
        found.sources.append(
            Source(book, version, plugin, place.name, origin, place.file, inventories)
        )


def _header(faults: list[Fault], text: str, name: str, key: str) -> str:
    line, form = (_BOOK, _ID) if key == "book" else (_VERSION, _NUMBERS)
    found = line.search(text)
    if found is None:
        faults.append(
            fault(name, "is not a rule book: no line `{key}: …` stands at the left margin", key=key)
        )
        return ""
    said = next(group for group in found.groups() if group is not None)
    if form.fullmatch(said):
        return said
    place = f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {key}"
    if key == "book":
        faults.append(
            fault(
                place,
                "`{text}` is not the id of a book, such as `hospital/nine-prohibitions`",
                text=said,
            )
        )
    else:
        faults.append(fault(place, "`{text}` is not a version, such as `1.0.0`", text=said))
    return ""


def _inventory(place: Place) -> dict[str, Clause]:
    import csv

    file, name = place
    faults: list[Fault] = []
    clauses: dict[str, Clause] = {}
    lines: dict[str, int] = {}
    reader = csv.reader(_text(file, name).splitlines(keepends=True), strict=True)
    try:
        head = tuple(cell.strip() for cell in next(reader, []))
        if head != _COLUMNS:
            raise BookError(
                [fault(f"{name}:1", "the columns must be `{columns}`", columns=",".join(_COLUMNS))]
            )
        for row in reader:
            line = f"{name}:{reader.line_num}"
            if not any(row):
                continue
            if len(row) != len(_COLUMNS):
                faults.append(
                    fault(
                        line,
                        Plural(
                            "has {count} cell where {wanted} are wanted",
                            "has {count} cells where {wanted} are wanted",
                        ),
                        count=len(row),
                        wanted=len(_COLUMNS),
                    )
                )
                continue
            clause, kind, zh, en, figure = (cell.strip() for cell in row)
            if not clause or not kind:
                faults.append(fault(line, "`id` and `kind` must not be empty"))
            elif clause in clauses:
                faults.append(
                    fault(
                        line,
                        "clause `{clause}` stands already in line {line}",
                        clause=clause,
                        line=lines[clause],
                    )
                )
            else:
                clauses[clause], lines[clause] = (
                    Clause(clause, kind, Title(zh, en), figure),
                    reader.line_num,
                )
    except csv.Error as error:
        faults.append(misread_table(f"{name}:{reader.line_num}", error))
    if faults:
        raise BookError(faults)
    return clauses


def _text(file: Traversable, name: str) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BookError([fault(name, "is not UTF-8 text")]) from None
    except OSError as error:
        raise BookError(
            [fault(name, "cannot be read: {problem}", problem=refusal(error))]
        ) from None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

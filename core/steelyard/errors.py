"""One tree of errors, so that the command line alone decides how a fault is shown.

SteelyardError
├── ExpressionError   an expression cannot be read or typed
├── BookError         a rule book does not hold together
├── CaseError         a case does not fit its book, or its file cannot be read
├── PluginError       a plugin is broken (fatal only when strict)
├── StoreError        the store cannot be opened, read or written
└── UsageError        the command line was asked for something that is not there
"""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

_NOTHING: Mapping[str, object] = MappingProxyType({})
_LONGEST = 80
_LONGEST_LIST = 160
_LONGEST_FIELD = 100
_LONGEST_FILE = 300
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _in_english(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


class Word(str):
    """A word of ours that stands among the values of a message: it is translated as messages
    are.
    """

    __slots__ = ()

    @property
    def message(self) -> str:
        """The word as the catalogues know it."""
        return str(self)


class Plural(str):
    """A message that counts: one text for a single thing, its own for any other number; `by` names
    the value that counts.

    It is chosen when the message is filled in, by the rules of the reader's language.
    """

    __slots__ = ("_choose", "by", "one")
    one: str
    by: str
    _choose: Callable[..., str]

    def __new__(
        cls, one: str, many: str, by: str = "count", choose: Callable[..., str] = _in_english
    ) -> Self:
        """Take both texts, what counts, and what chooses between them: gettext's `ngettext` of a
        catalogue.
        """
        made = super().__new__(cls, many)
        made.one, made.by, made._choose = one, by, choose
        return made

    def __reduce__(self) -> tuple[type[Plural], tuple[str, str, str]]:
        """Return what makes it anew in another process, where a catalogue is chosen again."""
        return Plural, (self.one, str.__str__(self), self.by)

    def __str__(self) -> str:
        """Return it as it is, so that it still counts."""
        return self

    def chosen_by(self, choose: Callable[..., str]) -> Plural:
        """Return the message in a language, by the `ngettext` of its catalogue."""
        return Plural(self.one, str.__str__(self), self.by, choose)

    def format(self, *args: object, **values: object) -> str:
        """Return the message filled in."""
        return self._of(values).format(*args, **values)

    def format_map(self, values: Any, /) -> str:
        """Return the message filled in."""
        return self._of(values).format_map(values)

    def _of(self, values: Mapping[str, object]) -> str:
        told = str(values[self.by])
        # A number of points has decimals, and so is no single one.
        number = int(told) if told.isdecimal() else 2
        return self._choose(self.one, str.__str__(self), number)


class Titled(NamedTuple):
    """A thing of a book among the values of a message: told by its title in the reader's language,
    with its id.
    """

    id: str
    zh: str
    en: str

    def text(self, translate: Callable[[str], str]) -> str:
        """Return the title with the id, the id alone where it is the title too."""
        title = self.zh if translate(_LANGUAGE.message) == "zh" else self.en
        if title == self.id:
            return f"`{shown(self.id)}`"
        return translate("{title} (`{id}`)").format(title=shown(title), id=shown(self.id))


_LANGUAGE = Word("en")
"""Translated by its catalogue's language."""
_REFUSALS: Mapping[int, Word] = MappingProxyType(
    {
        errno.ENOENT: Word("No such file or directory"),
        errno.EACCES: Word("Permission denied"),
        errno.EPERM: Word("Operation not permitted"),
        errno.EISDIR: Word("Is a directory"),
        errno.ENOTDIR: Word("Not a directory"),
        errno.EEXIST: Word("File exists"),
        errno.ENOTEMPTY: Word("Directory not empty"),
        errno.ENOSPC: Word("No space left on device"),
        errno.EDQUOT: Word("Disk quota exceeded"),
        errno.EROFS: Word("Read-only file system"),
        errno.ENAMETOOLONG: Word("File name too long"),
        errno.ELOOP: Word("Too many levels of symbolic links"),
        errno.EIO: Word("Input/output error"),
        errno.EBUSY: Word("Device or resource busy"),
        errno.EMFILE: Word("Too many open files"),
        errno.EFBIG: Word("File too large"),
        errno.EINVAL: Word("Invalid argument"),
    }
)


class Fault(NamedTuple):
    """One thing wrong at one place: a message template, its values, the nearest right name, the
    plugin at fault.
    """

    place: str
    message: str
    values: Mapping[str, object] = _NOTHING
    near: str = ""
    plugin: str = ""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the fault as one line, in the language of `translate`."""
        words = {key: _in_words(value, translate) for key, value in self.values.items()}
        said = translate(self.message).format_map(words)
        if self.near:
            said += translate("; did you mean `{near}`?").format(near=shown(self.near))
        said = f"{_placed(self.place)}: {said}" if self.place else said
        return f"{translate('plugin')} {safe(self.plugin)}: {said}" if self.plugin else said

    def under(self, place: str) -> Fault:
        """Return the same fault with a wider place in front."""
        return self._replace(place=f"{place}: {self.place}" if self.place else place)


class SteelyardError(Exception):
    """Anything that a user's input can cause; holds every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keep the faults in the order in which they were found."""
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        """Return all faults, a line each, in English."""
        return "\n".join(fault.text() for fault in self.faults)


class ExpressionError(SteelyardError):
    """An expression cannot be read or typed."""


class BookError(SteelyardError):
    """A rule book does not hold together."""


class CaseError(SteelyardError):
    """A case does not fit its book, or its file cannot be read."""


class PluginError(SteelyardError):
    """A plugin is broken."""


class StoreError(SteelyardError):
    """The store cannot be opened, read or written."""


class UsageError(SteelyardError):
    """The command line was asked for something that is not there."""


def fault(place: str, message: str, near: str = "", **values: object) -> Fault:
    """Make a fault; `message` is a template in English that the catalogues translate."""
    return Fault(place, message, values, near)


def also(error: BaseException, more: Fault) -> None:
    """Let whatever is raised, a wish to stop too, tell one thing more where the program ends."""
    vars(error)["faults"] = (*getattr(error, "faults", ()), more)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word closest to `word`, or an empty text when none is close."""
    found = difflib.get_close_matches(word[:_LONGEST], list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def refusal(error: OSError | ValueError) -> str:
    """Return why the system refused something, in words of ours where it is one of the usual
    reasons, so that it is translated.
    """
    number = getattr(error, "errno", None)
    said = getattr(error, "strerror", None) or str(error) or Word("no access")
    return _REFUSALS.get(number, said) if isinstance(number, int) else said


def refusal_in(said: str) -> Word | None:
    """Return why the system refused something where a library's own words say it."""
    return next((word for word in _REFUSALS.values() if word in said), None)


def safe(text: str) -> str:
    """Return a text without the characters that break a line, turn it round or steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _in_words(value: object, translate: Callable[[str], str]) -> str:
    """Return a value of a message, our own words translated; several words are listed."""
    if isinstance(value, Titled):
        return value.text(translate)
    if isinstance(value, tuple):
        comma = translate(", ")
        said = comma.join(_in_words(one, translate) for one in value)
        if len(said) <= _LONGEST_LIST:
            return said
        whole = said.rfind(comma, 0, _LONGEST_LIST)
        return f"{said[:whole]}{comma}…" if whole > 0 else f"{said[: _LONGEST_LIST - 1]}…"
    return shown(translate(value.message) if isinstance(value, Word) else value)


def _placed(place: str) -> str:
    """Return a place in one safe line; a field's path loses its middle, a file's name its
    beginning.
    """
    file, colon, field = safe(place).partition(": ")
    if len(file) > _LONGEST_FILE:
        file = "…" + file[1 - _LONGEST_FILE :]
    if len(field) > _LONGEST_FIELD:
        half = _LONGEST_FIELD // 2
        field = f"{field[:half]}…{field[1 - half :]}"
    return file + colon + field


def shown(value: object) -> str:
    """Return a user's own words in one safe line of at most 80 characters."""
    text = safe(str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

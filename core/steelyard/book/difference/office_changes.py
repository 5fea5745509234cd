"""What changed in the offices of a book, and in who answers for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from steelyard.book.difference.book_change import Change
from steelyard.book.model import Kind, Register, RuleBook
from steelyard.forms.phrases import Said, told
from steelyard.messages import Title

_CALLED = Title(
    "责任部门 {id} 改称“{new}”，原称“{old}”", "office {id} is called “{new}”, was “{old}”"
)
_GONE = Title("删去责任部门“{title}”（{id}）", "office “{title}” ({id}) is dropped")
_COME = Title("新增责任部门“{title}”（{id}）", "office “{title}” ({id}) is added")
_MOVED = Title(
    "“{title}”（{id}）的责任部门：{new}（原为 {old}）",
    "“{title}” ({id}), responsible: {new}; was {old}",
)
_NONE = Title("无", "none")


class _Answering(NamedTuple):
    """A thing that an office may answer for: its name in the JSON, its title, the office."""

    what: str
    title: Title
    office: str


def office_changes(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    """Yield the offices that come, go or are called otherwise, and what stands in both books under
    another office than before.
    """
    for name, was in old.offices.items():
        now = new.offices.get(name)
        if now is None:
            words = told(_GONE, title=was, id=name)
            yield Change("words", "office", name, "dropped", was, None, words)
        elif was != now:
            words = told(_CALLED, id=name, new=now, old=was)
            yield Change("words", "office", name, "title", was, now, words)
    for name, now in new.offices.items():
        if name not in old.offices:
            words = told(_COME, title=now, id=name)
            yield Change("words", "office", name, "added", None, now, words)
    before, after = _answering(old), _answering(new)
    for key, thing in after.items():
        if key not in before or before[key].office == thing.office:
            continue
        first, last = _named(old, before[key].office), _named(new, thing.office)
        words = told(_MOVED, title=thing.title, id=key[1], new=last or _NONE, old=first or _NONE)
        yield Change("words", thing.what, key[1], "responsible", first, last, words)


def _named(book: RuleBook, office: str) -> Said:
    return book.offices[office] if office else None


def _answering(book: RuleBook) -> dict[tuple[str, str], _Answering]:
    """Return by kind and id everything that may name an office itself."""
    found = {
        ("section", name): _Answering("section", one.title, one.responsible)
        for name, one in book.sections.items()
    }
    found |= {
        ("rule", name): _Answering("rule", one.title, one.responsible)
        for name, one in book.rules.items()
    }
    for name, fact in book.facts.items():
        what = fact.origin if fact.origin in {"item", "deliverable"} else "fact"
        found["fact", name] = _Answering(what, fact.title, fact.responsible)
    for name, register in book.registers.items():
        found["register", name] = _Answering("register", register.title, register.responsible)
    owners: Mapping[str, Register | Kind] = {**book.registers, **book.kinds}
    for name, owner in owners.items():
        for key, field in owner.fields.items():
            path = f"{name}.{key}"
            found["field", path] = _Answering("field", field.title, field.responsible)
    return found

"""What changed of things that have an id and a title: which came and went, which are called
otherwise, and part by part what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from steelyard.book.difference.book_change import Change
from steelyard.book.difference.rule_changes import renamed
from steelyard.book.model import NO_TITLE, RuleBook
from steelyard.forms.phrases import Said, told
from steelyard.messages import Title

NOTHING = Title("无", "none")
_ADDED = Title("新增{what}“{title}”（{id}）：{said}", "{what} “{title}” ({id}) is added: {said}")
_DROPPED = Title(
    "删去{what}“{title}”（{id}）：{said}", "{what} “{title}” ({id}) is dropped: {said}"
)
_RENAMED = Title("{what}“{title}”更名：{old} → {new}", "{what} “{title}” is renamed: {old} → {new}")
_CHANGED = Title(
    "{what}“{title}”的{part}：{new}（原为 {old}）", "{what} “{title}”, {part}: {new}; was {old}"
)
_BASIS = Title("{title}的依据：{new}（原为 {old}）", "{title}, basis: {new}; was {old}")
_NOTE = Title("{title}的说明有改动", "{title}: the note is reworded")
CALLED = Title("{what} {id} 改称“{new}”，原称“{old}”", "{what} {id} is called “{new}”, was “{old}”")

Told = Mapping[str, tuple[Title, Said]]
"""What a thing says, part by part: the part's name in words, and what it says."""
Tell = Callable[[RuleBook, Any], Told]


class Kind(NamedTuple):
    """A kind of thing: the group in which its changes are told, its name in the JSON, its name in
    words.

    `whole` gives what one says that comes or goes; else what it says where it changes.
    """

    group: str
    what: str
    title: Title
    whole: Tell | None = None


def things(
    books: tuple[RuleBook, RuleBook],
    kind: Kind,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    tell: Tell,
) -> Iterator[Change]:
    """Yield the changes of things that have an id and a title; `tell` gives what one says in its
    book.
    """
    group, what, title, whole = kind[0], kind[1], kind[2], kind.whole or tell
    names = renamed(old, new)
    for name, was in names.items():
        yield Change(
            group,
            what,
            name,
            "renamed",
            was,
            name,
            told(_RENAMED, what=title, title=new[name].title, old=was, new=name),
        )
    for name, one in old.items():
        if name in new:
            yield from _pair(kind, one, new[name], (tell(books[0], one), tell(books[1], new[name])))
        elif name not in names.values():
            reason, said = (
                books[1].dropped.get(name, NO_TITLE) if what == "limiter" else NO_TITLE,
                _whole(whole(books[0], one)),
            )
            words = told(
                _DROPPED,
                what=title,
                title=one.title,
                id=name,
                said=reason if reason.zh or reason.en else said,
            )
            yield Change(group, what, name, "dropped", said, None, words)
    for name, one in new.items():
        if name not in old and name not in names:
            said = _whole(whole(books[1], one))
            yield Change(
                group,
                what,
                name,
                "added",
                None,
                said,
                told(_ADDED, what=title, title=one.title, id=name, said=said),
            )


def _pair(kind: Kind, one: Any, now: Any, told_: tuple[Told, Told]) -> Iterator[Change]:
    """Yield the changes of a thing that stands in both books."""
    before, after = told_
    for key in dict.fromkeys((*before, *after)):
        part = (after.get(key) or before[key])[0]
        first, last = before.get(key, (part, None))[1], after.get(key, (part, None))[1]
        if first != last:
            words = told(
                _CHANGED,
                what=kind.title,
                title=now.title,
                part=part,
                new=last or NOTHING,
                old=first or NOTHING,
            )
            yield Change(kind.group, kind.what, now.id, key, first, last, words)
    if one.title != now.title:
        words = told(CALLED, what=kind.title, id=now.id, new=now.title, old=one.title)
        yield Change("words", kind.what, now.id, "title", one.title, now.title, words)
    yield from remarks(
        kind.what,
        now.id,
        told(Title("{what}“{title}”", "{what} “{title}”"), what=kind.title, title=now.title),
        one,
        now,
    )


def remarks(what: str, name: str, title: Title, one: Any, now: Any) -> Iterator[Change]:
    """Yield the changes of what only people read of a thing: its basis and its note."""
    for key, words in (("basis", _BASIS), ("notes", _NOTE)):
        was, is_now = (
            said if (said := getattr(thing, key, None)) and said != NO_TITLE else None
            for thing in (one, now)
        )
        if was != is_now:
            yield Change(
                "words",
                what,
                name,
                key,
                was,
                is_now,
                told(words, title=title, new=is_now or NOTHING, old=was or NOTHING),
            )


def _whole(told_: Told) -> Title:
    parts = [(part, said) for part, said in told_.values() if said]
    said = [(said if isinstance(said, Title) else Title(said, said)) for _, said in parts]
    return Title(
        "；".join(f"{part.zh} {one.zh}" for (part, _), one in zip(parts, said, strict=True)) or "—",
        "; ".join(f"{part.en} {one.en}" for (part, _), one in zip(parts, said, strict=True)) or "—",
    )

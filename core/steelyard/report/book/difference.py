"""What changed from one book to another, in words, group by group with counts."""

from __future__ import annotations

from steelyard.book.difference.difference import Diff
from steelyard.messages import Language
from steelyard.report.page import Block, Heading, Listing, Page, Paragraph
from steelyard.report.phrases import Phrases


def difference_page(diff: Diff, language: Language) -> Page:
    """Return the page of a difference between two books."""
    phrases = Phrases(language)
    say, of = phrases.say, phrases.of
    old, new = (f"{of(book.title)} {book.key}" for book in (diff.old, diff.new))
    blocks: list[Block] = []
    if diff.changes:
        blocks.append(Paragraph(say("changes: {count}").format(count=len(diff.changes))))
    elif diff.written_alike:
        blocks.append(Paragraph(say("nothing has changed")))
    else:
        blocks.append(Paragraph(say("nothing has changed but remarks, or how it is written")))
    for title, changes in diff.grouped():
        blocks.append(Heading(f"{of(title)} ({len(changes)})"))
        blocks.append(Listing(tuple(of(one.words) for one in changes)))
    return Page.plain(language, "difference", f"{old} → {new}", blocks)

"""What a reader should know of how a case was read, though it is no fault."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.report.page import Block, Heading, Listing, Part
from steelyard.report.unit.reader import Reader


def notes(reader: Reader) -> Part:
    """Return the notes on the case, without the name of the file that it came from."""
    remarks = reader.assessment.case.remarks
    told = [one._replace(place=one.place.partition(": ")[2]).text(reader.say) for one in remarks]
    title = reader.say("Notes")
    return Part("notes", title, note_blocks(title if reader.terse else "", told))


def note_blocks(title: str, told: Sequence[str]) -> tuple[Block, ...]:
    """Return notes as a list under a title; nothing where there are none."""
    if not told:
        return ()
    listing = Listing(tuple(told))
    return (Heading(title), listing) if title else (listing,)

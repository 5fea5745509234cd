"""What somebody says of a thing, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.cli.settings import Settings


def worded(settings: Settings, value: str, options: Mapping[str, Title]) -> str:
    """Return a value of a case's canonical form, or the range of two, as people read it: options by
    their titles; an empty text says nothing.
    """
    say = settings.say
    words = {
        "": say("says nothing"),
        "unknown": say("unknown"),
        "none": say("none"),
        "yes": say("yes"),
        "true": say("yes"),
        "no": say("no"),
        "false": say("no"),
        "na": say("does not apply"),
    }
    ends = value.split("..") if options else [value]
    known = {**words, **{key: title.of(settings.language) for key, title in options.items()}}
    return "..".join(known.get(end, end) for end in ends)

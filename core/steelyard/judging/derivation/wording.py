"""The words of derivations that stand by themselves: what comparisons ask, and how many are met."""

from __future__ import annotations

from steelyard.messages import Title

ASKED: dict[str, tuple[Title, Title]] = {
    ">=": (Title("要求不低于{edge}", "at least {edge} is asked"),
           Title("要求不早于{edge}", "no earlier than {edge} is asked")),
    ">": (Title("要求高于{edge}", "more than {edge} is asked"),
          Title("要求晚于{edge}", "later than {edge} is asked")),
    "<=": (Title("至多为{edge}", "{edge} at most is allowed"),
           Title("不得晚于{edge}", "{edge} at the latest is allowed")),
    "<": (Title("须低于{edge}", "less than {edge} is allowed"),
          Title("须早于{edge}", "earlier than {edge} is asked")),
    "==": (Title("要求为{edge}", "{edge} is asked"), Title("要求为{edge}", "{edge} is asked")),
    "!=": (Title("要求不为{edge}", "anything but {edge} is asked"),
           Title("要求不为{edge}", "anything but {edge} is asked")),
}  # fmt: skip
"""What a comparison asks, of figures and of dates."""
TICKS = {
    "yes": Title("是", "yes"),
    "no": Title("否", "no"),
    "na": Title("不适用", "not applicable"),
}
ASKED_NO = Title("要求为否", "no is asked")


def met_words(count: int) -> str:
    """Return how many of several conditions are met."""
    return "1 is met" if count == 1 else f"{count or 'none'} are met"


def counted_words(count: int) -> str:
    """Return how many records count."""
    return "1 counts" if count == 1 else f"{count or 'none'} count"

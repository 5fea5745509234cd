"""Ids as people type, paste and export them: what looks the same is one id, and what a spreadsheet
spoilt is none.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from steelyard.case.reading.written import Written
from steelyard.errors import Fault, fault

EXAMPLE_UNIT = "unit-1"
"""The id that a fresh template bears."""
ELLIPSIS = "…"
"""What stands in the examples of a template for a text."""

_LONGEST = 200
_DIGITS = 15
# Digits with a ring round them, raised, or drawn together are signs of their own; every other form
# that Unicode calls compatible (full-width, half-width, Kangxi radicals, presentation forms) is
# drawn as the letter itself.
_OF_THEIR_OWN = frozenset({"<circle>", "<super>", "<sub>", "<square>", "<fraction>"})
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d")
# Drawn as nothing, though not of the category of format characters.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffc")
_BLANK = "\u2800"
# What a spreadsheet makes of a long figure: a point or a sign is always in it. `12E3` may be a
# code.
SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+[eE][+-]?[0-9]+|[.,]?[eE][+-][0-9]+)")
_LOST = "\ufffd"
_RADICALS = re.compile("[\u2e80-\u2eff]")
LATIN = re.compile("[A-Za-z]")
_CYRILLIC = (
    "\u0410\u0412\u0415\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0405\u0422\u0425\u04ae"
    "\u0430\u0435\u0456\u0458\u043e\u0440\u0441\u0455\u0445\u0443\u0501\u051b\u051d\u04bb"
)
_GREEK = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
)
_TWINS = dict(
    zip(
        _CYRILLIC + _GREEK,
        "ABEIJKMHOPCSTXYaeijopcsxydqwh" + "ABEZHIKMNOPTYXo",
        strict=True,
    )
)
FOREIGN = re.compile(f"[{_CYRILLIC}{_GREEK}]")
DRAWN_ALIKE = {
    **_TWINS,
    "\u0251": "a", "\u0261": "g", "\u0131": "i",
    "\u25cb": "\u3007", "\u25ef": "\u3007",
    "\u2022": "\xb7", "\u2027": "\xb7", "\u2219": "\xb7", "\u22c5": "\xb7", "\u30fb": "\xb7",
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"',
}  # fmt: skip
NOTHING = frozenset({
    "none", "null", "nil", "na", "n/a", "n.a", "nan", "tbd", "tba", "tbc", "unknown", "undefined",
    "empty", "blank", "#n/a", "#ref", "#value", "#name", "#num", "#div/0", "#null",
    "无", "空", "空白", "空缺", "没有", "暂无", "暂缺", "无编号", "未编", "未定", "未填", "待定",
    "待填", "待补", "待补充", "未知", "不详", "不明", "不清楚", "不适用", "不涉及", "略", "同上",
})  # fmt: skip
BESIDE_WORDS = " .。…!！?？()[]<>{}【】《》〈〉-_*'\"“”"
_DRAWN_AS_KEPT = re.compile("[\x00-\x7f\u4e00-\u9fff]*")
_CONTROL = re.compile("[\x00-\x1f]")
_EASILY_MISTAKEN = {"o": "0", "l": "1", "i": "1", " ": ""}


def example(what: str) -> str:
    """Return the id that a party of a kind, or a record of a register, bears in the examples of a
    template.
    """
    return f"{what}-example"


def drawn_as_kept(text: str) -> bool:
    """Whether a text is made of ASCII and of Chinese characters alone, which have one form each;
    most are, and need not be gone through sign by sign.
    """
    return text.isascii() or _DRAWN_AS_KEPT.fullmatch(text) is not None


def fold(text: str) -> str:
    """Return an id in the one form in which it is kept.

    Invisible characters are dropped, spaces of every width become single plain ones, dashes of
    every length a hyphen, full-width and other drawn forms the letter itself.
    """
    if drawn_as_kept(text):
        return _single(text)
    drawn = "".join(map(_sign, unicodedata.normalize("NFC", text)))
    return _single(unicodedata.normalize("NFC", drawn))


def _single(text: str) -> str:
    return " ".join(filter(None, text.strip().split(" ")))


def _sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in _DASHES:
        return "-"
    if sign == _BLANK or unicodedata.category(sign) == "Zs":
        return " "
    if sign in _UNSEEN or unicodedata.category(sign) == "Cf" or _varies(sign):
        return ""
    form = unicodedata.decomposition(sign).partition(" ")[0]
    if form.startswith("<") and form not in _OF_THEIR_OWN:
        return "".join(map(_sign, unicodedata.normalize("NFKC", sign)))
    return sign


def _varies(sign: str) -> bool:
    """Whether a sign only chooses how the one before it is drawn."""
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def is_nothing(word: str) -> bool:
    """Whether an id, once folded, only says that there is none, or that none is known: a sign
    without any letter or digit, or a word as n/a and 无.
    """
    bare = word.casefold().replace(" ", "").strip(BESIDE_WORDS)
    return bare in NOTHING or not any(map(str.isalnum, bare))


def flaw(text: str, written: Written | None = None) -> Fault | None:
    """Return why a text, once folded, is no id; None where it is one.

    `written` says how the cell of a table is written. The place is left to the caller.
    """
    if len(text) > _LONGEST or _CONTROL.search(text):
        return fault("", "`{text}` cannot be an id", text=text)
    found = None if written is None else _of_no_text(text, written)
    if found is not None:
        return found
    if SCIENTIFIC.fullmatch(text):
        return fault(
            "",
            "`{text}` is what a spreadsheet makes of a longer id: format the column as text and "
            "type the id again",
            text=text,
        )
    return _misdrawn(text)


def read_id(text: str, written: Written | None) -> tuple[str, Fault | None]:
    """Return an id in the form in which it is kept, empty where there is none, and why it is none
    where it cannot be one, or only says that there is none; the place is left to the caller.

    `written` says how the cell of a table is written.
    """
    return _typed_id(text) if written is None else _id(text, written)


@lru_cache(maxsize=4096)
def _typed_id(text: str) -> tuple[str, Fault | None]:
    # Records and parties bear the same few ids in case after case.
    return _id(text, None)


def _id(text: str, written: Written | None) -> tuple[str, Fault | None]:
    word = fold(text)
    if not word:
        return "", None
    why = flaw(word, written)
    if why is None and is_nothing(word):
        why = fault(
            "",
            "`{text}` only says that there is no id: write the id, or nothing at all",
            text=word,
        )
    return word, why


def _of_no_text(text: str, written: Written) -> Fault | None:
    """Return the fault of an id whose cell holds no text, or shows another, where it may be
    another than was typed.
    """
    if written.was == "truth":
        return fault(
            "",
            "`{text}` is a truth value and no id: format the cell as text and type the id again",
            text=text,
        )
    if written.was == "date":
        return fault(
            "",
            "`{text}` is a date, which a spreadsheet may have made of an id: format the cell as "
            "text and type the id again",
            text=text,
        )
    if written.shown:
        return fault(
            "",
            "`{text}` is only shown so by a number format, and the cell holds something else: "
            "format the cell as text and type the id again",
            text=written.shown,
        )
    if written.was == "number" and len(text.lstrip("-").partition(".")[0]) > _DIGITS:
        return fault(
            "",
            "`{text}` is a number, of which a spreadsheet keeps {count} digits: format the cell "
            "as text and type the id again",
            text=text,
            count=_DIGITS,
        )
    return None


def _misdrawn(text: str) -> Fault | None:
    """Return the fault of an id with a sign that is not the one it looks like."""
    if text.isascii():
        return None
    if _LOST in text:
        return fault(
            "", "`{text}` holds a character that was lost on the way: type the id again", text=text
        )
    found = _RADICALS.search(text) or (FOREIGN.search(text) if LATIN.search(text) else None)
    if found is None:
        return None
    return fault(
        "",
        "`{text}` holds `{sign}` ({code}), which only looks like another character: type the id "
        "again",
        text=text,
        sign=found[0],
        code=f"U+{ord(found[0]):04X}",
    )


def look(word: str) -> str:
    """Return what an id looks like: the same for two that nobody can tell apart."""
    return word if word.isascii() else "".join(DRAWN_ALIKE.get(sign, sign) for sign in word)


def loose_look(word: str) -> str:
    """Return what is left of an id for a hasty reader: the same for two that differ in capitals, in
    spaces, in O and 0, in l, I and 1, or in zeros in front.
    """
    left = "".join(_EASILY_MISTAKEN.get(sign, sign) for sign in look(word).casefold())
    return left.lstrip("0") if left.isdecimal() else left


def cut(word: str) -> bool:
    """Whether an id is such as a spreadsheet leaves of a longer one: digits, with nothing but zeros
    behind those that it keeps.
    """
    return word.isdecimal() and len(word) > _DIGITS and not word[_DIGITS:].strip("0")

"""Messages in the reader's language, by gettext catalogues that ship with the package."""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Title(NamedTuple):
    """A name in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """Give the name in one language."""
        return self.zh if language == "zh" else self.en


@cache
def translator(language: Language) -> Callable[[str], str]:
    """Give the function that turns an English message into `language`; a missing entry stays English."""
    folder = Path(__file__).parent / "locale"
    return gettext.translation("steelyard", folder, [language], fallback=True).gettext


def reader_language() -> Language:
    """Give the language of the user's locale: Chinese where it says so, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        said = os.environ.get(name)
        if said:
            return "zh" if said.lower().startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"

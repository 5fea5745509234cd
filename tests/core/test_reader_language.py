"""Whose language it is: by the variables of the locale, as gettext documents their order."""

from __future__ import annotations

import pytest

from steelyard.messages import reader_language

NAMES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
LOCALES: dict[str, tuple[dict[str, str], str]] = {
    "a locale": ({"LANG": "zh_CN.UTF-8"}, "zh"),
    "another's": ({"LANG": "de_DE.UTF-8"}, "en"),
    "messages before the rest": ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "zh"),
    "all before messages": ({"LC_ALL": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "en"),
    "an empty variable is none": ({"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, "zh"),
    "languages before the locale": ({"LANGUAGE": "zh:en", "LANG": "en_GB.UTF-8"}, "zh"),
    "the first of them that we speak": ({"LANGUAGE": "de:en:zh", "LANG": "zh_CN.UTF-8"}, "en"),
    "none of them": ({"LANGUAGE": "de:fr", "LANG": "zh_CN.UTF-8"}, "zh"),
    "no language": ({"LANGUAGE": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    "a script": ({"LANGUAGE": "zh-Hans", "LANG": "en_GB.UTF-8"}, "zh"),
    "the C locale has none": ({"LANGUAGE": "zh", "LANG": "C"}, "en"),
    "in UTF-8 neither": ({"LANGUAGE": "zh", "LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
    "nor POSIX": ({"LANGUAGE": "zh", "LC_ALL": "POSIX"}, "en"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "language"), LOCALES.values(), ids=LOCALES)
def test_the_reader_s_language(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], language: str
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert reader_language() == language

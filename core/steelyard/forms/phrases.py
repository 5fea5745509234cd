"""Words that several forms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from steelyard.expression.types import number_text
from steelyard.messages import LANGUAGES, Language, Title

Said = str | Title | None
CONFIDENCE: Mapping[int, str] = {1642374: "80%", 2705543: "90%", 3841459: "95%", 6634897: "99%"}
ASKS = Title("{rule}：要求“{new}”（原要求“{old}”）", "{rule}: asks “{new}”, was “{old}”")
MEASURES = Title("{rule}：看“{new}”（原看“{old}”）", "{rule}: looks at “{new}”, was “{old}”")
WAS = Title("{rule}：{new}（原 {old}）", "{rule}: {new}; was {old}")
_FEW = 3


def titled(entry: object, name: str) -> Title:
    """Return a title as written, or the id in words."""
    if entry is None:
        words = name.replace("_", " ").replace("-", " ")
        return Title(words, words)
    return Title(getattr(entry, "zh", name), getattr(entry, "en", name))


def told(template: Title, **values: Said | int) -> Title:
    """Return a sentence in both languages, each with its own words."""
    return Title(*(
        template.of(language).format_map({
            key: value.of(language) if isinstance(value, Title) else value
            for key, value in values.items()
        })
        for language in LANGUAGES
    ))  # fmt: skip


def listed(parts: Iterable[Said]) -> Title:
    """Return words one after the other; a dash for none."""
    said = [one if isinstance(one, Title) else Title(str(one), str(one)) for one in parts]
    zh, en = "、".join(one.zh for one in said), ", ".join(one.en for one in said)
    return Title(zh or "—", en or "—")


def surely(said: Title, z_squared: int) -> Title:
    """Return words with the confidence that they ask for, if any."""
    level = CONFIDENCE.get(z_squared, "")
    return (
        Title(f"{said.zh}（置信度 {level}）", f"{said.en} (with {level} confidence)")
        if level
        else said
    )


def percent(units: int, scale: int = 6) -> str:
    """Return a share, in units of 10**-scale, in percent."""
    return number_text(units * 100, scale) + "%"


def few(names: list[str], language: Language) -> str:
    """Return the first few names, and how many more there are."""
    joint = "、" if language == "zh" else ", "
    text = joint.join(names[:_FEW])
    rest = len(names) - _FEW
    if rest > 0:
        text += f"等{len(names)}项" if language == "zh" else f" and {rest} more"
    return text

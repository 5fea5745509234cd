"""Judged by a plugin in Python, through a hook, which returns bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.expression.tree import Name
from steelyard.forms.form import Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Judged(Form):
    """A finding that a plugin makes under a name; bulk and proofs refuse it by name."""

    name: str
    key: ClassVar[str] = "judged"
    title: ClassVar[Title] = Title("专项判定", "judged")

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `judged`."""
        from pydantic import Field

        from steelyard.forms.entries import FormKeys

        class Keys(FormKeys):
            judged: Annotated[
                str | None,
                Field(description="由插件判定时所用的名称 | by which name the plugin judges it"),
            ] = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self:  # noqa: ARG003  # a name is all it has
        """Return the form."""
        return cls(entry.judged or "")

    def lower(self, context: Lowering) -> Lowered:
        """Return the plugin's finding: anything from nothing to full when nobody answers."""
        return Lowered(Name(type=context.type, kind="judged", name=context.rule))

    def asks(self, words: Words) -> Title:  # noqa: ARG002
        """Return the name under which it is judged."""
        return Title(f"由插件判定：{self.name}", f"judged by a plugin: {self.name}")

    def because(self, teller: Teller, language: Language) -> str:  # noqa: ARG002
        """Return that it is still to be judged; a plugin's own reason goes before this."""
        zh = f"待插件判定（{self.name}）"
        return zh if language == "zh" else f"still to be judged by a plugin (`{self.name}`)"

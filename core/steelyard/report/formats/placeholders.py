"""What an authority's template may say between braces: values, conditions and a few filters, so
that filling it in always ends, soon, and gives no more than is written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, nodes
from jinja2.sandbox import SandboxedEnvironment

from steelyard.errors import UsageError, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

FILTERS = (
    "capitalize",
    "default",
    "first",
    "int",
    "last",
    "length",
    "lower",
    "title",
    "trim",
    "upper",
)
# Neither loops nor names of its own, whose nesting multiplies; nor `*`, `**` and `%`, which do so
# with texts; nor calls, of which `center` makes any length.
_UNDERSTOOD = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Tuple,
    nodes.List,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Add,
    nodes.Sub,
    nodes.Div,
    nodes.Neg,
    nodes.Concat,
    nodes.Getitem,
    nodes.Slice,
    nodes.Test,
)


class Placeholders(SandboxedEnvironment):
    """Reads templates in which only that is understood; others raise UsageError at their place."""

    def __init__(self, place: str) -> None:
        """Take the name of the file, for messages."""
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self._place = place

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        odd = next(_not_understood(tree), None)
        if odd is not None:
            raise UsageError(
                [
                    fault(
                        self._place,
                        "the template cannot be filled: `{word}` is not understood there; only "
                        "values, `if` and the filters {filters} are",
                        word=odd,
                        filters=tuple(FILTERS),
                    )
                ]
            )
        return tree


def _not_understood(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Filter):
            if node.name not in FILTERS:
                yield node.name
        elif not isinstance(node, _UNDERSTOOD):
            yield getattr(node, "operator", None) or type(node).__name__.lower()

"""The one table of functions: a function enters with all its readings, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from steelyard.expression.functions import dates, distinct, means
from steelyard.expression.functions.arithmetic import Rounded, Size
from steelyard.expression.functions.counting import AnyOf, Count, Every
from steelyard.expression.functions.dates import Days, DaysAfter, MonthsAfter
from steelyard.expression.functions.distinct import Distinct
from steelyard.expression.functions.extremes import Greatest, Highest, Least, Lowest
from steelyard.expression.functions.function import Aggregate, Scalar
from steelyard.expression.functions.means import MeanOver
from steelyard.expression.functions.presence import Given, Known
from steelyard.expression.functions.shares import PartOfBoth, Share
from steelyard.expression.functions.totals import Total

_TOLD = {
    Scalar: ("name", "takes", "least", "most", "words"),
    Aggregate: ("name", "value", "words", "undefined_of_none"),
}


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions that an expression may call, by their names."""

    scalars: Mapping[str, Scalar]
    aggregates: Mapping[str, Aggregate]
    runtime: Mapping[str, object]
    """What their compiled readings call."""

    def __contains__(self, name: str) -> bool:
        """Whether a name is a function's."""
        return name in self.scalars or name in self.aggregates

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all functions."""
        return (*self.scalars, *self.aggregates)


def table(
    functions: tuple[type[Scalar | Aggregate], ...],
    runtime: Mapping[str, object] = MappingProxyType({}),
    base: Functions | None = None,
) -> Functions:
    """Return a table of functions, beside those of another.

    Raises TypeError where a function lacks a reading or a word about itself, or takes a name that
    is taken.
    """
    scalars = dict(base.scalars) if base else {}
    aggregates = dict(base.aggregates) if base else {}
    for kind in functions:
        # An abstract reading that is not given makes this fail, with its name.
        function = kind()
        root = Scalar if isinstance(function, Scalar) else Aggregate
        lacking = [word for word in _TOLD[root] if not hasattr(function, word)]
        if lacking:
            raise TypeError(f"{kind.__name__} does not say its {', '.join(lacking)}")
        if function.name in scalars or function.name in aggregates:
            raise TypeError(f"two functions are called {function.name}")
        if isinstance(function, Scalar):
            scalars[function.name] = function
        else:
            aggregates[function.name] = function
    known = {**(base.runtime if base else {}), **runtime}
    return Functions(
        MappingProxyType(scalars), MappingProxyType(aggregates), MappingProxyType(known)
    )


CORE = table(
    (
        *(Least, Greatest, Size, Rounded),
        *(Days, DaysAfter, MonthsAfter),
        *(PartOfBoth, Known, Given),
        *(Count, AnyOf, Every, Share, Total, MeanOver, Highest, Lowest, Distinct),
    ),
    {**dates.RUNTIME, **means.RUNTIME, **distinct.RUNTIME},
)

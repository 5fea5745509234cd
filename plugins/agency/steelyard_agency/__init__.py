"""The agency sector's rule books."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from steelyard import hookimpl

__version__ = "0.1.0"


@hookimpl
def steelyard_books() -> Sequence[Traversable]:
    """Return the folder of this sector's rule books."""
    return [files(__name__) / "books"]

"""Random whole numbers that are the same on every machine and with every version of numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from steelyard.comparison.table import Integers

_WORD = 2**64


class Stream:
    """A stream of random bits by PCG64 (O'Neill 2014), whose raw words numpy promises never to
    change.

    numpy's own distributions may change between versions, so whole numbers are made from the words
    here.
    """

    def __init__(self, seed: int, number: int) -> None:
        """Start the stream of a number under a seed; streams of one seed are independent."""
        import numpy as np

        self._bits = np.random.PCG64(np.random.SeedSequence([seed, number]))

    def below(self, limit: int, shape: tuple[int, ...]) -> Integers:
        """Return whole numbers from 0 up to but not including `limit`, each equally likely."""
        import numpy as np

        size = int(np.prod(shape))
        words = self._bits.random_raw(size)
        edge = _WORD - _WORD % limit
        if edge < _WORD:
            # Words beyond the last whole multiple would make small numbers likelier.
            for at in np.flatnonzero(words >= np.uint64(edge)).tolist():
                while int(words[at]) >= edge:
                    words[at] = self._bits.random_raw()
        return (words % np.uint64(limit)).astype(np.int64).reshape(shape)

    def small(self, count: int) -> NDArray[np.uint16]:
        """Return `count` whole numbers of 16 bits, taken from whole words: what is left of the last
        word is dropped.
        """
        words = self._bits.random_raw((count + 3) // 4)
        # In the order of the bits, whatever order of bytes the machine has.
        return words.astype("<u8", copy=False).view("<u2")[:count]

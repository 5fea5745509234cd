"""How often the average unit must fail at one thing so that scores are what is usual, whatever a
book asks.
"""

from __future__ import annotations

from dataclasses import replace

from steelyard.judging.assessment import weigh
from steelyard.sample.draft import documents
from steelyard.sample.mend import sound
from steelyard.sample.study import Study

_MEAN = 0.87
_TRIALS, _ROUNDS = 8, 2
_LEAST, _MOST = 0.01, 0.25


def calibrated(study: Study, period: str) -> Study:
    """Return the study with the share of failings at which a few units on trial score, on the
    whole, what is usual.
    """
    failing, low, high = study.failing, _LEAST, _MOST
    for _ in range(_ROUNDS):
        scored = _mean(replace(study, failing=failing), period)
        if scored < _MEAN:
            high = failing
        else:
            low = failing
        # What is lost goes up with the failings, nearly in proportion.
        failing = min(max(failing * (1 - _MEAN) / max(1 - scored, 0.001), low), high)
    return replace(study, failing=failing)


def _mean(study: Study, period: str) -> float:
    total = 0.0
    for number in range(_TRIALS):
        for document in documents(study, "trial", number, (period,), evidence=False):
            found = weigh(study.book, sound(document, study.book).case)
            total += (found.scored.low + found.scored.high) / 2 / max(study.book.points, 1)
    return total / _TRIALS

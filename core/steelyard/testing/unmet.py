"""What came out otherwise than expected, told in the rule book's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from steelyard.errors import Plural
from steelyard.judging.assessment import Assessment
from steelyard.judging.ladder import climbed
from steelyard.messages import Language, Title, translator
from steelyard.testing.expect import SUBJECT, Expected, Row, Wanted


def unmet(assessment: Assessment, expected: Expected, language: Language) -> list[str]:
    """Return a line, or two with the reason, for everything that came out otherwise than
    expected.
    """
    return list(_Comparison(assessment, language).lines(expected))


class _Comparison:
    """Compares one assessment with what is expected of it, in the rule book's words."""

    def __init__(self, assessment: Assessment, language: Language) -> None:
        self.assessment = assessment
        self.language: Language = language
        self.say: Callable[[str], str] = translator(language)

    def lines(self, expected: Expected) -> Iterable[str]:
        found, book = self.assessment, self.assessment.book
        verdicts = {one.rule: one for one in found.verdicts}
        for rule, wanted in expected.findings.items():
            verdict = verdicts[rule]
            low, high = (Decimal(end).scaleb(-book.decimals) for end in (verdict.low, verdict.high))
            yield from self._finding(rule, wanted, (verdict.outcome, low, high))
        yield from self._interval(self.say("score"), expected.score, (found.low, found.high))
        yield from self._interval(
            self.say("grade"),
            expected.grade,
            tuple(found.grade_id(end) for end in found.standing[:2]),
        )
        if expected.veto is not None and expected.veto != found.standing.veto:
            yield self._otherwise(
                self.say("veto"), self._flag(expected.veto), self._flag(found.standing.veto)
            )
        if expected.not_rated is not None and expected.not_rated != found.standing.not_rated:
            yield self._otherwise(
                self.say("not rated"),
                self._flag(expected.not_rated),
                self._flag(found.standing.not_rated),
            )
        if expected.coverage is not None and expected.coverage != found.coverage:
            yield self._otherwise(
                self.say("coverage"), _figure(expected.coverage), _figure(found.coverage)
            )
        if expected.consequences is not None:
            yield from self._followed(expected)
        if expected.ladder:
            met = {one.rung.id: one.met for one in climbed(found)}
            for rung, wanted_met in expected.ladder.items():
                if met[rung] != wanted_met:
                    yield self._otherwise(
                        self.say("rung `{rung}`").format(rung=rung), wanted_met, met[rung]
                    )

    def _finding(
        self, rule: str, wanted: Wanted, got: tuple[str, Decimal, Decimal]
    ) -> Iterable[str]:
        outcome, low, high = got
        title = self.assessment.book.rules[rule].title.of(self.language)
        what = self.say("rule `{rule}`, {title}").format(rule=rule, title=title)
        points = (
            low if wanted.low is None else wanted.low,
            high if wanted.high is None else wanted.high,
        )
        if wanted.outcome not in {None, outcome} or points != (low, high):
            sought = ", ".join((wanted.outcome or outcome, self._points(*points)))
            yield self._otherwise(what, sought, ", ".join((outcome, self._points(low, high))))
            yield "    " + self.say("because {reason}").format(
                reason=self._because(rule).of(self.language)
            )
        if wanted.because is not None and not any(
            wanted.because in text for text in self._because(rule)
        ):
            yield self._otherwise(
                self.say("reason of {rule}").format(rule=what),
                wanted.because,
                self._because(rule).of(self.language),
            )

    def _because(self, rule: str) -> Title:
        found = next(one for one in self.assessment.findings if one.rule == rule)
        return found.because or Title("", "")

    def _interval(self, what: str, wanted: tuple[Any, Any], got: tuple[Any, ...]) -> Iterable[str]:
        if any(end is not None and end != one for end, one in zip(wanted, got, strict=True)):
            sought = tuple(
                one if end is None else end for end, one in zip(wanted, got, strict=True)
            )
            yield self._otherwise(what, self._span(*sought), self._span(*got))

    def _followed(self, expected: Expected) -> Iterable[str]:
        wanted = expected.consequences or {}
        fallen: dict[str, list[Row]] = {}
        for one in self.assessment.consequences:
            who = SUBJECT if one.kind == SUBJECT else one.party
            options = self.assessment.book.consequences[one.row].options
            fallen.setdefault(who, []).append(Row(options, one.certain))
        others = [who for who in fallen if who not in wanted] if expected.only else []
        for who in (*wanted, *others):
            sought, got = list(wanted.get(who, ())), fallen.get(who, [])
            if not _alike(sought, got):
                told = any(row.certain is not None for row in sought)
                yield self._otherwise(
                    self.say("consequences for `{party}`").format(party=who),
                    self._listed(sought, told=told),
                    self._listed(sorted(got, key=str), told=told),
                )

    def _listed(self, rows: list[Row], *, told: bool) -> str:
        if not rows:
            return self.say("no consequence")
        said = []
        for row in rows:
            text = str([list(bundle) for bundle in row.options]).replace("'", "")
            if told and row.certain is not None:
                sure = self.say("certain") if row.certain else self.say("possible")
                text = f"{text} {sure}"
            said.append(text)
        return f"[{', '.join(said)}]"

    def _points(self, low: Decimal, high: Decimal) -> str:
        return self.say(Plural("{points} point", "{points} points", "points")).format(
            points=self._span(low, high)
        )

    def _span(self, low: object, high: object) -> str:
        ends = [_figure(end) if isinstance(end, Decimal) else str(end) for end in (low, high)]
        return (
            ends[0]
            if ends[0] == ends[1]
            else self.say("{low} to {high}").format(low=ends[0], high=ends[1])
        )

    def _flag(self, said: str) -> str:
        words = {"no": self.say("no"), "yes": self.say("yes"), "possible": self.say("possible")}
        return words[said]

    def _otherwise(self, what: str, wanted: str, got: str) -> str:
        return self.say("{what}: expected {wanted}, got {got}").format(
            what=what, wanted=wanted, got=got
        )


def _alike(wanted: list[Row], got: list[Row]) -> bool:
    """Whether each of one list has its own in the other; what is not said of it may be either."""
    left = list(got)
    # Those that say more choose first.
    for row in sorted(wanted, key=lambda one: one.certain is None):
        for place, other in enumerate(left):
            if other.options == row.options and row.certain in {None, other.certain}:
                del left[place]
                break
        else:
            return False
    return not left


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"

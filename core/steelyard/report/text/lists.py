"""The terminal's report of what changed since an earlier period, and of red and black lists."""

from __future__ import annotations

from rich.text import Text

from steelyard.comparison.changes import DOWN, UP, Changes
from steelyard.comparison.comparison import Comparison
from steelyard.comparison.lists import List
from steelyard.comparison.peers import MEASURES, NONE
from steelyard.errors import shown
from steelyard.report.text.sheet import FEW, RIGHT, WIDE, Sheet, per_cent, span

ARROWS = {UP: "↑", DOWN: "↓"}


class Rolls(Sheet):
    """Prints changes and lists in one language."""

    def changes(self, found: Comparison, changes: Changes, limit: int) -> None:
        """Print what changed, at most so many units."""
        heads, now, then = found.now.table.heads, found.now.attained, changes.earlier.attained
        column = changes.verdict[:, 0].tolist()
        title = self.say(
            "Change of the score since {period}: {up} up, {down} down, {same} not distinguishable"
        ).format(
            period=changes.earlier.period,
            up=column.count(UP),
            down=column.count(DOWN),
            same=column.count(0),
        )
        table = self.table(
            (self.say("unit"), WIDE),
            (self.say("book"), WIDE),
            (self.say("before"), RIGHT),
            (self.say("now"), RIGHT),
            (self.say("score"), {"justify": "center"}),
            (self.say("dimensions"), WIDE),
            (self.say("rules and unit"), {"overflow": "fold"}),
            title=title,
        )
        told = [
            place
            for place in range(len(column))
            if changes.ruled[place]
            or (changes.verdict[place] != NONE).any()
            and any(code in ARROWS for code in changes.verdict[place].tolist())
        ]
        # What surely changed stands first, and what changed most before the rest.
        middle = [
            abs(int(now.score[row].sum()) - int(then.score[old].sum()))
            for row, old in zip(changes.now, changes.before, strict=True)
        ]
        told.sort(key=lambda place: (column[place] not in ARROWS, -middle[place]))
        for place in told[:limit]:
            row, earlier = int(changes.now[place]), int(changes.before[place])
            codes = changes.verdict[place].tolist()
            moved = [
                f"{self.name(name)}{ARROWS[code]}"
                for name, code in zip(MEASURES[1:], codes[1:], strict=True)
                if code in ARROWS
            ]
            table.add_row(
                shown(heads.unit[row]),
                heads.book[row],
                per_cent(*then.score[earlier].tolist()),
                per_cent(*now.score[row].tolist()),
                ARROWS.get(codes[0], "≈"),
                self.listed(moved),
                self._split(changes, row, ruled=changes.ruled[place]),
            )
        if told:
            self.console.print(table)
            self.more(len(told) - limit)
        else:
            self.console.print(Text(title, style="bold"))
        said = self.say(
            "≈ not distinguishable: the intervals overlap, or the change lies within the sampling error of surveys. {came} units are new, {went} are gone."
        )
        self.console.print(said.format(came=len(changes.came), went=len(changes.went)))

    def _split(self, changes: Changes, row: int, *, ruled: bool) -> str:
        """Return in points what the rules and what the unit changed, where the rules changed."""
        detail = changes.details.get(row)
        if detail is not None and detail.score is not None and detail.score.unit is not None:
            rules, unit = (
                span(f"{one.low:+f}", f"{one.high:+f}", " … ")
                for one in (detail.score.rules, detail.score.unit)
            )
            return self.say("rules {rules}, unit {unit}").format(rules=rules, unit=unit)
        if detail is not None and detail.failed is not None:
            return self.say("rules changed: {why}").format(why=detail.failed.text(self.say))
        return self.say("rules changed") if ruled else ""

    def list(self, found: Comparison, one: List, limit: int) -> None:
        """Print a list with the rule that made it."""
        heads, rule = found.now.table.heads, one.rule
        measure = {"score": self.say("score"), "overall": self.say("weighted mean")}.get(
            rule.by
        ) or self.name(rule.by)
        within = {
            "all": self.say("all units"),
            "sector": self.say("each sector"),
            "book": self.say("each book"),
        }[rule.within]
        best = self.say("the best {count}") if rule.good else self.say("the worst {count}")
        parts = [best.format(count=rule.most)] if rule.most is not None else []
        if rule.threshold is not None:
            parts.append(
                (self.say("at least {share}") if rule.good else self.say("below {share}")).format(
                    share=f"{rule.threshold:f}"
                )
            )
        parts.append(self.say("coverage at least {share}").format(share=f"{rule.min_coverage:f}"))
        if rule.vetoed:
            parts.append(self.say("and every vetoed unit"))
        end = (
            self.say("what is earned for sure")
            if rule.good
            else self.say("what can still be earned")
        )
        said = self.say("{title}: {rule}, by {measure} ({end}), of {within}")
        title = said.format(
            title=self.of(rule.title),
            rule=self.listed(parts),
            measure=measure,
            end=end,
            within=within,
        )
        listed = [(group, entry) for group in one.groups for entry in group.listed]
        if not listed:
            self.console.print(Text(title, style="bold"))
            self.console.print(self.say("Nobody is listed."))
        else:
            table = self.table(
                (self.say("place"), RIGHT),
                (self.say("unit"), WIDE),
                (self.say("group"), WIDE),
                (f"{measure}, %", RIGHT),
                (self.say("times in a row"), {"justify": "right"}),
                (self.say("what follows"), WIDE),
            )
            # Above the table, not in it: a title of its own breaks where the table ends.
            self.console.print(Text(title, style="bold"))
            for group, entry in listed[:limit]:
                value = (
                    self.say("vetoed")
                    if entry.value is None
                    else per_cent(entry.value, entry.value, 1)
                )
                name = f"{heads.unit[entry.row]} {heads.name[entry.row]}".strip()
                step = self.of(entry.step.title) if entry.step is not None else ""
                table.add_row(
                    str(entry.place or ""),
                    shown(name),
                    group.name,
                    value,
                    str(entry.consecutive),
                    step,
                )
            self.console.print(table)
            self.more(len(listed) - limit)
        small = [
            f"{group.name} ({group.units})" for group in one.groups if group.refused is not None
        ]
        if small:
            said = self.say("No list of fewer than {least} units: {groups}")
            self.console.print(said.format(least=rule.min_units, groups=self.some(small, FEW)))

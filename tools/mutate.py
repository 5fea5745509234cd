"""Plant small faults in the modules that decide numbers, and count how many the tests notice.

`python tools/mutate.py --per-module 20 --seed 1` takes twenty faults of each module, tries one at a
time, and prints a table. The working tree is never touched.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click
import yaml
from mutants import Mutant, mutants
from planted import CORE, ROOT, Outcome, anew, in_place, ready

EXCUSED = ROOT / "tools" / "excused.yaml"
SMALL = {
    "STEELYARD_BOOKS_TRIED": "12",
    "STEELYARD_EXPRESSIONS": "400",
    "STEELYARD_FUZZ": "0",
    "STEELYARD_WRITINGS": "12",
}
"""How much the random tests try for one fault."""
APART = {
    "forms/phrases.py": "makes words only",
    "expression/prose.py": "makes words only",
    "judging/explanation/*.py": "makes words only",
    "book/answering.py": "says who answers for what, which changes no score",
    "book/coverage.py": "says which clause is carried out by what, which changes no score",
    "book/difference/*.py": "tells what two versions differ in; no score is made of it",
    "book/document.py": "is how a book is written, a table of keys and types",
    "book/entries.py": "finds and copies what is written, and knows no figure",
    "book/handouts.py": "says who is handed what, which changes no score",
    "book/key_words.py": "makes words only",
    "book/named.py": "finds what a user's word means, and knows no figure",
    "book/library.py": "finds the files of books, and knows no figure",
    "book/lint.py": "lists remarks on a book; no score is made of them",
    "book/offices.py": "says which office shows what, which changes no score",
    "book/remarks/*.py": "makes remarks on a book; no score is made of them",
    "book/schema.py": "writes for editors how a book is written",
    "book/terms.py": "makes words only",
    "book/titles.py": "makes words only",
    "bulk/template.py": "writes what tables hold, for those who fill them",
}
"""Modules of the rooms that decide numbers which decide none themselves, each with the reason."""
ROOMS = ("expression", "forms", "book", "case", "judging", "store", "bulk", "comparison")
"""The rooms that decide numbers; every module of theirs is of a group, or apart."""
ELSEWHERE = "case/formats"
"""What reads and writes files in these rooms: `readers` has those modules that decide values."""


class Group(NamedTuple):
    """Modules with the tests that should notice a fault in them.

    `first` are quick; `more` are asked about what those let pass. `writes` names the modules that
    write programs.
    """

    modules: tuple[str, ...]
    first: tuple[str, ...]
    more: tuple[str, ...]
    writes: tuple[str, ...] = ()


GROUPS: dict[str, Group] = {
    "judge": Group(
        ("judging/compiled/*.py", "judging/slow/*.py", "judging/assessment.py",
         "judging/consequences.py", "judging/findings.py", "judging/ladder.py",
         "judging/ledger.py", "book/layout.py", "book/program.py"),
        ("semantics", "slow_judge", "faults_noticed", "grades", "ladder", "dated",
         "bounds_of_facts", "judge_differential"),
        ("laws", "reasons", "remarks", "plugins", "rollup", "offices", "foreign_forms",
         "expression_differential"),
        ("judging/compiled/*.py",),
    ),
    "kept": Group(
        ("judging/book_cache.py", "judging/cache_folder.py", "judging/made_from.py"),
        ("book_cache", "cache_trust", "foreign_forms"),
        ("plugins",),
    ),
    "shown": Group(
        ("judging/deadlines.py", "judging/derivation/*.py", "judging/earlier_form.py",
         "judging/missing.py", "judging/parts.py", "judging/shown.py"),
        ("reasons", "report", "rollup", "first_edition", "deadlines", "why"),
        ("store",),
    ),
    "forms": Group(
        ("forms/*.py",),
        ("semantics", "slow_judge", "faults_noticed", "form_ends", "grades", "ladder",
         "judge_differential"),
        ("laws", "remarks", "documents", "diff", "tailor", "plugins", "reasons",
         "foreign_forms"),
    ),
    "expression": Group(
        ("expression/lines.py", "expression/loops.py", "expression/parse.py",
         "expression/python.py", "expression/ranges.py", "expression/reference.py",
         "expression/scan.py", "expression/types.py", "expression/tree.py",
         "expression/values.py", "expression/confidence.py", "expression/kinds.py",
         "expression/foreign.py", "expression/world.py"),
        ("semantics", "slow_judge", "faults_noticed", "functions", "static_types", "parse",
         "expression_differential", "judge_differential"),
        ("laws", "remarks", "documents", "reasons"),
        ("expression/python.py", "expression/loops.py", "expression/lines.py"),
    ),
    "functions": Group(
        ("expression/functions/*.py",),
        ("semantics", "slow_judge", "faults_noticed", "functions", "static_types",
         "expression_differential", "judge_differential", "smt_differential", "bulk_by_hand"),
        ("laws", "remarks", "reasons", "bulk_statement", "bulk_differential"),
        ("expression/functions/*.py",),
    ),
    "tables": Group(
        ("expression/engines.py", "expression/exact.py", "expression/scaled.py",
         "expression/sql.py", "bulk/*.py"),
        ("sql_terms", "bulk_by_hand"),
        ("bulk_statement", "bulk_rollup", "bulk_differential", "bulk_engines", "bulk_input"),
    ),
    "intake": Group(
        ("bulk/engines/*.py", "bulk/intake/*.py"),
        ("bulk_limits", "bulk_digests", "bulk_blanks", "bulk_rows", "bulk_input",
         "bulk_as_typed", "bulk_batches", "bulk_engines"),
        ("bulk_heeding", "bulk_rollup", "bulk_differential", "compare_weighed"),
    ),
    "proofs": Group(
        ("expression/claims.py", "expression/formulas.py", "expression/joining.py",
         "expression/scoring.py", "expression/smt.py"),
        ("smt_differential", "verify_sound"),
        ("verify", "plan"),
    ),
    "compare": Group(
        ("comparison/*.py",),
        ("compare", "compare_changes", "compare_lists", "compare_oracle", "compare_published",
         "compare_weights", "compare_weighed", "book_share", "change", "change_by_hand",
         "migration", "first_edition",
         "tailoring_in_time::test_the_day_says_which_figures_of_the_new_book_hold",
         "store::test_a_unit_of_which_perhaps_nothing_is_asked_may_leave_the_ranking",
         "unit_identity"),
        ("report_comparison", "store"),
    ),
    "book": Group(
        ("book/reading/*.py", "book/tailoring/*.py", "book/due.py", "book/measured_in.py",
         "book/model.py", "book/rollup_fields.py"),
        ("grades", "dated", "offices", "measured", "named_options", "rollup", "deadlines",
         "tailor", "tailoring_in_time", "semantics", "faults_noticed", "books_read",
         "bad_input::test_a_wrong_book_is_refused_line_by_line"),
        ("lint", "documents", "lint_cases", "remarks", "plugins", "diff", "verify"),
    ),
    "store": Group(
        ("store/*.py",),
        ("store", "first_edition", "store_checked", "unit_identity"),
        ("compare", "compare_changes", "migration", "rollup", "change"),
    ),
    "case": Group(
        ("case/reading/*.py", "case/environment.py", "case/model.py", "case/unit.py"),
        ("measured", "unit_identity", "case_facts", "typed_values", "identity",
         "bounds_of_facts", "semantics", "rollup", "dated", "offices", "faults_noticed",
         "records_worked_out", "unseen_cells"),
        ("slow_judge", "grades", "remarks", "documents", "plugins", "cells", "workbook",
         "round_trip", "same_case"),
    ),
    "readers": Group(
        ("case/reading/figures.py", "case/reading/days.py", "case/reading/parse_values.py",
         "case/reading/facts.py", "case/reading/fields.py", "case/formats/csvfile.py",
         "case/formats/documents.py", "case/formats/cell_values.py",
         "case/formats/number_formats.py", "case/formats/sheet_cells.py", "case/formats/ooxml.py"),
        ("same_case", "cells", "typed_values", "unseen_cells"),
        ("documents", "workbook", "case_facts", "round_trip"),
    ),
}  # fmt: skip


@dataclass(slots=True)
class Tried:
    """What was tried of one module."""

    all: int
    chosen: list[Mutant]
    excused: int = 0
    outcomes: dict[Mutant, Outcome] = field(default_factory=dict)

    @property
    def noticed(self) -> int:
        """How many were noticed."""
        return sum(bool(one.noticed) for one in self.outcomes.values())


def main() -> int:
    """Try what the command line asks for; return 1 where the least share is not reached."""
    asked = _arguments()
    os.environ |= SMALL
    ready()
    excuses = _excuses()
    short = []
    for name in asked.group or GROUPS:
        tried = _group(GROUPS[name], excuses, asked)
        _print(name, tried, asked.survivors)
        judged = sum(len(one.outcomes) for one in tried.values())
        if 100 * sum(one.noticed for one in tried.values()) < asked.least * judged:
            short.append(name)
    return bool(short)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("group", nargs="*", help=f"of {', '.join(GROUPS)}; all if none is named")
    parser.add_argument("--per-module", type=int, default=20, metavar="N")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="", help="modules whose path holds one of these")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes at a time")
    parser.add_argument("--quick", action="store_true", help="ask the first tests alone")
    parser.add_argument("--least", type=int, default=0, help="the share below which to fail")
    parser.add_argument("--survivors", type=Path, help="the file for what nobody noticed")
    asked = parser.parse_args()
    unknown = sorted(set(asked.group) - set(GROUPS))
    if unknown:
        parser.error(f"no group is called {', '.join(unknown)}")
    return asked


def modules_of(patterns: Iterable[str]) -> list[Path]:
    """Return the modules that patterns mean, without those that decide nothing."""
    found = _matched(patterns) - _matched(APART)
    return sorted(one for one in found if one.name != "__init__.py")


def without_group() -> list[Path]:
    """Return the modules of the rooms that are neither of a group nor apart."""
    modules = _matched(f"{room}/**/*.py" for room in ROOMS) - _matched([f"{ELSEWHERE}/**/*.py"])
    held = {one for group in GROUPS.values() for one in modules_of(group.modules)}
    return sorted(one for one in modules - held - _matched(APART) if one.name != "__init__.py")


def _matched(patterns: Iterable[str]) -> set[Path]:
    return {one for pattern in patterns for one in (CORE / "steelyard").glob(pattern)}


def _excuses() -> set[tuple[str, str, str]]:
    told = yaml.safe_load(EXCUSED.read_text("utf-8")) or []
    return {(one["module"], one["line"], one.get("change", "")) for one in told}


def _group(
    group: Group, excuses: set[tuple[str, str, str]], asked: argparse.Namespace
) -> dict[str, Tried]:
    """Try the mutants of a group's modules."""
    writers = set(modules_of(group.writes))
    tried: dict[str, Tried] = {}
    for path in modules_of(group.modules):
        name = str(path.relative_to(CORE / "steelyard"))
        if not any(one in name for one in asked.only.split(",")):
            continue
        made = mutants(path, writes=path in writers)
        chosen = random.Random(f"{asked.seed}:{name}").sample(  # noqa: S311  # no secret
            made, min(asked.per_module, len(made))
        )
        kept = [
            one
            for one in chosen
            if not {(name, one.text, one.change), (name, one.text, "")} & excuses
        ]
        tried[name] = Tried(len(made), kept, len(chosen) - len(kept))
    everything = [one for told in tried.values() for one in told.chosen]
    quick = [one for one in everything if one.function]
    first, more = (_files(names) for names in (group.first, group.more))
    outcomes = dict(in_place(quick, first, asked.jobs)) if quick else {}
    left = [one for one in everything if not (one in outcomes and outcomes[one].noticed)]
    if asked.quick:
        left = [one for one in left if one not in outcomes or outcomes[one].late]
    for tests in (first,) if asked.quick else (first, more):
        outcomes |= dict(anew(left, tests, asked.jobs))
        left = [one for one in left if not outcomes[one].noticed]
    for told in tried.values():
        told.outcomes = {one: outcomes[one] for one in told.chosen}
    return tried


def _files(names: Iterable[str]) -> list[str]:
    """Return what pytest is asked for by the names of files, or of single tests in them, of the
    core or else from end to end.
    """
    asked = []
    for name in names:
        file, *test = name.split("::")
        places = (ROOT / "tests" / one / f"test_{file}.py" for one in ("core", "end_to_end"))
        asked += ["::".join([str(path), *test]) for path in places if path.exists()][:1]
    return asked


# What is told


def _print(name: str, tried: dict[str, Tried], survivors: Path | None) -> None:
    rows = [
        (module, told.all, told.excused, len(told.outcomes), told.noticed)
        for module, told in tried.items()
        if told.all
    ]
    rows.append((f"**{name}**", *(sum(row[place] for row in rows) for place in range(1, 5))))  # type: ignore[arg-type,misc]
    click.echo(
        f"\n\n| {name} | possible | excused | tried | noticed | share |\n|---|---|---|---|---|---|"
    )
    for module, every, excused, count, noticed in rows:
        share = f"{100 * noticed / count:.0f} %" if count else "–"
        click.echo(f"| {module} | {every} | {excused} | {count} | {noticed} | {share} |")
    left = [
        (module, one)
        for module, told in tried.items()
        for one, outcome in told.outcomes.items()
        if not outcome.noticed
    ]
    lines = [f"{module}:{one.line}: {one.change}: {one.text}" for module, one in left]
    click.echo("\n".join(["", *lines]))
    if survivors is not None:
        with survivors.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())

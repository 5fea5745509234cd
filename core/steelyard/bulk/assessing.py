"""A whole run: tables in, each period and day weighed by one statement, tables out."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import SUBJECT, WHOLE
from steelyard.bulk.consequences import WEIGHED
from steelyard.bulk.intake import digests
from steelyard.bulk.intake.batches import Storage, fitting, in_batches
from steelyard.bulk.intake.checks import Say, Sql, Way, told
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import REJECTED, Intake, Run
from steelyard.bulk.intake.sources import quoted, text
from steelyard.bulk.intake.typed import Database, Rows, unit_id, unit_whole
from steelyard.bulk.statement import engine_of, refuse_unfit, statement
from steelyard.case.reading.parse_values import wrong
from steelyard.errors import Fault, UsageError, fault
from steelyard.ticks import Ticks
from steelyard.version import VERSION

SCHEMA = "steelyard/bulk@1"
RUN, BOOK = "run.json", "book.json"
"""The files that say what was run, and by which book, in the folder of a run."""
Hold = Callable[[str, str], None]
"""Lets a name stand for what a query in the engine's own dialect gives."""
_TOLD = 20
_FALLS_ON = "falls_on"
_FAULT, _FAULTY = "fault", "steelyard_faulty"


class Engine(Database, Protocol):
    """A database that runs a book's statement in its own dialect, and writes Parquet."""

    dialect: str
    version: str

    @property
    def storage(self) -> Storage | None:
        """Return where batches of units lie until their turn; None where the engine shares out the
        work itself, and takes all at once.
        """

    def keep_own(self, name: str, query: str) -> None:
        """Let a name stand for what a query in the engine's own dialect gives now."""

    def view_own(self, name: str, query: str) -> None:
        """Let a name stand for a query in the engine's own dialect."""

    def write(self, query: str, path: Path) -> None:
        """Write what a query gives as Parquet."""


class Wanted(NamedTuple):
    """What is written beside the scores."""

    findings: bool = False
    consequences: bool = False

    @property
    def outputs(self) -> Sequence[str]:
        """The names of the tables that are written."""
        more = {"findings": self.findings, "consequences": self.consequences}
        return ("scores", *(name for name, said in more.items() if said))


class Ran(NamedTuple):
    """What came of a run: units that came in, units weighed, rows rejected."""

    units: int
    weighed: int
    rejected: int


class Weighed(NamedTuple):
    """What came of a batch: its runs, and how many of their units were weighed."""

    runs: Sequence[Run]
    weighed: int


def assess(
    engine: Engine,
    book: RuleBook,
    named: Named,
    wanted: Wanted,
    folder: Path,
    say: Say,
    ticks: Ticks,
    batches: int = 0,
) -> Ran:
    """Weigh the units of some tables by a book, and write what comes of it into a folder.

    `batches` is in how many batches of units, 0 for as few as fit into the engine's memory one by
    one.

    Raises UsageError where the tables cannot be read, do not fit the book as a whole, or hold no
    unit that can be weighed.
    """
    refuse_unfit(book)
    ticks("weighing", 0, 3)
    rows, storage = Rows(engine, book, named, say), engine.storage
    number = (batches or fitting(rows, storage.memory)) if storage is not None else 1
    steps = number + 2
    ticks("weighing", 1, steps)
    if storage is None or number == 1:
        done = [_batch(engine, Intake(rows, say), wanted, folder)]
    else:
        done = []
        for place, batch in enumerate(in_batches(rows, number, storage)):
            out = storage.spill / "weighed" / str(place)
            out.mkdir(parents=True)
            done.append(_batch(engine, Intake(batch, say), wanted, out))
            engine.write(f"SELECT * FROM {REJECTED}", out / "rejected.parquet")  # noqa: S608
            ticks("weighing", place + 2, steps)
        _together(engine, storage, wanted, folder)
    if not any(one.runs for one in done):
        raise UsageError([fault("bulk", "no unit can be weighed"), *_reasons(engine)])
    engine.write(
        f"SELECT register, file, row, {unit_whole('unit')} AS {WHOLE}, "  # noqa: S608
        f"{unit_id('unit')} AS {SUBJECT}, period, reason FROM {REJECTED} "
        "ORDER BY register, file, row, reason",
        folder / "rejected.parquet",
    )
    ran = Ran(rows.units(), sum(one.weighed for one in done), _rejected(engine))
    report = _report(engine, book, named, wanted, folder, _runs(done), ran)
    for name, said in ((BOOK, book.document), (RUN, report)):
        printed = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
        (folder / name).write_text(printed, encoding="utf-8", newline="\n")
    ticks("weighing", steps, steps)
    return ran


def _batch(engine: Engine, intake: Intake, wanted: Wanted, folder: Path) -> Weighed:
    """Weigh the units of a batch and write the outputs; none where no unit can be weighed."""
    runs = intake.runs()
    if not runs:
        return Weighed((), 0)
    # Rows of a run of its own are written as they are made, and stand nowhere else before; those of
    # several bear other names, since a batch before may have been the other way.
    alone = len(runs) == 1
    hold = engine.view_own if alone else engine.keep_own
    numbered = list(enumerate(runs, 0 if alone else 1))
    for number, run in numbered:
        _weigh(engine, intake, run, number, wanted, hold)
    faulty = _refuse_faulty(engine, intake, numbered)
    for output in wanted.outputs:
        every = " UNION ALL ".join(
            _written(engine, output, number, run, faulty=faulty) for number, run in numbered
        )
        engine.write(every, folder / f"{output}.parquet")
    return Weighed(runs, sum(run.units for run in intake.runs()))


def _together(engine: Engine, storage: Storage, wanted: Wanted, folder: Path) -> None:
    """Write the outputs of all batches, and let REJECTED stand for the rows rejected in any."""
    weighed = storage.spill / "weighed"

    def every(output: str) -> list[Path]:
        return sorted(weighed.glob(f"*/{output}.parquet"), key=lambda one: int(one.parent.name))

    for output in wanted.outputs:
        files = every(output)
        if files:
            engine.write(f"SELECT * FROM {storage.stored(files)}", folder / f"{output}.parquet")  # noqa: S608
    engine.keep(REJECTED, f"SELECT * FROM {storage.stored(every('rejected'))}")  # noqa: S608


def _runs(done: Iterable[Weighed]) -> list[Run]:
    """Return the periods and days by which units were weighed, with the units of all batches."""
    found: dict[tuple[str, datetime.date], Run] = {}
    for run in sorted(run for one in done for run in one.runs):
        key = run.period.name, run.as_of
        before = found[key].units if key in found else 0
        found[key] = run._replace(units=before + run.units)
    return list(found.values())


def _rejected(engine: Engine) -> int:
    """Return how many rows are rejected."""
    ((count,),) = engine.rows(
        f"SELECT COUNT(*) FROM (SELECT DISTINCT register, file, row FROM {REJECTED}) AS found"  # noqa: S608
    )
    return int(str(count))


def _weigh(
    engine: Engine, intake: Intake, run: Run, number: int, wanted: Wanted, hold: Hold
) -> None:
    """Weigh the units of one period and day, and hold each output ready."""
    intake.lay_out(run)
    found = statement(
        intake.rows.book,
        period=run.period.name,
        as_of=run.as_of,
        dialect=engine.dialect,
        findings=wanted.findings,
        consequences=wanted.consequences,
        waivers="waivers" in intake.rows.raw,
    )
    if engine_of(engine.dialect).inlines:
        layers, found = found.apart()
        for name, query in layers:
            engine.keep_own(name, query)
    if len(wanted.outputs) == 1:
        engine.keep_own(_part("scores", number), found.query("scores"))
        return
    engine.keep_own(WEIGHED, found.weighed())
    for output in wanted.outputs:
        hold(_part(output, number), found.over_weighed(output))


def _refuse_faulty(engine: Engine, intake: Intake, runs: Sequence[tuple[int, Run]]) -> bool:
    """Reject the units of which only the statement found that something cannot be; tell whether
    there are any.
    """
    found = " UNION ALL ".join(
        f"SELECT subject AS unit, {text(run.period.name)} AS period, {_FAULT} AS fact "  # noqa: S608
        f"FROM {_part('scores', number)} WHERE {_FAULT} IS NOT NULL"
        for number, run in runs
        if _FAULT in engine.columns(_part("scores", number))
    )
    if not found or not engine.rows(f"SELECT 1 FROM ({found}) AS found LIMIT 1"):  # noqa: S608
        return False
    why = wrong("`{name}` cannot lie within its bounds", name=Sql("found.fact"))
    reason = told(Way("", "", why), intake.say)
    engine.keep(
        _FAULTY,
        f"SELECT found.unit AS unit, found.period AS period, {reason} AS reason "  # noqa: S608
        f"FROM ({found}) AS found",
    )
    intake.refuse(f"SELECT unit, period, reason FROM {_FAULTY}")  # noqa: S608
    return True


def _written(engine: Engine, output: str, number: int, run: Run, *, faulty: bool) -> str:
    """Return the rows of one output and run, without those of units at fault."""
    part = _part(output, number)
    names = [name for name in engine.columns(part) if name != _FAULT]
    columns = [f"{unit_whole('part.subject')} AS {WHOLE}"]
    for name in names:
        given = f"part.{quoted(name)}"
        # What falls on the unit itself bears its name.
        columns.append(f"{unit_id(given)} AS {name}" if name in {SUBJECT, _FALLS_ON} else given)
    if "period" not in names:
        columns.insert(2, f"{text(run.period.name)} AS period")
    else:
        day = f"CAST({text(run.as_of.isoformat())} AS DATE) AS as_of"
        columns.insert(names.index("period") + 2, day)
    query = f"SELECT {', '.join(columns)} FROM {part} AS part"  # noqa: S608
    if not faulty:
        return query
    return (
        f"{query} LEFT JOIN {_FAULTY} AS faulty ON faulty.unit = part.subject "
        f"AND faulty.period = {text(run.period.name)} WHERE faulty.unit IS NULL"
    )


def _part(output: str, number: int) -> str:
    return f"steelyard_{output}_{number}"


def _reasons(engine: Engine) -> list[Fault]:
    """Return the first of the rejected rows as faults."""
    rows = engine.rows(
        f"SELECT file, row, reason FROM {REJECTED} ORDER BY register, file, row LIMIT {_TOLD}"  # noqa: S608
    )
    return [fault(f"{file}:{row}", "{reason}", reason=reason) for file, row, reason in rows]


def _report(
    engine: Engine,
    book: RuleBook,
    named: Named,
    wanted: Wanted,
    folder: Path,
    runs: Sequence[Run],
    ran: Ran,
) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "steelyard": VERSION,
        "engine": {"name": engine.dialect, "version": engine.version},
        "book": {"id": book.id, "version": book.version, "digest": book.digest},
        "inputs": {key: value for key, value in named._asdict().items() if value},
        "files": digests.read(named),
        "outputs": _digests(folder, [*wanted.outputs, "rejected"]),
        "runs": [
            {"period": run.period.name, "as_of": run.as_of.isoformat(), "units": run.units}
            for run in runs
        ],
        "counts": ran._asdict(),
    }


def _digests(folder: Path, outputs: Sequence[str]) -> dict[str, str]:
    """Return the digest of each output that was written to this machine."""
    paths = {name: folder / f"{name}.parquet" for name in outputs}
    return {name: digests.digest(path) for name, path in paths.items() if path.exists()}

"""Tables of many units weighed in one run, into a folder that is there whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.errors import UsageError, fault
from steelyard.files import new_folder, refuse_misnamed
from steelyard.ticks import Ticks, silent
from steelyard.work.naming import book_at
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from steelyard.book.model import RuleBook
    from steelyard.bulk.assessing import Engine, Ran, Wanted
    from steelyard.bulk.intake.checks import Say
    from steelyard.bulk.intake.given import Named

EngineName = Literal["duckdb", "spark"]
_SPILL = "spill"


class Power(NamedTuple):
    """What runs the statement: the engine, how much memory it may take, the cluster's master."""

    engine: EngineName = "duckdb"
    memory: str = ""
    master: str = ""


def weigh_tables(
    workspace: Workspace,
    reference: str,
    named: Named,
    wanted: Wanted,
    power: Power,
    output: Path,
    say: Say = str,
    ticks: Ticks = silent,
) -> Ran:
    """Weigh the units of some tables by a book and write what comes of it into a new folder.

    Raises SteelyardError where the book, the tables or the place will not do.
    """
    book = book_at(workspace, reference)
    if power.master and power.engine != "spark":
        raise UsageError([fault("--master", "is for --engine spark")])
    engine = partial(_engine, power)
    return weigh_by(engine, book, named, wanted, output, say, ticks)


def weigh_by(
    engine: Callable[[Path], AbstractContextManager[Engine]],
    book: RuleBook,
    named: Named,
    wanted: Wanted,
    output: Path,
    say: Say = str,
    ticks: Ticks = silent,
) -> Ran:
    """Do the same with a book at hand and an engine, which is given a folder for what does not fit
    into memory.
    """
    from steelyard.bulk.assessing import assess

    refuse_misnamed(output)
    with new_folder(output) as folder:
        # It goes where the output goes, and goes with it if anything fails.
        spill = folder / _SPILL
        with engine(spill) as ready:
            ran = assess(ready, book, named, wanted, folder, say, ticks)
        shutil.rmtree(spill, ignore_errors=True)
    return ran


class HandedOver:
    """Tables that a program hands over: paths, or DataFrames of its own session of Spark."""

    def __init__(self, session: SparkSession | None) -> None:
        """Take the session, None where DuckDB is to weigh."""
        self.session = session
        self.frames: dict[str, DataFrame] = {}

    def path(self, name: str, said: str | Path | DataFrame) -> str:
        """Return the path of a table, or what a DataFrame is called instead.

        Raises UsageError for a DataFrame without a session.
        """
        if isinstance(said, (str, Path)):
            return str(said)
        if self.session is None:
            raise UsageError([fault(name, "a table that is no file needs a session of Spark")])
        self.frames[name] = said
        return f"DataFrame {name}"

    def register(self, name: str, said: str | Path | DataFrame) -> str:
        """Return the same of a register."""
        from steelyard.bulk.columns import register_table

        return self.path(register_table(name), said)

    @contextmanager
    def engine(self, spill: Path) -> Iterator[Engine]:
        """Yield the engine that weighs them."""
        if self.session is None:
            with _engine(Power(), spill) as duck:
                yield duck
            return
        from steelyard.bulk.engines.spark import Spark

        with Spark(self.session, self.frames) as spark:
            yield spark


@contextmanager
def _engine(power: Power, spill: Path) -> Iterator[Engine]:
    if power.engine == "spark":
        from steelyard.bulk.engines.spark import Spark

        with Spark.started(power.master, power.memory) as spark:
            yield spark
        return
    from steelyard.bulk.engines.duck import Duck

    with Duck(spill, power.memory) as duck:
        yield duck

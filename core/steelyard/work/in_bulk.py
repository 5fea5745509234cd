"""Tables of many units weighed in one run, into a folder that is there whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.errors import UsageError, fault
from steelyard.files import new_folder
from steelyard.work.naming import book_at
from steelyard.work.workspace import Workspace, silent

if TYPE_CHECKING:
    from steelyard.bulk.assessing import Engine, Ran, Wanted
    from steelyard.bulk.intake.checks import Say
    from steelyard.bulk.intake.given import Named
    from steelyard.comparison.comparison import Ticks

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
    from steelyard.bulk.assessing import assess

    book = book_at(workspace, reference)
    if power.master and power.engine != "spark":
        raise UsageError([fault("--master", "is for --engine spark")])
    with new_folder(output) as folder:
        # What does not fit into memory goes where the output goes, and goes with it if anything
        # fails.
        spill = folder / _SPILL
        with _engine(power, spill) as engine:
            ran = assess(engine, book, named, wanted, folder, say, ticks)
        shutil.rmtree(spill, ignore_errors=True)
    return ran


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

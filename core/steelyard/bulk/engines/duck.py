"""DuckDB as the engine: in this process, out of core, with a folder for what does not fit into
memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Self, TypeVar

from steelyard.bulk.intake.given import POSITION
from steelyard.bulk.intake.refusals import of_work
from steelyard.bulk.intake.sources import Opened, Source, opened, quoted, text
from steelyard.errors import UsageError, fault

T = TypeVar("T")

_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.IGNORECASE)
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_AGAIN = 0.1
"""After how many seconds work that does not heed an end is told again."""
_NEEDLESS = ("in_clause", "projection_placement", "projection_pullup")


class Duck:
    """A database in memory, closed with its block."""

    dialect = "duckdb"

    def __init__(self, spill: Path, memory: str = "", threads: int = 0) -> None:
        """Open it; raises UsageError where DuckDB is not installed or `memory` is no size."""
        try:
            import duckdb
        except ImportError:
            raise UsageError(
                [
                    fault(
                        "--engine duckdb",
                        "DuckDB is not installed: `pip install steelyard[bulk]` brings it",
                    )
                ]
            ) from None
        no_size = fault("--memory", "`{text}` is no size such as 4GB or 500MB", text=memory)
        if memory and not _MEMORY.fullmatch(memory):
            raise UsageError([no_size])
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if memory:
            config["memory_limit"] = memory
        if threads:
            config["threads"] = threads
        self.version = duckdb.__version__
        self.spill = spill
        self._failed = duckdb.Error
        self._thread = ThreadPoolExecutor(1)
        try:
            self._duck = duckdb.connect(config=config)
        except duckdb.ParserException:
            # A size of more digits than there are bytes anywhere.
            raise UsageError([no_size]) from None
        # One makes a join of every list of words; the others move columns between layers, which
        # are where they should be: of large books planning took seconds longer, running no less.
        self._duck.execute(f"SET disabled_optimizers = '{','.join(_NEEDLESS)}'")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self._thread.shutdown()
        with suppress(self._failed):
            self._duck.close()

    @property
    def storage(self) -> Self:
        """Return itself: what does not fit into memory lies in its folder."""
        return self

    @property
    def memory(self) -> int:
        """Return how many bytes it may hold."""
        ((said,),) = self.rows("SELECT current_setting('memory_limit')")
        size, unit = str(said).split()
        return int(Decimal(size) * 1024 ** _UNITS.index(unit))

    def opened(self, source: Source) -> Opened:
        """Return a source as a relation; raises UsageError where it cannot be one."""
        return opened(self, source)

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation with their types."""
        query = f"DESCRIBE SELECT * FROM {relation} AS raw"  # noqa: S608  # made of quoted names
        return {str(row[0]): str(row[1]) for row in self.rows(query)}

    def unrolled(self, relation: str, kept: Sequence[str], column: str) -> str:
        """Return a relation with a row for each record in a list."""
        name = quoted(column)
        return (
            f"(SELECT {', '.join(kept)}, UNNEST(RANGE(1, LEN({name}) + 1)) AS {quoted(POSITION)}, "  # noqa: S608
            f"UNNEST({name}, max_depth := 2) FROM {relation} AS cases)"
        )

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return what a query gives, with values for its marks."""
        return self._told(lambda: self.answered(query, values))

    def arrays(self, query: str) -> dict[str, Any]:
        """Return what a query gives, each column as an array of numpy, masked where it is NULL."""
        return self._told(lambda: self._heeding(lambda: self._duck.execute(query).fetchnumpy()))

    def view(self, name: str, query: str) -> None:
        """Let a name stand for a query."""
        self.rows(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")

    def keep(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives now."""
        self.rows(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def keep_own(self, name: str, query: str) -> None:
        """Let a name stand for what a query in DuckDB's dialect gives now."""
        self.keep(name, query)

    def view_own(self, name: str, query: str) -> None:
        """Let a name stand for a query in DuckDB's dialect."""
        self.view(name, query)

    def hold(self, name: str, columns: Mapping[str, Sequence[str | None]]) -> None:
        """Let a name stand for columns of texts."""
        listed = ", ".join(f"UNNEST(CAST(? AS VARCHAR[])) AS {quoted(one)}" for one in columns)
        query = f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {listed}"
        self.rows(query, [list(one) for one in columns.values()])

    def write(self, query: str, path: Path) -> None:
        """Write what a query gives as Parquet."""
        self.rows(f"COPY ({query}) TO {text(str(path))} (FORMAT parquet, COMPRESSION zstd)")

    def spread(self, query: str, column: str, folder: Path) -> None:
        """Write what a query gives as Parquet, in a folder for each value of a column."""
        self.rows(
            f"COPY ({query}) TO {text(str(folder))} "
            f"(FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({column}))"
        )

    def stored(self, files: list[Path]) -> str:
        """Return what was written, from some files in their order, as a relation."""
        named = ", ".join(text(str(file)) for file in files)
        return f"read_parquet([{named}], hive_partitioning = false)"

    def answered(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return what a query gives, with values for its marks; raises duckdb.Error."""
        return self._heeding(lambda: self._duck.execute(query, values or None).fetchall())

    def _told(self, work: Callable[[], T]) -> T:
        """Do some work; what DuckDB cannot do is a fault of one line, where it is none of ours."""
        try:
            return work()
        except self._failed as error:
            told = of_work(error)
            raise (error if told is None else UsageError([told])) from None

    def _heeding(self, work: Callable[[], T]) -> T:
        """Do some work, its answer fetched with it, and heed signals meanwhile."""
        # In a thread, since DuckDB swallows what a signal raises while it works; and it goes on
        # working while its answer is fetched.
        waiting = self._thread.submit(work)
        try:
            return waiting.result()
        except self._failed:
            raise
        except BaseException:
            # Of work that has not begun DuckDB knows nothing yet.
            while not (waiting.cancel() or waiting.done()):
                self._duck.interrupt()
                wait([waiting], _AGAIN)
            raise

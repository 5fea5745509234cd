"""Spark as the engine: the same statements in its dialect, in a session that the user passes or on
a master that is named; nothing here shares out work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from steelyard.bulk.intake.given import POSITION
from steelyard.bulk.intake.sources import FILE, ROW, Opened, Source, quoted, separator
from steelyard.errors import UsageError, fault

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_STRICT = {
    # What cannot be is an error and no NULL, as the statement expects of every engine.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
}
_LOCAL = "local[*]"
_FORMS = {".parquet": "parquet", ".parq": "parquet", ".csv": "csv", ".tsv": "csv"}


class Spark:
    """A session of Spark that answers as an engine; at the end of its block the session's settings
    and names are as they were, so that Spark lets go of what this kept.

    `tables` are DataFrames by the options that would name their files, `facts` or `register_NAME`.
    """

    dialect = "spark"
    storage = None
    """It shares out the work itself."""

    def __init__(self, session: SparkSession, tables: dict[str, DataFrame] | None = None) -> None:
        """Take a session and perhaps tables."""
        self._session = session
        self._tables = tables or {}
        self._names: dict[str, DataFrame | None] = {}
        self.version = session.version
        self._before = {key: session.conf.get(key, None) for key in _STRICT}

    def __enter__(self) -> Self:
        """Make the session strict."""
        for key, value in _STRICT.items():
            self._session.conf.set(key, value)
        return self

    def __exit__(self, *_: object) -> None:
        """Take back names and settings."""
        for name, before in self._names.items():
            if before is None:
                self._session.catalog.dropTempView(name)
            else:
                before.createOrReplaceTempView(f"`{name}`")
        for key, value in self._before.items():
            if value is None:
                self._session.conf.unset(key)
            else:
                self._session.conf.set(key, value)

    @classmethod
    @contextmanager
    def started(cls, master: str, memory: str = "") -> Iterator[Self]:
        """Yield a session of one's own; raises UsageError where Spark is not installed or does not
        start.
        """
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            message = "Spark is not installed: `pip install steelyard[spark]` brings it"
            raise UsageError([fault("--engine spark", message)]) from None
        builder = SparkSession.builder.master(master or _LOCAL).appName("steelyard")
        builder = builder.config("spark.ui.enabled", "false")
        # It draws among what the program says, and on what is no terminal too.
        builder = builder.config("spark.ui.showConsoleProgress", "false")
        if (master or _LOCAL).startswith("local"):
            # The default of 200 parts is for clusters: here each costs more than its work.
            builder = builder.config("spark.sql.shuffle.partitions", str(os.cpu_count() or 1))
        if memory:
            size = re.sub(r"i?b$", "", memory.replace(" ", "").lower())
            builder = builder.config("spark.driver.memory", size)
        try:
            session = builder.getOrCreate()
        except Exception as error:
            problem = str(error).partition("\n")[0]
            raise UsageError(
                [fault("--master", "Spark does not start: {problem}", problem=problem)]
            ) from error
        try:
            with cls(session) as spark:
                yield spark
        finally:
            session.stop()

    def opened(self, source: Source) -> Opened:
        """Return a source as a view; raises UsageError where it cannot be one."""
        frame = self._tables.get(source.name)
        several = False
        if frame is None:
            frame, several = self._read(source)
        name = f"steelyard_raw_{source.name}"
        shape = {one.name: one.dataType.simpleString() for one in frame.schema.fields}
        self._name(name, frame)
        # Spark numbers rows by parts and not through; a number says which row it is all the same.
        file = "INPUT_FILE_NAME()" if source.path else "''"
        at = self._sql(
            f"SELECT *, {file} AS {FILE}, MONOTONICALLY_INCREASING_ID() + 1 AS {ROW} FROM {name}"  # noqa: S608
        )
        self._name(f"{name}_at", at)
        columns = {one: _in_duckdbs_words(kind) for one, kind in shape.items()}
        return Opened(
            f"{name}_at", columns, source.path or source.name, several, separator(source.path)
        )

    def _read(self, source: Source) -> tuple[DataFrame, bool]:
        form = _FORMS.get(Path(source.path.rstrip("/")).suffix.lower(), "parquet")
        reader = self._session.read
        if form == "csv":
            sign = separator(source.path)
            reader = reader.options(header="true", sep=sign, mode="FAILFAST", escape='"')
        try:
            frame = reader.format(form).load(source.path)
            return frame, len(frame.inputFiles()) > 1
        except Exception as error:
            problem = str(error).partition("\n")[0]
            raise UsageError(
                [fault(source.path, "cannot be read: {problem}", problem=problem)]
            ) from error

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation with their types, in DuckDB's words."""
        frame = self._sql(_spoken(f"SELECT * FROM {relation} AS raw LIMIT 0"))  # noqa: S608
        return {
            one.name: _in_duckdbs_words(one.dataType.simpleString()) for one in frame.schema.fields
        }

    def view_own(self, name: str, query: str) -> None:
        """Let a name stand for a query in Spark's dialect; worked out now, since a view is worked
        out again by whatever reads it.
        """
        self.keep_own(name, query)

    def unrolled(self, relation: str, kept: Sequence[str], column: str) -> str:
        """Return a relation with a row for each record in a list."""
        name = f"steelyard_unrolled_{len(self._names)}"
        inner = _spoken(f"SELECT {', '.join(kept)}, {quoted(column)} AS found FROM {relation} AS c")  # noqa: S608
        rows = self._sql(
            f"SELECT * EXCEPT (found, at, record), at + 1 AS {POSITION}, record.* FROM "  # noqa: S608
            f"({inner}) LATERAL VIEW POSEXPLODE(found) exploded AS at, record"
        )
        self._name(name, rows)
        return name

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what a query gives."""
        return [tuple(row) for row in self._sql(_spoken(query)).collect()]

    def view(self, name: str, query: str) -> None:
        """Let a name stand for a query."""
        self._name(name, self._sql(_spoken(query)))

    def keep(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives now."""
        self.keep_own(name, _spoken(query))

    def keep_own(self, name: str, query: str) -> None:
        """Let a name stand for what a query in Spark's dialect gives now."""
        frame = self._sql(query)
        # Worked out at once, and without the plan that led here: with it the plan of whatever reads
        # this holds that of all before, which Spark goes through for hours.
        context = getattr(self._session, "sparkContext", None)
        safe = context is not None and context.getCheckpointDir() is not None
        self._name(name, frame.checkpoint() if safe else frame.localCheckpoint())

    def hold(self, name: str, columns: Mapping[str, Sequence[str | None]]) -> None:
        """Let a name stand for columns of texts; whatever joins them sends them to all workers."""
        rows = list(zip(*columns.values(), strict=True))
        shape = ", ".join(f"`{one}` string" for one in columns)
        self._name(name, self._session.createDataFrame(rows, shape).hint("broadcast"))

    def write(self, query: str, path: Path) -> None:
        """Write what a query gives as a folder of Parquet files."""
        self._sql(_spoken(query)).write.parquet(str(path))

    def _name(self, name: str, frame: DataFrame) -> None:
        name = name.strip('"')
        view, catalog = f"`{name}`", self._session.catalog
        if name not in self._names:
            theirs = catalog.tableExists(view) and catalog.getTable(view).isTemporary
            self._names[name] = self._session.table(view) if theirs else None
        frame.createOrReplaceTempView(view)

    def _sql(self, query: str) -> DataFrame:
        return self._session.sql(query)


def _spoken(query: str) -> str:
    """Return a query of DuckDB's dialect in Spark's; raises where that is not possible."""
    import sqlglot
    from sqlglot import ErrorLevel

    found: str = sqlglot.transpile(
        query, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE
    )[0]
    return found


# Spark's plain `timestamp` is an instant, which is another day elsewhere.
_WORDS: Mapping[str, str] = MappingProxyType(
    {"string": "VARCHAR", "timestamp": "TIMESTAMP WITH TIME ZONE"}
)


def _in_duckdbs_words(kind: str) -> str:
    """Return a type of Spark as DuckDB calls it."""
    if kind.startswith("array<struct<"):
        return "STRUCT()[]"
    return _WORDS.get(kind, kind.upper())

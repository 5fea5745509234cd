"""Opening the store's file so that several programs can use it, and saying plainly why it cannot be
used.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import Fault, StoreError, Word, fault, refusal
from steelyard.files import keep_private
from steelyard.store.schema import STEPS, migrations

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

_PATIENCE = 30.0
_PAUSE = 0.02
_CLOSED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})


def connect(path: Path, name: str, *, create: bool) -> Database:
    """Return the database in a file with its tables up to date; `name` stands for it in messages.

    Raises StoreError for what is not a store, cannot be opened, or was written by a later version;
    unless it may be created also where there is none, or nothing is in the file.
    """
    with told(name):
        if path.is_dir():
            raise StoreError([fault(name, "is a folder, not a store")])
        if not path.exists():
            if not create:
                raise StoreError([fault(name, "there is no such store")])
            if not path.parent.is_dir():
                raise StoreError([fault(name, "there is no folder `{folder}`", folder=path.parent)])
            # SQLite needs longer names beside it, and would find out when the file is there.
            Path(f"{path}-journal").exists()
            # It holds names of persons, and what SQLite puts beside it gets its mode.
            keep_private(path)
        elif not path.is_file():
            raise StoreError([fault(name, "is neither a file nor a folder")])
        # An absolute path, since `:memory:` would be no file at all.
        file = os.path.abspath(path)  # noqa: PTH100  # links stay
        try:
            return _opened(sqlite3.connect(file, timeout=_PATIENCE), name, create=create)
        except sqlite3.OperationalError as error:
            if _kind(error) not in _CLOSED or not path.is_file():
                raise
        return _opened(_unwritable(path, name), name, create=create)


def _opened(connection: sqlite3.Connection, name: str, *, create: bool) -> Database:
    from sqlite_utils import Database

    try:
        db = Database(connection, execute_plugins=False)
        db.execute("PRAGMA synchronous=full")
        _prepare(db, name, create=create)
        # Not before: a store may come from a time when rows were not looked at.
        db.execute("PRAGMA foreign_keys=on")
    except BaseException:
        connection.close()
        raise
    return db


def _unwritable(path: Path, name: str) -> sqlite3.Connection:
    """Open a file as one that nobody changes, since what SQLite keeps beside it cannot be made."""
    log = Path(f"{os.path.realpath(path)}-wal")
    if log.exists() and log.stat().st_size:
        said = (
            "has changes that wait in `{file}`, and its folder cannot be written: copy both files "
            "to a folder that can be, and use the copy"
        )
        raise StoreError([fault(name, said, file=log.name)])
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


@contextlib.contextmanager
def writing(db: Database) -> Iterator[None]:
    """Hold the file for writing from the start, so that two programs wait for each other instead of
    failing.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


@contextlib.contextmanager
def reading(db: Database) -> Iterator[None]:
    """Read what stands in the file at one moment, whatever other programs write meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


@contextlib.contextmanager
def told(name: str) -> Iterator[None]:
    """Turn whatever SQLite or a spoilt file raises into one line about the store."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError([_reason(name, error)]) from error
    except (UnicodeEncodeError, OverflowError) as error:
        raise StoreError(
            [fault(name, "cannot hold broken characters or figures beyond 64 bits")]
        ) from error
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StoreError([fault(name, "is damaged")]) from error
    except OSError as error:
        raise StoreError(
            [fault(name, "cannot be opened: {problem}", problem=refusal(error))]
        ) from error


def refused_by_system(error: StoreError) -> bool:
    """Whether a store could not be read at all, so that nothing is known of what is in it."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return _kind(cause) not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
    return isinstance(cause, OSError)


def _kind(error: sqlite3.Error) -> int:
    # The lowest byte of SQLite's code is the kind of failure; the rest tells variants apart.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _reason(name: str, error: sqlite3.Error) -> Fault:  # one line for each kind of failure
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        # What SQLite keeps beside the file could not grow, which it does not call a full disk.
        return fault(name, "cannot be written: the disk is full")
    match _kind(error):
        case sqlite3.SQLITE_NOTADB:
            return fault(name, "is not a store")
        case sqlite3.SQLITE_CORRUPT:
            return fault(name, "is damaged")
        case sqlite3.SQLITE_CANTOPEN:
            return fault(name, "cannot be opened, or its folder cannot be written")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return fault(name, "cannot be written")
        case sqlite3.SQLITE_IOERR:
            return fault(name, "cannot be used: {problem}", problem=Word("Input/output error"))
        case sqlite3.SQLITE_FULL:
            return fault(name, "cannot be written: the disk is full")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return fault(name, "is held by another program")
    return fault(name, "cannot be used: {problem}", problem=error)


def _prepare(db: Database, name: str, *, create: bool) -> None:
    """Bring the tables up to date; refuse a database of another program or of a later Steelyard,
    and one without tables unless a store may be created.
    """
    steps = migrations()
    if not _pending(db, steps, name):
        return
    earlier = bool(db.table_names())
    if not (earlier or create):
        raise StoreError([fault(name, "is empty: nothing was ever saved in it")])
    try:
        _use_wal(db)
        with writing(db):
            # Another program may have done it while this one waited for its turn.
            if _pending(db, steps, name):
                steps.apply(db)
    except sqlite3.OperationalError as error:
        if earlier and _kind(error) == sqlite3.SQLITE_READONLY:
            said = (
                "was written by an earlier version of steelyard and must be brought up to date, "
                "which it cannot be here: copy it to where it can be written, and use the copy"
            )
            raise StoreError([fault(name, said)]) from error
        raise
    if earlier:
        # What the earlier tables took is given back, unless others use the file or the disk is
        # full.
        with contextlib.suppress(sqlite3.OperationalError):
            db.execute("VACUUM")


def _pending(db: Database, steps: Migrations, name: str) -> bool:
    applied = {step.name for step in steps.applied(db)}
    if not applied and db.table_names():
        raise StoreError([fault(name, "is a database of another program")])
    if not applied <= set(STEPS):
        raise StoreError([fault(name, "was written by a later version of steelyard")])
    return applied != set(STEPS)


def _use_wal(db: Database) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return db.enable_wal()
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself while another program opens the same new file.
            if _kind(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)

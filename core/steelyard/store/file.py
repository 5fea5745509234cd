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

from steelyard.errors import Fault, StoreError, Word, fault
from steelyard.files import keep_private
from steelyard.store.schema import STEPS, migrations

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

_PATIENCE = 30.0
_PAUSE = 0.02


def connect(path: Path, name: str, *, create: bool) -> Database:
    """Return the database in a file with its tables up to date; `name` stands for it in messages.

    Raises StoreError for what is not a store, cannot be opened, or was written by a later version.
    """
    with told(name):
        if path.is_dir():
            raise StoreError([fault(name, "is a folder, not a store")])
        if not path.exists():
            if not create:
                raise StoreError([fault(name, "there is no such store")])
            if not path.parent.is_dir():
                raise StoreError([fault(name, "there is no folder `{folder}`", folder=path.parent)])
            # It holds names of persons, and what SQLite puts beside it gets its mode.
            keep_private(path)
        from sqlite_utils import Database

        # An absolute path, since `:memory:` would be no file at all.
        connection = sqlite3.connect(os.path.abspath(path), timeout=_PATIENCE)  # noqa: PTH100  # links stay
        try:
            db = Database(connection, execute_plugins=False)
            db.execute("PRAGMA foreign_keys=on")
            db.execute("PRAGMA synchronous=full")
            _prepare(db, name)
        except BaseException:
            connection.close()
            raise
    return db


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
            [
                fault(
                    name, "cannot be opened: {problem}", problem=error.strerror or Word("no access")
                )
            ]
        ) from error


def _reason(name: str, error: sqlite3.Error) -> Fault:  # one line for each kind of failure
    # The lowest byte of SQLite's code is the kind of failure; the rest tells variants apart.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return fault(name, "is not a store")
        case sqlite3.SQLITE_CORRUPT:
            return fault(name, "is damaged")
        case sqlite3.SQLITE_CANTOPEN:
            return fault(name, "cannot be opened, or its folder cannot be written")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return fault(name, "cannot be written")
        case sqlite3.SQLITE_FULL:
            return fault(name, "cannot be written: the disk is full")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return fault(name, "is held by another program")
    return fault(name, "cannot be used: {problem}", problem=error)


def _prepare(db: Database, name: str) -> None:
    """Bring the tables up to date; refuse a database of another program or of a later Steelyard."""
    steps = migrations()
    if not _pending(db, steps, name):
        return
    _use_wal(db)
    with writing(db):
        # Another program may have done it while this one waited for its turn.
        if _pending(db, steps, name):
            steps.apply(db)


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
            if (
                getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY
                or time.monotonic() > until
            ):
                raise
            time.sleep(_PAUSE)

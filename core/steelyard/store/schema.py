"""The tables of the store, brought up to date step by step; a step that was released never
changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from steelyard.store.sealing import seal_all
from steelyard.store.wholes import add_wholes

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

# Points are integers in units of 10**-decimals, so that they sort and add up exactly. The document
# of an assessment is its JSON packed by zlib, the very bytes that were saved; the tables beside it
# say the same for SQL. Texts repeat from unit to unit, so each stands and is indexed once. Names of
# persons stand in `names` and nowhere else.
_FIRST = """
CREATE TABLE books (
  digest TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE TABLE cases (
  digest TEXT NOT NULL PRIMARY KEY,
  document TEXT NOT NULL
) STRICT;
CREATE TABLE names (
  case_digest TEXT NOT NULL REFERENCES cases (digest),
  party TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (case_digest, party)
) STRICT, WITHOUT ROWID;
CREATE TABLE texts (
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  zh TEXT NOT NULL,
  en TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
  subject, said, content='', tokenize='unicode61 remove_diacritics 2'
);
CREATE TABLE assessments (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  schema TEXT NOT NULL,
  book TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL REFERENCES books (digest),
  subject TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  sector TEXT NOT NULL,
  period TEXT NOT NULL,
  as_of TEXT NOT NULL,
  score_low INTEGER NOT NULL,
  score_high INTEGER NOT NULL,
  "full" INTEGER NOT NULL,
  decimals INTEGER NOT NULL,
  grade_low TEXT,
  grade_high TEXT,
  settled INTEGER NOT NULL,
  veto TEXT NOT NULL,
  not_rated INTEGER NOT NULL,
  coverage TEXT,
  case_digest TEXT NOT NULL REFERENCES cases (digest),
  plugins TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  subject_text INTEGER NOT NULL REFERENCES texts (number),
  document BLOB NOT NULL
) STRICT;
CREATE INDEX assessments_book ON assessments (book, period);
CREATE INDEX assessments_subject ON assessments (subject, period);
CREATE INDEX assessments_case ON assessments (case_digest);
CREATE INDEX assessments_subject_text ON assessments (subject_text);
CREATE TABLE findings (
  assessment INTEGER NOT NULL REFERENCES assessments (number),
  position INTEGER NOT NULL,
  rule TEXT NOT NULL,
  section TEXT,
  dimension TEXT,
  outcome TEXT NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  "full" INTEGER NOT NULL,
  text INTEGER NOT NULL REFERENCES texts (number),
  PRIMARY KEY (assessment, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX findings_text ON findings (text);
CREATE TABLE consequences (
  assessment INTEGER NOT NULL REFERENCES assessments (number),
  position INTEGER NOT NULL,
  kind TEXT,
  party TEXT,
  options TEXT NOT NULL,
  certain INTEGER NOT NULL,
  record TEXT,
  text INTEGER NOT NULL REFERENCES texts (number),
  PRIMARY KEY (assessment, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX consequences_text ON consequences (text);
CREATE TABLE ledger (
  assessment INTEGER NOT NULL REFERENCES assessments (number),
  position INTEGER NOT NULL,
  step TEXT NOT NULL,
  id TEXT,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  PRIMARY KEY (assessment, position)
) STRICT, WITHOUT ROWID;
"""


# What a comparison reads of an assessment: the points of each shared dimension, summed over the
# rules that apply, bonus rules (which have no section) left out. Summed when an assessment is
# saved, since a hundred thousand assessments have many millions of findings.
_SHARED = (
    "leadership",
    "learning",
    "values",
    "integrity",
    "governance",
    "service",
    "performance",
    "culture",
    "volunteering",
    "environment",
    "safety",
    "publicity",
)
_SUMS = (("low", "low"), ("high", "high"), ("asked", 'findings."full"'))
_COLUMNS = ",\n".join(f"  {one}_{end} INTEGER NOT NULL" for one in _SHARED for end, _ in _SUMS)
_ADDED = ",\n".join(
    f"  coalesce(sum({what}) FILTER (WHERE dimension = '{one}'), 0)"
    for one in _SHARED
    for _, what in _SUMS
)
_ATTAINED = f"""
CREATE TABLE attained (
  assessment INTEGER PRIMARY KEY REFERENCES assessments (number),
{_COLUMNS}
) STRICT;
INSERT INTO attained SELECT number,
{_ADDED}
FROM assessments LEFT JOIN findings
  ON assessment = number AND section IS NOT NULL AND outcome NOT IN ('not_applicable', 'waived')
GROUP BY number;
CREATE TABLE comparisons (
  id TEXT NOT NULL PRIMARY KEY,
  made_at TEXT NOT NULL,
  printed TEXT NOT NULL,
  method TEXT NOT NULL,
  assessments BLOB NOT NULL,
  summary BLOB NOT NULL,
  result TEXT NOT NULL
) STRICT;
"""  # noqa: S608  # our own words

# `not_rated` became a word. What the assessments say themselves, packed in `document`, stays as it
# was: the first form is brought up to date when it is read. Of `attained`, `carried` tells how many
# places more than the score's the low and high points have; `perhaps` is a set of dimensions, bit n
# for the nth: those on which perhaps nothing is asked, None where nobody worked that out.
_RATED = """
ALTER TABLE assessments RENAME COLUMN not_rated TO was_not_rated;
ALTER TABLE assessments ADD COLUMN not_rated TEXT NOT NULL DEFAULT 'no';
UPDATE assessments SET not_rated = 'yes' WHERE was_not_rated;
ALTER TABLE assessments DROP COLUMN was_not_rated;
ALTER TABLE attained ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attained ADD COLUMN perhaps INTEGER;
"""


STEPS: Mapping[str, str | Callable[[Database], None]] = MappingProxyType(
    {
        "first": _FIRST,
        "attained": _ATTAINED,
        "rated": _RATED,
        "sealed": seal_all,
        "wholes": add_wholes,
    }
)
"""Every step by its name, oldest first: a script, or what else it takes."""


def migrations() -> Migrations:
    """Return the steps from an empty file to the present tables."""
    from sqlite_utils import Migrations

    steps = Migrations("steelyard")
    for name, script in STEPS.items():
        steps(name=name)(_run(script))
    return steps


def _run(script: str | Callable[[Database], None]) -> Callable[[Database], None]:
    if not isinstance(script, str):
        return script

    def step(db: Database) -> None:
        db.executescript(script)

    return step

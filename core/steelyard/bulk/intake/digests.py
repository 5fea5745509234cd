"""What a run read and wrote: files told apart by their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from steelyard.bulk.intake.given import Named, sources
from steelyard.bulk.intake.sources import files
from steelyard.errors import UsageError


def read(named: Named) -> Mapping[str, str]:
    """Return the digest of every file that a run read, by its path.

    What does not lie on this machine, as a cluster's files, has none here and is left out.
    """
    found: dict[str, str] = {}
    for source in sources(named):
        try:
            there = files(source)
        except UsageError:
            continue
        found |= {str(one): digest(one) for one in there}
    return found


def digest(path: Path) -> str:
    """Return the digest of a file, or of the Parquet files of a folder in the order of their names.

    Raises OSError where there is none or it cannot be read.
    """
    if path.is_dir():
        parts = "\n".join(digest(one) for one in sorted(path.glob("*.parquet")))
        return f"sha256:{hashlib.sha256(parts.encode()).hexdigest()}"
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"

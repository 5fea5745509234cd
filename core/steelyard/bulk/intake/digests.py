"""What a run was fed: the files behind each table, told apart by their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from steelyard.bulk.intake.given import Named, sources
from steelyard.bulk.intake.sources import files
from steelyard.errors import UsageError


def digests(named: Named) -> Mapping[str, str]:
    """Return the digest of every file that a run read, by its path.

    What does not lie on this machine, as a cluster's files, has none here and is left out.
    """
    found = {}
    for source in sources(named):
        try:
            there = files(source)
        except UsageError:
            continue
        for one in there:
            with one.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[str(one)] = f"sha256:{digest}"
    return found

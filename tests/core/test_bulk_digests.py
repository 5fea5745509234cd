"""What a run of `steelyard bulk` read and wrote, told by its digest: every file, and a folder by the
Parquet in it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from steelyard.bulk.intake.digests import digest, read
from steelyard.bulk.intake.given import Named

# As `printf a | sha256sum` and `printf b | sha256sum` print them.
A = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
B = "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder as Spark leaves one: two Parquet files, and what is none."""
    (tmp_path / "part-2.parquet").write_text("b")
    (tmp_path / "part-1.parquet").write_text("a")
    (tmp_path / "_SUCCESS").write_text("")
    return tmp_path


def test_a_folder_is_told_by_its_parquet_in_the_order_of_names(folder: Path) -> None:
    whole = hashlib.sha256(f"{A}\n{B}".encode()).hexdigest()
    assert digest(folder) == f"sha256:{whole}"
    (folder / "_SUCCESS").write_text("other")
    assert digest(folder) == f"sha256:{whole}"
    (folder / "part-2.parquet").write_text("c")
    assert digest(folder) != f"sha256:{whole}"


def test_a_file_that_is_not_there_has_no_digest(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest(folder / "part-3.parquet")


def test_every_file_that_was_read_is_told(folder: Path) -> None:
    (folder / "waivers.csv").write_text("a")
    (folder / "all.duckdb").write_text("b")
    named = Named(
        # What lies in a session of Spark has no digest here, and hides none of the others.
        facts="DataFrame facts",
        registers=(("visits", f"{folder}/part-*.parquet"), ("bills", f"{folder}/all.duckdb:bills")),
        waivers=f"{folder}/waivers.csv",
    )
    assert read(named) == {
        f"{folder}/part-1.parquet": A,
        f"{folder}/part-2.parquet": B,
        f"{folder}/all.duckdb": B,
        f"{folder}/waivers.csv": A,
    }

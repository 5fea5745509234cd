"""The one writer of files: whole or as it was before, whatever stands at the place and whatever
fails.
"""

from __future__ import annotations

import os
import re
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rights import obedient

from steelyard import UsageError
from steelyard.files import (
    new_folder,
    refuse_taken,
    refuse_unwritable,
    write,
    writing,
    writing_text,
)


@contextmanager
def small_disk(most: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755], ids=oct)
def test_a_file_written_over_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(path, b"new", over=True)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert names(tmp_path) == ["a.html"]


def test_a_new_file_has_the_mode_that_the_mask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "a", b"new", over=False)
        with new_folder(tmp_path / "b") as folder:
            (folder / "c").touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o750


def test_what_only_its_owner_may_read_is_never_anybody_elses(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch(0o600)
    with writing(path, over=True) as file:
        file.write(b"names")
        assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link, twice = tmp_path / "real" / "a", tmp_path / "link", tmp_path / "twice"
    target.write_bytes(b"old")
    link.symlink_to("real/a")
    twice.symlink_to("link")
    write(twice, b"new", over=True)
    assert (link.is_symlink(), twice.is_symlink()) == (True, True)
    assert target.read_bytes() == b"new"
    target.unlink()
    # A link that leads nowhere is there too: nothing is written through it unasked.
    with pytest.raises(UsageError, match="is there already"):
        write(link, b"more", over=False)
    write(link, b"more", over=True)
    assert target.read_bytes() == b"more"


def test_the_very_file_that_is_read_may_be_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one\ntwo\n", encoding="utf-8")
    with path.open(encoding="utf-8") as read, writing_text(path, over=True) as file:
        file.writelines(line.upper() for line in read)
    assert path.read_bytes() == b"ONE\nTWO\n"


@pytest.mark.parametrize("before", [b"mine", None], ids=["a file there", "nothing there"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "a"
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(UsageError, match="cannot be written: File too large"), small_disk(1000):
        write(path, b"x" * 5000, over=True)
    assert names(tmp_path) == ([] if before is None else ["a"])
    assert before is None or path.read_bytes() == before


def test_an_error_midway_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"mine")

    def fail() -> None:
        with writing(path, over=True) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (names(tmp_path), path.read_bytes()) == (["a"], b"mine")


def test_what_another_put_there_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def late() -> None:
        with writing(path, over=False) as file:
            file.write(b"ours")
            path.write_bytes(b"theirs")

    with pytest.raises(UsageError, match="is there already"):
        late()
    assert (names(tmp_path), path.read_bytes()) == (["a"], b"theirs")


def refused(path: Path, *, over: bool = True) -> str:
    messages = []
    for act in (lambda: refuse_unwritable(path, over=over), lambda: write(path, b"x", over=over)):
        with pytest.raises(UsageError) as caught:
            act()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    return messages[0].removeprefix(f"{path}: ")


def test_only_regular_files_are_written_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "device").symlink_to("/dev/null")
    odd = "is no regular file, and is not written over"
    assert refused(tmp_path / "pipe") == odd
    assert refused(tmp_path / "device") == odd
    assert refused(tmp_path / "folder") == "cannot be written: Is a directory"
    assert "cannot be written" in refused(tmp_path / "loop" / "a")
    assert refused(tmp_path / "none" / "a") == "cannot be written: No such file or directory"
    (tmp_path / "file").touch()
    assert refused(tmp_path / "file" / "a") == "cannot be written: Not a directory"
    assert refused(tmp_path / "file", over=False) == (
        "is there already: write to another file, or over it with `--force`"
    )
    assert Path("/dev/null").is_char_device()


def test_a_name_that_no_file_can_bear_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: File name too long"):
        write(tmp_path / ("x" * 300), b"x", over=False)
    # Two hundred and fifty-five bytes are as long as a name can be.
    longest = tmp_path / ("名" * 85)
    write(longest, b"x", over=False)
    write(longest, b"y", over=True)
    assert longest.read_bytes() == b"y"


def test_a_file_that_its_owner_may_not_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch(0o400)
    code = (
        "import sys, pathlib, steelyard.files as f; f.write(pathlib.Path(sys.argv[1]), b'x', "
        "over=True)"
    )
    done = subprocess.run(
        [*obedient(), sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.endswith(f"UsageError: {path}: cannot be written: Permission denied\n")
    assert path.read_bytes() == b""


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        with new_folder(path) as folder:
            (folder / "a").touch()
            raise KeyboardInterrupt

    path = tmp_path / "new"
    with pytest.raises(KeyboardInterrupt):
        fail(path)
    assert names(tmp_path) == []
    path.mkdir(0o700)
    with pytest.raises(KeyboardInterrupt):
        fail(path)
    assert names(path) == []
    with new_folder(path) as folder:
        (folder / "a").touch()
        assert names(path) == []
    assert (names(tmp_path), names(path)) == (["new"], ["a"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for taken in (path, path / "a"):
        with pytest.raises(UsageError, match=re.escape(f"{taken}: is there already")):
            fail(taken)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("nowhere/x", "No such file or directory"), ("plain/x", "Not a directory")],
    ids=["in no folder", "in a file"],
)
def test_a_folder_that_cannot_be_made_is_told_before_any_work(
    tmp_path: Path, name: str, problem: str
) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(UsageError, match=re.escape(f"{name}: cannot be written: {problem}")):
        refuse_taken(tmp_path / name)
    refuse_taken(tmp_path / "x")
    assert names(tmp_path) == ["plain"]

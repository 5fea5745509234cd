"""The program run within the process of the tests, where nothing is asked of a process of its own."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from steelyard.cli.main import main


class Answer(NamedTuple):
    """What a run printed, and its exit code."""

    code: int
    out: str
    err: str


def answer(folder: Path, settings: Mapping[str, str], *words: str) -> Answer:
    """Run the program in a folder, as one who has set nothing but what `settings` say; whatever it
    lets escape but its own end escapes here too.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        for key in [key for key in os.environ if key.startswith(("LC_", "STEELYARD_"))]:
            if key != "STEELYARD_CACHE":
                patch.delenv(key)
        for key, value in {"LANG": "C.UTF-8", **settings}.items():
            patch.setenv(key, value)
        patch.chdir(folder)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
            main(list(words))
    for stream in (out, err):
        stream.seek(0)
    return Answer(int(left.value.code or 0), out.read(), err.read())

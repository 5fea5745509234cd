"""Real distributions of plugins, built by hand and installed into a real environment."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import steelyard


def module_of(name: str) -> str:
    """Return the module of a plugin."""
    return f"broken_{name.replace('-', '_')}"


def wheel(folder: Path, name: str, code: str, books: Mapping[str, str]) -> Path:
    """Build a wheel by hand, as any build tool would have done; `books` are files of its own."""
    module, normal = module_of(name), f"steelyard_{name.replace('-', '_')}"
    info = f"{normal}-0.3.dist-info"
    content = {
        f"{module}/__init__.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: steelyard-{name}\nVersion: 0.3\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: "
        "true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[steelyard]\n{name} = {module}\n",
        **{f"{module}/books/{file}": text for file, text in books.items()},
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text.encode())}"
        for path, text in content.items()
    ]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    file = folder / f"{normal}-0.3-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return file


def installed(folder: Path, wheels: Iterable[Path]) -> Path:
    """Return the interpreter of an environment with some wheels, and the core as it is here."""
    environment = folder / "venv"
    venv.create(environment)
    interpreter = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    site = subprocess.run(
        [interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # The core and what it needs come from here, so that nothing is fetched.
    paths = [
        Path(steelyard.__file__).parents[1],
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
    ]
    # `addsitedir` also follows the links by which distributions are installed for editing.
    lines = [f"import site; site.addsitedir({str(path)!r})" for path in dict.fromkeys(paths)]
    (Path(site) / "outside.pth").write_text("\n".join(lines) + "\n")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            interpreter,
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--no-build-isolation",
            "--disable-pip-version-check",
            *wheels,
        ],
        check=True,
    )
    return interpreter


def steelyard_in(
    python: Path, folder: Path, *words: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the program itself beside the plugins, in a folder of its own."""
    command = [python, "-m", "steelyard", *words]
    environment = _clean() | _own(folder) | settings
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, cwd=folder
    )


class Asked(NamedTuple):
    """A run that is asked for: its folder, what it is told, and its settings."""

    folder: Path
    words: Sequence[str]
    settings: Mapping[str, str]


_FORKS = """
import json, os, sys
import steelyard
from steelyard.cli.main import main
for name in steelyard.__all__:
    getattr(steelyard, name)
for folder, words, settings, *streams in json.load(sys.stdin):
    if os.fork() == 0:
        os.environ.update(settings)
        os.chdir(folder)
        for number, stream in enumerate(streams, 1):
            os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT, 0o600), number)
        main(words)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def runs_in(
    python: Path, asked: Iterable[Asked], folder: Path
) -> list[subprocess.CompletedProcess[str]]:
    """Return what the program says to each, one after the other, as `steelyard_in` does; each runs
    in a fork of one process that has imported everything, but no plugin, and is there sooner.
    """
    told = [
        [
            str(one.folder),
            list(one.words),
            {**_own(one.folder), **one.settings},
            *(str(folder / f"{number}.{stream}") for stream in ("out", "err")),
        ]
        for number, one in enumerate(asked)
    ]
    done = subprocess.run(
        [python, "-c", _FORKS],
        input=json.dumps(told),
        check=True,
        capture_output=True,
        text=True,
        env=_clean(),
        cwd=folder,
    )
    codes = map(int, done.stdout.split())
    return [
        subprocess.CompletedProcess(
            one[1], code, *(Path(name).read_text("utf-8") for name in one[3:])
        )
        for one, code in zip(told, codes, strict=True)
    ]


def _clean() -> dict[str, str]:
    """Return the environment of one who has set nothing."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("STEELYARD", "PYTHON"))
    }
    return kept | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


def _own(folder: Path) -> dict[str, str]:
    return {"STEELYARD_CACHE": str(folder / "cache")}

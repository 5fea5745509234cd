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
from contextlib import closing
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
from importlib import import_module
import steelyard
from steelyard.cli.main import COMMANDS, main
for name in steelyard.__all__:
    getattr(steelyard, name)
for name in COMMANDS:
    import_module("steelyard.cli." + name.replace("-", "_"))
for line in sys.stdin:
    folder, words, settings, *streams = json.loads(line)
    if os.fork() == 0:
        os.environ.update(settings)
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, stream in enumerate(streams, 1):
            os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        main(words)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


class Forks:
    """A process of an environment that has imported everything, but no plugin: the program runs in
    forks of it, and is there sooner than in a process of its own. What is installed after its start
    it may not see.
    """

    def __init__(self, python: Path, environment: Mapping[str, str], folder: Path) -> None:
        """Start it; what runs say passes through files in the folder."""
        self._streams = [folder / f"said.{stream}" for stream in ("out", "err")]
        self._process = subprocess.Popen(
            [python, "-c", _FORKS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder,
        )

    def run(self, asked: Asked) -> subprocess.CompletedProcess[str]:
        """Return what the program says, as `steelyard_in` does."""
        told = [str(asked.folder), list(asked.words), dict(asked.settings)]
        said, answers = self._process.stdin, self._process.stdout
        assert said is not None
        assert answers is not None
        said.write(json.dumps([*told, *map(str, self._streams)]) + "\n")
        said.flush()
        code = int(answers.readline())
        texts = (stream.read_text("utf-8") for stream in self._streams)
        return subprocess.CompletedProcess(asked.words, code, *texts)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def runs_in(
    python: Path, asked: Iterable[Asked], folder: Path
) -> list[subprocess.CompletedProcess[str]]:
    """Return what the program says to each, one after the other, as `steelyard_in` does."""
    with closing(Forks(python, _clean(), folder)) as forks:
        return [
            forks.run(one._replace(settings={**_own(one.folder), **one.settings})) for one in asked
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

"""Real broken distributions, installed into a real environment: each is skipped and named, and
fatal when strict.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from wheels import installed, steelyard_in, wheel

HEAD = "from importlib.resources import files\nfrom steelyard import hookimpl\n\n"
BOOKS = "@hookimpl\ndef steelyard_books():\n    return [files(__name__) / 'books']\n"
HEADER = """\
book: {id}
version: 1.0.0
sector: clinic
sections: [{{id: all, points: 100}}]
rules: [{{id: one, section: all, checklist: [{{id: clean}}], points: 100}}]
grades: [{{id: any, at_least: 0}}]
"""

DISTRIBUTIONS = {
    "a-good": (HEAD + BOOKS, "clinic/hygiene"),
    "b-import": ("import no_such_module_anywhere\n", ""),
    "c-misspelt": (HEAD + BOOKS.replace("steelyard_books", "steelyard_boooks"), "clinic/queues"),
    "d-repeats": (HEAD + BOOKS, "clinic/hygiene"),
    "e-raises": (
        HEAD + "@hookimpl\ndef steelyard_books():\n    raise OSError('the share is gone')\n",
        "",
    ),
}
REASONS = {
    "a-good": ("ok", ""),
    "b-import": (
        "refused",
        (
            "broken_b_import/__init__.py:1: cannot be imported: No module named "
            "'no_such_module_anywhere'"
        ),
    ),
    "c-misspelt": ("refused", "unknown hook `steelyard_boooks`; did you mean `steelyard_books`?"),
    "d-repeats": (
        "refused",
        "broken_d_repeats/books/book.yaml: book `clinic/hygiene` is brought by plugin `a-good`",
    ),
    "e-raises": (
        "refused",
        "broken_e_raises/__init__.py:6: `steelyard_books` fails: the share is gone",
    ),
}
SCRIPT = """
import json, os, sys
from steelyard.errors import PluginError
from steelyard.plugins.installed import load_plugins
try:
    plugins = load_plugins(only=os.environ.get("STEELYARD_PLUGINS", ""), strict="--strict" in sys.argv)
except PluginError as error:
    sys.exit(f"error: {error}")
shown = [entry._asdict() | {"reason": entry.reason()} for entry in plugins.entries]
for entry in shown:
    del entry["faults"]
print(json.dumps({"plugins": shown, "faults": [fault.text() for fault in plugins.faults]}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment with all five distributions installed."""
    folder = tmp_path_factory.mktemp("broken")
    wheels = [
        wheel(folder, name, code, {"book.yaml": HEADER.format(id=book)} if book else {})
        for name, (code, book) in DISTRIBUTIONS.items()
    ]
    return installed(folder, wheels)


def run(python: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("STEELYARD", "PYTHON"))
    }
    environment["STEELYARD_PLUGINS"] = ",".join(DISTRIBUTIONS)
    return subprocess.run(
        [python, "-c", SCRIPT, *options],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )


def test_each_broken_plugin_is_named_and_skipped_and_the_good_one_works(python: Path) -> None:
    done = run(python)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    mine = {entry["name"]: entry for entry in told["plugins"] if entry["state"] != "blocked"}
    assert {name: (entry["state"], entry["reason"]) for name, entry in mine.items()} == REASONS
    assert told["faults"] == [
        f"plugin {name}: {reason}" for name, (_, reason) in REASONS.items() if reason
    ]
    assert mine["a-good"] == {
        "name": "a-good",
        "version": "0.3",
        "distribution": "steelyard-a-good",
        "state": "ok",
        "hooks": ["steelyard_books"],
        "books": ["clinic/hygiene@1.0.0"],
        "forms": [],
        "reason": "",
    }


def test_every_fault_is_fatal_when_strict(python: Path) -> None:
    done = run(python, "--strict")
    assert (done.returncode, done.stdout) == (1, "")
    for name, (_, reason) in REASONS.items():
        assert (f"plugin {name}: {reason}" in done.stderr) == bool(reason)
    assert "Traceback" not in done.stderr


def test_the_program_names_broken_plugins_and_goes_on(python: Path, tmp_path: Path) -> None:
    done = steelyard_in(python, tmp_path, "plugins", "--format", "json")
    assert done.returncode == 0
    told = {entry["name"]: entry for entry in json.loads(done.stdout)["plugins"]}
    assert {name: (told[name]["state"], told[name]["reason"]) for name in REASONS} == REASONS
    warnings = done.stderr.splitlines()
    assert sorted(warnings) == sorted(
        f"warning: plugin {name}: {reason}" for name, (_, reason) in REASONS.items() if reason
    )
    listed = steelyard_in(python, tmp_path, "books", "--format", "json")
    assert "clinic/hygiene" in {one["id"] for one in json.loads(listed.stdout)["books"]}


def test_the_program_stops_at_a_broken_plugin_when_strict(python: Path, tmp_path: Path) -> None:
    done = steelyard_in(python, tmp_path, "books", "--strict")
    assert (done.returncode, done.stdout) == (2, "")
    for name, (_, reason) in REASONS.items():
        assert (f"error: plugin {name}: {reason}" in done.stderr) == bool(reason)
    assert "Traceback" not in done.stderr


def test_a_blocked_plugin_is_out_of_the_way(python: Path, tmp_path: Path) -> None:
    broken = ",".join(name for name, (_, reason) in REASONS.items() if reason)
    done = steelyard_in(
        python, tmp_path, "--strict", "plugins", "--format", "json", STEELYARD_BLOCK=broken
    )
    assert (done.returncode, done.stderr) == (0, "")
    states = {entry["name"]: entry["state"] for entry in json.loads(done.stdout)["plugins"]}
    assert states["a-good"] == "ok"
    assert {states[name] for name in broken.split(",")} == {"blocked"}

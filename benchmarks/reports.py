"""Reports in every format: how they grow with the records of a case, and what a page costs beside
the page for the screen.

Figures are processor seconds of whole processes, children's included, in one run by turns.
"""

from __future__ import annotations

import itertools
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.rounds import ratio
from benchmarks.start import EXAMPLE

ROUNDS = 2
FEW, MANY = 200, 2000
FORMATS = ("html", "docx", "xlsx", "pdf")
_REGISTER = re.compile(r"^  breaches:\n(?P<rows>(?:    - .*\n)+)", re.MULTILINE)


def main() -> None:
    """Print how many times as long 2,000 records take as 200, and each format as html."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        text = EXAMPLE.read_text("utf-8")
        ids = {
            "example": _saved(place, "example", text),
            **{str(count): _saved(place, str(count), _grown(text, count)) for count in (FEW, MANY)},
        }
        found: dict[tuple[str, str], list[float]] = {}
        for _ in range(ROUNDS):
            for name, form in itertools.product(ids, FORMATS):
                found.setdefault((name, form), []).append(_took(place, name, ids[name], form))
    print(f"{ROUNDS} rounds by turns; how many times the processor time, median [quartiles]")
    for form in FORMATS:
        few, many = found[str(FEW), form], found[str(MANY), form]
        print(f"{form:5} {MANY} records against {FEW}      {ratio(many, few)}")
    for form in FORMATS[1:]:
        pair = found["example", form], found["example", "html"]
        print(f"{form:5} against html, the full example {ratio(*pair)}")


def _grown(text: str, count: int) -> str:
    """Return the case with its rows of breaches over and over, each with an id of its own."""
    rows = _REGISTER.search(text)
    assert rows is not None
    lines = itertools.islice(itertools.cycle(rows["rows"].splitlines()), count)
    own = (
        re.sub(r"id: [\w-]+", f"id: w-{place}", line, count=1) for place, line in enumerate(lines)
    )
    return text.replace(rows["rows"], "\n".join(own) + "\n")


def _saved(place: Path, name: str, text: str) -> str:
    """Weigh a case into a store of its own, and return the assessment's id."""
    (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    told = _run(place, "assess", f"{name}.yaml", "--db", f"{name}.db", "--format", "json")
    found = re.search(r'"id": ?"(\w+)"', told)
    assert found is not None
    return found[1]


def _took(place: Path, name: str, identity: str, form: str) -> float:
    """Return the processor seconds of one report."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(place, "report", identity, "--db", f"{name}.db", "-o", f"{name}.{form}", "--force")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(place: Path, *words: str) -> str:
    steelyard = str(Path(sys.executable).parent / "steelyard")
    told = {**os.environ, "STEELYARD_CACHE": str(place / "cache"), "LANG": "en_US.UTF-8"}
    ran = subprocess.run(
        [steelyard, *words], cwd=place, env=told, check=True, capture_output=True, text=True
    )
    return ran.stdout


if __name__ == "__main__":
    main()

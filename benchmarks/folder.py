"""A folder of case files weighed and saved through the real command line, against the same files
only parsed.

python -m benchmarks.folder              500 and 5,000 files, whole processes
python -m benchmarks.folder --cases 1000 fewer
python -m benchmarks.folder --stages     where one process spends its time
"""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml

EXAMPLE = (
    Path(__file__).parent.parent
    / "plugins/hospital/steelyard_hospital/examples/nine-prohibitions.yaml"
)
MANY = 5_000
ROUNDS = 2
T = TypeVar("T")


class Run(NamedTuple):
    """One whole process with all that it started: seconds, seconds of processor time, and the
    memory of the largest of them in MiB.
    """

    seconds: float
    worked: float
    largest: float


def write_cases(folder: Path, count: int) -> None:
    """Write cases of many hospitals: other figures, other ticks with every tenth left out, other
    breaches.
    """
    base: dict[str, Any] = yaml.load(EXAMPLE.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506  # builds texts only
    dice = random.Random(11)
    for number in range(count):
        case = deepcopy(base)
        case["subject"] = {"id": f"h-{number:05}", "name": f"第{number}医院"}
        _vary_facts(case["facts"], dice)
        people = [party["id"] for party in case["parties"] if party["kind"] == "person"]
        case["records"]["breaches"] = [
            _breach(place, people, dice) for place in range(dice.randint(0, 6))
        ]
        text = yaml.dump(
            case,
            Dumper=yaml.CSafeDumper,
            allow_unicode=True,
            sort_keys=False,
            default_flow_style=None,
            width=200,
        )
        (folder / f"h-{number:05}.yaml").write_text(text, encoding="utf-8")


def _vary_facts(facts: dict[str, Any], dice: random.Random) -> None:
    staff, departments = dice.randint(400, 900), dice.randint(20, 60)
    for name, most in (
        ("trained_staff", staff),
        ("reflections_submitted", staff),
        ("bulletins_received", staff),
        ("staff_informed", staff),
    ):
        facts[name]["value"] = str(dice.randint(most * 8 // 10, most))
    facts["medical_staff"]["value"] = str(staff)
    facts["departments_total"] = facts["departments_informed"] = str(departments)
    facts["departments_inspected"]["value"] = str(dice.randint(departments // 2, departments))
    facts["satisfaction"]["value"] = {"positive": str(dice.randint(400, 500)), "asked": "500"}
    for name, said in list(facts.items()):
        if said in {"yes", "no"} if isinstance(said, str) else False:
            facts[name] = dice.choice(("yes",) * 7 + ("no",) * 2 + ("unknown",))


def _breach(place: int, people: list[str], dice: random.Random) -> dict[str, str]:
    return {
        "id": f"b-{place}",
        "date": f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
        "prohibition": str(dice.randint(1, 9)),
        "person": dice.choice(people),
        "verified": dice.choice(("true", "true", "false", "unknown")),
        "severity": dice.choice(("minor", "serious", "grave")),
        "crime_suspected": dice.choice(("false", "false", "true")),
    }


def run(command: list[str], folder: str) -> Run:
    """Run a command to its end and return what it took; modules are kept compiled, as in any
    installation.
    """
    told = {**os.environ, "STEELYARD_CACHE": folder, "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
    told.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    with (Path(folder) / "out").open("w") as out:
        process = subprocess.Popen(command, env=told, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (Path(folder) / "out").read_text()[-2000:]
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def only_parse(folder: str) -> None:
    """Parse every file of a folder with PyYAML's fast loader, in as many processes as Steelyard
    takes.
    """
    files = sorted(Path(folder).iterdir())
    with ProcessPoolExecutor(
        len(os.sched_getaffinity(0)), mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        print(sum(pool.map(_parse, files, chunksize=16)))


def _parse(path: Path) -> int:
    return len(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def measure(cases: int = MANY) -> None:
    """Weigh and save few and many files, only parse as many, by turns; print ratios and memory."""
    few_cases = cases // 10
    steelyard = str(Path(sys.executable).parent / "steelyard")
    sides: dict[str, tuple[str, list[str]]] = {
        "few": ("few", []),
        "many": ("many", []),
        "json": ("many", ["--format", "json"]),
    }
    with tempfile.TemporaryDirectory() as home:
        few, many = Path(home) / "few", Path(home) / "many"
        for folder, count in ((few, few_cases), (many, cases)):
            folder.mkdir()
            write_cases(folder, count)
        parsing = [sys.executable, "-m", "benchmarks.folder", "--only-parse", str(many)]
        run([steelyard, "assess", str(few), "--db", str(Path(home) / "first.db")], home)
        run(parsing, home)
        found: dict[str, list[Run]] = {name: [] for name in (*sides, "parse")}
        for number in range(ROUNDS):
            for name, (folder_, more) in sides.items():
                db = str(Path(home) / f"{name}-{number}.db")
                weighing = [steelyard, "assess", str(Path(home) / folder_), "--db", db, *more]
                found[name].append(run(weighing, home))
            found["parse"].append(run(parsing, home))
        size = (Path(home) / "many-0.db").stat().st_size / cases
    for one in zip(*(found[name] for name in ("many", "json", "parse", "few")), strict=True):
        many_, json_, parse, few_ = one
        print(
            f"{cases} weighed and saved against only parsed "
            f"{many_.seconds / parse.seconds:.2f}, processor time "
            f"{many_.worked / parse.worked:.2f}; printed as JSON "
            f"{json_.seconds / parse.seconds:.2f}, {json_.worked / parse.worked:.2f}; "
            f"against {few_cases} weighed and saved "
            f"{many_.seconds / few_.seconds:.2f}; largest process {few_.largest:.0f} MiB "
            f"with {few_cases}, {many_.largest:.0f} MiB with {cases}; "
            f"{cases / many_.seconds:.0f} a second here and now"
        )
    print(f"the store takes {size / 1024:.1f} KiB a case")


def stages(count: int = 300) -> None:
    """Print how one process spends its processor time on a case, stage by stage."""
    from steelyard.case.formats.files import documents_in
    from steelyard.case.reading.read import parse_case
    from steelyard.cli.settings import Settings
    from steelyard.judging.assessment import weigh
    from steelyard.store.store import Store
    from steelyard.work.weighing import Result, entries, result_of

    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        start = time.process_time()
        done = work()
        spent[name] = spent.get(name, 0.0) + time.process_time() - start
        return done

    with tempfile.TemporaryDirectory() as home:
        write_cases(Path(home), count)
        settings = Settings("en")
        book = settings.book_for_case("hospital/nine-prohibitions", "")
        results: list[Result] = []
        for path in sorted(Path(home).iterdir()):
            timed("only parsed by PyYAML's fast loader", lambda path=path: _parse(path))  # type: ignore[misc]
            document = timed(
                "read YAML",
                lambda path=path: documents_in(path, settings.book_for_case)[0],  # type: ignore[misc]
            )
            case = timed(
                "type and check",
                lambda document=document, path=path: parse_case(document, book, str(path)),  # type: ignore[misc]
            )
            found = timed("judge", lambda case=case: weigh(book, case))  # type: ignore[misc]
            timed("reasons of findings", lambda found=found: found.findings)  # type: ignore[misc]
            results.append(
                timed(
                    "the document, the row and the surveys",
                    lambda found=found: result_of(found, settings.plugins.judge),  # type: ignore[misc]
                )
            )
        with Store.open(Path(home) / "cases.db") as store:
            timed("save", lambda: store.save(entries(results, settings)))
    parsing = spent.pop("only parsed by PyYAML's fast loader")
    whole = sum(spent.values())
    print(f"one process, {count} cases; share of processor time, and against only parsing the file")
    for name, seconds in spent.items():
        print(f"{name:28}{seconds / whole:7.1%}{seconds / parsing:8.2f}")
    print(f"{'all':28}{1:7.1%}{whole / parsing:8.2f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--only-parse", folder_]:
            only_parse(folder_)
        case ["--stages"]:
            stages()
        case ["--cases", count_]:
            measure(int(count_))
        case _:
            measure()

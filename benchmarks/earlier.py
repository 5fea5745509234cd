"""One case in process, by this version and by an earlier one, by turns.

    python -m benchmarks.earlier CHECKOUT

`CHECKOUT` is a checkout of the earlier version; each side weighs the scheme of its own tree, which
must come to the same points.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.rounds import ratio

ROUNDS, CASES = 41, 200
_WORKER = """
import sys, time
from benchmarks import scheme
try:
    from steelyard.judging.assessment import weigh
except ImportError:
    from steelyard.judge.assessment import judge as weigh
book, facts = scheme.book(), scheme.facts()
cases = {"whole": scheme.case(book, facts), "half": scheme.case(book, facts, half=True)}
def once(case):
    found = weigh(book, case)
    found.verdicts, found.ledger
    return found
print(*(sum(one.low for one in once(case).verdicts) for case in cases.values()), flush=True)
for line in sys.stdin:
    which, times = line.split()
    case, before = cases[which], time.process_time()
    for _ in range(int(times)):
        once(case)
    print(time.process_time() - before, flush=True)
"""


def main() -> None:
    """Print how many times as long this version takes as an earlier one."""
    trees = [Path(__file__).parents[1], Path(sys.argv[1])]
    workers = [_worker(tree.resolve()) for tree in trees]
    scores = [_answer(worker) for worker in workers]
    print("the rules' low ends, summed:", *scores, sep="\n  ")
    for which, what in (("whole", "a complete case"), ("half", "half of the case unknown")):
        times: list[list[float]] = [[], []]
        for turn in range(ROUNDS + 1):
            for side in (0, 1) if turn % 2 else (1, 0):
                taken = _ask(workers[side], f"{which} {CASES}")
                if turn:
                    times[side].append(taken)
        micro = [median(one) / CASES * 1e6 for one in times]
        print(f"{what}: {ratio(*times)}  ({micro[0]:.1f} against {micro[1]:.1f} µs)")
    for worker in workers:
        worker.kill()


def _worker(tree: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(tree), str(tree / "core")])
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER],
        env=os.environ | {"PYTHONPATH": path},
        cwd=tree,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(worker: subprocess.Popen[str], what: str) -> float:
    assert worker.stdin is not None
    worker.stdin.write(what + "\n")
    worker.stdin.flush()
    return float(_answer(worker))


def _answer(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


if __name__ == "__main__":
    main()

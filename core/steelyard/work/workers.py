"""Work in other processes: on every core, in the order in which it was asked for, and never longer
than the process that asked for it.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, TypeVar

from steelyard.errors import Fault, SteelyardError, fault

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

Task = TypeVar("Task")
Made = TypeVar("Made")
Crew = dict["Connection[Any, Any]", "SpawnProcess"]
Busy = dict["Connection[Any, Any]", deque[int]]
"""The numbers of the tasks that each process has, in the order in which it works at them."""

_MOST = 16
_END = os._exit
"""Kept, since plugins are kept from it while they run."""
_QUEUED = 2
"""Tasks a process has at a time: the one that it works at, and the next, so that it never waits."""
_AHEAD = 4
"""Tasks a process that are handed out, or whose results wait to be taken."""
_NO_MORE = object()
_TO_ALL = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGHUP", "SIGTERM") if hasattr(signal, name)
)
"""What a terminal or a supervisor sends to a command and all its workers: the command alone answers
it.
"""


def cores() -> int:
    """Return how many processes work at once."""
    return min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        _MOST,
    )


def made_apart(
    work: Callable[[Task], Made],
    tasks: Iterable[Task],
    start: Callable[..., None],
    told: tuple[Any, ...],
) -> Iterator[Made]:
    """Yield what `work` makes of each task, in their order; every process first calls `start` with
    what it is `told`.

    Only a few results a process wait to be taken, so that memory stays flat. Raises what `work`
    raises, and SteelyardError where a process is killed.
    """
    left = iter(tasks)
    first = list(islice(left, cores()))
    waiting = enumerate(chain(first, left))
    crew: Crew = {}
    busy: Busy = {}
    done: dict[int, Made] = {}
    taken = 0
    finished = False
    try:
        for _ in first:
            _join(crew, work, start, told)
        busy.update((one, deque()) for one in crew)
        while True:
            while taken in done:
                yield done.pop(taken)
                taken += 1
            _hand_out(waiting, crew, busy, len(done))
            working = [one for one, numbers in busy.items() if numbers]
            if not working:
                break
            for one in [one for one in wait(working) if isinstance(one, Connection)]:
                done[busy[one].popleft()] = _result(crew, one)
        finished = True
    finally:
        _dismiss(crew, at_once=not finished)


def _join(crew: Crew, work: Callable[..., Any], start: Callable[..., None], told: Any) -> None:
    """Start one process, which takes tasks from its own connection, so that the death of one never
    leaves another waiting.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work, start, told), daemon=True)
    crew[ours] = process
    with _unheard(), theirs:
        process.start()


def _hand_out(waiting: Iterator[tuple[int, Any]], crew: Crew, busy: Busy, kept: int) -> None:
    """Give every process a task, then every process its next, as long as few results are kept."""
    room = _AHEAD * len(crew) - kept - sum(map(len, busy.values()))
    for held in range(_QUEUED):
        for one in [one for one, numbers in busy.items() if len(numbers) == held]:
            for number, task in islice(waiting, min(room, 1)):
                _hand(crew, one, task)
                busy[one].append(number)
                room -= 1


def _hand(crew: Crew, to: Connection[Any, Any], task: object) -> None:
    try:
        to.send(task)
    except OSError:
        raise SteelyardError([_lost(crew[to])]) from None


def _result(crew: Crew, of: Connection[Any, Any]) -> Any:
    try:
        packed = of.recv_bytes()
    except (EOFError, OSError):
        raise SteelyardError([_lost(crew[of])]) from None
    made, error, trace = pickle.loads(packed)  # noqa: S301  # packed by our own process
    if error is not None:
        error.add_note(trace)
        raise error
    return made


def _lost(process: SpawnProcess) -> Fault:
    """Say how a process ended that should not have."""
    process.join()
    if process.exitcode is not None and process.exitcode < 0:
        return fault(
            "",
            "a worker process was killed by signal {number} before its work was done; perhaps "
            "there was not enough memory",
            number=-process.exitcode,
        )
    return fault(
        "",
        "a worker process ended by itself, with exit code {code}, before its work was done",
        code=process.exitcode,
    )


def _dismiss(crew: Crew, *, at_once: bool) -> None:
    """End every process: those that have nothing left to do by themselves."""
    for one, process in crew.items():
        one.close()
        if at_once and process.pid is not None:
            process.kill()
    for process in crew.values():
        if process.pid is not None:
            process.join()


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep from a process that is started meanwhile, for as long as it lives, what is sent to
    all.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # It is started with the first process otherwise, and then undoes what is done here.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TO_ALL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    tasks: Connection[Any, Any], work: Callable[..., Any], start: Callable[..., None], told: Any
) -> None:
    """Work in this process until there are no more tasks, or nobody who asks for them."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start(*told)
    taken: queue.SimpleQueue[object] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(tasks, taken), daemon=True).start()
    with suppress(OSError):
        while (task := taken.get()) is not _NO_MORE:
            tasks.send_bytes(_attempted(work, task))


def _take(tasks: Connection[Any, Any], taken: queue.SimpleQueue[object]) -> None:
    """Take tasks as they come, so that who hands the next one out never waits for this process."""
    try:
        with suppress(EOFError, OSError):
            while True:
                taken.put(tasks.recv())
    finally:
        taken.put(_NO_MORE)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        # However the parent ends, also killed: the system then closes what this waits for.
        parent.join()
        _END(1)


def _attempted(work: Callable[..., Any], task: object) -> bytes:
    """Return what is made of a task, or what was raised, as it is sent."""
    try:
        return pickle.dumps((work(task), None, ""), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001  # raised again where the work was asked for
        trace = traceback.format_exc()
        with suppress(Exception):
            packed = pickle.dumps((None, error, trace), pickle.HIGHEST_PROTOCOL)
            # What cannot be read again must not be sent.
            pickle.loads(packed)  # noqa: S301
            return packed
        return pickle.dumps((None, RuntimeError(trace), trace))

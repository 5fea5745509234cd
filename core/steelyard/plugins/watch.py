"""While a plugin's code runs: what it prints is kept apart and told under its name, it cannot end
the program, it has only so long, and what it changes of the process is put back.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn, TypeVar

from steelyard.errors import Fault, Word, fault
from steelyard.messages import reader_language, translator
from steelyard.plugins.printing import Apart, Printed, once, to_stderr
from steelyard.plugins.process_state import CannotPutBack, put_back
from steelyard.plugins.time_limit import Guard, hook_seconds

_WAYS_OUT = ("_exit", "abort", "execv", "execve")
_EXIT = os._exit

Given = TypeVar("Given")


class EndsProgram(BaseException):
    """A plugin has called what would end the program without a word."""


class Watch:
    """Runs plugins' code, one at a time: where the process prints, how it ends and its alarm are
    the whole process's.

    `heard` is told each line that a plugin prints; `slow` are the hooks of plugins that have taken
    too long, with what was said of them.
    """

    def __init__(self) -> None:
        self.heard: Callable[[Printed], None] = to_stderr
        self.slow: dict[tuple[str, str], Fault] = {}
        self._lock = threading.RLock()
        self._process = 0
        self._apart = Apart()
        self._guard = Guard()

    def start(self, heard: Callable[[Printed], None]) -> None:
        """Begin anew for plugins that are now loaded."""
        self.heard = once(heard)
        self.slow.clear()

    @property
    def watching(self) -> bool:
        """Whether a plugin's code runs in this very process."""
        return self._process == os.getpid()

    def run(self, plugin: str, call: Callable[[], Given]) -> Given:
        """Return what a call gives; raises what it raises, TakesTooLong or EndsProgram.

        What a plugin runs while another is watched is watched with that one.
        """
        with self._lock:
            if self.watching:
                return call()
            seconds = hook_seconds()
            self._process = os.getpid()
            changed: list[Word] = []
            try:
                with (
                    self._apart.kept(partial(self._tell, plugin)),
                    self._no_way_out(plugin),
                    put_back(changed.append),
                ):
                    return self._guard.limited(
                        partial(self._here, plugin, call),
                        seconds,
                        partial(self._leave, plugin, _too_long(seconds)),
                    )
            except CannotPutBack:
                self._leave(plugin, fault("", "{done}, which fails", done=changed[-1]))
            finally:
                self._process = 0
                for one in changed:
                    self._tell(plugin, one)

    def _tell(self, plugin: str, line: str) -> None:
        self.heard(Printed(plugin, line))

    def _here(self, plugin: str, call: Callable[[], Given]) -> Given:
        """Return what a call gives in the process that asked for it; a copy of the program, which a
        plugin has made by a fork, does not go on as the program.
        """
        process = os.getpid()
        try:
            return call()
        finally:
            if os.getpid() != process:
                self._end_copy(plugin, sys.exc_info()[1])

    def _end_copy(self, plugin: str, error: BaseException | None) -> NoReturn:
        if isinstance(error, SystemExit):
            # It has done what it was made for.
            _EXIT(error.code if isinstance(error.code, int) else int(error.code is not None))
        said = Word(
            "makes a copy of the program (fork) that would go on as the program; it is ended"
        )
        to_stderr(Printed(plugin, said), self._apart.ours)
        _EXIT(2)

    def _leave(self, plugin: str, one: Fault) -> NoReturn:
        """End the program with the name of a plugin after which it cannot go on."""
        say = translator(reader_language())
        whole = one._replace(plugin=plugin)
        os.write(self._apart.ours, f"{say('error')}: {whole.text(say)}\n".encode())
        _EXIT(2)

    @contextmanager
    def _no_way_out(self, plugin: str) -> Iterator[None]:
        """Bar what ends this program without a word, also at its end; programs that a plugin starts
        end as they like.
        """
        modules: list[Any] = [os, sys.modules[os.name]]
        meant: list[tuple[Any, str, Callable[..., Any]]] = [
            (one, name, self._barred(getattr(one, name))) for one in modules for name in _WAYS_OUT
        ]
        meant.append((atexit, "register", partial(self._at_exit, plugin, atexit.register)))
        was = [(one, name, getattr(one, name)) for one, name, _ in meant]
        for module, name, ours in meant:
            setattr(module, name, ours)
        try:
            yield
        finally:
            for module, name, real in was:
                setattr(module, name, real)

    def _at_exit(
        self,
        plugin: str,
        register: Callable[..., object],
        function: Callable[..., Any],
        *given: Any,
        **more: Any,
    ) -> Callable[..., Any]:
        """Register what a plugin wants to be run when the program ends, under watch then too."""
        register(_AtExit(self, plugin, function), *given, **more)
        return function

    def _barred(self, real: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
        def ends(*given: Any, **more: Any) -> NoReturn:
            if self.watching:
                raise EndsProgram
            real(*given, **more)

        return ends


class _AtExit:
    """A plugin's function that is run when the program ends, and can be taken back until then."""

    def __init__(self, watch: Watch, plugin: str, function: Callable[..., Any]) -> None:
        self._watch, self._plugin, self._function = watch, plugin, function

    def __call__(self, *given: Any, **more: Any) -> None:
        try:
            self._watch.run(self._plugin, partial(self._function, *given, **more))
        except BaseException:  # noqa: BLE001  # the answer is complete, and the exit code stands
            self._watch.heard(Printed(self._plugin, Word("fails when the program ends")))

    def __eq__(self, other: object) -> bool:
        return other is self or other == self._function

    def __hash__(self) -> int:
        return hash(self._function)


def _too_long(seconds: float) -> Fault:
    return fault("", "takes longer than {seconds} s and cannot be stopped", seconds=f"{seconds:g}")


# What is watched is the process's own, of which there is one.
WATCH = Watch()

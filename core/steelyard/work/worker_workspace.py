"""The workspace of a worker process, whose plugins are heard where the work was asked for."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NamedTuple

from steelyard.plugins.printing import Printed
from steelyard.work.workspace import Said, Workspace


class Start(NamedTuple):
    """What a worker starts from."""

    folders: tuple[str, ...]
    strict: bool
    refused: tuple[tuple[str, str], ...]
    evidence: str


def start_of(workspace: Workspace) -> Start:
    """Return what lets workers find what a workspace has."""
    return Start(workspace.folders, workspace.strict, workspace.plugins.refused, workspace.evidence)


class WorkerWorkspace(Workspace):
    """Plugins and books, found once in each worker; the parent has named those refused."""

    def __init__(self, start: Start) -> None:
        """Load the plugins; what they print while they are loaded has been told by the parent."""
        super().__init__(folders=start.folders, strict=start.strict)
        self.refused = start.refused
        self.evidence = start.evidence
        # What is printed when no plugin is asked, as at the end, the parent prints as well.
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        with suppress(OSError):
            os.dup2(sys.stdout.fileno(), 1)
        self._printed: list[Printed] = []
        self._settled = False
        self.plugins.versions()
        self.said()

    def relay(self, one: Printed) -> None:
        """Keep what a plugin printed for the parent."""
        self._printed.append(one)

    def settle(self) -> None:
        """Leave plugins and books, once they have been used, out of what is looked over for
        garbage; only the first call does.
        """
        if not self._settled:
            self._settled = True
            gc.collect()
            gc.freeze()

    def said(self) -> Said:
        """Return what plugins did wrong and printed since this was last asked."""
        said = tuple(one for one in self.notices if one.plugin), tuple(self._printed)
        self.notices.clear()
        self._printed.clear()
        return said

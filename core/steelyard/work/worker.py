"""The workspace of a worker process, whose plugins are heard where the work was asked for."""

from __future__ import annotations

import os
import sys

from steelyard.errors import Fault
from steelyard.work.workspace import Said, Workspace


class WorkerWorkspace(Workspace):
    """Plugins and books, found once in each worker; the parent has named those refused."""

    def __init__(self, folders: tuple[str, ...], *, strict: bool) -> None:
        """Load the plugins; what they print while they are loaded has been told by the parent."""
        super().__init__(folders=folders, strict=strict)
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        self._printed: list[Fault] = []
        self.plugins.versions()
        self.said()

    def relay(self, one: Fault) -> None:
        """Keep what a plugin printed for the parent."""
        self._printed.append(one)

    def said(self) -> Said:
        """Return what plugins did wrong and printed since this was last asked."""
        said = tuple(one for one in self.notices if one.plugin), tuple(self._printed)
        self.notices.clear()
        self._printed.clear()
        return said

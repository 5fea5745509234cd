"""Plugins put on the path as an installer would, with metadata and entry points of their own."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest


class Site:
    """A folder on the path, into which plugins are put as an installer would."""

    def __init__(self, folder: Path, head: str = "") -> None:
        """Take the folder, and the lines with which every plugin begins."""
        self.folder = folder
        self.head = head

    def put(
        self,
        name: str,
        code: str,
        *,
        books: dict[str, str] | None = None,
        point: str = "",
        target: str = "",
    ) -> str:
        """Put one plugin and return its module's name, new for every test since modules are
        imported once.
        """
        module = f"plug_{abs(hash(self.folder)) % 10**8}_{name}"
        package = self.folder / module
        package.mkdir()
        (package / "__init__.py").write_text(self.head + code, "utf-8")
        for file, text in (books or {}).items():
            path = package / "books" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        info = self.folder / f"steelyard_{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: steelyard-{name}\nVersion: 1.2\n"
        )
        (info / "entry_points.txt").write_text(
            f"[steelyard]\n{point or name} = {target or module}\n"
        )
        return module


def only_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str) -> Site:
    """Return a folder on the path of this process, beside which nothing that is installed is
    seen.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def found(_context: object = None) -> list[metadata.PathDistribution]:
        return [metadata.PathDistribution(info) for info in sorted(folder.glob("*.dist-info"))]

    monkeypatch.setattr(
        "importlib.metadata.MetadataPathFinder.find_distributions", staticmethod(found)
    )
    return Site(folder, head)

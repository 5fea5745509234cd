"""The skeleton of a plugin for a further sector."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from steelyard.errors import UsageError, fault, refusal
from steelyard.files import new_folder, placed
from steelyard.located_yaml import UNPRINTABLE
from steelyard.version import VERSION
from steelyard.work.workspace import Workspace

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 40
_LONGEST_TITLE = 40
_SUFFIX = ".in"


def write_skeleton(
    workspace: Workspace, name: str, folder: str, *, zh: str = "", en: str = ""
) -> Path:
    """Write steelyard-NAME into a folder, all files or none, and return where; `zh` and `en` are
    the sector's titles.

    The schema by which editors complete and check its books stands beside them. Raises UsageError
    where a plugin cannot bear the name, or the place cannot be written.
    """
    from steelyard.book.schema import book_schema

    _allow(workspace, name)
    titles = {"zh": zh.strip() or name, "en": en.strip() or name.replace("-", " ").capitalize()}
    for language, title in titles.items():
        if len(title) > _LONGEST_TITLE or UNPRINTABLE.search(title) or "\n" in title:
            raise UsageError(
                [
                    fault(
                        f"new-plugin: --{language}",
                        "`{text}` cannot be a title: one line of at most {count} characters",
                        text=title,
                        count=_LONGEST_TITLE,
                    )
                ]
            )
    whole = Path(folder) / f"steelyard-{name}"
    schema = json.dumps(book_schema(workspace.forms), ensure_ascii=False, indent=2)
    _write(whole, {**dict(_rendered(name, titles)), "book.schema.json": f"{schema}\n"})
    return whole


def _allow(workspace: Workspace, name: str) -> None:
    """Raise UsageError where a plugin cannot bear the name."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        plain = (
            re.sub(r"[^a-z0-9]+", "-", name.lower())
            .strip("-0123456789")[:_LONGEST_NAME]
            .rstrip("-")
        )
        raise UsageError(
            [
                fault(
                    "new-plugin",
                    "`{name}` cannot be the name of a sector: small letters, digits and "
                    "single hyphens, at most {count}",
                    plain if plain != name and _NAME.fullmatch(plain) else "",
                    name=name,
                    count=_LONGEST_NAME,
                )
            ]
        )
    if name.startswith("steelyard-"):
        raise UsageError(
            [
                fault(
                    "new-plugin",
                    "`{name}` would be called steelyard-{name}",
                    name.removeprefix("steelyard-"),
                    name=name,
                )
            ]
        )
    sectors = {
        source.id.partition("/")[0]: source.plugin or source.origin
        for source in workspace.library.sources
    }
    taken = sectors | {entry.name: entry.distribution for entry in workspace.plugins.entries}
    if name in taken:
        raise UsageError(
            [
                fault(
                    "new-plugin",
                    "there is a sector `{name}` already, from {origin}",
                    name=name,
                    origin=taken[name],
                )
            ]
        )


def _rendered(name: str, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the path and text of every file of the skeleton."""
    module = f"steelyard_{name.replace('-', '_')}"
    zh, en = titles["zh"], titles["en"]
    said = {
        "name": name,
        "module": module,
        "version": VERSION,
        "zh_text": zh,
        "en_text": en,
        "zh_service": _quoted(f"{zh}服务"),
        "en_service": _quoted(f"{en}: service"),
        "zh_unit": _quoted(f"某市第一{zh}"),
        "zh_other": _quoted(f"某市第二{zh}"),
    }
    for path, file in _files(files("steelyard") / "scaffold", ""):
        steps = [{"module": module, "sector": name}.get(step, step) for step in path.split("/")]
        yield (
            "/".join(steps).removesuffix(_SUFFIX),
            Template(file.read_text(encoding="utf-8")).substitute(said),
        )


def _quoted(text: str) -> str:
    """Return a text as YAML and JSON both quote it."""
    return json.dumps(text, ensure_ascii=False)


def _files(folder: Traversable, lead: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _files(entry, f"{lead}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield lead + entry.name, entry


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files or none; raises UsageError where the folder is there already or cannot be
    written.
    """
    if os.path.lexists(folder):
        raise UsageError([placed(folder)])
    try:
        with suppress(FileExistsError):
            folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            [fault(str(folder), "cannot be written: {problem}", problem=refusal(problem))]
        ) from None
    with new_folder(folder) as unfinished:
        for path, text in texts.items():
            file = unfinished / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")

"""Finding the installed plugins: their entry points, and what their distributions say of
themselves, which may be spoilt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from importlib import metadata
from pathlib import Path, PurePath

from steelyard.errors import Fault, fault, refusal, safe

GROUP = "steelyard"
_POINTS = "entry_points.txt"


def discover() -> tuple[list[metadata.EntryPoint], list[Fault]]:
    """Return the installed entry points by name, and the faults of metadata that cannot be read."""
    points: list[metadata.EntryPoint] = []
    try:
        points += metadata.entry_points(group=GROUP)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # one distribution's spoilt metadata must not hide the others
        for distribution in metadata.distributions():
            with contextlib.suppress(Exception):
                points += [point for point in distribution.entry_points if point.group == GROUP]
    points.sort(key=lambda point: (point.name, distribution_of(point)))
    return points, _unread({_folder(point.dist) for point in points if point.dist is not None})


def _unread(read: Collection[str]) -> list[Fault]:
    """Return a fault for each distribution with plugins of which none was read: the import system
    takes a file that may not be opened for one that is not there.
    """
    faults: list[Fault] = []
    known = {_name_of(folder) for folder in read}
    for distribution in metadata.distributions():
        folder = _folder(distribution)
        if _name_of(folder) in known or not Path(folder, _POINTS).exists():
            continue
        known.add(_name_of(folder))
        try:
            text = distribution.read_text(_POINTS)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  # whatever a reader of spoilt bytes raises
            text = None
        hidden = text is None or f"[{GROUP}]" in text
        if hidden:
            message = "`{file}` of distribution `{name}` cannot be read"
            name = _name_of(folder).replace("_", "-")
            faults.append(fault("", message, file=_POINTS, name=safe(name)))
    return faults


def _folder(distribution: metadata.Distribution) -> str:
    """Return where a distribution keeps what it says of itself; empty where that is no folder."""
    return str(getattr(distribution, "_path", ""))


def _name_of(folder: str) -> str:
    return PurePath(folder).name.partition("-")[0]


def distribution_of(
    point: metadata.EntryPoint, unread: list[Fault] | None = None
) -> tuple[str, str]:
    """Return a plugin's distribution and version, both empty where they are not known; note in
    `unread` that they could not be read.
    """
    if point.dist is None:
        return "", ""
    found = fault("METADATA", "does not say which distribution this is, and of what version")
    name = version = ""
    try:
        # Read once: name and version would each read it again. What may not be read says nothing.
        says = point.dist.metadata
        name, version = safe(str(says["Name"] or "")), safe(str(says["Version"] or ""))
    except OSError as error:
        found = fault("METADATA", "cannot be read: {reason}", reason=refusal(error))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001, S110  # whatever a reader of spoilt metadata raises
        pass
    if unread is not None and not (name and version):
        unread.append(found)
    return name, version

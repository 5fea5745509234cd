"""Running a program that must obey file permissions, also where the tests run as root."""

from __future__ import annotations

import os
import shutil

import pytest


def obedient() -> list[str]:
    """Return the words to put before a command so that it may not read or write what permissions
    forbid.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root obeys no permissions, and there is no `setpriv` (util-linux) to make it")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]

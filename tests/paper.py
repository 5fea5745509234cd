"""What a machine needs to set pages on paper, and a font that has no Chinese."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from importlib.resources import files

import pytest


def on_paper() -> None:
    """Skip where no PDF with Chinese can be made."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError, UserWarning) as error:
        pytest.skip(f"needs WeasyPrint and Pango (libpango-1.0-0 libpangoft2-1.0-0): {error}")
    if not _chinese():
        pytest.skip("needs a Chinese font (fonts-noto-cjk) and fc-list (fontconfig)")


@cache
def _chinese() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout)


def font_without_chinese() -> str:
    """Return the path of a font for Latin letters alone, which comes with a library of the
    tests.
    """
    return str(files("matplotlib").joinpath("mpl-data", "fonts", "ttf", "DejaVuSans.ttf"))

"""The run of these tests itself: what is skipped where everything is said to be there fails it, in
one process and in several.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = "pytester"

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPED = {
    "a test": "def test_one():\n    pytest.skip('no office program')\n",
    "a module": "pytest.skip('no office program', allow_module_level=True)\n",
}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a project with the settings of ours."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini("[pytest]\naddopts = -p no:hypothesispytest\n")
    pytester.makeconftest(CONFTEST.read_text("utf-8"))
    return pytester


def run(project: pytest.Pytester, skipped: str, processes: str) -> int | pytest.ExitCode:
    """Return how a run with a sound test ends, and one that is skipped."""
    project.makepyfile(
        test_skipped=f"import pytest\n{skipped}", test_sound="def test_two():\n    pass\n"
    )
    return project.runpytest_subprocess("-n", processes).ret


@pytest.mark.parametrize("processes", ["0", "1"])
@pytest.mark.parametrize("skipped", SKIPPED.values(), ids=SKIPPED)
def test_what_is_skipped_fails_a_run_in_which_all_is_there(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, processes: str, skipped: str
) -> None:
    monkeypatch.setenv("STEELYARD_NO_SKIPS", "1")
    assert run(project, skipped, processes) == pytest.ExitCode.TESTS_FAILED


def test_elsewhere_what_is_skipped_fails_nothing(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEELYARD_NO_SKIPS", raising=False)
    assert run(project, SKIPPED["a test"], "1") == pytest.ExitCode.OK

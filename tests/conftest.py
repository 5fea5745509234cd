"""What tests share: the books of the installed plugins."""

from __future__ import annotations

import os
import tempfile

import pytest

from steelyard.book.library import Library
from steelyard.plugins.installed import Plugins, load_plugins


def pytest_configure(config: pytest.Config) -> None:
    """Keep the books that tests read apart from the user's own, in one place for all processes of
    a run.
    """
    if hasattr(config, "workerinput"):
        return
    folder, patch = tempfile.TemporaryDirectory(prefix="steelyard-"), pytest.MonkeyPatch()
    patch.setenv("STEELYARD_CACHE", folder.name)
    config.add_cleanup(patch.undo)
    config.add_cleanup(folder.cleanup)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Keep a run of one file in one process, which starts sooner; None leaves it to
    pytest-xdist.
    """
    named = [one.partition("::")[0] for one in config.args]
    return 0 if len(set(named)) == 1 and named[0].endswith((".py", ".yaml")) else None


# The files that take longest, the longest first.
LONGEST = (
    "test_new_plugin.py",
    "test_report.py",
    "test_edges.py",
    "test_fuzz.py",
    "test_laws.py",
    "test_change.py",
    "test_commands.py",
    "test_bulk_differential.py",
    "test_report_page.py",
    "test_libreoffice.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that the processes of a run end together."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """Return the installed plugins; a bad one fails the run."""
    return load_plugins(strict=True)


@pytest.fixture(scope="session")
def library(plugins: Plugins) -> Library:
    """Return the books of the installed plugins."""
    return Library(plugins.sources, (), plugins.measures)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which anything was skipped, where STEELYARD_NO_SKIPS says that everything is
    there.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        os.environ.get("STEELYARD_NO_SKIPS")
        and reporter is not None
        and reporter.stats.get("skipped")
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

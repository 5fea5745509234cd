"""What tests share: the books of the installed plugins."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from steelyard.book.library import Library
from steelyard.plugins.installed import Plugins, load_plugins


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the books that tests read apart from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


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

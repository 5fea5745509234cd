"""Plugins: what they bring, and the hooks through which they are asked; a bad one is named and the
rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from steelyard.book.library import Source
from steelyard.errors import Fault, PluginError, fault, nearest
from steelyard.forms.table import Forms, with_forms
from steelyard.plugins.failures import failed, named, package_of
from steelyard.plugins.forms import FormBrought
from steelyard.plugins.loading import Call, Loading, Plugin, discover

if TYPE_CHECKING:
    import click

    from steelyard.book.model import Measure, Rule
    from steelyard.case.model import Case
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Finding
    from steelyard.messages import Language

__all__ = ["Plugin", "Plugins", "load_plugins"]


class Plugins:
    """The plugins in use: what they bring, and the hooks through which they are asked.

    A hook that fails is named in `faults` and the others go on; when strict it raises PluginError.
    """

    def __init__(
        self,
        entries: Iterable[Plugin] = (),
        sources: Iterable[Source] = (),
        measures: Mapping[str, Measure] = MappingProxyType({}),
        forms: Mapping[str, FormBrought] = MappingProxyType({}),
        calls: Mapping[str, tuple[Call, ...]] = MappingProxyType({}),
        faults: Iterable[Fault] = (),
        *,
        strict: bool = False,
    ) -> None:
        """Keep what was loaded: `forms` by their keys; `calls` holds the implementations of each
        hook in the order in which they are asked.
        """
        self.entries = tuple(entries)
        self.sources = tuple(sources)
        self.measures = measures
        self.forms = forms
        self._calls = calls
        self._faults = {one.text(): one for one in faults}
        self._strict = strict
        self._failures = 0

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return everything found wrong so far, each once."""
        return tuple(self._faults.values())

    @property
    def all_forms(self) -> Forms:
        """Return the scoring forms of the core and those that plugins bring."""
        return with_forms(one.form for one in self.forms.values())

    @property
    def listens(self) -> bool:
        """Whether any plugin wants to hear of saved assessments."""
        return bool(self._calls.get("steelyard_assessed"))

    def versions(self) -> dict[str, str]:
        """Return the version of every plugin in use, by its name."""
        return {entry.name: entry.version for entry in self.entries if entry.state == "ok"}

    def judge(self, rule: Rule, case: Case) -> Finding | None:
        """Return the first plugin's finding of a `judged` rule, or None when no plugin judges
        it.
        """
        for call in self._calls.get("steelyard_judge", ()):
            found = self._ask(call, rule=rule, case=case)
            if found is None:
                continue
            from steelyard.judging.findings import Finding

            if isinstance(found, Finding):
                return found
            self._report(
                call,
                fault(
                    "", "`{hook}` must give a finding, not `{value}`", hook=call.hook, value=found
                ),
            )
        return None

    def report_sections(self, assessment: Assessment, language: Language) -> list[tuple[str, str]]:
        """Return the further sections of a report, title and text."""
        sections: list[tuple[str, str]] = []
        for call in self._calls.get("steelyard_report_sections", ()):
            match self._ask(call, assessment=assessment, language=language):
                case None:
                    continue
                case [*found] if all(_is_section(section) for section in found):
                    sections.extend((title, text) for title, text in found)
                case found:
                    self._report(
                        call,
                        fault(
                            "",
                            "`{hook}` must give titles and texts, not `{value}`",
                            hook=call.hook,
                            value=found,
                        ),
                    )
        return sections

    def add_commands(self, app: click.Group) -> None:
        """Let the plugins add commands; one that fails, or takes the place of a command, adds
        none.
        """
        import click

        for call in self._calls.get("steelyard_commands", ()):
            before = dict(app.commands)
            taken = {name: before.get(name) for name in app.list_commands(click.Context(app))}
            failures = self._failures
            self._ask(call, app=app)
            clashes = [name for name, old in taken.items() if app.commands.get(name) is not old]
            if clashes or self._failures > failures:
                app.commands.clear()
                app.commands.update(before)
            for name in clashes:
                self._report(call, fault("", "there is a command `{name}` already", name=name))

    def assessed(self, assessment: Assessment) -> None:
        """Tell the plugins of an assessment that has just been saved."""
        for call in self._calls.get("steelyard_assessed", ()):
            self._ask(call, assessment=assessment)

    def _ask(self, call: Call, **given: object) -> Any:
        """Return the answer of one plugin, or None after reporting how it failed."""
        try:
            return call(**given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever a plugin raises must not end the program
            self._report(call, failed(error, package_of(call.function), call.hook), error)
            return None

    def _report(self, call: Call, one: Fault, error: BaseException | None = None) -> None:
        whole = named(call.plugin, one)
        if self._strict:
            raise PluginError([whole]) from error
        self._failures += 1
        self._faults.setdefault(whole.text(), whole)


def load_plugins(*, only: str = "", block: str = "", strict: bool = False) -> Plugins:
    """Return the installed plugins.

    `only` and `block` are the texts of STEELYARD_PLUGINS and STEELYARD_BLOCK: names parted by
    commas; an empty `only` allows all. When strict, any fault raises PluginError with all of them.
    """
    points, faults = discover()
    allowed, blocked = _names(only), _names(block)
    known = {point.name for point in points}
    for variable, names in (("STEELYARD_PLUGINS", allowed), ("STEELYARD_BLOCK", blocked)):
        faults.extend(
            fault(variable, "no plugin is called `{name}`", nearest(name, known), name=name)
            for name in names
            if name not in known
        )
    loading = Loading()
    for point in points:
        if allowed and point.name not in allowed:
            loading.block(point, fault("", "is not in the list `STEELYARD_PLUGINS`"))
        elif point.name in blocked:
            loading.block(point, fault("", "is in the list `STEELYARD_BLOCK`"))
        else:
            loading.take(point)
    for entry in loading.entries:
        if entry.state == "refused":
            faults.extend(named(entry.name, one) for one in entry.faults)
    if strict and faults:
        raise PluginError(faults)
    return Plugins(
        loading.entries,
        loading.sources,
        loading.measures,
        loading.forms,
        loading.calls(),
        faults,
        strict=strict,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _is_section(section: object) -> bool:
    match section:
        case [str(), str()]:
            return True
    return False

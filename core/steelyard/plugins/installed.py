"""Plugins: what they bring, and the hooks through which they are asked; a bad one is named and the
rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from steelyard.book.library import Source
from steelyard.errors import Fault, PluginError, fault, nearest, safe
from steelyard.forms.table import Forms, with_forms
from steelyard.plugins.asking import ask, cleaned, described, is_title, listed
from steelyard.plugins.distributions import discover
from steelyard.plugins.failures import named, package_of
from steelyard.plugins.forms import FormBrought
from steelyard.plugins.loading import Call, Loading, Plugin
from steelyard.plugins.printing import Printed, to_stderr
from steelyard.plugins.time_limit import hook_seconds
from steelyard.plugins.watch import WATCH

if TYPE_CHECKING:
    import click

    from steelyard.book.model import Measure, Rule
    from steelyard.case.model import Case
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Finding
    from steelyard.messages import Language

__all__ = ["Plugin", "Plugins", "load_plugins"]


def _nobody(_faults: Iterable[Fault]) -> None:
    return None


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
        tell: Callable[[Iterable[Fault]], None] = _nobody,
    ) -> None:
        """Keep what was loaded: `forms` by their keys; `calls` holds the implementations of each
        hook in the order in which they are asked. `tell` hears of what goes wrong later.
        """
        self.entries = tuple(entries)
        self.sources = tuple(sources)
        self.measures = measures
        self.forms = forms
        self._calls = calls
        self._faults = {one.text(): one for one in faults}
        self._strict = strict
        self._tell = tell
        self._apps: list[click.Group] = []

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

    @property
    def refused(self) -> tuple[tuple[str, str], ...]:
        """Return the name and distribution of every plugin that was refused."""
        return tuple((one.name, one.distribution) for one in self.entries if one.state == "refused")

    def versions(self) -> dict[str, str]:
        """Return the version of every plugin in use, by its name."""
        return {entry.name: entry.version for entry in self.entries if entry.state == "ok"}

    def judge(self, rule: Rule, case: Case) -> Finding | None:
        """Return the first plugin's finding of a `judged` rule, or None when no plugin judges
        it.
        """
        for call in self._calls.get("steelyard_judge", ()):
            found = self._ask(call, partial(_found, call), rule=rule, case=case)
            if found is not None:
                return cast("Finding", found)
        return None

    def report_sections(self, assessment: Assessment, language: Language) -> list[tuple[str, str]]:
        """Return the further sections of a report, title and text."""
        sections: list[tuple[str, str]] = []
        for call in self._calls.get("steelyard_report_sections", ()):
            check = partial(_sections, call.hook)
            sections += self._ask(call, check, assessment=assessment, language=language) or ()
        return sections

    def add_commands(self, app: click.Group) -> None:
        """Let the plugins add commands, once; one that fails, or takes the place of a command, adds
        none.
        """
        import click

        from steelyard.plugins.commands import answering

        if app in self._apps:
            return
        self._apps.append(app)
        brought: dict[str, str] = {}
        for call in self._calls.get("steelyard_commands", ()):
            own = dict(app.commands)
            context = click.Context(app)
            there = {name: own.get(name) for name in app.list_commands(context)}
            # What is wrong with them; None where the plugin itself fails.
            wrong = self._ask(call, partial(_commands, app, there, brought), app=app)
            if wrong is None or wrong:
                app.commands.clear()
                app.commands.update(own)
            for one in wrong or ():
                self._report(call, one)
            for name in set(app.commands) - set(own):
                brought[name] = call.plugin
                answering(app.commands[name], call.plugin, package_of(call.function))

    def assessed(self, assessment: Assessment) -> None:
        """Tell the plugins of an assessment that has just been saved."""
        for call in self._calls.get("steelyard_assessed", ()):
            self._ask(call, lambda _: None, assessment=assessment)

    def hear(self, faults: Iterable[Fault]) -> None:
        """Take in what a plugin did wrong in another process."""
        for one in faults:
            self._note(one)

    def _ask(self, call: Call, check: Callable[[Any], Any], **given: object) -> Any:
        """Return what `check` makes of the answer of one plugin, or None after reporting what is
        wrong.
        """
        try:
            package = package_of(call.function)
            return ask(call.plugin, package, call.hook, lambda: check(call(**given)))
        except PluginError as error:
            for one in error.faults:
                self._report(call, one, error)
            return None

    def _report(self, call: Call, one: Fault, error: BaseException | None = None) -> None:
        whole = one if one.plugin else named(call.plugin, one)
        if self._strict:
            raise PluginError([whole]) from error
        self._note(whole)

    def _note(self, one: Fault) -> None:
        if self._faults.setdefault(one.text(), one) is one:
            self._tell([one])


def load_plugins(
    *,
    only: str = "",
    block: str = "",
    refused: Collection[tuple[str, str]] = (),
    strict: bool = False,
    tell: Callable[[Iterable[Fault]], None] = _nobody,
    heard: Callable[[Printed], None] = to_stderr,
) -> Plugins:
    """Return the installed plugins.

    `only` and `block` are the texts of STEELYARD_PLUGINS and STEELYARD_BLOCK: names parted by
    commas; an empty `only` allows all. `refused` are those that were refused before, by name and
    distribution: they are passed over without being loaded again. `tell` hears of what goes wrong
    once they are loaded, `heard` of each line that they print, from now on. When strict, any fault
    raises PluginError with all of them. Raises UsageError for a bad STEELYARD_HOOK_SECONDS.
    """
    hook_seconds()
    WATCH.start(heard)
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
            unwanted = fault("", "is not in the list `STEELYARD_PLUGINS`")
            faults += loading.block(point, unwanted)
        elif point.name in blocked:
            faults += loading.block(point, fault("", "is in the list `STEELYARD_BLOCK`"))
        elif not loading.is_one_of(refused, point):
            loading.take(point)
    for entry in loading.entries:
        if entry.state != "blocked":
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
        tell=tell,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _found(call: Call, found: Any) -> Finding | None:
    """Return a plugin's finding, with who made it; raises PluginError for what is none."""
    if found is None:
        return None
    from steelyard.judging.findings import Finding, JudgedBy

    hook = call.hook
    if not isinstance(found, Finding):
        message = "`{hook}` must give a finding, not `{value}`"
        raise PluginError([fault("", message, hook=hook, value=described(found))])
    for end in (found.low, found.high):
        if isinstance(end, bool) or not isinstance(end, (int, Decimal)):
            message = "`{hook}` must give points as Decimal or whole numbers, not `{value}`"
            raise PluginError([fault("", message, hook=hook, value=described(end))])
    why = found.because
    if why is not None and not (is_title(why) and all(why)):
        message = "`{hook}` must give a reason in both languages (`Title`), not `{value}`"
        raise PluginError([fault("", message, hook=hook, value=described(why))])
    made = JudgedBy(*found)._replace(because=why and cleaned(why))
    made.plugin = call.plugin
    return made


def _commands(
    app: click.Group,
    there: Mapping[str, click.Command | None],
    brought: Mapping[str, str],
    _given: object,
) -> list[Fault]:
    from steelyard.plugins.commands import added

    return added(app, there, brought)


def _sections(hook: str, given: Any) -> list[tuple[str, str]]:
    """Return sections without what steers a terminal; raises PluginError for what are none."""
    if given is None:
        return []
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        sections = listed(given, hook)
        if all(_is_section(one) for one in sections):
            return [(safe(title), _text(text)) for title, text in sections]
    message = "`{hook}` must give titles and texts, not `{value}`"
    raise PluginError([fault("", message, hook=hook, value=described(given))])


def _text(text: str) -> str:
    return "\n".join(map(safe, text.splitlines()))


def _is_section(section: object) -> bool:
    match section:
        case [str(), str()]:
            return True
    return False

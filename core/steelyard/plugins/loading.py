"""Loading plugins one by one: what each brings is checked before any of it is used."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pluggy import PluginManager

from steelyard import hookspecs
from steelyard.book.library import Found, Source, scan
from steelyard.errors import Fault, PluginError, fault, nearest, safe
from steelyard.plugins.asking import ask, cleaned, described, is_title, listed
from steelyard.plugins.distributions import GROUP, distribution_of
from steelyard.plugins.failures import named, said_by, short
from steelyard.plugins.forms import HOOK, FormBrought, forms_of, hold
from steelyard.plugins.watch import WATCH

if TYPE_CHECKING:
    from importlib import metadata

    from steelyard.book.model import Measure
    from steelyard.forms.form import Form

HOOKS: tuple[str, ...] = tuple(name for name in vars(hookspecs) if name.startswith("steelyard_"))
_TARGET = re.compile(r"[\w.]+\s*(:\s*[\w.]+\s*)?(\[.*\])?")
_TRAVERSABLE = ("name", "is_file", "is_dir", "iterdir", "read_bytes", "joinpath")


class Plugin(NamedTuple):
    """One plugin that was found, and what became of it; `books` are id@version, `forms` are
    keys. One that is `ok` has faults where another wants its name.
    """

    name: str
    version: str
    distribution: str
    state: Literal["ok", "refused", "blocked"]
    hooks: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    forms: tuple[str, ...] = ()

    def reason(self, translate: Callable[[str], str] = str) -> str:
        """Return in one line why the plugin was refused or blocked, or who wants its name."""
        return "; ".join(one.text(translate) for one in self.faults)


class Brought(NamedTuple):
    """What one plugin brings."""

    sources: list[Source]
    measures: dict[str, Measure]
    forms: dict[str, type[Form]]


class Call(NamedTuple):
    """One plugin's implementation of one hook, and the arguments that it takes."""

    plugin: str
    hook: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]

    def __call__(self, **given: object) -> Any:
        """Ask the plugin, with those of the given arguments that it takes."""
        return self.function(*[given[name] for name in self.arguments])


class _Whose(NamedTuple):
    """A plugin's name, and the package that its code is in."""

    name: str
    package: str


class Loading:
    """Takes entry points one by one, in the order of their names: the first to bring an id keeps
    it.
    """

    def __init__(self) -> None:
        self.manager = PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.entries: list[Plugin] = []
        self.sources: list[Source] = []
        self.measures: dict[str, Measure] = {}
        self.forms: dict[str, FormBrought] = {}
        self.objects: list[tuple[object, str]] = []
        self.books_of: dict[str, str] = {}
        self.measures_of: dict[str, str] = {}
        self.forms_of: dict[str, str] = {}

    def block(self, point: metadata.EntryPoint, reason: Fault) -> list[Fault]:
        """List a plugin that the user does not want, without loading it; return what of its
        metadata cannot be read.
        """
        unread: list[Fault] = []
        distribution, version = distribution_of(point, unread)
        self.entries.append(
            Plugin(safe(point.name), version, distribution, "blocked", faults=(reason, *unread))
        )
        return [named(safe(point.name), one) for one in unread]

    def is_one_of(self, named: Collection[tuple[str, str]], point: metadata.EntryPoint) -> bool:
        """Whether an entry point is one of those that are named with their distributions."""
        return (safe(point.name), distribution_of(point)[0]) in named

    def take(self, point: metadata.EntryPoint) -> None:
        """Load one plugin, or list it as refused with every reason found."""
        unread: list[Fault] = []
        distribution, version = distribution_of(point, unread)
        whose = _Whose(safe(point.name), re.split(r"[.:\s]", point.value)[0])
        hooks: tuple[str, ...] = ()
        try:
            _refuse(unread)
            self._refuse_taken(whose.name, distribution)
            plugin = self._import(point, whose)
            hooks = self._register(plugin, whose)
            brought = self._bring(whose)
        except PluginError as error:
            # What is refused takes no name from another, and none of its ids.
            self.entries.append(
                Plugin(whose.name, version, distribution, "refused", hooks, faults=error.faults)
            )
            return
        self.objects.append((plugin, whose.name))
        self.sources += brought.sources
        self.books_of |= {source.id: whose.name for source in brought.sources}
        self.measures |= brought.measures
        self.measures_of |= dict.fromkeys(brought.measures, whose.name)
        if brought.forms:
            from steelyard.forms.form import keys_of
        for key, form in brought.forms.items():
            # Books and assessments say who brought the form by which they were made.
            hold(form, whose.name, f"{distribution} {version}")
            self.forms[key] = FormBrought(form, whose.name, distribution, version)
            self.forms_of |= dict.fromkeys((key, *keys_of(form).model_fields), whose.name)
        books = tuple(source.key for source in brought.sources)
        self.entries.append(
            Plugin(
                whose.name, version, distribution, "ok", hooks, books, forms=tuple(brought.forms)
            )
        )

    def calls(self) -> dict[str, tuple[Call, ...]]:
        """Return the implementations of each hook: `tryfirst`, then by the plugins' names, then
        `trylast`.
        """
        order = {entry.name: number for number, entry in enumerate(self.entries)}
        found: dict[str, tuple[Call, ...]] = {}
        for hook in HOOKS:
            chosen = sorted(
                getattr(self.manager.hook, hook).get_hookimpls(),
                key=lambda one: (not one.tryfirst, one.trylast, order[one.plugin_name]),
            )
            found[hook] = tuple(
                Call(one.plugin_name, hook, one.function, tuple(one.argnames)) for one in chosen
            )
        return found

    def _refuse_taken(self, name: str, distribution: str) -> None:
        for place, entry in enumerate(self.entries):
            if entry.name == name and entry.state == "ok":
                # Whoever keeps a name hears of it as well, where a line of its own is looked for.
                keeps = "keeps its name, which distribution `{other}` gives a plugin too"
                told = (*entry.faults, fault("", keeps, other=distribution))
                self.entries[place] = entry._replace(faults=told)
                message = "distribution `{mine}` gives a plugin the name that `{other}` gives one"
                taken = fault("", message, mine=distribution, other=entry.distribution)
                raise PluginError([taken])

    def _import(self, point: metadata.EntryPoint, whose: _Whose) -> object:
        if not _TARGET.fullmatch(point.value):
            raise PluginError(
                [fault("", "`{value}` is not the name of a module", value=point.value)]
            )
        plugin: object = ask(*whose, "", point.load)
        twin = next((name for other, name in self.objects if other is plugin), "")
        if twin:
            raise PluginError([fault("", "is the same as plugin `{other}`", other=twin)])
        return plugin

    def _register(self, plugin: object, whose: _Whose) -> tuple[str, ...]:
        try:
            # A plugin may be an object of any kind, which runs code when it is looked at.
            hooks, faults = WATCH.run(whose.name, lambda: self._hooks(plugin))
            if not faults:
                self.manager.register(plugin, whose.name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise PluginError(
                [fault("", "does not fit the hooks: {problem}", problem=said_by(error))]
            ) from error
        if faults:
            raise PluginError(faults)
        return hooks

    def _hooks(self, plugin: object) -> tuple[tuple[str, ...], list[Fault]]:
        hooks, faults = list[str](), list[Fault]()
        for attribute in dir(plugin):
            options = self.manager.parse_hookimpl_opts(plugin, attribute)
            if options is None:
                value = inspect.getattr_static(plugin, attribute, None)
                if attribute.startswith(f"{GROUP}_") and not isinstance(value, ModuleType):
                    faults.append(_stray(attribute))
                continue
            hook = options.get("specname") or attribute
            if hook not in HOOKS:
                faults.append(fault("", "unknown hook `{hook}`", nearest(hook, HOOKS), hook=hook))
            elif options.get("wrapper") or options.get("hookwrapper"):
                faults.append(
                    fault(
                        "",
                        "`{hook}` is a wrapper, which could change what other plugins give",
                        hook=hook,
                    )
                )
            else:
                hooks.append(hook)
                faults.extend(_arguments(hook, getattr(plugin, attribute)))
        if not faults and not hooks:
            faults.append(fault("", "brings no hook"))
        return tuple(dict.fromkeys(hooks)), faults

    def _bring(self, whose: _Whose) -> Brought:
        try:
            forms = forms_of(self._given(whose, HOOK), *whose, self.forms_of)
            return Brought(self._books(whose), self._measures(whose), forms)
        except BaseException:
            self.manager.unregister(name=whose.name)
            raise

    def _given(self, whose: _Whose, hook: str) -> list[Any]:
        """Return what the plugin gives through a hook that asks for a list."""
        given: list[Any] = []
        for one in getattr(self.manager.hook, hook).get_hookimpls():
            if one.plugin_name == whose.name:
                given += ask(*whose, hook, partial(_list, one.function, hook))
        return given

    def _books(self, whose: _Whose) -> list[Source]:
        sources: list[Source] = []
        faults: list[Fault] = []
        hook = "steelyard_books"
        for root in self._given(whose, hook):
            try:
                found = ask(*whose, hook, partial(_scan, root, whose))
            except PluginError as error:
                faults += error.faults
                continue
            sources += found.sources
            faults += found.faults
        first: dict[str, Source] = {}
        for source in sources:
            other = self.books_of.get(source.id)
            if other:
                faults.append(
                    fault(
                        source.name,
                        "book `{book}` is brought by plugin `{other}`",
                        book=source.id,
                        other=other,
                    )
                )
            twin = first.setdefault(source.key, source)
            if twin is not source:
                faults.append(
                    fault(
                        source.name,
                        "book `{book}` stands already in `{other}`",
                        book=source.key,
                        other=twin.name,
                    )
                )
        if faults:
            raise PluginError(faults)
        return sources

    def _measures(self, whose: _Whose) -> dict[str, Measure]:
        hook = "steelyard_measures"
        given = self._given(whose, hook)
        if not given:
            return {}
        from steelyard.book.model import Measure

        measures: dict[str, Measure] = {}
        faults: list[Fault] = []
        for measure in given:
            if not (isinstance(measure, Measure) and _is_sound(measure)):
                value = ask(*whose, hook, partial(described, measure))
                message = "`{hook}` must give measures, not `{value}`"
                faults.append(fault("", message, hook=hook, value=value))
                continue
            other = self.measures_of.get(measure.id)
            if other:
                faults.append(
                    fault(
                        "",
                        "measure `{measure}` is brought by plugin `{other}`",
                        measure=measure.id,
                        other=other,
                    )
                )
            if measure.id in measures:
                faults.append(fault("", "measure `{measure}` stands twice", measure=measure.id))
            measures[measure.id] = replace(measure, title=cleaned(measure.title))
        if faults:
            raise PluginError(faults)
        return measures


def _list(function: Callable[[], object], hook: str) -> list[Any]:
    """Return the list that a hook gives; raises PluginError for anything else."""
    found = function()
    if not isinstance(found, (list, tuple)):
        message = "`{hook}` must give a list, not `{value}`"
        raise PluginError([fault("", message, hook=hook, value=described(found))])
    return listed(found, hook)


def _scan(root: Any, whose: _Whose) -> Found:
    """Return the books in a file or folder that a plugin brings, perhaps one of its own making."""
    if not all(hasattr(root, name) for name in _TRAVERSABLE):
        message = "`{hook}` must give files or folders, not `{value}`"
        wrong = fault("", message, hook="steelyard_books", value=described(root))
        return Found([], [wrong], [], [])
    name = short(root, whose.package)
    found = scan(root, name, plugin=whose.name)
    if not found.sources and not found.faults:
        found.faults.append(fault(name, "holds no rule book"))
    return found


def _is_sound(measure: Measure) -> bool:
    """Whether a measure that a plugin made says what one must say."""
    return (
        isinstance(measure.id, str)
        and measure.kind in ("sanction", "reward")
        and is_title(measure.title)
        and all(measure.title)
    )


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise PluginError(faults)


def _stray(attribute: str) -> Fault:
    if attribute in HOOKS:
        return fault("", "`{hook}` is not marked with `@hookimpl`", hook=attribute)
    return fault("", "unknown hook `{hook}`", nearest(attribute, HOOKS), hook=attribute)


def _arguments(hook: str, function: Callable[..., object]) -> list[Fault]:
    known = tuple(inspect.signature(getattr(hookspecs, hook)).parameters)
    return [
        fault(
            "",
            "`{hook}` has no argument `{argument}`",
            nearest(name, known),
            hook=hook,
            argument=name,
        )
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in known and parameter.default is parameter.empty
    ]

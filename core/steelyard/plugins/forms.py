"""Scoring forms that plugins bring: checked when they are brought, and held to what a form is
whenever they are asked.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.errors import Fault, PluginError, fault, safe
from steelyard.messages import Title
from steelyard.plugins.asking import ask, cleaned, described, is_title, listed
from steelyard.plugins.failures import named

if TYPE_CHECKING:
    from steelyard.forms.form import Form

HOOK = "steelyard_forms"
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NEEDED = ("keys", "read", "lower", "asks", "because")


class FormBrought(NamedTuple):
    """A scoring form, and who brings it."""

    form: type[Form]
    plugin: str
    distribution: str
    version: str


def forms_of(
    given: Iterable[object], plugin: str, package: str, taken: Mapping[str, str]
) -> dict[str, type[Form]]:
    """Return the forms that a plugin's hook gave, by key.

    `taken` says which plugin brought a key before. Raises PluginError with all that is wrong.
    """
    forms: dict[str, type[Form]] = {}
    own: dict[str, str] = {}
    faults: list[Fault] = []
    for one in given:
        form = _form(one)
        if form is None:
            message = "`{hook}` must give classes of forms, each with a `key`, not `{value}`"
            value = ask(plugin, package, HOOK, partial(described, one))
            faults.append(fault("", message, hook=HOOK, value=value))
            continue
        key = form.key
        if not _KEY.fullmatch(key):
            faults.append(fault("", "`{form}` cannot be the key of a form", form=key))
            continue
        if key in forms:
            faults.append(fault("", "form `{form}` stands twice", form=key))
        forms[key] = form
        wrong = list(_unready(form))
        if not wrong:
            try:
                fields = ask(plugin, package, f"{key}.keys", partial(_fields, form))
            except PluginError as error:
                faults += error.faults
                continue
            wrong = list(_misnamed(form, fields, taken, own))
        faults += wrong
    if faults:
        raise PluginError(faults)
    return forms


def _form(given: object) -> type[Form] | None:
    """Return what a hook gave as a class of forms with a key, or None."""
    from steelyard.forms.form import Form

    if not (isinstance(given, type) and issubclass(given, Form)):
        return None
    return given if isinstance(inspect.getattr_static(given, "key", None), str) else None


def _unready(form: type[Form]) -> Iterator[Fault]:
    """Name what a class of forms lacks."""
    from dataclasses import is_dataclass

    from steelyard.forms.form import Form

    for verb in _NEEDED:
        if inspect.getattr_static(form, verb) is inspect.getattr_static(Form, verb):
            yield fault("", "form `{form}` has no `{part}`", form=form.key, part=verb)
    title: Any = getattr(form, "title", None)
    if not (is_title(title) and all(title)):
        yield fault("", "form `{form}` has no `{part}`", form=form.key, part="title")
    if not is_dataclass(form):
        yield fault("", "form `{form}` is no dataclass", form=form.key)


def _fields(form: type[Form]) -> Mapping[str, Any]:
    """Return the keys that a form declares; none where they are no model of a form's keys."""
    from steelyard.forms.entries import FormKeys
    from steelyard.forms.form import keys_of

    model: object = keys_of(form)
    if isinstance(model, type) and issubclass(model, FormKeys):
        return model.model_fields if model.model_config == FormKeys.model_config else {}
    return {}


def _misnamed(
    form: type[Form], fields: Mapping[str, Any], taken: Mapping[str, str], own: dict[str, str]
) -> Iterator[Fault]:
    """Name why a form cannot stand in rules under its key and with the others that it has.

    `own` says which of the plugin's forms has a key, and is filled.
    """
    key = form.key
    if key not in fields:
        yield fault(
            "", "`{form}.keys` must give a model made of `FormKeys` with `{form}`", form=key
        )
    ours = keys_of_rules()
    for name in dict.fromkeys((key, *fields)):
        other = own.setdefault(name, key)
        if name in ours:
            yield fault("", "form `{form}`: a rule has the key `{key}` already", form=key, key=name)
        elif name in taken:
            yield fault(
                "",
                "form `{form}`: its key `{key}` is brought by plugin `{other}`",
                form=key,
                key=name,
                other=taken[name],
            )
        elif other != key:
            message = "form `{form}`: form `{other}` has the key `{key}` already"
            yield fault("", message, form=key, key=name, other=other)
    for name, one in fields.items():
        if one.is_required() or one.default is not None:
            # Every rule of every book has the key, and most do not say it.
            message = "form `{form}`: its key `{key}` must be None where a rule does not say it"
            yield fault("", message, form=key, key=name)


def keys_of_rules() -> frozenset[str]:
    """Return the keys that rules have without any plugin, those of the core's forms too."""
    from steelyard.book.document import RuleEntry
    from steelyard.forms.form import keys_of
    from steelyard.forms.table import FORMS

    keys = set(RuleEntry.model_fields)
    return frozenset(keys.union(*(keys_of(form).model_fields for form in FORMS.values())))


# What a form answers is checked each time that it is asked.


class Answer(NamedTuple):
    """What a verb of a form must give: whether an answer fits, and what is said of another."""

    fits: Callable[[Any, type[Form]], bool]
    message: str
    many: bool = False


def hold(form: type[Form], plugin: str, distribution: str) -> None:
    """Let a form say who brings it, and make whatever goes wrong inside it a PluginError.

    A form that two runs of one program load is held once.
    """
    from steelyard.forms.form import Form

    form.distribution = distribution
    if vars(form).get("plugin") == plugin:
        return
    form.plugin, form.title = plugin, cleaned(form.title)
    for verb, answer in _answers().items():
        found = inspect.getattr_static(form, verb)
        if found is inspect.getattr_static(Form, verb):
            continue
        match found:
            case classmethod() | staticmethod():
                kind = type(found)
                setattr(form, verb, kind(_held(found.__func__, form, verb, answer)))
            case property(fget=function) if function is not None:
                setattr(form, verb, property(_held(function, form, verb, answer)))
            case function if callable(function):
                setattr(form, verb, _held(function, form, verb, answer))


def _held(
    function: Callable[..., Any], form: type[Form], verb: str, answer: Answer
) -> Callable[..., Any]:
    """Return a verb of a form that gives what it must, or raises PluginError."""
    hook, package = f"{form.key}.{verb}", form.__module__.partition(".")[0]

    @wraps(function)
    def asked(*given: Any, **more: Any) -> Any:
        def answered() -> Any:
            found = function(*given, **more)
            if answer.many:
                found = tuple(listed(found, hook))
            if not answer.fits(found, form):
                raise PluginError([fault("", answer.message, hook=hook, value=described(found))])
            return _cleaned(found)

        try:
            return ask(form.plugin, package, hook, answered)
        except PluginError as error:
            raise PluginError(
                [one if one.plugin else named(form.plugin, one) for one in error.faults]
            ) from error

    return asked


def _cleaned(found: Any) -> Any:
    """Return an answer without what steers a terminal, where it is a text."""
    match found:
        case Title():
            return cleaned(found)
        case str():
            return safe(found)
    return found


def _answers() -> Mapping[str, Answer]:
    from steelyard.expression.tree import Node
    from steelyard.forms.form import FormFact, Item, Lowered

    def each(kind: type) -> Callable[[Any, type[Form]], bool]:
        return lambda found, _: all(isinstance(one, kind) for one in found)

    def changes(found: Any, _: type[Form]) -> bool:
        from steelyard.book.difference.book_change import Change

        return all(isinstance(one, Change) for one in found)

    def trees(found: Any, _: type[Form]) -> bool:
        return (
            isinstance(found, Lowered)
            and isinstance(found.points, Node)
            and all(one is None or isinstance(one, Node) for one in found[1:])
        )

    def written(found: Any, _: type[Form]) -> bool:
        return all(
            isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], Node)
            and (one[1] is None or isinstance(one[1], str))
            for one in found
        )  # fmt: skip

    return {
        "read": Answer(
            lambda found, form: found is None or isinstance(found, form),
            "`{hook}` must give a form or None, not `{value}`",
        ),
        "mark": Answer(
            lambda found, _: isinstance(found, int) and found >= 0,
            "`{hook}` must give points of at least 0, not `{value}`",
        ),
        "brings": Answer(each(FormFact), "`{hook}` must give facts, not `{value}`", many=True),
        "lower": Answer(trees, "`{hook}` must give trees, not `{value}`"),
        "asks": Answer(
            lambda found, _: is_title(found),
            "`{hook}` must give a title, not `{value}`",
        ),
        "because": Answer(
            lambda found, _: isinstance(found, str) and bool(found),
            "`{hook}` must give a text, not `{value}`",
        ),
        "changes": Answer(changes, "`{hook}` must give changes, not `{value}`", many=True),
        "expressions": Answer(written, "`{hook}` must give expressions, not `{value}`", many=True),
        "items": Answer(each(Item), "`{hook}` must give items, not `{value}`", many=True),
        "slowly": Answer(lambda _, __: True, "`{hook}` must give bounds, not `{value}`"),
    }


__all__ = ["FormBrought", "forms_of", "hold", "keys_of_rules"]

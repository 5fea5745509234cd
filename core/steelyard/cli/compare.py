"""`steelyard compare`: who stands where, by which method, what changed, and who is on the lists."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from steelyard.cli.option_types import OneOf, Whole
from steelyard.cli.periods import PERIOD
from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import Fault, SteelyardError, UsageError, fault, refusal
from steelyard.files import content_of, writing_text

if TYPE_CHECKING:
    from steelyard.comparison.comparison import Comparison
    from steelyard.comparison.listing import ListRule
    from steelyard.comparison.options import Options
    from steelyard.comparison.weights import Range
    from steelyard.messages import Language
    from steelyard.work.comparing import Form

_REPLAYED = frozenset(
    {"replay", "form", "output", "force", "limit", "lang", "db", "books", "strict"}
)
_OF_THE_STORE = {"db": "--db", "books": "--books"}
# How a comparison was printed is kept as its format and these: the limit and the language.
_HOW_ELSE = 2
_MOST_DRAWS = 1_000_000
_MOST_SEED = 2**63 - 1

Made = TypeVar("Made")


@click.command("compare")
@click.option(
    "--period",
    default="",
    type=PERIOD,
    metavar="PERIOD",
    help="The period to compare (default: the latest one).",
)
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    metavar="SECTOR",
    help="Only units of this sector; may be given again.",
)
@click.option(
    "--book",
    "only_books",
    multiple=True,
    metavar="BOOK",
    help="Only assessments by this book; may be given again.",
)
@click.option(
    "--against",
    default="",
    type=PERIOD,
    metavar="PERIOD",
    help="An earlier period: say what changed since.",
)
@click.option(
    "--dimension",
    "dimensions",
    multiple=True,
    metavar="DIMENSION",
    help="Rank on this dimension, not on all that the books share; may be given again.",
)
@click.option(
    "--weights",
    "weights_file",
    metavar="FILE",
    help="A YAML file with the weights of dimensions, or their ranges.",
)
@click.option(
    "--weight",
    "weight",
    multiple=True,
    metavar="DIM=SHARE",
    help="A weight, service=0.2, or its range, service=0.1..0.3.",
)
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="A:B",
    help="How likely unit A is ahead of unit B; may be given again.",
)
@click.option(
    "--peers",
    type=OneOf(["book", "sector"]),
    default="book",
    help="Whose peers units are (default: of their book).",
)
@click.option(
    "--min-peers",
    type=Whole(1, 1_000_000),
    default=8,
    help="How many peers a position needs (default: 8).",
)
@click.option(
    "--min-coverage",
    default="0.6",
    metavar="SHARE",
    help="The coverage below which units stand apart (default: 0.6).",
)
@click.option(
    "--possible-veto",
    type=OneOf(["ranked", "apart"]),
    default="ranked",
    help="Where units stand whose veto hangs on missing evidence (default: ranked, and marked).",
)
@click.option(
    "--lists",
    "lists_file",
    metavar="FILE",
    help="A YAML file with the rules of red and black lists.",
)
@click.option("--no-lists", is_flag=True, help="Make no lists.")
@click.option(
    "--draws",
    type=Whole(1, _MOST_DRAWS),
    help="How many random weights (default: 10,000; 1,000 of many units).",
)
@click.option(
    "--seed",
    type=Whole(0, _MOST_SEED),
    default=1,
    help="Where chance starts; the same seed, the same result (default: 1).",
)
@click.option(
    "--replay",
    default="",
    metavar="ID",
    help="Make a saved comparison again, and check that it is the same.",
)
@click.option(
    "--limit",
    type=Whole(min=1),
    default=40,
    help="How many units to print as text (default: 40).",
)
@click.option(
    "--from",
    "runs",
    multiple=True,
    metavar="DIR",
    help="Compare what `bulk` wrote into this folder, in place of the store; may be given again.",
)
@click.option("--no-save", is_flag=True, help="Keep nothing of it in the store.")
@click.option(
    "--format",
    "form",
    type=OneOf(("text", "json", "xlsx", "html")),
    default=None,
    help="How to print (default: by FILE's suffix, else text).",
)
@click.option("-o", "output", metavar="FILE", help="Write to this file.")
@click.option("--force", is_flag=True, help="Write over FILE if it is there already.")
@settings_options
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:
    """Compare the latest assessments of many units, fairly: by dimension, among peers, and in a
    ranking with its uncertainty.

    Totals of different books are never set side by side. What is not comparable, not rated, vetoed
    or hardly covered stands apart, with the reason.
    """
    settings = ctx.ensure_object(Settings)
    from steelyard.cli.progress import ticking
    from steelyard.work.comparing import (
        check_target,
        compare_runs,
        compare_saved,
        form_of,
        replay,
    )

    if given["replay"]:
        _refuse_arguments(ctx)
        with ticking(settings) as ticks:
            again = replay(settings, given["replay"], ticks=ticks)
        if not again.same:
            settings.announce(
                "error: worked out again, comparison {id} gives another result: another "
                "version of steelyard, or of a plugin, made it",
                id=again.id,
            )
            return 1
        form, limit = _as_printed(ctx, settings, again.printed)
        form = form_of(given["form"], given["output"], form)
        check_target(form, given["output"], over=given["force"])
        _write(settings, again.found, form, given | {"limit": limit})
        return 0
    form = form_of(given["form"], given["output"])
    if given["runs"]:
        _refuse_store(ctx)
    options = _options(given)
    check_target(form, given["output"], over=given["force"])
    printed = None if given["no_save"] else f"{form} {given['limit']} {settings.language}"
    with ticking(settings) as ticks:
        if given["runs"]:
            found = compare_runs(settings, [Path(one) for one in given["runs"]], options, ticks)
        else:
            found = compare_saved(settings, options, printed=printed, ticks=ticks)
    _write(settings, found, form, given)
    return 0


def _options(given: dict[str, Any]) -> Options:
    """Return the arguments of the comparison; raises UsageError with the faults of all of them."""
    from steelyard.comparison.options import Options

    faults: list[Fault] = []
    weights = _gathered(faults, lambda: _weights(given["weights_file"], given["weight"])) or {}
    lists = _gathered(faults, lambda: _lists(given["lists_file"], none=given["no_lists"]))
    dimensions = _gathered(faults, lambda: _dimensions(given["dimensions"])) or ()
    pairs = _gathered(faults, lambda: tuple(_pair(text) for text in given["pairs"])) or ()
    coverage = _gathered(faults, lambda: _share(given["min_coverage"], "--min-coverage"))
    if faults:
        raise UsageError(faults)
    more: dict[str, Any] = {} if lists is None else {"lists": lists}
    return Options(
        period=given["period"],
        against=given["against"],
        sectors=tuple(dict.fromkeys(given["sectors"])),
        books=tuple(dict.fromkeys(given["only_books"])),
        dimensions=dimensions,
        weights=weights,
        pairs=pairs,
        peers=given["peers"],
        min_peers=given["min_peers"],
        min_coverage=coverage or Decimal(0),
        possible_veto=given["possible_veto"] == "apart",
        seed=given["seed"],
        draws=given["draws"] or 0,
        **more,
    )


def _gathered(faults: list[Fault], make: Callable[[], Made]) -> Made | None:
    try:
        return make()
    except SteelyardError as error:
        faults.extend(error.faults)
        return None


def _weights(file: str | None, texts: tuple[str, ...]) -> dict[str, Range]:
    from steelyard.comparison.weights import parse, read

    found = read(_text_of(file, "--weights"), file) if file else {}
    faults: list[Fault] = []
    given: dict[str, Range] = {}
    for text in texts:
        try:
            name, one = parse(text, "--weight")
        except SteelyardError as error:
            faults.extend(error.faults)
            continue
        if name in given:
            faults.append(fault("--weight", "dimension `{name}` stands twice", name=name))
        given[name] = one
    if faults:
        raise UsageError(faults)
    return found | given


def _lists(file: str | None, *, none: bool) -> tuple[ListRule, ...] | None:
    """Return the lists of a file, none at all, or None for those that ship with Steelyard."""
    from steelyard.comparison.listing import read_rules

    if none:
        return ()
    return read_rules(_text_of(file, "--lists"), file) if file else None


def _dimensions(names: tuple[str, ...]) -> tuple[str, ...]:
    from steelyard.book.named import named
    from steelyard.book.terms import DIMENSION_TITLES

    unknown = "unknown dimension `{name}`"
    found = [named("--dimension", name, DIMENSION_TITLES, unknown) for name in names]
    wrong = [one for one in found if isinstance(one, Fault)]
    if wrong:
        raise UsageError(wrong)
    return tuple(name for name in DIMENSION_TITLES if name in found)


def _pair(text: str) -> tuple[str, str]:
    one, sign, other = text.partition(":")
    if not sign or not one or not other or one == other:
        raise UsageError(
            [fault("--pair", "`{text}` is not a pair of units such as h-001:s-014", text=text)]
        )
    return one, other


def _share(text: str, place: str) -> Decimal:
    from steelyard.comparison.shares import share_in

    found = share_in(text, 4, place)
    if isinstance(found, Fault):
        raise UsageError([found])
    return found


def _text_of(file: str, place: str) -> str:
    try:
        return content_of(Path(file)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError([fault(file, "is not text in UTF-8")]) from None
    except (OSError, ValueError) as error:
        raise UsageError(
            [
                fault(
                    f"{place}: {file}",
                    "cannot be read: {problem}",
                    problem=refusal(error),
                )
            ]
        ) from None


def _refuse_arguments(ctx: click.Context) -> None:
    """Refuse what a replay would pass over: its arguments are those of the comparison that it makes
    again.
    """
    said = [
        option.opts[0]
        for option in ctx.command.params
        if option.name not in _REPLAYED
        and ctx.get_parameter_source(str(option.name)) is click.core.ParameterSource.COMMANDLINE
    ]
    if said:
        raise UsageError(
            [
                fault(
                    f"--replay: {one}",
                    "a replay has the arguments of the comparison that it makes again",
                )
                for one in said
            ]
        )


def _refuse_store(ctx: click.Context) -> None:
    """Refuse what would do nothing where folders are compared in place of the store."""
    message = "does nothing beside --from: folders bring their books, and nothing is kept"
    said = [fault(sign, message) for name, sign in _OF_THE_STORE.items() if _said(ctx, name)]
    if said:
        raise UsageError(said)


def _as_printed(ctx: click.Context, settings: Settings, printed: str) -> tuple[Form, int]:
    """Return the format and the limit of a replay, and set its language: those of the last time
    unless it says others.
    """
    form, *rest = printed.split()
    limit, language = (
        rest if len(rest) == _HOW_ELSE else (str(ctx.params["limit"]), settings.language)
    )
    if not _said(ctx, "lang"):
        settings.language = cast("Language", language)
    return cast("Form", form), ctx.params["limit"] if _said(ctx, "limit") else int(limit)


def _said(ctx: click.Context | None, name: str) -> bool:
    """Whether an option stands on the command line, before or after the command's name."""
    if ctx is None:
        return False
    return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE or _said(
        ctx.parent, name
    )


def _write(settings: Settings, found: Comparison, form: Form, given: dict[str, Any]) -> None:
    output = given["output"]
    if output is None:
        _print(settings, found, form, given, sys.stdout)
    elif form == "xlsx" or form == "html":
        from steelyard.work.comparing import write_comparison

        write_comparison(found, form, Path(output), settings.language, over=given["force"])
    else:
        with writing_text(Path(output), over=given["force"]) as file:
            _print(settings, found, form, given, file)
    if output is not None:
        settings.announce("wrote {file}", file=output)


def _print(
    settings: Settings, found: Comparison, form: Form, given: dict[str, Any], file: TextIO
) -> None:
    if form == "json":
        from steelyard.comparison.comparison_json import published

        file.writelines(published(found))
        return
    from steelyard.report.comparison.report import comparison_page
    from steelyard.report.formats.terminal import Terminal

    language = settings.language
    kept = not (given["no_save"] or given["runs"])
    page = comparison_page(found, language, given["limit"], terse=True, kept=kept)
    Terminal(language, file=file).page(page)

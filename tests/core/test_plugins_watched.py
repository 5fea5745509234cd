"""Plugins under watch: what they print, how they try to end the program, how long they take, and
what they give that is none of it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from pathlib import Path

import click
import pytest
from sites import Site, only_site

import steelyard
from steelyard import BookError, CaseError, PluginError, UsageError
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark
from steelyard.plugins.installed import Plugins, load_plugins

HEAD = """\
import atexit, itertools, logging, os, subprocess, sys
from decimal import Decimal as D
from importlib.resources import files
from steelyard import Finding, Measure, Title, hookimpl
"""
MEASURES = """
@hookimpl
def steelyard_measures():
    {0}
    return [Measure(id='fine', kind='sanction', title=Title('罚款', 'Fine'))]
"""
LATER = """
@hookimpl
def {0}({1}):
    {2}
"""
GIVEN = {
    "steelyard_judge": "rule, case",
    "steelyard_report_sections": "assessment, language",
    "steelyard_commands": "app",
    "steelyard_assessed": "assessment",
}
FORM = """
from dataclasses import dataclass
from pydantic import create_model
from steelyard import Form, FormFact, FormKeys, ItemEntry, Lowered

@dataclass(frozen=True)
class Own(Form):
    key = "own"
    title = Title("自带\\x1b[31m", "own\\x1b[31m")

    @classmethod
    def keys(cls):
        KEYS
        return create_model("Keys", __base__=FormKeys, own=(str | None, None))

    @classmethod
    def read(cls, entry, draft):
        READ
        return cls()

    @classmethod
    def brings(cls, entry):
        return [FormFact.tick(ItemEntry(id=entry.own))]

    def lower(self, context):
        LOWER
        full, none = context.points(context.full), context.points(0)
        return Lowered(context.choose(context.met("word"), full, none))

    def asks(self, words):
        ASKS
        return Title("无\\x1b[31m", "nothing\\x1b[31m")

    def because(self, teller, language):
        BECAUSE
        return "as ever\\x1b[31m"

@hookimpl
def steelyard_forms():
    return [Own]
"""
OWN = """\
book: town/own
version: 1.0.0
sector: town
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, own: word, points: 100}]
grades: [{id: any, at_least: 0}]
"""
JUDGED = """\
book: town/judged
version: 1.0.0
sector: town
sections: [{id: all, points: 6}]
points: 6
rules: [{id: view, section: all, points: 6, judged: by_eye}]
grades: [{id: any, at_least: 0}]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return only_site(tmp_path, monkeypatch, HEAD)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    # What every plugin imports is there, so that none of the time goes on it.
    assert all(getattr(steelyard, name) for name in ("Finding", "Measure", "Form", "FormFact"))
    monkeypatch.setenv("STEELYARD_HOOK_SECONDS", "0.4")


def lines(plugins: Plugins) -> list[str]:
    return [re.sub(r"plug_\d+_\w+/__init__.py:\d+", "FILE", one.text()) for one in plugins.faults]


def form(**steps: str) -> str:
    code = FORM
    for name in ("KEYS", "READ", "LOWER", "ASKS", "BECAUSE"):
        code = code.replace(name, steps.get(name.lower(), "pass"))
    return code


def judged(plugins: Plugins) -> tuple[str, str]:
    """Weigh a case by the book that asks a plugin, and return the ends of its score."""
    book = parse_book(JUDGED, "book.yaml")
    document = {"book": book.key, "subject": {"id": "u"}, "period": "2026"}
    score = weigh(book, parse_case(mark(document, "case"), book, "case"), plugins.judge)
    return str(score.low), str(score.high)


PRINTS = {
    "print": "print('hello')",
    "sys.stdout": "sys.stdout.write('hello\\n')",
    "without an end of line": "sys.stdout.write('hello')",
    "bytes": "sys.stdout.buffer.write(b'hello\\n')",
    "the stream that Python began with": "sys.__stdout__.write('hello\\n')",
    "the descriptor": "os.write(1, b'hello\\n')",
    "a program": "subprocess.run([sys.executable, '-Sc', 'print(\"hello\")'])",
    "a program told where": "subprocess.run(['echo', 'hello'], stdout=sys.stdout)",
    "bytes that are no text, cleaned": "os.write(1, b'\\x1bhello\\xff\\n')",
}


@pytest.mark.parametrize("code", PRINTS.values(), ids=PRINTS)
def test_what_a_plugin_prints_is_told_under_its_name_apart_from_the_answer(
    site: Site, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    site.put("loud", code + MEASURES.format(code.replace("hello", "again")))
    sys.stdout.write("before,")
    assert load_plugins(strict=True).versions() == {"loud": "1.2"}
    sys.stdout.write("after")
    sys.stdout.flush()
    printed = capfd.readouterr()
    assert printed.out == "before,after"
    told = re.sub("\N{REPLACEMENT CHARACTER}", "", printed.err)
    assert told == "plugin loud: hello\nplugin loud: again\n"


@pytest.mark.parametrize("hook", GIVEN)
def test_what_a_later_hook_prints_is_told_once(
    site: Site, capfd: pytest.CaptureFixture[str], hook: str
) -> None:
    site.put("loud", LATER.format(hook, GIVEN[hook], "print('as {ever}')"))
    plugins = load_plugins(strict=True)
    for _ in range(3):
        plugins.judge(None, None)
        plugins.report_sections(None, "en")
        plugins.add_commands(click.Group())
        plugins.assessed(None)
    assert capfd.readouterr() == ("", "plugin loud: as {ever}\n")


def test_what_a_form_prints_is_told(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site.put("loud", form(**{one: f"print('{one}')" for one in ("keys", "read", "lower")}))
    parse_book(OWN, "book.yaml", forms=load_plugins(strict=True).all_forms)
    assert capfd.readouterr() == (
        "",
        "plugin loud: keys\nplugin loud: read\nplugin loud: lower\n",
    )


def test_a_log_that_keeps_the_stream_stays_apart(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    log = "log = logging.getLogger('loud'); log.addHandler(logging.StreamHandler(sys.stdout))\n"
    site.put("loud", log + LATER.format("steelyard_judge", "rule", "log.warning('asked')"))
    plugins = load_plugins(strict=True)
    plugins.judge(None, None)
    # Nobody is asked now; the handler still has the stream.
    logger = __import__("logging").getLogger("loud")
    logger.warning("later")
    logger.handlers.clear()
    assert capfd.readouterr() == ("", "plugin loud: asked\nlater\n")


def test_much_that_is_printed_is_cut_and_counted(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.put("loud", "for _ in range(20_000): print('abcdefghi')" + MEASURES.format("pass"))
    load_plugins(strict=True)
    printed = capfd.readouterr()
    assert printed.out == ""
    # 64 KiB are 6,553 lines of ten bytes and six bytes more; the same line is told once.
    assert printed.err.splitlines() == [
        "plugin loud: abcdefghi",
        "plugin loud: abcdef",
        f"plugin loud: … (+{200_000 - 65_536} bytes)",
    ]


WAYS_OUT = {
    "sys.exit": "sys.exit()",
    "a zero": "raise SystemExit(0)",
    "os._exit": "os._exit(9)",
    "the module below it": "sys.modules[os.name]._exit(9)",
    "an abort": "os.abort()",
    "another program in its place": "os.execl(sys.executable, sys.executable, '-c', 'raise SystemExit(9)')",
    "one that is searched": "os.execlp('false', 'false')",
    "a way out that was taken along": "from os import _exit; _exit(9)",
}


@pytest.mark.parametrize("code", WAYS_OUT.values(), ids=WAYS_OUT)
def test_a_plugin_cannot_end_the_program(site: Site, code: str) -> None:
    site.put("import", code)
    site.put("books", MEASURES.format(code).replace("measures", "books"))
    site.put("later", LATER.format("steelyard_assessed", "", code))
    plugins = load_plugins()
    plugins.assessed(None)
    assert lines(plugins) == [
        "plugin books: FILE: `steelyard_books` ends the program",
        "plugin import: FILE: ends the program when it is imported",
        "plugin later: FILE: `steelyard_assessed` ends the program",
    ]
    with pytest.raises(PluginError, match="ends the program"):
        load_plugins(strict=True)


def test_the_words_of_an_error_are_the_plugins_too(site: Site) -> None:
    odd = "class Odd(Exception):\n    def __str__(self): os._exit(9)\n"
    site.put("odd", odd + "raise Odd")
    assert lines(load_plugins()) == ["plugin odd: FILE: cannot be imported: runtime error"]


def test_programs_that_a_plugin_starts_end_as_they_like(site: Site) -> None:
    code = (
        "child = os.fork()\nif not child: os._exit(7)\nassert os.waitpid(child, 0)[1] >> 8 == 7\n"
    )
    site.put("forks", code + MEASURES.format("pass"))
    assert load_plugins(strict=True).versions() == {"forks": "1.2"}


HANGS = {
    "a loop": "while True: pass",
    "waiting": "os.read(os.pipe()[0], 1)",
    "a list that never ends": "[None for _ in iter(int, 1)]",
    "a loop that holds exceptions back": (
        "while True:\n        try:\n            while True: pass\n        except Exception: pass"
    ),
    "one that holds everything back, for a while": (
        "for _ in range(2):\n        try: os.read(os.pipe()[0], 1)\n        except BaseException: pass"
    ),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("code", HANGS.values(), ids=HANGS)
def test_a_plugin_that_takes_too_long_is_passed_over(site: Site, code: str) -> None:
    site.put("import", code.replace("\n    ", "\n"))
    site.put("measures", MEASURES.format(code))
    site.put("good", MEASURES.format("pass"))
    before = signal.getsignal(signal.SIGALRM)
    plugins = load_plugins()
    assert [one.replace("FILE: ", "") for one in lines(plugins)] == [
        "plugin import: takes longer than 0.4 s to import",
        "plugin measures: `steelyard_measures` takes longer than 0.4 s",
    ]
    assert list(plugins.measures) == ["fine"]
    # The alarm is as it was.
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("hook", GIVEN)
def test_a_later_hook_that_takes_too_long_is_not_asked_again(site: Site, hook: str) -> None:
    site.put(
        "slow", "asked = []\n" + LATER.format(hook, "", "asked.append(1)\n    while True: pass")
    )
    plugins = load_plugins()
    for _ in range(3):
        plugins.judge(None, None)
        plugins.report_sections(None, "en")
        plugins.add_commands(click.Group())
        plugins.assessed(None)
    assert lines(plugins) == [f"plugin slow: FILE: `{hook}` takes longer than 0.4 s"]
    [module] = [one for name, one in sys.modules.items() if name.endswith("_slow") and
                str(site.folder) in str(getattr(one, "__file__", ""))]  # fmt: skip
    assert module.asked == [1]


FORM_STEPS = {
    "keys": "plugin own: FILE: `own.keys` takes longer than 0.4 s",
    "read": "plugin own: FILE: `own.read` takes longer than 0.4 s",
    "lower": "plugin own: FILE: `own.lower` takes longer than 0.4 s",
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("step", "said"), FORM_STEPS.items(), ids=FORM_STEPS)
def test_a_form_that_takes_too_long_is_named(site: Site, step: str, said: str) -> None:
    site.put("own", form(**{step: "while True: pass"}))
    plugins = load_plugins()
    told = lines(plugins)
    if step != "keys":
        with pytest.raises((BookError, PluginError)) as refused:
            parse_book(OWN, "book.yaml", forms=plugins.all_forms)
        told = [re.sub(r"plug_\d+_\w+/__init__.py:\d+", "FILE", str(refused.value))]
    assert len(told) == 1
    assert said.removeprefix("plugin own: ") in told[0]
    assert "plugin own" in told[0]


@pytest.mark.usefixtures("hasty")
def test_the_limit_holds_in_another_thread_too(site: Site) -> None:
    site.put("slow", MEASURES.format("while True: pass"))
    found: list[Plugins] = []
    thread = threading.Thread(target=lambda: found.append(load_plugins()))
    thread.start()
    thread.join()
    assert lines(found[0]) == ["plugin slow: FILE: `steelyard_measures` takes longer than 0.4 s"]


BAD_LIMITS = ["0", "-1", "soon", "nan", "inf", "1e30", "60s", "1_0", "٣", "⑤"]


@pytest.mark.parametrize("said", BAD_LIMITS)
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("STEELYARD_HOOK_SECONDS", said)
    with pytest.raises(UsageError) as refused:
        load_plugins()
    assert str(refused.value) == (
        f"STEELYARD_HOOK_SECONDS: `{said}` is no number of seconds above 0"
    )


ENDLESS = {
    "an endless generator": ("itertools.count()", "must give a list, not `count(0)`"),
    "a list of a million": ("[1] * 10**6", "gives more than 10000"),
    "a text of a million": ("'x' * 10**6", f"must give a list, not `{'x' * 79}…`"),
    "what cannot say what it is": (
        "[type('Odd', (), {'__str__': lambda self: os._exit(9)})()]",
        "ends the program",
    ),
    "what fails to say what it is": (
        "[type('Odd', (), {'__str__': lambda self: 1 / 0})()]",
        "not `Odd`",
    ),
}


@pytest.mark.parametrize("hook", ["steelyard_books", "steelyard_measures", "steelyard_forms"])
@pytest.mark.parametrize(("given", "said"), ENDLESS.values(), ids=ENDLESS)
def test_what_a_hook_gives_without_end_or_words_is_named(
    site: Site, hook: str, given: str, said: str
) -> None:
    site.put("odd", f"@hookimpl\ndef {hook}(): return {given}\n")
    [told] = lines(load_plugins())
    assert told.startswith("plugin odd: ")
    assert f"`{hook}`" in told
    assert said in told.replace("must give measures, ", "").replace(
        "must give files or folders, ", ""
    )


FINDINGS = {
    # What the hook gives, what is said of it, and the ends of the score: of 6 points, unknown.
    "a text": ("'pass'", "must give a finding, not `pass`"),
    "a pair": ("(1, 2)", "must give a finding, not `(1, 2)`"),
    "binary points": ("Finding(rule.id, 0.1, 0.1)", "must give points as Decimal or whole numbers, not `0.1`"),
    "true": ("Finding(rule.id, True, True)", "must give points as Decimal or whole numbers, not `True`"),
    "a text for points": ("Finding(rule.id, '1', '2')", "must give points as Decimal or whole numbers, not `1`"),
    "no points": ("Finding(rule.id, None, None)", "must give points as Decimal or whole numbers, not `None`"),
    "a reason in one language": ("Finding(rule.id, 1, 1, 'seen')", "must give a reason in both languages (`Title`), not `seen`"),
    "a reason of numbers": ("Finding(rule.id, 1, 1, Title(1, 2))", "must give a reason in both languages (`Title`), not `Title(zh=1, en=2)`"),
    "an empty reason": ("Finding(rule.id, 1, 1, Title('', ''))", "must give a reason in both languages (`Title`), not `Title(zh='', en='')`"),
    "an error": ("1 / 0", "fails: division by zero"),
    "an end": ("os._exit(9)", "ends the program"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "said"), FINDINGS.values(), ids=FINDINGS)
def test_a_finding_that_is_none_is_named_and_the_rule_stays_unknown(
    site: Site, given: str, said: str
) -> None:
    site.put("eye", LATER.format("steelyard_judge", "rule", f"return {given}"))
    plugins = load_plugins()
    assert judged(plugins) == ("0.00", "6.00")
    [told] = lines(plugins)
    assert told.replace("FILE: ", "") == f"plugin eye: `steelyard_judge` {said}"
    with pytest.raises(PluginError, match=re.escape(said)):
        judged(load_plugins(strict=True))


BEYOND = {
    "not a number": ("D('NaN'), D('NaN')", "judged at NaN to NaN, outside 0 to 6"),
    "a signal": ("D('sNaN'), 6", "judged at sNaN to 6, outside 0 to 6"),
    "infinite": ("0, D('Infinity')", "judged at 0 to Infinity, outside 0 to 6"),
    "beyond": ("0, 7", "judged at 0 to 7, outside 0 to 6"),
    "below": ("-1, 6", "judged at -1 to 6, outside 0 to 6"),
    "crossed": ("5, 4", "judged at 5 to 4, outside 0 to 6"),
}


@pytest.mark.parametrize(("ends", "said"), BEYOND.values(), ids=BEYOND)
def test_points_beyond_the_rules_own_are_refused_with_the_plugins_name(
    site: Site, ends: str, said: str
) -> None:
    site.put("eye", LATER.format("steelyard_judge", "rule", f"return Finding(rule.id, {ends})"))
    with pytest.raises(CaseError) as refused:
        judged(load_plugins())
    assert str(refused.value) == f"plugin eye: case: rule `view` was {said}"


def test_a_finding_of_another_rule_is_refused(site: Site) -> None:
    site.put("eye", LATER.format("steelyard_judge", "rule", "return Finding('other', 6, 6)"))
    with pytest.raises(CaseError) as refused:
        judged(load_plugins())
    assert str(refused.value) == (
        "plugin eye: case: rule `view` was judged by a finding of rule `other`"
    )


def test_words_of_plugins_steer_no_terminal(site: Site) -> None:
    mark_ = "\N{REPLACEMENT CHARACTER}"
    site.put(
        "words",
        form()
        + MEASURES.format("pass").replace("'Fine'", r"'Fine\x1b[31m'")
        + LATER.format("steelyard_judge", "rule", r"return Finding(rule, 1, 1, Title('见\x9b', 'seen\x1b'))")
        + LATER.format("steelyard_report_sections", "", r"return [('a\x1b]0;b\x07', 'one\x1b[2J\ntwo\u202e')]")
        + LATER.format(
            "steelyard_commands",
            "app",
            r"app.add_command(__import__('click').Command('own', help='help\x1b[31m\n\n\b\nkept'))",
        ),
        point="wor\x1bds",
    )  # fmt: skip
    plugins = load_plugins(strict=True)
    assert plugins.entries[0].name == f"wor{mark_}ds"
    assert plugins.measures["fine"].title.en == f"Fine{mark_}[31m"
    assert plugins.judge("view", None).because == (f"见{mark_}", f"seen{mark_}")
    assert plugins.report_sections(None, "en") == [
        (f"a{mark_}]0;b{mark_}", f"one{mark_}[2J\ntwo{mark_}")
    ]
    app = click.Group()
    plugins.add_commands(app)
    assert app.commands["own"].help == f"help{mark_}[31m\n\n\b\nkept"
    book = parse_book(OWN, "book.yaml", forms=plugins.all_forms)
    own = book.rules["one"].form
    assert own.title.en == f"own{mark_}[31m"
    assert own.asks(None).en == f"nothing{mark_}[31m"
    assert own.because(None, "en") == f"as ever{mark_}[31m"


COMMANDS = {
    "a command of the core": (
        "app.command('assess')(lambda: None)",
        "there is a command `assess` already",
    ),
    "a command that another brought": (
        "app.command('first')(lambda: None)",
        "there is a command `first` already, of plugin `a`",
    ),
    "no command": (
        "app.commands['odd'] = 5",
        "`steelyard_commands` must add commands, not `5`",
    ),
    "a name that steers a terminal": (
        "app.command('o\\x1bdd')(lambda: None)",
        "`o\N{REPLACEMENT CHARACTER}dd` cannot be the name of a command",
    ),
    "a command taken away": ("app.commands.clear()", "there is a command `assess` already"),
}


@pytest.mark.parametrize(("code", "said"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_cannot_be_added_is_named_and_the_others_stay(
    site: Site, code: str, said: str
) -> None:
    site.put("a", LATER.format("steelyard_commands", "app", "app.command('first')(lambda: None)"))
    second = f"app.command('second')(lambda: None)\n    {code}"
    site.put("b", LATER.format("steelyard_commands", "app", second))
    app = click.Group(commands={"assess": click.Command("assess")})
    mine = app.commands["assess"]
    told: list[str] = []
    plugins = load_plugins(tell=lambda faults: told.extend(one.text() for one in faults))
    plugins.add_commands(app)
    plugins.add_commands(app)
    assert sorted(app.commands) == ["assess", "first"]
    assert app.commands["assess"] is mine
    assert told[0] == f"plugin b: {said}"
    # It is told when it happens, and once.
    assert told == lines(plugins)


BOTH = {
    "books": ("@hookimpl\ndef steelyard_books():\n    return [files(__name__) / 'books']\n",
              "book `town/own` is brought by plugin `{0}`"),
    "measures": (MEASURES.format("pass"), "measure `fine` is brought by plugin `{0}`"),
    "forms": (form(), "form `own`: its key `own` is brought by plugin `{0}`"),
}  # fmt: skip


@pytest.mark.parametrize("first", ["a", "z"])
@pytest.mark.parametrize(("code", "said"), BOTH.values(), ids=BOTH)
def test_an_id_that_two_bring_is_told_whichever_comes_first(
    site: Site, code: str, said: str, first: str
) -> None:
    for name in ("m", first):
        site.put(name, code, books={"x.yaml": OWN})
    keeper, refused = sorted(("m", first))
    plugins = load_plugins()
    [told] = lines(plugins)
    assert told.startswith(f"plugin {refused}: ")
    assert told.endswith(said.format(keeper))
    assert plugins.versions() == {keeper: "1.2"}


NOTHING = {
    "no hook": "x = 1",
    "a failing import": "1 / 0",
    "an end": "os._exit(9)",
    "a misspelt hook": "@hookimpl\ndef steelyard_bookz(): return []",
    "a hook that fails": "@hookimpl\ndef steelyard_measures(): raise ValueError",
}


@pytest.mark.parametrize("first", ["aaa", "zzz"])
@pytest.mark.parametrize("code", NOTHING.values(), ids=NOTHING)
def test_a_plugin_that_brings_nothing_takes_no_name(site: Site, code: str, first: str) -> None:
    site.put(first, code, point="hospital")
    site.put("real", MEASURES.format("pass"), point="hospital")
    plugins = load_plugins()
    assert {one.distribution: one.state for one in plugins.entries} == {
        f"steelyard-{first}": "refused",
        "steelyard-real": "ok",
    }
    assert list(plugins.measures) == ["fine"]
    # The one that is there already hears that its name is wanted, too.
    assert len(lines(plugins)) == 1 + (first == "zzz")


def test_what_is_refused_in_one_process_is_not_loaded_in_the_next(site: Site) -> None:
    site.put("bad", "print('bad')\n1 / 0", point="same")
    site.put("good", MEASURES.format("pass"), point="same")
    refused = load_plugins().refused
    assert refused == (("same", "steelyard-bad"),)
    again = load_plugins(refused=refused)
    assert [(one.name, one.distribution) for one in again.entries] == [("same", "steelyard-good")]
    assert lines(again) == []


def test_everything_of_the_process_is_as_it_was(site: Site) -> None:
    site.put("a", "sys.stdout = None\n" + MEASURES.format("pass"))
    before = (sys.stdout, os._exit, os.abort, os.execv, sys.modules[os.name]._exit, os.fstat(1))
    load_plugins(strict=True)
    after = (sys.stdout, os._exit, os.abort, os.execv, sys.modules[os.name]._exit, os.fstat(1))
    assert after[:5] == before[:5]
    assert os.path.samestat(after[5], before[5])

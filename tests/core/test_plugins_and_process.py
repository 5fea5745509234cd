"""Plugins that change what is the whole process's: its alarm, its standard error, its folder and the
like, and copies of it.
"""

from __future__ import annotations

import decimal
import gc
import locale
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sites import Site, only_site

import steelyard
from steelyard import PluginError
from steelyard.plugins.installed import Plugins, load_plugins

HEAD = """\
import decimal, gc, locale, logging, os, signal, subprocess, sys, threading, time
from steelyard import Measure, Title, hookimpl

def thread(work):
    one = threading.Thread(target=work)
    one.start()
    one.join()
"""
HOOK = """
@hookimpl
def steelyard_measures():
    {}
    return [Measure(id='fine', kind='sanction', title=Title('罚款', 'Fine'))]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return only_site(tmp_path, monkeypatch, HEAD)


def lines(plugins: Plugins) -> list[str]:
    return [re.sub(r"plug_\d+_\w+/__init__.py:\d+: ", "", one.text()) for one in plugins.faults]


LOOP = "\nwhile True: pass"
WAIT = "\nos.read(os.pipe()[0], 1)"
OUTLASTS = {
    "the alarm ignored, in a loop": "signal.signal(signal.SIGALRM, signal.SIG_IGN)" + LOOP,
    "the alarm ignored, waiting": "signal.signal(signal.SIGALRM, signal.SIG_IGN)" + WAIT,
    "the alarm left to the system": "signal.signal(signal.SIGALRM, signal.SIG_DFL)" + WAIT,
    "an alarm of its own": (
        "signal.signal(signal.SIGALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, .1, .1)"
        + WAIT
    ),
    "the timer switched off": "signal.setitimer(signal.ITIMER_REAL, 0)" + WAIT,
    "every signal ignored": (
        "for one in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    signal.signal(one, signal.SIG_IGN)" + LOOP
    ),
    "every signal held back": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())" + LOOP
    ),
}  # fmt: skip


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    # What every plugin imports is there, so that none of the time goes on it.
    assert steelyard.Measure
    monkeypatch.setenv("STEELYARD_HOOK_SECONDS", "0.4")


def alarms() -> tuple[Any, ...]:
    return (
        signal.getsignal(signal.SIGALRM),
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGRTMAX),
        signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        signal.getitimer(signal.ITIMER_REAL),
    )


@pytest.mark.skipif(not hasattr(signal, "SIGRTMAX"), reason="needs signals of Linux")
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("code", OUTLASTS.values(), ids=OUTLASTS)
def test_a_plugin_that_takes_the_alarm_for_itself_does_not_outlast_the_limit(
    site: Site, code: str
) -> None:
    before = alarms()
    site.put("deaf", code)
    assert lines(load_plugins()) == ["plugin deaf: takes longer than 0.4 s to import"]
    assert alarms() == before


LATE = {
    "with an answer": "pass",
    "with an error": "raise ValueError('as it seems')",
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("end", LATE.values(), ids=LATE)
def test_what_comes_back_after_the_limit_is_not_taken(site: Site, end: str) -> None:
    code = (
        "signal.setitimer(signal.ITIMER_REAL, 0)\n    until = time.monotonic() + 0.5\n"
        "    while time.monotonic() < until:\n        try: time.sleep(0.01)\n"
        f"        except BaseException: pass\n    {end}"
    )
    site.put("late", HOOK.format(code))
    plugins = load_plugins()
    assert lines(plugins) == ["plugin late: `steelyard_measures` takes longer than 0.4 s"]
    assert not plugins.measures
    with pytest.raises(PluginError, match=r"takes longer than 0\.4 s"):
        load_plugins(strict=True)


def test_a_clock_of_its_own_is_a_plugins_affair_while_it_is_in_time(site: Site) -> None:
    code = (
        "rung = []\n    signal.signal(signal.SIGALRM, lambda *_: rung.append(1))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.01)\n    signal.pause()\n    assert rung\n"
        "    signal.alarm(1000)"
    )
    before = alarms()
    site.put("timed", HOOK.format(code))
    assert list(load_plugins(strict=True).measures) == ["fine"]
    assert alarms() == before


ERRS = {
    "sys.stderr": "sys.stderr.write('hello\\n')",
    "a title of the terminal": "sys.stderr.write('\\x1b]0;hello\\x07\\n')",
    "without an end of line": "sys.stderr.write('hello')",
    "bytes": "sys.stderr.buffer.write(b'hello\\n')",
    "the stream that Python began with": "sys.__stderr__.write('hello\\n')",
    "the descriptor, cleaned": "os.write(2, b'\\x1b[2Jhello\\xff\\n')",
    "a program": "subprocess.run([sys.executable, '-Sc', 'import sys; sys.stderr.write(\"hello\")'])",
    "a thread": "thread(lambda: print('hello', file=sys.stderr))",
    "a log": "logging.StreamHandler().emit(logging.makeLogRecord({'msg': 'hello'}))",
    "a stream closed": "sys.stderr.write('hello'); sys.stderr.close()",
    "a stream exchanged": "sys.stderr.write('hello'); sys.stderr = None",
}


@pytest.mark.parametrize("code", ERRS.values(), ids=ERRS)
def test_what_a_plugin_writes_to_standard_error_stands_there_under_its_name(
    site: Site, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    site.put("loud", code + HOOK.format(code.replace("hello", "again")))
    assert load_plugins(strict=True).versions() == {"loud": "1.2"}
    sys.stderr.write("ours\n")
    out, err = capfd.readouterr()
    told = re.sub("\N{REPLACEMENT CHARACTER}|\\[2J|\\]0;", "", err)
    assert (out, told) == ("", "plugin loud: hello\nplugin loud: again\nours\n")


def test_both_streams_are_told_in_their_order(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    both = "print(1); print(2, file=sys.stderr); os.write(1, b'3\\n'); os.write(2, b'4\\n'); 1 / 0"
    site.put("loud", both)
    assert lines(load_plugins()) == ["plugin loud: cannot be imported: division by zero"]
    assert capfd.readouterr() == ("", "".join(f"plugin loud: {n}\n" for n in (1, 2, 3, 4)))


def test_what_a_kept_stream_prints_later_steers_no_terminal(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.put("loud", "streams = sys.stdout, sys.stderr" + HOOK.format("pass"))
    load_plugins(strict=True)
    [module] = [one for one in sys.modules.values() if str(site.folder) in str(getattr(one, "__file__", ""))]  # fmt: skip
    for stream in module.streams:
        stream.write("later\x1b[2J\n")
    assert capfd.readouterr() == ("", "later\N{REPLACEMENT CHARACTER}[2J\n" * 2)


CHANGES = {
    "the folder": ("os.chdir('/')", "changes the working folder; it is put back"),
    "the mode of files": ("os.umask(0)", "changes the mode of new files (umask); it is put back"),
    "the locale": (
        "locale.setlocale(locale.LC_ALL, 'C')",
        "changes the locale; it is put back",
    ),
    "decimals, in place": (
        "decimal.getcontext().prec = 3",
        "changes how decimals are rounded; it is put back",
    ),
    "decimals, by another context": (
        "decimal.setcontext(decimal.Context(rounding=decimal.ROUND_UP))",
        "changes how decimals are rounded; it is put back",
    ),
    "decimals, of threads to come": (
        "decimal.DefaultContext.prec = 2; decimal.DefaultContext.traps[decimal.Inexact] = True",
        "changes how decimals are rounded; it is put back",
    ),
    "a setting": (
        "os.environ['STEELYARD_HOOK_SECONDS'] = 'ever'",
        "changes settings in the environment; they are put back",
    ),
    "a setting taken away": (
        "os.environ.pop('STEELYARD_CACHE')",
        "changes settings in the environment; they are put back",
    ),
    "the zone": (
        "os.environ['TZ'] = 'UTC-14'; time.tzset()",
        "changes settings in the environment; they are put back",
    ),
    "Ctrl-C": (
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "takes over signals; their handlers are put back",
    ),
    "termination": (
        "signal.signal(signal.SIGTERM, lambda *_: None)",
        "takes over signals; their handlers are put back",
    ),
    "the depth of calls": (
        "sys.setrecursionlimit(sys.getrecursionlimit() + 7)",
        "changes limits of Python; they are put back",
    ),
    "turns of threads": ("sys.setswitchinterval(9)", "changes limits of Python; they are put back"),
    "collecting": ("gc.disable()", "changes limits of Python; they are put back"),
    "what tells of an error": (
        "sys.excepthook = print",
        "takes over hooks of Python; they are put back",
    ),
    "what tells of a thread's error": (
        "threading.excepthook = print",
        "takes over hooks of Python; they are put back",
    ),
    "standard input": ("sys.stdin = None", "takes over hooks of Python; they are put back"),
}


def state() -> tuple[Any, ...]:
    umask = os.umask(0o77)
    os.umask(umask)
    found: list[str] = []
    one = threading.Thread(target=lambda: found.append(repr(decimal.getcontext())))
    one.start()
    one.join()
    return (
        Path.cwd(), umask, locale.setlocale(locale.LC_ALL), repr(decimal.getcontext()), found,
        dict(os.environ), time.tzname, *map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)),
        sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), sys.excepthook,
        threading.excepthook, sys.stdin,
    )  # fmt: skip


@pytest.mark.parametrize(("code", "said"), CHANGES.values(), ids=CHANGES)
def test_what_a_plugin_changes_of_the_process_is_put_back_and_told_once(
    site: Site,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    said: str,
) -> None:
    monkeypatch.setenv("STEELYARD_CACHE", "no")
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    decimal.getcontext().clear_flags()
    before = state()
    site.put("odd", code + HOOK.format(code))
    plugins = load_plugins(strict=True)
    assert state() == before
    # What it gives is taken all the same.
    assert list(plugins.measures) == ["fine"]
    assert capfd.readouterr() == ("", f"warning: plugin odd: {said}\n")


def test_what_failed_has_changed_is_put_back_too(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    before = Path.cwd()
    site.put("odd", "os.chdir('/')\n1 / 0")
    assert lines(load_plugins()) == ["plugin odd: cannot be imported: division by zero"]
    assert Path.cwd() == before
    said = "warning: plugin odd: changes the working folder; it is put back\n"
    assert capfd.readouterr() == ("", said)


COPIES = {
    "that goes on": ("pass", 2, 2),
    "that fails": ("1 / 0", 2, 2),
    "that ends": ("os._exit(7)", 7, 0),
    "that leaves": ("sys.exit(7)", 7, 0),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize(("does", "code", "named"), COPIES.values(), ids=COPIES)
def test_a_copy_does_not_go_on_as_the_program(
    site: Site, capfd: pytest.CaptureFixture[str], does: str, code: int, named: int
) -> None:
    forks = f"copy = os.fork()\nif copy: assert os.waitpid(copy, 0)[1] >> 8 == {code}\nelse: {does}"
    site.put("forks", forks + HOOK.format(forks.replace("\n", "\n    ")))
    assert load_plugins(strict=True).versions() == {"forks": "1.2"}
    said = (
        "warning: plugin forks: makes a copy of the program (fork) that would go on as the "
        "program; it is ended\n"
    )
    # At its import and by its hook.
    assert capfd.readouterr() == ("", said * named)

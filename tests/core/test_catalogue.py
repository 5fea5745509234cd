"""Everything that the program says is said in Chinese too."""

from __future__ import annotations

import importlib.util
import re
import string
import sys
from copy import copy
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from steelyard.cli.main import main
from steelyard.errors import Plural, fault
from steelyard.messages import translator

TOOL = Path(__file__).parents[2] / "tools" / "catalogue.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """Return the tool that keeps the catalogue."""
    spec = importlib.util.spec_from_file_location("catalogue", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["catalogue"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def messages(tool: ModuleType) -> set[str | tuple[str, ...]]:
    """Return all that the source says."""
    return set(tool.messages())


def translations(catalogue: Catalog) -> dict[str | tuple[str, ...], str]:
    """Return the translation of each message; Chinese has one for singular and plural."""
    found: dict[str | tuple[str, ...], str] = {}
    for one in catalogue:
        if one.id:
            said = one.string if isinstance(one.string, str) else "".join(one.string or ())
            found[one.id if isinstance(one.id, str) else tuple(one.id)] = said
    return found


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_message_is_translated(
    tool: ModuleType, messages: set[str | tuple[str, ...]]
) -> None:
    said = translations(tool.read())
    assert sorted((one for one in messages if not said.get(one)), key=str) == []


def test_the_catalogue_says_nothing_that_the_source_no_longer_says(
    tool: ModuleType, messages: set[str | tuple[str, ...]]
) -> None:
    assert sorted(set(translations(tool.read())) - messages, key=str) == []


def test_translations_fill_in_what_their_messages_fill_in(tool: ModuleType) -> None:
    wrong = []
    for one, said in translations(tool.read()).items():
        # A plural's forms are filled in from one set of values.
        known = [placeholders(form) for form in ((one,) if isinstance(one, str) else one)]
        if said and placeholders(said) not in known:
            wrong.append((one, said))
    assert wrong == []


def test_backticked_words_of_a_message_stay_in_backticks(tool: ModuleType) -> None:
    said = translations(tool.read())
    assert [
        one
        for one in said
        if isinstance(one, str) and said[one] and one.count("`") != said[one].count("`")
    ] == []


NEVER_ONE = {
    # Limits of ours, far from one.
    "{depth} books", "{depth} levels", "{count} characters", "{count} periods", "{count} rows",
    "{count} columns", "{count} digits", "{count} values", "{count} places",
    # Said only of several, or beside a text of its own for one.
    "{count} fields", "{count} cases", "{count} times", "{count} books", "{count} measures",
    "{count} more records",
    # Of a chart or a ranking of many.
    "{count} units", "{units} units", "{draws} draws", "{count} peers", "{peers} peers",
    "{least} peers", "{count} ranks", "{moved} of",
    # Points have decimals; the rows of a page are counted in the browser.
    "{points} points", "{all} rows",
}  # fmt: skip
COUNTS = "count|n|all|least|most|total|units|books|sectors|cases|days|times|groups|ranks|peers|parties|points|draws|depth|moved|came|went|gone|records|rules"


def test_a_message_that_counts_has_a_text_for_one(messages: set[str | tuple[str, ...]]) -> None:
    counting = re.compile(rf"\{{(?:{COUNTS})\}} (?:more )?[a-z]+s\b")
    plain = (found for one in messages if isinstance(one, str) for found in counting.findall(one))
    assert sorted(set(plain) - NEVER_ONE) == []


ONE = {
    "units of a list": (
        Plural("{n} unit is few", "{n} units are few", "n"),
        1,
        "1 unit is few",
        "3 units are few",
    ),
    "as text": (Plural("{count} row", "{count} rows"), "1", "1 row", "3 rows"),
    "with decimals": (Plural("{count} point", "{count} points"), "1.00", "1.00 points", "3 points"),
}


@pytest.mark.parametrize(("message", "number", "said", "others"), ONE.values(), ids=ONE)
def test_a_count_chooses_the_text(message: Plural, number: object, said: str, others: str) -> None:
    # As a fault without a catalogue, with one, and as another process makes it anew.
    for one in (message, translator("en")(message), copy(message)):
        assert fault("", one, **{message.by: number}).text() == said
        assert one.format(**{message.by: 3}) == others


def test_what_counts_has_one_text_in_chinese() -> None:
    message = Plural("{count} unit", "{count} units")
    say = translator("zh")
    assert {say(message).format(count=number) for number in (1, 3)} == {"1 个单位", "3 个单位"}


def test_the_compiled_catalogue_is_made_from_the_written_one(tool: ModuleType) -> None:
    with tool.MO.open("rb") as file:
        assert translations(read_mo(file)) == {
            one: said for one, said in translations(tool.read()).items() if said
        }


def test_what_the_catalogue_holds_of_click_is_said_by_click(tool: ModuleType) -> None:
    assert tool.CLICK - tool.click_says() == set()


def test_a_message_that_is_not_written_out_is_refused(tool: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    tree = tool.ast.parse('def tell(place, kind):\n    return fault(place, f"{kind} is wrong")\n')
    with pytest.raises(tool.UnwrittenError, match=r"module\.py:2"):
        tool._Module(file, tree, {"fault": tool.Sink(1, "message")}).collect()


def test_a_message_passed_on_by_a_function_is_found_where_it_is_made(
    tool: ModuleType, tmp_path: Path
) -> None:
    source = (
        "class A:\n    def note(self, why):\n        fault('', why)\n\n    def b(self, x):\n "
        "       self.note('one' if x else TABLE[x])\n\nTABLE = {1: 'two'}\n"
    )
    module = tool._Module(
        tmp_path / "module.py", tool.ast.parse(source), {"fault": tool.Sink(1, "message")}
    )
    assert module.collect() == ["one", "two"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--help"], "用法: steelyard [选项] 命令 [参数]..."),
        (["assess", "--help"], "用法: steelyard assess [选项] 文件…"),
        (["book", "show", "--help"], "  -h, --help            显示本说明。"),
        (["template", "--help"], "[必填]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_help_is_in_chinese(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--lang", "zh", *words])
    assert said in capsys.readouterr().out


def test_a_run_in_chinese_leaves_no_chinese_for_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for language, said in (("zh", "用法"), ("en", "Usage"), ("zh", "选项"), ("en", "Options")):
        with pytest.raises(SystemExit):
            main(["--lang", language, "assess", "--help"])
        assert said in capsys.readouterr().out


def test_chinese_help_is_at_most_eighty_columns_wide(capsys: pytest.CaptureFixture[str]) -> None:
    from steelyard.wrapping import wide

    for words in (
        [],
        ["assess"],
        ["show"],
        ["template"],
        ["books"],
        ["book"],
        ["book", "show"],
        ["plugins"],
        ["demo"],
    ):
        with pytest.raises(SystemExit):
            main(["--lang", "zh", *words, "--help"])
        shown = capsys.readouterr().out.splitlines()
        assert len(shown) > 5
        assert [line for line in shown if wide(line) > 80] == []


def test_what_click_refuses_is_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        "--foo",
        "asess",
        "assess",
        "show --limit 0",
        "show --format xml",
        "show a b",
        "show --limit",
    ):
        with pytest.raises(SystemExit) as left:
            main(["--lang", "zh", *words.split()])
        assert left.value.code == 2
        line = capsys.readouterr().err
        assert line.startswith("错误: steelyard")
        assert any("一" <= sign <= "鿿" for sign in line.partition("steelyard")[2])

"""What is wrong with the words of a command is told in a line of ours, in the reader's language."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from program import answer

from steelyard.cli.main import COMMANDS, program
from steelyard.cli.settings import Settings

REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "below a range": (
        ("compare", "--limit", "0"),
        "steelyard compare: --limit: `0` is not a whole number from 1 up",
        "steelyard compare: --limit: `0` 不是不小于 1 的整数",
    ),
    "above a range": (
        ("sample", "--quarters", "41"),
        "steelyard sample: --quarters: `41` is not a whole number from 1 to 40",
        "steelyard sample: --quarters: `41` 不是 1 到 40 之间的整数",
    ),
    "no whole number": (
        ("sample", "--seed", "1.5"),
        "steelyard sample: --seed: `1.5` is not a whole number",
        "steelyard sample: --seed: `1.5` 不是整数",
    ),
    "what Python alone takes for a number": (
        ("sample", "--units", "1_000"),
        "steelyard sample: --units: `1_000` is not a whole number from 1 to 10000000",
        "steelyard sample: --units: `1_000` 不是 1 到 10000000 之间的整数",
    ),
    "what only resembles a digit": (
        ("sample", "--units", "9⑤"),
        "steelyard sample: --units: `9⑤` is not a whole number from 1 to 10000000",
        "steelyard sample: --units: `9⑤` 不是 1 到 10000000 之间的整数",
    ),
    "what is a number to programs": (
        ("verify", "x", "--timeout", "1e2"),
        "steelyard verify: --timeout: `1e2` is not a number from 0.1 to 3600",
        "steelyard verify: --timeout: `1e2` 不是 0.1 到 3600 之间的数",
    ),
    "out of a range with decimals": (
        ("verify", "x", "--timeout", "0"),
        "steelyard verify: --timeout: `0` is not a number from 0.1 to 3600",
        "steelyard verify: --timeout: `0` 不是 0.1 到 3600 之间的数",
    ),
    "no number": (
        ("verify", "x", "--timeout", "nan"),
        "steelyard verify: --timeout: `nan` is not a number from 0.1 to 3600",
        "steelyard verify: --timeout: `nan` 不是 0.1 到 3600 之间的数",
    ),
    "none of the words": (
        ("books", "--format", "jsno"),
        "steelyard books: --format: `jsno` is none of `text`, `json`; did you mean `json`?",
        "steelyard books: --format: `jsno` 不在 `text`、`json` 之中；是否为 `json`？",
    ),
    "a missing option": (
        ("report", "h-1"),
        "steelyard report: `-o FILE` is missing",
        "steelyard report: 缺少 `-o 文件`",
    ),
    "a missing option that is always wanted": (
        ("template", "x"),
        "steelyard template: `-o FILE` is missing",
        "steelyard template: 缺少 `-o 文件`",
    ),
    "a missing argument": (
        ("assess",), "steelyard assess: `FILE…` is missing", "steelyard assess: 缺少 `文件…`",
    ),
    "an unknown option": (
        ("books", "--fromat", "json"),
        "steelyard books: there is no option `--fromat`; did you mean `--format`?",
        "steelyard books: 没有选项 `--fromat`；是否为 `--format`？",
    ),
    "an unknown command": (
        ("boks",),
        "steelyard: there is no command `boks`; did you mean `books`?",
        "steelyard: 没有命令 `boks`；是否为 `books`？",
    ),
    "an empty name of a store": (
        ("show", "--db", ""),
        "steelyard show: --db: is empty: write what is meant, or leave it out",
        "steelyard show: --db: 是空的：请写明内容，或者不写这一项",
    ),
    "an empty name of a folder": (
        ("--books=", "books"),
        "steelyard: --books: is empty: write what is meant, or leave it out",
        "steelyard: --books: 是空的：请写明内容，或者不写这一项",
    ),
    "an empty name of a file": (
        ("assess", "case.yaml", ""),
        "steelyard assess: FILE…: is empty: write what is meant, or leave it out",
        "steelyard assess: 文件…: 是空的：请写明内容，或者不写这一项",
    ),
    "an empty name to write to": (
        ("template", "x", "-o", ""),
        "steelyard template: -o: is empty: write what is meant, or leave it out",
        "steelyard template: -o: 是空的：请写明内容，或者不写这一项",
    ),
    "a word too many": (
        ("books", "extra"),
        "steelyard books: got unexpected extra argument (extra)",
        "steelyard books: 多余的参数（extra）",
    ),
    "an option without its value": (
        ("books", "--format"),
        "steelyard books: option `--format` requires an argument",
        "steelyard books: 选项 `--format` 后面缺少 1 个值",
    ),
    "a value for a flag": (
        ("books", "--strict=1"),
        "steelyard books: option `--strict` does not take a value",
        "steelyard books: 选项 `--strict` 不带值",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "english", "chinese"), REFUSED.values(), ids=REFUSED)
def test_a_misused_command_is_refused_in_a_line(
    tmp_path: Path, words: tuple[str, ...], english: str, chinese: str
) -> None:
    for language, start, line in (("C", "error", english), ("zh_CN.UTF-8", "错误", chinese)):
        ran = answer(tmp_path, {"LANG": language}, *words)
        assert (ran.code, ran.out, ran.err.splitlines()) == (2, "", [f"{start}: {line}"])


def test_no_option_leaves_its_words_to_click() -> None:
    context = click.Context(program, obj=Settings("en"))
    commands = [program.get_command(context, name) for name in COMMANDS]
    commands += [one for group in commands if isinstance(group, click.Group)
                 for one in group.commands.values()]  # fmt: skip
    types = {type(kept.type) for one in commands if one is not None for kept in one.params}
    assert {one.__name__ for one in types if one.__module__.startswith("click")} <= {
        "StringParamType", "BoolParamType",
    }  # fmt: skip

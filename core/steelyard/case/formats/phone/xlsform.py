"""A book's site and survey items as an XLSForm, which ODK Collect and KoboToolbox run offline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from openpyxl.workbook import Workbook

from steelyard.book.model import Fact, Field, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.formats.outline import Band, outline
from steelyard.case.formats.packing import packed
from steelyard.case.formats.phone.form_names import (
    ANSWER,
    BOOK,
    BY,
    DAY,
    KIND,
    NAME,
    PERIOD,
    UNIT,
    VISIT,
    Asked,
    FormNames,
    Repeat,
)
from steelyard.case.formats.prompts import example_period, fact_prompt, field_prompt, span
from steelyard.errors import UsageError, fault
from steelyard.expression.types import TICK, Boolean, Choice, Date, Number, Survey
from steelyard.files import write
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

_ZH, _EN = "中文 (zh)", "English (en)"
_SPOKEN = ("label", "hint", "constraint_message")
_COLUMNS = (
    "type",
    "name",
    *(f"{word}::{language}" for word in _SPOKEN for language in (_ZH, _EN)),
    *("required", "relevant", "constraint", "calculation", "default", "parameters"),
)
_YES_NO = "yes_no"
_TICKS = "ticks"
_KINDS = "kinds"
_WORDS: Mapping[str, Mapping[str, Title]] = {
    _YES_NO: {"true": Title("是", "Yes"), "false": Title("否", "No")},
    _TICKS: {
        "yes": Title("是", "Yes"),
        "no": Title("否", "No"),
        "na": Title("不适用", "Not applicable"),
    },
    _KINDS: {
        VISIT: METHOD_TITLES["site"],
        ANSWER: Title("问卷调查（一人一份）", "A questionnaire, one for each person"),
    },
}
_PERIOD = "regex(., '^[0-9]{4}(H[12]|Q[1-4]|-(0[1-9]|1[0-2]))?$')"
_PERIODS = Title("如 2026、2026H1、2026Q3、2026-11", "as 2026, 2026H1, 2026Q3 or 2026-11")
_SEEN = Title("照片", "Photo")
_SIZE = "max-pixels=2048"
_WHERE = Title("位置", "Place")

Line = dict[str, str]


def write_xlsform(book: RuleBook, path: Path, *, over: bool = True) -> None:
    """Write the form of a book's site and survey items.

    Raises UsageError where the book has none, or the file cannot be written.
    """
    form = _Form(book)
    if not (form.names.visits or form.names.answers or form.names.repeats):
        raise UsageError(
            [fault(str(path), "{book} shows nothing on site or by a survey", book=book.key)]
        )
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    settings = {
        "form_title": f"{book.title.zh} {book.title.en}".strip(),
        "form_id": _form_id(book),
        "version": book.version,
        "default_language": _ZH,
    }
    for name, columns, lines in (
        ("survey", _COLUMNS, form.lines()),
        ("choices", ("list_name", "name", f"label::{_ZH}", f"label::{_EN}"), form.choices()),
        ("settings", tuple(settings), iter([settings])),
    ):
        sheet = workbook.create_sheet(name)
        sheet.append(list(columns))
        for line in lines:
            sheet.append([line.get(column, "") for column in columns])
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str):
                    cell.data_type, cell.number_format = "s", "@"
    write(path, packed(workbook), over=over)


class _Form:
    """The rows of a form."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.names = FormNames(book)
        self.lists: dict[str, Mapping[str, Title]] = {}

    def lines(self) -> Iterator[Line]:
        """Yield the rows of the sheet of questions."""
        yield {"type": "today", "name": DAY}
        yield {"type": "calculate", "name": BOOK, "calculation": f"'{self.book.key}'"}
        period = example_period(self.book.effective)
        asked: tuple[tuple[str, Title, Line], ...] = (
            (UNIT, Title("被评单位编号", "Subject id"), {"required": "yes"}),
            (NAME, Title("被评单位名称", "Subject name"), {}),
            (PERIOD, Title("考核周期", "Period"), {
                "required": "yes", "default": period, "constraint": _PERIOD,
                **_said("constraint_message", _PERIODS),
            }),
            (BY, Title("填报人", "Filled in by"), {}),
        )  # fmt: skip
        for name, title, more in asked:
            yield {"type": "text", "name": name, **_said("label", title), **more}
        visiting = bool(self.names.visits or self.names.repeats)
        if visiting and self.names.answers:
            what = Title("填什么", "What this is")
            kind = {"name": KIND, **_said("label", what), "required": "yes"}
            yield {"type": f"select_one {self._listed(_KINDS)}", **kind}
        elif self.names.answers:
            yield {"type": "calculate", "name": KIND, "calculation": f"'{ANSWER}'"}
        else:
            yield {"type": "calculate", "name": KIND, "calculation": f"'{VISIT}'"}
        yield from self._visit()
        yield from self._answers()

    def choices(self) -> Iterator[Line]:
        """Yield the rows of the sheet of options, once the questions have been written."""
        for name, words in self.lists.items():
            for word, title in words.items():
                yield {"list_name": name, "name": word, **_said("label", title)}

    def _visit(self) -> Iterator[Line]:
        """Yield the questions of a visit: a group for each section, and in it one for each rule."""
        visits = self.names.visits
        open_ = 0
        for band in self._bands():
            while open_ > band.level:
                open_ -= 1
                yield {"type": "end_group"}
            yield self._group(f"part_{band.id or 'more'}", band.title, top=not open_)
            open_ += 1
            for fact in band.facts:
                yield from self._question(visits[fact.id])
        yield from ({"type": "end_group"} for _ in range(open_))
        for repeat in self.names.repeats:
            yield from self._repeat(repeat)

    def _bands(self) -> Sequence[Band]:
        """Return the outline of what a visit asks, without empty headings."""
        kept = [
            band._replace(facts=tuple(one for one in band.facts if one.id in self.names.visits))
            for band in outline(self.book)
        ]
        found: list[Band] = []
        for number, band in enumerate(kept):
            below = next((one for one in kept[number + 1 :] if one.level == 0 or one.facts), None)
            if band.facts or (band.level == 0 and below is not None and below.level == 1):
                found.append(band)
        return found

    def _group(self, word: str, title: Title, *, top: bool) -> Line:
        relevant = {"relevant": f"${{{KIND}}} = '{VISIT}'"} if top else {}
        name = self.names.name(word)
        return {"type": "begin_group", "name": name, **_said("label", title), **relevant}

    def _repeat(self, repeat: Repeat) -> Iterator[Line]:
        title = repeat.register.title
        yield self._group(f"list_{repeat.name}", title, top=True)
        yield {"type": "begin_repeat", "name": repeat.name, **_said("label", title)}
        for asked in repeat.fields:
            yield from self._question(asked)
        yield from self._beside(repeat.photo, repeat.place, "")
        yield {"type": "end_repeat"}
        yield {"type": "end_group"}

    def _answers(self) -> Iterator[Line]:
        if not self.names.answers:
            return
        title = Title("问卷", "Questionnaire")
        yield self._group("part_answers", title, top=True) | {
            "relevant": f"${{{KIND}}} = '{ANSWER}'"
        }
        for asked in self.names.answers.values():
            yield from self._question(asked)
        yield {"type": "end_group"}

    def _question(self, asked: Asked) -> Iterator[Line]:
        slot = asked.slot
        about = fact_prompt(slot) if isinstance(slot, Fact) else field_prompt(slot)
        if isinstance(slot.type, Survey):
            about = Title("本人是否满意（肯定）", "whether you are content, or agree")
        line = {
            "type": self._type(asked),
            "name": asked.name,
            **_said("label", slot.full_title),
            **_said("hint", about),
        }
        constraint = self._constraint(slot)
        if constraint:
            line |= {"constraint": constraint, **_said("constraint_message", about)}
        if isinstance(slot, Field) and slot.missing == "refused" and slot.default is None:
            line["required"] = "yes"
        yield line
        yield from self._beside(asked.photo, asked.place, f"${{{asked.name}}} != ''")

    def _beside(self, photo: str, place: str, relevant: str) -> Iterator[Line]:
        more = {"relevant": relevant} if relevant else {}
        if photo:
            yield {
                "type": "image",
                "name": photo,
                "parameters": _SIZE,
                **_said("label", _SEEN),
                **more,
            }
        if place:
            yield {"type": "geopoint", "name": place, **_said("label", _WHERE), **more}

    def _type(self, asked: Asked) -> str:
        kind = asked.slot.type
        match kind:
            case Boolean() | Survey():
                return f"select_one {self._listed(_YES_NO)}"
            case Choice() if kind == TICK:
                return f"select_one {self._listed(_TICKS)}"
            case Choice(options=options):
                titles = asked.slot.options
                words = {one: titles.get(one, Title(one, one)) for one in options}
                self.lists[f"of_{asked.name}"] = words
                return f"select_one of_{asked.name}"
            case Number(scale=0):
                return "integer"
            case Number():
                return "decimal"
            case Date():
                return "date"
            case _:
                return "text"

    def _listed(self, name: str) -> str:
        self.lists[name] = _WORDS[name]
        return name

    def _constraint(self, slot: Fact | Field) -> str:
        """Return the declared bounds, also those by other facts of the form."""
        kind = slot.type
        said: list[str] = []
        if isinstance(kind, (Number, Date)):
            low, high = span(kind)
            if isinstance(kind, Date):
                low, high = (f"date('{end}')" if end else "" for end in (low, high))
            said += [f". >= {low}"] if low else []
            said += [f". <= {high}"] if high else []
            if isinstance(kind, Number) and kind.scale:
                said.append(f"round(., {kind.scale}) = .")
        if isinstance(slot, Fact):
            for sign, other in ((">=", slot.low_fact), ("<=", slot.high_fact)):
                asked = self.names.visits.get(other or "")
                if asked is not None:
                    name = f"${{{asked.name}}}"
                    said.append(f"({name} = '' or . {sign} {name})")
        return " and ".join(said)


def _form_id(book: RuleBook) -> str:
    return "steelyard_" + re.sub(r"[^A-Za-z0-9_]", "_", book.id)


def _said(word: str, title: Title) -> Line:
    """Return a text in both languages; where one is missing, both show the other."""
    zh, en = title
    return {f"{word}::{_ZH}": zh or en, f"{word}::{_EN}": en or zh} if zh or en else {}

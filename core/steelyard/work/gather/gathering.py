"""Gathers what hands have given in into one case, with all that they disagree on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.book.answering import Answering
from steelyard.book.handouts import By, method_of
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.formats.files import documents_and_faults, read_json
from steelyard.case.formats.folders import files_in
from steelyard.case.formats.phone.exports import Export, export_of
from steelyard.case.formats.phone.submissions import documents_of
from steelyard.case.formats.round_trip import Carried
from steelyard.case.model import Given
from steelyard.case.reading.parse_values import text_of
from steelyard.case.reading.read import book_of, parse_case
from steelyard.errors import CaseError, Fault, UsageError, fault
from steelyard.files import refuse_unwritable
from steelyard.located_yaml import Items, Table
from steelyard.messages import Title
from steelyard.work.gather import joined, registers
from steelyard.work.gather.joined import Conflict, Same
from steelyard.work.gather.returns import Return, hand, read_returns, said_first, same_case
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import Fact, Register, RuleBook

SCHEMA = "steelyard/gathered@1"


class Count(NamedTuple):
    """What a file has brought: who filled it in, facts and records."""

    file: str
    by: str
    facts: int
    records: int


class Gathered(NamedTuple):
    """The case that many hands make up, and what there is to tell of it; `silent` are the offices
    of the book of whose facts none is given, or the methods, where the files are `parted` so.
    """

    case: Carried
    book: RuleBook
    counts: tuple[Count, ...]
    conflicts: tuple[Conflict, ...]
    same: tuple[Same, ...]
    silent: tuple[Title, ...]
    parted: By = "office"

    def document(self) -> dict[str, Any]:
        """Return the account as plain data."""
        return {
            "schema": SCHEMA,
            "case": self.case.case.digest,
            "files": [one._asdict() for one in self.counts],
            "conflicts": [
                {
                    "what": one.what,
                    "title": one.title._asdict(),
                    "said": [said._asdict() for said in one.said],
                    "kept": one.kept,
                }
                for one in self.conflicts
            ],
            "same": [one._asdict() for one in self.same],
            "nothing_from": [one._asdict() for one in self.silent],
        }


def gather(
    workspace: Workspace,
    words: Sequence[str],
    output: Path,
    *,
    evidence: str = "",
    recursive: bool = False,
    over: bool = False,
) -> Gathered:
    """Join the files that words mean into one case, and write it; pictures that are embedded in
    workbooks are taken out into the folder `evidence`.

    Raises CaseError with the faults of all files, or UsageError where nothing can be written.
    """
    suffix = output.suffix.lower()
    if suffix not in {".xlsx", ".yaml", ".yml"}:
        raise UsageError(
            [
                fault(
                    str(output),
                    "the case is written as one of {suffixes}",
                    suffixes=(".xlsx", ".yaml"),
                )
            ]
        )
    refuse_unwritable(output, over=over)
    chosen = files_in(words, recursive=recursive)
    workspace.warn(chosen.passed)
    files = [one for one in chosen.files if str(one) in words or not _is(one, output)]
    workspace.warn(
        fault(str(one), "is where the gathered case is written, and is passed over")
        for one in chosen.files
        if one not in files
    )
    found = join(workspace, files, str(output))
    workspace.warn(found.case.case.remarks)
    pictures = found.case.case.embedded
    if pictures and not evidence:
        raise UsageError(
            [
                fault(
                    pictures[0].place,
                    "is a picture that the workbook holds (in all: {count}): name the folder that "
                    "takes them with `--evidence FOLDER`",
                    count=len(pictures),
                )
            ]
        )
    if evidence:
        from steelyard.work.evidence import take_out

        take_out(pictures, Path(evidence))
    _write(workspace, found, output, over=over)
    return found


def _is(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _write(workspace: Workspace, found: Gathered, output: Path, *, over: bool) -> None:
    if output.suffix.lower() == ".xlsx":
        from steelyard.case.formats.workbook import write_workbook

        clauses = workspace.library.clauses(found.book.key).values()
        titles = {clause.id: clause.title for clause in clauses}
        write_workbook(found.book, output, titles, found.case, over=over)
    else:
        from steelyard.case.formats.template import write_yaml

        write_yaml(found.book, output, found.case, over=over)


def join(workspace: Workspace, files: Sequence[Path], name: str) -> Gathered:
    """Return the case that the documents of some files make up; `name` stands for it in places."""
    if not files:
        raise CaseError([fault(name, "there is nothing to gather")])
    documents: list[tuple[Path, Table]] = []
    faults: list[Fault] = []
    exports: list[tuple[Path, Export]] = []
    for path in files:
        try:
            export = export_of(path)
            if export is not None:
                exports.append((path, export))
                continue
            found, wrong = documents_and_faults(path, workspace.book_for_case)
        except CaseError as error:
            faults += error.faults
            continue
        faults += wrong
        documents += [(path, one) for one in found]
    try:
        given = documents_of(exports, workspace.book_for_case)
    except CaseError as error:
        faults += error.faults
    else:
        documents += given.found
        workspace.warn(given.notes)
    books = _books(workspace, documents, faults)
    if faults:
        raise CaseError({one.text(): one for one in faults}.values())
    if not books:
        raise CaseError([fault(name, "there is nothing to gather")])
    book = books[0]
    returns = read_returns(documents, book)
    faults += same_case(returns)
    if faults:
        raise CaseError(faults)
    return _joined(returns, book, name)


def _books(
    workspace: Workspace, documents: Sequence[tuple[Path, Table]], faults: list[Fault]
) -> list[RuleBook]:
    """Return the books that documents name; more than one is a fault."""
    books: dict[str, tuple[RuleBook, Path]] = {}
    for path, document in documents:
        try:
            book = workspace.book_for_case(*book_of(document, str(path)))
        except CaseError as error:
            faults += error.faults
            continue
        if book.key not in books and books:
            other, first = next(iter(books.values()))
            faults.append(
                fault(
                    f"{path}: book",
                    "is `{book}` here and `{other}` in {first}: gather the cases of one book",
                    book=book.key,
                    other=other.key,
                    first=first,
                )
            )
        books.setdefault(book.key, (book, path))
    return [book for book, _ in books.values()]


def _joined(returns: Sequence[Return], book: RuleBook, name: str) -> Gathered:
    facts = joined.facts(returns, book)
    parties = joined.parties(returns, book)
    records = registers.records(returns, book)
    waivers, digests = joined.waivers(returns), joined.digests(returns)
    parts = (facts, parties, records, waivers, digests)
    faults = [one for part in parts for one in part.faults]
    if faults:
        raise CaseError(faults)
    first = returns[0].case
    as_of = said_first(returns, "as_of")
    subject = {
        "id": first.subject_id,
        "name": said_first(returns, "subject_name"),
        "part_of": said_first(returns, "part_of"),
    }
    plain = {
        "book": book.key,
        "subject": {key: text for key, text in subject.items() if text},
        "period": first.period,
        **({"as_of": str(as_of)} if as_of != first.last else {}),
        "facts": facts.data,
        "parties": parties.data,
        "records": records.data,
        "waivers": waivers.data,
        **({"files": digests.data} if digests.data else {}),
    }
    document = read_json(json.dumps(plain, ensure_ascii=False), name)
    assert isinstance(document, Table)  # noqa: S101  # a mapping was written
    _placed(document, returns, parties.places[""], records.places)
    case = parse_case(document, book, name)
    pictures = {str(one): one for each in returns for one in each.case.embedded}
    # What there is to remark of what a hand says, there is to remark of the whole.
    told = (*case.remarks, *parties.remarks)
    case = replace(case, embedded=tuple(pictures.values()), remarks=told)
    given = case.facts
    methods = [method_of(one.path.stem) for one in returns]
    by_method = None not in methods and any(methods)
    parted: By = "method" if by_method else "office"
    conflicts = [
        one._replace(kept=_kept(given.get(one.what.partition(".")[2]), one, book))
        for part in parts
        for one in part.conflicts
    ]
    return Gathered(
        Carried(case, document),
        book,
        tuple(_count(one, book) for one in returns),
        tuple(conflicts),
        records.same,
        tuple(_silent(book, case.document, parted)),
        parted,
    )


def _placed(
    document: Table,
    returns: Sequence[Return],
    parties: Sequence[str],
    registers: Mapping[str, Sequence[str]],
) -> None:
    """Let what a joined document says stand where the hands have written it, its parties and the
    records of each register at these places.
    """
    said = [key for key in document if key != "subject"]
    subject, facts, records = (document[key] for key in ("subject", "facts", "records"))
    inner = subject if isinstance(subject, Table) else Table()
    for key in (*said, *(f"subject.{name}" for name in inner)):
        whose = next((one for one in returns if one.places.says(key)), returns[0])
        part = inner if "." in key else document
        part.keys_at[key.removeprefix("subject.")] = whose.places.of(key)
    if isinstance(facts, Table):
        for name in facts:
            whose = next(one for one in returns if name in one.case.document["facts"])
            facts.keys_at[name] = whose.places.in_part("facts", name)
    listed = [(document["parties"], parties)]
    for name, register in records.items() if isinstance(records, Table) else ():
        listed += [(register["rows"], registers[name])] if isinstance(register, Table) else []
    for entries, places in listed:
        for entry, place in zip(entries if isinstance(entries, Items) else (), places, strict=True):
            if isinstance(entry, Table):
                entry.place = place


def _kept(given: Given | None, conflict: Conflict, book: RuleBook) -> str:
    """Return what is kept of a fact that hands disagree on: a range, or that it is unknown."""
    if not conflict.what.startswith("facts.") or given is None:
        return conflict.kept
    if given.low is None or given.high is None:
        return "unknown"
    fact: Fact = book.facts[conflict.what.partition(".")[2]]
    return f"{text_of(given.low, fact.type)}..{text_of(given.high, fact.type)}"


def _count(one: Return, book: RuleBook) -> Count:
    written = one.case.document
    said = one.document.get("by")
    rows = sum(
        len(each["rows"])
        for name, each in written["records"].items()
        if book.registers[name].rolled is None
    )
    by = str(said or hand(one.path)).strip()
    return Count(str(one.path), by, len(written["facts"]), rows)


def _silent(book: RuleBook, said: Mapping[str, Any], parted: By) -> list[Title]:
    """Return the offices, or the methods, of which something is asked and nothing has come, be it a
    fact, a record or that a register is complete.
    """
    answering = Answering(book)
    whose = answering.offices if parted == "office" else answering.methods
    titles = book.offices if parted == "office" else METHOD_TITLES
    registers = [one for one in book.registers.values() if one.rolled is None]
    things: list[Fact | Register] = [*book.collected, *registers]
    asked = {each for one in things for each in whose(one)}
    shown = (name for name, one in said["records"].items() if one["rows"] or one["complete"])
    there = {*said["facts"], *shown}
    heard = {each for one in things if one.id in there for each in whose(one)}
    return [title for name, title in titles.items() if name in asked - heard]

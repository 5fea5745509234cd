"""Proving rule books: what holds of every case, and files of the cases that show what does not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import BookError, UsageError, fault
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.verify.proof import Verification
    from steelyard.verify.verdict import Verdict


def proofs(
    workspace: Workspace,
    words: Iterable[str],
    limit: float,
    told: Callable[[str, int], None] = lambda _book, _count: None,
) -> Iterator[Verification]:
    """Yield the verification of every book that some words mean; each check may take `limit`
    seconds.

    Raises BookError with the faults of all books, UsageError where the prover is not installed.
    """
    from steelyard.work.naming import books_at

    books = books_at(workspace, words)
    try:
        import z3  # noqa: F401  # it is asked whether it is there
    except ImportError:
        raise UsageError(
            [fault("verify", "proofs want the extra `verify`: pip install 'steelyard[verify]'")]
        ) from None
    from steelyard.verify.proof import Verification, verify

    for book in books:
        start = time.monotonic()
        found: list[Verdict] = []
        for verdict in verify(book, limit, _bases(workspace, book)):
            found.append(verdict)
            told(book.key, len(found))
        yield Verification(book, tuple(found), time.monotonic() - start)


def _bases(workspace: Workspace, book: RuleBook) -> list[RuleBook]:
    """Return the books that one extends, as far as they are at hand."""
    found = []
    for reference in book.extends:
        try:
            found.append(workspace.library.find(reference))
        except BookError as error:
            workspace.warn(error.faults)
    return found


def write_cases(found: Verification, folder: Path) -> list[str]:
    """Write the counter-examples of what is refuted or excepted, a file each, and return their
    names.
    """
    names: list[str] = []
    for verdict in found.verdicts:
        if verdict.state not in {"refuted", "excepted"}:
            continue
        for number, case in enumerate(verdict.cases, 1):
            stem = f"{found.book.id.replace('/', '-')}-{verdict.check}-{verdict.about}"
            stem = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in stem)
            name = f"{stem}-{number}.json"
            again = 2
            while (folder / name).exists():
                name = f"{stem}-{number}-{again}.json"
                again += 1
            text = json.dumps(case, ensure_ascii=False, indent=2) + "\n"
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            names.append(name)
    return names

"""What is at hand: rule books with how much of them is carried out, the clauses of one, plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from steelyard.book.coverage import Coverage
from steelyard.book.terms import CLAUSE_TITLES
from steelyard.messages import Language, Title
from steelyard.report.page import Column, Page, Paragraph, Row, Table
from steelyard.report.phrases import Phrases

_STATES: Mapping[str, Title] = {
    "ok": Title("可用", "ok"),
    "refused": Title("未采用", "refused"),
    "blocked": Title("已停用", "blocked"),
}


def books_page(books: Iterable[Mapping[str, Any]], language: Language) -> Page:
    """Return the books at hand, from their published form."""
    say = Phrases(language).say
    columns = (
        Column(say("Book"), width=24, whole=True),
        Column(say("Name"), width=30),
        Column(say("Plugin"), width=12),
        Column(say("Rules"), "count", 8),
        Column(say("Clauses"), "count", 8),
        Column(say("Cited"), "count", 8),
        Column(say("Share"), "percent", 8),
    )
    rows = (
        Row.of(
            f"{one['id']}@{one['version']}",
            one["title"][language],
            one["plugin"],
            one["rules"],
            one["checkable"],
            one["cited"],
            f"{100 * one['cited'] // one['checkable']}%" if one["checkable"] else "",
        )
        for one in books
    )
    return _listed(language, "books", say("Rule books"), columns, rows)


def plugins_page(plugins: Iterable[Mapping[str, Any]], language: Language) -> Page:
    """Return the plugins, from their published form."""
    phrases = Phrases(language)
    say = phrases.say
    columns = (
        Column(say("Plugin"), width=12, whole=True),
        Column(say("Version"), width=8),
        Column(say("Distribution"), width=16, whole=True),
        Column(say("State"), width=8, choices=True),
        Column(say("Hooks"), width=20),
        Column(say("Books"), width=26),
        Column(say("Forms"), width=14),
        Column(say("Why"), width=20),
    )
    rows = [
        Row.of(
            one["name"],
            one["version"],
            one["distribution"],
            phrases.of(_STATES[one["state"]]),
            ", ".join(name.removeprefix("steelyard_") for name in one["hooks"]),
            ", ".join(one["books"]),
            ", ".join(one["forms"]),
            one["reason"],
        )
        for one in plugins
    ]
    # Few plugins bring forms, and few are refused: what no plugin has takes no room.
    told = [place for place in range(len(columns)) if any(row.cells[place] for row in rows)]
    table = Table.plain("plugins", say("Plugins"), columns, rows).pick(told)
    return _bare(language, "plugins", table)


def clauses_page(covered: Coverage, language: Language) -> Page:
    """Return the clauses of a scheme with what carries each out."""
    phrases = Phrases(language)
    say = phrases.say
    columns = (
        Column(say("Clause"), "code", 12, whole=True),
        Column(say("Kind"), width=12, choices=True, whole=True),
        Column(say("Name"), width=40),
        Column(say("Carried out by"), width=36),
    )
    rows = (
        Row.of(
            clause.id,
            phrases.of(CLAUSE_TITLES.get(clause.kind, Title(clause.kind, clause.kind))),
            phrases.of(clause.title),
            ", ".join(names),
        )
        for clause, names in covered.clauses
    )
    said = say("{cited} of {checkable} checkable clauses are carried out")
    page = _listed(language, "clauses", say("Clauses"), columns, rows)
    counted = Paragraph(said.format(cited=covered.cited, checkable=covered.checkable))
    part = page.parts[0]
    return page._replace(parts=(part._replace(blocks=(*part.blocks, counted)),))


def _listed(
    language: Language, key: str, title: str, columns: Iterable[Column], rows: Iterable[Row]
) -> Page:
    return _bare(language, key, Table.plain(key, title, columns, rows))


def _bare(language: Language, key: str, table: Table) -> Page:
    return Page.plain(language, key, table.title, (table,))._replace(headed=False)

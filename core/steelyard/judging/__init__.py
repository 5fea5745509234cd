"""Judging: a book and a case give findings, a ledger, a score interval, a grade and what
follows.
"""

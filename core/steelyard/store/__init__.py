"""The store: every assessment with its case and its book, kept unchanged and searchable in one
SQLite file.
"""

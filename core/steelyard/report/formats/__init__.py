"""The formats of a report: every writer renders the same blocks."""

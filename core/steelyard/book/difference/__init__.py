"""Differences between rule books, told in words."""

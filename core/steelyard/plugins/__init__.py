"""Plugins: found, checked one by one, and asked through hooks."""

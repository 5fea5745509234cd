"""Explaining verdicts: the reasons, in words, and what they rest on."""

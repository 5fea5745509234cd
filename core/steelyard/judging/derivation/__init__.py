"""Deriving findings and consequences step by step, and why they do not come about."""

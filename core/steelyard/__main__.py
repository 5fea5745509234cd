"""Lets `python -m steelyard` do what `steelyard` does."""

from steelyard.cli.main import main

main()

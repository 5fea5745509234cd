"""The fast judge: a rule book turned into one Python function."""

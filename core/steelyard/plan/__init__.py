"""The shortest way to a grade: what may change, what it takes, and the cheapest that suffices."""

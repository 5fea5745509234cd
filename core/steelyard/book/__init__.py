"""Rule books: read, resolved, typed, and kept as immutable values."""

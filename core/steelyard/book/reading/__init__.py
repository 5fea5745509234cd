"""Reading rule books: from marked values to an immutable book."""

"""Pages about rule books: one book, its clauses, what changed between two, and the books at
hand.
"""

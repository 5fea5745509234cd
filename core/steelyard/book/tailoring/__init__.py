"""Tailoring rule books: what a book takes over from others, and what it changes in them."""

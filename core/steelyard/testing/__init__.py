"""Testing rule books: case tables collected by pytest, and which rules they exercise."""

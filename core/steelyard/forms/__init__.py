"""The scoring forms: one module for each, which says everything of it, and the table of them."""

"""Reading cases: from marked values to typed and checked ones."""

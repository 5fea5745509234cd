"""The functions of expressions: a module a family, and the one table of them."""

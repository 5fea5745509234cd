"""Proofs of a rule book: what holds of every case, and a case that shows what does not."""

"""One case from what many hands have filled in."""

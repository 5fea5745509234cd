"""Reports: what an assessment says, for people."""

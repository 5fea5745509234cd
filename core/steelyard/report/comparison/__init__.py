"""The report of a comparison, part by part."""

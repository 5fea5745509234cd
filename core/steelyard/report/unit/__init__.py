"""The report of one unit, part by part."""

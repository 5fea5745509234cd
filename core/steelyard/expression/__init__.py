"""One rule, several readings: expressions are parsed and typed once, then walked by each
reading.
"""

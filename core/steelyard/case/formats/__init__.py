"""The files that hold cases: workbooks, CSV and YAML, in and out."""

"""The slow judge: the same verdicts in exact fractions, against which the compiled judge is
tried.
"""

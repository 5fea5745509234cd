"""A population to work on: believable made-up cases for demos and benchmarks."""

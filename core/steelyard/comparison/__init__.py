"""Comparing: many assessments of several sectors, side by side and fairly."""

"""A synthetic Norway: a feed of people who never lived, and how they would answer."""

from api.demo.cohort.generate import write_cohort

__all__ = ["write_cohort"]

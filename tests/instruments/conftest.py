"""Hypothesis without deadlines here: a busy machine is no fault of the code."""

from hypothesis import settings

settings.register_profile("instruments", deadline=None)
settings.load_profile("instruments")

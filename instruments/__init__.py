"""Instruments: what is asked and what the answers mean. Pure: no database, clock, network or settings."""

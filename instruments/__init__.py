"""Instruments: what is asked and what the answers mean. Pure: no database, no clock, no network, no settings."""

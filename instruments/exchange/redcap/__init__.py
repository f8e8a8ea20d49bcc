"""A REDCap data dictionary (CSV) to an instrument: read whole, or refused with every loss named."""

from instruments.exchange.redcap.dictionary import read_dictionary

__all__ = ["read_dictionary"]

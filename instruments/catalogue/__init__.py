"""The catalogue of published instruments: facts with their sources, and scoring that is ready to use."""

from instruments.catalogue.entries import Entry, LicenceTerms, UnknownInstrumentError, entry, names

__all__ = ["Entry", "LicenceTerms", "UnknownInstrumentError", "entry", "names"]

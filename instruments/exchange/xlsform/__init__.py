"""An XLSForm (ODK, Kobo) to an instrument: read whole, or refused with every loss named."""

from instruments.exchange.xlsform.form import read_xlsform

__all__ = ["read_xlsform"]

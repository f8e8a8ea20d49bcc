"""An XLSForm (ODK, Kobo) to an instrument: read whole, or refused with every loss named."""

from collections.abc import Collection

from instruments.exchange.fhir import Imported
from instruments.exchange.xlsform.archive import check_archive, is_archive

__all__ = ["read_xlsform"]


def read_xlsform(content: bytes, accept: Collection[str] = ()) -> Imported:
    """Reads an XLSForm: an .xlsx workbook, or the one-file CSV (UTF-8) that pyxform takes too.

    ``accept`` holds the paths of losses that somebody has looked at and accepts, such as
    ``survey row 7 (pain): relevant``; the instrument is given only if it names every loss there is. Its
    address is ``urn:xlsform:`` and the ``form_id``, or the digest of the content where there is none; its
    scoring is empty: an option counts as its code where that is a number.

    Raises:
        InvalidQuestionnaireError: the content is no XLSForm that can be read; nothing of it is.
    """
    if is_archive(content):
        check_archive(content)
    # The libraries that read a workbook take longer to import than a hostile one to refuse.
    from instruments.exchange.xlsform.form import read_form  # noqa: PLC0415

    return read_form(content, accept)

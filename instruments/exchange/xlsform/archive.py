"""What a workbook's archive must be before anything opens it: small when unpacked, and plain XML."""

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.table_rows import MAX_BYTES

MAX_PARTS = 500
MAX_UNPACKED = 32 * 2**20
MAX_SHEETS = 20
MAX_ROWS = 3_000
"""Rows with a text, over all sheets; a form has some hundred."""
MAX_ELEMENTS = 120_000
"""Elements and attributes of all sheets and their texts: those of 25,000 cells."""
MAX_STYLES = 40_000
"""Elements that are neither a row, a cell nor a text: each costs some tens of microseconds to read."""
MAX_READ = 400_000
"""Elements times sheets: each sheet may stand on the same part."""
CHEAP = (b"c", b"v", b"row", b"si", b"t", b"is", b"f")
BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
ENCRYPTED = 0x1
ZIP, OLE = b"PK", b"\xd0\xcf"


def is_archive(content: bytes) -> bool:
    """Whether it begins as a workbook does, or as an .xls or locked one."""
    return content.startswith((ZIP, OLE))


def check_archive(content: bytes) -> None:
    """Looks through a workbook without reading it as one. Memory is bounded by ``MAX_UNPACKED`` bytes.

    Raises:
        InvalidQuestionnaireError: it is too large, no archive, declares entities, or would unpack to more
            than a form can be.
    """
    if len(content) > MAX_BYTES:
        raise InvalidQuestionnaireError("", f"is larger than {MAX_BYTES} bytes")
    if content.startswith(OLE):
        raise InvalidQuestionnaireError(
            "", "is an .xls or a locked file: save it as .xlsx without a password"
        )
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise InvalidQuestionnaireError("", "is not an .xlsx workbook: its archive cannot be read") from None


def _check_parts(archive: ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS or len(names) < len(parts):
        raise InvalidQuestionnaireError("", f"is an archive of more than {MAX_PARTS} parts, or of one twice")
    if "[Content_Types].xml" not in names:
        raise InvalidQuestionnaireError("", "is not an .xlsx workbook: it is an archive of something else")
    # An archive's own word is enough: nothing reads more of a part than its declared size.
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise InvalidQuestionnaireError("", f"unpacks to more than {MAX_UNPACKED} bytes")
    elements = styles = sheets = rows = 0
    for part in parts:
        content = _xml(archive, part)
        opened = content.count(b"<") - content.count(b"</")
        elements += opened + content.count(b"=")
        sheets += content.count(b"sheetId")
        rows += sum(b"<v" in row or b"<t" in row for row in content.split(b"<row")[1:])
        if rows > MAX_ROWS:
            raise InvalidQuestionnaireError("", f"has more than {MAX_ROWS} rows in its sheets")
        if elements > MAX_ELEMENTS or sheets > MAX_SHEETS or elements * sheets > MAX_READ:
            raise InvalidQuestionnaireError("", "has more sheets, cells or formats than a form can have")
        styles += opened - sum(
            content.count(b"<" + name + end) for name in CHEAP for end in (b" ", b">", b"/")
        )
    if styles > MAX_STYLES:
        raise InvalidQuestionnaireError(
            "", "has more formats than a form can have: save its texts to a new file"
        )


def _xml(archive: ZipFile, part: ZipInfo) -> bytes:
    """The content of a part that is XML; empty for another one, which cannot be read as a sheet."""
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or part.flag_bits & ENCRYPTED:
        raise InvalidQuestionnaireError("", "is locked or packed in a way that workbooks are not")
    content = archive.read(part)
    if not content.lstrip(BEFORE_XML).startswith(b"<"):
        return b""
    place = part.filename[:100]
    # In another encoding the counts would not hold.
    if b"\0" in content:
        raise InvalidQuestionnaireError(place, "is not XML in UTF-8")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise InvalidQuestionnaireError(place, "declares entities, which no workbook needs")
    return content

"""Notices as files in a folder, for development and for looking at what would be sent."""

import asyncio
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from surveys.followup.errors import ChannelError
from surveys.followup.notices import Notice, compose


class FolderChannel:
    """Writes each notice as ``OUTBOX_ID.eml`` without an address; the same notice again replaces its file."""

    def __init__(self, folder: Path, site: str) -> None:
        self._folder = folder
        self._site = site

    async def send(self, notice: Notice) -> None:
        """Writes the file, whole or not at all.

        Raises:
            ChannelError: the folder cannot be written to.
        """
        try:
            await asyncio.to_thread(self._write, notice)
        except OSError as error:
            raise ChannelError("folder-not-written") from error

    def _write(self, notice: Notice) -> None:
        wording = compose(notice.kind, self._site)
        message = EmailMessage()
        message["Message-ID"] = f"<{notice.outbox_id}@etterklang>"
        message["Date"] = format_datetime(notice.at)
        message["Subject"] = wording.subject
        message.set_content(wording.body)
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{notice.outbox_id}.part"
        unfinished.write_bytes(bytes(message))
        unfinished.replace(self._folder / f"{notice.outbox_id}.eml")
